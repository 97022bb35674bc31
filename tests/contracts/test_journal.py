"""Both journals keep the contract; what only a file can do is tested beside it."""

import asyncio
import sqlite3
import stat
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest

from tests.contracts.crashed_files import a_turn_of_the_loop, as_found_after_a_crash
from tests.contracts.faulty_sqlite import FaultyDisk
from troth.adapters.journal_sqlite import SqliteJournal
from troth.adapters.sqlite_files import connect_writer
from troth.errors import DiskFull, FormatTooNew, StorageFailed
from troth.statements.journal import JournalEntry
from troth.testing.contracts import fails, name_of, run
from troth.testing.contracts_erasing import JOURNAL_ERASING_CASES
from troth.testing.contracts_journal import JOURNAL_CASES, JournalBench, statement
from troth.testing.contracts_journal_callers import JOURNAL_CALLER_CASES
from troth.testing.faults import StoreFault
from troth.testing.memory_journal import MemoryJournal


class MemoryBench:
    def __init__(self) -> None:
        self.journal = MemoryJournal()

    async def open(self) -> MemoryJournal:
        self.journal = self.journal.crash()
        return self.journal

    def arm(self, fault: StoreFault) -> None:
        self.journal.faults.arm(fault)

    async def crash(self) -> None:
        self.journal = self.journal.crash()

    async def end(self) -> None:
        await self.journal.close()


class SqliteBench:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "0" / "journal.db"
        self.disk = FaultyDisk()
        self.failures: list[Exception] = []
        self.opened: list[SqliteJournal] = []

    async def open(self) -> SqliteJournal:
        self.disk = FaultyDisk()
        journal = await SqliteJournal.open(self.file, on_failure=self.failures.append, connect=self.disk.connect)
        self.opened.append(journal)
        return journal

    def arm(self, fault: StoreFault) -> None:
        self.disk.arm(fault)

    async def crash(self) -> None:
        self.file = as_found_after_a_crash(self.file, folder=self.folder / str(len(self.opened)))

    async def end(self) -> None:
        for journal in self.opened:
            await journal.close()


@pytest.mark.parametrize("case", JOURNAL_CASES + JOURNAL_CALLER_CASES + JOURNAL_ERASING_CASES, ids=name_of)
def test_the_memory_journal_keeps_the_contract(case: Callable[[JournalBench], Awaitable[None]]) -> None:
    run(case, MemoryBench)


@pytest.mark.parametrize("case", JOURNAL_CASES + JOURNAL_CALLER_CASES + JOURNAL_ERASING_CASES, ids=name_of)
def test_the_sqlite_journal_keeps_the_contract(case: Callable[[JournalBench], Awaitable[None]], tmp_path: Path) -> None:
    run(case, partial(SqliteBench, tmp_path))


def test_a_text_that_was_forgotten_is_not_in_the_file_either(tmp_path: Path) -> None:
    async def case(bench: SqliteBench) -> None:
        journal = await bench.open()
        text = b"a sentence that somebody takes back" * 100
        for number in range(30, 40):
            await journal.append(statement(number), preimage=text + bytes([number]))
        for number in range(30, 40):
            await journal.forget_text(statement(number).id)
        await journal.close()
        kept = b"".join(path.read_bytes() for path in bench.file.parent.iterdir())
        assert text[:35] not in kept
        assert statement(30).data in kept

    with_bench(case, tmp_path)


def with_bench(case: Callable[[SqliteBench], Awaitable[None]], folder: Path) -> None:
    run(case, partial(SqliteBench, folder))


def test_a_failure_is_told_once(tmp_path: Path) -> None:
    async def case(bench: SqliteBench) -> None:
        journal = await bench.open()
        bench.arm(StoreFault.FAILS)
        waiting = [journal.append(statement(number)) for number in range(3)]
        got = await asyncio.gather(*waiting, return_exceptions=True)
        assert [True] * 3 == [isinstance(each, StorageFailed) for each in got]
        await fails(StorageFailed, journal.append(statement(4)))
        await journal.close()
        assert ["storage-failed"] == [getattr(each, "code", None) for each in bench.failures]

    with_bench(case, tmp_path)


