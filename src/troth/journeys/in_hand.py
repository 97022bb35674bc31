"""How many of something somebody is making at this moment: asking for many at once is no way around how many may stand.

Rules
- What stands is seen once it is durable; what is in hand is counted from the step in which it was asked for.

Source: docs/decisions/0070 (limits of what one person and one party have standing). Owner: the event loop.
"""

from collections import Counter
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

__all__ = ["InHand"]

K = TypeVar("K", bound=Hashable)


class InHand(Generic[K]):
    """Counts by whoever makes."""

    def __init__(self) -> None:
        self._made: Counter[K] = Counter()

    def of(self, who: K) -> int:
        """How many they are making."""
        return self._made[who]

    @contextmanager
    def one(self, who: K) -> Iterator[None]:
        """Inside, they make one more."""
        self._made[who] += 1
        try:
            yield
        finally:
            self._made[who] -= 1
            if not self._made[who]:
                del self._made[who]
