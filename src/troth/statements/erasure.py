"""Kind `erasure`: somebody was erased here. Face: private.

Rules
- It names nobody: no person, thing or stream, no home that went, and no statement that went. What it took with it is known from
  the journal, where position and id alone are left of them, and from the list that is kept outside the data folder.
- It opens nothing: of a home that stays for others, choices reach only from `at_ns` on. Else the no of somebody who is erased
  would be a yes to what was said while they lived there. That somebody of this home is gone can be seen anyway, from the ids
  that its observations rest on.
- It is signed by the operator's key, because the person's own goes with them.

Source: record.md, "Personal ledgers" (erasure); gate.md, "Eight grounds" (no adult decides for another).
"""

from collections.abc import Collection
from enum import StrEnum

import msgspec

from troth.names import HouseholdId

__all__ = ["Asked", "ErasureBody", "names"]


class Asked(StrEnum):
    """How it was asked for: by themself, on paper, by guardians, or long ago, when an older copy was brought back."""

    SESSION = "session"
    PAPER = "paper"
    GUARDIAN = "guardian"
    LIST = "list"


class ErasureBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """`at_ns`: when, ns UTC. `request`: SHA-256 of the written request, on paper only; the paper is not kept here.

    `households`: homes of the person that stay, because they concern others too.
    """

    made_by: str
    at_ns: int
    request: bytes | None = None
    households: tuple[HouseholdId, ...] = ()
    crit: tuple[str, ...] = ("at_ns", "households")


def names(value: object, ids: Collection[bytes]) -> bool:
    """Whether a body, or any part of it, is or holds one of these identifiers."""
    if isinstance(value, bytes):
        return value in ids
    if isinstance(value, msgspec.Struct):
        return any(names(each, ids) for each in msgspec.structs.astuple(value))
    return isinstance(value, tuple) and any(names(each, ids) for each in value)
