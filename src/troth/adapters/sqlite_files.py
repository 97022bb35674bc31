"""How Troth opens its SQLite files: who may write, what is durable, which format, and what an error means.

Rules
- A file belongs to its owner alone (0600, folders 0700); a new folder and a new file are synced into their parent.
- One connection per file writes and checkpoints: WAL, synchronous=FULL. All others are opened `mode=ro`, for one short read.
- A file says what it is and in which format: a newer format is refused by name, a file of another kind is refused.
- What is deleted for good is wiped: the file owes it from the transaction that deletes (`owe_wiping`) until `wipe` has
  rewritten it, and whoever opens a file that owes it wipes it first.
- "Full" is DiskFull, every other error of the library StorageFailed; the message says what the library or the system said
  of it, and names no path.

Source: things.md, "The writer"; https://sqlite.org/wal.html, https://sqlite.org/pragma.html#pragma_synchronous.
Left out: what the tables are.
"""

import errno
import os
import sqlite3
from collections.abc import Callable, Sequence
from itertools import chain
from pathlib import Path
from typing import Final, TypeAlias, TypeVar
from urllib.parse import quote

from troth.adapters.reading_lock import held_for_wiping
from troth.errors import DiskFull, FormatTooNew, StorageFailed

__all__ = [
    "ROWS_AT_ONCE",
    "WAL_KEPT_BYTES",
    "Connect",
    "connect_reader",
    "connect_writer",
    "each_row",
    "failed",
    "make_folder",
    "open_writer",
    "owe_wiping",
    "read",
    "sync_folder",
    "wipe",
]

T = TypeVar("T")
Row: TypeAlias = tuple[int | float | str | bytes | None, ...]
Connect: TypeAlias = Callable[[Path], sqlite3.Connection]
"""Opens the one writing connection of a file; a test gives one that fails."""

ROWS_AT_ONCE: Final = 64  # 768 parameters in the widest table; every SQLite takes 999

_FILE_MODE: Final = 0o600
_FOLDER_MODE: Final = 0o700
_BUSY_S: Final = 10.0  # nobody else writes; this is for the moment in which a reader recovers the WAL's index
WAL_KEPT_BYTES: Final = 67_108_864  # 64 MiB: above this a WAL is cut back after a checkpoint
_FULL: Final = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE)  # the second: the WAL's index cannot be made longer
_FULL_SYSTEM: Final = (errno.ENOSPC, errno.EDQUOT)


def make_folder(folder: Path) -> None:
    """Make a folder and its missing parents, durably, readable by their owner alone.

    Raises:
        StorageFailed: it cannot be made.
    """
    if folder.is_dir():
        return
    make_folder(folder.parent)
    try:
        folder.mkdir(mode=_FOLDER_MODE, exist_ok=True)
        sync_folder(folder.parent)
    except OSError as cause:
        raise failed(cause) from cause


def connect_writer(path: Path, factory: type[sqlite3.Connection] = sqlite3.Connection) -> sqlite3.Connection:
    """Open the connection that writes and checkpoints; the file is made if it is absent. For the calling thread alone.

    Raises:
        StorageFailed: it cannot be opened.
    """
    make_folder(path.parent)
    try:
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, _FILE_MODE))
            sync_folder(path.parent)
        return sqlite3.connect(path, isolation_level=None, timeout=_BUSY_S, factory=factory)
    except (OSError, sqlite3.Error) as cause:
        raise failed(cause) from cause


def open_writer(path: Path, *, connect: Connect, kind: str, newest: int, schema: str) -> sqlite3.Connection:
    """Open the writing connection of a file of ours, which is made if it is absent. For the calling thread alone.

    A new file appears under its name whole, with its tables: one that is there and has none is damaged, never new.

    Args:
        path: of the file.
        connect: opens connections that write.
        kind: what the file is for, e.g. "conduct".
        newest: the newest format that this program writes; a file's format stands in its table `meta`.
        schema: statements that make the tables; `meta` is made here.

    Raises:
        FormatTooNew: a newer program wrote it.
        StorageFailed: it is another kind of file, damaged, or cannot be written.
    """
    try:
        if not path.exists():
            _make(path, connect=connect, kind=kind, newest=newest, schema=schema)
        _check_rights(path, kind)
        connection = connect(path)
        found = dict(connection.execute("SELECT name, value FROM meta WHERE name IN ('kind', 'format', 'wipe')"))
        # The read has made the write-ahead log. The library syncs its name too, but does not say so when that fails, and
        # without the name a loss of power takes every commit since the last checkpoint with it.
        sync_folder(path.parent)
        if found.get("kind") != kind:
            raise StorageFailed(
                f"the file for {kind} holds something else", hint="Bring back the file that belongs there."
            )
        if not isinstance(found.get("format"), int):
            raise StorageFailed(f"the file for {kind} does not say its format")
        if found["format"] > newest:
            raise FormatTooNew(
                f"the file for {kind} has format {found['format']}; this program knows formats up to {newest}",
                hint="Start it with the newer Troth that wrote it.",
            )
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute(f"PRAGMA journal_size_limit={WAL_KEPT_BYTES}")
        if "wipe" in found:
            wipe(connection)
    except (OSError, sqlite3.Error) as cause:
        raise failed(cause, what=f"the file for {kind}") from cause
    return connection


def owe_wiping(connection: sqlite3.Connection) -> None:
    """Inside the transaction that deletes: the file must be wiped before anything else is believed of it."""
    connection.execute("INSERT INTO meta VALUES ('wipe', 1) ON CONFLICT DO NOTHING")


