"""A thing whose every word is as long as allowed costs what it weighs, not what it counts: in a commit, a queue, a page."""

import asyncio
import random
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from tests.journeys.test_rows_and_outlets import OPEN, SHELF, Hands, town
from tests.made_town import collects, ns
from troth.adapters.conduct_sqlite import SqliteConduct
from troth.adapters.conduct_writing import CUT_BYTES
from troth.errors import Busy
from troth.gate.leases import Lease
from troth.journeys.hear import Hear
from troth.journeys.inlet import HAND_OVER_BYTES
from troth.journeys.tell import LONG_PAGE_MAX
from troth.names import ThingId
from troth.testing.memory_conduct import MemoryConduct
from troth.testing.world import World
from troth.things.observations import Kept, Outcome, ResultType
from troth.things.query import PAGE_MAX, ObservationQuery
from troth.things.stamps import Admitted, AdmittedMany
from troth.things.stores import SEGMENT_MAX
from troth.wire.limits import PAYLOAD_BYTES

LONG = "x" * PAYLOAD_BYTES
PER_STAMP = 8
MIB = 1 << 20


async def opened(path: Path, *, queue_rows: int = 200_000) -> tuple[SqliteConduct, Lease]:
    made, stream = town(OPEN)

    def taken(*_: object, **__: object) -> Kept | None:
        return None

    def failed(error: Exception) -> None:
        raise error

    entropy = random.Random(1).randbytes
    store = await SqliteConduct.open(
        path, clock=Hands(50), entropy=entropy, taken=taken, on_failure=failed, queue_rows=queue_rows
    )
    return store, made.lease(collects(stream, 50))


def offer(store: SqliteConduct, lease: Lease, number: int) -> "asyncio.Future[Sequence[Outcome]]":
    """One stamp of long words."""
    done: asyncio.Future[Sequence[Outcome]] = asyncio.get_running_loop().create_future()
    times = [ns(1) + number * PER_STAMP + at for at in range(PER_STAMP)]
    admitted = lease.admit(
        ThingId(bytes(16)),
        SHELF,
        type_=ResultType.TEXT,
        gate_ns=ns(50),
        times=times,
        ends=times,
        results=[LONG] * PER_STAMP,
        keys=[b""] * PER_STAMP,
        done=done.set_result,
    )
    store.append(admitted)
    return done


def test_long_words_are_spread_over_commits_and_segments_that_can_be_written_and_built(tmp_path: Path) -> None:
    async def run() -> None:
        store, lease = await opened(tmp_path / "conduct.db")
        stamps = CUT_BYTES // (PER_STAMP * PAYLOAD_BYTES) + 8
        await asyncio.gather(*(offer(store, lease, number) for number in range(stamps)))
        with closing(sqlite3.connect(tmp_path / "conduct.db")) as file:
            (largest,) = file.execute("SELECT max(length(rows)) FROM commits").fetchone()
        assert largest < 32 * MIB
        assert store.uncut >= SEGMENT_MAX, "a segment closes before its tick when much waits, however few it is"
        (cut,) = await store.cut(1, [bytes(32)])
        weight = sum(len(str(row.result)) for commit in await store.committed(cut) for _, row in commit.rows)
        assert 0 < weight <= CUT_BYTES
        assert store.uncut < SEGMENT_MAX
        await store.clear([cut])
        (rest,) = await store.cut(2, [bytes(32)])
        assert rest.last >= rest.first
        await store.close()

    asyncio.run(run())


def test_a_queue_is_full_when_it_weighs_too_much(tmp_path: Path) -> None:
    async def run() -> None:
        store, lease = await opened(tmp_path / "conduct.db", queue_rows=10_000)
        told = [offer(store, lease, number) for number in range(4)]  # 256 KiB weigh as much as 257 rows
        with pytest.raises(Busy):
            await offer(store, lease, 4)
        await asyncio.gather(*told)
        await offer(store, lease, 100)
        await store.close()

    asyncio.run(run())


class Weighing(MemoryConduct):
    """A store that takes no stamp heavier than it should be."""

    def append(self, admitted: Admitted | AdmittedMany) -> None:
        assert sum(len(str(each)) for each in admitted.results) <= HAND_OVER_BYTES + PAYLOAD_BYTES
        super().append(admitted)


def test_what_waited_is_stamped_in_pieces_that_a_commit_can_hold() -> None:
    with World(seed=1) as world:
        gauge = world.thing("gauge", stream="word", type_="text")

        async def run() -> list[Outcome]:
            entropy = random.Random(1).randbytes
            store = Weighing(world.clock, entropy=entropy, taken=world.observations.taken, on_failure=world.node.fail)
            hear = Hear(store, world.node.leases, world.node.directory, clock=world.clock)
            told: list[asyncio.Future[Outcome]] = []
            for _ in range(3 * HAND_OVER_BYTES // PAYLOAD_BYTES):
                told.append(world.loop.create_future())
                hear.inlets(gauge.joined.thing)["word"].offer(LONG, time_ns=None, done=told[-1].set_result)
            hear.flush()
            return [await each for each in told]

        assert all(isinstance(outcome, int) for outcome in world.run(run()))


def test_a_page_of_words_has_fewer_rows_than_one_of_numbers_and_the_rest_follows() -> None:
    with World(seed=1) as world:
        gauge = world.thing("gauge", stream="word", type_="text")
        count = LONG_PAGE_MAX + 5
        for number in range(count):
            gauge.says(f"{number}")

        async def pages() -> list[int]:
            sizes, after = list[int](), None
            while True:
                query = ObservationQuery(top=PAGE_MAX, after=after)
                page = await world.node.tell.observations(gauge.number, query, asker=None)
                sizes.append(len(page.rows))
                after = page.after
                if after is None:
                    return sizes

        assert [LONG_PAGE_MAX, 5] == world.run(pages())
        assert count == world.run(world.node.tell.count(gauge.number, ObservationQuery(), asker=None))
