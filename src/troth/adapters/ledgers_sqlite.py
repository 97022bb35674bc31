"""Ledgers in one SQLite file: sealed day keys, and the boxes that only they open.

Rules
- One thread owns the connection that writes. Reads open the file for themselves, `mode=ro`, take at most BOXES_MAX, and close.
- Boxes lie by ledger, segment and leaf, so that a person's are found, shown and erased together.
- What is erased is deleted in one transaction, with `secure_delete`, and the file owes its wiping from then on
  (`sqlite_files`). It is done when the file is wiped.
- Whatever has boxes has a day key: a box enters under a key that is there, and both go in one transaction.
- The first error of a write ends the store: everybody later gets StorageFailed, `on_failure` is called once.

Source: record.md, "Personal ledgers"; https://sqlite.org/pragma.html#pragma_secure_delete; the contract is
`things.ledgers.LedgerStore`.
Left out: what file systems and disks keep of freed blocks.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final, Self, TypeVar

from troth.adapters.sqlite_files import Connect, connect_writer, failed, open_writer, owe_wiping, read, wipe
from troth.errors import StorageFailed, TrothError
from troth.names import PersonId
from troth.things.ledgers import BOXES_MAX, Box, DayKey, SealedTrace, ledger_of

__all__ = ["SqliteLedgers"]

T = TypeVar("T")

FORMAT: Final = 1
SCHEMA: Final = """
    CREATE TABLE keys(
        id BLOB PRIMARY KEY, ledger BLOB NOT NULL, day INTEGER NOT NULL, sealed BLOB NOT NULL) WITHOUT ROWID;
    CREATE INDEX keys_by_ledger ON keys(ledger, day);
    CREATE TABLE boxes(
        ledger BLOB NOT NULL, segment INTEGER NOT NULL, leaf INTEGER NOT NULL, key BLOB NOT NULL, box BLOB NOT NULL,
        PRIMARY KEY(ledger, segment, leaf)) WITHOUT ROWID
