"""Proof files crafted to fail one check, and the assertion that they fail exactly there."""

from collections.abc import Sequence

import msgspec

from tests.vectors.make_proofs import (
    NOON,
    Deployment,
    collected,
    hashed,
    salted,
)
from troth.names import BasisId, StatementId
from troth.signing.cose import Signed
from troth.tlog import trace
from troth.tlog.checkpoint import VerifierKey
from troth.tlog.trust_policy import TrustPolicy
from troth.verify.checks import NOBODY_ASKED, verify
from troth.verify.file import LogEntry, Opening, ProofFile, Rests, Said, SegmentLeaf, write
from troth.verify.verdict import Outcome

NO_BASIS = trace.basis_id(())


def change(
    file: ProofFile, **fields: LogEntry | bytes | str | Rests | Said | SegmentLeaf | Opening | None
) -> ProofFile:
    return msgspec.structs.replace(file, **fields)


def fails(
    file: ProofFile, number: int, why: str, *, keys: Sequence[VerifierKey], policy: TrustPolicy = NOBODY_ASKED
) -> None:
    """The file fails at this check, for this reason; what is before has passed, what is behind was not looked at."""
    verdict = verify(write(file), trusted=keys, policy=policy)
    assert verdict.failed is not None
    assert (number, True) == (verdict.failed.number, why in verdict.failed.detail), verdict.failed
    before, after = verdict.checks[: number - 1], verdict.checks[number:]
    assert all(each.outcome is (Outcome.NOT_ASKED if each.number == 3 else Outcome.PASSED) for each in before)
    assert all(each.outcome is Outcome.NOT_CHECKED for each in after)
    assert 9 == len(verdict.checks)
    assert (None, None, ()) == (verdict.trace, verdict.level, verdict.rests_on)


def row(number: int = 0, *, basis: BasisId = NO_BASIS) -> Opening:
    return salted(number, collected(number, 21.5, basis=basis))


def proof_of(
    there: Deployment, opening: Opening, *, shown: Sequence[str] = (), ids: Sequence[StatementId] = ()
) -> ProofFile:
    """A segment with this leaf, closed now, and its proof."""
    there.close([hashed(opening)])
    return there.prove(opening, segment=len(there.trees) - 1, leaf=0, ids=ids, shown=shown)


def inserted(there: Deployment, signed: Signed) -> LogEntry:
    there.enter(signed)
    return there.entry(signed)


def change_entry(entry: LogEntry, **fields: int | bytes | tuple[bytes, ...]) -> LogEntry:
    return msgspec.structs.replace(entry, **fields)


def renewed(there: Deployment, file: ProofFile) -> ProofFile:
    """The same file under the newest checkpoint."""
    entries = {
        name: LogEntry(entry.index, tuple(there.log.prove(entry.index)), entry.statement)
        for name, entry in (("anchors", file.anchors), ("gate", file.gate), ("segment", file.segment))
    }
    return change(file, checkpoint=there.log.checkpoint(), **entries)


def said_proof(there: Deployment, signed: Signed, key: bytes) -> ProofFile:
    opening = salted(0, trace.encode(trace.SaidTrace(gate_ns=NOON, statement=signed.id)))
    there.close([hashed(opening)])
    return there.prove(opening, segment=0, leaf=0, said=Said(key, signed.data))
