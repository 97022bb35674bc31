"""Which streams somebody may read now, in order: for lists of things and streams, which must not hold the loop.

Rules
- A list and the leases it was made from are remembered for the last few askers. Each is looked at again, and the gate is
  asked only where one has ended or a stream is new: that is a thousandth of asking for all.
- At most AT_ONCE questions are put to the gate in one step of the loop. A list is given in the step in which all of it held.

Source: things.md, "Shape of the hot path" (a request that touches 1,000 streams must yield every 2 ms); gate.md, "Rules".
Owner of all state: the event loop.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Final

import msgspec

from troth.gate.leases import Lease
from troth.gate.question import Asker, Verdict
from troth.journeys.views import StreamView, view_of
from troth.state.directory import Directory
from troth.state.leaving import Leaving

__all__ = ["Listing", "Readable"]

ASKERS_MAX: Final = 16  # 10,000 streams are 160 KB for each, beside the leases themselves
AT_ONCE: Final = 16  # decisions of about 100 µs: under 2 ms
_ROUNDS_MAX: Final = 8  # where answers move faster than they can be asked for, the rest is asked for in one step


class Readable(msgspec.Struct, frozen=True):
    """The numbers of the streams that may be read, and of their things; each in order, and once.

    `named`: of the streams for which a disclosure names the asker, those that are denied too.
    """

    streams: tuple[int, ...]
    things: tuple[int, ...]
    named: tuple[int, ...] = ()


class _Held:
    """What is remembered for one asker: a lease for each stream, and the list that was made of them."""

    __slots__ = ("installs", "leases", "readable")

    def __init__(self) -> None:
        self.leases: dict[int, Lease] = {}
        self.installs = -1  # what was installed when the list was made
        self.readable = Readable((), ())


class Listing:
    """Lists what may be read.

    Args:
        lease: the live lease of an asker (None: anybody) on a stream by its number; None if there is no such stream. It decides
            where none is held.
        directory: what exists.
        now: UTC, ns.
        pause: lets the loop do other things.
        ready: looks at what a decision will look at, where that is much.
    """

    def __init__(
        self,
        lease: Callable[[int, Asker | None], Lease | None],
        directory: Directory,
        *,
        now: Callable[[], int],
        pause: Callable[[], Awaitable[None]],
        ready: Callable[[int, Asker | None], Awaitable[None]],
    ) -> None:
        self._lease = lease
        self._directory = directory
        self._now = now
        self._pause = pause
        self._ready = ready
        self._held: OrderedDict[Asker | None, _Held] = OrderedDict()

    async def readable(self, asker: Asker | None) -> Readable:
        """Everything that may be read at this moment: use it before the next wait."""
        held = self._held.setdefault(asker, _Held())
        self._held.move_to_end(asker)
        while len(self._held) > ASKERS_MAX:
            self._held.popitem(last=False)
        for _ in range(_ROUNDS_MAX):
            ended = self._ended(held.leases)
            if len(ended) <= AT_ONCE:
                for number in ended:
                    await self._ready(number, asker)
                ended = self._ended(held.leases)
                if len(ended) <= AT_ONCE:
                    break
            for count, number in enumerate(ended, 1):
                await self._ready(number, asker)
                self._ask(number, asker, held)
                if count % AT_ONCE == 0:
                    await self._pause()
        else:
            ended = self._ended(held.leases)
        for number in ended:
            self._ask(number, asker, held)
        if held.installs != self._directory.installs:
            held.installs, held.readable = self._directory.installs, self._list(held.leases)
        return held.readable

    def _list(self, leases: dict[int, Lease]) -> Readable:
        directory = self._directory
        allowed = [
            (number, stream)
            for number, stream in directory.by_number.items()
            if number in leases and leases[number].answer.verdict is not Verdict.DENY
        ]
        things = {directory.things[directory.streams[stream].thing].number for _, stream in allowed}
        named = (number for number in directory.by_number if number in leases and leases[number].answer.named)
        return Readable(tuple(sorted(number for number, _ in allowed)), tuple(sorted(things)), tuple(sorted(named)))

    def of_thing(self, number: int, asker: Asker | None) -> list[StreamView]:
        """The streams of a thing, by its number, that may be read; none where there is no such thing."""
        thing = self._directory.thing_by_number.get(number)
        if thing is None:
            return []
        known = self._directory.things[thing]
        found = []
        for stream in sorted(known.streams.values(), key=lambda each: each.number):
            lease = self._lease(stream.number, asker)
            if lease is not None and lease.answer.verdict is not Verdict.DENY:
                found.append(view_of((known, stream), lease, at_ns=self._now()))
        return found

    def forget(self, gone: Leaving) -> None:
        """Somebody is erased: nothing is held for them, or about what went with them."""
        for asker in tuple(self._held):
            if asker is not None and asker.person == gone.person:
                del self._held[asker]
        for held in self._held.values():
            for number, lease in tuple(held.leases.items()):
                if lease.question.stream in gone.streams:
                    del held.leases[number]
            held.installs = -1

    def _ended(self, leases: dict[int, Lease]) -> list[int]:
        """Streams about which nothing is known that holds now."""
        now, found = self._now(), []
        for number in self._directory.by_number:
            lease = leases.get(number)
            if lease is None or not lease.live or now >= lease.until_ns:
                found.append(number)
        return found

    def _ask(self, number: int, asker: Asker | None, held: _Held) -> None:
        lease = self._lease(number, asker)
        held.installs = -1  # the list is made anew
        if lease is None:
            held.leases.pop(number, None)
        else:
            held.leases[number] = lease
