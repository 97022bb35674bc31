"""Which keys are known, in which role, and which of them have ended: folded from statements in their order. Pure and total.

Rules
- Trust anchors name the operator's keys: those named are the operator's from there on, those left out have ended.
- A key statement names a key, ends the one it replaces, or says that one was revoked. Statements about persons and their
  custody name keys of persons.
- What has ended stays ended; *compromised* may follow *retired* and never the other way round.
- What cannot be read, or cannot be, changes nothing: whether to accept a statement is for `registration`.

Source: record.md, "Anyone can verify"; threats.md (stolen keys).
"""

from collections.abc import Mapping

import msgspec

from troth.errors import BadCose
from troth.names import StatementId, Uri, ckt_uri
from troth.signing.cose import PublicKey
from troth.statements.custody import CustodyBody
from troth.statements.key import KeyBody, KeyRole, Revoked
from troth.statements.person import PersonBody
from troth.statements.statement import Statement
from troth.statements.trust_anchors import TrustAnchorsBody

__all__ = ["PERSON", "Ending", "Keys", "KnownKey", "in_force", "is_makers", "key_of", "learned"]

PERSON = "person"  # the role of relationship keys, which person statements name


class Ending(msgspec.Struct, frozen=True):
    """How a key ended, and the statement that says so. `since_ns` with compromised only."""

    why: Revoked
    statement: StatementId
    since_ns: int | None = None


class KnownKey(msgspec.Struct, frozen=True):
    """A key that was stated. `statement` names it first; nothing is accepted outside [from_ns, to_ns) or after its ending."""

    role: str
    key: PublicKey
    holder: Uri
    statement: StatementId
    from_ns: int | None = None
    to_ns: int | None = None
    ended: Ending | None = None

    def serves(self, at_ns: int) -> bool:
        """Whether something signed with it may be accepted at this moment."""
        return (
            self.ended is None
            and (self.from_ns is None or self.from_ns <= at_ns)
            and (self.to_ns is None or at_ns < self.to_ns)
        )


Keys = Mapping[Uri, KnownKey]
"""Keys by the issuer URI named after them, in the order in which they were stated."""


def key_of(cose_key: bytes) -> tuple[Uri, PublicKey] | None:
    """A COSE_Key with the issuer URI named after it, or None if it is none."""
    try:
        key = PublicKey.from_cose_key(cose_key)
    except BadCose:
        return None
    return ckt_uri(key.thumbprint), key


def in_force(keys: Keys, role: str) -> tuple[KnownKey, ...]:
    """The keys of a role that have not ended, the newest last. Their times are not looked at."""
    return tuple(known for known in keys.values() if known.role == role and known.ended is None)


class _Learning:
    """One statement being learned: what it changes, over what was known."""

    def __init__(self, keys: Keys, by: StatementId) -> None:
        self._keys = keys
        self._by = by
        self.changes: dict[Uri, KnownKey] = {}

    def state(
        self,
        cose_key: bytes,
        role: str,
        *,
        holder: Uri | None = None,
        times: tuple[int | None, int | None] = (None, None),
    ) -> None:
        found = key_of(cose_key)
        if found is None:
            return
        issuer, key = found
        before = self._known(issuer)
        if before is None or (before.ended is None and before.role != role):
            self.changes[issuer] = KnownKey(role, key, holder or issuer, self._by, *times)

    def end(self, issuer: Uri, role: str, *, why: Revoked, since_ns: int | None = None) -> None:
        known = self._known(issuer)
        if known is None or known.role != role:
            return
        if known.ended is None or (why is Revoked.COMPROMISED and known.ended.why is Revoked.RETIRED):
            self.changes[issuer] = msgspec.structs.replace(known, ended=Ending(why, self._by, since_ns))

    def _known(self, issuer: Uri) -> KnownKey | None:
        return self.changes.get(issuer) or self._keys.get(issuer)


def learned(keys: Keys, statement: Statement) -> Keys:
    """What an accepted statement changes: the keys that are new or end by it, to be put over `keys`."""
    learning = _Learning(keys, statement.signed.id)
    match statement.body:
        case TrustAnchorsBody(keys=named):
            issuers = {found[0] for found in map(key_of, named) if found is not None}
            for issuer, known in keys.items():
                if known.role == KeyRole.OPERATOR.value and known.ended is None and issuer not in issuers:
                    learning.end(issuer, known.role, why=Revoked.RETIRED)
            for cose_key in named:
                learning.state(cose_key, KeyRole.OPERATOR.value)
        case KeyBody(revoked=Revoked() as why) as body:
            found = key_of(body.key)
            if found is not None:
                learning.end(found[0], body.role.value, why=why, since_ns=body.since_ns)
        case KeyBody() as body:
            if body.replaces is not None:
                learning.end(ckt_uri(body.replaces), body.role.value, why=Revoked.RETIRED)
            learning.state(body.key, body.role.value, holder=body.holder, times=(body.from_ns, body.to_ns))
        case PersonBody() | CustodyBody() as body:
            learning.state(body.key, PERSON)
        case _:
            pass
    return learning.changes


def is_makers(keys: Mapping[Uri, KnownKey], statement: Statement) -> bool:
    """Whether a maker signed it: its own word, which it signs once for every place."""
    issuer = keys.get(Uri(statement.signed.headers.issuer))
    return issuer is not None and issuer.role == KeyRole.MAKER.value
