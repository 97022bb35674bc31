"""Hourly means of more rows than one answer folds: whole hours only, and a next page for the rest."""

import asyncio
import random
from collections.abc import Sequence

from tests.made_town import HOURLY, MAKER, START_NS, SUPPLIER, UNIVERSITY, Town, ns, purpose, reads, view
from tests.made_town import RESEARCH as WHY
from troth.journeys.rows import Rows
from troth.names import BasisId, StreamId
from troth.spans import HOUR_NS
from troth.testing.memory_conduct import MemoryConduct
from troth.testing.memory_observations import MemoryObservations
from troth.things.observations import Kept, Shelf
from troth.things.query import PAGE_MAX, After, ObservationQuery, Order
from troth.things.stamps import Released
from troth.things.windows import Shown

SHELF = Shelf(bytes(16), 30)
PER_HOUR = 12_000
HOURS = 6
COARSE = purpose(WHY, view(HOURLY, "nobody"), to=(UNIVERSITY,))


class Later:
    """A clock that stands still after all of it."""

    def now(self) -> int:
        return START_NS + 10 * HOUR_NS

    def ticks(self) -> int:
        return self.now()


class Many(MemoryObservations):
    """A stream with PER_HOUR rows in each of HOURS hours, each hour's result its number."""

    stream: StreamId
    asked = 0

    async def rows(self, released: Released) -> Sequence[Kept]:
        self.asked += 1
        query, back = released.query, released.query.order is Order.DESCENDING
        first, last = query.times[0].from_ns, query.times[-1].to_ns
        numbers = range(max(_number(first), 0), min(_number(last), HOURS * PER_HOUR))
        if query.after is not None:
            at = query.after.sequence
            numbers = range(numbers.start, at) if back else range(at + 1, numbers.stop)
        await asyncio.wait({asyncio.ensure_future(_nothing())})
        return [self._row(number) for number in (reversed(numbers) if back else numbers)][: query.top]

    def _row(self, number: int) -> Kept:
        hour, within = divmod(number, PER_HOUR)
        at = START_NS + hour * HOUR_NS + within * (HOUR_NS // PER_HOUR)
        return Kept(self.stream, number, number, at, at, at, BasisId(bytes(16)), 1, float(hour), bytes(16))


def _number(time_ns: int) -> int:
    """The first row at this time or after it."""
    return -(-(time_ns - START_NS) // (HOUR_NS // PER_HOUR))


async def _nothing() -> None:
    return None


def pages(*, top: int, order: Order, folds_max: int) -> list[list[Shown]]:
    """All pages of the coarse view, one after the other."""
    made = Town()
    made.organisations(MAKER, SUPPLIER, UNIVERSITY)
    made.product(concerns_nobody=True)
    made.disclose(COARSE)
    stream = made.install(None)

    async def run() -> list[list[Shown]]:
        clock = Later()
        store = Many(clock)
        store.stream = stream
        conduct = MemoryConduct(clock, entropy=random.Random(1).randbytes, taken=store.taken, on_failure=_raise)
        rows = Rows(conduct, store, clock=clock, folds_max=folds_max, fold_rows=PAGE_MAX)
        lease = made.lease(reads(stream, (clock.now() - ns(0)) / 60_000_000_000))
        found, after, more = list[list[Shown]](), None, True
        while more:
            query = ObservationQuery(top=top, order=order, after=after)
            page, more = await rows.page(lease, SHELF, query, number=1)
            found.append(page)
            after = After(page[-1].from_ns, page[-1].sequence)
            assert store.asked <= len(found) * (folds_max + 2)
        return found

    return asyncio.run(run())


def _raise(error: Exception) -> None:
    raise error


def test_hours_that_do_not_fit_into_one_answer_come_whole_on_the_next_page() -> None:
    assert PER_HOUR > PAGE_MAX
    for order in Order:
        found = pages(top=100, order=order, folds_max=4)
        assert len(found) > 1
        hours = [row.result for page in found for row in page]
        assert sorted(hours, reverse=order is Order.DESCENDING) == hours
        assert {0.0, 1.0, 2.0, 3.0, 4.0, 5.0} == set(hours), "a part of an hour would be the same mean, twice"
        assert HOURS == len(hours)


def test_an_hour_with_more_rows_than_one_answer_folds_is_given_whole_nevertheless() -> None:
    found = pages(top=100, order=Order.ASCENDING, folds_max=1)
    assert [0.0, 1.0, 2.0, 3.0, 4.0, 5.0] == [row.result for page in found for row in page]


def test_a_page_of_hours_reads_no_more_rows_than_its_hours_have() -> None:
    found = pages(top=2, order=Order.ASCENDING, folds_max=100)
    assert [2, 2, 2] == [len(page) for page in found]
