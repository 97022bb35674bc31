"""Windows of a coarser view: what is told of each, and the handles they have.

Rules
- A window is [w, w + length) UTC, counted from 1970; weeks begin on Mondays. It is given only when it has ended and lies
  wholly where the answer reaches.
- A window over no row does not exist.
- Its handle is from 2^52 up: 2^52 + stream number × 2^23 + windows since 1970 + 2^22; below 2^53, exact in JavaScript. What
  lies beyond the windows that fit has no handle and is not given: for quarters of an hour that is the year 2089.

Source: gate.md step 8; formats.md, "Identifiers"; docs/decisions/0068-a-view-is-its-own-text.md.
Left out: which rows a view shows, and how they are narrowed (`narrowing`).
"""

import math
from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from troth.spans import DAY_NS, HOUR_NS
from troth.things.intervals import Interval, tidy
from troth.things.observations import Kept, Result, ResultType
from troth.things.variants import Statistic, Variant

__all__ = [
    "WINDOW_IDS_FROM",
    "Part",
    "Shown",
    "Windows",
    "beginning_in",
    "shown",
    "whole_windows",
    "window_at",
    "window_id",
    "window_of",
    "window_shown",
    "window_times",
]

WINDOW_IDS_FROM: Final = 1 << 52
_MIDDLE: Final = 1 << 22
_PER_STREAM: Final = 1 << 23
_WEEK_NS: Final = 168 * HOUR_NS
_MONDAY_NS: Final = 4 * DAY_NS  # 1970 began on a Thursday
_INT64: Final = range(-(1 << 63), 1 << 63)


class Shown(msgspec.Struct, frozen=True, gc=False):
    """One observation as it may be seen: a kept row, or a window of a coarser view (then `to_ns > from_ns`).

    `sequence` is for paging only and is never printed. `says`: what people have said of it, beside it.
    """

    id: int
    from_ns: int
    to_ns: int
    result: Result
    type: int
    sequence: int = 0
    says: tuple[str, ...] = ()


class Part(msgspec.Struct, frozen=True, gc=False):
    """What the rows of one window come to: their sum, least or most, and how many they are."""

    window: int
    total: float
    count: int


def shown(row: Kept) -> Shown:
    """A kept row as it is."""
    return Shown(row.id, row.from_ns, row.to_ns, row.result, row.type, row.sequence)


def window_at(time_ns: int, length_ns: int) -> int:
    """Whole windows of a length since 1970, rounding down."""
    return (time_ns - _shift(length_ns)) // length_ns


def window_times(window: int, length_ns: int) -> Interval:
    """From when to when a window is."""
    from_ns = window * length_ns + _shift(length_ns)
    return Interval(from_ns, from_ns + length_ns)


def whole_windows(times: tuple[Interval, ...], length_ns: int, *, now_ns: int) -> tuple[Interval, ...]:
    """The parts of `times` that are whole windows which have ended."""
    trimmed = (Interval(_up(each.from_ns, length_ns), _down(min(each.to_ns, now_ns), length_ns)) for each in times)
    return tuple(each for each in trimmed if each.from_ns < each.to_ns)


def beginning_in(times: tuple[Interval, ...], length_ns: int) -> tuple[Interval, ...]:
    """The whole windows that begin within `times`: one counts by its beginning, and is never asked for in part."""
    return tidy(tuple(Interval(_up(each.from_ns, length_ns), _up(each.to_ns, length_ns)) for each in times))


def window_id(number: int, window: int) -> int:
    """The handle of a window of Datastream `number`."""
    return WINDOW_IDS_FROM + number * _PER_STREAM + window + _MIDDLE


def window_of(id_: int) -> tuple[int, int]:
    """(Datastream number, window) of a handle."""
    number, window = divmod(id_ - WINDOW_IDS_FROM, _PER_STREAM)
    return number, window - _MIDDLE


class Windows:
    """Windows in the making: what is added is folded at once, so that any number of rows costs no more than their windows.

    Args:
        view: one of windows.
    """

    def __init__(self, view: Variant) -> None:
        if view.statistic is None:
            raise RuntimeError("a view of rows has no windows")
        self._length_ns = view.window_ns
        self._statistic = view.statistic
        self._fold = _FOLDS[view.statistic]
        self._held: dict[int, tuple[float, int]] = {}

    def __len__(self) -> int:
        """How many windows there are, the one that the last row lies in included."""
        return len(self._held)

    def add(self, rows: Iterable[Kept]) -> None:
        """Fold rows in. All are counted; of anything else than numbers there is no mean, least, most or sum."""
        held, length_ns, shift, fold = self._held, self._length_ns, _shift(self._length_ns), self._fold
        counting = self._statistic is Statistic.COUNT
        for row in rows:
            result: float = 0
            if not counting:
                if isinstance(row.result, bool) or not isinstance(row.result, int | float):
                    continue
                result = row.result
            window = (row.from_ns - shift) // length_ns
            total, count = held.get(window, (None, 0))
            held[window] = (result if total is None else fold(total, result), count + 1)

    def parts(self) -> tuple[Part, ...]:
        """What there is of each window, in the order in which they came."""
        return tuple(Part(window, total, count) for window, (total, count) in self._held.items())

    def put(self, parts: Iterable[Part]) -> None:
        """What there is of these windows, in the place of what was."""
        self._held.update((part.window, (part.total, part.count)) for part in parts)

    def figures(self) -> dict[int, float]:
        """What is told of each window, in the order in which they came."""
        match self._statistic:
            case Statistic.MEAN:
                found = {window: total / count for window, (total, count) in self._held.items()}
            case Statistic.COUNT:
                found = {window: count for window, (_, count) in self._held.items()}
            case _:
                found = {window: total for window, (total, _) in self._held.items()}
        return {window: each for window, each in found.items() if -_MIDDLE <= window < _MIDDLE and math.isfinite(each)}


def window_shown(number: int, window: int, figure: float, view: Variant) -> Shown:
    """A window of Datastream `number` as it may be seen."""
    times = window_times(window, view.window_ns)
    whole = isinstance(figure, int) and figure in _INT64
    type_ = ResultType.INTEGER if whole else ResultType.NUMBER
    result = figure if whole else float(figure)
    return Shown(window_id(number, window), times.from_ns, times.to_ns, result, type_, window + _MIDDLE)


def _sum(one: float, other: float) -> float:
    return one + other


def _counted(one: float, _: float) -> float:
    return one


_FOLDS: Final[dict[Statistic, Callable[[float, float], float]]] = {
    Statistic.MEAN: _sum,
    Statistic.SUM: _sum,
    Statistic.MIN: min,
    Statistic.MAX: max,
    Statistic.COUNT: _counted,
}


def _shift(length_ns: int) -> int:
    return _MONDAY_NS if length_ns == _WEEK_NS else 0


def _down(time_ns: int, length_ns: int) -> int:
    shift = _shift(length_ns)
    return (time_ns - shift) // length_ns * length_ns + shift


def _up(time_ns: int, length_ns: int) -> int:
    shift = _shift(length_ns)
    return -(-(time_ns - shift) // length_ns) * length_ns + shift
