"""What rests on leases without being an outlet.

Source: gate.md, "The barrier" (step 3: prepared export files).
"""

from collections.abc import Sequence
from typing import Protocol

from troth.gate.leases import Lease
from troth.state.leaving import Leaving

__all__ = ["Watching"]


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
