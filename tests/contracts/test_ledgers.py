"""Both ledger stores keep the contract of their port; what only a file can do is tested beside it."""

import sqlite3
import stat
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest

from tests.contracts.test_account_stores import Files
from troth.adapters.ledgers_sqlite import SqliteLedgers
from troth.errors import FormatTooNew, StorageFailed
from troth.testing.contracts import fails, name_of, run
from troth.testing.contracts_ledgers import ANA, BEN, LEDGER_CASES, LedgerBench, day_key, of, sealed
from troth.testing.faults import StoreFault
from troth.testing.memory_ledgers import MemoryLedgers
from troth.things.ledgers import LedgerStore, ledger_of


class MemoryLedgerBench:
    def __init__(self) -> None:
        self.store: MemoryLedgers | None = None

    async def open(self) -> LedgerStore:
        self.store = MemoryLedgers() if self.store is None else self.store.crash()
        return self.store

    def arm(self, fault: StoreFault) -> None:
        assert self.store is not None
        self.store.faults.arm(fault)

    async def crash(self) -> None:
        assert self.store is not None
        self.store = self.store.crash()

    async def end(self) -> None:
        return


class SqliteLedgerBench(Files):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.opened: list[SqliteLedgers] = []

    async def open(self) -> SqliteLedgers:
        store = await SqliteLedgers.open(
            self.folder / "ledgers.db", on_failure=self.failures.append, connect=self.disk.connect
        )
        self.opened.append(store)
        return store

    async def end(self) -> None:
        for each in self.opened:
            await each.close()

    def bytes_of_all_files(self) -> bytes:
        return b"".join(path.read_bytes() for path in sorted(self.folder.iterdir()))


@pytest.mark.parametrize("case", LEDGER_CASES, ids=name_of)
@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_a_ledger_store_keeps_its_contract(
    kind: str, case: Callable[[LedgerBench], Awaitable[None]], tmp_path: Path
) -> None:
    def make() -> LedgerBench:
        return MemoryLedgerBench() if kind == "memory" else SqliteLedgerBench(tmp_path)

    run(case, make)


def with_file(case: Callable[[SqliteLedgerBench], Awaitable[None]], folder: Path) -> None:
    run(case, partial(SqliteLedgerBench, folder))


def test_the_file_is_its_owner_s_alone_and_names_nobody(tmp_path: Path) -> None:
    async def case(bench: SqliteLedgerBench) -> None:
        store = await bench.open()
        await store.keep(day_key(ANA, 1))
        await store.move(1, [sealed(day_key(ANA, 1), 0)])
        files = list(bench.folder.iterdir())
        assert {"ledgers.db", "ledgers.db-shm", "ledgers.db-wal"} == {path.name for path in files}
        assert {0o600} == {stat.S_IMODE(path.stat().st_mode) for path in files}
        assert ledger_of(ANA) in bench.bytes_of_all_files()
        assert bytes(ANA) not in bench.bytes_of_all_files()

    with_file(case, tmp_path)


@pytest.mark.parametrize("fault", [None, StoreFault.FAILS_BUT_PERSISTED])
def test_after_erasing_no_file_holds_a_byte_of_it(fault: StoreFault | None, tmp_path: Path) -> None:
    """Also where it failed after the deletion: the file owes its wiping then, and whoever opens it pays."""

    async def case(bench: SqliteLedgerBench) -> None:
        store = await bench.open()
        keys = [day_key(person, number) for number in range(30) for person in (ANA, BEN)]
        for number, key in enumerate(keys):
            await store.keep(key)
            await store.move(number + 1, [sealed(key, leaf, segment=number + 1) for leaf in range(20)])
        before = bench.bytes_of_all_files()
        assert all(key.sealed in before for key in keys)
        if fault is None:
            await store.erase(of(ANA))
        else:
            bench.arm(fault)
            await fails(StorageFailed, store.erase(of(ANA)))
            assert b"ana-" in bench.bytes_of_all_files(), "nothing would be wiped by the opening otherwise"
            await bench.crash()
            store = await bench.open()
        for _ in range(2):
            left = bench.bytes_of_all_files()
            assert ledger_of(ANA) not in left
            assert b"ana-" not in left, "neither an id of a key, nor a sealed key, nor a box"
            assert all(key.sealed in left for key in keys if key.person == BEN)
            assert 1_000 > (bench.folder / "ledgers.db-wal").stat().st_size
            await bench.crash()
            store = await bench.open()
        assert len(await store.boxes(BEN, before=None, limit=1_000)) == 600

    with_file(case, tmp_path)


def test_a_failure_is_told_once(tmp_path: Path) -> None:
    async def case(bench: SqliteLedgerBench) -> None:
        store = await bench.open()
        bench.arm(StoreFault.FAILS)
        await fails(StorageFailed, store.keep(day_key(ANA, 1)))
        await fails(StorageFailed, store.move(1, []))
        await store.close()
        assert [StorageFailed] == [type(each) for each in bench.failures]
        await fails(StorageFailed, store.keys(ANA))

    with_file(case, tmp_path)


async def filled(bench: SqliteLedgerBench, damage: str) -> None:
    store = await bench.open()
    await store.keep(day_key(ANA, 1))
    await store.close()
    connection = sqlite3.connect(bench.folder / "ledgers.db")
    connection.execute(damage)
    connection.commit()
    connection.close()


def test_a_newer_format_is_refused_by_name(tmp_path: Path) -> None:
    async def case(bench: SqliteLedgerBench) -> None:
        await filled(bench, "UPDATE meta SET value = 2 WHERE name = 'format'")
        error = await fails(FormatTooNew, bench.open())
        assert "ledgers has format 2" in error.message
        assert [] == bench.failures

    with_file(case, tmp_path)


@pytest.mark.parametrize(
    "damage", ["UPDATE meta SET value = 'journal' WHERE name = 'kind'", "DROP TABLE keys", "DROP TABLE boxes"]
)
def test_a_damaged_file_is_not_opened(damage: str, tmp_path: Path) -> None:
    async def case(bench: SqliteLedgerBench) -> None:
        await filled(bench, damage)
        await fails(StorageFailed, bench.open())
        assert [] == bench.failures

    with_file(case, tmp_path)
