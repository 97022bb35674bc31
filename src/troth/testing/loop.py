"""An event loop whose time is made up: the same seed runs the same program in the same order, every time.

Rules
- Time stands still while anything is ready; when nothing is, it jumps to the next timer. Nobody ever waits.
- Callbacks that are ready run first in, first out, as asyncio promises; what a seed may move is when timers are due
  (never early, at most `jitter_s` late), so that each seed tries another interleaving.
- Nothing ready and no timer while somebody waits: the run ends with an error that names the seed. So does a loop that turns
  too often without time passing.
- One thread. Work for an executor runs inside the loop; its result arrives in a later turn.
- What callbacks and tasks raise with nobody listening is kept in `unheard`, for the world to raise at the end of a run.

Source: asyncio.BaseEventLoop of CPython 3.11 to 3.14, which turns on a selector; this one's selector is the jump in time.
Left out: sockets, subprocesses, signals and other threads, which no deterministic run can have (`network` has connections).
"""

import asyncio
import concurrent.futures
import random
import threading
from collections import deque
from collections.abc import Callable
from contextvars import Context
from typing import Any, Final, TypeVar, TypeVarTuple, Unpack

__all__ = ["JITTER_S", "WorldLoop"]

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

JITTER_S: Final = 0.001
_TURNS_MAX: Final = 1_000_000  # turns without time passing: more than any batch here needs, seconds of real time


class _Jump:
    """What the loop has in the place of a selector: waiting for I/O is moving the time on."""

    def __init__(self, loop: "WorldLoop") -> None:
        self._loop = loop
        self._still = 0

    def select(self, timeout: float | None) -> list[object]:
        """Nothing ever happens outside; `timeout` is how far the next timer is."""
        if timeout is None:
            raise RuntimeError(f"everybody waits and nothing will ever happen (seed {self._loop.seed})")
        if timeout > 0:
            self._still = 0
            self._loop.jump(timeout)
            return []
        self._still += 1
        if self._still > _TURNS_MAX:
            raise RuntimeError(f"the loop turns and turns and time does not pass (seed {self._loop.seed})")
        return []


class WorldLoop(asyncio.BaseEventLoop):
    """One loop, one seed. `random` is the source of everything that may vary; all parts of a world draw from it in turn."""

    _ready: deque[asyncio.Handle]
    _scheduled: list[asyncio.TimerHandle]

    def __init__(self, seed: int, *, jitter_s: float = JITTER_S) -> None:
        super().__init__()
        self.seed = seed
        self.random = random.Random(seed)  # noqa: S311 - a replayable test needs this kind of randomness
        self.jitter_s = jitter_s
        self.unheard: list[BaseException] = []
        self._passed_ns = 0
        self._thread = threading.get_ident()
        self._selector = _Jump(self)
        self._clock_resolution = 1e-9
        self.set_exception_handler(self._unheard)

    def __del__(self) -> None:
        """Nothing of the system is held, so forgetting a loop is closing it."""

    def time(self) -> float:
        """Seconds since the loop was made."""
        return self._passed_ns / 1e9

    def time_ns(self) -> int:
        """The same in whole nanoseconds, for clocks."""
        return self._passed_ns

    async def passes(self, seconds: float) -> None:
        """Return when so much time has passed."""
        await asyncio.sleep(seconds)

    def forget(self) -> None:
        """Drop everything that is ready or due: whoever wanted it is gone. Called while the loop stands still."""
        for handle in (*self._ready, *self._scheduled):
            handle.cancel()
        self._ready.clear()
        self._scheduled.clear()
        self._timer_cancelled_count = 0
        self.unheard.clear()

    def jump(self, seconds: float) -> None:
        """Move the time on. Called when nothing is ready."""
        self._passed_ns += max(1, round(seconds * 1e9))

    def call_at(
        self, when: float, callback: Callable[[Unpack[Ts]], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """As asyncio's, up to `jitter_s` late."""
        late = self.random.uniform(0.0, self.jitter_s) if self.jitter_s and when > self.time() else 0.0
        return super().call_at(when + late, callback, *args, context=context)

    def call_soon_threadsafe(
        self, callback: Callable[[Unpack[Ts]], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.Handle:
        """As asyncio's, from this thread only.

        Raises:
            RuntimeError: another thread calls; nothing could say when.
        """
        if threading.get_ident() != self._thread:
            raise RuntimeError(f"another thread speaks to a loop that has only one (seed {self.seed})")
        return self.call_soon(callback, *args, context=context)

    def run_in_executor(
        self,
        executor: concurrent.futures.Executor | None,  # noqa: ARG002 - asyncio's signature; there is only this thread
        func: Callable[[Unpack[Ts]], T],
        *args: *Ts,
    ) -> asyncio.Future[T]:
        """Do the work now, in this thread, and give its result in a later turn."""
        future: asyncio.Future[T] = self.create_future()
        try:
            done = func(*args)
        except Exception as error:  # noqa: BLE001 - whatever the work raises is its caller's
            self.call_later(self.jitter_s, _fail, future, error)
        else:
            self.call_later(self.jitter_s, _finish, future, done)
        return future

    def _process_events(self, event_list: list[object]) -> None:
        """Nothing comes from outside."""

    def _write_to_self(self) -> None:
        """Nobody waits in a selector, so nobody has to be woken."""

    def _unheard(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        self.unheard.append(error if isinstance(error, BaseException) else RuntimeError(str(context.get("message"))))


def _finish(future: "asyncio.Future[T]", done: T) -> None:
    if not future.done():
        future.set_result(done)


def _fail(future: "asyncio.Future[T]", error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
