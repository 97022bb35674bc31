"""Following a whole log: what holds is said to hold, and each way of going wrong is found and named."""

import json
from collections.abc import Callable, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.vectors.made_signing import seed_of
from troth.errors import BadNote, BadProof
from troth.names import HouseholdId, Uri, ckt_uri
from troth.signing.cose import PayloadForm, Signed, sign
from troth.signing.keys import Ed25519Signer
from troth.statements.key import KeyBody, KeyRole
from troth.statements.kinds import KINDS, Body, KindName, Text, content_type
from troth.statements.organisation import OrganisationBody
from troth.statements.person import HouseholdBody
from troth.statements.registration_policy import RegistrationPolicyBody, RegistrationRule
from troth.statements.segment import ConductSegmentBody
from troth.statements.statement import write
from troth.statements.trust_anchors import TrustAnchorsBody
from troth.testing.disk import MemoryDisk
from troth.tlog.checkpoint import VerifierKey
from troth.tlog.files import LockFile, TileFiles
from troth.tlog.merkle import leaf_hash, root_of
from troth.tlog.sequencer import Sequencer
from troth.tlog.tiles import WIDTH, Tile, tiles_between, tiles_of
from troth.verify.audit import CHECKPOINT, Auditor, AuditState, Depth, Report
from troth.verify.audited import render, to_json
from troth.verify.growing import Growing

ORIGIN = "troth.invalid/abcdefghijklmnopqrstuvwxyz"
OPERATOR, GATE, LOG, OTHER = (Ed25519Signer.from_seed(seed_of(name)) for name in ("operator", "gate", "log", "other"))
NS = 1_000_000_000
BEGAN = 1_790_000_000 * NS
TICK_S = 10
LEAVES = [leaf_hash(b"%d" % index) for index in range(700)]


def say(name: KindName, body: Body, *, by: Ed25519Signer = OPERATOR, at: int = 0) -> Signed:
    return write(
        name, body, signer=by, issuer=ckt_uri(by.public.thumbprint), subject="x", at_ns=BEGAN + at * TICK_S * NS
    )


def beginning() -> list[Signed]:
    roles = sorted({kind.role for kind in KINDS.values()})
    rules = tuple(
        RegistrationRule(role, tuple(kind.name.value for kind in KINDS.values() if kind.role == role)) for role in roles
    )
    holder = ckt_uri(OPERATOR.public.thumbprint)
    return [
        say(KindName.REGISTRATION_POLICY, RegistrationPolicyBody(rules, ORIGIN)),
        say(KindName.TRUST_ANCHORS, TrustAnchorsBody((OPERATOR.public.cose_key,), ORIGIN)),
        say(KindName.KEY, KeyBody(GATE.public.cose_key, KeyRole.GATE, holder, TICK_S)),
    ]


def segment(number: int, before: Signed | None, *, tick: int | None = None, by: Ed25519Signer = GATE) -> Signed:
    at = number if tick is None else tick
    body = ConductSegmentBody(
        GATE.public.thumbprint,
        number,
        BEGAN + at * TICK_S * NS,
        256,
        leaf_hash(b"%d" % number),
        None if before is None else before.id,
    )
    return say(KindName.CONDUCT_SEGMENT, body, by=by, at=at)


def segments(count: int) -> list[Signed]:
    row: list[Signed] = []
    for number in range(1, count + 1):
        row.append(segment(number, row[-1] if row else None))
    return row


class Published:
    """A log in memory, and the files that a stranger is shown, which a test may change."""

    def __init__(self) -> None:
        disk = MemoryDisk()
        self.log = Sequencer.open(TileFiles(disk), LockFile(disk), signer=LOG, origin=ORIGIN)
        self.files: dict[str, bytes] = {}
        self._taken = 0

    @property
    def key(self) -> VerifierKey:
        return self.log.key

    def add(self, entries: list[bytes]) -> None:
        before = self.log.size
        self._taken += 1
        self.log.append(entries, taken=self._taken)
        for tile in tiles_between(before, self.log.size):
            self.files[tile.path] = self.log.read(tile.path)
        self.files[CHECKPOINT] = self.log.checkpoint()

    def audited(self, **options: object) -> tuple[Report, AuditState]:
        return audited(self.files, self.key, **options)  # type: ignore[arg-type]  # passed on as it is


def audited(
    files: Mapping[str, bytes],
    key: VerifierKey,
    *,
    depth: Depth = Depth.STATEMENTS,
    state: AuditState | None = None,
) -> tuple[Report, AuditState]:
    auditor = Auditor(files.get, trusted=(key,), depth=depth, state=state)
    for done in auditor.run():
        assert done <= auditor.size
    return auditor.report(), auditor.state


def a_log(statements: int = 600) -> Published:
    made = Published()
    made.add([each.data for each in [*beginning(), *segments(statements - 3)]])
    return made


