"""A key changes, through a whole node: what it signed before still counts and verifies, and nothing new is accepted."""

from collections.abc import Iterator

import pytest

from tests.journeys.key_world import ORGANISATION, Place
from tests.vectors import stranger
from tests.vectors.made_signing import seed_of
from troth.app.doors import repeat_secret
from troth.errors import BadRuling, KeyEnded, NotFound, NotOffered, NotRegistered, Refused
from troth.names import Uri, ckt_uri
from troth.signing.cose import KeyKind
from troth.signing.keys import Ed25519Signer
from troth.statements.journal import unerased
from troth.statements.key import KeyBody, KeyRole, Revoked
from troth.statements.kinds import KindName
from troth.statements.segment import ConductSegmentBody
from troth.statements.trust_anchors import TrustAnchorsBody
from troth.verify.checks import verify
from troth.verify.file import read
from troth.verify.revoked import RevokedKey
from troth.verify.verdict import Verdict

ROTATED = [KeyRole.OPERATOR, KeyRole.GATE]
MALLORY = Ed25519Signer.from_seed(seed_of("mallory"))


@pytest.fixture
def place() -> Iterator[Place]:
    made = Place.made(31)
    with made.world:
        yield made


def checked(place: Place, proof: bytes, *revoked: RevokedKey) -> Verdict:
    return verify(proof, trusted=(place.world.node.record.sequencer.key,), revoked=revoked)


def verifies(place: Place, proof: bytes) -> None:
    """Both verifiers take it."""
    verdict = checked(place, proof)
    assert verdict.passed, verdict.failed
    stranger.verify(proof, [str(place.world.node.record.sequencer.key)])


@pytest.mark.parametrize("role", ROTATED)
def test_old_and_new_proofs_verify_after_a_rotation_and_a_restart(place: Place, role: KeyRole) -> None:
    before = place.observed(1.0)
    given_out = place.proof(before)
    former = place.serving(role)
    rotated = place.rotate(role)
    assert rotated.former == ckt_uri(former.thumbprint)
    assert rotated.serving == ckt_uri(place.serving(role).thumbprint)
    after = place.observed(2.0)
    for proof in (given_out, place.proof(before), place.proof(after)):
        verifies(place, proof)
    place.world.restart()
    again = place.observed(3.0)
    for handle in (before, after, again):
        verifies(place, place.proof(handle))
    assert rotated.serving == ckt_uri(place.serving(role).thumbprint)


def test_a_proof_names_the_gate_key_of_its_segment_and_not_the_one_that_serves_now(place: Place) -> None:
    before = place.observed(1.0)
    place.rotate(KeyRole.GATE)
    after = place.observed(2.0)
    old, new = read(place.proof(before)), read(place.proof(after))
    assert old.gate != new.gate
    assert old.gate.index < old.segment.index < new.gate.index < new.segment.index
    assert () == old.keys == new.keys


def test_a_proof_from_after_a_change_of_operator_carries_the_trust_anchors_between(place: Place) -> None:
    before = place.observed(1.0)
    for _ in range(3):
        place.rotate(KeyRole.OPERATOR)
    place.rotate(KeyRole.GATE)
    after = place.observed(2.0)
    assert 0 == len(read(place.proof(before)).keys)
    assert 3 == len(read(place.proof(after)).keys)
    verifies(place, place.proof(after))


@pytest.mark.parametrize("role", ROTATED)
def test_the_private_half_of_a_key_that_ended_is_gone(place: Place, role: KeyRole) -> None:
    place.rotate(role)
    assert role.value not in place.world.keys.names()
    assert f"{role.value}-2" in place.world.keys.names()
    place.rotate(role)
    assert {f"{role.value}-3"} == {name for name in place.world.keys.names() if name.startswith(role.value)}


def test_nothing_that_a_retired_operator_key_signs_is_accepted(place: Place) -> None:
    stolen = place.operator()
    place.rotate(KeyRole.OPERATOR)
    own = KeyBody(MALLORY.public.cose_key, KeyRole.GATE, ckt_uri(stolen.public.thumbprint), 10)
    version = place.world.node.directory.anchors_version
    named = TrustAnchorsBody((stolen.public.cose_key,), place.world.node.origin, version + 1)
    position = place.world.journal.position
    for kind, body in (
        (KindName.ORGANISATION, ORGANISATION),
        (KindName.KEY, own),
        (KindName.TRUST_ANCHORS, named),
    ):
        with pytest.raises(KeyEnded):
            place.offer(kind, body, stolen)
    assert position == place.world.journal.position, "nothing partial is kept"


