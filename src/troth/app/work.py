"""Work on the loop beside what is asked: for one listener, for ever, or to its end whatever becomes of the caller.

Rules
- A failure of storage in a listener's work fails the node, any other error is reported. Whatever ends a beat fails the node,
  and so does what fails halfway in work that must be whole: it may have been done by half.

Owner of all state: the event loop.
"""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from troth.errors import Unavailable

__all__ = ["Work"]

T = TypeVar("T")


class Work:
    """Everything that runs. `fail` is called with what ends the node."""

    def __init__(self, fail: Callable[[Exception], None]) -> None:
        self._fail = fail
        self._tasks: set[asyncio.Task[None]] = set()
        self._whole: set[asyncio.Task[Any]] = set()

    def spawn(self, work: Coroutine[None, None, None]) -> None:
        """Run for one listener."""
        self._go(self._guard(work))

    def beat(self, work: Coroutine[None, None, None]) -> None:
        """Run what must never end."""
        self._go(self._guard_beat(work))

    async def whole(self, work: Coroutine[None, None, T]) -> T:
        """Run work to its end even when the caller is cancelled."""
        task = asyncio.get_running_loop().create_task(work)
        self._whole.add(task)
        task.add_done_callback(self._ended)
        return await asyncio.shield(task)

    def finish(self, work: Coroutine[None, None, None]) -> None:
        """Run work to its end, with nobody waiting for it."""
        task = asyncio.get_running_loop().create_task(work)
        self._whole.add(task)
        task.add_done_callback(self._ended)

    async def close(self) -> None:
        """Wait for what must be whole, and end the rest."""
        while self._whole:
            await asyncio.gather(*self._whole, return_exceptions=True)
            await asyncio.sleep(0)  # in which they are forgotten
        for task in tuple(self._tasks):
            task.cancel()
        for task in tuple(self._tasks):
            with suppress(asyncio.CancelledError):
                await task

    def _go(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _ended(self, task: "asyncio.Task[T]") -> None:
        self._whole.discard(task)
        error = None if task.cancelled() else task.exception()
        if isinstance(error, Exception):
            # What was checked before it began and failed nevertheless may have been done by half.
            self._fail(error)

    async def _guard(self, work: Coroutine[None, None, None]) -> None:
        try:
            await work
        except Unavailable as error:
            self._fail(error)
        except Exception as error:  # noqa: BLE001 - one listener's work; the loop's handler reports it
            context = {"message": "work for a listener failed", "exception": error}
            asyncio.get_running_loop().call_exception_handler(context)

    async def _guard_beat(self, work: Coroutine[None, None, None]) -> None:
        try:
            await work
        except Exception as error:  # noqa: BLE001 - whatever it is, the beat has ended
            self._fail(error)
