"""Tell those who may know: every row that leaves, leaves through here, under a live read lease and in an open access window.

Rules
- Reads compile the answer into the extent of the query; hidden rows influence nothing. Nor do those that are older than the
  purpose of the reading may use: that edge moves, and is a part of the extent at each moment.
- A denial is spoken only to a party that a disclosure names for this stream; to all others the stream does not exist.
- Rows are given out in the same step of the loop in which the lease was last seen alive.
- Where only the coarser view is granted, whole hours that have ended are given, and nothing else.

Source: gate.md, "Rules" and "Inlets and outlets"; record.md (access windows).
Owner of all state: the event loop.
"""

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import partial

import msgspec

from troth.clock import Clock
from troth.errors import Denied, NotFound, NotOffered
from troth.gate.leases import Lease, Leases
from troth.gate.question import Asker, Code, Verdict
from troth.journeys.access import Access
from troth.journeys.asking import denied
from troth.journeys.dropping import Dropping
from troth.journeys.following import Follower, Following
from troth.journeys.listing import Listing
from troth.journeys.outlet import Listener, Outlet
from troth.journeys.own_no import OwnNo, named_in, own_no
from troth.journeys.read_leases import ReadLeases
from troth.journeys.rows import Rows
from troth.journeys.shelves import shelf_of, shelf_of_stream
from troth.journeys.views import LONG_PAGE_MAX, Page, StreamView, short, view_of
from troth.journeys.watching import Watchers
from troth.names import PersonId, StatementId, StreamId
from troth.state.belonging import concerned_now
from troth.state.directory import Directory, KnownStream, KnownThing
from troth.state.in_force import Reading
from troth.state.leaving import Leaving
from troth.things.intervals import holds_all
from troth.things.observations import Kept, Shelf
from troth.things.query import PAGE_MAX, After, ObservationQuery
from troth.things.stores import ConductStore, ObservationStore, Told
from troth.things.variants import Variant
from troth.things.windows import WINDOW_IDS_FROM, Shown, window_of, window_times

__all__ = ["COUNT_MAX", "LONG_PAGE_MAX", "Page", "StreamView", "Tell"]

COUNT_MAX = 100_000  # half a second of the process that counts

_NOTHING = "there is no such observation for this asker"