def test_nothing_that_a_retired_gate_key_signs_is_accepted(place: Place) -> None:
    stolen = place.world.node.keyring.signer("gate")
    place.rotate(KeyRole.GATE)
    body = ConductSegmentBody(stolen.public.thumbprint, 99, place.world.clock.now(), 256, bytes(32))
    with pytest.raises(KeyEnded):
        place.offer(KindName.CONDUCT_SEGMENT, body, stolen)


def test_a_key_that_ended_never_comes_back(place: Place) -> None:
    gate, operator = place.serving(KeyRole.GATE), place.serving(KeyRole.OPERATOR)
    place.rotate(KeyRole.GATE)
    place.rotate(KeyRole.OPERATOR)
    now, origin = place.operator(), place.world.node.origin
    replaced = place.serving(KeyRole.GATE).thumbprint
    again = KeyBody(gate.cose_key, KeyRole.GATE, ckt_uri(now.public.thumbprint), 10, replaces=replaced)
    with pytest.raises(BadRuling):
        place.offer(KindName.KEY, again, now)
    version = place.world.node.directory.anchors_version + 1
    for keys in ((operator.cose_key,), (now.public.cose_key, operator.cose_key), (now.public.cose_key, gate.cose_key)):
        with pytest.raises(BadRuling):
            place.offer(KindName.TRUST_ANCHORS, TrustAnchorsBody(keys, origin, version), now)


@pytest.mark.parametrize(
    ("version", "origin"), [(0, None), (1, None), (3, None), (2, "another.example/log"), (-1, None)]
)
def test_trust_anchors_of_another_version_or_log_are_refused(place: Place, version: int, origin: str | None) -> None:
    keys = (place.operator().public.cose_key, MALLORY.public.cose_key)
    body = TrustAnchorsBody(keys, origin or place.world.node.origin, version)
    with pytest.raises(BadRuling):
        place.offer(KindName.TRUST_ANCHORS, body, place.operator())


@pytest.mark.parametrize("keys", [(), (b"\xa0",), (b"",), "twice", "the gate's", "many"])
def test_trust_anchors_that_are_none_are_refused(place: Place, keys: tuple[bytes, ...] | str) -> None:
    own = place.operator().public.cose_key
    many = tuple(Ed25519Signer.from_seed(seed_of(f"{n}")).public.cose_key for n in range(17))
    named = {"twice": (own, own), "the gate's": (own, place.serving(KeyRole.GATE).cose_key), "many": many}
    body = TrustAnchorsBody(named[keys] if isinstance(keys, str) else keys, place.world.node.origin, 2)
    with pytest.raises(BadRuling):
        place.offer(KindName.TRUST_ANCHORS, body, place.operator())


def test_a_key_of_another_role_is_not_stated_by_the_way(place: Place) -> None:
    holder = ckt_uri(place.operator().public.thumbprint)
    new, gate = MALLORY.public.cose_key, place.serving(KeyRole.GATE)
    for body in (
        KeyBody(new, KeyRole.OPERATOR, holder),
        KeyBody(new, KeyRole.LOG, holder),
        KeyBody(new, KeyRole.LOG, holder, replaces=place.serving(KeyRole.LOG).thumbprint),
        KeyBody(new, KeyRole.GATE, holder, 10),
        KeyBody(new, KeyRole.GATE, holder, replaces=gate.thumbprint),
        KeyBody(new, KeyRole.GATE, holder, 10, replaces=bytes(32)),
        KeyBody(new, KeyRole.GATE, holder, 10, replaces=gate.thumbprint, from_ns=2, to_ns=2),
        KeyBody(new, KeyRole.GATE, holder, 10, replaces=gate.thumbprint, since_ns=1),
        KeyBody(new, KeyRole.MAKER, Uri("https://nobody.example")),
        KeyBody(gate.cose_key, KeyRole.MAKER, holder),
        KeyBody(b"\xa0", KeyRole.GATE, holder, 10, replaces=gate.thumbprint),
    ):
        with pytest.raises(BadRuling):
            place.offer(KindName.KEY, body, place.operator())
    assert gate == place.serving(KeyRole.GATE)


