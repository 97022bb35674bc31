"""Half-open intervals of time, [from, to) in int64 nanoseconds UTC, and the few things done with sets of them.

Rules
- A set of intervals is a tuple, sorted, disjoint, not touching; `tidy` makes one.
- `FOREVER` as an end means "no end known".

Source: gate.md, "Time".
"""

from typing import Final

import msgspec

__all__ = [
    "ALWAYS",
    "BEGINNING",
    "FOREVER",
    "Interval",
    "around",
    "covers",
    "holds_all",
    "intersect",
    "subtract",
    "tidy",
]

BEGINNING: Final = -(2**63)
FOREVER: Final = 2**63 - 1


class Interval(msgspec.Struct, frozen=True, order=True, gc=False):
    """[from_ns, to_ns), ns UTC; empty when to_ns <= from_ns."""

    from_ns: int
    to_ns: int


ALWAYS: Final = (Interval(BEGINNING, FOREVER),)


def tidy(intervals: tuple[Interval, ...]) -> tuple[Interval, ...]:
    """Sort, drop the empty ones, and join those that touch."""
    if not intervals:
        return ()
    if len(intervals) == 1 and intervals[0].from_ns < intervals[0].to_ns:
        return intervals
    joined: list[Interval] = []
    for each in sorted(intervals):
        if each.to_ns <= each.from_ns:
            continue
        if joined and each.from_ns <= joined[-1].to_ns:
            joined[-1] = Interval(joined[-1].from_ns, max(joined[-1].to_ns, each.to_ns))
        else:
            joined.append(each)
    return tuple(joined)


def intersect(left: tuple[Interval, ...], right: tuple[Interval, ...]) -> tuple[Interval, ...]:
    """The times in both sets."""
    # Most sets that a decision meets are all of time, and most others have one interval.
    if left is ALWAYS or not right:
        return right
    if right is ALWAYS or not left:
        return left
    met: list[Interval] = []
    at_left = at_right = 0
    while at_left < len(left) and at_right < len(right):
        one, other = left[at_left], right[at_right]
        later = one if one.from_ns >= other.from_ns else other
        sooner = one if one.to_ns <= other.to_ns else other
        if later.from_ns < sooner.to_ns:
            met.append(later if later is sooner else Interval(later.from_ns, sooner.to_ns))
        if sooner is one:
            at_left += 1
        else:
            at_right += 1
    return tuple(met)


def subtract(left: tuple[Interval, ...], right: tuple[Interval, ...]) -> tuple[Interval, ...]:
    """The times in `left` and not in `right`, each once through."""
    if not right:
        return left
    between: list[Interval] = []
    from_ns = BEGINNING
    for hole in right:
        between.append(Interval(from_ns, hole.from_ns))
        from_ns = hole.to_ns
    between.append(Interval(from_ns, FOREVER))
    return intersect(left, tuple([each for each in between if each.from_ns < each.to_ns]))


def covers(intervals: tuple[Interval, ...], at_ns: int) -> bool:
    """Whether `at_ns` lies in the set."""
    return around(intervals, at_ns) is not None


def around(intervals: tuple[Interval, ...], at_ns: int) -> Interval | None:
    """The interval that holds `at_ns`, or None."""
    for each in intervals:
        if each.from_ns <= at_ns < each.to_ns:
            return each
    return None


def holds_all(intervals: tuple[Interval, ...], from_ns: int, to_ns: int) -> bool:
    """Whether one of them holds everything from `from_ns` to `to_ns`; the two are equal for a moment."""
    found = around(intervals, from_ns)
    return found is not None and to_ns <= found.to_ns
