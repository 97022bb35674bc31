"""The contract of `ConductStore` about stamps over many streams: each row is as if it had come alone.

Source: things/stores (the port); things.md, "Shape of the hot path".
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from troth.clock import NS_PER_S
from troth.testing.contracts import NOON_NS, Said, Speaker, stamp_many
from troth.testing.contracts_conduct import SEED, ConductBench, cleared, keep, series
from troth.things.observations import Kept, Outcome, Refusal, Repeated
from troth.things.stores import ConductStore, Going, NotedTrace, Tally, Told
from troth.tlog import trace as tlog_trace

__all__ = ["CONDUCT_MANY_CASES"]

KEY: Final = b"key-one!"


async def say(store: ConductStore, rows: Sequence[Said]) -> Sequence[Outcome]:
    """Append one stamp and wait for its outcomes."""
    admitted, outcomes = stamp_many(rows, gate_ns=NOON_NS)
    store.append(admitted)
    return await outcomes


def numbers(count: int, *, start: int = 0) -> list[tuple[int, float]]:
    """One row a second; the result is the second."""
    return [(NOON_NS + second * NS_PER_S, float(second)) for second in range(start, start + count)]


def mixed(*many: Sequence[Said]) -> list[Said]:
    """One row of each in turn."""
    return [row for rows in zip(*many, strict=True) for row in rows]


async def rows_of_many_streams_are_kept_in_their_order(bench: ConductBench) -> None:
    store, meter, lamp = await bench.open(), Speaker(bench.clock), Speaker(bench.clock, "lamp")
    outcomes = await say(store, mixed(meter.adds(numbers(3)), lamp.adds(numbers(3))))
    assert [(who.stream, at) for at in (1, 2, 3) for who in (meter, lamp)] == [
        store.find(int(each)) for each in outcomes
    ]
    for who in (meter, lamp):
        assert series(3) == who.said(store.tail(who.asks()))
        assert [who.said([_there(store.latest(who.asks()))])] == [series(1, start=2)]
        assert Tally(3, 0) == store.tally(who.thing)
    await bench.crash()
    store = await bench.open()
    assert series(3) == lamp.said(store.tail(lamp.asks()))
    assert store.find(int((await say(store, mixed(meter.adds(numbers(2, start=3)))))[1]))[1] == 5  # type: ignore[index]  # it was kept
    assert [row.sequence for row in store.tail(meter.asks())] == [1, 2, 3, 4, 5]


async def a_row_is_as_if_it_had_come_alone(bench: ConductBench) -> None:
    store, meter, lamp = await bench.open(), Speaker(bench.clock), Speaker(bench.clock, "lamp")
    (first,) = await keep(store, meter, [(NOON_NS + 5, 5.0)])
    late, taken = (NOON_NS + 3, 3.0), (NOON_NS + 5, 6.0)
    rows = [
        *lamp.adds([(NOON_NS, 1.0)], keys=[KEY]),
        *meter.adds([(NOON_NS + 5, 5.0), taken, late, (NOON_NS + 7, 7.0)]),
        *lamp.adds([(NOON_NS + 1, 2.0)], keys=[KEY]),
        *lamp.adds([(NOON_NS + 2, 3.0)]),
    ]
    outcomes = await say(store, rows)
    assert [first, Refusal.TIME_TAKEN] == [outcomes[1], outcomes[2]]
    assert isinstance(outcomes[1], Repeated)
    assert isinstance(outcomes[5], Repeated)
    assert outcomes[0] == outcomes[5]
    assert lamp.said(store.tail(lamp.asks())) == [(NOON_NS, 1.0), (NOON_NS + 2, 3.0)]
    assert {(NOON_NS + at, float(at)) for at in (3, 5, 7)} == set(meter.said(store.tail(meter.asks())))
    assert [(meter.stream, 2), (meter.stream, 3)] == [store.find(int(each)) for each in outcomes[3:5]]
    assert Tally(3, 1, {"time-taken": 1}) == store.tally(meter.thing)
    assert Tally(2, 1) == store.tally(lamp.thing)
    again = await say(store, rows)
    assert [Repeated, Repeated, Refusal, Repeated, Repeated, Repeated, Repeated] == [type(each) for each in again]


async def a_row_under_an_ended_lease_is_void_and_no_other(bench: ConductBench) -> None:
    store, meter, lamp = await bench.open(), Speaker(bench.clock), Speaker(bench.clock, "lamp")
    admitted, outcomes = stamp_many(mixed(meter.adds(numbers(2)), lamp.adds(numbers(2))), gate_ns=NOON_NS)
    meter.lease.live = False
    store.append(admitted)
    told = await outcomes
    assert [told[0], told[2]] == [Refusal.LEASE_ENDED] * 2
    assert series(2) == lamp.said(store.tail(lamp.asks()))
    assert Tally(0, 0) == store.tally(meter.thing)
    (id_,) = await keep(store, Speaker(bench.clock), [(NOON_NS, 0.0)])
    assert (meter.stream, 1) == store.find(int(id_))


async def a_cut_holds_them_in_order_and_clearing_leaves_the_latest(bench: ConductBench) -> None:
    store, meter, lamp = await bench.open(), Speaker(bench.clock), Speaker(bench.clock, "lamp")
    rows = mixed(meter.adds(numbers(3)), lamp.adds(numbers(3)))
    ids = await say(store, rows)
    (cut,) = await store.cut(NOON_NS, [SEED])
    commits = await store.committed(cut)
    kept = [each for commit in commits for each in commit.rows]
    assert [row[1:3] for row in rows] == [(row.from_ns, row.result) for _, row in kept]
    assert [meter.shelf, lamp.shelf] * 3 == [shelf for shelf, _ in kept]
    assert len({row.salt for _, row in kept}) == 6
    bases = [tlog_trace.decode(each.trace) for each in commits[0].traces if isinstance(each, NotedTrace)]
    assert [tuple(sorted(who.rests_on)) for who in (meter, lamp)] == [
        each.ids for each in bases if isinstance(each, tlog_trace.Basis)
    ]
    await say(store, meter.adds(numbers(1, start=3)))
    await cleared(store)
    assert meter.said(store.tail(meter.asks())) == [(NOON_NS + 3 * NS_PER_S, 3.0)]
    assert not store.tail(lamp.asks())
    for _ in range(2):
        latest = _there(store.latest(lamp.asks()))
        assert (2.0, cut.number, 5) == (latest.result, latest.segment, latest.leaf)
        assert [(who.stream, at) for at in (1, 2, 3) for who in (meter, lamp)] == [
            store.find(int(each)) for each in ids
        ]
        await bench.crash()
        store = await bench.open()


async def erasing_one_stream_leaves_the_rows_of_the_others(bench: ConductBench) -> None:
    store, meter, lamp = await bench.open(), Speaker(bench.clock), Speaker(bench.clock, "lamp")
    await say(store, mixed(meter.adds(numbers(3), keys=[KEY, b"", b""]), lamp.adds(numbers(3))))
    going = Going(
        frozenset((meter.stream, meter.thing)).__contains__,
        lambda _kind, _trace: False,
        frozenset[bytes]().__contains__,
        b"a mark",
    )
    await store.erase(going)
    for _ in range(2):
        assert not store.tail(meter.asks())
        assert store.latest(meter.asks()) is None
        assert series(3) == lamp.said(store.tail(lamp.asks()))
        assert Tally(0, 0) == store.tally(meter.thing)
        await bench.crash()
        store = await bench.open()
    (cut,) = await store.cut(NOON_NS, [SEED])
    assert {lamp.stream} == {row.stream for commit in await store.committed(cut) for _, row in commit.rows}


async def only_what_is_wanted_is_told(bench: ConductBench) -> None:
    store, meter, lamp = await bench.open(), Speaker(bench.clock), Speaker(bench.clock, "lamp")
    wanted = {lamp.stream}
    heard: list[Told] = []
    store.listen(heard.extend, wanted=wanted)
    await say(store, mixed(meter.adds(numbers(3)), lamp.adds(numbers(3))))
    await keep(store, meter, series(1, start=3))
    assert [(lamp.stream, series(3))] == [(each.stream, lamp.said(list(each.rows))) for each in heard]
    assert (len(heard[0].rows), heard[0].rows[1].result, heard[0].rows[-1].result) == (3, 1.0, 2.0)
    wanted.add(meter.stream)
    await say(store, meter.adds(numbers(1, start=4)))
    assert (meter.stream, series(1, start=4)) == (heard[-1].stream, meter.said(list(heard[-1].rows)))


CONDUCT_MANY_CASES: Final[tuple[Callable[[ConductBench], Awaitable[None]], ...]] = (
    rows_of_many_streams_are_kept_in_their_order,
    a_row_is_as_if_it_had_come_alone,
    a_row_under_an_ended_lease_is_void_and_no_other,
    a_cut_holds_them_in_order_and_clearing_leaves_the_latest,
    erasing_one_stream_leaves_the_rows_of_the_others,
    only_what_is_wanted_is_told,
)


def _there(row: Kept | None) -> Kept:
    assert row is not None
    return row