def wipe(connection: sqlite3.Connection) -> None:
    """Leave nothing of what was deleted in the file, its freed pages and its write-ahead log. Outside a transaction.

    `secure_delete` alone leaves copies where pages were split or moved before; so every page is written anew. The copy that
    this needs meanwhile lies in memory, not in a file elsewhere.

    Raises:
        sqlite3.Error, OSError: it may or may not be done.
        StorageFailed: somebody keeps a read open, so that the log cannot be emptied.
    """
    path = Path(connection.execute("PRAGMA database_list").fetchone()[2])
    with held_for_wiping(path.parent):  # whoever reads for long in another process lets go
        connection.execute("PRAGMA temp_store=MEMORY")
        connection.execute("VACUUM")
        _empty_log(connection)  # before the file says that it owes nothing: until here the old pages lie in it
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("DELETE FROM meta WHERE name = 'wipe'")
        connection.execute("COMMIT")
        _empty_log(connection)


def _empty_log(connection: sqlite3.Connection) -> None:
    """Carry the write-ahead log into the file, durably, and cut it to nothing."""
    busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        raise StorageFailed("a write-ahead log could not be emptied, because somebody reads it")


def _check_rights(path: Path, kind: str) -> None:
    """SQLite opens a file that it may not write for reading, and says so at the first write: too late for those who spoke.

    Raises:
        StorageFailed: the file or its folder may not be written.
    """
    for place, name in ((path, f"the file for {kind}"), (path.parent, f"the folder of the file for {kind}")):
        if not os.access(place, os.R_OK | os.W_OK):
            raise StorageFailed(
                f"{name} cannot be read and written by whoever runs this",
                hint=f"Mend the rights of {place.name}, or run Troth as the user whom it belongs to.",
            )


def _make(path: Path, *, connect: Connect, kind: str, newest: int, schema: str) -> None:
    """Make the file beside its place and put it there when it is whole; a crash before that leaves what is made anew."""
    beside = path.with_name(path.name + ".new")
    for suffix in ("", "-journal", "-wal", "-shm"):
        beside.with_name(beside.name + suffix).unlink(missing_ok=True)
    connection = connect(beside)
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("CREATE TABLE meta(name TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID")
    connection.execute("INSERT INTO meta VALUES ('kind', ?), ('format', ?)", (kind, newest))
    for statement in schema.split(";"):
        connection.execute(statement)
    connection.execute("COMMIT")
    if connection.execute("PRAGMA journal_mode=WAL").fetchone()[0] != "wal":
        raise StorageFailed("this file system cannot keep a write-ahead log")
    connection.close()
    beside.rename(path)
    sync_folder(path.parent)


def connect_reader(path: Path, *, check_same_thread: bool = True) -> sqlite3.Connection:
    """Open a connection that cannot write. Whoever keeps it open must not keep a read open (the WAL would grow).

    Raises:
        sqlite3.Error: it cannot be opened, or is not there.
    """
    return sqlite3.connect(
        f"file:{quote(str(path.absolute()))}?mode=ro",
        uri=True,
        isolation_level=None,
        timeout=_BUSY_S,
        check_same_thread=check_same_thread,
    )


def read(path: Path, work: Callable[[sqlite3.Connection], T]) -> T:
    """Open a file for one short read, give it to `work`, and close it (an open read keeps the WAL growing).

    Raises:
        StorageFailed: it cannot be read.
    """
    try:
        connection = connect_reader(path)
        try:
            return work(connection)
        finally:
            connection.close()
    except sqlite3.Error as cause:
        raise failed(cause) from cause


def each_row(connection: sqlite3.Connection, sql: str, rows: Sequence[Row]) -> None:
    """Do a statement for many rows, ROWS_AT_ONCE of them with one statement.

    Python hands the interpreter lock over at every statement: with one row to each, moving took twice as long under load and
    held the loop up (docs/decisions/0007-where-the-time-went.md).

    Args:
        connection: inside a transaction.
        sql: with `{}` where the rows stand in brackets, as in "INSERT INTO t(a, b) VALUES {}".
        rows: all of one length.
    """
    if not rows:
        return
    one = f"({', '.join('?' * len(rows[0]))})"
    whole = len(rows) - len(rows) % ROWS_AT_ONCE
    many = (tuple(chain.from_iterable(rows[at : at + ROWS_AT_ONCE])) for at in range(0, whole, ROWS_AT_ONCE))
    connection.executemany(sql.format(", ".join([one] * ROWS_AT_ONCE)), many)
    connection.executemany(sql.format(one), rows[whole:])


def failed(cause: Exception, *, what: str = "storage") -> StorageFailed:
    """The error of the tree that stands for an error of the library or the system while reading or writing `what`."""
    if getattr(cause, "sqlite_errorcode", None) in _FULL or getattr(cause, "errno", None) in _FULL_SYSTEM:
        return DiskFull("no space is left where Troth keeps its data", hint="Free some space there and start again.")
    return StorageFailed(
        f"reading or writing {what} failed ({_detail(cause)})",
        hint="Look at the disk, and at who may write in the data folder, before starting again.",
    )


def _detail(cause: Exception) -> str:
    """What the system or the library calls it; an error that the binding makes itself may quote what is stored."""
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror
    return str(cause) if hasattr(cause, "sqlite_errorname") else type(cause).__name__


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable as they are now.

    Raises:
        OSError: they may or may not be.
    """
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
