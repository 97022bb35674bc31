"""What all inlets share, as they see it.

Source: gate.md, "Inlets and outlets". `Hear` is it.
"""

from collections.abc import Callable
from typing import Protocol

from troth.clock import Clock
from troth.gate.leases import Leases
from troth.gate.question import Asker
from troth.journeys.turn import Turn
from troth.names import ThingId, Uri
from troth.things.observations import Outcome, Refusal
from troth.things.stamps import Admitted
from troth.things.stores import ConductStore

__all__ = ["Desk", "Waiting"]


class Waiting(Protocol):
    """An inlet in which something waits."""

    def hand_over(self) -> None:
        """Stamp and queue it.

        Raises:
            Busy: the store is full; everything stays.
        """
        ...


class Desk(Protocol):
    """What all inlets share: `Hear`."""

    @property
    def conduct(self) -> ConductStore:
        """Where rows go."""
        ...

    @property
    def leases(self) -> Leases:
        """Where leases are held."""
        ...

    @property
    def clock(self) -> Clock:
        """Now."""
        ...

    def asker(self, party: Uri) -> Asker:
        """As whom the things of a party speak."""
        ...

    def turn(self) -> Turn:
        """Where the next number goes."""
        ...

    def touched(self, inlet: Waiting, /) -> None:
        """Remember that an inlet has something to hand over."""
        ...

    def ready(self, stamp: Admitted, /) -> None:
        """Hand over a stamp with what else was offered."""
        ...

    def count(self, thing: ThingId, reason: Refusal, done: Callable[[Outcome], None]) -> None:
        """Refuse one observation for good."""
        ...

    def flush(self) -> None:
        """Hand over everything offered."""
        ...
