"""What keeps one observation out: the answer to its stream, its type, its range, its time.

Rules
- A result is of the declared type; nothing is guessed from another one. Where members are declared one by one, it has no other.
- A time is not ahead of the clock, not before the installation, and one at which the answer holds.
- What is so old that its time is over for every purpose that covers it is refused, and not kept to be deleted.

Source: gate.md, "Time"; docs/decisions/0045-a-purpose-reaches-as-far-back-as-it-says.md. Pure.
"""

import math
from collections.abc import Sequence
from typing import Final

import msgspec

from troth.gate.fields import has_only
from troth.gate.leases import Lease
from troth.gate.question import Verdict
from troth.things.intervals import covers, holds_all
from troth.things.observations import CLOCK_AHEAD_NS, Refusal, Result, ResultType

__all__ = ["Bounds", "fault"]

_INT64: Final = 1 << 63


class Bounds(msgspec.Struct, frozen=True):
    """What a stream's results are: their type, the lowest and highest, and from when on (ns UTC)."""

    type: ResultType
    lowest: float
    highest: float
    from_ns: int

    def hold_all(self, results: Sequence[Result]) -> bool:
        """Whether all are numbers in range. Other types are looked at one by one."""
        if self.type is not ResultType.NUMBER or set(map(type, results)) != {float}:
            return False
        numbers: Sequence[float] = results  # type: ignore[assignment]  # the line above says so
        return all(map(math.isfinite, numbers)) and self.lowest <= min(numbers) and max(numbers) <= self.highest

    def are_type(self, result: Result) -> bool:
        """Whether a result is of the type."""
        kind = type(result)
        match self.type:
            case ResultType.NUMBER:
                return kind is float and math.isfinite(result)  # type: ignore[arg-type]  # kind says float
            case ResultType.INTEGER:
                return kind is int and -_INT64 <= result < _INT64  # type: ignore[operator]  # kind says int
            case ResultType.BOOLEAN:
                return kind is bool
            case ResultType.TEXT:
                return kind is str
            case ResultType.JSON:
                return kind is bytes


def fault(
    result: Result, time_ns: int, end_ns: int | None, *, now: int, fresh_ns: int, lease: Lease, bounds: Bounds
) -> Refusal | None:
    """Why this observation cannot be admitted under the lease at this moment, or None.

    `fresh_ns`: what is no older is too old for no purpose, so that nearly always one comparison settles it.
    """
    if lease.answer.verdict is Verdict.DENY:
        why = next((each.code for each in lease.answer.reasons), None)
        return Refusal.NO_GROUND if why is None else Refusal(why.value)
    if not bounds.are_type(result):
        return Refusal.WRONG_TYPE
    if lease.answer.fields and not has_only(result, lease.answer.fields):
        return Refusal.UNDECLARED
    if isinstance(result, float | int) and not bounds.lowest <= result <= bounds.highest:
        return Refusal.OUT_OF_RANGE
    if max(time_ns, end_ns or time_ns) > now + CLOCK_AHEAD_NS:
        return Refusal.AHEAD
    if time_ns < bounds.from_ns:
        return Refusal.BEFORE_INSTALLATION
    if end_ns is not None and end_ns < time_ns:
        return Refusal.BAD_TIME
    span = lease.span
    outside = not span.from_ns <= time_ns < span.to_ns and not covers(lease.answer.covered, time_ns)
    if outside or (end_ns is not None and not holds_all(lease.answer.covered, time_ns, end_ns)):
        return Refusal.NOT_THEN
    if time_ns < now - fresh_ns and not covers(lease.answer.reach(now), time_ns):
        return Refusal.TOO_OLD
    return None