def test_a_gate_does_not_replace_itself_and_a_stranger_nobody(place: Place) -> None:
    gate = place.world.node.keyring.signer("gate")
    body = KeyBody(
        MALLORY.public.cose_key, KeyRole.GATE, ckt_uri(gate.public.thumbprint), 10, replaces=gate.public.thumbprint
    )
    for signer in (gate, MALLORY):
        with pytest.raises(NotRegistered):
            place.offer(KindName.KEY, body, signer)
    with pytest.raises(NotRegistered):
        place.offer(KindName.KEY, body, MALLORY, as_=ckt_uri(place.operator().public.thumbprint))


def test_a_log_keeps_its_key_as_long_as_it_lasts(place: Place) -> None:
    with pytest.raises(NotOffered):
        place.rotate(KeyRole.LOG)
    with pytest.raises(BadRuling):
        place.world.run(place.world.node.rekey.revoke(place.serving(KeyRole.LOG), why=Revoked.RETIRED))


@pytest.mark.parametrize("role", ROTATED)
def test_a_key_that_serves_is_replaced_and_not_just_revoked(place: Place, role: KeyRole) -> None:
    with pytest.raises(BadRuling):
        place.world.run(place.world.node.rekey.revoke(place.serving(role), why=Revoked.RETIRED))
    with pytest.raises(NotFound):
        place.world.run(place.world.node.rekey.revoke(MALLORY.public, why=Revoked.RETIRED))


def test_a_revocation_says_since_when_exactly_if_the_key_was_stolen(place: Place) -> None:
    old, now = place.serving(KeyRole.GATE), place.world.clock.now()
    place.rotate(KeyRole.GATE)
    revoke = place.world.node.rekey.revoke
    for why, since_ns in (
        (Revoked.RETIRED, None),  # it has retired already
        (Revoked.RETIRED, now),
        (Revoked.COMPROMISED, None),
        (Revoked.COMPROMISED, place.world.clock.now() + 1),
    ):
        with pytest.raises(BadRuling):
            place.world.run(revoke(old, why=why, since_ns=since_ns))
    place.world.run(revoke(old, why=Revoked.COMPROMISED, since_ns=now))
    for why, since_ns in ((Revoked.RETIRED, None), (Revoked.COMPROMISED, now - 1)):
        with pytest.raises(BadRuling):
            place.world.run(revoke(old, why=why, since_ns=since_ns))
    with pytest.raises(Refused):
        place.rotate(KeyRole.GATE, since_ns=place.world.clock.now() + 10**9)


@pytest.mark.parametrize("role", ROTATED)
def test_a_theft_that_is_told_from_outside_fails_what_is_dated_after_it_and_is_said_of_the_rest(
    place: Place, role: KeyRole
) -> None:
    before = place.proof(place.observed(1.0))
    place.world.advance(10)
    since_ns = place.world.clock.now()
    if role is KeyRole.OPERATOR:
        place.offer(KindName.ORGANISATION, ORGANISATION, place.operator())
        gate = place.rotate(KeyRole.GATE)  # by the stolen key
        assert gate.former != gate.serving
    after = place.proof(place.observed(2.0))
    stolen = ckt_uri(place.serving(role).thumbprint)
    place.rotate(role, since_ns=since_ns)
    known = place.world.node.directory.keys[stolen].ended
    assert known is not None
    assert (Revoked.COMPROMISED, since_ns) == (known.why, known.since_ns)
    told = RevokedKey(stolen, Revoked.COMPROMISED, since_ns)
    failed = checked(place, after, told).failed
    assert failed is not None
    assert {KeyRole.GATE: 5, KeyRole.OPERATOR: 6}[role] == failed.number
    passed = checked(place, before, told)
    assert passed.passed
    assert any("compromised since" in sentence for sentence in passed.does_not_show)
    assert checked(place, after).passed, "without the list a stranger cannot know"


def test_a_change_of_operator_after_a_theft_can_be_followed_and_says_what_is_left_open(place: Place) -> None:
    place.world.advance(5)
    since_ns = place.world.clock.now()
    place.world.advance(5)
    stolen = ckt_uri(place.serving(KeyRole.OPERATOR).thumbprint)
    place.rotate(KeyRole.OPERATOR, since_ns=since_ns)
    place.rotate(KeyRole.GATE)
    proof = place.proof(place.observed(1.0))
    verdict = checked(place, proof, RevokedKey(stolen, Revoked.COMPROMISED, since_ns))
    # Product and disclosure of the gauge were said before the theft, everything else by the new key.
    assert verdict.passed, verdict.failed
    assert any("named others in its place" in sentence for sentence in verdict.does_not_show)


