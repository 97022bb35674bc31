"""Verify one proof file as a stranger does: nine numbered checks, in the order in which trust is handed on.

Steps (docs/reference/proof-file.md; the numbers appear in output, docs and tests):
 1 a log key you trust, given from outside · 2 the checkpoint's signature · 3 cosignatures: all fit, and enough are trusted ·
 4 the segment's statement is in the log · 5 it is signed by the gate's key · 6 the gate's key statement is in this log before
 it, issued by an operator key that the trust anchors name (entry 1, and those that took its place: `issuers`) ·
 7 the trace's leaf is in the segment · 8 the trace opens · 9 what it rests on (`rests`)

Rules
- A check that fails ends the verification; the ones behind it are "not checked". Nothing is shown on a failure.
- Bytes in, a value out: no network, no files, no clock. So a later revocation cannot be known here unless it is given, and
  every result says so.

Source: record.md, "Anyone can verify".
Left out: whether a cosignature is recent enough. Its time is shown; who asks for a proof knows how old it may be.
"""

from collections.abc import Sequence
from typing import TypeVar

from troth.errors import BadCose, BadNote, BadProof, Malformed, Refused
from troth.names import ckt_uri
from troth.signing.cose import PublicKey
from troth.signing.cose import verify as verify_signature
from troth.statements.key import KeyBody, KeyRole
from troth.statements.segment import ConductSegmentBody
from troth.statements.statement import Statement, as_kind
from troth.tlog import segment, trace
from troth.tlog.checkpoint import Checkpoint, VerifierKey, open_checkpoint, parse_note
from troth.tlog.cosignature import Cosignature, WitnessKey, check_cosignature
from troth.tlog.trust_policy import TrustPolicy
from troth.verify.file import ProofFile, read
from troth.verify.issuers import Issuers, in_log, issuers_of, open_statement
from troth.verify.limits import unreadable_shows, what_it_does_not_show
from troth.verify.rests import check_rests
from troth.verify.revoked import Revocations, RevokedKey
from troth.verify.verdict import TITLES, Check, CosignedShown, Level, Outcome, Verdict
from troth.verify.words import iso, safe, trace_shown

__all__ = ["NOBODY_ASKED", "verify"]

T = TypeVar("T")
NS_PER_S = 1_000_000_000
NOBODY_ASKED = TrustPolicy()


def verify(
    data: bytes,
    *,
    trusted: Sequence[VerifierKey],
    policy: TrustPolicy = NOBODY_ASKED,
    revoked: Sequence[RevokedKey] = (),
) -> Verdict:
    """Check a proof file. Never raises for anything in the file.

    Args:
        data: the bytes of the file.
        trusted: log keys given from outside the file.
        policy: the witnesses given from outside, and how many of them must have cosigned. Its logs are not looked at.
        revoked: keys that have ended, given from outside the file.
    """
    try:
        file = read(data)
    except Malformed as why:
        return Verdict((), unreadable_shows(), unreadable=why.message)
    sheet = _Sheet()
    revocations = Revocations(revoked)
    try:
        return _all(file, sheet, trusted=trusted, policy=policy, revocations=revocations)
    except (Malformed, Refused) as why:  # Refused: a field marked as critical that this program does not know
        return Verdict(sheet.failed(why.message), what_it_does_not_show(revocations=revocations))


class _Sheet:
    """The checks that have passed so far."""

    def __init__(self) -> None:
        self._checks: list[Check] = []

    def put(self, found: tuple[T, str], *, outcome: Outcome = Outcome.PASSED) -> T:
        """Write down the next check with its detail; returns what it found."""
        value, detail = found
        number = len(self._checks) + 1
        self._checks.append(Check(number, TITLES[number], outcome, detail))
        return value

    def passed(self) -> tuple[Check, ...]:
        """All nine."""
        if len(self._checks) != len(TITLES):
            raise AssertionError("a check was left out")
        return tuple(self._checks)

    def failed(self, why: str) -> tuple[Check, ...]:
        """What has passed, the failed one, and the rest."""
        self.put((None, why), outcome=Outcome.FAILED)
        while len(self._checks) < len(TITLES):
            self.put((None, "an earlier check failed"), outcome=Outcome.NOT_CHECKED)
        return tuple(self._checks)


