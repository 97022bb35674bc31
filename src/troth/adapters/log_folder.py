"""The log in a real folder: a Disk on this system's files, kept by one opener at a time.

Rules
- The lock against a second opener is held open (flock), not written down: a crash releases it, a copy of the folder has none.
- Where somebody removed the file that is held, a second program can come in. So the first looks, before every change, whether
  it still holds what lies there, and the log's lock is compared and moved by one of them at a time.
- After one failed sync nothing more is done here: what the system kept cannot be known, so the process must end.
- A read needs no lock and may come from any thread.

Source: record.md, "fsync rules"; fsync(2) and rename(2). The order of syncs stands in `tlog/files`.
Left out: network file systems, whose flock and fsync promise less; docs/operators says so.
"""

import errno
import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from troth.adapters.folders import make_folder
from troth.errors import DiskFull, FolderInUse, FolderNotWritable, StorageFailed
from troth.tlog.files import LockFile, TileFiles

__all__ = ["FolderDisk", "LogFolder", "OutsideFolder"]

_AT_ONCE: Final = 8  # syncs under way: the system gathers them into one


class FolderDisk:
    """A Disk in one folder, which exists. `check_held` is called before each change and raises if it must not be made."""

    def __init__(self, folder: Path, *, check_held: Callable[[], None] = lambda: None) -> None:
        self._folder = folder
        self._check_held = check_held
        self._dead = False
        self._syncing: ThreadPoolExecutor | None = None

    def read(self, path: str) -> bytes | None:
        with self._system("read"):
            try:
                return (self._folder / path).read_bytes()
            except (FileNotFoundError, NotADirectoryError):
                return None

    def write(self, path: str, data: bytes) -> None:
        with self._system("written"):
            self._check_held()
            (self._folder / path).unlink(missing_ok=True)
            with (self._folder / path).open("xb") as file:
                file.write(data)

    def sync(self, *paths: str) -> None:
        self._sync(paths, os.O_RDONLY)

    def rename(self, old: str, new: str) -> None:
        with self._system("renamed"):
            self._check_held()
            (self._folder / old).replace(self._folder / new)

    def unlink(self, path: str) -> None:
        with self._system("removed"):
            self._check_held()
            (self._folder / path).unlink(missing_ok=True)

    def make_folder(self, path: str) -> None:
        with self._system("made"):
            (self._folder / path).mkdir(exist_ok=True)

    def sync_folder(self, *paths: str) -> None:
        self._sync(paths, os.O_RDONLY | os.O_DIRECTORY)

    def names(self, path: str) -> tuple[str, ...]:
        with self._system("listed"):
            try:
                return tuple(sorted(entry.name for entry in (self._folder / path).iterdir()))
            except (FileNotFoundError, NotADirectoryError):
                return ()

    def close(self) -> None:
        """Let go of the threads that sync."""
        if self._syncing is not None:
            self._syncing.shutdown()
            self._syncing = None

    def _sync(self, paths: Sequence[str], flags: int) -> None:
        """All of them are tried before the first error is raised: nothing is being synced any more when this returns."""

        def sync(path: str) -> None:
            number = os.open(self._folder / path, flags | os.O_CLOEXEC)
            try:
                os.fsync(number)
            finally:
                os.close(number)

        with self._system("synced"):
            try:
                if len(paths) == 1:
                    sync(paths[0])
                elif paths:
                    self._syncing = self._syncing or ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="troth-sync")
                    asked = [self._syncing.submit(sync, path) for path in paths]
                    wait(asked)
                    for each in asked:
                        each.result()
            except OSError:
                self._dead = True
                raise

    @contextmanager
    def _system(self, deed: str) -> Iterator[None]:
        if self._dead:
            raise StorageFailed("the log's disk failed to sync before; the program must end")
        try:
            yield
        except OSError as cause:
            if cause.errno in (errno.ENOSPC, errno.EDQUOT):
                raise DiskFull(
                    "no space is left where the log lies", hint="Free space there and start again."
                ) from cause
            raise StorageFailed(f"a file of the log could not be {deed} ({cause.strerror})") from cause


class _FolderLock(LockFile):
    """The log's lock as a file, compared and moved by one program at a time, whoever believes to hold the folder."""

    def __init__(self, disk: FolderDisk, turn: Path) -> None:
        super().__init__(disk)
        self._turn = turn

    def swap(self, old: bytes | None, new: bytes) -> None:
        """See Lock."""
        try:
            number = os.open(self._turn, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as cause:
            raise StorageFailed(f"the log's lock cannot be taken ({cause.strerror})") from cause
        try:
            fcntl.flock(number, fcntl.LOCK_EX)
            super().swap(old, new)
        finally:
            os.close(number)  # gives the flock back


class LogFolder:
    """The folder of a log, opened by this program and no other until `close`.

    Raises:
        FolderInUse: another program has it open.
        FolderNotWritable: it cannot be made or written.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / ".state" / "open"
        try:
            make_folder(folder)
            self._path.parent.mkdir(exist_ok=True)  # its name is synced by whoever writes into it
            self._held = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            if not all(os.access(each, os.W_OK) for each in (folder, folder / ".state")):
                os.close(self._held)
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        except OSError as cause:
            raise FolderNotWritable(
                f"the log's folder cannot be made or written ({cause.strerror})",
                hint="Choose another folder, or mend its rights.",
            ) from cause
        try:
            fcntl.flock(self._held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as cause:
            os.close(self._held)
            raise FolderInUse(
                "another node has this log open", hint="Stop it first, or choose another folder."
            ) from cause
        self.disk = FolderDisk(folder, check_held=self._check_held)
        self.tiles = TileFiles(self.disk)
        self.lock = _FolderLock(self.disk, folder / ".state" / "swap")

    def close(self) -> None:
        """Let another program open the folder."""
        self.disk.close()
        if self._held >= 0:
            os.close(self._held)  # gives the flock back
            self._held = -1

    def _check_held(self) -> None:
        """Return if the file that lies there is the one held open.

        Raises:
            FolderInUse: it was removed, and another program may have opened the folder since.
        """
        try:
            held = self._held >= 0 and os.path.samestat(os.fstat(self._held), self._path.stat())
        except FileNotFoundError:
            held = False
        if not held:
            raise FolderInUse(
                "this program does not hold the log's folder any more, and writes nothing more there",
                hint="Somebody removed the file .state/open. See that no other program writes this log, and start one.",
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class OutsideFolder(TileFiles):
    """The place of the last checkpoint away from the log. Its lock is the log's: who writes the log writes here.

    Raises:
        FolderNotWritable: it cannot be made.
    """

    def __init__(self, folder: Path) -> None:
        try:
            make_folder(folder, mode=0o700)
        except OSError as cause:
            raise FolderNotWritable(
                f"the folder for the copy of the checkpoint cannot be made ({cause.strerror})",
                hint="Set XDG_STATE_HOME to a folder that can be written.",
            ) from cause
        super().__init__(FolderDisk(folder))