def codes(report: Report) -> list[str]:
    return [each.code for each in report.findings]


def test_a_log_that_is_whole_holds() -> None:
    report, state = a_log().audited()
    assert report.holds, report.findings
    assert {"registration-policy": 1, "trust-anchors": 1, "key": 1, "conduct-segment": 597} == dict(report.known.kinds)
    assert (600, 2) == (report.size, state.bundles)
    assert "It holds." in render(report)
    assert json.loads(to_json(report))["holds"] is True


@given(st.integers(0, 700))
@settings(max_examples=60)
def test_a_tree_grown_by_bundles_has_the_root_and_tiles_of_any_other(size: int) -> None:
    growing, tiles = Growing(), dict[Tile, bytes]()
    for at in range(0, size - size % WIDTH, WIDTH):
        tiles |= dict(growing.full(LEAVES[at : at + WIDTH]))
    rest = LEAVES[size - size % WIDTH : size]
    tiles |= dict(growing.edge(rest))
    assert root_of(LEAVES[:size]) == growing.root(rest)
    assert {tile for tile in tiles_of(size) if tile.level >= 0} <= tiles.keys()
    assert {tile for tile in tiles_between(0, size) if tile.level >= 0} == tiles.keys()


def test_a_tree_of_many_levels_is_grown_in_little_memory() -> None:
    growing, full = Growing(), [leaf_hash(b"same")] * WIDTH
    for _ in range(WIDTH + 1):
        for _ in growing.full(full):
            pass
    assert [1, 1] == [len(row) for row in growing.rows]
    node = root_of(full)
    assert root_of([root_of([node] * WIDTH), node]) == growing.root()


@pytest.mark.parametrize("cut", [3, 255, 256, 257, 512, 599])
def test_an_audit_goes_on_from_where_it_stood_and_finds_the_log_continued(cut: int) -> None:
    made, everything = Published(), [each.data for each in [*beginning(), *segments(597)]]
    made.add(everything[:cut])
    first, state = made.audited()
    assert first.holds
    made.add(everything[cut:])
    reads: list[str] = []

    def read(path: str) -> bytes | None:
        reads.append(path)
        return made.files.get(path)

    auditor = Auditor(read, trusted=(made.key,), state=state)
    assert 600 == list(auditor.run())[-1]
    report = auditor.report()
    assert report.holds, report.findings
    assert report.continues is not None
    assert cut == report.continues.size
    assert 597 == dict(report.known.kinds)["conduct-segment"]
    assert cut < 256 or Tile(-1, 0).path not in reads, "what was followed is not read again"


def test_a_log_that_is_another_one_than_it_was_is_found() -> None:
    ours, theirs = a_log(300), Published()
    _, state = ours.audited()
    theirs.add([each.data for each in [*beginning(), *segments(400)[1:]]])
    report, _ = audited(theirs.files, ours.key, state=state)
    assert "forked" in codes(report)
    within = Published()
    within.add([each.data for each in [*beginning(), segment(1, None), *segments(500)[:499]]])
    assert not audited(within.files, ours.key, state=state)[0].holds


def test_a_log_that_has_become_shorter_is_found() -> None:
    made, everything = Published(), [each.data for each in [*beginning(), *segments(400)]]
    made.add(everything[:300])
    older = dict(made.files)
    made.add(everything[300:])
    _, state = made.audited()
    report, after = audited(older, made.key, state=state)
    assert ["rolled-back"] == codes(report)
    assert state.seen == after.seen, "what was seen is not forgotten"


def _flip(data: bytes, at: int) -> bytes:
    return data[:at] + bytes((data[at] ^ 1,)) + data[at + 1 :]


