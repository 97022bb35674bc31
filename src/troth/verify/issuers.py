"""Who may have signed what stands in a proof file: the operator keys at each place of the log, and makers' own keys.

Rules
- Trust starts with entry 1, the trust anchors. Each later trust anchors statement is signed by a key of the one before it, and
  takes its place from its index on.
- A statement of the operator is signed by a key of the anchors that hold at its index.
- A maker's key is named by a `key` statement of the operator; it signs about its holder's own organisation and products only.
- Every statement in `keys` leads to the checkpoint and stands before the segment.

Source: record.md, "Anyone can verify"; docs/reference/proof-file.md, check 6.
Left out: a later statement that the file does not have. Only whoever reads the whole log knows that nothing is missing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from troth.errors import BadProof, BadStatement
from troth.names import PersonId, StatementId, ckt_uri
from troth.signing.cose import PayloadForm, PublicKey, Signed, parse, verify
from troth.statements.first_policy import MAKERS
from troth.statements.key import KeyBody, KeyRole
from troth.statements.known_keys import KnownKey
from troth.statements.statement import Statement, as_kind, read
from troth.statements.subjects import may_speak_about
from troth.statements.trust_anchors import TrustAnchorsBody
from troth.tlog.checkpoint import Checkpoint
from troth.tlog.merkle import leaf_hash, verify_inclusion
from troth.verify.file import LogEntry, ProofFile
from troth.verify.revoked import Revocations, last_ns

__all__ = ["ANCHORS_INDEX", "Issuers", "in_log", "issuers_of", "open_statement"]

ANCHORS_INDEX: Final = 1  # record.md: the first two entries are the registration policy and the trust anchors


@dataclass(frozen=True, slots=True)
class Issuers:
    """Operator keys by issuer URI, from which index on; makers' keys with the index of their statement."""

    anchors: tuple[tuple[int, Mapping[str, PublicKey]], ...]
    makers: Mapping[str, tuple[int, KnownKey]]
    revocations: Revocations

    def operator_of(self, signed: Signed, *, index: int | None) -> PublicKey:
        """The operator key that has signed and held at this index; None for a private statement, which has none.

        Raises:
            BadProof: the issuer is none of them.
            BadCose: it did not sign this.
        """
        for begins, keys in reversed(self.anchors):
            if index is None or begins < index or begins == index == ANCHORS_INDEX:
                key = keys.get(signed.headers.issuer)
                if key is not None:
                    verify(signed, key)
                    return key
                if index is not None:
                    break
        raise BadProof("the issuer of a statement is not among the operator keys that the trust anchors name")

    def check_operator(self, signed: Signed, *, index: int | None) -> None:
        """Return if the operator has signed, with a key that is not said to be compromised by then.

        Raises:
            BadProof, BadCose: as of `operator_of`, or it was compromised.
        """
        key = self.operator_of(signed, index=index)
        self.revocations.see(key, whose="An operator's key", at_ns=last_ns(signed))

    def check_issuer(self, statement: Statement, *, index: int) -> None:
        """Return if the operator has signed, or a maker about what is its own.

        Raises:
            BadProof, BadCose: as of `check_operator`.
        """
        signed = statement.signed
        begins, maker = self.makers.get(signed.headers.issuer, (index, None))
        if maker is None or begins >= index:
            self.check_operator(signed, index=index)
            return
        kind = statement.kind.name
        if not any(
            kind in rule.kinds and may_speak_about(rule.subjects, statement, issuer=maker, speaks=_nobody)
            for rule in MAKERS
        ):
            raise BadProof("a maker has signed a statement that is not about its own")
        verify(signed, maker.key)
        self.revocations.see(maker.key, whose="A maker's key", at_ns=last_ns(signed))


def _nobody(_person: PersonId, _uri: str) -> bool:
    return False  # a maker speaks for no person


def issuers_of(file: ProofFile, checkpoint: Checkpoint, *, revocations: Revocations) -> Issuers:
    """The first half of check 6: the trust anchors, and what `keys` adds to them.

    Raises:
        BadProof, BadCose, BadStatement, UnknownCrit, TooLarge: it fails, and the message says how.
    """
    if file.anchors.index != ANCHORS_INDEX:
        raise BadProof("the trust anchors are entry 1 of a log, and no other")
    found = Issuers((), {}, revocations)
    last = ANCHORS_INDEX
    for entry in (file.anchors, *file.keys):
        in_log(entry, checkpoint)
        if entry is not file.anchors and not last < entry.index < file.segment.index:
            raise BadProof("statements about keys stand in the order of the log, before the segment")
        last = entry.index
        found = _with(found, open_statement(entry.statement), entry.index, origin=checkpoint.origin)
    return found


def _with(found: Issuers, statement: Statement, index: int, *, origin: str) -> Issuers:
    """What a trust anchors statement, or one about a maker's key, adds."""
    if index == ANCHORS_INDEX or isinstance(statement.body, TrustAnchorsBody):
        named = as_kind(statement, TrustAnchorsBody)
        if named.origin != origin:
            raise BadProof("the trust anchors are those of another log")
        keys = {str(ckt_uri(key.thumbprint)): key for key in map(PublicKey.from_cose_key, named.keys)}
        after = Issuers((*found.anchors, (index, keys)), found.makers, found.revocations)
        if index == ANCHORS_INDEX:
            after.check_operator(statement.signed, index=index)
        else:
            former = found.operator_of(statement.signed, index=index)
            found.revocations.see_handing_over(former, to=tuple(keys.values()), at_ns=last_ns(statement.signed))
        return after
    body = as_kind(statement, KeyBody)
    if body.role is not KeyRole.MAKER or body.revoked is not None:
        raise BadProof("a statement about keys names trust anchors or a maker's key")
    found.check_operator(statement.signed, index=index)
    key = PublicKey.from_cose_key(body.key)
    maker = KnownKey(body.role.value, key, body.holder, StatementId(statement.signed.id))
    return Issuers(found.anchors, {**found.makers, str(ckt_uri(key.thumbprint)): (index, maker)}, found.revocations)


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
