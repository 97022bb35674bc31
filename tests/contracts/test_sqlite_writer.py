"""What the journal and the accounts rely on in the thread that writes their files."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest

from tests.contracts.crashed_files import a_turn_of_the_loop
from tests.contracts.faulty_sqlite import FaultyDisk
from troth.adapters.sqlite_writer import SqliteWriter
from troth.errors import Conflict, StorageFailed
from troth.testing.contracts import fails, run
from troth.testing.faults import StoreFault

ADD = "INSERT INTO numbers VALUES (?)"


class Bench:
    def __init__(self, folder: Path) -> None:
        self.failures: list[Exception] = []
        self.landed: list[int] = []
        self.synchronous = -1
        self.disk = FaultyDisk()
        self.writer = SqliteWriter(folder / "numbers.db", connect=self.disk.connect, on_failure=self.failures.append)

    async def start(self) -> None:
        def load(connection: sqlite3.Connection) -> Callable[[], None]:
            self.synchronous = connection.execute("PRAGMA synchronous").fetchone()[0]
            return lambda: None

        await self.writer.open(load, kind="numbers", newest=1, schema="CREATE TABLE numbers(number PRIMARY KEY)")

    async def add(self, number: int) -> int:
        def work(connection: sqlite3.Connection) -> Callable[[], int]:
            if number < 0:
                raise Conflict("no negative numbers")
            connection.execute(ADD, (number,))

            def then() -> int:
                self.landed.append(number)
                return number

            return then

        return await self.writer.write(work)

    async def kept(self) -> list[int]:
        def work(connection: sqlite3.Connection) -> Callable[[], list[int]]:
            numbers = [number for (number,) in connection.execute("SELECT number FROM numbers ORDER BY rowid")]
            return lambda: numbers

        return await self.writer.write(work)

    def arm(self, fault: StoreFault) -> None:
        self.disk.arm(fault)

    async def crash(self) -> None:
        raise NotImplementedError

    async def end(self) -> None:
        await self.writer.close()


def with_bench(case: Callable[[Bench], Awaitable[None]], folder: Path) -> None:
    run(case, partial(Bench, folder))


def test_a_commit_is_synced_before_it_is_told(tmp_path: Path) -> None:
    async def case(bench: Bench) -> None:
        await bench.start()
        assert bench.synchronous == 2  # PRAGMA synchronous: FULL

    with_bench(case, tmp_path)


def test_a_refused_change_leaves_its_neighbours_alone(tmp_path: Path) -> None:
    async def case(bench: Bench) -> None:
        await bench.start()
        got = await asyncio.gather(*(bench.add(number) for number in (1, -2, 3, -4, 5)), return_exceptions=True)
        assert [1, Conflict, 3, Conflict, 5] == [type(each) if isinstance(each, Conflict) else each for each in got]
        assert [1, 3, 5] == bench.landed == await bench.kept()
        assert [] == bench.failures

    with_bench(case, tmp_path)


def test_a_change_lands_though_nobody_waits_for_it(tmp_path: Path) -> None:
    async def case(bench: Bench) -> None:
        await bench.start()
        tasks = [asyncio.ensure_future(bench.add(number)) for number in range(6)]
        await a_turn_of_the_loop()
        for task in tasks[::2]:
            task.cancel()
        assert [0, 1, 2, 3, 4, 5] == await bench.kept() == bench.landed

    with_bench(case, tmp_path)


@pytest.mark.parametrize("fault", [StoreFault.FAILS, StoreFault.FAILS_BUT_PERSISTED])
def test_nothing_lands_once_a_commit_has_failed(fault: StoreFault, tmp_path: Path) -> None:
    async def case(bench: Bench) -> None:
        await bench.start()
        bench.arm(fault)
        await asyncio.gather(*(fails(StorageFailed, bench.add(number)) for number in range(5)))
        await fails(StorageFailed, bench.add(6))
        assert [] == bench.landed
        assert [StorageFailed] == [type(each) for each in bench.failures]

    with_bench(case, tmp_path)


def test_a_mistake_in_a_change_is_final_too(tmp_path: Path) -> None:
    async def case(bench: Bench) -> None:
        await bench.start()
        await bench.add(1)
        await fails(StorageFailed, bench.add(1))  # the table refuses it, and the program had not looked
        await fails(StorageFailed, bench.add(2))
        assert [1] == bench.landed

    with_bench(case, tmp_path)


def test_a_mistake_in_what_follows_a_commit_leaves_nobody_waiting(tmp_path: Path) -> None:
    async def case(bench: Bench) -> None:
        await bench.start()

        def work(_: sqlite3.Connection) -> Callable[[], None]:
            def then() -> None:
                raise KeyError

            return then

        broken = bench.writer.write(work)
        await asyncio.gather(*(fails(StorageFailed, each) for each in (broken, bench.add(1))))
        assert len(bench.failures) == 1

    with_bench(case, tmp_path)


def test_a_start_that_is_given_up_leaves_no_thread(tmp_path: Path) -> None:
    async def case(bench: Bench) -> None:
        starting = asyncio.ensure_future(bench.start())
        await a_turn_of_the_loop()
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        await bench.writer.close()  # waits for the thread
        assert starting.cancelled()
        await fails(StorageFailed, bench.add(1))

    with_bench(case, tmp_path)
