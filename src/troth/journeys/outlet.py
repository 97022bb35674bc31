"""The way out for one listener on one stream: bytes are given to the transport only under a live lease.

Rules
- Rows wait until the access window of the tick is durable; at most OUTLET_QUEUE_MAX wait, then the outlet ends with a reason.
- When the lease ends, what is queued is dropped at once, here and at the door; then the gate is asked again.
- Under the coarser view a listener gets each hour once it has ended.
- What is older than the purpose of the listening may use is not told, however new it is here; nor what has become so since.

Source: gate.md, "The barrier"; things.md, "Limits" (outbound queue per listener 1,000 messages).
Owner: the event loop.
"""

from collections.abc import Coroutine, Sequence
from typing import Final, Protocol

from troth.errors import Busy, Denied, NotFound, ReadTooLong, TrothError
from troth.gate.leases import Lease
from troth.gate.question import Asker
from troth.things.intervals import Interval, holds_all
from troth.things.observations import Kept, Variant
from troth.things.query import ObservationQuery, Order
from troth.things.windows import HOUR_NS, Shown, hour_of, shown

__all__ = ["OUTLET_QUEUE_MAX", "Listener", "Outlet", "Source"]

OUTLET_QUEUE_MAX: Final = 1_000


class Listener(Protocol):
    """A door's side of an outlet. All calls come on the loop and must not block.

    A door that queues counts its own limit (1,000 messages or 1 MiB) and closes the outlet when it is passed.
    """

    def last(self, row: Shown) -> None:
        """The stream's last value: when listening begins, goes on under another view, or the outlet was asked for it again."""
        ...

    def give(self, rows: Sequence[Shown]) -> None:
        """Rows that became durable, in order of sequence."""
        ...

    def drop(self) -> None:
        """Forget everything of this outlet that was given and not yet handed to the transport, redelivery included."""
        ...

    def end(self, code: str, words: str) -> None:
        """The outlet has ended: the outer reason's code and sentence. Nothing more will be given."""
        ...


class Source(Protocol):
    """What an outlet needs of `journeys/tell`."""

    def granted(self, number: int, asker: Asker) -> Lease:
        """The live, allowing lease; Denied or NotFound otherwise."""
        ...

    async def window(self, lease: Lease) -> None:
        """Open the lease's access window; durable on return."""
        ...

    def window_open(self, lease: Lease, *, rows: int) -> bool:
        """Whether rows may leave now without waiting; counts them if so."""
        ...

    async def shown(self, number: int, query: ObservationQuery, *, asker: Asker) -> tuple[Shown, ...]:
        """Rows of one page as granted."""
        ...

    def now(self) -> int:
        """UTC ns."""
        ...

    def lost(self) -> None:
        """A listener was dropped, because it did not keep up."""
        ...

    def spawn(self, work: Coroutine[None, None, None]) -> None:
        """Run on the loop."""
        ...

    def close(self, outlet: "Outlet") -> None:
        """Forget the outlet."""
        ...


