"""The contract of `ConductStore` under faults: a write fails, fails and yet stays, is slow, or comes twice.

Rules
- After a failed write nothing is acknowledged any more; after a restart everything acknowledged before is there, and what was
  not acknowledged can be sent again without being kept twice.

Source: things/stores (the port); promises.md, R1 and R2.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from troth.clock import NS_PER_S
from troth.errors import Busy, StorageFailed
from troth.testing.contracts import NOON_NS, Speaker, fails
from troth.testing.contracts_conduct import ConductBench, keep, noted
from troth.testing.faults import SLOW_S, StoreFault
from troth.things.observations import Outcome, Refusal, Result
from troth.things.stamps import Admitted
from troth.things.stores import ConductStore, Tally

__all__ = ["CONDUCT_FAULT_CASES"]

SEED: Final = bytes(32)


def _rows(*seconds: int) -> list[tuple[int, Result]]:
    return [(NOON_NS + second * NS_PER_S, float(second)) for second in seconds]


async def _fails_at(bench: ConductBench, store: ConductStore, fault: StoreFault, *, speaker: Speaker) -> None:
    """A commit meets a fault: it is never acknowledged, and the store is finished."""
    bench.arm(fault)
    admitted, outcomes = speaker.stamp(_rows(1, 2))
    store.append(admitted)
    await fails(StorageFailed, store.settle())
    assert not outcomes.done(), "a commit that failed was acknowledged"
    assert len(bench.failures) == 1
    await fails(StorageFailed, store.settle())
    await fails(StorageFailed, store.note([noted(1)]))
    await fails(StorageFailed, store.cut(NOON_NS, [SEED]))
    await fails(StorageFailed, _appended(store, speaker))
    assert len(bench.failures) == 1, "the failure is told once"


async def _appended(store: ConductStore, speaker: Speaker) -> Sequence[Outcome]:
    return await keep(store, speaker, _rows(9))


async def a_commit_that_fails_is_never_acknowledged(bench: ConductBench) -> None:
    store, meter = await bench.open(), Speaker(bench.clock)
    kept = await keep(store, meter, _rows(0))
    await _fails_at(bench, store, StoreFault.FAILS, speaker=meter)
    await bench.crash()
    store = await bench.open()
    assert _rows(0) == meter.said(store.tail(meter.asks()))
    assert kept == await keep(store, meter, _rows(0))
    await keep(store, meter, _rows(1, 2))
    assert sorted(row.sequence for row in store.tail(meter.asks())) == [1, 2, 3]
    assert Tally(stored=3, repeated=1) == store.tally(meter.thing)


async def a_commit_that_fails_and_yet_stays_is_not_kept_twice(bench: ConductBench) -> None:
    store, meter = await bench.open(), Speaker(bench.clock)
    await keep(store, meter, _rows(0))
    await _fails_at(bench, store, StoreFault.FAILS_BUT_PERSISTED, speaker=meter)
    await bench.crash()
    store = await bench.open()
    assert _rows(0, 1, 2) == sorted(meter.said(store.tail(meter.asks())))
    again = await keep(store, meter, _rows(1, 2))
    assert [(meter.stream, 2), (meter.stream, 3)] == [store.find(each) for each in again if isinstance(each, int)]
    assert Tally(stored=3, repeated=2) == store.tally(meter.thing)


async def a_batch_that_comes_twice_is_kept_once(bench: ConductBench) -> None:
    store, meter = await bench.open(), Speaker(bench.clock)
    first, once = meter.stamp(_rows(0, 1), keys=[b"key-one!", b"key-two!"])
    second, twice = meter.stamp(_rows(0, 1), keys=[b"key-one!", b"key-two!"])
    store.append(first)
    store.append(second)
    assert await once == await twice
    assert _rows(0, 1) == sorted(meter.said(store.tail(meter.asks())))
    assert Tally(stored=2, repeated=2) == store.tally(meter.thing)


async def a_cut_that_fails_is_there_or_not_but_never_two(bench: ConductBench) -> None:
    meter = Speaker(bench.clock)
    for round_, fault in enumerate((StoreFault.FAILS, StoreFault.FAILS_BUT_PERSISTED), start=1):
        store = await bench.open()
        await keep(store, meter, _rows(round_))
        bench.arm(fault)
        await fails(StorageFailed, store.cut(NOON_NS, [SEED]))
        await bench.crash()
        store = await bench.open()
        (cut,) = await store.cut(NOON_NS + round_, [SEED])
        expected = NOON_NS if fault is StoreFault.FAILS_BUT_PERSISTED else NOON_NS + round_
        assert (round_, expected) == (cut.number, cut.tick_ns)
        assert _rows(round_) == meter.said([row for each in await store.committed(cut) for _, row in each.rows])
        await store.clear([cut])
        await store.close()


async def a_clear_that_fails_can_be_done_again(bench: ConductBench) -> None:
    meter = Speaker(bench.clock)
    for round_, fault in enumerate((StoreFault.FAILS, StoreFault.FAILS_BUT_PERSISTED), start=1):
        store = await bench.open()
        await keep(store, meter, _rows(round_))
        (cut,) = await store.cut(NOON_NS, [SEED])
        bench.arm(fault)
        await fails(StorageFailed, store.clear([cut]))
        await bench.crash()
        store = await bench.open()
        await store.clear([cut])
        assert list(store.tail(meter.asks())) == []
        assert Tally(stored=round_) == store.tally(meter.thing)
        latest = store.latest(meter.asks())
        assert latest is not None
        assert _rows(round_) == meter.said([latest])
        assert (cut.number, 0) == (latest.segment, latest.leaf)
        await store.close()


async def a_slow_commit_is_waited_for_and_nothing_is_kept_after_the_barrier(bench: ConductBench) -> None:
    store, meter = await bench.open(), Speaker(bench.clock)
    await keep(store, meter, _rows(0))
    lease = meter.leased()
    first, kept = meter.stamp(_rows(1), lease=lease)
    second, late = meter.stamp(_rows(2), lease=lease)
    bench.arm(StoreFault.SLOW)
    store.append(first)
    await asyncio.sleep(SLOW_S / 2)  # the commit has begun, and is not durable yet
    assert not kept.done(), "acknowledged before it was durable"
    store.append(second)
    lease.live = False
    await store.settle()
    assert [kept.done(), late.done()] == [True, True]
    assert (meter.stream, 2) == store.find(next(each for each in await kept if isinstance(each, int)))
    assert list(await late) == [Refusal.LEASE_ENDED]
    assert _rows(0, 1) == sorted(meter.said(store.tail(meter.asks())))


async def a_crash_loses_only_what_was_not_acknowledged(bench: ConductBench) -> None:
    store, meter = await bench.open(), Speaker(bench.clock)
    acknowledged: list[int] = []
    stamps = [meter.stamp(_rows(second)) for second in range(40)]
    for second, (admitted, outcomes) in enumerate(stamps):
        store.append(admitted)
        outcomes.add_done_callback(lambda _, second=second: acknowledged.append(second))  # type: ignore[misc]  # binds now
        if second % 7 == 0:
            await outcomes
    await asyncio.sleep(0)
    promised = set(acknowledged)
    await bench.crash()
    store = await bench.open()
    found = {int(float(row.result)) for row in store.tail(meter.asks())}
    assert promised <= found
    assert sorted(range(1, len(found) + 1)) == sorted(row.sequence for row in store.tail(meter.asks()))


async def _offered(store: ConductStore, admitted: Admitted) -> None:
    store.append(admitted)


async def a_store_that_takes_nothing_goes_on_with_the_rest(bench: ConductBench) -> None:
    store, meter = await bench.open(), Speaker(bench.clock)
    told: list[int] = []
    store.listen(lambda rows: told.append(len(rows)))
    await keep(store, meter, _rows(1))
    before, outcomes = meter.stamp(_rows(2))
    store.append(before)
    store.stop_taking("there is no room")
    more, _ = meter.stamp(_rows(3))
    busy = await fails(Busy, _offered(store, more))
    assert busy.message == "there is no room"
    assert busy.retry_after_s
    await outcomes
    await store.note([noted(1)])
    counted = asyncio.Event()
    store.refuse(meter.thing, Refusal.AHEAD, count=1, done=counted.set)
    await counted.wait()
    assert store.tally(meter.thing) == Tally(2, 0, {"ahead": 1})
    told.clear()
    store.take_again()
    assert told == [0], "whoever waits for room is told"
    await keep(store, meter, _rows(3))


CONDUCT_FAULT_CASES: Final[tuple[Callable[[ConductBench], Awaitable[None]], ...]] = (
    a_commit_that_fails_is_never_acknowledged,
    a_commit_that_fails_and_yet_stays_is_not_kept_twice,
    a_batch_that_comes_twice_is_kept_once,
    a_cut_that_fails_is_there_or_not_but_never_two,
    a_clear_that_fails_can_be_done_again,
    a_slow_commit_is_waited_for_and_nothing_is_kept_after_the_barrier,
    a_crash_loses_only_what_was_not_acknowledged,
    a_store_that_takes_nothing_goes_on_with_the_rest,
)
