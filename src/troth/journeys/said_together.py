"""Numbers of many streams that came together, each looked at once under its stream's lease and put into the turn of the loop.

Rules
- What the quick look does not let through is offered to its inlet as if it had come alone, and in its place.

Source: things.md, "Shape of the hot path"; docs/decisions/0087 and 0108. Owner of all state: the event loop.
Left out: rows with keys, intervals, and results that are no numbers, which go to their inlets one by one.
"""

from collections.abc import Sequence
from functools import partial
from math import isfinite

from troth.journeys.inlet import Inlet
from troth.journeys.turn import Settler, Turn, settle_one
from troth.things.observations import CLOCK_AHEAD_NS
from troth.things.stamps import Admission

__all__ = ["bring_all", "say_all"]


def say_all(
    inlets: Sequence[Inlet], numbers: Sequence[float], *, turn: Turn, now_ns: int, settler: Settler, at: int
) -> list[int]:
    """Offer numbers that are of now, each to its inlet: the same as `offer` for each of them.

    Args:
        inlets: of streams of numbers.
        numbers: as many, any.
        turn: where rows go; it has room for them.
        now_ns: the clock's, read in this turn of the loop.
        settler: told their outcomes, as those of its observations `at`, `at` + 1, ...
        at: which of them is the first.

    Returns:
        the time each was given.
    """
    given: list[int] = []
    ahead_ns = now_ns + CLOCK_AHEAD_NS
    finite = isfinite(sum(numbers))  # then each is; if not, it is asked of each
    admissions: list[Admission] = []  # of the rows since `first`, which go into the turn together
    times: list[int] = []
    first = 0
    for inlet, number in zip(inlets, numbers, strict=True):
        admission = inlet.admission
        time_ns = now_ns
        if inlet.last_ns >= now_ns:
            time_ns = inlet.last_ns + 1
        if (
            admission is None
            or not admission.hold.live
            or inlet.waits
            or not inlet.since_ns <= time_ns < inlet.until_ns
            or time_ns > ahead_ns
            or not inlet.lowest <= number <= inlet.highest
            or not (finite or isfinite(number))
        ):
            last = first + len(times)
            turn.say_all(inlets[first:last], admissions, times, numbers[first:last], settler=settler, at=at + first)
            given += times
            given.append(inlet.offer(number, time_ns=None, done=partial(settle_one, settler, at + last)))
            admissions, times, first = [], [], last + 1
            continue
        inlet.last_ns = time_ns
        admissions.append(admission)
        times.append(time_ns)
    turn.say_all(inlets[first:], admissions, times, numbers[first:], settler=settler, at=at + first)
    given += times
    return given


def bring_all(
    inlets: Sequence[Inlet],
    numbers: Sequence[float],
    times: Sequence[int],
    *,
    turn: Turn,
    now_ns: int,
    settler: Settler,
    at: int,
) -> None:
    """Offer numbers with the times that they name, each to its inlet: the same as `offer` for each of them.

    Args:
        inlets: of streams of numbers.
        numbers: as many, any.
        times: as many, ns UTC.
        turn: where rows go; it has room for them.
        now_ns: the clock's, read in this turn of the loop.
        settler: told their outcomes, as those of its observations `at`, `at` + 1, ...
        at: which of them is the first.
    """
    ahead_ns = now_ns + CLOCK_AHEAD_NS
    finite = isfinite(sum(numbers))  # then each is; if not, it is asked of each
    admissions: list[Admission] = []  # of the rows since `first`, which go into the turn together
    first = 0
    for inlet, number, time_ns in zip(inlets, numbers, times, strict=True):
        admission = inlet.admission
        if (
            admission is None
            or not admission.hold.live
            or inlet.waits
            or not now_ns < inlet.until_ns
            or not inlet.since_ns <= time_ns < inlet.until_ns
            or time_ns > ahead_ns
            or time_ns < now_ns - inlet.fresh_ns
            or not inlet.lowest <= number <= inlet.highest
            or not (finite or isfinite(number))
        ):
            here = slice(first, last := first + len(admissions))
            turn.say_all(inlets[here], admissions, times[here], numbers[here], settler=settler, at=at + first)
            inlet.offer(number, time_ns=time_ns, done=partial(settle_one, settler, at + last))
            admissions, first = [], last + 1
            continue
        inlet.last_ns = max(inlet.last_ns, time_ns)
        admissions.append(admission)
    turn.say_all(inlets[first:], admissions, times[first:], numbers[first:], settler=settler, at=at + first)