class Outlet:
    """One listener on one stream."""

    __slots__ = (
        "_again",
        "_busy",
        "_closed",
        "_hour",
        "_listener",
        "_queue",
        "_source",
        "asker",
        "lease",
        "number",
        "renewing",
    )

    def __init__(self, source: Source, number: int, asker: Asker, *, lease: Lease, listener: Listener) -> None:
        self._source = source
        self._listener = listener
        self._queue: list[Kept] = []
        self._hour: int | None = None
        self._busy = True  # until `begin` has run
        self._again = False  # the last value was asked for meanwhile
        self._closed = False
        self.renewing = False  # from `drop` until `renew`
        self.number = number
        self.asker = asker
        self.lease = lease

    def close(self) -> None:
        """The listener went away or was too slow."""
        self._closed = True
        self._queue.clear()
        self._source.close(self)

    def again(self) -> None:
        """Give the last value once more; nothing that comes meanwhile is lost."""
        self._again = self._busy
        if not self._busy and not self._closed:
            self._busy = True
            self._source.spawn(self.begin())

    def holds(self) -> bool:
        """Whether what was given may be handed to the transport now. A lease that ended by the clock alone is renewed."""
        if self._closed or self.renewing:
            return False
        if self.lease.holds(self._source.now()):
            return True
        self.drop()
        self._source.spawn(self.renew())
        return False

    def reaches(self, time_ns: int) -> bool:
        """Whether what is of this time, and was given when it was in reach, still is. `holds` comes first."""
        return time_ns >= self.lease.answer.since_ns(self._source.now())

    def broke(self) -> None:
        """The listener's door failed at taking rows: it hears no more, and is told so."""
        self.close()
        self._listener.end("unavailable", "This listener's door failed.")

    def drop(self) -> None:
        """The lease has ended: forget what waits, here and at the door, in this same step."""
        self.renewing = self._busy = True
        self._queue.clear()
        self._listener.drop()

    async def begin(self) -> None:
        """Open the window, give the last value, then what came meanwhile."""
        lease = self.lease
        self._again = False
        try:
            last = await self._source.shown(
                self.number, ObservationQuery(order=Order.DESCENDING, top=1), asker=self.asker
            )
        except (Denied, NotFound):
            await self.renew()  # the lease ended while we waited
            return
        except TrothError as no:
            if not self._closed:
                self._listener.end(no.code, no.message)
                self.close()
            return
        if self._closed or not await self._still(lease):
            return
        if last:
            self._listener.last(last[0])
            self._hour = hour_of(last[0].from_ns) if self.lease.answer.variant is not Variant.RAW else None
            self._queue = [row for row in self._queue if (row.from_ns, row.id) != (last[0].from_ns, last[0].id)]
        await self._catch_up()

    async def renew(self) -> None:
        """Go on under a new lease, or end with the reason."""
        if self._closed:
            return
        self.renewing = False
        try:
            self.lease = self._source.granted(self.number, self.asker)
        except (Denied, NotFound) as no:
            self._queue.clear()
            self._listener.end(no.reason_code if isinstance(no, Denied) else no.code, no.message)
            self.close()
            return
        await self.begin()

    def tell(self, rows: Sequence[Kept]) -> None:
        """Rows of this stream became durable."""
        if self._closed:
            return
        if not self._busy:
            self.holds()
        if self.lease.answer.variant is not Variant.RAW:
            self._tell_hours(rows)
        elif self._busy or self._queue or not self._source.window_open(self.lease, rows=len(rows)):
            self._queue.extend(rows)
            if len(self._queue) > OUTLET_QUEUE_MAX:
                self._source.lost()
                self._listener.end("too-slow", "This listener did not keep up.")
                self.close()
            elif not self._busy:
                self._busy = True
                self._source.spawn(self._catch_up())
        else:
            self._pass_on(rows)

    def _tell_hours(self, rows: Sequence[Kept]) -> None:
        newest = max(hour_of(row.from_ns) for row in rows)
        if self._busy or (self._hour is not None and newest <= self._hour + 1):
            return
        self._busy = True
        self._source.spawn(self._give_hours(newest))

    async def _give_hours(self, newest: int) -> None:
        since = newest - 1 if self._hour is None else self._hour + 1
        query = ObservationQuery(times=(Interval(since * HOUR_NS, newest * HOUR_NS),))
        lease = self.lease
        try:
            rows = await self._source.shown(self.number, query, asker=self.asker)
        except (Busy, ReadTooLong):
            self._busy = False  # what comes next asks for these hours again
            return
        except TrothError:
            return  # the lease ended meanwhile; a renewal follows
        if self._closed or not await self._still(lease):
            return
        self._busy = False
        if self._again:
            self.again()
        if rows:
            self._hour = hour_of(rows[-1].from_ns)
            self._listener.give(rows)

    async def _catch_up(self) -> None:
        lease = self.lease
        await self._source.window(lease)
        if self._closed or not await self._still(lease):
            return
        self._busy = False
        if self._again:
            self.again()
            return
        rows, self._queue = self._queue, []
        if rows and lease.answer.variant is Variant.RAW:
            self.tell(rows)

    async def _still(self, lease: Lease) -> bool:
        """Whether to go on under `lease`; where it has ended by the clock alone, this renews it."""
        if self.renewing or lease is not self.lease:
            return False  # a renewal is on its way, or was quicker
        if lease.holds(self._source.now()):
            return True
        self.drop()
        await self.renew()
        return False

    def _pass_on(self, rows: Sequence[Kept]) -> None:
        """The one place where rows reach a listener's transport."""
        now = self._source.now()
        if not self.lease.holds(now):
            return
        reach = self.lease.answer.reach(now)
        self._listener.give([shown(row) for row in rows if holds_all(reach, row.from_ns, row.to_ns)])
