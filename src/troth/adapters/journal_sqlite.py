"""The journal in one SQLite file: statements in order, durable before they count.

Rules
- One row per statement: position, id, bytes, preimage. Positions are 1, 2, 3 ...; a gap means damage and is refused at start.
- An erased row keeps position and id, and stands in `erased`; its bytes go in the transaction that appends the erasure, and the
  plan of the erasure comes. The file is wiped when the erasure has ended.
- Finding and reading look at the file through a second connection that cannot write; they see what is acknowledged, no more.

Source: record.md, "The journal" and "Personal ledgers"; the contract is `statements.journal.Journal`.
Format 2 added `erased` and `erasing`; a file of format 1 gets them when it is opened.
"""

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Self, TypeAlias
from urllib.parse import quote

from troth.adapters.sqlite_files import Connect, connect_writer, failed, owe_wiping
from troth.adapters.sqlite_writer import SqliteWriter
from troth.errors import Conflict, Malformed, StorageFailed
from troth.names import StatementId
from troth.signing.cose import Signed, parse
from troth.statements.journal import Entry, ErasedEntry, JournalEntry

__all__ = ["SqliteJournal"]

FORMAT: Final = 2
_SINCE_2: Final = """
    CREATE TABLE erased(position INTEGER PRIMARY KEY, things INTEGER NOT NULL, streams INTEGER NOT NULL);
    CREATE TABLE erasing(one INTEGER PRIMARY KEY CHECK (one = 1), plan BLOB NOT NULL)
"""
SCHEMA: Final = f"""
    CREATE TABLE entries(
        position INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, bytes BLOB NOT NULL, preimage BLOB);
    {_SINCE_2}
"""
_ENTRY: Final = "SELECT position, id, bytes, preimage, things, streams FROM entries LEFT JOIN erased USING (position) "

Row: TypeAlias = tuple[int, bytes, bytes, bytes | None, int | None, int | None]


