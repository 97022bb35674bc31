"""Figures of the stores for whoever watches a node: how much waits, how old it is, how long a commit takes.

Rules
- No person, place, thing or value is in them; counts are over all things.

Source: things.md, "The writer" (the age of the oldest unsigned trace, WAL size); docs/reference/metrics.md.
"""

from collections.abc import Iterable, Mapping
from itertools import accumulate
from typing import Final

import msgspec

__all__ = ["COMMIT_BOUNDS_S", "ConductFigures", "Durations", "Spread", "Tally"]

COMMIT_BOUNDS_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class Tally(msgspec.Struct, frozen=True):
    """Counts of one thing since it joined: received = stored + repeated + sum(refused.values()).

    `expired` counts those of the stored ones that were deleted since, because their time was over.
    """

    stored: int = 0
    repeated: int = 0
    refused: Mapping[str, int] = {}
    expired: int = 0


class Spread(msgspec.Struct, frozen=True):
    """How long something took: for each bound how many took at most that long, then all of them; and their sum in seconds."""

    bounds_s: tuple[float, ...]
    at_most: tuple[int, ...]
    sum_s: float


class Durations:
    """Counts durations. One owner."""

    def __init__(self, bounds_s: Iterable[float] = COMMIT_BOUNDS_S) -> None:
        self._bounds_s = tuple(bounds_s)
        self._counts = [0] * (len(self._bounds_s) + 1)
        self._sum_s = 0.0

    def took(self, seconds: float) -> None:
        """Something took that long."""
        at = next((at for at, bound in enumerate(self._bounds_s) if seconds <= bound), len(self._bounds_s))
        self._counts[at] += 1
        self._sum_s += seconds

    @property
    def spread(self) -> Spread:
        """So far."""
        return Spread(self._bounds_s, tuple(accumulate(self._counts)), self._sum_s)


class ConductFigures(msgspec.Struct, frozen=True):
    """Of the conduct store.

    Args:
        queued: rows that wait for their commit; a long text counts for more.
        unmoved: rows and traces that are durable and in no segment yet.
        oldest_ns: when the oldest commit became durable that is in no moved segment; None where there is none.
        commits: how long commits took, from their beginning until they were durable.
        counted: over all things.
    """

    queued: int = 0
    unmoved: int = 0
    oldest_ns: int | None = None
    commits: Spread = Spread((), (0,), 0.0)
    counted: Tally = Tally()