def _all(
    file: ProofFile,
    sheet: _Sheet,
    *,
    trusted: Sequence[VerifierKey],
    policy: TrustPolicy,
    revocations: Revocations,
) -> Verdict:
    key = sheet.put(_1_log_key(file, trusted))
    checkpoint = sheet.put(_2_checkpoint(file, key, revocations))
    asked = Outcome.PASSED if policy.asks else Outcome.NOT_ASKED
    cosigned = sheet.put(_3_cosignatures(file, key, policy=policy), outcome=asked)
    sheet.put(_4_log_path(file, checkpoint))
    gate, conduct = sheet.put(_5_segment_signature(file, revocations))
    issuers = sheet.put(_6_gate_key(file, gate, checkpoint, conduct=conduct, revocations=revocations))
    sheet.put(_7_segment_path(file, conduct))
    opened = sheet.put(_8_trace(file))
    rested = sheet.put(check_rests(file, opened, checkpoint=checkpoint, issuers=issuers))
    return Verdict(
        sheet.passed(),
        what_it_does_not_show(
            opened,
            file,
            witnessed=_latest(cosigned) if policy.asks else None,
            revocations=revocations,
            custody=rested.custody,
        ),
        level=Level.WITNESSED if policy.asks else Level.LOGGED,
        trace=trace_shown(opened),
        rests_on=rested.shown,
        cosigned=cosigned,
        custody=rested.custody,
    )


def _1_log_key(file: ProofFile, trusted: Sequence[VerifierKey]) -> tuple[VerifierKey, str]:
    """The hint is the one spelling of a key given from outside; so its every byte is compared."""
    for key in trusted:
        if str(key) == file.log:
            return key, f"the key of {safe(key.name)}, given from outside the file"
    if not trusted:
        raise BadProof("no key was given from outside; a key inside the file proves nothing")
    name = file.log.partition("+")[0]
    if any(key.name == name for key in trusted):
        raise BadProof(f"the file means another key for {safe(name)} than the one given")
    raise BadProof(f"the file means the log {safe(name)}, whose key is not among those given")


def _2_checkpoint(file: ProofFile, key: VerifierKey, revocations: Revocations) -> tuple[Checkpoint, str]:
    checkpoint = open_checkpoint(file.checkpoint, key)
    first, *others = [(line.name, line.key_id) for line in parse_note(file.checkpoint).signatures]
    if first != (key.name, key.key_id) or first in others:
        raise BadNote("the log's signature is the first line of the checkpoint, and there once")
    revocations.see(key.public, whose="The log's key", at_ns=None)  # a checkpoint has no time
    return checkpoint, f"the log signed its tree of {checkpoint.size} entries"


def _3_cosignatures(file: ProofFile, log: VerifierKey, *, policy: TrustPolicy) -> tuple[tuple[CosignedShown, ...], str]:
    """Every line must fit its key in the file, so that no byte is slack; those whose key was given from outside count."""
    note = parse_note(file.checkpoint)
    if len(note.signatures) != 1 + len(file.witnesses):
        raise BadProof(
            "the checkpoint does not carry one line for the log and one for each witness that the file names"
        )
    found: list[Cosignature] = []
    for line, text in zip(note.signatures[1:], file.witnesses, strict=True):
        witness = WitnessKey.parse(text)
        if any(each.key.public == witness.public for each in found):
            raise BadProof("one witness stands twice")
        found.append(check_cosignature(line, witness, text=note.text))
    # A log that cosigns itself under a second name vouches for nothing.
    counted = [each for each in found if each.key in policy.keys and each.key.public != log.public]
    if not policy.satisfied([each.key for each in counted]):
        raise BadProof(
            f"too few: of the {len(policy.keys)} witnesses you trust, {len(counted)} cosigned this checkpoint"
            f" ({len(found)} signed it in all)"
        )
    shown = tuple(CosignedShown(safe(each.key.name), iso(each.time_s * NS_PER_S), each in counted) for each in found)
    return shown, _said(shown, asked=policy.asks)