def test_a_retired_key_takes_nothing_back(place: Place) -> None:
    proof = place.proof(place.observed(1.0))
    retired = ckt_uri(place.serving(KeyRole.GATE).thumbprint)
    place.rotate(KeyRole.GATE)
    verdict = checked(place, proof, RevokedKey(retired, Revoked.RETIRED))
    assert verdict.passed
    assert any("retired later" in sentence for sentence in verdict.does_not_show)


def test_a_stolen_log_key_leaves_nothing_to_rest_on(place: Place) -> None:
    proof = place.proof(place.observed(1.0))
    stolen = ckt_uri(place.serving(KeyRole.LOG).thumbprint)
    failed = checked(place, proof, RevokedKey(stolen, Revoked.COMPROMISED, place.world.clock.now())).failed
    assert failed is not None
    assert 2 == failed.number


def test_what_comes_while_a_key_ends_waits_for_it(place: Place) -> None:
    """A statement that is offered in the same breath as the change is measured by the rules after it."""
    node, stolen = place.world.node, place.operator()
    heard: list[str] = []

    async def late() -> None:
        try:
            await node.join.organisation(ORGANISATION)  # signed by whichever key serves when it is made
            heard.append("accepted")
        except KeyEnded:
            heard.append("ended")

    async def both() -> None:
        await node.rekey.rotate(KeyRole.OPERATOR, kind=KeyKind.ED25519)

    place.world.start(late())
    place.world.run(both())
    place.world.advance(1)
    assert 1 == len(heard)
    entries = list(unerased(place.world.journal.entries(after=0, limit=10_000)))
    anchors = next(
        e.position for e in reversed(entries) if e.signed.headers.content_type.endswith("trust-anchors.v1+cbor")
    )
    by_stolen = [e.position for e in entries if e.signed.headers.kid == stolen.public.thumbprint]
    assert anchors == max(by_stolen), "nothing signed by the old key stands behind the anchors that end it"


def test_a_statement_from_the_future_is_refused(place: Place) -> None:
    place.offer(KindName.ORGANISATION, ORGANISATION, place.operator(), ahead_s=59)
    with pytest.raises(NotRegistered, match="future"):
        place.offer(KindName.ORGANISATION, ORGANISATION, place.operator(), ahead_s=62)


def test_things_that_repeat_are_known_whatever_key_rotates(place: Place) -> None:
    before = repeat_secret(place.world.node)
    place.rotate(KeyRole.GATE, KeyKind.ML_DSA_44)
    place.rotate(KeyRole.OPERATOR)
    assert before == repeat_secret(place.world.node)
    place.world.restart()
    assert before == repeat_secret(place.world.node)


def test_the_second_suite_issues_verifies_and_retires(place: Place) -> None:
    """The drill: gate and operator go over to ML-DSA-44 and back, and everything that was proved stays proved."""
    plain = place.observed(1.0)
    given_out = place.proof(plain)
    place.rotate(KeyRole.OPERATOR, KeyKind.ML_DSA_44)
    place.rotate(KeyRole.GATE, KeyKind.ML_DSA_44)
    assert KeyKind.ML_DSA_44 is place.serving(KeyRole.GATE).alg.kind is place.serving(KeyRole.OPERATOR).alg.kind
    place.offer(KindName.ORGANISATION, ORGANISATION, place.operator())
    second = place.observed(2.0)
    under_ml_dsa = place.proof(second)
    place.world.restart()
    third = place.observed(2.5)
    for proof in (given_out, under_ml_dsa, place.proof(second), place.proof(third)):
        verifies(place, proof)
    changed = bytearray(under_ml_dsa)
    at = under_ml_dsa.index(read(under_ml_dsa).segment.statement) + len(read(under_ml_dsa).segment.statement) - 1
    changed[at] ^= 1
    assert not checked(place, bytes(changed)).passed
    place.rotate(KeyRole.GATE)
    place.rotate(KeyRole.OPERATOR)
    assert KeyKind.ED25519 is place.serving(KeyRole.GATE).alg.kind is place.serving(KeyRole.OPERATOR).alg.kind
    back = place.observed(3.0)
    for proof in (given_out, under_ml_dsa, *map(place.proof, (plain, second, third, back))):
        verifies(place, proof)
    assert len(given_out) < len(under_ml_dsa) < 32_768, "far below what a file may have"
