"""The contract of `ConductStore` about cuts: what a segment holds, what a crash leaves, what clearing forgets.

Source: things/stores (the port); record.md, "Statements and traces are two things".
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import msgspec

from troth.errors import Busy
from troth.testing.contracts import NOON_NS, Speaker, fails
from troth.testing.contracts_conduct import SEED, ConductBench, cleared, keep, noted, series
from troth.things.intervals import BEGINNING, Interval
from troth.things.ledgers import SealedTrace
from troth.things.observations import Kept, Refusal
from troth.things.query import ObservationQuery
from troth.things.stamps import Admitted
from troth.things.stores import SEALED_MAX, SEGMENT_MAX, Committed, ConductStore, Cut, NotedTrace, Tally, Traced
from troth.tlog import trace as tlog_trace

__all__ = ["CONDUCT_CUT_CASES"]

SEEDS: Final = tuple(bytes([at]) * 32 for at in range(1, 5))


async def a_cut_holds_rows_then_traces_of_each_commit(bench: ConductBench) -> None:
    store, meter = await bench.open(), Speaker(bench.clock)
    await keep(store, meter, series(3))
    await store.note([noted(1), noted(2)])
    await keep(store, meter, series(2, start=3))
    assert store.uncut == 8  # five rows, one basis, two noted
    (cut,) = await store.cut(NOON_NS, [SEED])
    assert (cut.number, cut.tick_ns, cut.seed) == (1, NOON_NS, SEED)
    assert store.uncut == 0
    commits = await store.committed(cut)
    assert [each.number for each in commits] == list(range(cut.first, cut.last + 1))
    assert series(5) == meter.said([row for commit in commits for _, row in commit.rows])
    assert {meter.shelf} == {shelf for commit in commits for shelf, _ in commit.rows}
    traces = [trace for commit in commits for trace in commit.traces]
    plain = [trace for trace in traces if isinstance(trace, NotedTrace)]
    assert [noted(1), noted(2)] == [trace for trace in plain if trace.kind != tlog_trace.Basis.kind]
    (basis,) = (tlog_trace.decode(trace.trace) for trace in plain if trace.kind == tlog_trace.Basis.kind)
    assert tlog_trace.Basis(gate_ns=NOON_NS, ids=tuple(meter.rests_on)) == basis
    assert any(commit.rows and commit.traces for commit in commits), "the basis stands in the commit of its first row"


async def a_pending_cut_is_given_again_until_it_is_cleared(bench: ConductBench) -> None:
    store, meter = await bench.open(), Speaker(bench.clock)
    await keep(store, meter, series(3))
    (cut,) = await store.cut(NOON_NS, [SEED])
    await keep(store, meter, series(3, start=3))
    assert [cut] == list(await store.cut(NOON_NS + 1, [bytes(32)]))
    commits = await store.committed(cut)
    await bench.crash()
    store = await bench.open()
    assert [cut] == list(await store.cut(NOON_NS + 2, [bytes(32)]))
    assert commits == await store.committed(cut)
    await store.clear([cut])
    assert series(3, start=3) == sorted(meter.said(store.tail(meter.asks())))
    await store.clear([cut])
    (following,) = await store.cut(NOON_NS + 3, [bytes(32)])
    assert (2, cut.last + 1, NOON_NS + 3) == (following.number, following.first, following.tick_ns)
    await bench.crash()
    store = await bench.open()
    await store.clear([cut])
    assert [following] == list(await store.cut(NOON_NS + 4, [SEED]))


async def a_cut_that_is_not_pending_cannot_be_cleared(bench: ConductBench) -> None:
    store, meter = await bench.open(), Speaker(bench.clock)
    await keep(store, meter, series(3))
    await fails(RuntimeError, store.clear([Cut(1, 1, 1, NOON_NS, SEED)]))
    (cut,) = await store.cut(NOON_NS, [SEED])
    await fails(RuntimeError, store.clear([Cut(2, cut.first, cut.last, NOON_NS, SEED)]))
    assert series(3) == sorted(meter.said(store.tail(meter.asks())))
    await store.clear([cut])


async def an_idle_tick_cuts_nothing(bench: ConductBench) -> None:
    store = await bench.open()
    for number in (1, 2):
        (cut,) = await store.cut(NOON_NS, [SEED])
        assert number == cut.number
        assert cut.last < cut.first
        assert list(await store.committed(cut)) == []
        await store.clear([cut])


async def what_a_segment_cannot_hold_goes_into_the_next(bench: ConductBench) -> None:
    store = await bench.open()
    for batch in range(6):
        await store.note([noted(batch * 15_000 + number) for number in range(15_000)])
    assert store.uncut == 90_000
    held = []
    for _ in range(2):
        (cut,) = await store.cut(NOON_NS, [SEED])
        commits = await store.committed(cut)
        held += [trace for commit in commits for trace in commit.traces]
        assert sum(len(commit.traces) for commit in commits) <= SEGMENT_MAX
        await store.clear([cut])
    assert [noted(number) for number in range(90_000)] == held
    assert store.uncut == 0


async def several_segments_are_cut_together_and_cleared_together(bench: ConductBench) -> None:
    store, meter, lamp = await bench.open(), Speaker(bench.clock), Speaker(bench.clock, "lamp")
    for batch in range(4):
        await store.note([noted(batch * 15_000 + number) for number in range(15_000)])
    await keep(store, meter, series(40))
    await keep(store, lamp, series(2))
    for batch in range(4, 8):
        await store.note([noted(batch * 15_000 + number) for number in range(15_000)])
    await keep(store, meter, series(30, start=40))
    waiting = store.uncut
    cuts = await store.cut(NOON_NS, SEEDS)
    assert [(1, NOON_NS, SEEDS[0]), (2, NOON_NS, SEEDS[1])] == [(cut.number, cut.tick_ns, cut.seed) for cut in cuts]
    assert cuts[1].first == cuts[0].last + 1
    assert (store.uncut, list(store.pending)) == (0, list(cuts)), "all that waited, and no cut of nothing behind it"
    await keep(store, meter, series(5, start=70))
    assert list(cuts) == list(await store.cut(NOON_NS + 1, [SEED])), "pending ones are given again, all of them"
    before = [await store.committed(cut) for cut in cuts]
    await bench.crash()
    store = await bench.open()
    assert list(cuts) == list(store.pending) == list(await store.cut(NOON_NS + 2, SEEDS))
    commits = [await store.committed(cut) for cut in cuts]
    assert commits == before
    sizes = [sum(len(each.rows) + len(each.traces) for each in of_cut) for of_cut in commits]
    assert (max(sizes) <= SEGMENT_MAX, sum(sizes)) == (True, waiting)
    await fails(RuntimeError, store.clear(cuts[:1]))
    assert len(store.tail(lamp.asks())) == 2, "what is pending is read from here"
    await store.clear(cuts)
    await store.clear(cuts)
    assert list(store.pending) == []
    assert series(5, start=70) == sorted(meter.said(store.tail(meter.asks())))
    await bench.crash()
    store = await bench.open()
    for speaker, number in ((lamp, 0), (meter, 1)):
        rows = [row for commit in commits[number] for _, row in commit.rows if row.stream == speaker.stream]
        latest = max(rows, key=lambda row: row.from_ns)
        query = ObservationQuery(times=(Interval(BEGINNING, latest.from_ns + 1),))
        found = store.latest(speaker.asks(query, lease=speaker.leased(covered=query.times)))
        leaf = _leaf_of(commits[number], latest)
        assert found == msgspec.structs.replace(latest, segment=number + 1, leaf=leaf), "it names its own segment"


async def no_more_segments_are_cut_than_there_are_seeds(bench: ConductBench) -> None:
    store = await bench.open()
    for batch in range(10):
        await store.note([noted(batch * 15_000 + number) for number in range(15_000)])
    held = 0
    while store.uncut:
        cuts = await store.cut(NOON_NS, SEEDS[:2])
        assert 1 <= len(cuts) <= 2
        for cut in cuts:
            held += sum(len(commit.traces) for commit in await store.committed(cut))
        await store.clear(cuts)
    assert held == 150_000


async def sequences_go_on_after_only_late_rows_were_cleared(bench: ConductBench) -> None:
    store, meter = await bench.open(), Speaker(bench.clock)
    await keep(store, meter, series(5, start=10))
    await cleared(store)
    await keep(store, meter, series(5))
    await cleared(store)
    await bench.crash()
    store = await bench.open()
    await keep(store, meter, series(1, start=20))
    (row,) = store.tail(meter.asks())
    assert row.sequence == 11


async def the_position_that_was_said_last_outlives_everything(bench: ConductBench) -> None:
    store = await bench.open()
    assert store.said_position == 0

    def said(position: int) -> NotedTrace:
        trace = tlog_trace.SaidTrace(gate_ns=NOON_NS, statement=bytes(32))
        return NotedTrace(trace.kind, tlog_trace.encode(trace), bytes(16), position=position)

    await store.note([said(3), said(7)])
    await store.note([said(5), noted(99)])
    assert store.said_position == 7
    await bench.crash()
    store = await bench.open()
    assert store.said_position == 7
    await cleared(store)
    await bench.crash()
    store = await bench.open()
    assert store.said_position == 7
    await store.note([])


async def a_sealed_trace_keeps_its_place_and_every_byte(bench: ConductBench) -> None:
    store = await bench.open()
    sealed = [SealedTrace(bytes([at]) * 16, bytes([at]) * 32, bytes([at]) * (500 + at)) for at in range(1, 5)]
    mixed: list[Traced] = [sealed[0], noted(1), sealed[1], sealed[2], noted(2), sealed[3]]
    await store.note(mixed)
    assert store.uncut == 6
    await bench.crash()
    store = await bench.open()
    assert (store.uncut, store.said_position) == (6, 0)
    (cut,) = await store.cut(NOON_NS, [SEED])
    assert mixed == [trace for commit in await store.committed(cut) for trace in commit.traces]
    await store.clear([cut])


async def what_is_sealed_is_found_by_its_day_key_until_it_is_cleared(bench: ConductBench) -> None:
    store, meter = await bench.open(), Speaker(bench.clock)
    mine, theirs = bytes([1]) * 16, bytes([2]) * 16
    sealed = [SealedTrace(theirs if at % 3 else mine, bytes([at]) * 32, bytes([at]) * 600) for at in range(9)]
    for at in range(0, 9, 3):
        await store.note([noted(at), *sealed[at : at + 3]])
        await keep(store, meter, series(2, start=at))
    wanted = sealed[::3]
    assert (wanted, []) == (list(await store.sealed({mine})), list(await store.sealed({bytes(16)})))
    (cut,) = await store.cut(NOON_NS, [SEED])
    later = SealedTrace(mine, bytes(32), b"later")
    await store.note([later])
    await bench.crash()
    store = await bench.open()
    assert [*wanted, later] == list(await store.sealed({mine}))
    await store.clear([cut])
    assert [later] == list(await store.sealed({mine, theirs}))
    many = [SealedTrace(mine, bytes(32), at.to_bytes(4)) for at in range(SEALED_MAX)]
    await store.note(many[:-1])
    await store.note(many[-1:])
    assert many == list(await store.sealed({mine})), "of too many the newest, in order"


async def what_waits_for_its_segment_is_bounded(bench: ConductBench) -> None:
    store, meter = await bench.open(unmoved_rows=100), Speaker(bench.clock)
    told: list[int] = []
    store.listen(lambda rows: told.append(len(rows)))
    await keep(store, meter, series(80))
    more, _ = meter.stamp(series(25, start=80))
    busy = await fails(Busy, _appended(store, more))
    assert busy.retry_after_s > 0
    assert Tally(stored=80) == store.tally(meter.thing)
    counted = asyncio.Event()
    store.refuse(meter.thing, Refusal.AHEAD, count=1, done=counted.set)
    await counted.wait()  # a refusal needs no room
    await keep(store, meter, series(10, start=80))
    told.clear()
    await cleared(store)
    assert told == [0], "whoever waits for room is told"
    await keep(store, meter, series(95, start=90))
    await bench.crash()
    store = await bench.open(unmoved_rows=100)
    again, _ = meter.stamp(series(10, start=200))
    await fails(Busy, _appended(store, again))


def _leaf_of(commits: Sequence[Committed], row: Kept) -> int:
    leaf = 0
    for commit in commits:
        for _, each in commit.rows:
            if each == row:
                return leaf
            leaf += 1
        leaf += len(commit.traces)
    raise AssertionError("the row is not of this segment")


async def _appended(store: ConductStore, admitted: Admitted) -> None:
    store.append(admitted)


CONDUCT_CUT_CASES: Final[tuple[Callable[[ConductBench], Awaitable[None]], ...]] = (
    a_cut_holds_rows_then_traces_of_each_commit,
    a_pending_cut_is_given_again_until_it_is_cleared,
    a_cut_that_is_not_pending_cannot_be_cleared,
    an_idle_tick_cuts_nothing,
    what_a_segment_cannot_hold_goes_into_the_next,
    several_segments_are_cut_together_and_cleared_together,
    no_more_segments_are_cut_than_there_are_seeds,
    sequences_go_on_after_only_late_rows_were_cleared,
    the_position_that_was_said_last_outlives_everything,
    a_sealed_trace_keeps_its_place_and_every_byte,
    what_is_sealed_is_found_by_its_day_key_until_it_is_cleared,
    what_waits_for_its_segment_is_bounded,
)
