"""Who keeps the key of a person now, what stands beside their yes, and what the next statement about it says.

Source: record.md, "Personal ledgers" (custody is a field, shown on every page and proof); docs/decisions/0060.
"""

from collections.abc import Sequence

import msgspec

from troth.names import PersonId, StatementId
from troth.signing.cose import PublicKey
from troth.state.custody import Speaking, speaking
from troth.state.directory import Directory
from troth.statements.custody import Custody, CustodyBody

__all__ = ["Coming", "KeyStanding", "next_custody", "standing"]


class Coming(msgspec.Struct, frozen=True):
    """What will hold from its time on (ns UTC), unless it is stopped."""

    custody: str
    passkeys: tuple[bytes, ...]
    from_ns: int


class KeyStanding(msgspec.Struct, frozen=True):
    """Who keeps a person's key.

    `key` is the thumbprint of the key that speaks for them in hex, and `passkeys` the COSE_Keys of which one stands beside each
    yes. `since_ns`, `statement`: of the custody statement, None before the first. `wrapped`: a key of theirs is kept here,
    wrapped; `open_until_ns`: it is open in this visit until then at the latest.
    """

    custody: str
    key: str
    since_ns: int | None
    statement: StatementId | None
    passkeys: tuple[bytes, ...]
    coming: Coming | None
    wrapped: bool = False
    open_until_ns: int | None = None


def standing(directory: Directory, person: PersonId, *, at_ns: int) -> KeyStanding:
    """What holds for a person who is known here."""
    held = directory.custodies.get(person)
    now = None if held is None else held.at(at_ns)
    later = None if held is None else held.later(at_ns)
    coming = None if later is None else Coming(later.body.custody, later.body.passkeys, later.body.from_ns)
    if now is None:
        return KeyStanding(
            Custody.HOUSE, directory.keys[directory.persons[person].issuer].key.thumbprint.hex(), None, None, (), coming
        )
    body = now.body
    thumbprint = PublicKey.from_cose_key(body.key).thumbprint.hex()
    return KeyStanding(body.custody, thumbprint, body.from_ns, now.statement, body.passkeys, coming)


def next_custody(
    directory: Directory,
    person: PersonId,
    *,
    at_ns: int,
    custody: Custody | None = None,
    key: bytes | None = None,
    passkeys: Sequence[bytes] | None = None,
    from_ns: int | None = None,
    made_by: str = "session",
) -> CustodyBody:
    """What is stated next: as it is now, but for what is given. The house's key is the one of the person's own statement."""
    house = directory.keys[directory.persons[person].issuer].key.cose_key
    now: Speaking | None = speaking(directory.custodies, person, at_ns)
    before = CustodyBody(person, Custody.HOUSE, house, at_ns, made_by) if now is None else now.body
    own = (before.custody if custody is None else custody) == Custody.OWN
    return CustodyBody(
        person=person,
        custody=Custody.OWN if own else Custody.HOUSE,
        key=(key or before.key) if own else house,
        from_ns=at_ns if from_ns is None else from_ns,
        made_by=made_by,
        house_key=house if own else None,
        passkeys=before.passkeys if passkeys is None else tuple(passkeys),
    )
