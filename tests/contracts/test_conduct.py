"""Both conduct stores keep the contract of their port, with and without faults."""

import os
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.contracts.faulty_sqlite import FaultyDisk
from troth.adapters.conduct_sqlite import SqliteConduct
from troth.names import StreamId
from troth.testing.contracts import StillClock, name_of, run
from troth.testing.contracts_conduct import CONDUCT_CASES, ConductBench
from troth.testing.contracts_conduct_cuts import CONDUCT_CUT_CASES
from troth.testing.contracts_conduct_faults import CONDUCT_FAULT_CASES
from troth.testing.contracts_conduct_many import CONDUCT_MANY_CASES
from troth.testing.contracts_erasing import CONDUCT_ERASING_CASES
from troth.testing.contracts_retention import CONDUCT_RETENTION_CASES
from troth.testing.faults import StoreFault
from troth.testing.memory_conduct import MemoryConduct
from troth.things.observations import Kept, Shelf
from troth.things.stores import ConductStore


class Moved:
    """What both benches have: a clock, a stand-in for moved rows, and the failures that were told."""

    def __init__(self) -> None:
        self.clock = StillClock()
        self.moved: dict[tuple[StreamId, int], Kept] = {}
        self.failures: list[Exception] = []

    def taken(self, stream: StreamId, shelf: Shelf, *, time_ns: int) -> Kept | None:
        return self.moved.get((stream, time_ns))


class MemoryBench(Moved):
    def __init__(self) -> None:
        super().__init__()
        self.store: MemoryConduct | None = None
        self.open_already = False

    async def open(self, *, queue_rows: int = 200_000, unmoved_rows: int = 2_000_000) -> ConductStore:
        if self.store is None:
            self.store = MemoryConduct(
                self.clock,
                entropy=os.urandom,
                taken=self.taken,
                on_failure=self.failures.append,
                commit_s=0.0,
                write_s=0.0,
                queue_rows=queue_rows,
                unmoved_rows=unmoved_rows,
            )
        elif self.open_already:
            self.store = self.store.crash()
        self.open_already = True
        return self.store

    def arm(self, fault: StoreFault) -> None:
        assert self.store is not None
        self.store.faults.arm(fault)

    async def crash(self) -> None:
        assert self.store is not None
        self.store = self.store.crash()
        self.open_already = False
        self.failures.clear()

    async def end(self) -> None:
        return


class SqliteBench(Moved):
    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder / "0"
        self.disk = FaultyDisk()
        self.stores: list[SqliteConduct] = []

    async def open(self, *, queue_rows: int = 200_000, unmoved_rows: int = 2_000_000) -> ConductStore:
        self.stores.append(
            await SqliteConduct.open(
                self.folder / "conduct.db",
                clock=self.clock,
                entropy=os.urandom,
                taken=self.taken,
                on_failure=self.failures.append,
                commit_ms=0.5,
                queue_rows=queue_rows,
                unmoved_rows=unmoved_rows,
                connect=self.disk.connect,
            )
        )
        return self.stores[-1]

    def arm(self, fault: StoreFault) -> None:
        self.disk.arm(fault)

    async def crash(self) -> None:
        """What kill -9 leaves: the files as they are now. The store goes on with others and is forgotten."""
        left = self.folder.with_name(str(len(self.stores)))
        shutil.copytree(self.folder, left, ignore=shutil.ignore_patterns("*-shm"))
        self.folder = left
        self.failures.clear()

    async def end(self) -> None:
        for store in self.stores:
            await store.close()


CASES = (
    *CONDUCT_CASES,
    *CONDUCT_MANY_CASES,
    *CONDUCT_CUT_CASES,
    *CONDUCT_FAULT_CASES,
    *CONDUCT_ERASING_CASES,
    *CONDUCT_RETENTION_CASES,
)


@pytest.mark.parametrize("case", CASES, ids=name_of)
@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_a_conduct_store_keeps_its_contract(
    kind: str, case: Callable[[ConductBench], Awaitable[None]], tmp_path: Path
) -> None:
    def make() -> ConductBench:
        return MemoryBench() if kind == "memory" else SqliteBench(tmp_path)

    run(case, make)
