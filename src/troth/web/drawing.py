"""Curves as SVG, drawn on the server; each has a table twin in the page.

Rules
- An observation is a point of the line; a window of a coarser view is a step as wide as the window. A gap is left a gap.
- Curves that stand beside each other share one axis of time and one scale, so that they can be compared by eye.
- At most two points per column are drawn, the lowest and the highest, so that no peak is lost.
- Places are percentages and presentation attributes, never styles: the content security policy allows no inline style.

Left out: zooming; results that are no numbers, which the table shows.
"""

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Final

import msgspec

from troth.clock import NS_PER_S
from troth.spans import MINUTE_NS
from troth.things.windows import Shown

__all__ = ["Axis", "Curve", "Scale", "Tick", "axis_of", "curve", "scale_of"]

WIDTH: Final = 600
HEIGHT: Final = 160
_COLUMNS: Final = 300
_TOP: Final = 12  # room above the highest and below the lowest value, in the units of HEIGHT
_LATE_PERCENT: Final = 78  # a chart on a screen of 320 pixels: half a time of day, a gap, and the word *now*
_TINY: Final = 1e-30
_SAME: Final = 1e-9
_HUGE: Final = 1e300  # beyond it the room between two values may be no number
_AXES: Final = ((15, 5), (60, 15), (180, 60), (360, 120), (720, 180), (1_440, 360))  # minutes shown, minutes per tick


class Tick(msgspec.Struct, frozen=True):
    """One line of a grid: where it is (percent, from the left or from the top) and what value stands there."""

    at: str
    value: float

    @property
    def is_late(self) -> bool:
        """Whether its words would run into *now* at the right end where a chart is narrow."""
        return float(self.at.rstrip("%")) > _LATE_PERCENT


class Axis(msgspec.Struct, frozen=True):
    """The time that a curve shows, [from_ns, to_ns); ticks are at whole local times, their values ns UTC."""

    from_ns: int
    to_ns: int
    ticks: tuple[Tick, ...]


class Scale(msgspec.Struct, frozen=True):
    """The values that a curve shows, from the bottom line to the top one."""

    lowest: float
    highest: float
    ticks: tuple[Tick, ...]


class Curve(msgspec.Struct, frozen=True):
    """A drawn curve: SVG path data in a box of WIDTH × HEIGHT, and the place of its last point in percent."""

    path: str
    area: str
    last: tuple[str, str]
    steps: bool
    axis: Axis
    scale: Scale


def curve(points: Sequence[Shown], *, now_ns: int, beside: Sequence[Shown] = ()) -> Curve | None:
    """Draw numbers over time; None where there are fewer than two points, or none of them is a number.

    Args:
        points: in order of time.
        now_ns: where the axis ends.
        beside: points of the curve beside this one, for one common axis and scale.
    """
    axis = axis_of([*points, *beside], now_ns=now_ns)
    mine = [each for each in points if _is_number(each) and each.to_ns > axis.from_ns]
    if not mine or (len(mine) < 2 and mine[0].to_ns == mine[0].from_ns):
        return None
    shown = [each for each in (*mine, *beside) if _is_number(each) and each.to_ns > axis.from_ns]
    scale = scale_of([_value(each) for each in shown])
    steps = mine[-1].to_ns > mine[-1].from_ns
    runs = _runs(mine if steps else _thinned(mine, axis), steps=steps, axis=axis)
    lines = [_line(run, axis, scale) for run in runs]
    floor = f"{_down(min(max(0.0, scale.lowest), scale.highest), scale):.1f}"
    areas = [f"{line}V{floor}H{_across(run[0].from_ns, axis)}Z" for line, run in zip(lines, runs, strict=True)]
    end = mine[-1]
    last = (_percent(_part(end.to_ns, axis)), _percent(_down(_value(end), scale) / HEIGHT))
    return Curve("".join(lines), "".join(areas) if steps else "", last, steps, axis, scale)


