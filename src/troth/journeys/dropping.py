"""Outlets whose lease has ended drop what they have queued, some of them in one step of the loop, and ask again.

Rules
- A lease ends in one step for all who rest on it; that step alone keeps everything back, because each hand-over looks at the
  lease. What is dropped here could not have left any more.
- The first few drop in that same step. What is left goes on in later ones, in the order in which the leases ended, and
  whoever has taken something away waits for all of it (`quiet`).
- Nobody asks again before all that ended together have dropped what they had.
- One that cannot drop keeps no other from it; but what it has may leave yet, so whoever waits is told and the node stops.

Source: gate.md, "The barrier" (step 3); docs/decisions/0085-many-leases-end-at-once.md. Owner of all state: the event loop.
"""

from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from typing import Final

from troth.gate.leases import Lease
from troth.gate.question import Asker
from troth.journeys.outlet import Outlet
from troth.names import StreamId

__all__ = ["DROPPED_AT_ONCE", "LOOKED_AT_AT_ONCE", "Dropping"]

DROPPED_AT_ONCE: Final = 64  # each may have a thousand messages waiting, which take 0.1 ms to forget
LOOKED_AT_AT_ONCE: Final = 1_024  # leases and outlets with nothing to drop, at a fraction of a microsecond
_RENEW_AT_ONCE: Final = 8  # decisions of about 100 µs, and as much again for each to begin: under 2 ms


class Dropping:
    """What is still to be dropped.

    Args:
        outlets: those of each stream.
        spawn: runs something on the loop.
        pause: lets the loop do other things.
        now: UTC, ns.
        ready: before it asks again, looks at what a decision will look at, where that is much.
    """

    def __init__(
        self,
        outlets: Mapping[StreamId, Sequence[Outlet]],
        *,
        spawn: Callable[[Coroutine[None, None, None]], None],
        pause: Callable[[], Awaitable[None]],
        now: Callable[[], int],
        ready: Callable[[int, Asker], Awaitable[None]],
    ) -> None:
        self._outlets = outlets
        self._spawn = spawn
        self._pause = pause
        self._now = now
        self._ready = ready
        self._waits: deque[tuple[Iterator[Outlet | None], list[Outlet]]] = deque()  # with those that have dropped
        self._busy = False
        self._broken: list[Exception] = []
        self._failed: Exception | None = None  # the first that was ever broken
        self._came = self._went = 0  # how many times something was to be dropped, and was

    def ended(self, leases: Sequence[Lease]) -> None:
        """These leases have ended, in this step."""
        if self._outlets and leases:
            self._add(self._of(leases))

    def lapsed(self, outlets: Iterable[Outlet]) -> None:
        """The leases of these have come to their end by the clock."""
        self._add(iter(outlets))

    async def quiet(self) -> None:
        """Return when all that was to be dropped until now is.

        Raises:
            Exception: a listener could not drop what it had, so that it may leave yet; the node must stop.
        """
        came = self._came
        while self._went < came:
            self._go_on()  # where it stopped at an error, too
            await self._pause()
        if self._failed is not None:
            raise self._failed

    def _add(self, outlets: Iterator[Outlet | None]) -> None:
        self._came += 1
        self._waits.append((outlets, []))
        if not self._busy:
            self._some()
        self._go_on()

    def _go_on(self) -> None:
        if (self._waits or self._broken) and not self._busy:
            self._busy = True
            self._spawn(self._rest())

    async def _rest(self) -> None:
        try:
            while self._waits:
                await self._pause()
                self._some()
        finally:
            self._busy = False
        broken, self._broken = self._broken, []
        if broken:
            raise broken[0]

    def _some(self) -> None:
        """As much as one step may do."""
        outlets, dropped = self._waits[0]
        now, left = self._now(), DROPPED_AT_ONCE
        for count, outlet in enumerate(outlets, start=1):
            if outlet is not None and outlet.is_lapsed(now):
                dropped.append(outlet)
                self._drop(outlet)
                left -= 1
            if not left or count == LOOKED_AT_AT_ONCE:
                return
        self._waits.popleft()
        self._went += 1
        if dropped:
            self._spawn(self._renew(dropped))

    def _drop(self, outlet: Outlet) -> None:
        try:
            outlet.drop()
        except Exception as error:  # noqa: BLE001 - one broken listener keeps no other from dropping; raised in `quiet`
            self._broken.append(error)
            self._failed = self._failed or error
            outlet.broke()

    async def _renew(self, outlets: Sequence[Outlet]) -> None:
        """Ask again for each, a few at a time (ten thousand at once must not hold the loop), and each for itself."""
        for count, outlet in enumerate(outlets, start=1):
            await self._ready(outlet.number, outlet.asker)
            self._spawn(outlet.renew())
            if count % _RENEW_AT_ONCE == 0:
                await self._pause()

    def _of(self, leases: Sequence[Lease]) -> Iterator[Outlet | None]:
        """The outlets of every stream of these, each stream once; None where there was nothing to look at."""
        seen: set[StreamId] = set()
        for lease in leases:
            stream = lease.question.stream
            if stream not in seen:
                seen.add(stream)
                yield from tuple(self._outlets.get(stream, ()))
            yield None
