"""What the interface of private mode is asked with and answers, each body declared once.

Source: docs/reference/api.md; ISO 8601-1 (days 1 to 7, Monday first).
"""

import msgspec

from troth.wire.weeks import WeeklyForm

__all__ = [
    "PrivateForm",
    "PrivateHomeShown",
    "PrivateHomes",
    "PrivateMade",
    "StandingShown",
]


class PrivateForm(msgspec.Struct, frozen=True, omit_defaults=True):
    """Private mode for a room, a Datastream or the whole home: until it is ended, until `to`, or week by week until `to`."""

    household: str
    room: str | None = None
    datastream: int | None = None
    weekly: WeeklyForm | None = None
    to: str | None = None


class PrivateMade(msgspec.Struct, frozen=True):
    """It is on; its name is for ending it."""

    restriction: str
    effect_ms: float


class StandingShown(msgspec.Struct, frozen=True, omit_defaults=True):
    """One private mode. `now`: it is on at this moment, `since` and `until` when. `restriction` where you have said it.

    `child`: for whom you have, as their guardian; `by`: the guardian who has, where it is for you.
    """

    what: str
    datastreams: tuple[int, ...]
    now: bool
    since: str
    until: str | None = None
    weekly: WeeklyForm | None = None
    restriction: str | None = None
    child: str | None = None
    by: str | None = None


class PrivateHomeShown(msgspec.Struct, frozen=True):
    """A home, what can be private in it, what is, and what goes on nevertheless ([stream, what for])."""

    household: str
    name: str
    rooms: tuple[str, ...]
    standing: tuple[StandingShown, ...]
    goes_on: tuple[tuple[str, str], ...]


class PrivateHomes(msgspec.Struct, frozen=True):
    """All homes of whoever asks."""

    homes: tuple[PrivateHomeShown, ...]
