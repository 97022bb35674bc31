"""What was measured and is not settled yet, in one SQLite file that survives power loss.

Rules
- A row stays until it is settled: stored, or refused for good. Rows leave in the order in which they came.
- What was added `synced` is on the disk when `add` returns; else a power cut may take the latest rows, never others.
- The bytes that wait are bounded; what happens beyond is the caller's choice, and what is lost is counted.
- Counts and the last refusals lie in the same file, so they survive too.

Source: SQLite, "Write-Ahead Logging" and PRAGMA synchronous: FULL syncs at each commit, NORMAL keeps order only.
Left out: encrypting it; the disk does.
"""

from __future__ import annotations

import enum
import sqlite3
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from troth_thing.credential import sync_folder
from troth_thing.errors import SpoolFull

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["MAX_BYTES", "Refusal", "Row", "Spool", "WhenFull"]

MAX_BYTES = 8 * 1024 * 1024  # some 60,000 values
KEPT_REFUSALS = 100
_ROW_BYTES = 64  # what a row takes beside its texts
_TABLES = """
CREATE TABLE IF NOT EXISTS waiting (
  number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, stream TEXT NOT NULL, value TEXT NOT NULL,
  time_ns INTEGER, ticks INTEGER NOT NULL, boot TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS refused (
  number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, stream TEXT NOT NULL, value TEXT NOT NULL,
  reason INTEGER NOT NULL, words TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS counted (name TEXT PRIMARY KEY, n INTEGER NOT NULL);
"""


class WhenFull(enum.Enum):
    """What happens to a value for which there is no room."""

    RAISE = "raise"  # publish raises SpoolFull
    DROP_NEW = "drop-new"  # it is not kept
    DROP_OLD = "drop-old"  # the oldest rows make room


@dataclass(frozen=True)
class Row:
    """One value. `value` is JSON; `time_ns` is None where the clock knew no time, then `ticks` of `boot` say when."""

    number: int
    id: str
    stream: str
    value: str
    time_ns: int | None
    ticks: int
    boot: str


@dataclass(frozen=True)
class Refusal:
    """A value that Troth will not keep: MQTT 5 reason code and Troth's words, `code: sentence`."""

    id: str
    stream: str
    value: str
    reason: int
    words: str


class Spool:
    """One file. May be used from several threads.

    Args:
        path: the file; made where it is not there.
        max_bytes: bound of what waits, texts and 64 bytes for each row.
        when_full: what happens beyond.
    """

    def __init__(self, path: Path, *, max_bytes: int = MAX_BYTES, when_full: WhenFull = WhenFull.RAISE) -> None:
        self._max_bytes = max_bytes
        self._when_full = when_full
        self._lock = threading.RLock()  # guards the connection: one user at a time
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._db = sqlite3.connect(str(path), isolation_level=None, check_same_thread=False, timeout=30)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            for each in _TABLES.split(";"):
                self._db.execute(each)
        sync_folder(path.parent)
        self._synced = True

    def add(self, row: Row, *, synced: bool) -> bool:
        """Keep a row (its number is given here); returns False where it was dropped.

        Raises:
            SpoolFull: there is no room, and `when_full` is RAISE.
        """
        size = _size(row.id, row.stream, row.value)
        with self._lock:
            self._sync(synced=synced)
            with self._db:
                self._db.execute("BEGIN IMMEDIATE")
                if not self._room(size):
                    if self._when_full is WhenFull.RAISE:
                        raise SpoolFull("the spool is full")
                    self._count("dropped", 1)
                    return False
                self._db.execute(
                    "INSERT INTO waiting (id, stream, value, time_ns, ticks, boot) VALUES (?, ?, ?, ?, ?, ?)",
                    (row.id, row.stream, row.value, row.time_ns, row.ticks, row.boot),
                )
                self._count("bytes", size)
        return True

    def after(self, number: int, *, limit: int) -> list[Row]:
        """The next rows after this number, in order."""
        columns = "number, id, stream, value, time_ns, ticks, boot"
        text = f"SELECT {columns} FROM waiting WHERE number > ? ORDER BY number LIMIT ?"  # noqa: S608 - a constant
        with self._lock:
            return [Row(*each) for each in self._db.execute(text, (number, limit))]

    def timed(self, row: Row, time_ns: int) -> None:
        """Say when a row was measured, now that it is known; a row that is sent again says the same."""
        with self._lock:
            self._sync(synced=False)
            self._db.execute("UPDATE waiting SET time_ns = ? WHERE number = ?", (time_ns, row.number))

    def settle(self, row: Row, refusal: Refusal | None = None) -> None:
        """Let a row go: it is stored, or refused for good. Not synced: what is sent again is known again by its id."""
        with self._lock:
            self._sync(synced=False)
            with self._db:
                self._db.execute("BEGIN IMMEDIATE")
                if not self._gone(row.number, _size(row.id, row.stream, row.value)):
                    return
                if refusal is None:
                    self._count("stored", 1)
                    return
                self._count("refused", 1)
                self._db.execute(
                    "INSERT INTO refused (id, stream, value, reason, words) VALUES (?, ?, ?, ?, ?)",
                    (refusal.id, refusal.stream, refusal.value, refusal.reason, refusal.words),
                )
                self._db.execute(
                    "DELETE FROM refused WHERE number <= (SELECT max(number) FROM refused) - ?", (KEPT_REFUSALS,)
                )

    @property
    def waiting(self) -> int:
        """How many rows wait."""
        with self._lock:
            return int(self._db.execute("SELECT count(*) FROM waiting").fetchone()[0])

    def counted(self, name: str) -> int:
        """One of `bytes` (that wait), `stored`, `refused`, `dropped`."""
        with self._lock:
            found = self._db.execute("SELECT n FROM counted WHERE name = ?", (name,)).fetchone()
        return 0 if found is None else int(found[0])

    def refusals(self) -> list[Refusal]:
        """The last refusals, the latest last."""
        text = "SELECT id, stream, value, reason, words FROM refused ORDER BY number"
        with self._lock:
            return [Refusal(*each) for each in self._db.execute(text)]

    def close(self) -> None:
        """Close the file; SQLite moves its write-ahead log into it and syncs both."""
        with self._lock:
            self._db.close()

    def _room(self, size: int) -> bool:
        over = self.counted("bytes") + size - self._max_bytes
        if over > 0 and self._when_full is WhenFull.DROP_OLD and size <= self._max_bytes:
            oldest = self._db.execute("SELECT number, id, stream, value FROM waiting ORDER BY number").fetchall()
            for number, *texts in oldest:
                if over <= 0:
                    break
                over -= _size(*texts)
                self._gone(number, _size(*texts))
                self._count("dropped", 1)
        return over <= 0

    def _gone(self, number: int, size: int) -> bool:
        gone = self._db.execute("DELETE FROM waiting WHERE number = ?", (number,)).rowcount == 1
        if gone:
            self._count("bytes", -size)
        return gone

    def _count(self, name: str, n: int) -> None:
        self._db.execute(
            "INSERT INTO counted (name, n) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET n = n + excluded.n", (name, n)
        )

    def _sync(self, *, synced: bool) -> None:
        if synced != self._synced:
            self._db.execute(f"PRAGMA synchronous={'FULL' if synced else 'NORMAL'}")
            self._synced = synced


def _size(*texts: str) -> int:
    return _ROW_BYTES + sum(len(each.encode()) for each in texts)
