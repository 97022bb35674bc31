"""Every store of a witness keeps the contract of its port: in memory, and as files on both disks."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from troth.adapters.log_folder import FolderDisk
from troth.errors import StorageFailed
from troth.testing.contracts import name_of, run
from troth.testing.contracts_witness import WITNESS_CASES, WitnessBench
from troth.testing.disk import MemoryDisk
from troth.testing.faults import StoreFault
from troth.testing.memory_witness import MemoryWitness
from troth.tlog.storage import Disk
from troth.tlog.witness import WitnessStore
from troth.tlog.witness_files import WitnessFiles


class ArmedDisk:
    """A disk whose next write fails, or whose next rename is synced and reported as failed."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        self.read, self.sync, self.unlink = disk.read, disk.sync, disk.unlink
        self.make_folder, self.names = disk.make_folder, disk.names
        self.fault = StoreFault.NONE
        self._renamed = False

    def write(self, path: str, data: bytes) -> None:
        if self.fault is StoreFault.FAILS:
            self.fault = StoreFault.NONE
            raise StorageFailed("made to fail")
        self._disk.write(path, data)

    def rename(self, old: str, new: str) -> None:
        self._disk.rename(old, new)
        self._renamed = self.fault is StoreFault.FAILS_BUT_PERSISTED

    def sync_folder(self, *paths: str) -> None:
        self._disk.sync_folder(*paths)
        if self._renamed:
            self.fault, self._renamed = StoreFault.NONE, False
            raise StorageFailed("made to fail after it was done")


class MemoryBench:
    def __init__(self) -> None:
        self.store = MemoryWitness()

    async def open(self) -> WitnessStore:
        return self.store

    def arm(self, fault: StoreFault) -> None:
        self.store.faults.arm(fault)

    async def crash(self) -> None:
        self.store.crash()

    async def end(self) -> None:
        return


class FilesBench:
    def __init__(self, disk: MemoryDisk | FolderDisk) -> None:
        self.disk = disk
        self.armed = ArmedDisk(disk)

    async def open(self) -> WitnessStore:
        return WitnessFiles(self.armed)

    def arm(self, fault: StoreFault) -> None:
        self.armed.fault = fault

    async def crash(self) -> None:
        assert self.armed.fault is StoreFault.NONE, "the armed fault met nothing"
        if isinstance(self.disk, MemoryDisk):
            self.disk.crash()

    async def end(self) -> None:
        return


@pytest.mark.parametrize("case", WITNESS_CASES, ids=name_of)
@pytest.mark.parametrize("kind", ["memory", "memory disk", "folder"])
def test_a_witness_store_keeps_its_contract(
    kind: str, case: Callable[[WitnessBench], Awaitable[None]], tmp_path: Path
) -> None:
    def make() -> WitnessBench:
        if kind == "memory":
            return MemoryBench()
        return FilesBench(MemoryDisk() if kind == "memory disk" else FolderDisk(tmp_path))

    run(case, make)
