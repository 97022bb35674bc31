"""Rows of one stream as a lease lets them out: those not yet moved and those in partitions together, in the view granted.

Rules
- A row that is moved while it is read is given once and never missed.
- A figure is always of a whole window that has ended: whatever times are asked for, no part of one is ever looked at alone.
- What is about a time of which any part is not granted is not given and in no figure, and no page is shorter for it. So it
  is with what is older than the purpose of the reading may use; how old that is is looked at anew for every page.
- Under a lease that has ended nothing is given; whoever uses a page looks at the lease again in the step in which rows leave.

Source: gate.md step 8; things.md, "The writer" (rows not yet moved are answered from memory).
"""

from collections.abc import Awaitable, Callable, Sequence
from itertools import count
from typing import Final

import msgspec

from troth.clock import NS_PER_S, Clock
from troth.errors import ReadTooLong
from troth.gate.leases import Lease
from troth.gate.question import Group, GroupMember
from troth.journeys.cells import Cells, closed_ns, withheld_times
from troth.names import StreamId
from troth.state.marks import says_of
from troth.statements.mark import MarkBody
from troth.things.intervals import BEGINNING, FOREVER, Interval, holds_all, intersect
from troth.things.narrowing import down, narrowed
from troth.things.observations import Kept, Shelf
from troth.things.query import PAGE_MAX, After, ObservationQuery, Order
from troth.things.stores import ConductStore, ObservationStore
from troth.things.variants import Variant
from troth.things.windows import Shown, Windows, beginning_in, shown, whole_windows, window_shown

__all__ = ["QUESTION_S", "Rows"]

FOLDED_AT_ONCE: Final = 4_000  # rows put into windows in one step of the loop: under 2 ms
NARROWED_AT_ONCE: Final = 500  # some µs for each value that is rounded or has members
QUESTION_S: Final = 30  # as long as a client that takes nothing is waited for
_PAGES_MAX: Final = 100  # raw pages folded into one coarse page: a million rows; what is behind them is on the next one


def _unmarked(_: StreamId) -> tuple[MarkBody, ...]:
    """Where nobody has said anything."""
    return ()


def _nowhere(_: StreamId) -> None:
    """Where there is but one stream."""


async def _at_once() -> None:
    """Where nobody else waits for the loop."""


