"""TileStore and Lock as files on any Disk: where every rename, and every sync it needs, is written down once.

Rules
- A file gets its name only when it is whole: write beside it, sync, rename, sync the folder, and sync the folders above as
  far as they are new.
- A folder's own name is made durable once per opening, also when it was there before: an earlier program may have died
  between making it and syncing its parent.
- A file that is there with the right bytes is synced again for the same reason.
- Files that are put together are written, then synced together, then renamed, then their folders are synced together: the
  system gathers syncs that wait at the same time, so many cost little more than one.

Source: record.md, "fsync rules".
Left out: keeping a second opener out, which needs the real system (`adapters/log_folder`).
"""

from collections.abc import Iterator, Mapping
from typing import Final

from troth.errors import LogDiverged
from troth.tlog.storage import Disk

__all__ = ["LOCK_PATH", "LockFile", "TileFiles", "write_whole"]

LOCK_PATH: Final = ".state/lock"
_BESIDE: Final = ".new"


class TileFiles:
    """A TileStore on a Disk."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        self._folders: set[str] = {""}  # whose names are durable; owned by the one writing thread

    def get(self, path: str) -> bytes | None:
        """See TileStore."""
        return self._disk.read(path)

    def names(self, folder: str) -> tuple[str, ...]:
        """See TileStore."""
        return self._disk.names(folder)

    def put(self, files: Mapping[str, bytes]) -> None:
        """See TileStore."""
        fresh = []
        for path, data in files.items():
            there = self._disk.read(path)
            if there is None:
                fresh.append(path)
            elif there != data:
                raise LogDiverged(
                    f"the log's file {path} is not what this tree needs there, and files of a log never change",
                    hint="The folder holds files of another tree. Restore it from a mirror, or begin a new log.",
                )
        self._open_folders(*files)
        for path in fresh:
            self._disk.write(path + _BESIDE, files[path])
        known = files.keys() - fresh
        self._disk.sync(*(path + _BESIDE for path in fresh), *sorted(known))
        for path in fresh:
            self._disk.rename(path + _BESIDE, path)
        self._disk.sync_folder(*sorted({_folder(path) for path in files}))

    def replace(self, path: str, data: bytes) -> None:
        """See TileStore."""
        self._open_folders(path)
        write_whole(self._disk, path, data)

    def drop(self, path: str) -> None:
        """See TileStore."""
        self._disk.unlink(path)

    def _open_folders(self, *paths: str) -> None:
        new = sorted({folder for path in paths for folder in _above(path)} - self._folders)
        for folder in new:  # a folder sorts before what is in it
            self._disk.make_folder(folder)
        self._disk.sync_folder(*sorted({_folder(folder) for folder in new}))
        self._folders.update(new)


class LockFile:
    """A Lock on a Disk. Only as safe as the promise that nobody else has the folder open."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        self._folder_durable = False  # owned by the one writing thread

    def load(self) -> bytes | None:
        """See Lock. What is read is made durable first: a swap that was seen once must not be undone by a later crash."""
        there = self._disk.read(LOCK_PATH)
        if there is not None:
            self._disk.sync(LOCK_PATH)
            self._disk.sync_folder(_folder(LOCK_PATH))
        return there

    def swap(self, old: bytes | None, new: bytes) -> None:
        """See Lock."""
        if self._disk.read(LOCK_PATH) != old:
            raise LogDiverged(
                "the log's lock was moved by somebody else",
                hint="Two programs write this log. Stop both, find out why, and start one.",
            )
        if not self._folder_durable:
            self._disk.make_folder(_folder(LOCK_PATH))
            self._disk.sync_folder("")
            self._folder_durable = True
        write_whole(self._disk, LOCK_PATH, new)


def write_whole(disk: Disk, path: str, data: bytes) -> None:
    """Replace a file in one step, durably. Its folder exists and is durable."""
    disk.write(path + _BESIDE, data)
    disk.sync(path + _BESIDE)
    disk.rename(path + _BESIDE, path)
    disk.sync_folder(_folder(path))


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _above(path: str) -> Iterator[str]:
    parts = path.split("/")[:-1]
    for depth in range(1, len(parts) + 1):
        yield "/".join(parts[:depth])
