"""What only the file of the conduct store can suffer: newer, damaged, full, and callers who go away or break."""

import asyncio
import os
import sqlite3
import stat
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from tests.contracts.crashed_files import a_turn_of_the_loop
from tests.contracts.test_conduct import SqliteBench
from troth.adapters.conduct_sqlite import BATCH_ROWS, SqliteConduct
from troth.adapters.conduct_tables import FORMAT
from troth.adapters.sqlite_files import connect_writer
from troth.clock import NS_PER_S
from troth.errors import DiskFull, FormatTooNew, StorageFailed
from troth.testing.contracts import NOON_NS, Speaker, fails, run
from troth.testing.contracts_conduct import keep, noted, series
from troth.testing.faults import StoreFault
from troth.things.observations import Outcome
from troth.things.stores import Committed, ConductStore


def with_bench(case: Callable[[SqliteBench], Awaitable[None]], folder: Path) -> None:
    run(case, partial(SqliteBench, folder))


async def filled(bench: SqliteBench) -> Path:
    """A file with moved and unmoved rows, closed."""
    store, meter = await bench.open(), Speaker(bench.clock)
    await keep(store, meter, series(10))
    await store.clear(await store.cut(NOON_NS, [bytes(32)]))
    await keep(store, meter, series(10, start=10))
    await store.close()
    return bench.folder / "conduct.db"


def change(file: Path, sql: str) -> None:
    connection = sqlite3.connect(file)
    connection.execute(sql)
    connection.commit()
    connection.close()


def test_a_newer_format_is_refused_by_name(tmp_path: Path) -> None:
    async def case(bench: SqliteBench) -> None:
        change(await filled(bench), "UPDATE meta SET value = 5 WHERE name = 'format'")
        error = await fails(FormatTooNew, bench.open())
        assert "conduct has format 5" in error.message
        assert bench.failures == []

    with_bench(case, tmp_path)


def test_an_older_format_is_brought_up_before_anything_is_written(tmp_path: Path) -> None:
    async def case(bench: SqliteBench) -> None:
        path = await filled(bench)
        change(path, "UPDATE meta SET value = 2 WHERE name = 'format'")
        await bench.open()
        with closing(sqlite3.connect(path)) as connection:
            assert [(FORMAT,)] == connection.execute("SELECT value FROM meta WHERE name = 'format'").fetchall()

    with_bench(case, tmp_path)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE commits SET rows = substr(rows, 1, length(rows) - 1)",
        "UPDATE commits SET rows = x'00'",
        "UPDATE commits SET counts = x'00'",
        "UPDATE commits SET keys = x'00'",
        "UPDATE commits SET runs = x'00'",
        "UPDATE commits SET traces = x'00'",
        "UPDATE streams SET latest = x''",
        "DELETE FROM meta WHERE name = 'cut_last'",
        "UPDATE meta SET value = 'journal' WHERE name = 'kind'",
        "UPDATE meta SET value = 'one' WHERE name = 'format'",
        "DROP TABLE streams",
        "DELETE FROM meta",
    ],
)
def test_a_damaged_file_is_not_opened(damage: str, tmp_path: Path) -> None:
    async def case(bench: SqliteBench) -> None:
        change(await filled(bench), damage)
        await fails(StorageFailed, bench.open())
        assert bench.failures == []

    with_bench(case, tmp_path)


@pytest.mark.parametrize("content", [b"", b"conduct " * 1_000])
def test_a_file_without_its_tables_is_damaged_and_not_new(content: bytes, tmp_path: Path) -> None:
    async def case(bench: SqliteBench) -> None:
        file = await filled(bench)
        file.write_bytes(content)
        await fails(StorageFailed, bench.open())
        assert content == file.read_bytes()

    with_bench(case, tmp_path)


def test_what_a_crash_left_of_a_file_in_the_making_is_made_anew(tmp_path: Path) -> None:
    async def case(bench: SqliteBench) -> None:
        bench.folder.mkdir()
        (bench.folder / "conduct.db.new").write_bytes(b"half of it")
        (bench.folder / "conduct.db.new-journal").write_bytes(b"and its journal")
        store = await bench.open()
        await keep(store, Speaker(bench.clock), series(3))
        assert {"conduct.db", "conduct.db-wal", "conduct.db-shm"} == {path.name for path in bench.folder.iterdir()}

    with_bench(case, tmp_path)


def test_the_files_are_their_owners_alone(tmp_path: Path) -> None:
    async def case(bench: SqliteBench) -> None:
        store = await bench.open()
        await keep(store, Speaker(bench.clock), series(3))
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in bench.folder.iterdir()}
        assert {"conduct.db": 0o600, "conduct.db-wal": 0o600, "conduct.db-shm": 0o600} == modes
        assert stat.S_IMODE(bench.folder.stat().st_mode) == 0o700

    with_bench(case, tmp_path)


def test_a_folder_that_cannot_be_made_fails(tmp_path: Path) -> None:
    async def case(bench: SqliteBench) -> None:
        bench.folder.write_text("a file stands here")
        await fails(StorageFailed, bench.open())

    with_bench(case, tmp_path)