class Rows:
    """Reads both stores.

    Args:
        conduct: rows not yet moved.
        observations: rows once moved.
        clock: what time it is.
        shelf: where another stream's rows lie, for figures over several homes; None where there is no such stream.
        pages_max: raw pages that are folded into one coarse page.
        pause: lets the loop do other things.
        marks: what people have said of streams.

    `withheld`: cells of too few that did not leave.
    """

    def __init__(
        self,
        conduct: ConductStore,
        observations: ObservationStore,
        *,
        clock: Clock,
        shelf: Callable[[StreamId], Shelf | None] = _nowhere,
        pages_max: int = _PAGES_MAX,
        pause: Callable[[], Awaitable[None]] = _at_once,
        marks: Callable[[StreamId], Sequence[MarkBody]] = _unmarked,
    ) -> None:
        self._conduct = conduct
        self._observations = observations
        self._clock = clock
        self._shelf = shelf
        self._pages_max = pages_max
        self.withheld = 0
        self._pause = pause
        self._marks = marks

    def one(self, lease: Lease, row: Kept) -> Shown | None:
        """A row under its lease's view; None where that gives nothing of it."""
        view = lease.answer.variant or Variant.RAW
        return self.marked(lease, (row,))[0] if view == Variant.RAW else narrowed(row, view)

    def marked(self, lease: Lease, rows: Sequence[Kept]) -> tuple[Shown, ...]:
        """Raw rows as they may be seen, what people have said of them beside them."""
        marks = self._marks(lease.question.stream)
        if not marks:
            return tuple(map(shown, rows))
        return tuple(msgspec.structs.replace(shown(row), says=says_of(marks, row.from_ns, row.to_ns)) for row in rows)

    def until(self) -> int:
        """When a question that begins now has taken too long, in ticks; for `page`, however many it needs."""
        return self._clock.ticks() + QUESTION_S * NS_PER_S

    async def page(
        self, lease: Lease, shelf: Shelf, query: ObservationQuery, *, number: int, until: int | None = None
    ) -> tuple[list[Shown], bool]:
        """One page as granted, and whether there is more. `number` is the Datastream's, for handles of windows.

        Raises:
            ReadTooLong: it is not done `until` then, or within QUESTION_S.
            Busy: too many long pages are read already.
        """
        until = self.until() if until is None else until
        view = lease.answer.variant or Variant.RAW
        if lease.answer.group is not None:
            return await self._cells(lease, lease.answer.group, query, view=view, number=number, until=until)
        if not view.is_rows:
            return await self._coarse(lease, shelf, query, view=view, number=number, until=until)
        found: list[Shown] = []
        wanted = msgspec.structs.replace(query, top=query.top + 1)
        while True:
            rows = await self._granted(lease, shelf, wanted, until=until)
            found += self.marked(lease, rows) if view == Variant.RAW else await self._narrowed(rows, view)
            if len(rows) < wanted.top or len(found) > query.top:
                return found[: query.top], len(found) > query.top
            wanted = msgspec.structs.replace(wanted, after=After(rows[-1].from_ns, rows[-1].sequence))

    def gaps(self, lease: Lease, rows: Sequence[Shown], query: ObservationQuery, *, more: bool) -> tuple[Interval, ...]:
        """Of a figure over homes: the times of cells between those of this page that are not given. Of all else none."""
        answer, now = lease.answer, self._clock.now()
        if answer.group is None or answer.variant is None:
            return ()
        since_ns, asked = answer.since_ns(now), _beyond(query)
        return withheld_times(answer.group, answer.variant, rows, asked=asked, since_ns=since_ns, now_ns=now, more=more)

    async def _cells(
        self, lease: Lease, group: Group, query: ObservationQuery, *, view: Variant, number: int, until: int
    ) -> tuple[list[Shown], bool]:
        """Figures over several homes; none of them is of too few."""

        async def read(member: GroupMember, times: tuple[Interval, ...]) -> Sequence[Kept]:
            shelf = self._shelf(member.stream)
            found: list[Kept] = []
            wanted = ObservationQuery(times=times, top=PAGE_MAX)
            while shelf is not None:
                page = await self._granted(lease, shelf, wanted, until=until, member=member)
                found += page
                if len(page) < PAGE_MAX:
                    break
                wanted = msgspec.structs.replace(wanted, after=After(page[-1].from_ns, page[-1].sequence))
            return found

        now = self._clock.now()
        ended = whole_windows(lease.answer.reach(now), view.window_ns, now_ns=closed_ns(view, now_ns=now))
        times = intersect(ended, beginning_in(_beyond(query), view.window_ns))
        cells = Cells(group, view, number=number, read=read, pause=self._pause)
        found, more = await cells.page(times, query.order, top=query.top)
        self.withheld += cells.withheld
        return found, more

    async def _granted(
        self, lease: Lease, shelf: Shelf, query: ObservationQuery, *, until: int, member: GroupMember | None = None
    ) -> list[Kept]:
        """The first `query.top` rows that lie wholly where the answer reaches."""
        found: list[Kept] = []
        while True:
            if self._clock.ticks() > until:
                raise ReadTooLong("this reading takes too long", hint="Ask for a shorter time, or for fewer rows.")
            rows = await self._merged(lease, shelf, query, member=member)
            found += _within(rows, lease.answer.reach(self._clock.now()))
            if len(rows) < query.top or len(found) >= query.top:
                return found[: query.top]
            query = msgspec.structs.replace(query, after=After(rows[-1].from_ns, rows[-1].sequence))

    async def _merged(
        self, lease: Lease, shelf: Shelf, query: ObservationQuery, *, member: GroupMember | None
    ) -> list[Kept]:
        now = self._clock.now()
        if not lease.holds(now):
            return []
        if member is None:
            released = lease.release(shelf, query, at_ns=now)
        else:
            released = lease.release_of(member, shelf, query, at_ns=now)
        # The tail first: a row that is moved and cleared between the two reads is then in both, the other way in neither.
        rows = {row.sequence: row for row in self._conduct.tail(released)}
        moved = await self._observations.rows(released)
        if not rows:
            return list(moved)  # they are in order, and no more than were asked for
        rows |= {row.sequence: row for row in moved}
        back = query.order is Order.DESCENDING
        ordered = sorted(rows.values(), key=lambda row: (row.from_ns, row.sequence), reverse=back)
        if query.after is not None:
            mark = (query.after.time_ns, query.after.sequence)
            ordered = [
                r for r in ordered if ((r.from_ns, r.sequence) < mark if back else (r.from_ns, r.sequence) > mark)
            ]
        return ordered[: query.top]

    async def _coarse(
        self, lease: Lease, shelf: Shelf, query: ObservationQuery, *, view: Variant, number: int, until: int
    ) -> tuple[list[Shown], bool]:
        """Figures of whole windows that have ended, wholly within the answer's times; one counts by its beginning."""
        now = self._clock.now()
        ended = whole_windows(lease.answer.reach(now), view.window_ns, now_ns=now)
        times = intersect(ended, beginning_in(_beyond(query), view.window_ns))
        wanted = msgspec.structs.replace(query, times=times, top=PAGE_MAX, after=None)
        windows, more = Windows(view), False
        for page_number in count(1):
            page = await self._granted(lease, shelf, wanted, until=until)
            for at in range(0, len(page), FOLDED_AT_ONCE):
                windows.add(page[at : at + FOLDED_AT_ONCE])
                await self._pause()
            if len(page) < PAGE_MAX or len(windows) > query.top:
                break
            if page_number >= self._pages_max and len(windows) != 1:
                if windows:
                    windows.forget_last()
                    more = True
                break
            wanted = msgspec.structs.replace(wanted, after=After(page[-1].from_ns, page[-1].sequence))
        found = [
            window_shown(number, window, figure if view.step is None else down(figure, view.step), view)
            for window, figure in windows.figures().items()
        ]
        return found[: query.top], more or len(found) > query.top

    async def _narrowed(self, rows: Sequence[Kept], view: Variant) -> list[Shown]:
        """What the view shows of each; of those of which it shows nothing, nothing."""
        if view == Variant.RAW:
            return [shown(row) for row in rows]
        found: list[Shown] = []
        for at in range(0, len(rows), NARROWED_AT_ONCE):
            some = [narrowed(row, view) for row in rows[at : at + NARROWED_AT_ONCE]]
            found += [each for each in some if each is not None]
            await self._pause()
        return found


def _within(rows: Sequence[Kept], reach: tuple[Interval, ...]) -> list[Kept]:
    """Those that lie wholly in one interval of a set; mostly there is but one, and many rows."""
    if len(reach) == 1:
        from_ns, to_ns = reach[0].from_ns, reach[0].to_ns
        return [row for row in rows if from_ns <= row.from_ns < to_ns and row.to_ns <= to_ns]
    return [row for row in rows if holds_all(reach, row.from_ns, row.to_ns)]


def _beyond(query: ObservationQuery) -> tuple[Interval, ...]:
    """The query's times strictly after its `after`, in its order."""
    if query.after is None:
        return query.times
    edge = query.after.time_ns
    beyond = Interval(BEGINNING, edge) if query.order is Order.DESCENDING else Interval(edge + 1, FOREVER)
    return intersect(query.times, (beyond,))
