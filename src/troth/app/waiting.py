"""Two ways to wait on the loop that journeys are given: for the next publication, and for one turn of work done for many.

Rules
- Who waits is woken in the order of coming. A caller that goes away changes nothing for the others.
- What the work raises is raised for everybody it was done for.

Owner of all state: the event loop.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Generic, TypeVar

__all__ = ["Publication", "Together"]

A = TypeVar("A")
B = TypeVar("B")


class Publication:
    """Something is published again and again, and some wait until it holds what they need."""

    def __init__(self) -> None:
        self._next = asyncio.Event()

    def tell(self) -> None:
        """It was published: everybody who waits looks again."""
        told, self._next = self._next, asyncio.Event()
        told.set()

    async def until(self, holds: Callable[[], bool], within_s: float) -> bool:
        """Wait until `holds()`, looked at now and after each publication; False when that took too long."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while not holds():
                    await self._next.wait()
        return holds()


class Together(Generic[A, B]):
    """Work that is cheaper for many: whoever asks while a turn is going on is done together in the next one.

    Args:
        work: takes what was asked for, in order, and gives as many results.
    """

    def __init__(self, work: Callable[[Sequence[A]], Awaitable[Sequence[B]]]) -> None:
        self._work = work
        self._asked: list[tuple[A, asyncio.Future[B]]] = []
        self._turns: asyncio.Task[None] | None = None

    async def __call__(self, item: A) -> B:
        """The result for one item."""
        result: asyncio.Future[B] = asyncio.get_running_loop().create_future()
        self._asked.append((item, result))
        if self._turns is None:
            self._turns = asyncio.get_running_loop().create_task(self._go())
        return await result

    async def _go(self) -> None:
        try:
            while self._asked:
                turn, self._asked = self._asked, []
                await self._one(turn)
        finally:
            self._turns = None

    async def _one(self, turn: Sequence[tuple[A, "asyncio.Future[B]"]]) -> None:
        try:
            results = await self._work([item for item, _ in turn])
        except BaseException as error:
            for _, result in turn:
                if not result.done():
                    if isinstance(error, Exception):
                        result.set_exception(error)
                    else:
                        result.cancel()
            if not isinstance(error, Exception):
                raise
            return
        for (_, result), made in zip(turn, results, strict=True):
            if not result.done():
                result.set_result(made)
