"""Check 9: what the opened trace rests on.

Rules
- A trace with a basis: its basis id is the hash over the ids in the file. Each statement shown has one of these ids, is open,
  is signed by the operator, or by a maker about its own, and stands in this log before the segment. The others are counted.
- A trace of something said: the statement in the file has the id in the trace, is private, and is signed by the key in the
  file; what only an operator may say is signed by an operator key that the trust anchors name. What stands beside it says who
  keeps the key, and what a passkey signed (`custody`).
- A file with a part that its trace has no use for fails: nothing would cover those bytes.

Source: record.md, "Anyone can verify"; formats.md, "Traces" (basis).
Left out: whether these statements were enough for the gate's answer; that is the gate's, and needs the private ones.
"""

import msgspec

from troth.errors import BadProof
from troth.names import StatementId, ckt_uri
from troth.signing.cose import PublicKey, verify
from troth.statements.kinds import Face
from troth.tlog.checkpoint import Checkpoint
from troth.tlog.trace import Collected, SaidTrace, Trace, WindowOpened, basis_id
from troth.verify.custody import custody_seen
from troth.verify.file import ProofFile, Rests, Said
from troth.verify.issuers import Issuers, in_log, open_statement
from troth.verify.revoked import last_ns
from troth.verify.verdict import CustodySeen, StatementShown
from troth.verify.words import statement_shown

__all__ = ["Rested", "check_rests"]


class Rested(msgspec.Struct, frozen=True):
    """What check 9 found: the statements shown, and who said it where a person did."""

    shown: tuple[StatementShown, ...]
    custody: CustodySeen | None


def check_rests(file: ProofFile, trace: Trace, *, checkpoint: Checkpoint, issuers: Issuers) -> tuple[Rested, str]:
    """The statements shown, who said it, and the detail of check 9.

    Raises:
        BadProof, BadCose, BadStatement, UnknownCrit, TooLarge: it fails, and the message says how.
    """
    match trace:
        case Collected() | WindowOpened():
            if file.basis is None or file.said is not None:
                raise BadProof(
                    "the trace rests on statements, and the file has no list of them or something else as well"
                )
            shown, detail = _basis(file, file.basis, trace.basis, checkpoint=checkpoint, issuers=issuers)
            return Rested(shown, None), detail
        case SaidTrace():
            if file.said is None or file.basis is not None:
                raise BadProof(
                    "the trace is of a statement, and the file does not have it or has something else as well"
                )
            return _said(file.said, trace.statement, issuers=issuers)
        case _:
            if file.basis is not None or file.said is not None:
                raise BadProof("the file has statements for a trace that rests on none")
            return Rested((), None), "a trace of this kind rests on no statement"


def _basis(
    file: ProofFile, basis: Rests, named: bytes, *, checkpoint: Checkpoint, issuers: Issuers
) -> tuple[tuple[StatementShown, ...], str]:
    if list(basis.ids) != sorted(set(basis.ids)):
        raise BadProof("the statements of a basis are sorted and none stands twice")
    if basis_id(map(StatementId, basis.ids)) != named:
        raise BadProof("the trace rests on other statements than the file lists")
    indices = [entry.index for entry in basis.shown]
    if indices != sorted(set(indices)):
        raise BadProof("the statements shown are in the order of the log and none stands twice")
    shown: list[StatementShown] = []
    for entry in basis.shown:
        statement = open_statement(entry.statement)
        if statement.signed.id not in basis.ids:
            raise BadProof("a statement is shown that the trace does not rest on")
        if statement.kind.face is not Face.OPEN:
            raise BadProof("a private statement is shown as an entry of the log")
        issuers.check_issuer(statement, index=entry.index)
        in_log(entry, checkpoint)
        if entry.index >= file.segment.index:
            raise BadProof("a statement that the trace rests on is in the log only after its segment")
        shown.append(statement_shown(statement))
    hidden = len(basis.ids) - len(shown)
    signers = "the operator or a maker about its own" if issuers.makers else "the operator"
    parts = [f"{len(basis.ids)} statements"]
    if shown:
        parts.append(f"{len(shown)} shown, signed by {signers} and in this log before the segment")
    if hidden:
        parts.append(f"{hidden} not in this file, as private ones never are")
    return tuple(shown), "; ".join(parts)


def _said(said: Said, named: bytes, *, issuers: Issuers) -> tuple[Rested, str]:
    statement = open_statement(said.statement)
    if statement.signed.id != named:
        raise BadProof("the trace is of another statement than the one in the file")
    if statement.kind.face is not Face.PRIVATE:
        raise BadProof("a statement of a kind that the log itself would hold")
    key = PublicKey.from_cose_key(said.key)
    if statement.signed.headers.issuer != ckt_uri(key.thumbprint):
        raise BadProof("the key in the file is not the one the statement's issuer is named after")
    verify(statement.signed, key)
    if statement.kind.role == "operator":
        issuers.check_operator(statement.signed, index=None)
        who = "an operator key that the trust anchors name"
    else:
        issuers.revocations.see(key, whose="The key in the file", at_ns=last_ns(statement.signed))
        who = "the key its issuer is named after; whose key that is stands in another private statement"
    seen = custody_seen(said, statement, issuers=issuers)
    beside = "" if seen is None or not (said.custody or said.assertion) else f"; {seen.sentence}"
    return Rested((statement_shown(statement),), seen), f"a {statement.kind.name} statement, signed by {who}{beside}"