def _said(shown: tuple[CosignedShown, ...], *, asked: bool) -> str:
    if not asked:
        return f"none asked for; {len(shown)} in the file fit their keys" if shown else "none asked for"
    return "cosigned by " + ", ".join(f"{each.name} at {each.time}" for each in shown if each.trusted)


def _latest(cosigned: tuple[CosignedShown, ...]) -> str:
    return max((each.time for each in cosigned if each.trusted), default="no time")


def _4_log_path(file: ProofFile, checkpoint: Checkpoint) -> tuple[None, str]:
    in_log(file.segment, checkpoint)
    return None, f"it is entry {file.segment.index}"


def _5_segment_signature(file: ProofFile, revocations: Revocations) -> tuple[tuple[Statement, ConductSegmentBody], str]:
    """The gate's key statement is read here for the key in it; whether to believe that statement is check 6."""
    gate = open_statement(file.gate.statement)
    named = as_kind(gate, KeyBody)
    if named.role is not KeyRole.GATE:
        raise BadProof("the key statement is not about a gate")
    if named.revoked is not None:
        raise BadProof("the key statement says that the gate's key has ended, and not that it serves")
    key = PublicKey.from_cose_key(named.key)
    statement = open_statement(file.segment.statement)
    body = as_kind(statement, ConductSegmentBody)
    if body.gate != key.thumbprint or statement.signed.headers.issuer != ckt_uri(key.thumbprint):
        raise BadCose("the segment is of another gate than the key statement is about")
    verify_signature(statement.signed, key)
    revocations.see(key, whose="The gate's key", at_ns=body.tick)
    return (gate, body), f"segment {body.number}, closed at the tick {iso(body.tick)}"


def _6_gate_key(
    file: ProofFile,
    gate: Statement,
    checkpoint: Checkpoint,
    *,
    conduct: ConductSegmentBody,
    revocations: Revocations,
) -> tuple[Issuers, str]:
    in_log(file.gate, checkpoint)
    if file.gate.index >= file.segment.index:
        raise BadProof("the gate's key statement is in the log only after the segment")
    named = as_kind(gate, KeyBody)
    if (named.from_ns is not None and conduct.tick < named.from_ns) or (
        named.to_ns is not None and conduct.tick >= named.to_ns
    ):
        raise BadProof("the gate's key does not serve at the time of the segment")
    issuers = issuers_of(file, checkpoint, revocations=revocations)
    issuers.check_operator(gate.signed, index=file.gate.index)
    later = len(issuers.anchors) - 1
    how = "entry 1 names" if not later else f"entry 1 names, or one of {later} trust anchors after it"
    return issuers, f"it is entry {file.gate.index}, issued by an operator key that {how}"


def _7_segment_path(file: ProofFile, conduct: ConductSegmentBody) -> tuple[None, str]:
    leaf = file.leaf
    if leaf.size != conduct.size:
        raise BadProof("the segment's statement is about another number of leaves")
    segment.verify_path(leaf.hash, index=leaf.index, size=leaf.size, path=leaf.path, root=conduct.root)
    return None, f"it is leaf {leaf.index} of {leaf.size}, padding included"


def _8_trace(file: ProofFile) -> tuple[trace.Trace, str]:
    if trace.leaf_hash(file.opening.salt, file.opening.trace) != file.leaf.hash:
        raise BadProof("salt and trace do not hash to the leaf")
    opened = trace.decode(file.opening.trace)
    return opened, f"salt and trace hash to the leaf; it is of kind {trace_shown(opened).kind}"
