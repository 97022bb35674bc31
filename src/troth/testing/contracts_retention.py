"""What both stores promise of rows whose time is over: they go, nothing younger goes, and doing it again changes nothing.

Source: things.md, "The store" (retention); the ports.
Left out: bytes on a disk. That nothing is left in files is tested where there are files.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from troth.errors import StorageFailed
from troth.names import StreamId
from troth.spans import DAY_NS
from troth.testing.contracts import NOON_NS, Speaker, fails
from troth.testing.contracts_conduct import SEED, ConductBench, cleared, keep, noted, series
from troth.testing.contracts_observations import ObservationBench, moved
from troth.testing.contracts_observations import Told as Segments
from troth.testing.faults import StoreFault
from troth.things.observations import Refusal, Result, Shelf
from troth.things.query import ObservationQuery, Order
from troth.things.retention import Expired, Expiry, Keeping, period_of
from troth.things.stores import ConductStore, Tally

__all__ = ["CONDUCT_RETENTION_CASES", "OBSERVATION_RETENTION_CASES"]

KEPT_DAYS: Final = 30  # the class of every speaker's shelf


def _days(count: int) -> list[tuple[int, Result]]:
    """One row a day, at noon; the result is the day."""
    return [(NOON_NS + day * DAY_NS, float(day)) for day in range(count)]


def _keeping(
    at_ns: int, days: Mapping[StreamId, int] | None = None, *, frozen: frozenset[StreamId] = frozenset()
) -> Keeping:
    return Keeping(at_ns, (days or {}).get, frozen.__contains__)


def _midnight(day: int) -> int:
    """The end of the day that many days after the first."""
    return period_of(NOON_NS + day * DAY_NS, days=1).to_ns


# --- observations


async def rows_go_with_their_day_when_their_time_is_over(bench: ObservationBench) -> None:
    store, meter = await bench.open(), Speaker(bench.clock)
    await moved(store, Segments().segment((meter, _days(5))))
    early = await store.expiry(_keeping(_midnight(2) + KEPT_DAYS * DAY_NS - 1))
    assert early is not None
    assert [(each.from_ns - period_of(NOON_NS, days=1).from_ns) // DAY_NS for each in early.gone] == [0, 1]
    assert [(meter.stream, KEPT_DAYS, 1)] * 2 == [(each.stream, each.kept, each.rows) for each in early.gone]
    for _ in range(2):
        await store.expire(early)
        assert [row.result for row in await store.rows(meter.asks())] == [2.0, 3.0, 4.0]
    assert store.taken(meter.stream, meter.shelf, time_ns=NOON_NS) is None
    assert await store.row(meter.asks(), sequence=1) is None
    assert await store.row(meter.asks(), sequence=3) is not None
    assert await store.expiry(_keeping(_midnight(2) + KEPT_DAYS * DAY_NS - 1)) is None
    await bench.crash()
    store = await bench.open()
    again = await store.expiry(_keeping(_midnight(2) + KEPT_DAYS * DAY_NS))
    assert again is not None
    assert early.number < again.number
    assert len(again.gone) == 1


async def what_is_decided_is_given_again_until_it_is_done(bench: ObservationBench) -> None:
    store, meter = await bench.open(), Speaker(bench.clock)
    await moved(store, Segments().segment((meter, _days(5))))
    decided = await store.expiry(_keeping(_midnight(1) + KEPT_DAYS * DAY_NS))
    await bench.crash()
    store = await bench.open()
    assert decided is not None
    assert decided == await store.expiry(_keeping(_midnight(4) + KEPT_DAYS * DAY_NS))
    assert len(await store.rows(meter.asks())) == 5
    await store.expire(decided)
    rest = await store.expiry(_keeping(_midnight(4) + KEPT_DAYS * DAY_NS))
    assert rest is not None
    assert len(rest.gone) == 3


async def a_stream_that_may_be_kept_shorter_goes_and_its_neighbour_stays(bench: ObservationBench) -> None:
    store = await bench.open()
    ana, ben = Speaker(bench.clock, "ana"), Speaker(bench.clock, "ben")
    ben.shelf = ana.shelf  # one home, one file
    segments = Segments()
    first = segments.segment((ana, _days(2)), (ben, _days(2)))
    await moved(store, first)
    expiry = await store.expiry(_keeping(_midnight(0) + 3 * DAY_NS, {ana.stream: 3}))
    assert expiry is not None
    assert [(ana.stream, 3)] == [(each.stream, each.kept) for each in expiry.gone]
    await store.expire(expiry)
    assert [row.result for row in await store.rows(ana.asks())] == [1.0]
    assert [row.result for row in await store.rows(ben.asks())] == [0.0, 1.0]
    assert first[0] == await store.segment(1), "leaf hashes stay"


async def what_was_kept_shorter_is_not_kept_longer_afterwards(bench: ObservationBench) -> None:
    store, meter = await bench.open(), Speaker(bench.clock)
    await moved(store, Segments().segment((meter, _days(1))))
    expiry = await store.expiry(_keeping(_midnight(0) + KEPT_DAYS * DAY_NS, {meter.stream: 365}))
    assert expiry is not None
    assert [each.kept for each in expiry.gone] == [KEPT_DAYS]


async def what_is_preserved_stays_and_goes_afterwards(bench: ObservationBench) -> None:
    store = await bench.open()
    ana, ben = Speaker(bench.clock, "ana"), Speaker(bench.clock, "ben")
    ben.shelf = ana.shelf
    await moved(store, Segments().segment((ana, _days(1)), (ben, _days(1))))
    at_ns = _midnight(0) + KEPT_DAYS * DAY_NS
    expiry = await store.expiry(_keeping(at_ns, frozen=frozenset({ana.stream})))
    assert expiry is not None
    await store.expire(expiry)
    assert [len(await store.rows(each.asks())) for each in (ana, ben)] == [1, 0]
    later = await store.expiry(_keeping(at_ns))
    assert later is not None
    assert [ana.stream] == [each.stream for each in later.gone]


async def longer_classes_lie_in_months_and_both_are_read_in_order(bench: ObservationBench) -> None:
    store, meter = await bench.open(), Speaker(bench.clock)
    segments = Segments()
    short, long = _days(80)[::2], _days(80)[1::2]
    await moved(store, segments.segment((meter, short)))
    meter.shelf = Shelf(meter.shelf.place, 365)  # a newer disclosure
    await moved(store, segments.segment((meter, long)))
    for order, expected in ((Order.ASCENDING, _days(80)), (Order.DESCENDING, _days(80)[::-1])):
        assert expected == meter.said(await store.rows(meter.asks(ObservationQuery(order=order, top=200))))
        assert expected[:7] == meter.said(await store.rows(meter.asks(ObservationQuery(order=order, top=7))))
    assert store.taken(meter.stream, meter.shelf, time_ns=NOON_NS) is not None
    assert store.taken(meter.stream, meter.shelf, time_ns=NOON_NS + DAY_NS) is not None
    expiry = await store.expiry(_keeping(_midnight(79) + 200 * DAY_NS))
    assert expiry is not None
    assert len(expiry.gone) == 40
    await store.expire(expiry)
    assert long == meter.said(await store.rows(meter.asks(ObservationQuery(top=200))))


async def a_class_without_an_end_has_none(bench: ObservationBench) -> None:
    store, meter = await bench.open(), Speaker(bench.clock)
    meter.shelf = Shelf(meter.shelf.place, 0)
    await moved(store, Segments().segment((meter, _days(1))))
    assert await store.expiry(_keeping(NOON_NS + 100_000 * DAY_NS)) is None


# --- conduct


def _expiry(*speakers: Speaker, number: int = 1, days: int = KEPT_DAYS) -> Expiry:
    span = period_of(NOON_NS, days=days)
    gone = [Expired(each.shelf.place, days, span.from_ns, span.to_ns, each.stream, days, 3) for each in speakers]
    return Expiry(number, span.to_ns + days * DAY_NS, tuple(gone))


async def what_is_over_and_what_was_refused_as_expired_are_counted_apart(bench: ConductBench) -> None:
    store = await bench.open()
    meter = Speaker(bench.clock)
    await keep(store, meter, series(3))
    counted = asyncio.Event()
    store.refuse(meter.thing, Refusal.EXPIRED, count=2, done=counted.set)
    await counted.wait()
    assert store.tally(meter.thing) == Tally(3, 0, {"expired": 2})
    await cleared(store)
    await store.expire(_expiry(meter), [noted(1)], {meter.thing: 3})
    for _ in range(2):
        assert store.tally(meter.thing) == Tally(3, 0, {"expired": 2}, expired=3)
        assert store.figures.counted == Tally(3, 0, {"expired": 2}, expired=3)
        await bench.crash()
        store = await bench.open()


async def the_latest_row_goes_and_the_numbers_go_on(bench: ConductBench) -> None:
    store = await bench.open()
    ana, ben = Speaker(bench.clock, "ana"), Speaker(bench.clock, "ben")
    for each in (ana, ben):
        await keep(store, each, series(3))
    await cleared(store)
    for _ in range(2):
        await store.expire(_expiry(ana), [noted(1)], {ana.thing: 3})
        assert store.latest(ana.asks()) is None
        assert store.latest(ben.asks()) is not None
        assert store.tally(ana.thing) == Tally(3, 0, {}, expired=3)
        assert store.uncut == 1
    await bench.crash()
    store = await bench.open()
    assert store.latest(ana.asks()) is None
    assert store.tally(ana.thing) == Tally(3, 0, {}, expired=3)
    (fourth,) = await keep(store, ana, series(1, start=1))
    assert isinstance(fourth, int)
    assert (ana.stream, 4) == store.find(fourth)
    found = store.latest(ana.asks())
    assert found is not None
    assert found.result == 1.0
    await cleared(store)
    await bench.crash()
    store = await bench.open()
    latest = store.latest(ana.asks())
    assert latest is not None
    assert latest.result == 1.0
    assert store.tally(ana.thing) == Tally(4, 0, {}, expired=3)


async def a_latest_row_of_another_period_stays(bench: ConductBench) -> None:
    store, ana = await bench.open(), Speaker(bench.clock, "ana")
    await keep(store, ana, [*series(3), (NOON_NS + 2 * DAY_NS, 9.0)])
    await cleared(store)
    await store.expire(_expiry(ana), [], {ana.thing: 3})
    latest = store.latest(ana.asks())
    assert latest is not None
    assert latest.result == 9.0


async def an_expiry_waits_for_a_pending_cut(bench: ConductBench) -> None:
    store, ana = await bench.open(), Speaker(bench.clock, "ana")
    await keep(store, ana, series(3))
    (cut,) = await store.cut(NOON_NS, [SEED])
    await fails(RuntimeError, store.expire(_expiry(ana), [], {}))
    await store.clear([cut])
    await store.expire(_expiry(ana), [], {})
    assert store.latest(ana.asks()) is None


async def an_expiry_that_fails_is_done_once(bench: ConductBench) -> None:
    ana = Speaker(bench.clock, "ana")
    for number, fault in enumerate((StoreFault.FAILS, StoreFault.FAILS_BUT_PERSISTED), 1):
        store = await bench.open()
        await keep(store, ana, series(3, start=10 * number))
        await cleared(store)
        bench.arm(fault)
        await fails(StorageFailed, store.expire(_expiry(ana, number=number), [], {ana.thing: 3}))
        await bench.crash()
        store = await bench.open()
        await store.expire(_expiry(ana, number=number), [], {ana.thing: 3})
        assert store.tally(ana.thing) == Tally(3 * number, 0, {}, expired=3 * number)
        await store.close()


def _earliest(store: ConductStore) -> int | None:
    return store.unmoved_from_ns


async def the_earliest_unmoved_time_is_known(bench: ConductBench) -> None:
    store, ana = await bench.open(), Speaker(bench.clock, "ana")
    assert _earliest(store) is None
    await keep(store, ana, [(NOON_NS, 1.0), (NOON_NS - 7, 2.0)])
    assert _earliest(store) == NOON_NS - 7
    await bench.crash()
    store = await bench.open()
    assert _earliest(store) == NOON_NS - 7
    await cleared(store)
    assert _earliest(store) is None


OBSERVATION_RETENTION_CASES: Final[tuple[Callable[[ObservationBench], Awaitable[None]], ...]] = (
    rows_go_with_their_day_when_their_time_is_over,
    what_is_decided_is_given_again_until_it_is_done,
    a_stream_that_may_be_kept_shorter_goes_and_its_neighbour_stays,
    what_was_kept_shorter_is_not_kept_longer_afterwards,
    what_is_preserved_stays_and_goes_afterwards,
    longer_classes_lie_in_months_and_both_are_read_in_order,
    a_class_without_an_end_has_none,
)
CONDUCT_RETENTION_CASES: Final[tuple[Callable[[ConductBench], Awaitable[None]], ...]] = (
    what_is_over_and_what_was_refused_as_expired_are_counted_apart,
    the_latest_row_goes_and_the_numbers_go_on,
    a_latest_row_of_another_period_stays,
    an_expiry_waits_for_a_pending_cut,
    an_expiry_that_fails_is_done_once,
    the_earliest_unmoved_time_is_known,
)
