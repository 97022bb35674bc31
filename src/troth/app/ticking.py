"""The beat of segments: one at every multiple of the tick, whether anything happened or not, and what time has ended after it.

Rules
- A tick that comes late is not made up for. One that was due at another moment than it came, because the clock stepped, is
  published as the moment it came.
- What is enough for a move of several segments before its tick is closed at once.

Source: record.md, "Statements and traces are two things"; things.md, "The store" (retention).
Owner of all state: the event loop.
"""

import asyncio

from troth.app.witnesses import Witnesses
from troth.clock import NS_PER_S, Clock
from troth.journeys.record import Record
from troth.journeys.retain import Retain

__all__ = ["Ticking", "publishing"]


async def publishing(appended: asyncio.Event, record: Record, witnesses: Witnesses, *, lag_s: float) -> None:
    """Take open statements into the log, at most `lag_s` after they were accepted. It never ends by itself."""
    while True:
        await appended.wait()
        await asyncio.sleep(lag_s / 2)
        appended.clear()
        await record.publish()
        witnesses.grown()


class Ticking:
    """Ticks until it is cancelled."""

    def __init__(self, record: Record, retain: Retain, *, clock: Clock, tick_s: int) -> None:
        self._record = record
        self._retain = retain
        self._clock = clock
        self._tick_ns = tick_s * NS_PER_S
        self._full = asyncio.Event()

    def full(self) -> None:
        """There are enough traces for a move."""
        self._full.set()

    async def forever(self) -> None:
        """Close segments, and let go what is over."""
        clock, tick_ns = self._clock, self._tick_ns
        loop = asyncio.get_running_loop()
        while True:
            # A timer that fires a little early must not make a second tick of the same moment.
            due_ns = ((clock.now() + tick_ns // 10) // tick_ns + 1) * tick_ns
            while not await self._until(loop.time() + (due_ns - clock.now()) / NS_PER_S):
                await self._record.spill()
            stepped = abs(clock.now() - due_ns) > tick_ns
            await self._record.tick(None if stepped else due_ns)
            await self._retain.look()

    async def _until(self, moment: float) -> bool:
        """Wait for a moment of the loop's time: True when it came, False when there was enough for a move before it."""
        try:
            async with asyncio.timeout_at(moment):
                await self._full.wait()
        except TimeoutError:
            return True
        self._full.clear()
        return False
