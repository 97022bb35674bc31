"""Outcomes of many observations that came together: kept in their order, and told once all are settled.

Source: things.md, "The writer" (what is acknowledged is settled). Owner: the event loop.
Left out: offering, which is the doors'.
"""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial

from troth.things.observations import Outcome, Refusal

__all__ = ["Outcomes", "settle"]


class Outcomes:
    """Outcomes of so many observations, in order.

    Args:
        rows: how many.
        whole: called once when all are durable; at once where there is none.
    """

    __slots__ = ("_left", "_whole", "all", "offered")

    def __init__(self, rows: int, whole: Callable[[], None]) -> None:
        self.all: list[Outcome] = [Refusal.BAD_PAYLOAD] * rows
        self.offered = 0
        self._left = rows
        self._whole = whole
        if not rows:
            whole()

    @classmethod
    def awaited(cls, rows: int) -> "tuple[Outcomes, asyncio.Future[Outcome]]":
        """The same, and what is done when all are durable."""
        whole: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        return cls(rows, partial(settle, whole, 0)), whole

    def next(self) -> Callable[[Outcome], None]:
        """What tells the outcome of the next observation."""
        at = self.offered
        self.offered += 1
        return partial(self._settle, at)

    def span(self, rows: int) -> int:
        """The places of the next `rows` observations, of which this is the settler: the first of them."""
        at = self.offered
        self.offered += rows
        return at

    def settled(self, at: int, outcomes: Sequence[Outcome]) -> None:
        """The outcomes of the observations at `at`, `at` + 1, ..."""
        self.all[at : at + len(outcomes)] = outcomes
        self._left -= len(outcomes)
        if not self._left:
            self._whole()

    def refused(self) -> Sequence[Refusal]:
        """The refusals among them, in order."""
        return [each for each in self.all if isinstance(each, Refusal)]

    def _settle(self, at: int, outcome: Outcome) -> None:
        self.all[at] = outcome
        self._left -= 1
        if not self._left:
            self._whole()


def settle(future: asyncio.Future[Outcome], outcome: Outcome) -> None:
    """Give a future its outcome, unless whoever waited has gone."""
    if not future.done():
        future.set_result(outcome)
