"""Kinds `person`, `household`, `membership`, `departure` and `invitation`: who lives where. Face: private, all of them.

Rules
- A person's choices are signed with the relationship key named here, one per (person, deployment).
- Who leaves says so with their own key, and so does an owner who removes somebody: `person` is who says it, `leaves` who goes.
- What a removal takes stands in a membership too (`left`), so that it goes on when whoever removed them is erased.
- Each link with which somebody's pages are opened is a statement, so that it cannot be made unnoticed.

Source: formats.md, "Identifiers"; people.md, "Accounts".
"""

from enum import StrEnum
from typing import Final

import msgspec

from troth.names import HouseholdId, PersonId
from troth.things.weekly import Weekly

__all__ = [
    "HUSHES_NOTHING",
    "REACHES_ALL",
    "DepartureBody",
    "HouseholdBody",
    "InvitationBody",
    "MembershipBody",
    "PersonBody",
    "Role",
]


class Role(StrEnum):
    """What somebody is in a household."""

    OWNER = "owner"
    MEMBER = "member"
    GUEST = "guest"
    CHILD = "child"
    WORKER = "worker"


HUSHES_NOTHING: Final = frozenset({Role.WORKER})  # whose private mode would be everybody's: they say no instead
REACHES_ALL: Final = frozenset({Role.OWNER, Role.MEMBER})  # who reaches what concerns others of the home too


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
    """A household and what its members call the place. `workplace`: people work there, and it is nobody's own."""

    household: HouseholdId
    name: str
    workplace: bool = False
    crit: tuple[str, ...] = ("workplace",)


class MembershipBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """`role` is owner, member, guest, child or worker; [from_ns, to_ns) ns UTC. A guest has an end.

    `left`: they have left with `to_ns`, and are back at no earlier time either, whatever the clock says.
    `shifts`: the windows in which a worker is concerned, until `shifts_until_ns`; from then on all the time.
    """

    household: HouseholdId
    person: PersonId
    role: str
    from_ns: int
    to_ns: int | None = None
    left: bool = False
    shifts: Weekly | None = None
    shifts_until_ns: int | None = None
    crit: tuple[str, ...] = ("from_ns", "to_ns", "left", "shifts", "shifts_until_ns")


class DepartureBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """`person` says that `leaves` belongs to the household no more from `at_ns` on (ns UTC): they themselves, or another."""

    household: HouseholdId
    person: PersonId
    leaves: PersonId
    at_ns: int
    crit: tuple[str, ...] = ("household", "person", "leaves", "at_ns")


class InvitationBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """A link that opens the pages of `person` once was made, to be used within [at_ns, until_ns) ns UTC."""

    person: PersonId
    at_ns: int
    until_ns: int
    crit: tuple[str, ...] = ("until_ns",)
