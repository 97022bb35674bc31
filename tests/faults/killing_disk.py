"""A Disk on which the program that uses it kills itself (SIGKILL) when a change of a given number or name has been made."""

import os
import signal
from collections.abc import Callable
from functools import partial

from troth.tlog.storage import Disk


class KillingDisk:
    """Passes everything on to `disk`; `strikes(name)` is asked before and after each change and says whether to die there."""

    def __init__(self, disk: Disk, strikes: Callable[[str], bool]) -> None:
        self._disk = disk
        self._strikes = strikes

    def read(self, path: str) -> bytes | None:
        return self._disk.read(path)

    def names(self, path: str) -> tuple[str, ...]:
        return self._disk.names(path)

    def write(self, path: str, data: bytes) -> None:
        self._do(f"write {path}", lambda: self._disk.write(path, data))

    def sync(self, *paths: str) -> None:
        for path in paths:
            self._do(f"sync {path}", partial(self._disk.sync, path))

    def rename(self, old: str, new: str) -> None:
        self._do(f"rename {old} to {new}", lambda: self._disk.rename(old, new))

    def unlink(self, path: str) -> None:
        self._do(f"unlink {path}", lambda: self._disk.unlink(path))

    def make_folder(self, path: str) -> None:
        self._do(f"make folder {path}", lambda: self._disk.make_folder(path))

    def sync_folder(self, *paths: str) -> None:
        for path in paths:
            self._do(f"sync folder {path or '.'}", partial(self._disk.sync_folder, path))

    def _do(self, name: str, change: Callable[[], None]) -> None:
        self._meet(f"before {name}")
        change()
        self._meet(f"after {name}")

    def _meet(self, name: str) -> None:
        if self._strikes(name):
            os.kill(os.getpid(), signal.SIGKILL)