def test_a_full_disk_is_named_and_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    def small(path: Path) -> sqlite3.Connection:
        connection = connect_writer(path)
        connection.execute("PRAGMA max_page_count = 60")
        return connection

    async def case(bench: SqliteBench) -> None:
        store = await SqliteConduct.open(
            bench.folder / "conduct.db",
            clock=bench.clock,
            entropy=os.urandom,
            taken=bench.taken,
            on_failure=bench.failures.append,
            connect=small,
        )
        bench.stores.append(store)
        meter = Speaker(bench.clock)
        acknowledged = 0

        async def until_full() -> None:
            nonlocal acknowledged
            while True:
                await store.note([noted(acknowledged)])
                admitted, outcomes = meter.stamp(series(500, start=500 * acknowledged))
                store.append(admitted)
                await store.settle()
                await outcomes
                acknowledged += 1

        await fails(DiskFull, asyncio.wait_for(until_full(), timeout=30))
        assert [DiskFull] == [type(each) for each in bench.failures]
        assert acknowledged > 1
        await bench.crash()
        again = await bench.open()
        rows = again.tail(meter.asks())
        assert 500 * acknowledged <= len(rows)
        assert list(range(1, len(rows) + 1)) == sorted(row.sequence for row in rows)

    with_bench(case, tmp_path)


def test_one_broken_callback_keeps_no_acknowledgement_back(tmp_path: Path) -> None:
    async def case(bench: SqliteBench) -> None:
        store = await bench.open()
        met: list[Mapping[str, object]] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: met.append(context))

        def breaks(_: object) -> None:
            raise KeyError("a listener's mistake")

        store.listen(breaks)
        outcomes: list[Outcome] = list(await keep(store, Speaker(bench.clock), series(3)))
        assert len(outcomes) == 3
        assert [KeyError] == [type(context["exception"]) for context in met]
        assert bench.failures == []

    with_bench(case, tmp_path)


def test_a_caller_who_stops_waiting_takes_nothing_back(tmp_path: Path) -> None:
    async def case(bench: SqliteBench) -> None:
        store, meter = await bench.open(), Speaker(bench.clock)
        await keep(store, meter, series(3))
        for work in (store.note([noted(1)]), store.cut(NOON_NS, [bytes(32)])):
            task = asyncio.ensure_future(work)
            await a_turn_of_the_loop()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        await store.settle()
        assert store.uncut == 0
        (cut,) = await store.cut(NOON_NS + 1, [bytes(32)])
        assert (1, NOON_NS) == (cut.number, cut.tick_ns)
        assert sum(len(commit.traces) for commit in await store.committed(cut)) == 2
        clearing = asyncio.ensure_future(store.clear([cut]))
        await a_turn_of_the_loop()
        clearing.cancel()
        await asyncio.gather(clearing, return_exceptions=True)
        await store.settle()
        assert list(store.tail(meter.asks())) == []

    with_bench(case, tmp_path)


def test_a_stamp_that_no_segment_could_hold_is_our_mistake(tmp_path: Path) -> None:
    async def case(bench: SqliteBench) -> None:
        store, meter = await bench.open(), Speaker(bench.clock)
        admitted, _ = meter.stamp(series(BATCH_ROWS + 1))
        with pytest.raises(RuntimeError):
            store.append(admitted)
        largest, outcomes = meter.stamp(series(BATCH_ROWS))
        store.append(largest)
        more, others = meter.stamp(series(BATCH_ROWS, start=BATCH_ROWS))
        store.append(more)
        await outcomes
        await others
        assert BATCH_ROWS + 1 == sum(len(commit.rows) + len(commit.traces) for commit in await first_segment(store))

    with_bench(case, tmp_path)


def test_a_large_stamp_does_not_join_a_commit_that_it_would_overfill(tmp_path: Path) -> None:
    async def case(bench: SqliteBench) -> None:
        store, meter, lamp = await bench.open(), Speaker(bench.clock), Speaker(bench.clock, "lamp")
        bench.arm(StoreFault.SLOW)
        stamps = [meter.stamp(series(1)), meter.stamp(series(19_000, start=1)), lamp.stamp(series(BATCH_ROWS))]
        store.append(stamps[0][0])
        await a_turn_of_the_loop()
        for admitted, _ in stamps[1:]:
            store.append(admitted)
        await asyncio.gather(*(outcomes for _, outcomes in stamps))
        for _ in range(3):
            await store.clear(await store.cut(NOON_NS, [bytes(32)]))
        assert store.uncut == 0, "a commit that no segment can hold"

    with_bench(case, tmp_path)


async def first_segment(store: ConductStore) -> Sequence[Committed]:
    (cut,) = await store.cut(NOON_NS, [bytes(32)])
    return await store.committed(cut)


def test_a_clock_that_stands_still_does_not_stop_commits(tmp_path: Path) -> None:
    async def case(bench: SqliteBench) -> None:
        store, meter = await bench.open(), Speaker(bench.clock)
        for second in range(20):
            await keep(store, meter, series(1, start=second))
        bench.clock.now_ns -= 3_600 * NS_PER_S
        await keep(store, meter, series(1, start=30))
        assert store.tally(meter.thing).stored == 21

    with_bench(case, tmp_path)
