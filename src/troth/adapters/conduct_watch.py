"""What the conduct store knows about itself, for figures: how old its commits are, and how long they took.

Owner of everything here: the event loop.
"""

from collections import deque
from collections.abc import Iterable

from troth.clock import NS_PER_S
from troth.things.figures import Durations

__all__ = ["ConductWatch"]


class ConductWatch:
    """Commits by number, with the time at which each became durable, until they are cleared."""

    def __init__(self) -> None:
        self._ages: deque[tuple[int, int]] = deque()
        self.durations = Durations()

    def loaded(self, commits: Iterable[tuple[int, int]]) -> None:
        """What the file holds: number and time of each commit, in order."""
        self._ages = deque(commits)

    def landed(self, number: int, at_ns: int, *, took_ns: int) -> None:
        """A commit is durable."""
        self._ages.append((number, at_ns))
        self.durations.took(took_ns / NS_PER_S)

    def cleared(self, last: int) -> None:
        """The commits up to this one are cleared."""
        while self._ages and self._ages[0][0] <= last:
            self._ages.popleft()

    @property
    def oldest_ns(self) -> int | None:
        """When the oldest commit became durable."""
        return self._ages[0][1] if self._ages else None
