"""Both account stores keep the contract of their port, with and without faults."""

import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest

from tests.contracts.faulty_sqlite import FaultyDisk
from troth.adapters.accounts_sqlite import SqliteAccounts
from troth.clock import SystemClock
from troth.journeys.accounts import AccountStore
from troth.journeys.ending import Ending
from troth.testing.contracts import name_of, run
from troth.testing.contracts_accounts import ACCOUNT_CASES, AccountBench
from troth.testing.contracts_asked import ASKED_CASES
from troth.testing.contracts_erasing import ACCOUNT_ERASING_CASES
from troth.testing.contracts_logins import LOGIN_CASES
from troth.testing.contracts_mail import MAIL_CASES
from troth.testing.contracts_read_days import READ_DAYS_CASES
from troth.testing.disk import MemoryDisk
from troth.testing.faults import StoreFault
from troth.testing.memory_accounts import MemoryAccounts
from troth.tlog.files import TileFiles

T = TypeVar("T")


class MemoryAccountBench:
    def __init__(self) -> None:
        self.store: MemoryAccounts | None = None

    async def open(self) -> AccountStore:
        self.store = MemoryAccounts() if self.store is None else self.store.crash()
        return self.store

    def arm(self, fault: StoreFault) -> None:
        assert self.store is not None
        self.store.faults.arm(fault)

    async def crash(self) -> None:
        assert self.store is not None
        self.store = self.store.crash()

    async def end(self) -> None:
        return


class Files:
    """A folder whose files are left as they are by a crash, and a disk that can fail."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "0"
        self.folder.mkdir()
        self.disk = FaultyDisk()
        self.failures: list[Exception] = []
        self.crashes = 0

    def arm(self, fault: StoreFault) -> None:
        self.disk.arm(fault)

    async def crash(self) -> None:
        self.crashes += 1
        left = self.folder.with_name(str(self.crashes))
        shutil.copytree(self.folder, left, ignore=shutil.ignore_patterns("*-shm"))
        self.folder = left


class SqliteAccountBench(Files):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.opened: list[SqliteAccounts] = []

    async def open(self) -> AccountStore:
        store = await SqliteAccounts.open(
            self.folder / "accounts.db", on_failure=self.failures.append, connect=self.disk.connect
        )
        self.opened.append(store)
        return store

    async def end(self) -> None:
        for each in self.opened:
            await each.close()


class EndingBench(MemoryAccountBench):
    """The same store, which also remembers outside what ended."""

    def __init__(self) -> None:
        super().__init__()
        self.outside = MemoryDisk()

    async def open(self) -> AccountStore:
        ending = Ending(await super().open(), TileFiles(self.outside), clock=SystemClock(), in_worker=here)
        await ending.mend()
        return ending


async def here(work: Callable[[], T]) -> T:
    return work()


@pytest.mark.parametrize(
    "case",
    ACCOUNT_CASES + ACCOUNT_ERASING_CASES + LOGIN_CASES + MAIL_CASES + READ_DAYS_CASES + ASKED_CASES,
    ids=name_of,
)
@pytest.mark.parametrize("kind", ["memory", "sqlite", "ending"])
def test_an_account_store_keeps_its_contract(
    kind: str, case: Callable[[AccountBench], Awaitable[None]], tmp_path: Path
) -> None:
    def make() -> AccountBench:
        if kind == "sqlite":
            return SqliteAccountBench(tmp_path)
        return MemoryAccountBench() if kind == "memory" else EndingBench()

    run(case, make)
