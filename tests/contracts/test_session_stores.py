"""Both session stores keep the contract of their port, with and without faults; what only a file can do is tested beside it."""

import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.contracts.test_account_stores import Files
from troth.adapters.sessions_sqlite import SqliteSessions
from troth.errors import FormatTooNew, StorageFailed
from troth.journeys.kept_sessions import SessionStore
from troth.testing.contracts import fails, name_of, run
from troth.testing.contracts_sessions import EVERY, METER, SESSION_CASES, SessionBench
from troth.testing.faults import StoreFault
from troth.testing.memory_sessions import MemorySessions


class MemorySessionBench:
    def __init__(self) -> None:
        self.store: MemorySessions | None = None

    async def open(self) -> SessionStore:
        self.store = MemorySessions() if self.store is None else self.store.crash()
        return self.store

    def arm(self, fault: StoreFault) -> None:
        assert self.store is not None
        self.store.faults.arm(fault)

    async def crash(self) -> None:
        assert self.store is not None
        self.store = self.store.crash()

    async def end(self) -> None:
        return


class SqliteSessionBench(Files):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.opened: list[SqliteSessions] = []

    async def open(self) -> SessionStore:
        path = self.folder / "sessions.db"
        store = await SqliteSessions.open(path, on_failure=self.failures.append, connect=self.disk.connect)
        self.opened.append(store)
        return store

    async def end(self) -> None:
        for each in self.opened:
            await each.close()


@pytest.mark.parametrize("case", SESSION_CASES, ids=name_of)
@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_a_session_store_keeps_its_contract(
    kind: str, case: Callable[[SessionBench], Awaitable[None]], tmp_path: Path
) -> None:
    def make() -> SessionBench:
        return MemorySessionBench() if kind == "memory" else SqliteSessionBench(tmp_path)

    run(case, make)


def test_an_erased_session_is_in_no_file(tmp_path: Path) -> None:
    async def case(bench: SqliteSessionBench) -> None:
        store = await bench.open()
        for each in EVERY:
            await store.keep(each)
        await store.drop(b"nobody's")
        held = [path for path in bench.folder.iterdir() if b'"gone"' in path.read_bytes()]
        assert held
        await store.erase(lambda one: one in {METER.thing, b"l" * 16})
        for path in bench.folder.iterdir():
            assert b'"gone"' not in path.read_bytes(), path.name
            assert b"m" * 16 not in path.read_bytes(), path.name

    run(case, lambda: SqliteSessionBench(tmp_path))


def test_what_is_no_session_and_what_is_newer_is_refused(tmp_path: Path) -> None:
    async def case(bench: SqliteSessionBench) -> None:
        store = await bench.open()
        await store.keep(EVERY[0])
        await store.close()
        path = bench.folder / "sessions.db"
        with sqlite3.connect(path) as file:
            file.execute("UPDATE sessions SET data = x'80'")
        await fails(StorageFailed, (await bench.open()).load())
        await bench.crash()
        path = bench.folder / "sessions.db"
        with sqlite3.connect(path) as file:
            file.execute("UPDATE meta SET value = 99 WHERE name = 'format'")
        await fails(FormatTooNew, bench.open())

    run(case, lambda: SqliteSessionBench(tmp_path))
