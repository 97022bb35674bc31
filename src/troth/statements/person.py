"""Kinds `person`, `household` and `membership`: who lives where. Face: private, all three.

A person's choices are signed with the relationship key named here, one per (person, deployment).
Source: formats.md, "Identifiers"; people.md, "Accounts".
Left out in this version: guests, children with guardians, workers, bystanders.
"""

import msgspec

from troth.names import HouseholdId, PersonId

__all__ = ["HouseholdBody", "MembershipBody", "PersonBody"]


class PersonBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """Two keys of a person, as COSE_Keys, and who keeps their private halves (`custody`; "house" for now).

    `key` is the relationship key, which signs; to `ledger_key` is sealed what concerns the person. Without one they have no
    ledger, and nobody else may read what concerns them.
    """

    person: PersonId
    name: str
    key: bytes
    ledger_key: bytes | None = None
    custody: str = "house"
    crit: tuple[str, ...] = ("key", "ledger_key")


class HouseholdBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """A household and what its members call the place."""

    household: HouseholdId
    name: str


class MembershipBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """`role` is owner or member; [from_ns, to_ns) ns UTC."""

    household: HouseholdId
    person: PersonId
    role: str
    from_ns: int
    to_ns: int | None = None
    crit: tuple[str, ...] = ("from_ns", "to_ns")
