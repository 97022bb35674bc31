"""Both observation stores keep the contract of their port; the files of the SQLite one survive a failure at every step."""

import asyncio
import copy
import shutil
import sqlite3
import stat
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest

from tests.contracts.crashed_files import a_turn_of_the_loop
from tests.contracts.faulty_sqlite import FaultyDisk
from troth.adapters.partitions_expiring import EXPIRED_AT_ONCE
from troth.adapters.partitions_sqlite import SqliteObservations
from troth.clock import NS_PER_S
from troth.errors import FormatTooNew, StorageFailed
from troth.names import StreamId
from troth.testing.contracts import NOON_NS, Speaker, StillClock, fails, name_of, run
from troth.testing.contracts_erasing import OBSERVATION_ERASING_CASES
from troth.testing.contracts_observations import OBSERVATION_CASES, ObservationBench, Told, moved
from troth.testing.contracts_retention import OBSERVATION_RETENTION_CASES
from troth.testing.faults import StoreFault
from troth.testing.memory_observations import MemoryObservations
from troth.things.observations import Result
from troth.things.query import ObservationQuery
from troth.things.retention import Keeping
from troth.things.stores import SEGMENT_MAX, Committed, ObservationStore, Segment

MONTH_NS = 31 * 86_400 * NS_PER_S


class MemoryBench:
    def __init__(self) -> None:
        self.clock = StillClock()
        self.store = MemoryObservations(self.clock)

    async def open(self) -> ObservationStore:
        self.store = self.store.crash()
        return self.store

    def arm(self, fault: StoreFault) -> None:
        self.store.faults.arm(fault)

    async def crash(self) -> None:
        self.store = self.store.crash()

    async def end(self) -> None:
        await self.store.close()


class SqliteBench:
    def __init__(self, folder: Path) -> None:
        self.clock = StillClock()
        self.folder = folder / "0"
        self.disk = FaultyDisk()
        self.failures: list[Exception] = []
        self.opened: list[SqliteObservations] = []

    async def open(self) -> SqliteObservations:
        store = await SqliteObservations.open(
            self.folder, clock=self.clock, on_failure=self.failures.append, connect=self.disk.connect
        )
        self.opened.append(store)
        return store

    def arm(self, fault: StoreFault) -> None:
        self.disk.arm(fault)

    async def crash(self) -> None:
        left = self.folder.with_name(str(len(self.opened)))
        shutil.copytree(self.folder, left, ignore=shutil.ignore_patterns("*-shm"))
        self.folder = left

    async def end(self) -> None:
        for each in self.opened:
            await each.close()


@pytest.mark.parametrize(
    "case", OBSERVATION_CASES + OBSERVATION_ERASING_CASES + OBSERVATION_RETENTION_CASES, ids=name_of
)
@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_an_observation_store_keeps_its_contract(
    kind: str, case: Callable[[ObservationBench], Awaitable[None]], tmp_path: Path
) -> None:
    def make() -> ObservationBench:
        return MemoryBench() if kind == "memory" else SqliteBench(tmp_path)

    run(case, make)


def with_bench(case: Callable[[SqliteBench], Awaitable[None]], folder: Path) -> None:
    run(case, partial(SqliteBench, folder))


COMMITS_OF_THE_MOVE = 7  # three partitions are made and filled, and one row of segments.db says so


def a_move(bench: SqliteBench) -> tuple[Speaker, Speaker, Segment, list[Committed]]:
    """A move of three partitions: two months of one place, one of another."""
    meter, lamp = Speaker(bench.clock), Speaker(bench.clock, "lamp")
    months: list[tuple[int, Result]] = [(NOON_NS, 1.0), (NOON_NS + MONTH_NS, 2.0)]
    segment, commits = Told().segment((meter, months), (lamp, [(NOON_NS, 3.0)]), traces=[b"opened"])
    return meter, lamp, segment, commits


