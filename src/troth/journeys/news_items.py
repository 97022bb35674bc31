"""What there is to know, as values: one thing to know, in which way somebody was told of it, and whom something concerns.

Source: mission.md (F26, F44, S58); docs/decisions/0064-nothing-begins-unannounced.md.
"""

import hashlib
from enum import StrEnum
from typing import Final

import msgspec

from troth.clock import NS_PER_S
from troth.names import PersonId, StatementId

__all__ = ["DAY_NS", "NEWS_DAYS", "RECENT_DAYS", "Concern", "Item", "Sort", "ToldOn", "named", "newest"]

NEWS_DAYS: Final = 365
RECENT_DAYS: Final = 30
DAY_NS: Final = 86_400 * NS_PER_S


class Sort(StrEnum):
    """What it means for whoever reads it."""

    STARTS = "starts"  # without asking, from a date on
    JOINED = "joined"  # a thing, or a party; what it does asks, or people are not concerned by it
    ASKED = "asked"  # nothing happens before they say yes
    CHANGED = "changed"  # it neither asks nor needs notice
    NARROWED = "narrowed"
    ENDED = "ended"
    AUTHORITY = "authority"


class ToldOn(msgspec.Struct, frozen=True):
    """In which way somebody was told of it, and when (ns UTC)."""

    way: str
    at_ns: int


class Item(msgspec.Struct, frozen=True):
    """One thing to know. `name`: 32 hex digits, always the same for the same. Times are ns UTC.

    `about`: the product and what is measured. `starts_ns`: when it begins, where that was said. `told`: how whoever reads it
    was told. `special`: it is about what is especially protected.
    """

    name: str
    sort: Sort
    title: str
    about: str
    words: str
    said_ns: int
    statement: StatementId
    starts_ns: int | None = None
    special: bool = False
    told: tuple[ToldOn, ...] = ()


class Concern(msgspec.Struct, frozen=True):
    """Something that concerns people: the statement that it stands in, what it is about, and who is concerned."""

    statement: StatementId
    persons: tuple[PersonId, ...]
    items: tuple[Item, ...]


def named(statement: StatementId, *parts: str) -> str:
    """The name of an item: always the same for the same."""
    return hashlib.sha256(b"troth/news/v1\x00" + statement + "\x00".join(parts).encode()).hexdigest()[:32]


def newest(items: list[Item]) -> tuple[Item, ...]:
    """The newest first."""
    return tuple(sorted(items, key=lambda each: (each.said_ns, each.name), reverse=True))
