"""Room on the disk: while little is left no new observations are taken, so that nothing that must be written ever fails.

Rules
- Looked at once a second, and before anything is served. Below the reserve, rows are refused as when the store is full: a door
  stops reading, or answers 429; nothing is lost, and nothing is acknowledged. Above it and a tenth more, they are taken again.
- What is left is for what must not wait: choices and withdrawals, the log, moving rows, erasing.
- A write that fails nevertheless is final, as ever. SQLite takes back a transaction that met a full disk, but the end of it may
  lie in the write-ahead log already, where a crash would find it: what was refused in this process would count in the next. So
  going on after such a write is not tried; the reserve keeps it from being met.

Source: things.md, "The writer" (back-pressure, never silent loss); https://sqlite.org/rescode.html#full. Owner: the event loop.
"""

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from troth.journeys.hear import Hear
from troth.journeys.oversee import RoomLeft
from troth.journeys.record import InWorker
from troth.things.stores import ConductStore

__all__ = ["Room", "Taking"]

LOOK_S: Final = 1.0
_diagnostics = structlog.get_logger("troth.disk")


class Room:
    """Watches one disk.

    Args:
        free: bytes that are left where the stores lie; may block. None where nobody can tell.
        reserve: bytes below which nothing new is taken; 0 for never.
        in_worker: runs `free`.
        stop: called when room becomes short.
        go_on: called when there is room again.
    """

    def __init__(
        self,
        free: Callable[[], int] | None,
        *,
        reserve: int,
        in_worker: InWorker,
        stop: Callable[[], None],
        go_on: Callable[[], None],
    ) -> None:
        self._free = free
        self._in_worker = in_worker
        self._stop = stop
        self._go_on = go_on
        self.reserve = reserve
        self.free_bytes: int | None = None
        self.short = False

    def left(self) -> RoomLeft:
        """As it was seen last."""
        return RoomLeft(self.free_bytes, self.reserve, self.short)

    async def watch(self) -> None:
        """Look once a second; never ends by itself."""
        while True:
            await asyncio.sleep(LOOK_S)
            await self.look()

    async def look(self) -> None:
        """Look now.

        Raises:
            StorageFailed: the disk cannot be asked.
        """
        if self._free is None:
            return
        self.free_bytes = left = await self._in_worker(self._free)
        if not self.short and left < self.reserve:
            self.short = True
            _diagnostics.warning(
                "little room is left: nothing new is kept", free_bytes=left, reserve_bytes=self.reserve
            )
            self._stop()
        elif self.short and left >= self.reserve + self.reserve // 10:
            self.short = False
            _diagnostics.info("there is room again", free_bytes=left)
            self._go_on()


class Taking:
    """What stops, and goes on: observations are taken in, or refused as when the store is full."""

    def __init__(self, hear: Hear, conduct: ConductStore) -> None:
        self._hear = hear
        self._conduct = conduct

    def stop(self) -> None:
        """Take nothing more."""
        self._hear.stopped = self._hear.full = True
        self._conduct.stop_taking("too little room is left to keep more observations")

    def go_on(self) -> None:
        """Take again."""
        self._hear.stopped = False
        self._conduct.take_again()
