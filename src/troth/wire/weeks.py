"""Times that come back each week as people write them: days, local times of day and a zone.

Source: ISO 8601-1 (days 1 to 7, Monday first); IANA time zone database.
"""

import re
from typing import Final

import msgspec

from troth.errors import BadTime
from troth.things.weekly import Weekly, Window
from troth.wire.zones import offsets_of

__all__ = ["WeeklyForm", "WindowForm", "weekly_form"]

_CLOCK: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")


class WindowForm(msgspec.Struct, frozen=True, rename={"from_": "from"}):
    """Days on which it begins (1 is Monday), and local times as 22:00; `to` before `from` is the next day."""

    days: tuple[int, ...]
    from_: str
    to: str


class WeeklyForm(msgspec.Struct, frozen=True):
    """Windows by the clocks of a zone (IANA name)."""

    zone: str
    windows: tuple[WindowForm, ...]

    def weekly(self, *, from_ns: int, to_ns: int) -> Weekly:
        """The value, with the offsets of its zone for this span.

        Raises:
            BadTime: no such zone, or a time of day that is none.
        """
        windows = tuple(Window(each.days, _minutes(each.from_), _minutes(each.to)) for each in self.windows)
        return Weekly(self.zone, windows, offsets_of(self.zone, from_ns=from_ns, to_ns=to_ns))


def weekly_form(weekly: Weekly) -> WeeklyForm:
    """A schedule as it is written."""
    windows = tuple(WindowForm(each.days, _clock(each.from_min), _clock(each.to_min)) for each in weekly.windows)
    return WeeklyForm(weekly.zone, windows)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _minutes(text: str) -> int:
    found = _CLOCK.fullmatch(text)
    if found is None:
        raise BadTime("a time of day is written 22:00")
    return 60 * int(found[1]) + int(found[2])
