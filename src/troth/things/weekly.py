"""Times that come back each week, by the clocks of a place, as moments. Pure: the zone's offsets come with them.

Rules
- A window begins at a local time of some days and ends at the next such local end; an end that is not after the beginning is
  the next day's.
- Where clocks are changed the window is as long as it can be meant: it begins with the first of two moments of the same name
  and ends with the second. A local time that does not exist is the moment of the change.
- Before the first offset the first holds, after the last the last.

Source: ISO 8601-1 (days 1 to 7, Monday first); IANA time zone database; PEP 495.
"""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

import msgspec

from troth.spans import DAY_NS, MINUTE_NS
from troth.things.intervals import Interval, tidy

__all__ = ["DAY_MINUTES", "Offset", "Weekly", "Window", "offset_at", "times_of"]

DAY_MINUTES: Final = 1_440
_S_NS: Final = 1_000_000_000
_EPOCH: Final = date(1970, 1, 1)


class Window(msgspec.Struct, frozen=True):
    """`days` on which it begins (1 is Monday); minutes of the day, below 1,440. `to_min` before `from_min`: next day."""

    days: tuple[int, ...]
    from_min: int
    to_min: int


class Offset(msgspec.Struct, frozen=True):
    """From `from_ns` on (ns UTC) the clocks of the place are `seconds` ahead of UTC."""

    from_ns: int
    seconds: int


class Weekly(msgspec.Struct, frozen=True):
    """Windows by the clocks of a zone (IANA name), whose offsets are in order of time, at least one."""

    zone: str
    windows: tuple[Window, ...]
    offsets: tuple[Offset, ...]


def offset_at(offsets: Sequence[Offset], at_ns: int) -> int:
    """How far the clocks are ahead at a moment, in seconds."""
    return offsets[max(bisect_right(offsets, at_ns, key=lambda each: each.from_ns) - 1, 0)].seconds


def times_of(weekly: Weekly, *, from_ns: int, to_ns: int) -> tuple[Interval, ...]:
    """All windows within [from_ns, to_ns), as a tidy set."""
    if to_ns <= from_ns:
        return ()
    first = (
        from_ns + offset_at(weekly.offsets, from_ns) * _S_NS
    ) // DAY_NS - 1  # a window of the day before may reach in
    last = (to_ns + offset_at(weekly.offsets, to_ns) * _S_NS) // DAY_NS
    found: list[Interval] = []
    for number in range(first, last + 1):
        weekday = (_EPOCH + timedelta(days=number)).isoweekday()
        for each in weekly.windows:
            if weekday in each.days:
                ends = each.to_min if each.to_min > each.from_min else each.to_min + DAY_MINUTES
                begun = _moments(weekly.offsets, number * DAY_NS + each.from_min * MINUTE_NS)[0]
                ended = _moments(weekly.offsets, number * DAY_NS + ends * MINUTE_NS)[1]
                found.append(Interval(max(begun, from_ns), min(ended, to_ns)))
    return tidy(tuple(found))


def _moments(offsets: Sequence[Offset], local_ns: int) -> tuple[int, int]:
    """The first and the last moment at which the clocks show `local_ns`; twice the moment of the change where none is."""
    near = {offset_at(offsets, local_ns - DAY_NS), offset_at(offsets, local_ns + DAY_NS)}
    shown = [at for each in near if offset_at(offsets, at := local_ns - each * _S_NS) == each]
    if shown:
        return min(shown), max(shown)
    change = next((each.from_ns for each in offsets if abs(each.from_ns - local_ns) <= 2 * DAY_NS), local_ns)
    return change, change