class Tell:
    """Answers reads and feeds listeners."""

    def __init__(
        self,
        conduct: ConductStore,
        observations: ObservationStore,
        *,
        leases: Leases,
        directory: Directory,
        access: Access,
        clock: Clock,
        spawn: Callable[[Coroutine[None, None, None]], None],
        pause: Callable[[], Awaitable[None]],
    ) -> None:
        self._conduct = conduct
        self._observations = observations
        self.rows = Rows(
            conduct,
            observations,
            clock=clock,
            shelf=partial(shelf_of_stream, directory),
            pause=pause,
            marks=directory.own_marks,
        )
        self.marked = self.rows.marked
        self._leases = leases
        self._directory = directory
        self._access = access
        self._clock = clock
        self.spawn = spawn
        self._read = ReadLeases(leases, directory, clock=clock, pause=pause)
        self.anyone = self._read.anyone
        self.outlets: dict[StreamId, list[Outlet]] = {}  # of these streams rows are wanted
        self._dropping = Dropping(self.outlets, spawn=spawn, pause=pause, now=clock.now, ready=self._read.ready)
        self.quiet = self._dropping.quiet
        self.listing = Listing(self._look, directory, now=clock.now, pause=pause, ready=self._read.ready)
        self._following = Following(self._look, directory, now=clock.now, spawn=spawn, pause=pause)
        self.dropped = 0
        self.watching = Watchers()

    def view(self, number: int, asker: Asker | None) -> StreamView:
        """One stream.

        Raises:
            Denied: no, and a disclosure names the asker for this stream.
            NotFound: the stream does not exist for this asker.
        """
        known, lease = self._granted(number, asker or self.anyone(number))
        return view_of(known, lease, at_ns=self._clock.now())

    async def observations(self, number: int, query: ObservationQuery, *, asker: Asker | None) -> Page:
        """One page of a stream's observations, or of the coarser view that is granted.

        Raises:
            Denied, NotFound: as for `view`.
        """
        who = asker or self.anyone(number)
        while True:
            await self._read.ready(number, who)
            known, lease = self._granted(number, who)
            await self._access.open(lease)
            query = short(query, known[1])
            rows, more = await self.rows.page(lease, self._shelf(known), query, number=number)
            await self._access.open(lease)  # a tick may have closed the window meanwhile
            if lease.holds(self._clock.now()):
                break
        self._access.left(lease, len(rows))
        after = After(rows[-1].from_ns, rows[-1].sequence) if more and rows else None
        view, gaps = view_of(known, lease, at_ns=self._clock.now()), self.rows.gaps(lease, rows, query, more=more)
        return Page(tuple(rows), view, after, lambda: lease.holds(self._clock.now()), gaps)

    async def count(self, number: int, query: ObservationQuery, *, asker: Asker | None) -> int:
        """How many observations `query` has in what is granted, whatever its `top` and `after`.

        It may leave only beside a page whose `holds()` is still true: then both rest on the same lease.

        Raises:
            Denied, NotFound: as for `view`.
            NotOffered: more than COUNT_MAX.
        """
        known, lease = self._granted(number, asker or self.anyone(number))
        await self._access.open(lease)
        found = await self.rows.count(lease, self._shelf(known), query, number=number, most=COUNT_MAX)
        if found > COUNT_MAX:
            raise NotOffered(f"more than {COUNT_MAX} are not counted", hint="Ask for a shorter time.")
        return found

    async def observation(self, id_: int, *, asker: Asker | None) -> Page:
        """One observation, or one window of the coarser view, by its handle: a page of one row.

        Raises:
            Denied, NotFound: as for `view`; NotFound also when there is no such row in what is granted.
        """
        if id_ < WINDOW_IDS_FROM:
            row, lease, known = await self._row(id_, asker=asker)
            one = self.rows.one(lease, row)
            if one is None:
                raise NotFound(_NOTHING)
            now = self._clock.now()
            return Page((one,), view_of(known, lease, at_ns=now), None, lambda: lease.holds(self._clock.now()))
        number, window = window_of(id_)
        view = self.view(number, asker).variant
        if view.is_rows:
            raise NotFound(_NOTHING)
        query = ObservationQuery(times=(window_times(window, view.window_ns),))
        page = await self.observations(number, query, asker=asker)
        rows = tuple(row for row in page.rows if row.id == id_)
        if not rows:
            raise NotFound(_NOTHING)
        return msgspec.structs.replace(page, rows=rows)

    async def kept(self, id_: int, *, asker: Asker | None) -> tuple[Kept, Lease, KnownThing]:
        """The raw row behind a handle with the lease it is read under, for its proof and its "why".

        Raises:
            NotFound: there is none for this asker, whatever the reason; a proof needs the raw view.
        """
        row, lease, known = await self._row(id_, asker=asker, narrowed_too=False)
        return row, lease, known[0]

    async def _row(
        self, id_: int, *, asker: Asker | None, narrowed_too: bool = True
    ) -> tuple[Kept, Lease, tuple[KnownThing, KnownStream]]:
        """The row behind a handle, as it is kept, where a view of rows is granted; only the raw one unless `narrowed_too`."""
        found = self._conduct.find(id_)
        stream = self._directory.streams.get(found[0]) if found is not None else None
        if found is None or stream is None:
            raise NotFound(_NOTHING)
        who = asker or self.anyone(stream.number)
        while True:
            try:
                known, lease = self._granted(stream.number, who)
            except Denied as no:
                # A spoken no would say that there is such a row; by handles nobody shall count what they may not see.
                raise NotFound(_NOTHING) from no
            view = lease.answer.variant or Variant.RAW
            if not view.is_rows or (view != Variant.RAW and not narrowed_too):
                raise NotFound(_NOTHING)
            await self._access.open(lease)
            now = self._clock.now()
            if not lease.holds(now):
                continue
            released = lease.release(self._shelf(known), ObservationQuery(top=PAGE_MAX), at_ns=now)
            row = next((each for each in self._conduct.tail(released) if each.sequence == found[1]), None)
            row = row or await self._observations.row(released, sequence=found[1])
            await self._access.open(lease)
            if lease.holds(self._clock.now()):
                break
        if row is None or not holds_all(lease.answer.reach(self._clock.now()), row.from_ns, row.to_ns):
            raise NotFound(_NOTHING)
        self._access.left(lease, 1)
        return row, lease, known

    def listen(self, number: int, asker: Asker | None, listener: Listener) -> Outlet:
        """Feed a listener with what is granted on one stream: the last value first, then every commit's rows.

        Raises:
            Denied, NotFound: as for `view`.
        """
        who = asker or self.anyone(number)
        known, lease = self._granted(number, who)
        outlet = Outlet(self, number, who, lease=lease, listener=listener)
        self.outlets.setdefault(known[1].stream, []).append(outlet)
        self.spawn(outlet.begin())
        return outlet

    def close(self, outlet: Outlet) -> None:
        """Forget an outlet whose listener went away or was refused."""
        stream = outlet.lease.question.stream
        held = self.outlets.get(stream, [])
        if outlet in held:
            held.remove(outlet)
            if not held:
                del self.outlets[stream]

    def follow(self, asker: Asker | None, follower: Follower) -> None:
        """Tell a listener to many streams of each that may be read, now and later; it listens to them itself."""
        self._following.follow(asker, follower)

    def leave(self, asker: Asker | None, follower: Follower) -> None:
        """Tell it of none any more."""
        self._following.leave(asker, follower)

    def forget(self, gone: Leaving) -> None:
        """Somebody is erased: nothing is held for them, or about what went with them."""
        self.listing.forget(gone)
        self._leases.lately.forget(gone)
        self.watching.forget(gone)
        self._read.forget(gone)

    def told(self, batches: Sequence[Told]) -> None:
        """A commit is durable: pass its rows on to the outlets of their streams. Called by the conduct store, on the loop."""
        broken: list[Exception] = []
        for batch in batches:
            for outlet in tuple(self.outlets.get(batch.stream, ())):
                try:
                    outlet.tell(batch.rows)
                except Exception as error:  # noqa: BLE001 - one broken listener keeps no other from hearing; raised below
                    outlet.broke()
                    broken.append(error)
        if broken:
            raise broken[0]

    def ended(self, leases: Sequence[Lease]) -> None:
        """Barrier step 3: outlets with an ended lease drop what they have queued, then ask again or end; `quiet` waits for all.

        An ended lease that is still held is replaced when it is asked for.
        """
        self._dropping.ended(leases)
        self._following.moved(leases)
        self.watching.moved(leases)

    def expire(self) -> None:
        """The same for outlets whose lease came to its end by the clock. Called by `app` a few times a second."""
        now = self._clock.now()
        over = [o for held in self.outlets.values() for o in held if not o.lease.holds(now)]
        self._dropping.lapsed(over)
        for outlet in [o for held in self.outlets.values() for o in held if o.due_ns <= now]:
            outlet.late(now)
        self._following.expire([(each.number, each.asker) for each in over])
        self.watching.expire()

    def granted(self, number: int, asker: Asker) -> Lease:
        """The live, allowing lease of an asker on a stream.

        Raises:
            Denied, NotFound: as for `view`.
        """
        return self._granted(number, asker)[1]

    def lease(self, number: int, asker: Asker) -> Lease:
        """The live lease of an asker on a stream, allowing or denying; for pages that explain.

        Raises:
            NotFound: there is no such stream.
        """
        lease, _ = self._read.lease(number, asker)
        if lease is None:
            raise NotFound("there is no such stream for this asker")
        return lease

    def own_no(
        self, person: PersonId, named: Sequence[StatementId], at_ns: int, ended_ns: int | None = None
    ) -> tuple[OwnNo, ...]:
        """What somebody has said themselves among the statements that the reason of a no names: as `own_no`."""
        return own_no(Reading(self._leases.in_force).person_of(person), named, at_ns=at_ns, ended_ns=ended_ns)

    async def window(self, lease: Lease) -> None:
        """Open the lease's access window; durable on return."""
        await self._access.open(lease)

    def window_open(self, lease: Lease, *, rows: int) -> bool:
        """Whether rows may leave now without waiting; counts them if so."""
        if not self._access.is_open(lease):
            return False
        self._access.left(lease, rows)
        return True

    async def shown(self, number: int, query: ObservationQuery, *, asker: Asker) -> tuple[Shown, ...]:
        """Rows of one page as granted, for outlets."""
        return (await self.observations(number, query, asker=asker)).rows

    async def waits(self, number: int, query: ObservationQuery, *, asker: Asker) -> bool:
        """Whether a page of this question would have a row, for outlets; none leaves, so no window is opened."""
        known, lease = self._granted(number, asker)
        return bool((await self.rows.page(lease, self._shelf(known), query, number=number))[0])

    def lost(self) -> None:
        """A listener was dropped, because it did not keep up; doors that count for themselves say so too."""
        self.dropped += 1

    @property
    def listeners(self) -> int:
        """How many outlets there are."""
        return sum(map(len, self.outlets.values()))

    @property
    def followers(self) -> int:
        """How many listen to all that they may read."""
        return len(self._following)

    def now(self) -> int:
        """UTC ns."""
        return self._clock.now()

    def _look(self, number: int, asker: Asker | None) -> Lease | None:
        return self._read.lease(number, asker or self.anyone(number))[0]

    def _granted(self, number: int, asker: Asker) -> tuple[tuple[KnownThing, KnownStream], Lease]:
        lease, known = self._read.lease(number, asker)
        if lease is None or known is None:
            raise NotFound("there is no such stream for this asker")
        if lease.answer.verdict is Verdict.DENY:
            no = denied(lease.answer, otherwise=Code.NO_GROUND)
            who = concerned_now(known[0].body.household, self._leases.in_force, at_ns=self._clock.now())
            self._access.denied(asker, known[1].stream, no.reason_code, concerned=who, named=named_in(lease.answer))
            if not lease.answer.named:
                raise NotFound("there is no such stream for this asker")
            raise no
        return known, lease

    def _shelf(self, known: tuple[KnownThing, KnownStream]) -> Shelf:
        return shelf_of(*known, self._directory)
