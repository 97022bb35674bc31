"""Check 9: what the opened trace rests on.

Rules
- A trace with a basis: its basis id is the hash over the ids in the file. Each statement shown has one of these ids, is open,
  is signed by an operator key that the trust anchors name, and stands in this log before the segment. The others are counted.
- A trace of something said: the statement in the file has the id in the trace, is private, and is signed by the key in the
  file; what only an operator may say is signed by an operator key that the trust anchors name.
- A file with a part that its trace has no use for fails: nothing would cover those bytes.

Source: record.md, "Anyone can verify"; formats.md, "Traces" (basis).
Left out: whether these statements were enough for the gate's answer; that is the gate's, and needs the private ones.
"""

from collections.abc import Mapping
from typing import TypeAlias

from troth.errors import BadProof, BadStatement
from troth.names import StatementId, ckt_uri
from troth.signing.cose import PayloadForm, PublicKey, Signed, parse, verify
from troth.statements.kinds import Face
from troth.statements.statement import Statement, read
from troth.tlog.checkpoint import Checkpoint
from troth.tlog.merkle import leaf_hash, verify_inclusion
from troth.tlog.trace import Collected, SaidTrace, Trace, WindowOpened, basis_id
from troth.verify.file import LogEntry, ProofFile, Rests, Said
from troth.verify.verdict import StatementShown
from troth.verify.words import statement_shown

__all__ = ["Anchors", "check_rests", "check_signed", "in_log", "open_statement"]

Anchors: TypeAlias = Mapping[str, PublicKey]
"""The operator keys that the trust anchors name, by issuer URI."""


def check_rests(
    file: ProofFile, trace: Trace, *, checkpoint: Checkpoint, anchors: Anchors
) -> tuple[tuple[StatementShown, ...], str]:
    """The statements shown and the detail of check 9.

    Raises:
        BadProof, BadCose, BadStatement, UnknownCrit, TooLarge: it fails, and the message says how.
    """
    match trace:
        case Collected() | WindowOpened():
            if file.basis is None or file.said is not None:
                raise BadProof(
                    "the trace rests on statements, and the file has no list of them or something else as well"
                )
            return _basis(file, file.basis, trace.basis, checkpoint=checkpoint, anchors=anchors)
        case SaidTrace():
            if file.said is None or file.basis is not None:
                raise BadProof(
                    "the trace is of a statement, and the file does not have it or has something else as well"
                )
            return _said(file.said, trace.statement, anchors=anchors)
        case _:
            if file.basis is not None or file.said is not None:
                raise BadProof("the file has statements for a trace that rests on none")
            return (), "a trace of this kind rests on no statement"


def in_log(entry: LogEntry, checkpoint: Checkpoint) -> None:
    """Return if the statement is the entry of its index in the log of this checkpoint.

    Raises:
        BadProof: it is not.
    """
    verify_inclusion(
        leaf_hash(entry.statement), index=entry.index, size=checkpoint.size, path=entry.path, root=checkpoint.root
    )


def open_statement(data: bytes) -> Statement:
    """Read a statement whose payload stands in it. Its signature is not looked at.

    Raises:
        BadCose, BadStatement, BadCbor, UnknownCrit, TooLarge: it cannot be read.
    """
    signed = parse(data)
    if signed.headers.form is not PayloadForm.INLINE:
        raise BadStatement("a statement whose payload is a digest stands where its words are needed")
    return read(signed)


def check_signed(signed: Signed, anchors: Anchors) -> None:
    """Return if an operator key that the trust anchors name has signed.

    Raises:
        BadProof: its issuer is none of them.
        BadCose: it did not sign this.
    """
    key = anchors.get(signed.headers.issuer)
    if key is None:
        raise BadProof("the issuer of a statement is not among the operator keys that the trust anchors name")
    verify(signed, key)


def _basis(
    file: ProofFile, basis: Rests, named: bytes, *, checkpoint: Checkpoint, anchors: Anchors
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
        check_signed(statement.signed, anchors)
        in_log(entry, checkpoint)
        if entry.index >= file.segment.index:
            raise BadProof("a statement that the trace rests on is in the log only after its segment")
        shown.append(statement_shown(statement))
    hidden = len(basis.ids) - len(shown)
    parts = [f"{len(basis.ids)} statements"]
    if shown:
        parts.append(f"{len(shown)} shown, signed by the operator and in this log before the segment")
    if hidden:
        parts.append(f"{hidden} not in this file, as private ones never are")
    return tuple(shown), "; ".join(parts)


def _said(said: Said, named: bytes, *, anchors: Anchors) -> tuple[tuple[StatementShown, ...], str]:
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
        check_signed(statement.signed, anchors)
        who = "an operator key that the trust anchors name"
    else:
        who = "the key its issuer is named after; whose key that is stands in another private statement"
    return (statement_shown(statement),), f"a {statement.kind.name} statement, signed by {who}"
