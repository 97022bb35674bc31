"""The contract of `ConductStore`, case by case: what is kept, what repeats, what is told, what a cut holds.

Source: things/stores (the port); things.md, "The writer". Faults are in `contracts_conduct_faults`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from itertools import pairwise
from typing import Final, Protocol

from troth.clock import NS_PER_S
from troth.errors import Busy
from troth.names import StreamId
from troth.spans import DAY_NS
from troth.testing.contracts import NOON_NS, Bench, Speaker, StillClock, fails
from troth.things.intervals import Interval
from troth.things.observations import Kept, Outcome, Refusal, Repeated, Result, ResultType
from troth.things.query import ObservationQuery
from troth.things.stamps import Admitted
from troth.things.stores import ConductStore, NotedTrace, Tally, Told
from troth.tlog import trace as tlog_trace

__all__ = ["CONDUCT_CASES", "SEED", "ConductBench", "cleared", "keep", "noted", "series"]

ID_MAX: Final = 1 << 52  # formats.md, Identifiers
RUN_SLOTS: Final = 4_096  # formats.md, Identifiers
SEED: Final = bytes(range(32))


class ConductBench(Bench, Protocol):
    """What the suite needs of an implementation. `moved` answers `taken`; `failures` is what `on_failure` was given."""

    clock: StillClock
    moved: dict[tuple[StreamId, int], Kept]
    failures: list[Exception]

    async def open(self, *, queue_rows: int = 200_000, unmoved_rows: int = 2_000_000) -> ConductStore:
        """A store on what is durable."""
        ...


async def keep(store: ConductStore, speaker: Speaker, rows: Sequence[tuple[int, Result]]) -> Sequence[Outcome]:
    """Append rows and wait for their outcomes."""
    admitted, outcomes = speaker.stamp(rows)
    store.append(admitted)
    return await outcomes


def noted(number: int) -> NotedTrace:
    """A trace that is no row."""
    trace = tlog_trace.ClockStep(gate_ns=NOON_NS, by_ns=number)
    return NotedTrace(trace.kind, tlog_trace.encode(trace), number.to_bytes(16, "big"))


def series(count: int, *, start: int = 0) -> list[tuple[int, Result]]:
    """One row a second; the result is the second."""
    return [(NOON_NS + second * NS_PER_S, float(second)) for second in range(start, start + count)]


async def a_kept_row_is_found_by_its_id(bench: ConductBench) -> None:
    store, meter = await bench.open(), Speaker(bench.clock)
    outcomes = await keep(store, meter, series(3))
    assert [(meter.stream, 1), (meter.stream, 2), (meter.stream, 3)] == [store.find(_id(each)) for each in outcomes]
    assert all(0 <= _id(each) < ID_MAX for each in outcomes)


async def an_id_that_was_never_given_is_not_found(bench: ConductBench) -> None:
    store, meter = await bench.open(), Speaker(bench.clock)
    given = set(await keep(store, meter, series(3)))
    assert not [id_ for id_ in range(2 * RUN_SLOTS) if id_ not in given and store.find(id_) is not None]
    assert store.find(-1) is None
    assert store.find(ID_MAX - 1) is None


async def ids_of_one_stream_tell_nothing_about_its_sequence(bench: ConductBench) -> None:
    store, meter = await bench.open(), Speaker(bench.clock)
    ids = [_id(each) for each in await keep(store, meter, series(1_000))]
    assert len(set(ids)) == 1_000
    steps = {after - before for before, after in pairwise(ids)}
    assert len(steps) > 500, "the steps between ids look alike"


async def sequences_go_on_over_runs_and_restarts(bench: ConductBench) -> None:
    store, meter, lamp = await bench.open(), Speaker(bench.clock), Speaker(bench.clock, "lamp")
    ids = list(await keep(store, meter, series(RUN_SLOTS - 10)))
    await keep(store, lamp, series(5))
    ids += await keep(store, meter, series(20, start=RUN_SLOTS))
    await bench.crash()
    store = await bench.open()
    ids += await keep(store, meter, series(20, start=2 * RUN_SLOTS))
    found = [store.find(_id(each)) for each in ids]
    assert [(meter.stream, at) for at in range(1, len(ids) + 1)] == found
    assert len(set(ids)) == len(ids)


async def every_type_of_result_comes_back_to_the_last_bit(bench: ConductBench) -> None:
    values: dict[ResultType, list[Result]] = {
        ResultType.NUMBER: [0.1, -0.0, 5e-324, 1.7976931348623157e308, 3.0],
        ResultType.INTEGER: [0, -1, 2**63 - 1, -(2**63), 2**53 + 1],
        ResultType.BOOLEAN: [True, False],
        ResultType.TEXT: ["", "grüß Gott", "\U0001f30a" * 2_000, "\x00"],
        ResultType.JSON: [b"\xf6", b"\xa0", bytes(9_000)],
    }
    store = await bench.open()
    speakers = {type_: Speaker(bench.clock, type_.name, type_=type_) for type_ in values}
    for type_, results in values.items():
        await keep(store, speakers[type_], [(NOON_NS + at, result) for at, result in enumerate(results)])
    await bench.crash()
    store = await bench.open()
    for type_, results in values.items():
        rows = sorted(store.tail(speakers[type_].asks()), key=lambda row: row.sequence)
        assert [repr(result) for result in results] == [repr(row.result) for row in rows]
        assert all(row.type == type_ for row in rows)
        latest = store.latest(speakers[type_].asks())
        assert latest is not None
        assert repr(results[-1]) == repr(latest.result)


async def an_interval_keeps_its_end(bench: ConductBench) -> None:
    store, meter = await bench.open(), Speaker(bench.clock)
    admitted, outcomes = meter.stamp(series(2), ends=[NOON_NS + 5, NOON_NS + NS_PER_S])
    store.append(admitted)
    await outcomes
    rows = sorted(store.tail(meter.asks()), key=lambda row: row.sequence)
    assert [(r.from_ns, r.to_ns) for r in rows] == [(NOON_NS, NOON_NS + 5), (NOON_NS + NS_PER_S, NOON_NS + NS_PER_S)]
    assert len({row.salt for row in rows}) == 2
    assert all(len(row.salt) == 16 for row in rows)


async def acknowledgements_leave_in_the_order_of_appending_after_the_listener(bench: ConductBench) -> None:
    store = await bench.open()
    order: list[str] = []
    store.listen(lambda told: order.extend("told" for each in told for _ in each.rows))
    waiting = []
    for name in ("one", "two", "three"):
        admitted, outcomes = Speaker(bench.clock, name).stamp(series(1))
        outcomes.add_done_callback(lambda _, name=name: order.append(name))  # type: ignore[misc]  # binds the name now
        store.append(admitted)
        waiting.append(outcomes)
    await asyncio.gather(*waiting)
    await asyncio.sleep(0)
    assert [each for each in order if each != "told"] == ["one", "two", "three"]
    assert order[0] == "told"
    assert order.count("told") == 3


async def a_listener_is_told_the_rows_of_each_stream_in_order(bench: ConductBench) -> None:
    store, meter, lamp = await bench.open(), Speaker(bench.clock), Speaker(bench.clock, "lamp")
    told: list[Told] = []
    store.listen(told.extend)
    batches = ((meter, series(3)), (lamp, series(2)), (meter, series(2, start=3)))
    await asyncio.gather(*(keep(store, speaker, rows) for speaker, rows in batches))
    heard: dict[StreamId, list[Kept]] = {}
    for each in told:
        heard.setdefault(each.stream, []).extend(each.rows)
    assert series(5) == meter.said(heard[meter.stream])
    assert [row.sequence for row in heard[meter.stream]] == [1, 2, 3, 4, 5]
    assert series(2) == lamp.said(heard[lamp.stream])
    assert all(len(each.rows) == len(list(each.rows)) and each.rows[-1] == list(each.rows)[-1] for each in told)


async def an_equal_observation_is_a_repeat_wherever_the_first_one_lies(bench: ConductBench) -> None:
    store, meter = await bench.open(), Speaker(bench.clock)
    first = await keep(store, meter, [*series(2), series(1)[0]])
    assert first[0] == first[2]
    assert first[:2] == await keep(store, meter, series(2))
    await bench.crash()
    store = await bench.open()
    assert first[:2] == await keep(store, meter, series(2))
    bench.moved.update({(row.stream, row.from_ns): row for row in store.tail(meter.asks())})
    await cleared(store)
    assert first[:2] == await keep(store, meter, series(2))
    assert Tally(stored=2, repeated=7) == store.tally(meter.thing)
    assert list(store.tail(meter.asks())) == []


async def a_repeat_is_known_after_late_rows_and_rows_in_order(bench: ConductBench) -> None:
    store, meter = await bench.open(), Speaker(bench.clock)
    await keep(store, meter, series(2, start=5))
    await keep(store, meter, series(1))  # late: the store has looked at its unmoved rows one by one
    in_order = await keep(store, meter, series(3, start=7))
    again = await keep(store, meter, series(3, start=7))
    assert in_order == again
    assert [all(isinstance(each, Repeated) for each in outcomes) for outcomes in (in_order, again)] == [False, True]
    assert await keep(store, meter, [(series(1, start=8)[0][0], -1.0)]) == [Refusal.TIME_TAKEN]
    assert Tally(stored=6, repeated=3, refused={Refusal.TIME_TAKEN: 1}) == store.tally(meter.thing)


async def a_taken_time_with_another_result_is_refused_and_counted(bench: ConductBench) -> None:
    store, meter = await bench.open(), Speaker(bench.clock)
    doubled = [row for time_ns, result in series(12) for row in ((time_ns, result), (time_ns, -1.0))]
    outcomes = await keep(store, meter, doubled)
    assert list(outcomes[1::2]) == [Refusal.TIME_TAKEN] * 12
    bench.moved.update({(row.stream, row.from_ns): row for row in store.tail(meter.asks())})
    assert series(12) == sorted(meter.said(list(bench.moved.values())))
    await cleared(store)
    assert await keep(store, meter, [(NOON_NS, 7.0)]) == [Refusal.TIME_TAKEN]
    assert Tally(stored=12, refused={Refusal.TIME_TAKEN: 13}) == store.tally(meter.thing)


async def late_rows_are_kept_and_the_latest_stays_the_latest(bench: ConductBench) -> None:
    store, meter = await bench.open(), Speaker(bench.clock)
    backwards = list(reversed(series(50)))
    await keep(store, meter, backwards[:25])
    await keep(store, meter, backwards[25:])
    assert series(50) == sorted(meter.said(store.tail(meter.asks())))
    assert meter.said([_present(store.latest(meter.asks()))]) == [(NOON_NS + 49 * NS_PER_S, 49.0)]
    again = [store.find(_id(each)) for each in await keep(store, meter, series(50))]
    assert [(meter.stream, sequence) for sequence in range(50, 0, -1)] == again
    await cleared(store)
    await keep(store, meter, [(NOON_NS + 5, 0.5)])
    await bench.crash()
    store = await bench.open()
    assert meter.said([_present(store.latest(meter.asks()))]) == [(NOON_NS + 49 * NS_PER_S, 49.0)]
    assert meter.said(store.tail(meter.asks())) == [(NOON_NS + 5, 0.5)]


async def a_key_marks_a_repeat_for_a_day_within_its_thing(bench: ConductBench) -> None:
    store, meter, lamp = await bench.open(), Speaker(bench.clock), Speaker(bench.clock, "lamp")

    async def say(speaker: Speaker, second: int, key: bytes) -> Outcome:
        admitted, outcomes = speaker.stamp(series(1, start=second), keys=[key])
        store.append(admitted)
        return (await outcomes)[0]

    first = await say(meter, 0, b"k" * 16)
    assert first == await say(meter, 1, b"k" * 16)
    assert first != await say(lamp, 0, b"k" * 16)
    assert first != await say(meter, 2, b"other key")
    await bench.crash()
    store = await bench.open()
    assert first == await say(meter, 3, b"k" * 16)
    await cleared(store)
    await bench.crash()
    store = await bench.open()
    assert first == await say(meter, 4, b"k" * 16)
    bench.clock.now_ns += DAY_NS + NS_PER_S
    assert first != await say(meter, 5, b"k" * 16)
    assert Tally(stored=3, repeated=3) == store.tally(meter.thing)


async def a_key_repeats_within_one_batch(bench: ConductBench) -> None:
    store, meter = await bench.open(), Speaker(bench.clock)
    admitted, outcomes = meter.stamp(series(4), keys=[b"12345678", b"", b"12345678", b"87654321"])
    store.append(admitted)
    first, second, third, fourth = await outcomes
    assert first == third
    assert len({first, second, fourth}) == 3
    assert sorted(row.sequence for row in store.tail(meter.asks())) == [1, 2, 3]


async def a_batch_whose_lease_has_ended_is_void(bench: ConductBench) -> None:
    store, meter = await bench.open(), Speaker(bench.clock)
    withdrawn, expired = meter.leased(), meter.leased(until_ns=bench.clock.now() + 1)
    stamps = [meter.stamp(series(3), lease=withdrawn), meter.stamp(series(2), lease=expired), meter.stamp(series(1))]
    for admitted, _ in stamps:
        store.append(admitted)
    withdrawn.live = False
    bench.clock.now_ns += 1
    void, late, held = [await outcomes for _, outcomes in stamps]
    assert list(void) == [Refusal.LEASE_ENDED] * 3
    assert list(late) == [Refusal.LEASE_ENDED] * 2
    assert meter.said(store.tail(meter.asks())) == [(NOON_NS, 0.0)]
    assert (meter.stream, 1) == store.find(_id(held[0]))
    assert Tally(stored=1) == store.tally(meter.thing)


async def a_read_under_an_ended_lease_gives_nothing(bench: ConductBench) -> None:
    store, meter = await bench.open(), Speaker(bench.clock)
    await keep(store, meter, series(3))
    lease = meter.leased(until_ns=bench.clock.now() + 10)
    released = meter.asks(lease=lease)
    assert store.latest(released) is not None
    bench.clock.now_ns += 10
    assert (store.latest(released), list(store.tail(released))) == (None, [])
    bench.clock.now_ns -= 10
    lease.live = False
    assert (store.latest(released), list(store.tail(released))) == (None, [])


async def only_rows_of_the_extent_leave(bench: ConductBench) -> None:
    store, meter = await bench.open(), Speaker(bench.clock)
    await keep(store, meter, series(10))
    await cleared(store)
    await keep(store, meter, series(10, start=10))
    upto = meter.leased(covered=(Interval(NOON_NS, NOON_NS + 15 * NS_PER_S),))
    assert meter.said([_present(store.latest(meter.asks(lease=upto)))]) == [(NOON_NS + 14 * NS_PER_S, 14.0)]
    assert series(5, start=10) == sorted(meter.said(store.tail(meter.asks(lease=upto))))
    window = ObservationQuery(times=(Interval(NOON_NS + 12 * NS_PER_S, NOON_NS + 17 * NS_PER_S),))
    assert series(3, start=12) == sorted(meter.said(store.tail(meter.asks(window, lease=upto))))
    before = meter.leased(covered=(Interval(0, NOON_NS),))
    assert (store.latest(meter.asks(lease=before)), list(store.tail(meter.asks(lease=before)))) == (None, [])
    stranger = Speaker(bench.clock, "nobody")
    assert (store.latest(stranger.asks()), list(store.tail(stranger.asks()))) == (None, [])


async def counts_outlive_commits_and_restarts(bench: ConductBench) -> None:
    store, meter = await bench.open(), Speaker(bench.clock)
    for reason, count in ((Refusal.WRONG_TYPE, 3), (Refusal.AHEAD, 1), (Refusal.WRONG_TYPE, 4)):
        counted = asyncio.Event()
        store.refuse(meter.thing, reason, count=count, done=counted.set)
        await counted.wait()
    await keep(store, meter, [*series(5), *series(2), (NOON_NS, 9.0)])
    everything = Tally(5, 2, {Refusal.WRONG_TYPE: 7, Refusal.AHEAD: 1, Refusal.TIME_TAKEN: 1})
    assert everything == store.tally(meter.thing)
    await bench.crash()
    store = await bench.open()
    assert everything == store.tally(meter.thing)
    await cleared(store)
    await bench.crash()
    store = await bench.open()
    assert everything == store.tally(meter.thing)
    assert Tally() == store.tally(Speaker(bench.clock, "nobody").thing)


async def a_full_queue_takes_nothing_and_is_free_again(bench: ConductBench) -> None:
    store, meter = await bench.open(queue_rows=100), Speaker(bench.clock)
    first, kept = meter.stamp(series(60))
    store.append(first)
    second, _ = meter.stamp(series(60, start=60))
    busy = await fails(Busy, _appended(store, second))
    assert busy.retry_after_s > 0
    await kept
    assert Tally(stored=60) == store.tally(meter.thing)
    await keep(store, meter, series(60, start=60))
    assert Tally(stored=120) == store.tally(meter.thing)


async def settling_waits_for_what_had_begun(bench: ConductBench) -> None:
    store, meter = await bench.open(), Speaker(bench.clock)
    admitted, outcomes = meter.stamp(series(1))
    store.append(admitted)
    await store.settle()
    assert outcomes.done()
    await store.settle()


async def closing_commits_what_is_queued(bench: ConductBench) -> None:
    store, meter = await bench.open(), Speaker(bench.clock)
    admitted, outcomes = meter.stamp(series(3))
    store.append(admitted)
    await store.close()
    assert outcomes.done()
    store = await bench.open()
    assert series(3) == sorted(meter.said(store.tail(meter.asks())))


CONDUCT_CASES: Final[tuple[Callable[[ConductBench], Awaitable[None]], ...]] = (
    a_kept_row_is_found_by_its_id,
    an_id_that_was_never_given_is_not_found,
    ids_of_one_stream_tell_nothing_about_its_sequence,
    sequences_go_on_over_runs_and_restarts,
    every_type_of_result_comes_back_to_the_last_bit,
    an_interval_keeps_its_end,
    acknowledgements_leave_in_the_order_of_appending_after_the_listener,
    a_listener_is_told_the_rows_of_each_stream_in_order,
    an_equal_observation_is_a_repeat_wherever_the_first_one_lies,
    a_repeat_is_known_after_late_rows_and_rows_in_order,
    a_taken_time_with_another_result_is_refused_and_counted,
    late_rows_are_kept_and_the_latest_stays_the_latest,
    a_key_marks_a_repeat_for_a_day_within_its_thing,
    a_key_repeats_within_one_batch,
    a_batch_whose_lease_has_ended_is_void,
    a_read_under_an_ended_lease_gives_nothing,
    only_rows_of_the_extent_leave,
    counts_outlive_commits_and_restarts,
    a_full_queue_takes_nothing_and_is_free_again,
    settling_waits_for_what_had_begun,
    closing_commits_what_is_queued,
)


async def cleared(store: ConductStore) -> None:
    """Everything is moved (as far as the store can see) and cleared."""
    await store.clear(await store.cut(NOON_NS, [SEED]))


async def _appended(store: ConductStore, admitted: Admitted) -> None:
    store.append(admitted)


def _id(outcome: Outcome) -> int:
    assert isinstance(outcome, int), f"refused: {outcome}"
    return outcome


def _present(row: Kept | None) -> Kept:
    assert row is not None, "a row was expected"
    return row
