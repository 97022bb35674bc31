"""What there is to know, as values: one thing to know, in which way somebody was told of it, and whom something concerns.

Source: mission.md (F26, F44, S58); docs/decisions/0064-nothing-begins-unannounced.md.
"""

import hashlib
import heapq
import re
from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Final, NamedTuple

import msgspec

from troth.errors import BadPath
from troth.names import PersonId, StatementId

__all__ = [
    "NEWS_DAYS",
    "PAGE_ITEMS",
    "RECENT_DAYS",
    "RECENT_ITEMS",
    "Concern",
    "Draft",
    "Item",
    "NewsPage",
    "Since",
    "Sort",
    "ToldOn",
    "named",
    "newest",
]

NEWS_DAYS: Final = 365
RECENT_DAYS: Final = 30
PAGE_ITEMS: Final = 50  # of one page, feed or answer; there may be thousands
RECENT_ITEMS: Final = 12  # of a first page, which leads to all of them
_SINCE: Final = re.compile(r"([0-9]{1,19})-([0-9a-f]{32})")


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


class Draft(NamedTuple):
    """An item that nobody has put into words yet: when it was said, its name, when it begins."""

    said_ns: int
    name: str
    starts_ns: int | None
    make: Callable[[], Item]


class Since(NamedTuple):
    """Where a page goes on: with what was said before this."""

    said_ns: int
    name: str

    @classmethod
    def parse(cls, text: str) -> "Since":
        """Read what is printed.

        Raises:
            BadPath: it is no such place.
        """
        found = _SINCE.fullmatch(text)
        if found is None:
            raise BadPath("a place among news is a number, a hyphen, and 32 hexadecimal digits")
        return cls(int(found[1]), found[2])

    def __str__(self) -> str:
        return f"{self.said_ns}-{self.name}"


class NewsPage(msgspec.Struct, frozen=True):
    """Some items, the newest first; `before`: where the next page goes on, None after the last."""

    items: tuple[Item, ...]
    before: Since | None = None

    @classmethod
    def of(cls, drafts: Iterable[Draft], before: Since | None) -> "NewsPage":
        """PAGE_ITEMS of them, from a place on. Only these are put into words."""
        once = {each.name: each for each in drafts}.values()
        places = [(Since(each.said_ns, each.name), each) for each in once]
        left = [each for each in places if before is None or each[0] < before]
        some = heapq.nlargest(PAGE_ITEMS + 1, left, key=lambda each: each[0])
        more = some[PAGE_ITEMS - 1][0] if len(some) > PAGE_ITEMS else None
        return cls(tuple(each.make() for _, each in some[:PAGE_ITEMS]), more)


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
