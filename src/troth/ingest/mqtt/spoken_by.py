"""What speaking needs of its connection (`Line`) and of its thing (`Voice`).

Source: things.md, "Speaking". `connection` and `door` are them.
"""

from collections.abc import Callable, Mapping
from typing import Protocol

from troth.ingest.rates import Allowance
from troth.ingest.repeats import Recent
from troth.journeys.hear import Inlet
from troth.names import ThingId
from troth.things.observations import Refusal
from troth.wire.mqtt import Version

__all__ = ["Line", "Voice"]


class Line(Protocol):
    """What speaking needs of its connection."""

    @property
    def version(self) -> Version:
        """What was agreed on."""
        ...

    @property
    def wants_reasons(self) -> bool:
        """False when the client asked for no problem information."""
        ...

    @property
    def max_packet_bytes(self) -> int | None:
        """The client's Maximum Packet Size."""
        ...

    def write(self, data: bytes) -> None:
        """Give bytes to the transport; nothing happens when it has closed."""
        ...

    def soon(self, work: Callable[[], None]) -> None:
        """Call `work` in the next turn of the loop."""
        ...

    def acknowledged(self) -> None:
        """Some messages were acknowledged: there may be room for more."""
        ...


class Voice(Protocol):
    """What speaking needs to know of its thing."""

    @property
    def thing(self) -> ThingId:
        """Which thing."""
        ...

    @property
    def recent(self) -> Recent:
        """Its last messages, whichever connection they came on."""
        ...

    @property
    def allowance(self) -> Allowance:
        """How much it may send, whichever connections it has."""
        ...

    def later(self, delay_s: float, work: Callable[[], None]) -> None:
        """Call `work` after some seconds."""
        ...

    def inlets(self) -> Mapping[str, Inlet]:
        """Its streams by topic, looked up now."""
        ...

    def takes_packs(self, topic: str) -> bool:
        """Whether this is the topic of its SenML packs."""
        ...

    def spoken_for(self, topic: str) -> Inlet | ThingId | None:
        """A stream of a thing that it is the gateway of now, or the thing itself for its SenML packs; None for others."""
        ...

    def refused(self, topic: str, refusal: Refusal) -> None:
        """Tell its listeners on `things/<thing>/refused`."""
        ...
