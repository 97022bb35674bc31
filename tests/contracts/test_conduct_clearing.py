"""Clearing what is moved goes on beside commits: nobody waits for all of it, and nothing is answered otherwise meanwhile."""

import asyncio
import os
import queue
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from tests.contracts.crashed_files import a_turn_of_the_loop
from tests.contracts.test_conduct import SqliteBench
from troth.adapters.conduct_landing import once
from troth.adapters.conduct_lasting import Left
from troth.adapters.conduct_queue import Beside, Order, Steps, Work
from troth.adapters.conduct_standing import Standing
from troth.adapters.conduct_turns import Turns
from troth.adapters.conduct_writing import Landed, Writer
from troth.adapters.sqlite_files import connect_writer
from troth.names import StreamId
from troth.testing.contracts import NOON_NS, Speaker, run, stamp_many
from troth.things.observations import Refusal, Repeated
from troth.things.stores import ConductStore, Cut

STREAMS = 600  # more than two steps of the writer's
SEED = bytes(32)


def work_through(work: Iterator[None]) -> None:
    """As the loop does it, step after step."""
    for _ in work:
        pass


def test_who_speaks_while_rows_are_cleared_is_answered_before_it_is_over(tmp_path: Path) -> None:
    async def case(bench: SqliteBench) -> None:
        speakers = [Speaker(bench.clock, f"meter {number}") for number in range(STREAMS)]
        writer = Writer(
            tmp_path / "conduct.db", clock=bench.clock, entropy=os.urandom, taken=bench.taken, connect=connect_writer
        )
        writer.load()
        inbox: queue.SimpleQueue[Work] = queue.SimpleQueue()
        done: list[str] = []
        cuts: list[Cut] = []

        def landed(commit: Landed) -> Iterator[None]:
            return once(partial(done.append, f"{sum(each.count for each in commit.lasting.pieces)} rows"))

        def cut() -> partial[None]:
            cuts.extend(writer.cut(NOON_NS, [SEED])[0])
            return partial(done.append, "cut")

        def clear() -> Steps:
            left = yield from writer.clear(cuts)
            return once(partial(done.append, f"{len(left)} streams cleared"))

        def close() -> partial[None]:
            writer.close()
            return partial(done.append, "closed")

        said = [row for speaker in speakers for row in speaker.adds([(NOON_NS, 1.5)])]
        later = [row for speaker in speakers[:3] for row in speaker.adds([(NOON_NS + 1, 2.5)])]
        inbox.put(stamp_many(said, gate_ns=NOON_NS)[0])
        inbox.put(Order(cut))
        inbox.put(Beside(clear))
        inbox.put(stamp_many(later, gate_ns=NOON_NS)[0])
        inbox.put(Order(close))
        turns = Turns(
            writer,
            inbox,
            commit_ns=0,
            queued=lambda: 0,
            landed=landed,
            post=work_through,
            fail=bench.failures.append,
        )
        turns.run()
        assert [f"{STREAMS} rows", "cut", "3 rows", f"{STREAMS} streams cleared", "closed"] == done
        assert not bench.failures

    run(case, lambda: SqliteBench(tmp_path))


def test_a_stream_that_spoke_while_its_rows_were_cleared_goes_on_from_both(tmp_path: Path) -> None:
    async def case(bench: SqliteBench) -> None:
        store, meter, lamp = await bench.open(), Speaker(bench.clock), Speaker(bench.clock, "lamp")
        said = [*meter.adds([(NOON_NS, 1.5), (NOON_NS + 1, 2.5)]), *lamp.adds([(NOON_NS, 7.5)])]
        store.append(stamp_many(said, gate_ns=NOON_NS)[0])
        await store.settle()
        cuts = await store.cut(NOON_NS, [SEED])
        for kept in [row for cut in cuts for each in await store.committed(cut) for _, row in each.rows]:
            bench.moved[kept.stream, kept.from_ns] = kept
        clearing = asyncio.ensure_future(store.clear(cuts))
        await a_turn_of_the_loop()  # it has been asked for
        again = [*meter.adds([(NOON_NS + 1, 2.5)]), *lamp.adds([(NOON_NS, 9.5)]), *meter.adds([(NOON_NS + 2, 3.5)])]
        admitted, outcomes = stamp_many(again, gate_ns=NOON_NS)
        store.append(admitted)
        await clearing
        repeated, taken, new = await outcomes
        assert Refusal.TIME_TAKEN is taken
        assert [Repeated, int] == [type(repeated), type(new)]
        assert (meter.stream, 3) == store.find(int(new))
        latest = [store.latest(each.asks()) for each in (meter, lamp)]
        assert [3.5, 7.5] == [None if row is None else row.result for row in latest]
        assert await store.cut(NOON_NS, [SEED]) != cuts

    run(case, lambda: SqliteBench(tmp_path))


def test_everything_before_has_ended_when_it_is_said_so(tmp_path: Path) -> None:
    async def case(bench: SqliteBench) -> None:
        store, meter = await bench.open(), Speaker(bench.clock)
        store.append(stamp_many(meter.adds([(NOON_NS, 1.5)]), gate_ns=NOON_NS)[0])
        await store.settle()
        clearing = asyncio.ensure_future(store.clear(await store.cut(NOON_NS, [SEED])))
        await a_turn_of_the_loop()
        admitted, outcomes = stamp_many(meter.adds([(NOON_NS + 1, 2.5)]), gate_ns=NOON_NS)
        store.append(admitted)
        await store.settle()
        assert clearing.done()
        assert outcomes.done()
        assert [2.5] == [row.result for row in store.tail(meter.asks())]

    run(case, lambda: SqliteBench(tmp_path))


def test_the_latest_rows_are_answered_alike_while_their_commits_are_cleared(tmp_path: Path) -> None:
    async def case(bench: SqliteBench) -> None:
        store = await bench.open()
        speakers = [Speaker(bench.clock, f"meter {number}") for number in range(STREAMS)]
        said = [row for speaker in speakers for row in speaker.adds([(NOON_NS, 1.5), (NOON_NS + 1, 2.5)])]
        store.append(stamp_many(said, gate_ns=NOON_NS)[0])
        await store.settle()
        cuts = await store.cut(NOON_NS, [SEED])
        clearing = asyncio.ensure_future(store.clear(cuts))
        while not clearing.done():
            assert [2.5] * 3 == [latest_of(store, speakers[number]) for number in (0, STREAMS // 2, STREAMS - 1)]
            await a_turn_of_the_loop()
        assert [2.5] * STREAMS == [latest_of(store, speaker) for speaker in speakers]
        assert (None, []) == (store.unmoved_from_ns, list(store.tail(speakers[0].asks())))

    run(case, lambda: SqliteBench(tmp_path))


def latest_of(store: ConductStore, speaker: Speaker) -> object:
    row = store.latest(speaker.asks())
    return None if row is None else row.result


def test_what_memory_lets_go_of_is_let_go_of_in_steps() -> None:
    left: dict[StreamId, Left] = {StreamId(number.to_bytes(16)): (2, None) for number in range(2_100)}
    standing = Standing()
    assert [None, None] == list(standing.clear(1, left))
