"""The read lease of each asker on each stream: asked when it is wanted, held while it holds.

Rules
- A decision about a figure over homes looks at each of them. `ready` does that a few homes at a time before it, so that the
  decision itself finds most of it (`state/memory`) and no step of the loop is long.

Source: gate.md, "Scopes and leases"; docs/decisions/0082-a-home-is-looked-at-once.md.
Owner of all state: the event loop.
"""

from collections.abc import Awaitable, Callable
from typing import Final

from troth.clock import Clock
from troth.gate.decide import ANYONE, beforehand
from troth.gate.leases import Lease, Leases
from troth.gate.question import NO_PURPOSE, Action, Asker, Question
from troth.journeys.asking import ask
from troth.names import StreamId
from troth.state.directory import Directory, KnownStream, KnownThing
from troth.state.leaving import Leaving

__all__ = ["ReadLeases"]

_HOMES_AT_ONCE: Final = 4  # about 100 µs each


class ReadLeases:
    """Holds them.

    Args:
        leases: the gate's.
        directory: what exists.
        clock: what time it is.
        pause: lets the loop do other things.
    """

    def __init__(
        self, leases: Leases, directory: Directory, *, clock: Clock, pause: Callable[[], Awaitable[None]]
    ) -> None:
        self._leases = leases
        self._directory = directory
        self._clock = clock
        self._pause = pause
        self._held: dict[tuple[StreamId, Asker], Lease] = {}

    def known(self, number: int) -> tuple[KnownThing, KnownStream] | None:
        """A stream by its number, with its thing."""
        stream = self._directory.streams.get(self._directory.by_number.get(number, StreamId(b"")))
        return None if stream is None else (self._directory.things[stream.thing], stream)

    def anyone(self, number: int) -> Asker:
        """The asker for a request without a token: anybody, for the first purpose open to anyone on this stream."""
        known = self.known(number)
        purpose = None
        if known is not None:
            disclosed = self._directory.disclosure_of(known[0].body.product, known[0].body.household)
            declared = [s for s in disclosed[0].streams if s.name == known[1].installed.name] if disclosed else []
            purpose = next((p.purpose for s in declared for p in s.purposes if ANYONE in p.recipients), None)
        return Asker(ANYONE, "anyone", purpose or NO_PURPOSE)

    async def ready(self, number: int, asker: Asker | None) -> None:
        """Look at what the decision will look at, where it is much, so that it takes no long step of the loop."""
        known, who = self.known(number), asker or self.anyone(number)
        lease = None if known is None else self._held.get((known[1].stream, who))
        now = self._clock.now()
        if known is None or (lease is not None and lease.holds(now)):
            return
        question = Question(Action.READ, known[1].stream, who, now)
        for count, _ in enumerate(beforehand(question, self._leases.in_force, self._leases.memory), start=1):
            if count % _HOMES_AT_ONCE == 0:
                await self._pause()

    def lease(self, number: int, asker: Asker) -> tuple[Lease | None, tuple[KnownThing, KnownStream] | None]:
        """The live lease, allowing or denying, and the stream; (None, None) if there is no such stream."""
        known = self.known(number)
        if known is None:
            return None, None
        now = self._clock.now()
        key = (known[1].stream, asker)
        lease = self._held.get(key)
        if lease is None or not lease.holds(now):
            if lease is not None:
                self._leases.forget(lease)
            lease = ask(Question(Action.READ, known[1].stream, asker, now), self._leases)
            self._held[key] = lease
        return lease, known

    def forget(self, gone: Leaving) -> None:
        """Somebody is erased: nothing is held for them, or about what went with them."""
        self._leases.memory.clear()
        for stream, asker in tuple(self._held):
            if stream in gone.streams or asker.person == gone.person:
                self._leases.forget(self._held.pop((stream, asker)))
