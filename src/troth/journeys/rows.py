"""Rows of one stream as a lease lets them out: those not yet moved and those in partitions together, in the view granted.

Rules
- A row that is moved while it is read is given once and never missed.
- A figure is always of a whole window that has ended: whatever times are asked for, no part of one is ever looked at alone.
- What is about a time of which any part is not granted is not given and in no figure, and no page is shorter for it. So it
  is with what is older than the purpose of the reading may use; how old that is is looked at anew for every page.
- Figures and counts are made where moved rows lie (`ObservationStore.fold`), so that only they come here. Rows not yet moved
  are folded in here: those that were not when the question began, and no later one, so that none counts twice.
- Under a lease that has ended nothing is given; whoever uses a page looks at the lease again in the step in which rows leave.

Source: gate.md step 8; runtime.md, "Workers"; things.md, "The writer" (rows not yet moved are answered from memory).
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import msgspec
from msgspec.structs import astuple

from troth.clock import NS_PER_S, Clock
from troth.gate.leases import Lease
from troth.gate.question import Group, GroupMember
from troth.journeys.cells import Cells, closed_ns, withheld_times
from troth.journeys.folds import FOLD_ROWS, Folds, in_time
from troth.names import StreamId
from troth.state.marks import says_of
from troth.statements.mark import MarkBody
from troth.things.folding import Fold, lying_in
from troth.things.intervals import BEGINNING, FOREVER, Interval, holds_all, intersect
from troth.things.narrowing import narrowed
from troth.things.observations import Kept, Shelf
from troth.things.query import PAGE_MAX, After, ObservationQuery, Order
from troth.things.rounding import down
from troth.things.stores import ConductStore, ObservationStore
from troth.things.variants import Variant
from troth.things.windows import Shown, Windows, beginning_in, shown, whole_windows, window_shown, window_times

__all__ = ["QUESTION_S", "Rows"]

NARROWED_AT_ONCE: Final = 500  # some µs for each value that is rounded or has members
QUESTION_S: Final = 30  # as long as a client that takes nothing is waited for
_FOLDS_MAX: Final = 10  # such questions for one coarse page: a million rows; what is behind them is on the next one


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
        folds_max: questions to the store for one coarse page.
        fold_rows: rows that are looked at in one of them.
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
        folds_max: int = _FOLDS_MAX,
        fold_rows: int = FOLD_ROWS,
        pause: Callable[[], Awaitable[None]] = _at_once,
        marks: Callable[[StreamId], Sequence[MarkBody]] = _unmarked,
    ) -> None:
        self._conduct = conduct
        self._observations = observations
        self._clock = clock
        self._shelf = shelf
        self._folds_max = folds_max
        self._folds = Folds(conduct, observations, clock=clock, pause=pause, rows=fold_rows)
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

        async def figures(member: GroupMember, times: tuple[Interval, ...]) -> dict[int, float]:
            shelf = self._shelf(member.stream)
            if shelf is None:
                return {}
            fold = Fold(view, lease.answer.reach(self._clock.now()), FOREVER, late_ns=view.late_ns)
            wanted, windows = ObservationQuery(times=times), Windows(view)
            parts, _ = await self._folds.parts(lease, shelf, wanted, fold=fold, until=until, member=member)
            windows.put(parts)
            return windows.figures()

        now = self._clock.now()
        ended = whole_windows(lease.answer.reach(now), view.window_ns, now_ns=closed_ns(view, now_ns=now))
        times = intersect(ended, beginning_in(_beyond(query), view.window_ns))
        cells = Cells(group, view, number=number, figures=figures)
        found, more = await cells.page(times, query.order, top=query.top)
        self.withheld += cells.withheld
        return found, more

    async def count(self, lease: Lease, shelf: Shelf, query: ObservationQuery, *, number: int, most: int) -> int:
        """How many the view shows of `query`, whatever its `top` and `after`; of more than `most`, some number above it.

        Raises:
            ReadTooLong: it is not done within QUESTION_S.
            Busy: too many long readings are under way already.
        """
        view, until = lease.answer.variant or Variant.RAW, self.until()
        query = msgspec.structs.replace(query, top=PAGE_MAX, after=None)
        if view.is_rows:
            fold = Fold(view, lease.answer.reach(self._clock.now()), most)
            parts, _ = await self._folds.parts(lease, shelf, query, fold=fold, until=until)
            return sum(part.count for part in parts)
        total, more = 0, True
        while more and total <= most:
            rows, more = await self.page(lease, shelf, query, number=number, until=until)
            total += len(rows)
            if rows:
                query = msgspec.structs.replace(query, after=After(rows[-1].from_ns, rows[-1].sequence))
            elif more:
                return most + 1  # figures that are no numbers: what is behind them is not reached
        return total

    async def _granted(self, lease: Lease, shelf: Shelf, query: ObservationQuery, *, until: int) -> list[Kept]:
        """The first `query.top` rows that lie wholly where the answer reaches."""
        found: list[Kept] = []
        while True:
            in_time(self._clock, until)
            rows = await self._merged(lease, shelf, query)
            found += lying_in(rows, lease.answer.reach(self._clock.now()))
            if len(rows) < query.top or len(found) >= query.top:
                return found[: query.top]
            query = msgspec.structs.replace(query, after=After(rows[-1].from_ns, rows[-1].sequence))

    async def _merged(self, lease: Lease, shelf: Shelf, query: ObservationQuery) -> list[Kept]:
        now = self._clock.now()
        if not lease.holds(now):
            return []
        released = lease.release(shelf, query, at_ns=now)
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
        now, length_ns = self._clock.now(), view.window_ns
        ended = whole_windows(lease.answer.reach(now), length_ns, now_ns=now)
        times = intersect(ended, beginning_in(_beyond(query), length_ns))
        wanted, windows = msgspec.structs.replace(query, times=times, after=None), Windows(view)
        fold = Fold(view, lease.answer.reach(now), query.top)
        parts, more = await self._folds.parts(lease, shelf, wanted, fold=fold, until=until, most=self._folds_max)
        windows.put(parts)
        reach = lease.answer.reach(self._clock.now())  # what has become too old meanwhile is looked at in part only
        found = [
            window_shown(number, window, figure if view.step is None else down(figure, view.step), view)
            for window, figure in windows.figures().items()
            if holds_all(reach, *astuple(window_times(window, length_ns)))
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


def _beyond(query: ObservationQuery) -> tuple[Interval, ...]:
    """The query's times strictly after its `after`, in its order."""
    if query.after is None:
        return query.times
    edge = query.after.time_ns
    beyond = Interval(BEGINNING, edge) if query.order is Order.DESCENDING else Interval(edge + 1, FOREVER)
    return intersect(query.times, (beyond,))