def axis_of(points: Sequence[Shown], *, now_ns: int) -> Axis:
    """The shortest axis that ends now and holds all points of the last day."""
    day_ns = _AXES[-1][0] * MINUTE_NS
    recent = [each.from_ns for each in points if each.from_ns >= now_ns - day_ns]
    needed_ns = now_ns - min(recent) if recent else day_ns
    shown, per_tick = next((each for each in _AXES if each[0] * MINUTE_NS >= needed_ns), _AXES[-1])
    from_ns, step_ns = now_ns - shown * MINUTE_NS, per_tick * MINUTE_NS
    offset = datetime.fromtimestamp(now_ns / NS_PER_S, UTC).astimezone().utcoffset()
    offset_ns = 0 if offset is None else int(offset.total_seconds()) * NS_PER_S
    first = -(-(from_ns + offset_ns) // step_ns) * step_ns - offset_ns
    axis = Axis(from_ns, now_ns, ())
    times = range(first, now_ns, step_ns)
    ticks = tuple(Tick(_percent(_part(each, axis)), each) for each in times if 0.06 <= _part(each, axis) <= 0.9)
    return Axis(from_ns, now_ns, ticks)


def scale_of(values: Sequence[float]) -> Scale:
    """A scale of round numbers around all values; it begins at zero where that does not flatten the curve."""
    lowest, highest = min(values), max(values)
    if 0 <= lowest < 0.5 * highest:
        lowest = 0.0
    size = max(abs(lowest), abs(highest), _TINY)
    if highest - lowest <= _SAME * size:  # one value, as far as an eye or a float can tell
        lowest, highest = lowest - max(1, size / 100), highest + max(1, size / 100)
    step = _round_step((highest - lowest) / 3)
    first, last = math.floor(lowest / step + _SAME), math.ceil(highest / step - _SAME)
    scale = Scale(first * step, last * step, ())
    ticks = tuple(
        Tick(_percent(_down(count * step, scale) / HEIGHT), round(count * step, 9)) for count in range(first, last + 1)
    )
    return Scale(scale.lowest, scale.highest, ticks)


def _round_step(rough: float) -> float:
    """The next of 1, 2, 2.5, 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(rough))
    return next(each * power for each in (1, 2, 2.5, 5, 10) if each * power >= rough * (1 - 1e-9))


def _thinned(points: Sequence[Shown], axis: Axis) -> list[Shown]:
    """At most the lowest and the highest point of each column, in order of time."""
    if len(points) <= 2 * _COLUMNS:
        return list(points)
    columns: dict[int, list[Shown]] = {}
    for each in points:
        columns.setdefault(int(_part(each.from_ns, axis) * _COLUMNS), []).append(each)
    kept: list[Shown] = []
    for column in columns.values():
        both = {id(each): each for each in (min(column, key=_value), max(column, key=_value))}
        kept += sorted(both.values(), key=lambda each: each.from_ns)
    return kept


def _runs(points: Sequence[Shown], *, steps: bool, axis: Axis) -> list[list[Shown]]:
    """The points in pieces without a gap. A gap in a line is five times what usually lies between two of its points."""
    between = sorted(after.from_ns - before.from_ns for before, after in pairwise(points))
    usual = between[len(between) // 2] if between else 0
    widest = 0 if steps else max(5 * usual, (axis.to_ns - axis.from_ns) // 60)
    runs: list[list[Shown]] = []
    for each in points:
        if runs and each.from_ns - runs[-1][-1].to_ns <= widest:
            runs[-1].append(each)
        else:
            runs.append([each])
    return runs


def _line(run: Sequence[Shown], axis: Axis, scale: Scale) -> str:
    parts: list[str] = []
    for each in run:
        down = f"{_down(_value(each), scale):.1f}"
        parts.append(f"{'L' if parts else 'M'}{_across(each.from_ns, axis)} {down}")
        if each.to_ns > each.from_ns:
            parts.append(f"H{_across(each.to_ns, axis)}")
    if len(run) == 1 and run[0].to_ns == run[0].from_ns:
        parts.append("h.1")  # a point alone: round caps make it a dot
    return "".join(parts)


def _part(time_ns: int, axis: Axis) -> float:
    return max(0.0, (time_ns - axis.from_ns) / (axis.to_ns - axis.from_ns))


def _across(time_ns: int, axis: Axis) -> str:
    return f"{WIDTH * _part(time_ns, axis):.1f}"


def _down(value: float, scale: Scale) -> float:
    part = (value - scale.lowest) / (scale.highest - scale.lowest)
    return HEIGHT - _TOP - (HEIGHT - 2 * _TOP) * part


def _percent(part: float) -> str:
    return f"{min(100 * part, 100):.2f}%"


def _is_number(each: Shown) -> bool:
    result = each.result
    return not isinstance(result, bool) and isinstance(result, int | float) and abs(result) < _HUGE


def _value(each: Shown) -> float:
    return float(each.result)