def test_a_move_commits_each_file_once(tmp_path: Path) -> None:
    async def case(bench: SqliteBench) -> None:
        store = await bench.open()
        _, _, segment, commits = a_move(bench)
        before = bench.disk.commits
        await store.move([segment], commits)
        assert bench.disk.commits - before == COMMITS_OF_THE_MOVE
        await store.move([segment], commits)
        assert bench.disk.commits - before == COMMITS_OF_THE_MOVE

    with_bench(case, tmp_path)


@pytest.mark.parametrize("fault", [StoreFault.FAILS, StoreFault.FAILS_BUT_PERSISTED])
@pytest.mark.parametrize("step", range(COMMITS_OF_THE_MOVE))
def test_a_move_that_fails_at_any_commit_is_finished_after_the_next_start(
    fault: StoreFault, step: int, tmp_path: Path
) -> None:
    async def case(bench: SqliteBench) -> None:
        store = await bench.open()
        meter, lamp, segment, commits = a_move(bench)
        bench.disk.arm(fault, spared=step)
        await fails(StorageFailed, store.move([segment], commits))
        await fails(StorageFailed, store.rows(meter.asks()))
        assert len(bench.failures) == 1
        await bench.crash()
        store = await bench.open()
        is_moved = step == COMMITS_OF_THE_MOVE - 1 and fault is StoreFault.FAILS_BUT_PERSISTED
        assert (segment if is_moved else None) == await store.last_segment()
        await store.move([segment], commits)
        assert [1.0, 2.0] == [row.result for row in await store.rows(meter.asks())]
        assert [3.0] == [row.result for row in await store.rows(lamp.asks())]
        assert segment == await store.last_segment()
        assert len(await store.traces(1)) == 1

    with_bench(case, tmp_path)


def test_rows_lie_in_the_folder_of_their_place_retention_and_period(tmp_path: Path) -> None:
    async def case(bench: SqliteBench) -> None:
        store = await bench.open()
        meter, lamp, segment, commits = a_move(bench)
        await store.move([segment], commits)
        await store.close()
        found = {str(path.relative_to(bench.folder)) for path in bench.folder.rglob("*.db")}
        home, other = meter.shelf.place.hex(), lamp.shelf.place.hex()
        assert {
            "segments.db",
            f"{home}/30/2026-09-21.db",
            f"{home}/30/2026-10-22.db",
            f"{other}/30/2026-09-21.db",
        } == found

    with_bench(case, tmp_path)


def test_files_and_folders_are_their_owners_alone(tmp_path: Path) -> None:
    async def case(bench: SqliteBench) -> None:
        store = await bench.open()
        _, _, segment, commits = a_move(bench)
        await store.move([segment], commits)
        for path in [bench.folder, *bench.folder.rglob("*")]:
            assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path.name

    with_bench(case, tmp_path)


def test_rows_can_be_read_where_nobody_writes(tmp_path: Path) -> None:
    async def case(bench: SqliteBench) -> None:
        store = await bench.open()
        meter, _, segment, commits = a_move(bench)
        await store.move([segment], commits)
        await store.close()
        store = await bench.open()
        assert [1.0, 2.0] == [row.result for row in await store.rows(meter.asks())]
        assert store.taken(meter.stream, meter.shelf, time_ns=NOON_NS) is not None

    with_bench(case, tmp_path)


def test_more_files_than_are_kept_open_can_be_written(tmp_path: Path) -> None:
    async def case(bench: SqliteBench) -> None:
        store, told = await bench.open(), Told()
        homes = [Speaker(bench.clock, f"home {number}") for number in range(80)]
        for second in range(2):
            rows: list[tuple[int, Result]] = [(NOON_NS + second, float(second))]
            await moved(store, told.segment(*((home, rows) for home in homes)))
        for home in homes:
            assert [0.0, 1.0] == [row.result for row in await store.rows(home.asks())]
            assert store.taken(home.stream, home.shelf, time_ns=NOON_NS) is not None

    with_bench(case, tmp_path)