def test_every_file_counts() -> None:
    made = a_log(300)
    for path in made.files:
        if path == CHECKPOINT:
            continue
        for change in (lambda data: _flip(data, len(data) // 2), lambda data: data[:-1], lambda _: None):
            changed = change(made.files[path])
            files = {name: data for name, data in made.files.items() if name != path}
            if changed is not None:
                files[path] = changed
            report, _ = audited(files, made.key, depth=Depth.TREE)
            assert not report.holds, path
            assert not report.complete, path


def test_a_checkpoint_of_nobody_that_is_trusted_is_no_checkpoint() -> None:
    made = a_log(10)
    stranger = VerifierKey(ORIGIN, OTHER.public)
    for trusted in ((), (stranger,)):
        with pytest.raises(BadNote):
            Auditor(made.files.get, trusted=trusted)
    with pytest.raises(BadNote):
        Auditor(lambda _: None, trusted=(made.key,))
    _, state = made.audited()
    with pytest.raises(BadProof):
        Auditor(made.files.get, trusted=(made.key,), state=state, depth=Depth.TREE)


def _organisation(by: Ed25519Signer) -> bytes:
    body = OrganisationBody(Uri("https://works.example"), "Works", "mailto:a@works.example")
    return say(KindName.ORGANISATION, body, by=by).data


def _enveloped(kind: KindName, by: Ed25519Signer) -> bytes:
    """A hash envelope over whatever it is: the log holds a digest."""
    return sign(
        by,
        leaf_hash(b"salted"),
        content_type=content_type(kind),
        issuer=ckt_uri(by.public.thumbprint),
        subject="x",
        issued_at_s=BEGAN // NS,
        form=PayloadForm.DIGEST,
    ).data


_ROW = segments(4)
WRONG: dict[str, tuple[Callable[[], list[bytes]], str]] = {
    "bytes that are no statement": (lambda: [b"hello"], "bad-cose"),
    "a key that nobody named": (lambda: [_organisation(OTHER)], "not-registered"),
    "a key that may not say this": (lambda: [_organisation(GATE)], "not-registered"),
    "a signature that does not hold": (lambda: [_flip(_organisation(OPERATOR), -1)], "bad-cose"),
    "a private statement": (
        lambda: [say(KindName.HOUSEHOLD, HouseholdBody(HouseholdId(bytes(16)), "Harbour Lane 12")).data],
        "private-in-the-open",
    ),
    "a segment that is missing": (lambda: [_ROW[0].data, _ROW[2].data], "segment-gap"),
    "a row that does not begin": (lambda: [_ROW[1].data], "segment-gap"),
    "a segment of another row": (
        lambda: [_ROW[0].data, segment(2, segment(1, None, tick=2)).data],
        "segment-chain",
    ),
    "a segment that closed before the last": (
        lambda: [segment(1, None, tick=5).data, segment(2, segment(1, None, tick=5), tick=4).data],
        "segment-order",
    ),
    "a segment twice": (lambda: [_ROW[0].data, _ROW[0].data], "segment-gap"),
    "an envelope of a key that nobody named": (lambda: [_enveloped(KindName.PROMISE, OTHER)], "not-registered"),
    "an envelope of a key that may not say this": (lambda: [_enveloped(KindName.PROMISE, GATE)], "not-registered"),
    "an envelope whose signature does not hold": (
        lambda: [_flip(_enveloped(KindName.PROMISE, OPERATOR), -1)],
        "bad-cose",
    ),
    "an envelope around a key": (lambda: [_enveloped(KindName.KEY, OPERATOR)], "bad-statement"),
    "an envelope around a segment": (lambda: [_enveloped(KindName.CONDUCT_SEGMENT, GATE)], "bad-statement"),
    "a private envelope": (lambda: [_enveloped(KindName.HOUSEHOLD, OPERATOR)], "private-in-the-open"),
    "a segment that somebody else signed": (lambda: [segment(1, None, by=OTHER).data], "not-registered"),
}


@pytest.mark.parametrize("name", WRONG)
def test_an_entry_that_should_not_be_there_is_found(name: str) -> None:
    entries, code = WRONG[name]
    made = Published()
    made.add([*(each.data for each in beginning()), *entries()])
    report, state = made.audited()
    assert code in codes(report), report.findings
    assert report.complete
    assert not report.holds
    assert code in render(report)
    assert audited(made.files, made.key, depth=Depth.TREE)[0].holds
    assert code in codes(made.audited(state=state)[0]), "what is wrong is found again"


def test_hash_envelopes_hold_whatever_they_say() -> None:
    made = Published()
    kinds = [kind.name for kind in KINDS.values() if kind.text is not Text.INLINE]
    made.add([*(each.data for each in beginning()), *(_enveloped(kind, OPERATOR) for kind in kinds)])
    report, _ = made.audited()
    assert report.holds, report.findings
    assert {kind.value for kind in kinds} <= {name for name, _ in report.known.kinds}


def test_a_log_that_does_not_begin_as_one_is_found() -> None:
    policy, anchors, gate = (each.data for each in beginning())
    for entries in ([anchors, policy, gate], [policy, gate, anchors], [gate], [policy, policy, anchors]):
        made = Published()
        made.add(entries)
        assert not made.audited()[0].holds


def test_beats_that_were_left_out_are_told_and_not_held_against_anybody() -> None:
    made, first = Published(), segment(1, None)
    made.add([*(each.data for each in beginning()), first.data, segment(2, first, tick=50).data])
    report, _ = made.audited()
    assert report.holds
    assert 1 == report.known.beats_left_out


@given(st.binary(max_size=300))
def test_any_bytes_as_an_entry_are_found_or_counted(data: bytes) -> None:
    made = Published()
    made.add([*(each.data for each in beginning()), data])
    report, _ = made.audited()
    assert report.complete
    assert not report.holds
