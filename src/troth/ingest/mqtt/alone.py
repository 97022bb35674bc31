"""Messages that come alone, one small PUBLISH to a read: those of one turn of the loop, taken together.

Rules
- Alone is what comes on a connection of which nothing is in flight, as things speak that wait for each acknowledgement. What
  comes behind it before it is settled is acknowledged after it.
- It is offered, settled, charged and acknowledged as any other. What is no bare number goes the way of all others.
- Where telling one connection fails, the others are told all the same.

Source: things.md, "Speaking" and "Shape of the hot path"; docs/decisions/0087. Owner: the event loop.
"""

from collections.abc import Callable, Sequence
from functools import partial

from troth.ingest.mqtt.payload import read_numbers
from troth.ingest.mqtt.speaking import Speaker
from troth.journeys.hear import Hear, Inlet
from troth.things.observations import Outcome
from troth.wire.mqtt import Lone, Publish, topic_of

__all__ = ["offer_alone"]


class _Settled:
    """A settler: tells each connection what became of its message."""

    __slots__ = ("hear", "lone", "soon", "speakers")

    def __init__(self, hear: Hear, soon: Callable[[Callable[[], None]], None]) -> None:
        self.hear = hear
        self.soon = soon
        self.speakers: list[Speaker] = []
        self.lone: list[Lone] = []

    def settled(self, at: int, outcomes: Sequence[Outcome]) -> None:
        """The outcomes of the messages at `at`, `at` + 1, ... are durable."""
        self.soon(partial(self._tell, at, outcomes))

    def _tell(self, at: int, outcomes: Sequence[Outcome]) -> None:
        ticks = self.hear.clock.ticks()
        told = 0
        try:
            for speaker, lone, outcome in zip(self.speakers[at:], self.lone[at:], outcomes, strict=False):
                told += 1
                speaker.settled_alone(lone[1], lone[0], outcome=outcome, at_ticks=ticks)
        finally:
            if told < len(outcomes):  # one has failed: it fails alone
                self.settled(at + told, outcomes[told:])


def offer_alone(
    came: Sequence[tuple[Speaker, Lone]], hear: Hear, *, soon: Callable[[Callable[[], None]], None]
) -> None:
    """Offer what came alone. `soon`: calls something in the next turn of the loop."""
    settler = _Settled(hear, soon)
    speakers, every = settler.speakers, settler.lone
    inlets: list[Inlet] = []
    numbers: list[float] = []
    for (speaker, lone), number in zip(came, _numbers([lone[2] for _, lone in came]), strict=True):
        name, packet_id, payload = lone
        inlet = speaker.inlet(name)
        if number is None or inlet is None:
            speaker.publishes_alone(Publish(topic_of(name), payload, 1, int.from_bytes(packet_id)))
            continue
        speakers.append(speaker)
        every.append(lone)
        inlets.append(inlet)
        numbers.append(number)
    times = hear.say_all(inlets, numbers, now_ns=hear.clock.now(), settler=settler, at=0)
    for speaker, (name, packet_id, payload), time_ns in zip(speakers, every, times, strict=True):
        speaker.spoke_alone(packet_id, name, payload=payload, time_ns=time_ns)


def _numbers(payloads: Sequence[bytes]) -> Sequence[float | None]:
    """Of each payload its number; None where it is anything else."""
    numbers = read_numbers(payloads)
    if numbers is not None:
        return numbers
    each = map(read_numbers, zip(payloads, strict=True))
    return [None if one is None else one[0] for one in each]
