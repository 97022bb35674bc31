"""Kinds `person`, `household` and `membership`: who lives where. Face: private, all three.

A person's choices are signed with the relationship key named here, one per (person, deployment).
Source: formats.md, "Identifiers"; people.md, "Accounts".
Left out in this version: guests, children with guardians, workers, bystanders.
"""

import msgspec

from troth.names import HouseholdId, PersonId

__all__ = ["HouseholdBody", "MembershipBody", "PersonBody"]


class PersonBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """`key` is the COSE_Key of the relationship key; `custody` says who keeps its private half ("house" for now)."""

    person: PersonId
    name: str
    key: bytes
    custody: str = "house"
    crit: tuple[str, ...] = ("key",)


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
