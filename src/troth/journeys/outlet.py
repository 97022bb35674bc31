"""The way out for one listener on one stream: bytes are given to the transport only under a live lease.

Rules
- Rows wait until the access window of the tick is durable; at most OUTLET_QUEUE_MAX wait, then the outlet ends with a reason.
- When the lease ends, nothing leaves any more: what is queued is dropped, here and at the door; then the gate is asked again.
- Under a view of windows a listener gets each once it has ended and the next has begun to be filled. Under one that is late
  it gets what has become old enough, looked for every few seconds; what comes here later than that is found by asking.
- What is older than the purpose of the listening may use is not told, however new it is here; nor what has become so since.

Source: gate.md, "The barrier"; things.md, "Limits" (outbound queue per listener 1,000 messages).
Owner: the event loop.
"""

from collections.abc import Coroutine, Sequence
from typing import Final, Protocol

from troth.errors import Busy, Denied, NotFound, ReadTooLong, TrothError
from troth.gate.leases import Lease
from troth.gate.question import Asker
from troth.things.intervals import BEGINNING, FOREVER, Interval, holds_all
from troth.things.narrowing import narrowed
from troth.things.observations import Kept
from troth.things.query import ObservationQuery, Order
from troth.things.variants import Variant
from troth.things.windows import Shown, whole_windows

__all__ = ["OUTLET_QUEUE_MAX", "Listener", "Outlet", "Source"]

OUTLET_QUEUE_MAX: Final = 1_000
_LATE_EVERY_NS: Final = 2_000_000_000  # how often what has become old enough is looked for, for each listener
_LATE_AT_ONCE: Final = 500  # rows; half of what a listener may have waiting


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

    def end(self, code: str, words: str, *, hint: str | None = None) -> None:
        """The outlet has ended: the outer reason's code, its sentence, and what can be done. Nothing more will be given."""
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

    async def waits(self, number: int, query: ObservationQuery, *, asker: Asker) -> bool:
        """Whether such a page would have a row. Nothing leaves, and no window is opened."""
        ...

    def marked(self, lease: Lease, rows: Sequence[Kept], /) -> tuple[Shown, ...]:
        """Raw rows as they may be seen, what people have said of them beside them."""
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
        "_given_ns",
        "_listener",
        "_queue",
        "_source",
        "asker",
        "due_ns",
        "lease",
        "number",
        "renewing",
    )

    def __init__(self, source: Source, number: int, asker: Asker, *, lease: Lease, listener: Listener) -> None:
        self._source = source
        self._listener = listener
        self._queue: list[Kept] = []
        self._given_ns = BEGINNING  # of what is no live view: up to here it was given
        self.due_ns = FOREVER  # when it is looked for again
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

    def is_lapsed(self, now_ns: int) -> bool:
        """Whether its lease has ended and it has not dropped what it had."""
        return not (self._closed or self.renewing or self.lease.holds(now_ns))

    def reaches(self, time_ns: int) -> bool:
        """Whether what is of this time, and was given when it was in reach, still is. `holds` comes first."""
        return time_ns >= self.lease.answer.since_ns(self._source.now())

    def broke(self) -> None:
        """The listener's door failed at taking rows: it hears no more, and is told so."""
        self.close()
        self._listener.end("unavailable", "This listener's door failed.")

    def drop(self) -> None:
        """The lease has ended: forget what waits, here and at the door."""
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
                self._listener.end(no.code, no.message, hint=no.hint)
                self.close()
            return
        if self._closed or not await self._still(lease):
            return
        self._begin_late(last[0] if last else None)
        if last:
            self._listener.last(last[0])
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
            self._listener.end(no.reason_code if isinstance(no, Denied) else no.code, no.message, hint=no.hint)
            self.close()
            return
        await self.begin()

    def tell(self, rows: Sequence[Kept]) -> None:
        """Rows of this stream became durable."""
        if self._closed:
            return
        if not self.renewing:
            self.holds()  # else what comes now would be dropped with what came under the lease that has ended
        if not self.view.is_live:
            self._tell_windows(rows)
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

    def late(self, now_ns: int) -> None:
        """It is `due_ns`: what has become old enough is given."""
        if not self._busy and not self._closed:
            self._busy = True
            self._source.spawn(self._give_until(now_ns - self.view.delay_ns))

    @property
    def view(self) -> Variant:
        """What is granted now."""
        return self.lease.answer.variant or Variant.RAW

    def _begin_late(self, last: Shown | None) -> None:
        """Go on behind the last value, or from now on where there is none."""
        view, now = self.view, self._source.now()
        self.due_ns = FOREVER if not view.delay_ns else now + _LATE_EVERY_NS
        if last is not None:
            self._given_ns = max(last.to_ns, last.from_ns + 1)
        else:
            self._given_ns = self._edge(now - view.delay_ns)

    def _edge(self, time_ns: int) -> int:
        """Where the window begins in which this moment lies; under a view of rows, the moment itself."""
        if self.view.is_rows:
            return time_ns
        ended = whole_windows((Interval(BEGINNING, time_ns),), self.view.window_ns, now_ns=time_ns)
        return ended[-1].to_ns if ended else BEGINNING

    def _tell_windows(self, rows: Sequence[Kept]) -> None:
        """A row of a later window is here, so those before it are complete, as far as anybody can tell."""
        if self.view.delay_ns:
            return  # what waits is old enough later on
        edge_ns = self._edge(max(row.from_ns for row in rows))
        if self._busy or edge_ns <= self._given_ns:
            return
        self._busy = True
        self._source.spawn(self._give_until(edge_ns))

    async def _give_until(self, time_ns: int) -> None:
        lease, edge_ns = self.lease, self._edge(time_ns)
        times = (Interval(self._given_ns, edge_ns),)
        one, query = (ObservationQuery(times=times, top=top) for top in (1, _LATE_AT_ONCE))
        rows: Sequence[Shown] = ()
        try:
            # Looking every few seconds is not reading: only where something leaves is it one, and stands in people's books.
            if not self.view.delay_ns or await self._source.waits(self.number, one, asker=self.asker):
                rows = await self._source.shown(self.number, query, asker=self.asker)
        except (Busy, ReadTooLong):
            self._busy = False  # what comes next asks for these times again
            return
        except TrothError:
            return  # the lease ended meanwhile; a renewal follows
        if self._closed or not await self._still(lease):
            return
        self._busy = False
        if self.view.delay_ns:
            self.due_ns = self._source.now() + (0 if len(rows) == query.top else _LATE_EVERY_NS)
        if self._again:
            self.again()
        if rows:
            self._given_ns = max(rows[-1].to_ns, rows[-1].from_ns + 1)
            self._listener.give(rows)
        elif self.view.delay_ns:
            self._given_ns = max(self._given_ns, edge_ns)

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
        if rows and self.view.is_live:
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
        reach, view = self.lease.answer.reach(now), self.view
        within = [row for row in rows if holds_all(reach, row.from_ns, row.to_ns)]
        if view == Variant.RAW:
            self._listener.give(self._source.marked(self.lease, within))
        else:
            self._listener.give([each for row in within if (each := narrowed(row, view)) is not None])
