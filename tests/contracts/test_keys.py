"""Every key store keeps the contract of its port, with and without faults. What only files can do: `test_key_stores`."""

import errno
import os
import random
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from troth.adapters.keys_file import KeyFolder
from troth.signing.keys import KeyStore
from troth.testing.contracts import name_of, run
from troth.testing.contracts_keys import KEY_CASES, KeyBench
from troth.testing.faults import StoreFault
from troth.testing.keys import MemoryKeys


class FailingSystem:
    """Refuses one call to the system for a folder of keys (an audit hook sees each call, and cannot be taken off)."""

    def __init__(self) -> None:
        self.folder: Path | None = None
        self.fault = StoreFault.NONE

    def __call__(self, event: str, args: tuple[object, ...]) -> None:
        if (
            self.fault is StoreFault.NONE
            or event not in {"open", "os.remove"}
            or not isinstance(args[0], str | os.PathLike)
        ):
            return
        path = Path(args[0])
        if self.fault is StoreFault.FAILS:
            # A key is written beside its name first, and removed under its name.
            hit = path.parent == self.folder and path.suffix == (".new" if event == "open" else ".pk8")
        else:
            hit = path == self.folder  # opened to be synced, when the change is made
        if hit:
            self.fault = StoreFault.NONE
            raise OSError(errno.EIO, "made to fail")


SYSTEM = FailingSystem()
sys.addaudithook(SYSTEM)


class MemoryBench:
    def __init__(self) -> None:
        self.keys = MemoryKeys(random.Random(7).randbytes)

    async def open(self) -> KeyStore:
        return self.keys

    def arm(self, fault: StoreFault) -> None:
        self.keys.faults.arm(fault)

    async def crash(self) -> None:
        return

    async def end(self) -> None:
        return


class FolderBench:
    def __init__(self, folder: Path, *, passphrase: bytes | None) -> None:
        self.folder = folder / "keys"
        self.passphrase = passphrase
        SYSTEM.folder = self.folder

    async def open(self) -> KeyStore:
        return KeyFolder(self.folder, passphrase=self.passphrase)

    def arm(self, fault: StoreFault) -> None:
        SYSTEM.fault = fault

    async def crash(self) -> None:
        assert SYSTEM.fault is StoreFault.NONE, "the armed fault met nothing"

    async def end(self) -> None:
        SYSTEM.folder, SYSTEM.fault = None, StoreFault.NONE


@pytest.mark.parametrize("case", KEY_CASES, ids=name_of)
@pytest.mark.parametrize("kind", ["memory", "files", "wrapped files"])
def test_a_key_store_keeps_its_contract(kind: str, case: Callable[[KeyBench], Awaitable[None]], tmp_path: Path) -> None:
    def make() -> KeyBench:
        if kind == "memory":
            return MemoryBench()
        return FolderBench(tmp_path, passphrase=b"open" if kind == "wrapped files" else None)

    run(case, make)
