"""What the interface of living together is asked with and answers, each body declared once.

Source: docs/reference/api.md.
"""

import msgspec

from troth.wire.weeks import WeeklyForm

__all__ = ["DwellerShown", "HomeForm", "HomeShown", "Homes", "MadeShown", "RemovalForm", "StayForm"]


class HomeForm(msgspec.Struct, frozen=True):
    """Which home."""

    household: str


class StayForm(msgspec.Struct, frozen=True):
    """Somebody who is known belongs to a home, again or as well; until `to`, which a guest has.

    `shifts`: who works there is concerned in these windows only, until `shifts_until`.
    """

    household: str
    role: str = "member"
    to: str | None = None
    shifts: WeeklyForm | None = None
    shifts_until: str | None = None


class RemovalForm(msgspec.Struct, frozen=True):
    """Who is to be removed from which home."""

    household: str
    person: str


class DwellerShown(msgspec.Struct, frozen=True, omit_defaults=True):
    """Somebody who lives in a home, or will. `until` while an end is known; `you`: whoever asks; `removable`: by them.

    `guardians`: who answers for them, of a child; `unanswered`: nobody does, and somebody must. `shift`, `shift_until`: where
    you have shifts, this one or the next.
    """

    person: str
    name: str
    role: str
    since: str
    until: str | None = None
    you: bool = False
    removable: bool = False
    guardians: tuple[str, ...] = ()
    shift: str | None = None
    shift_until: str | None = None
    unanswered: bool = False


class MadeShown(msgspec.Struct, frozen=True, omit_defaults=True):
    """A stay (`since` is there) or a link to somebody's pages that whoever runs the place made `at`.

    `back`: the stay was said to have begun before it was said.
    """

    name: str
    at: str
    since: str | None = None
    back: bool = False


class HomeShown(msgspec.Struct, frozen=True):
    """A home of whoever asks: who lives there, and what was made for it, newest first. `owner`: whether they are one."""

    household: str
    name: str
    owner: bool
    people: tuple[DwellerShown, ...]
    made: tuple[MadeShown, ...]


class Homes(msgspec.Struct, frozen=True):
    """All homes of whoever asks, and the names of those where they live no more; `removed`: from which they were removed."""

    name: str
    homes: tuple[HomeShown, ...]
    left: tuple[str, ...]
    removed: tuple[str, ...] = ()
    over: tuple[str, ...] = ()
