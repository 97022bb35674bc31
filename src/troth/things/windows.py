"""The coarser view: means over whole hours, and the handles such windows have.

Rules
- A window is [h, h + 1 hour) UTC; it is given only when it has ended and lies wholly where the answer reaches.
- A window over no row does not exist.
- Its handle is from 2^52 up: 2^52 + stream number × 2^23 + hours since 1970 + 2^22; below 2^53, exact in JavaScript.

Source: gate.md step 8; formats.md, "Identifiers".
Left out: delay, rounding, other lengths; they come with the grounds that need them.
"""

from collections.abc import Iterable
from typing import Final

import msgspec

from troth.things.intervals import Interval, tidy
from troth.things.observations import Kept, Result

__all__ = [
    "HOUR_NS",
    "WINDOW_IDS_FROM",
    "Hours",
    "Shown",
    "hour_of",
    "hours_beginning_in",
    "shown",
    "whole_hours",
    "window_id",
    "window_of",
]

HOUR_NS: Final = 3_600_000_000_000
WINDOW_IDS_FROM: Final = 1 << 52
_HOURS: Final = 1 << 22
_PER_STREAM: Final = 1 << 23


class Shown(msgspec.Struct, frozen=True, gc=False):
    """One observation as it may be seen: a kept row, or a window of a coarser view (then `to_ns > from_ns`).

    `sequence` is for paging only and is never printed.
    """

    id: int
    from_ns: int
    to_ns: int
    result: Result
    type: int
    sequence: int = 0


def shown(row: Kept) -> Shown:
    """A kept row as it is."""
    return Shown(row.id, row.from_ns, row.to_ns, row.result, row.type, row.sequence)


def hour_of(time_ns: int) -> int:
    """Whole hours since 1970, rounding down."""
    return time_ns // HOUR_NS


def whole_hours(times: tuple[Interval, ...], *, now_ns: int) -> tuple[Interval, ...]:
    """The parts of `times` that are whole hours which have ended."""
    trimmed = (
        Interval(-(-each.from_ns // HOUR_NS) * HOUR_NS, min(each.to_ns, now_ns) // HOUR_NS * HOUR_NS) for each in times
    )
    return tuple(each for each in trimmed if each.from_ns < each.to_ns)


def hours_beginning_in(times: tuple[Interval, ...]) -> tuple[Interval, ...]:
    """The whole hours that begin within `times`: a window counts by its beginning, and is never asked for in part."""
    return tidy(
        tuple(Interval(-(-each.from_ns // HOUR_NS) * HOUR_NS, -(-each.to_ns // HOUR_NS) * HOUR_NS) for each in times)
    )


def window_id(number: int, hour: int) -> int:
    """The handle of a window of Datastream `number`."""
    return WINDOW_IDS_FROM + number * _PER_STREAM + hour + _HOURS


def window_of(id_: int) -> tuple[int, int]:
    """(Datastream number, hour) of a window's handle."""
    number, hour = divmod(id_ - WINDOW_IDS_FROM, _PER_STREAM)
    return number, hour - _HOURS


class Hours:
    """Hours in the making: what is added is folded at once, so that any number of rows costs no more than their hours."""

    def __init__(self) -> None:
        self._sums: dict[int, tuple[float, int]] = {}

    def __len__(self) -> int:
        """How many hours there are, the one that the last row lies in included."""
        return len(self._sums)

    def add(self, rows: Iterable[Kept]) -> None:
        """Fold rows in. Numbers only; others are left out."""
        sums = self._sums
        for row in rows:
            if isinstance(row.result, bool) or not isinstance(row.result, int | float):
                continue
            hour = hour_of(row.from_ns)
            total, count = sums.get(hour, (0.0, 0))
            sums[hour] = (total + row.result, count + 1)

    def forget_last(self) -> None:
        """The hour that came last is not whole: it is not given."""
        self._sums.popitem()

    def means(self, number: int) -> list[Shown]:
        """The mean of each hour over its rows, in the order in which the hours came. `number` is the Datastream's."""
        return [
            Shown(window_id(number, hour), hour * HOUR_NS, (hour + 1) * HOUR_NS, total / count, 1, hour + _HOURS)
            for hour, (total, count) in self._sums.items()
        ]
