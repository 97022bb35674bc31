"""What rests on leases without being an outlet.

Source: gate.md, "The barrier" (step 3: prepared export files).
"""

from collections.abc import Sequence
from typing import Protocol

from troth.gate.leases import Lease
from troth.state.leaving import Leaving

__all__ = ["Watchers", "Watching"]


class Watching(Protocol):
    """What rests on leases without being an outlet: told of each step in which some of them end."""

    def moved(self, leases: Sequence[Lease]) -> None:
        """These have ended, in this step."""
        ...

    def expire(self) -> None:
        """Time has passed."""
        ...

    def forget(self, gone: Leaving) -> None:
        """Somebody is erased."""
        ...


class Watchers:
    """All of them, told in the order in which they came."""

    def __init__(self) -> None:
        self._all: list[Watching] = []

    def add(self, watching: Watching) -> None:
        """Tell it, from now on."""
        self._all.append(watching)

    def moved(self, leases: Sequence[Lease]) -> None:
        """These have ended, in this step."""
        for each in self._all:
            each.moved(leases)

    def expire(self) -> None:
        """Time has passed."""
        for each in self._all:
            each.expire()

    def forget(self, gone: Leaving) -> None:
        """Somebody is erased."""
        for each in self._all:
            each.forget(gone)