"""
_BOX: Final = "SELECT key, box, segment, leaf FROM boxes WHERE ledger = ? "
_FIRST: Final = (1 << 63) - 1  # above every segment


class SqliteLedgers:
    """`LedgerStore` in `path`. Made by `open`, on the loop that it then belongs to."""

    def __init__(self, path: Path, *, on_failure: Callable[[Exception], None], connect: Connect) -> None:
        self._path = path
        self._on_failure = on_failure
        self._connect = connect
        self._loop = asyncio.get_running_loop()
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="troth-ledgers")
        self._readers = ThreadPoolExecutor(1, thread_name_prefix="troth-ledgers-read")
        self._connection: sqlite3.Connection | None = None  # the writer's own
        self._failure: Exception | None = None
        self._closed = False

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
            StorageFailed: it cannot be opened, read or written.
        """
        store = cls(path, on_failure=on_failure, connect=connect)
        try:
            await store._loop.run_in_executor(store._writer, store._open)
        except BaseException:
            store._writer.shutdown(wait=False)
            store._readers.shutdown(wait=False)
            raise
        return store

    async def keep(self, key: DayKey) -> None:
        values = (key.id, ledger_of(key.person), key.day, key.sealed)

        def work(connection: sqlite3.Connection) -> None:
            with _transaction(connection):
                connection.execute(
                    "INSERT INTO keys(id, ledger, day, sealed) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", values
                )

        await self._write(work)

    async def move(self, segment: int, traces: Sequence[SealedTrace]) -> None:
        rows = [(segment, each.leaf, each.box, each.key) for each in traces]

        def work(connection: sqlite3.Connection) -> None:
            with _transaction(connection):
                connection.executemany(
                    "INSERT INTO boxes(ledger, segment, leaf, key, box) SELECT ledger, ?1, ?2, id, ?3 FROM keys "
                    "WHERE id = ?4 ON CONFLICT DO NOTHING",
                    rows,
                )

        await self._write(work)

    async def keys(self, person: PersonId) -> Sequence[DayKey]:
        def make(id_: bytes, day: int, sealed: bytes) -> DayKey:
            return DayKey(id_, person, day, sealed)

        sql = "SELECT id, day, sealed FROM keys WHERE ledger = ? ORDER BY day, id"
        return await self._ask(sql, (ledger_of(person),), make=make)

    async def day_keys(self, of: Callable[[bytes], bool]) -> Collection[bytes]:
        def work(connection: sqlite3.Connection) -> frozenset[bytes]:
            return frozenset(id_ for id_, ledger in connection.execute("SELECT id, ledger FROM keys") if of(ledger))

        self._check()
        return await self._loop.run_in_executor(self._readers, partial(read, self._path, work))

    async def boxes(self, person: PersonId, *, before: tuple[int, int] | None, limit: int) -> Sequence[Box]:
        if not 1 <= limit <= BOXES_MAX:
            raise RuntimeError(f"1 to {BOXES_MAX} boxes are read at once")
        segment, leaf = before or (_FIRST, 0)
        sql = _BOX + "AND (segment, leaf) < (?, ?) ORDER BY segment DESC, leaf DESC LIMIT ?"
        return await self._ask(sql, (ledger_of(person), segment, leaf, limit), make=Box)

    async def box(self, person: PersonId, *, segment: int, leaf: int) -> Box | None:
        sql = _BOX + "AND segment = ? AND leaf = ?"
        found = await self._ask(sql, (ledger_of(person), segment, leaf), make=Box)
        return found[0] if found else None

    async def erase(self, gone: Callable[[bytes], bool]) -> None:
        def work(connection: sqlite3.Connection) -> None:
            names = connection.execute("SELECT DISTINCT ledger FROM keys").fetchall()
            ledgers = [(ledger,) for (ledger,) in names if gone(ledger)]
            if not ledgers:
                return
            with _transaction(connection):
                connection.executemany("DELETE FROM boxes WHERE ledger = ?", ledgers)
                connection.executemany("DELETE FROM keys WHERE ledger = ?", ledgers)
                owe_wiping(connection)
            wipe(connection)

        await self._write(work)

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        if self._failure is None:
            await self._loop.run_in_executor(self._writer, self._close)
        self._writer.shutdown(wait=False)
        self._readers.shutdown(wait=False)

    # --- between the loop and the threads ----------------------------------------------------------------------------

    async def _write(self, work: Callable[[sqlite3.Connection], None]) -> None:
        self._check()
        try:
            await self._loop.run_in_executor(self._writer, self._on_writer, work)
        except Exception as cause:
            error = cause if isinstance(cause, TrothError) else failed(cause)
            if self._failure is None:
                self._failure = error
                self._on_failure(error)
            raise error from cause

    async def _ask(self, sql: str, values: Sequence[int | bytes], *, make: Callable[..., T]) -> list[T]:
        def work(connection: sqlite3.Connection) -> list[T]:
            return [make(*row) for row in connection.execute(sql, values)]

        self._check()
        return await self._loop.run_in_executor(self._readers, partial(read, self._path, work))

    def _check(self) -> None:
        if self._failure is not None:
            raise StorageFailed("storage has failed before; Troth must be started again") from self._failure
        if self._closed:
            raise StorageFailed("the store is closed")

    # --- the writer's thread -----------------------------------------------------------------------------------------

    def _open(self) -> None:
        connection = open_writer(self._path, connect=self._connect, kind="ledgers", newest=FORMAT, schema=SCHEMA)
        try:
            for pragma in ("secure_delete=ON", "temp_store=MEMORY"):
                connection.execute(f"PRAGMA {pragma}")
            for table in ("keys", "boxes"):  # a file without its tables is damaged, not new
                connection.execute(f"SELECT 1 FROM {table} LIMIT 1")  # noqa: S608 - the two names above
        except sqlite3.Error as cause:
            raise failed(cause, what="the file for ledgers") from cause
        self._connection = connection

    def _on_writer(self, work: Callable[[sqlite3.Connection], None]) -> None:
        if self._failure is not None:  # it failed while this one waited
            raise StorageFailed("storage has failed before; Troth must be started again") from self._failure
        if self._connection is None:
            raise AssertionError("open comes first")
        work(self._connection)

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    # No rollback on failure: the store is finished then, and the file is as the last commit left it.
    connection.execute("BEGIN IMMEDIATE")
    yield
    connection.execute("COMMIT")
