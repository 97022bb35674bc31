"""A whole log is followed through rotations, thefts, makers and new policies; what does not belong is found."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from tests.journeys.key_world import ORGANISATION, Place
from tests.vectors.made_signing import seed_of
from troth.cli import main
from troth.journeys.rekey import Rotated
from troth.names import ckt_uri
from troth.signing.cose import KeyKind, Signer
from troth.signing.keys import Ed25519Signer
from troth.statements.first_policy import first_rules
from troth.statements.key import KeyRole, Revoked
from troth.statements.kinds import Body, KindName
from troth.statements.segment import ConductSegmentBody
from troth.statements.statement import write
from troth.testing.people import MAKER
from troth.verify.audit import Auditor, Report
from troth.verify.audited import render
from troth.verify.revoked import RevokedKey
from troth.verify.trust import read_trust

MAKER_KEY = Ed25519Signer.from_seed(seed_of("maker"))


@pytest.fixture
def place() -> Iterator[Place]:
    made = Place.made(43)
    with made.world:
        yield made


def audited(place: Place, *revoked: RevokedKey) -> Report:
    log = place.world.node.record.sequencer

    def look(path: str) -> bytes | None:
        return log.read(path)

    auditor = Auditor(look, trusted=(log.key,))
    for _ in auditor.run():
        pass
    return auditor.report(revoked)


def forged(place: Place, kind: KindName, body: Body, by: Signer) -> list[str]:
    """Codes of what an audit finds after the log itself took in what its node would not."""
    signed = write(
        kind, body, signer=by, issuer=ckt_uri(by.public.thumbprint), subject="x", at_ns=place.world.clock.now()
    )
    log = place.world.node.record.sequencer
    log.append([signed.data], taken=log.taken + 1)
    return [each.code for each in audited(place).findings]


def test_a_log_holds_through_every_change_of_keys_and_rules(place: Place) -> None:
    place.observed(1.0)
    place.rotate(KeyRole.GATE, KeyKind.ML_DSA_44)
    place.observed(2.0)
    place.rotate(KeyRole.OPERATOR, KeyKind.ML_DSA_44)
    place.rotate(KeyRole.GATE)
    place.observed(3.0)
    node, maker = place.world.node, place.world.organisation(MAKER).uri
    place.world.run(node.rekey.maker(maker, MAKER_KEY.public.cose_key))
    passport = next(iter(node.directory.products.values()))
    place.offer(KindName.PASSPORT, msgspec.structs.replace(passport, about="Measures water."), MAKER_KEY)
    place.world.run(node.rekey.policy(first_rules()))
    place.world.run(node.rekey.revoke(MAKER_KEY.public, why=Revoked.RETIRED))
    place.rotate(KeyRole.OPERATOR)
    place.observed(4.0)
    report = audited(place)
    assert report.holds, report.findings
    assert () == report.doubted
    assert 1 == len(report.known.segments), "one row of segments, whichever gates signed it"


def test_a_retired_key_that_goes_on_signing_is_found(place: Place) -> None:
    gate, operator = place.world.node.keyring.signer("gate"), place.operator()
    place.rotate(KeyRole.GATE)
    place.rotate(KeyRole.OPERATOR)
    place.observed(1.0)
    body = ConductSegmentBody(gate.public.thumbprint, 99, place.world.clock.now(), 256, bytes(32))
    assert ["key-ended"] == forged(place, KindName.CONDUCT_SEGMENT, body, gate)
    assert ["key-ended", "key-ended"] == forged(place, KindName.ORGANISATION, ORGANISATION, operator)


def test_a_maker_that_speaks_of_what_is_not_its_own_is_found(place: Place) -> None:
    node, maker = place.world.node, place.world.organisation(MAKER).uri
    place.world.run(node.rekey.maker(maker, MAKER_KEY.public.cose_key))
    place.world.settle()
    assert ["not-registered"] == forged(place, KindName.ORGANISATION, ORGANISATION, MAKER_KEY)


def stolen(place: Place) -> Rotated:
    place.observed(1.0)
    place.world.advance(5)
    since_ns = place.world.clock.now()
    place.observed(2.0)
    rotated = place.rotate(KeyRole.GATE, since_ns=since_ns)
    place.observed(3.0)
    return rotated


def test_what_a_stolen_key_signed_after_the_theft_is_doubted_and_not_held_against_the_log(place: Place) -> None:
    rotated = stolen(place)
    report = audited(place)
    assert report.holds
    assert [rotated.former] == [each.issuer for each in report.doubted]
    assert "DOUBTED" in render(report)
    assert "is said to be compromised since" in render(report)


def test_a_theft_that_is_told_from_outside_is_looked_for_as_well(place: Place) -> None:
    place.observed(1.0)
    gate = ckt_uri(place.serving(KeyRole.GATE).thumbprint)
    log = ckt_uri(place.serving(KeyRole.LOG).thumbprint)
    now = place.world.clock.now()
    assert [gate] == [d.issuer for d in audited(place, RevokedKey(gate, Revoked.COMPROMISED, now - 10**9)).doubted]
    assert () == audited(place, RevokedKey(gate, Revoked.COMPROMISED, now + 60 * 10**9)).doubted
    assert () == audited(place, RevokedKey(gate, Revoked.RETIRED)).doubted
    doubted = audited(place, RevokedKey(log, Revoked.COMPROMISED, now)).doubted
    assert [(log, None)] == [(each.issuer, each.dated_s) for each in doubted]


def test_a_list_is_kept_in_the_trust_file(tmp_path: Path) -> None:
    def troth(*args: str) -> tuple[int, str]:
        result = CliRunner().invoke(main, list(args), env={"TROTH_TRUST": str(tmp_path / "trust.json")})
        return result.exit_code, result.output

    key = "urn:ietf:params:oauth:ckt:sha-256:abc"
    (tmp_path / "one").write_text(f"{key} retired\n")
    (tmp_path / "two").write_text(f"{key} compromised 2026-05-01T06:30:00Z # told by Ana\n")
    (tmp_path / "bad").write_text(f"{key} lost\n")
    for name in ("one", "two", "two"):
        assert 0 == troth("trust", "ended", str(tmp_path / name))[0]
    assert 1 == troth("trust", "ended", str(tmp_path / "bad"))[0]
    held = read_trust((tmp_path / "trust.json").read_bytes())
    assert [f"{key} retired", f"{key} compromised 2026-05-01T06:30:00Z"] == [str(each) for each in held.revoked]
    assert f"Has ended: {key} retired" in troth("trust", "list")[1]
    (tmp_path / "trust.json").write_text('{"version": 1, "logs": [], "ended": ["nothing"]}')
    (tmp_path / "proof").write_bytes(b"")
    assert 2 == troth("verify", str(tmp_path / "proof"))[0]