def test_a_page_is_read_in_slices_and_ends_with_its_lease(tmp_path: Path) -> None:
    async def case(bench: SqliteBench) -> None:
        store, told, meter = await bench.open(), Told(), Speaker(bench.clock)
        rows: list[tuple[int, Result]] = [(NOON_NS + second * NS_PER_S, float(second)) for second in range(12_000)]
        await moved(store, told.segment((meter, rows)))
        query = ObservationQuery(top=11_000)
        assert rows[:11_000] == meter.said(await store.rows(meter.asks(query)))
        reading = asyncio.ensure_future(store.rows(meter.asks(query)))
        await a_turn_of_the_loop()
        meter.lease.live = False
        assert list(await reading) == []

    with_bench(case, tmp_path)


async def with_one_move(bench: SqliteBench) -> tuple[Speaker, Path]:
    store = await bench.open()
    meter, _, segment, commits = a_move(bench)
    await store.move([segment], commits)
    await store.close()
    return meter, bench.folder / meter.shelf.place.hex() / "30" / "2026-09-21.db"


def change(file: Path, sql: str) -> None:
    connection = sqlite3.connect(file)
    connection.execute(sql)
    connection.commit()
    connection.close()


def test_a_newer_format_is_refused_by_name(tmp_path: Path) -> None:
    async def case(bench: SqliteBench) -> None:
        await with_one_move(bench)
        change(bench.folder / "segments.db", "UPDATE meta SET value = 2 WHERE name = 'format'")
        error = await fails(FormatTooNew, bench.open())
        assert "segments has format 2" in error.message

    with_bench(case, tmp_path)


def test_a_newer_partition_is_not_written(tmp_path: Path) -> None:
    async def case(bench: SqliteBench) -> None:
        meter, partition = await with_one_move(bench)
        change(partition, "UPDATE meta SET value = 2 WHERE name = 'format'")
        store = await bench.open()
        told = Told()
        told.number = 1
        await fails(FormatTooNew, moved(store, told.segment((meter, [(NOON_NS + 1, 9.0)]))))

    with_bench(case, tmp_path)


def test_a_damaged_partition_is_not_an_empty_one(tmp_path: Path) -> None:
    async def case(bench: SqliteBench) -> None:
        meter, partition = await with_one_move(bench)
        partition.write_bytes(b"rows " * 1_000)
        store = await bench.open()
        await fails(StorageFailed, store.rows(meter.asks()))
        await fails(StorageFailed, store.row(meter.asks(), sequence=1))
        with pytest.raises(StorageFailed):
            store.taken(meter.stream, meter.shelf, time_ns=NOON_NS)

    with_bench(case, tmp_path)


def test_much_that_is_over_goes_in_rounds_that_fit_a_segment(tmp_path: Path) -> None:
    async def case(bench: SqliteBench) -> None:
        store, first = await bench.open(), Speaker(bench.clock)
        speakers = [first]
        for number in range(EXPIRED_AT_ONCE):
            another = copy.copy(first)
            another.stream = StreamId(number.to_bytes(16))
            speakers.append(another)
        segment, commits = Told().segment(*((each, [(NOON_NS, 1.0)]) for each in speakers))
        await store.move([segment], commits)
        keeping = Keeping(NOON_NS + 40 * 86_400 * NS_PER_S, lambda _: None, lambda _: False)
        for expected in (EXPIRED_AT_ONCE, 1):
            expiry = await store.expiry(keeping)
            assert expiry is not None
            assert expected == len(expiry.gone)
            await store.expire(expiry)
        assert await store.expiry(keeping) is None
        assert [] == [path for path in bench.folder.rglob("*.db") if path.name != "segments.db"]
        assert EXPIRED_AT_ONCE < SEGMENT_MAX

    with_bench(case, tmp_path)
