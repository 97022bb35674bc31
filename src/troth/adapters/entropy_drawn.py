"""Random bytes of the system, drawn many at a time; for one thread.

A call to the system lets other threads of Python run. A thread that makes many of them wakes whoever waits each time, takes
its turn back before the other has come, and so holds it off for as long as it goes on: the loop waited 27 ms for a commit that
asked fifty times.

Source: docs/decisions/0091-nothing-long-in-one-turn.md.
Left out: a process that forks. Both would go on with the same bytes; none does here.
"""

from collections.abc import Callable
from typing import Final

__all__ = ["DRAWN_AT_ONCE", "Drawn"]

DRAWN_AT_ONCE: Final = 16_384  # bytes: the secrets of 2,048 runs, in some 30 µs


class Drawn:
    """What `source` gives, in the order in which it gives it, each byte to one caller."""

    def __init__(self, source: Callable[[int], bytes]) -> None:
        self._source = source
        self._bytes = b""
        self._at = 0

    def __call__(self, count: int) -> bytes:
        """`count` random bytes."""
        if count > DRAWN_AT_ONCE:
            return self._source(count)
        end = self._at + count
        if end > len(self._bytes):
            self._bytes, self._at, end = self._source(DRAWN_AT_ONCE), 0, count
        taken = self._bytes[self._at : end]
        self._at = end
        return taken
