"""The clock of a test world: it goes with the loop's made-up time, and can be stepped.

Source: clock (the port).
"""

from typing import Final

from troth.clock import NS_PER_S
from troth.testing.loop import WorldLoop

__all__ = ["MORNING_NS", "WorldClock"]

MORNING_NS: Final = 1_772_352_000_000_000_000  # 2026-03-01T08:00:00Z: worlds begin on a Sunday morning


class WorldClock:
    """`Clock` on a world's loop. Two calls in one turn of the loop give the same time."""

    def __init__(self, loop: WorldLoop, *, begins_ns: int = MORNING_NS) -> None:
        self._loop = loop
        self._offset_ns = begins_ns

    def now(self) -> int:
        """UTC, ns since 1970."""
        return self._offset_ns + self._loop.time_ns()

    def ticks(self) -> int:
        """Monotonic, ns; steps do not move it."""
        return self._loop.time_ns()

    def step(self, by_s: float) -> None:
        """Somebody sets the clock: forwards, or back where negative."""
        self._offset_ns += round(by_s * NS_PER_S)
