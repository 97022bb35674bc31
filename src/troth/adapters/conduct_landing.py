"""What the writer of conduct hands to the event loop: in its order, and as much in one step as one step may take.

Rules
- Nothing of a later commit or order is looked at before all of an earlier one is.
- Between two steps other work of the loop goes on. It may meet a commit of which a part is in memory; all of it is durable.
- In one turn there are as many steps as works waited when it began: more is done than comes, and nobody waits for good behind a
  large commit.
- Something that raises keeps back nothing behind it: the loop's handler reports it.

Source: docs/decisions/0091-nothing-long-in-one-turn.md. Owner of all state: the event loop.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeAlias, TypeVar

from troth.adapters.conduct_blocks import Block, Piece
from troth.adapters.conduct_queue import Refused
from troth.things.observations import Outcome
from troth.things.stamps import Done

__all__ = [
    "LANDED_AT_ONCE",
    "Answer",
    "Landing",
    "answer_weight",
    "few",
    "in_parts",
    "once",
    "piece_weight",
    "refused_weight",
    "settle",
    "single_weight",
]

LANDED_AT_ONCE: Final = 2_048  # rows of many streams, or answers: 0.5 µs for each

T = TypeVar("T")
Answer: TypeAlias = tuple[Done, Sequence[Outcome]]


class Landing:
    """What has come from the writer and is not done: iterators, each of which does some of it and yields until all is done."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waits: deque[Iterator[None]] = deque()

    def take(self, work: Iterator[None]) -> None:
        """Do it, after all that came before; at once where nothing waits."""
        self._waits.append(work)
        if len(self._waits) == 1:
            self._go()

    def _go(self) -> None:
        try:
            for _ in range(len(self._waits)):
                self._step()
        finally:
            if self._waits:
                self._loop.call_soon(self._go)

    def _step(self) -> None:
        over = True
        try:
            for _ in self._waits[0]:
                over = False
                break
        finally:
            if over:
                self._waits.popleft()


def few(items: Sequence[T], weight: Callable[[T], int]) -> Iterator[Sequence[T]]:
    """Items of a commit in their order, as many at a time as one step may take; once none where there are none.

    `weight`: how many rows or answers an item stands for.
    """
    some: list[T] = []
    full = 0
    for item in items:
        full += weight(item)
        some.append(item)
        if full >= LANDED_AT_ONCE:
            yield some
            some, full = [], 0
    if some or not items:
        yield some


def in_parts(items: Sequence[T], weight: Callable[[T], int], do: Callable[[Sequence[T]], None]) -> Iterator[None]:
    """Do something for few at a time, with a stop between two parts."""
    for step, some in enumerate(few(items, weight)):
        if step:
            yield
        do(some)


def settle(futures: Sequence[asyncio.Future[None]]) -> None:
    """Those who wait may go on, unless they gave up."""
    for future in futures:
        if not future.done():
            future.set_result(None)


def piece_weight(piece: Piece) -> int:
    """What a piece takes of a step: a block one for each row, the rows of one stream together one."""
    return piece.count if isinstance(piece, Block) else 1


def answer_weight(answer: Answer) -> int:
    """What an answer takes of a step."""
    return 1 + len(answer[1])


def refused_weight(refused: Refused) -> int:
    """What the callback of refusals takes of a step: it tells everybody whose observation was counted."""
    return refused.count


def single_weight(_: object) -> int:
    """What takes as much of a step as one row or answer."""
    return 1


def once(callback: Callable[[], None]) -> Iterator[None]:
    """What is done in one step, as `Landing` takes it."""
    callback()
    yield from ()