def test_a_file_that_may_not_grow_fails_for_good_and_keeps_what_it_had(tmp_path: Path) -> None:
    def connect(path: Path) -> sqlite3.Connection:
        connection = connect_writer(path)
        connection.execute("PRAGMA max_page_count = 40")
        return connection

    async def case(bench: SqliteBench) -> None:
        journal = await SqliteJournal.open(bench.file, on_failure=bench.failures.append, connect=connect)
        bench.opened.append(journal)
        kept = 0

        async def until_full() -> None:
            nonlocal kept
            while True:
                await journal.append(statement(kept, size=10_000))
                kept += 1

        await fails(DiskFull, until_full())
        assert 0 < kept == journal.position
        assert [DiskFull] == [type(each) for each in bench.failures]
        await bench.crash()
        assert kept == (await bench.open()).position

    with_bench(case, tmp_path)


def test_many_statements_share_one_commit(tmp_path: Path) -> None:
    async def case(bench: SqliteBench) -> None:
        journal = await bench.open()
        before = bench.disk.commits
        await asyncio.gather(*(journal.append(statement(number)) for number in range(200)))
        assert 0 < bench.disk.commits - before < 50

    with_bench(case, tmp_path)


def test_the_files_are_their_owners_alone(tmp_path: Path) -> None:
    async def case(bench: SqliteBench) -> None:
        journal = await bench.open()
        await journal.append(statement(1))
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in bench.file.parent.iterdir()}
        assert {"journal.db": 0o600, "journal.db-wal": 0o600, "journal.db-shm": 0o600} == modes

    with_bench(case, tmp_path)


def change(file: Path, sql: str) -> None:
    connection = sqlite3.connect(file)
    connection.execute(sql)
    connection.commit()
    connection.close()


async def filled(bench: SqliteBench) -> None:
    journal = await bench.open()
    for number in range(5):
        await journal.append(statement(number))
    await journal.close()


def test_a_newer_format_is_refused_by_name(tmp_path: Path) -> None:
    async def case(bench: SqliteBench) -> None:
        await filled(bench)
        change(bench.file, "UPDATE meta SET value = 3 WHERE name = 'format'")
        error = await fails(FormatTooNew, bench.open())
        assert "journal has format 3" in error.message
        assert [] == bench.failures

    with_bench(case, tmp_path)


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM entries WHERE position = 3",
        "DELETE FROM entries WHERE position = 1",
        "UPDATE meta SET value = 'accounts' WHERE name = 'kind'",
        "DELETE FROM meta",
        "DROP TABLE entries",
    ],
)
def test_a_damaged_file_is_not_opened(damage: str, tmp_path: Path) -> None:
    async def case(bench: SqliteBench) -> None:
        await filled(bench)
        change(bench.file, damage)
        await fails(StorageFailed, bench.open())
        assert [] == bench.failures

    with_bench(case, tmp_path)


def test_what_is_no_database_is_not_opened(tmp_path: Path) -> None:
    async def case(bench: SqliteBench) -> None:
        bench.file.parent.mkdir()
        bench.file.write_bytes(b"statements " * 1_000)
        await fails(StorageFailed, bench.open())

    with_bench(case, tmp_path)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE entries SET bytes = x'd2' WHERE position = 3",
        "UPDATE entries SET bytes = x'' WHERE position = 3",
        "UPDATE entries SET bytes = (SELECT bytes FROM entries WHERE position = 4) WHERE position = 3",
    ],
)
def test_a_damaged_statement_is_damage_and_not_absent(damage: str, tmp_path: Path) -> None:
    async def case(bench: SqliteBench) -> None:
        await filled(bench)
        change(bench.file, damage)
        journal = await bench.open()
        with pytest.raises(StorageFailed):
            journal.entries(after=0, limit=10)
        with pytest.raises(StorageFailed):
            journal.find(statement(2).id)
        found = journal.find(statement(1).id)
        assert isinstance(found, JournalEntry)
        assert statement(1) == found.signed

    with_bench(case, tmp_path)


def test_a_caller_who_stops_waiting_does_not_take_the_statement_back(tmp_path: Path) -> None:
    async def case(bench: SqliteBench) -> None:
        journal = await bench.open()
        stopped = asyncio.ensure_future(journal.append(statement(1)))
        await a_turn_of_the_loop()
        stopped.cancel()
        await journal.close()
        assert stopped.cancelled()
        assert 1 == journal.position

    with_bench(case, tmp_path)


def test_what_was_asked_for_before_closing_is_kept(tmp_path: Path) -> None:
    async def case(bench: SqliteBench) -> None:
        journal = await bench.open()
        tasks = [asyncio.ensure_future(journal.append(statement(number))) for number in range(20)]
        await a_turn_of_the_loop()
        await journal.close()
        assert list(range(1, 21)) == [(await task).position for task in tasks]
        assert 20 == (await bench.open()).position

    with_bench(case, tmp_path)
