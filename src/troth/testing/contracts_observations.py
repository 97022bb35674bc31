"""The contract of `ObservationStore`, with and without faults.

Source: things/stores (the port); things.md, "The store".
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Protocol

import msgspec

from troth.errors import StorageFailed
from troth.spans import DAY_NS, HOUR_NS
from troth.testing.contracts import NOON_NS, Bench, Speaker, StillClock, fails
from troth.testing.faults import StoreFault
from troth.things.folding import Fold, Folded, Folding
from troth.things.intervals import ALWAYS, FOREVER, Interval
from troth.things.ledgers import SealedTrace
from troth.things.observations import Kept, Result, ResultType, Shelf
from troth.things.query import After, ObservationQuery, Order
from troth.things.stores import Committed, Cut, NotedTrace, ObservationStore, Segment
from troth.things.variants import Variant

__all__ = ["OBSERVATION_CASES", "ObservationBench", "Told", "moved"]


class ObservationBench(Bench, Protocol):
    """What the suite needs of an implementation."""

    clock: StillClock

    async def open(self) -> ObservationStore:
        """A store on what is durable."""
        ...


class Told:
    """Makes segments of rows, as the record does: sequences, leaves and commits in order."""

    def __init__(self) -> None:
        self.number = 0
        self._sequences: dict[bytes, int] = {}

    def segment(
        self, *said: tuple[Speaker, Sequence[tuple[int, Result]]], traces: Sequence[bytes] = ()
    ) -> tuple[Segment, list[Committed]]:
        """A segment of one commit: rows of speakers, then other traces (each of kind 4)."""
        self.number += 1
        rows: list[tuple[Shelf, Kept]] = []
        for speaker, series in said:
            for time_ns, result in series:
                sequence = self._sequences[speaker.stream] = self._sequences.get(speaker.stream, 0) + 1
                row = Kept(
                    stream=speaker.stream,
                    sequence=sequence,
                    id=speaker.stream[0] * 1_000_000 + sequence,
                    from_ns=time_ns,
                    to_ns=time_ns + 5,
                    gate_ns=NOON_NS,
                    basis=speaker.lease.basis,
                    type=speaker.type,
                    result=result,
                    salt=sequence.to_bytes(16, "big"),
                    segment=self.number,
                    leaf=len(rows),
                )
                rows.append((speaker.shelf, row))
        noted = [
            NotedTrace(4, trace, bytes([at]) * 16, segment=self.number, leaf=len(rows) + at)
            for at, trace in enumerate(traces)
        ]
        cut = Cut(self.number, self.number, self.number, NOON_NS + self.number, bytes([self.number]) * 32)
        leaves = bytes(32) * (len(rows) + len(noted))
        return Segment(cut, leaves, 256, b"r" * 32, b"signed"), [Committed(self.number, rows, noted)]


def _hours(count: int, *, start: int = 0) -> list[tuple[int, Result]]:
    return [(NOON_NS + hour * HOUR_NS, float(hour)) for hour in range(start, start + count)]


async def moved(store: ObservationStore, segment: tuple[Segment, list[Committed]]) -> None:
    """Move a segment."""
    await store.move([segment[0]], segment[1])


async def rows_come_back_as_they_were_moved(bench: ObservationBench) -> None:
    store, told = await bench.open(), Told()
    meter, lamp = Speaker(bench.clock), Speaker(bench.clock, "lamp")
    segment, commits = told.segment((meter, _hours(5)), (lamp, _hours(2)))
    await store.move([segment], commits)
    kept = [row for commit in commits for _, row in commit.rows]
    assert kept[:5] == list(await store.rows(meter.asks()))
    assert kept[5:] == list(await store.rows(lamp.asks()))
    await bench.crash()
    store = await bench.open()
    assert kept[:5] == list(await store.rows(meter.asks()))
    assert [None, *kept[:5], None] == [await store.row(meter.asks(), sequence=at) for at in range(7)]


async def every_type_of_result_is_kept_to_the_last_bit(bench: ObservationBench) -> None:
    store, told = await bench.open(), Told()
    values: dict[ResultType, list[Result]] = {
        ResultType.NUMBER: [0.1, -0.0, 0.0, 5e-324, 1.7976931348623157e308, 3.0, -4_503_599_627_370_497.0],
        ResultType.INTEGER: [0, -1, 2**63 - 1, -(2**63), 2**53 + 1],
        ResultType.BOOLEAN: [True, False],
        ResultType.TEXT: ["", "12", "1e3", "grüß Gott", "\x00", "\U0001f30a" * 2_000],
        ResultType.JSON: [b"\xf6", b"\xa0", bytes(9_000)],
    }
    speakers = {type_: Speaker(bench.clock, type_.name, type_=type_) for type_ in values}
    said = [(speakers[type_], [(NOON_NS + at, each) for at, each in enumerate(some)]) for type_, some in values.items()]
    await moved(store, told.segment(*said))
    for type_, results in values.items():
        rows = await store.rows(speakers[type_].asks())
        assert [repr(result) for result in results] == [repr(row.result) for row in rows]


async def pages_follow_one_another_in_both_orders_over_months(bench: ObservationBench) -> None:
    store, told, meter = await bench.open(), Told(), Speaker(bench.clock)
    days: list[tuple[int, Result]] = [(NOON_NS + day * DAY_NS, float(day)) for day in range(100)]
    late, early = days[50:], days[:50]
    await moved(store, told.segment((meter, late)))
    await moved(store, told.segment((meter, early)))
    for order, expected in ((Order.ASCENDING, days), (Order.DESCENDING, days[::-1])):
        found: list[Kept] = []
        after = None
        while True:
            page = await store.rows(meter.asks(ObservationQuery(order=order, top=7, after=after)))
            assert len(page) <= 7
            if not page:
                break
            found += page
            after = After(found[-1].from_ns, found[-1].sequence)
        assert expected == meter.said(found)


async def a_fold_comes_to_the_same_however_often_it_is_broken_off(bench: ObservationBench) -> None:
    store, told, meter = await bench.open(), Told(), Speaker(bench.clock)
    hours: list[tuple[int, Result]] = [(NOON_NS + hour * HOUR_NS, hour * 0.1) for hour in range(60 * 24)]
    await moved(store, told.segment((meter, hours[700:])))
    await moved(store, told.segment((meter, hours[:700])))
    for order in Order:
        for top in (7, 500, 5_000):
            query = ObservationQuery(order=order, top=5_000)
            begin = Fold(Variant("sum=P1D"), (Interval(hours[5][0], FOREVER),), FOREVER, below=1_400)
            plain, folding = Folding(begin), Folding(begin)
            plain.add(await store.rows(meter.asks(query)))
            fold, query = begin, msgspec.structs.replace(query, top=top)
            while True:
                found = await store.fold(meter.asks(query), fold)
                folding.put(found.parts)
                if found.after is None:
                    break
                query = msgspec.structs.replace(query, after=found.after)
                fold = msgspec.structs.replace(begin, begun=folding.parts()[-1] if len(folding) else None)
            assert plain.parts() == folding.parts()
            assert sum(part.count for part in folding.parts()) == 1_399 - 5
    fold, asked = Fold(Variant.RAW, ALWAYS, FOREVER), meter.asks(ObservationQuery(top=5_000))
    counted = (await store.fold(asked, fold)).parts
    assert [part.count for part in counted] == [60 * 24]
    meter.lease.live = False
    assert Folded() == await store.fold(asked, fold)


async def only_rows_of_the_extent_and_the_query_leave(bench: ObservationBench) -> None:
    store, told, meter = await bench.open(), Told(), Speaker(bench.clock)
    await moved(store, told.segment((meter, _hours(48))))

    def span(first: int, last: int) -> Interval:
        return Interval(NOON_NS + first * HOUR_NS, NOON_NS + last * HOUR_NS)

    lease = meter.leased(covered=(span(2, 5), span(10, 12)))
    assert [row.result for row in await store.rows(meter.asks(lease=lease))] == [2.0, 3.0, 4.0, 10.0, 11.0]
    query = ObservationQuery(times=(span(4, 11),), order=Order.DESCENDING)
    assert [row.result for row in await store.rows(meter.asks(query, lease=lease))] == [10.0, 4.0]
    assert await store.row(meter.asks(lease=lease), sequence=1) is None
    third = await store.row(meter.asks(lease=lease), sequence=3)
    assert third is not None
    assert third.result == 2.0
    nothing = meter.leased(covered=())
    assert list(await store.rows(meter.asks(lease=nothing))) == []
    # A newer disclosure may state another retention than the rows were kept under; the place stays.
    later = Speaker(bench.clock)
    later.shelf = Shelf(meter.shelf.place, meter.shelf.retention_days + 1)
    assert len(await store.rows(later.asks())) == 48
    assert store.taken(later.stream, later.shelf, time_ns=NOON_NS) is not None
    elsewhere = Speaker(bench.clock)
    elsewhere.shelf = Shelf(bytes(15) + b"e", meter.shelf.retention_days)
    assert list(await store.rows(elsewhere.asks())) == []
    assert list(await store.rows(Speaker(bench.clock, "nobody").asks())) == []


async def a_read_under_an_ended_lease_gives_nothing(bench: ObservationBench) -> None:
    store, told, meter = await bench.open(), Told(), Speaker(bench.clock)
    await moved(store, told.segment((meter, _hours(3))))
    lease = meter.leased(until_ns=bench.clock.now() + 10)
    released = meter.asks(lease=lease)
    assert len(await store.rows(released)) == 3
    bench.clock.now_ns += 10
    assert (list(await store.rows(released)), await store.row(released, sequence=1)) == ([], None)
    bench.clock.now_ns -= 10
    lease.live = False
    assert (list(await store.rows(released)), await store.row(released, sequence=1)) == ([], None)


async def a_taken_time_is_found_and_no_other(bench: ObservationBench) -> None:
    store, told, meter = await bench.open(), Told(), Speaker(bench.clock)
    assert store.taken(meter.stream, meter.shelf, time_ns=NOON_NS) is None
    await moved(store, told.segment((meter, _hours(3))))
    found = store.taken(meter.stream, meter.shelf, time_ns=NOON_NS)
    assert found is not None
    assert (found.result, found.sequence) == (0.0, 1)
    assert store.taken(meter.stream, meter.shelf, time_ns=NOON_NS + 1) is None
    assert store.taken(Speaker(bench.clock, "lamp").stream, meter.shelf, time_ns=NOON_NS) is None
    assert store.taken(meter.stream, meter.shelf, time_ns=NOON_NS + 400 * DAY_NS) is None
    await moved(store, told.segment((meter, _hours(1, start=1_000))))
    assert store.taken(meter.stream, meter.shelf, time_ns=NOON_NS + 1_000 * HOUR_NS) is not None


async def segments_and_their_traces_are_found(bench: ObservationBench) -> None:
    store, told, meter = await bench.open(), Told(), Speaker(bench.clock)
    assert (await store.segment(1), await store.last_segment()) == (None, None)
    first, commits = told.segment((meter, _hours(2)), traces=[b"opened", b"closed"])
    await store.move([first], commits)
    idle, none = told.segment()
    await store.move([idle], none)
    await bench.crash()
    store = await bench.open()
    assert [first, idle, None] == [await store.segment(number) for number in (1, 2, 3)]
    assert idle == await store.last_segment()
    assert list(commits[0].traces) == list(await store.traces(1))
    assert list(await store.traces(2)) == []
    assert commits[0].traces[1] == await store.trace(4, b"closed")
    assert (await store.trace(5, b"closed"), await store.trace(4, b"never")) == (None, None)


async def a_sealed_trace_is_not_kept_here(bench: ObservationBench) -> None:
    store, told = await bench.open(), Told()
    segment, commits = told.segment(traces=[b"opened"])
    sealed = SealedTrace(b"k" * 16, b"h" * 32, b"box" * 200, segment=1, leaf=1)
    whole = [Committed(1, (), [*commits[0].traces, sealed])]
    await store.move([segment], whole)
    assert list(commits[0].traces) == list(await store.traces(1))


async def moving_twice_changes_nothing(bench: ObservationBench) -> None:
    store, told, meter = await bench.open(), Told(), Speaker(bench.clock)
    segment, commits = told.segment((meter, _hours(900)), traces=[b"opened"])
    bench.arm(StoreFault.TWICE)
    await store.move([segment], commits)
    await store.move([segment], commits)
    await bench.crash()
    store = await bench.open()
    await store.move([segment], commits)
    await store.move([msgspec.structs.replace(segment, statement=b"another")], commits)
    assert len(await store.rows(meter.asks(ObservationQuery(top=2_000)))) == 900
    assert len(await store.traces(1)) == 1
    assert segment == await store.segment(1)


async def segments_that_are_moved_together_are_there_together(bench: ObservationBench) -> None:
    store, told = await bench.open(), Told()
    meter, lamp = Speaker(bench.clock), Speaker(bench.clock, "lamp")
    together = [
        told.segment((meter, _hours(300)), (lamp, _hours(2)), traces=[b"opened"]),
        told.segment((meter, _hours(900, start=300))),
        told.segment((lamp, _hours(1, start=2)), traces=[b"closed"]),
    ]
    bench.arm(StoreFault.TWICE)
    await store.move(*_joined(together))
    for again in (together, together[:2], [*together[1:], told.segment((meter, _hours(5, start=1_200)))]):
        await bench.crash()
        store = await bench.open()
        await store.move(*_joined(again))
    rows = await store.rows(meter.asks(ObservationQuery(top=2_000)))
    assert [*range(1, 1_206)] == [row.sequence for row in rows]
    assert [row.segment for row in rows] == [1] * 300 + [2] * 900 + [4] * 5
    assert [row.segment for row in await store.rows(lamp.asks())] == [1, 1, 3]
    assert [segment for segment, _ in together] == [await store.segment(number) for number in (1, 2, 3)]
    assert [[each.trace for each in await store.traces(number)] for number in (1, 2, 3, 4)] == [
        [b"opened"],
        [],
        [b"closed"],
        [],
    ]


async def a_move_of_several_that_fails_can_be_done_again(bench: ObservationBench) -> None:
    told, meter = Told(), Speaker(bench.clock)
    for fault in (StoreFault.FAILS, StoreFault.FAILS_BUT_PERSISTED):
        store = await bench.open()
        start = 150 * told.number
        together = [told.segment((meter, _hours(300, start=start + 300 * at)), traces=[b"opened"]) for at in range(2)]
        bench.arm(fault)
        await fails(StorageFailed, store.move(*_joined(together)))
        await bench.crash()
        store = await bench.open()
        await store.move(*_joined(together))
        await store.move(*_joined(together))
        rows = await store.rows(meter.asks(ObservationQuery(times=ALWAYS, top=2_000)))
        assert list(range(1, 300 * told.number + 1)) == sorted(row.sequence for row in rows)
        assert len(await store.traces(told.number)) == 1
        await store.close()


def _joined(together: Sequence[tuple[Segment, list[Committed]]]) -> tuple[list[Segment], list[Committed]]:
    return [segment for segment, _ in together], [commit for _, commits in together for commit in commits]


async def a_move_that_fails_can_be_done_again(bench: ObservationBench) -> None:
    told, meter = Told(), Speaker(bench.clock)
    for fault in (StoreFault.FAILS, StoreFault.FAILS_BUT_PERSISTED):
        store = await bench.open()
        segment, commits = told.segment((meter, _hours(900, start=900 * told.number)), traces=[b"opened"])
        bench.arm(fault)
        await fails(StorageFailed, store.move([segment], commits))
        await fails(StorageFailed, store.move([segment], commits))
        await bench.crash()
        store = await bench.open()
        await store.move([segment], commits)
        assert segment == await store.last_segment()
        rows = await store.rows(meter.asks(ObservationQuery(times=ALWAYS, top=2_000)))
        assert list(range(1, 900 * told.number + 1)) == [row.sequence for row in rows]
        await store.close()


async def a_slow_move_hides_nothing_that_was_there(bench: ObservationBench) -> None:
    store, told, meter = await bench.open(), Told(), Speaker(bench.clock)
    await moved(store, told.segment((meter, _hours(3))))
    bench.arm(StoreFault.SLOW)
    await moved(store, told.segment((meter, _hours(3, start=3))))
    assert _hours(6) == meter.said(await store.rows(meter.asks()))


OBSERVATION_CASES: Final[tuple[Callable[[ObservationBench], Awaitable[None]], ...]] = (
    rows_come_back_as_they_were_moved,
    every_type_of_result_is_kept_to_the_last_bit,
    pages_follow_one_another_in_both_orders_over_months,
    a_fold_comes_to_the_same_however_often_it_is_broken_off,
    only_rows_of_the_extent_and_the_query_leave,
    a_read_under_an_ended_lease_gives_nothing,
    a_taken_time_is_found_and_no_other,
    segments_and_their_traces_are_found,
    a_sealed_trace_is_not_kept_here,
    moving_twice_changes_nothing,
    a_move_that_fails_can_be_done_again,
    segments_that_are_moved_together_are_there_together,
    a_move_of_several_that_fails_can_be_done_again,
    a_slow_move_hides_nothing_that_was_there,
)
