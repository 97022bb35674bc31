"""Rewrite a database file without what is erased: a new file beside it, synced, and then in its place.

Rules
- The old file is not changed: until the new one has its name a crash leaves everything as it was, and the work is done anew.
- Only live rows are copied, so nothing lies in freed pages; the old write-ahead log is gone before the name changes.
- While the name changes nobody reads: whoever opened the old file would share its index with the new one.

Source: things.md, "The store" (erasing part of a partition rewrites it); https://sqlite.org/wal.html.
Left out: what the file system keeps in freed blocks, which is the disk's.
"""

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from troth.adapters.partitions_files import FORMAT, SCHEMA, transaction
from troth.adapters.reading_lock import held_alone
from troth.adapters.sqlite_files import Connect, open_writer, read, sync_folder
from troth.errors import StorageFailed
from troth.things.stores import Going

__all__ = ["Readers", "erase_partition", "erase_place", "erase_traces"]

_BESIDE: Final = ".erasing"


class Readers:
    """Those who read files that may be put in another's place. Any thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.idle: Callable[[], None] = _nothing  # lets go of what somebody keeps open between reads
        self._turn = threading.Condition()
        self._reading = 0
        self._closed = False

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Read; waits while a name changes."""
        with self._turn:
            self._turn.wait_for(lambda: not self._closed)
            self._reading += 1
        try:
            yield
        finally:
            with self._turn:
                self._reading -= 1
                self._turn.notify_all()

    @contextmanager
    def nobody(self) -> Iterator[None]:
        """Nobody reads inside, in this process or another. One thread at a time: the mover's."""
        with held_alone(self._folder):
            with self._turn:
                self._closed = True
                self._turn.wait_for(lambda: self._reading == 0)
            try:
                self.idle()
                yield
            finally:
                with self._turn:
                    self._closed = False
                    self._turn.notify_all()


def _nothing() -> None:
    """Where nobody keeps anything open."""


def erase_place(folder: Path, *, readers: Readers) -> None:
    """Unlink all files of a place and its folders, whose name tells whose it was.

    Raises:
        OSError: part of it may be done.
    """
    if not folder.is_dir():
        return
    with readers.nobody():
        for days in sorted(folder.iterdir()):
            for file in sorted(days.iterdir()):
                file.unlink()
            sync_folder(days)
            days.rmdir()
        folder.rmdir()
        sync_folder(folder.parent)


def erase_partition(path: Path, going: Going, *, connect: Connect, readers: Readers) -> None:
    """Rewrite one partition without the rows of streams that go; where none are left the file goes.

    Raises:
        StorageFailed, sqlite3.Error, OSError: it may or may not be done.
    """
    streams = read(path, lambda old: [row[0] for row in old.execute("SELECT DISTINCT stream FROM blocks")])
    gone = [stream for stream in streams if going.gone(stream)]
    if not gone:
        return
    if len(gone) == len(streams):
        with readers.nobody():
            _close(path, connect)
            path.unlink()
            sync_folder(path.parent)
        return

    def copy(new: sqlite3.Connection) -> None:
        new.execute("PRAGMA temp_store=MEMORY")
        new.execute("CREATE TEMP TABLE gone(stream BLOB PRIMARY KEY)")
        new.executemany("INSERT INTO gone VALUES (?)", [(stream,) for stream in gone])
        with transaction(new):
            for table in ("rows", "blocks"):
                new.execute(
                    f"INSERT INTO main.{table} SELECT * FROM old.{table} "  # noqa: S608 - names from the line above
                    "WHERE stream NOT IN (SELECT stream FROM gone)"
                )
            new.execute(
                "UPDATE main.meta SET value = (SELECT value FROM old.meta WHERE name = 'held') WHERE name = 'held'"
            )

    _rewrite(path, copy, kind="observations", newest=FORMAT, schema=SCHEMA, connect=connect, readers=readers)


def erase_traces(path: Path, going: Going, *, newest: int, schema: str, connect: Connect, readers: Readers) -> None:
    """Rewrite segments.db without the traces that go; the segments with their leaf hashes stay.

    Raises:
        StorageFailed, sqlite3.Error, OSError: it may or may not be done.
    """

    def anything(old: sqlite3.Connection) -> bool:
        return any(going.takes(*row) for row in old.execute("SELECT kind, trace FROM traces"))

    if not read(path, anything):
        return

    def copy(new: sqlite3.Connection) -> None:
        new.create_function("goes", 2, going.takes, deterministic=True)
        with transaction(new):
            new.execute("INSERT INTO main.meta SELECT name, value FROM old.meta WHERE name = 'erased'")
            new.execute("INSERT INTO main.segments SELECT * FROM old.segments")
            new.execute("INSERT INTO main.traces SELECT * FROM old.traces WHERE NOT goes(kind, trace)")

    _rewrite(path, copy, kind="segments", newest=newest, schema=schema, connect=connect, readers=readers)


def _rewrite(
    path: Path,
    copy: Callable[[sqlite3.Connection], None],
    *,
    kind: str,
    newest: int,
    schema: str,
    connect: Connect,
    readers: Readers,
) -> None:
    beside = path.with_name(path.name + _BESIDE)
    _unlink(_with_logs(beside))  # left by a crash
    with closing(open_writer(beside, connect=connect, kind=kind, newest=newest, schema=schema)) as new:
        new.execute("ATTACH ? AS old", (str(path.absolute()),))
        copy(new)
        new.execute("DETACH old")
    _sync(beside)
    with readers.nobody():
        _close(path, connect)
        beside.rename(path)
        sync_folder(path.parent)


def _close(path: Path, connect: Connect) -> None:
    """Carry the write-ahead log into the file and see it gone: the next file of this name must not find it."""
    with closing(connect(path)) as old:
        busy, *_ = old.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    log, index = _with_logs(path)[1:]
    if busy or (log.exists() and log.stat().st_size):
        raise StorageFailed("a write-ahead log could not be emptied, because somebody reads it")
    _unlink((log, index))


def _with_logs(path: Path) -> tuple[Path, Path, Path]:
    return path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")


def _unlink(paths: Sequence[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    number = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(number)
    finally:
        os.close(number)