class SqliteJournal:
    """`Journal` in `path`. Made by `open`, on the loop that it then belongs to."""

    def __init__(self, path: Path, writer: SqliteWriter) -> None:
        self._path = path
        self._writer = writer
        self._reader: sqlite3.Connection | None = None
        self._position = 0
        self._plan: bytes | None = None
        self._written = 0  # the writer's thread's own: the last position given, durable or not yet

    @classmethod
    async def open(
        cls, path: Path, *, on_failure: Callable[[Exception], None], connect: Connect = connect_writer
    ) -> Self:
        """Open or make the file.

        Args:
            path: of the file; its folder is made if it is absent.
            on_failure: called once, on the loop, when the file has failed. The process must end.
            connect: opens the writing connection.

        Raises:
            FormatTooNew: a newer program wrote the file.
            StorageFailed: it cannot be opened, read or written, or has gaps.
        """
        writer = SqliteWriter(path, connect=connect, on_failure=on_failure)
        journal = cls(path, writer)
        await writer.open(journal._load, kind="journal", newest=FORMAT, schema=SCHEMA)
        return journal

    async def append(self, signed: Signed, *, preimage: bytes | None = None) -> JournalEntry:
        def work(connection: sqlite3.Connection) -> Callable[[], JournalEntry]:
            found = connection.execute(_ENTRY + "WHERE id = ?", (signed.id,)).fetchone()
            if found is not None:
                first = _entry(found)
                if isinstance(first, ErasedEntry):
                    raise Conflict("this statement was erased here")
                return lambda: first
            return self._add(connection, signed, preimage)

        return await self._writer.write(work)

    async def append_together(self, several: Sequence[Signed]) -> Sequence[JournalEntry]:
        def work(connection: sqlite3.Connection) -> Callable[[], list[JournalEntry]]:
            for signed in several:
                if connection.execute("SELECT 1 FROM entries WHERE id = ?", (signed.id,)).fetchone() is not None:
                    raise Conflict("one of these statements is registered already")
            added = [self._add(connection, signed, None) for signed in several]
            return lambda: [each() for each in added]

        return await self._writer.write(work)

    async def erase(self, signed: Signed, *, erased: Sequence[ErasedEntry], plan: bytes) -> JournalEntry:
        if self._plan is not None:
            raise RuntimeError("one erasure after the other")

        def work(connection: sqlite3.Connection) -> Callable[[], JournalEntry]:
            for each in erased:
                changed = connection.execute(
                    "UPDATE entries SET bytes = x'', preimage = NULL WHERE position = ? AND id = ?",
                    (each.position, each.id),
                ).rowcount
                if changed != 1:
                    raise AssertionError("what is erased stands in the journal")
                connection.execute(
                    "INSERT INTO erased(position, things, streams) VALUES (?, ?, ?)",
                    (each.position, each.things, each.streams),
                )
            connection.execute("INSERT INTO erasing(one, plan) VALUES (1, ?)", (plan,))
            added = self._add(connection, signed, None)

            def then() -> JournalEntry:
                self._plan = plan
                return added()

            return then

        return await self._writer.write(work)

    async def forget_text(self, statement: StatementId) -> None:
        def work(connection: sqlite3.Connection) -> Callable[[], None]:
            connection.execute("PRAGMA secure_delete=ON")  # what is freed is written over, not only let go
            connection.execute("UPDATE entries SET preimage = NULL WHERE id = ?", (statement,))
            return lambda: None

        await self._writer.write(work)

    @property
    def plan(self) -> bytes | None:
        return self._plan

    async def wiped(self) -> None:
        def work(connection: sqlite3.Connection) -> Callable[[], None]:
            connection.execute("DELETE FROM erasing")
            owe_wiping(connection)
            return lambda: None

        await self._writer.write(work)
        await self._writer.wipe()
        self._plan = None

    def _add(
        self, connection: sqlite3.Connection, signed: Signed, preimage: bytes | None
    ) -> Callable[[], JournalEntry]:
        entry = JournalEntry(self._written + 1, signed, preimage)
        connection.execute(
            "INSERT INTO entries(position, id, bytes, preimage) VALUES (?, ?, ?, ?)",
            (entry.position, signed.id, signed.data, preimage),
        )
        self._written = entry.position

        def then() -> JournalEntry:
            self._position = entry.position
            return entry

        return then

    def entries(self, *, after: int, limit: int) -> Sequence[Entry]:
        rows = self._read(
            _ENTRY + "WHERE position > ? AND position <= ? ORDER BY position LIMIT ?", (after, self._position, limit)
        )
        return [_entry(row) for row in rows]

    def find(self, statement: StatementId) -> Entry | None:
        rows = self._read(_ENTRY + "WHERE id = ? AND position <= ?", (statement, self._position))
        return _entry(rows[0]) if rows else None

    @property
    def position(self) -> int:
        return self._position

    async def close(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None
        await self._writer.close()

    def _load(self, connection: sqlite3.Connection) -> Callable[[], None]:
        if connection.execute("SELECT value FROM meta WHERE name = 'format'").fetchone()[0] < FORMAT:
            _bring_up(connection)
        last, count = connection.execute("SELECT coalesce(max(position), 0), count(*) FROM entries").fetchone()
        if last != count:
            raise StorageFailed("the journal has gaps")
        self._written = last
        plan = connection.execute("SELECT plan FROM erasing").fetchone()

        def then() -> None:
            self._position = last
            self._plan = None if plan is None else plan[0]

        return then

    def _read(self, sql: str, values: tuple[int | bytes, ...]) -> list[Row]:
        self._writer.check()
        try:
            if self._reader is None:
                uri = f"file:{quote(str(self._path.absolute()))}?mode=ro"
                self._reader = sqlite3.connect(uri, uri=True, isolation_level=None)
            # Fetched to the end at once: a read left open would keep the write-ahead log growing.
            return self._reader.execute(sql, values).fetchall()
        except sqlite3.Error as cause:
            raise failed(cause) from cause


def _bring_up(connection: sqlite3.Connection) -> None:
    """Give a file of format 1 what format 2 has: nothing in it was ever erased."""
    connection.execute("BEGIN IMMEDIATE")
    for statement in _SINCE_2.split(";"):
        connection.execute(statement)
    connection.execute("UPDATE meta SET value = ? WHERE name = 'format'", (FORMAT,))
    connection.execute("COMMIT")


def _entry(row: Row) -> Entry:
    position, id_, data, preimage, things, streams = row
    if things is not None and streams is not None:
        if data or preimage is not None:
            raise StorageFailed("the journal says of a statement that it was erased, and still holds it")
        return ErasedEntry(position, StatementId(id_), things, streams)
    try:
        signed = parse(data)
    except Malformed as cause:
        raise StorageFailed("the journal holds bytes that are no statement") from cause
    if signed.id != id_:
        raise StorageFailed("the journal holds another statement than its row names")
    return JournalEntry(position, signed, preimage)
