"""MQTT sessions and signs of copied credentials in one SQLite file.

Rules
- Signs of a thing are one row, in JSON.
- One row for each session, by the hash of its holder and client identifier; what it holds is MessagePack of `KeptSession`.
- Nothing of it stays in memory. The file is wiped when somebody is erased.

Source: things.md, "Speaking"; the contract is `journeys.kept_sessions.SessionStore`.
"""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, Self

import msgspec

from troth.adapters.sqlite_files import Connect, connect_writer, owe_wiping
from troth.adapters.sqlite_writer import SqliteWriter
from troth.errors import StorageFailed
from troth.journeys.kept_sessions import KeptSession, session_key
from troth.journeys.presence import Copied
from troth.names import ThingId

__all__ = ["FORMAT", "SCHEMA", "SqliteSessions"]

FORMAT: Final = 1
SCHEMA: Final = """
    CREATE TABLE sessions(name BLOB PRIMARY KEY, thing BLOB, person BLOB, data BLOB NOT NULL) WITHOUT ROWID;
    CREATE TABLE signs(thing BLOB PRIMARY KEY, data BLOB NOT NULL) WITHOUT ROWID
"""
_KEEP: Final = """
    INSERT INTO sessions(name, thing, person, data) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET data = excluded.data
"""


class SqliteSessions:
    """`SessionStore` in `path`. Made by `open`, on the loop that it then belongs to."""

    def __init__(self, writer: SqliteWriter) -> None:
        self._writer = writer

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
        writer = SqliteWriter(path, connect=connect, on_failure=on_failure)
        await writer.open(_nothing, kind="sessions", newest=FORMAT, schema=SCHEMA)
        return cls(writer)

    async def load(self) -> Sequence[KeptSession]:
        def work(connection: sqlite3.Connection) -> Callable[[], list[KeptSession]]:
            try:
                found = [
                    msgspec.msgpack.decode(data, type=KeptSession)
                    for (data,) in connection.execute("SELECT data FROM sessions")
                ]
            except msgspec.DecodeError as cause:
                raise StorageFailed("the file for sessions holds something that is no session") from cause
            return lambda: found

        return await self._writer.write(work)

    async def keep(self, session: KeptSession) -> None:
        who = session.who
        person = None if who.asker is None else who.asker.person
        row = (session_key(who, session.client_id), who.thing, person, msgspec.msgpack.encode(session))

        def work(connection: sqlite3.Connection) -> Callable[[], None]:
            connection.execute(_KEEP, row)
            return _done

        await self._writer.write(work)

    async def drop(self, key: bytes) -> None:
        def work(connection: sqlite3.Connection) -> Callable[[], None]:
            connection.execute("DELETE FROM sessions WHERE name = ?", (key,))
            return _done

        await self._writer.write(work)

    async def signs(self) -> Mapping[ThingId, Copied]:
        def work(connection: sqlite3.Connection) -> Callable[[], dict[ThingId, Copied]]:
            rows = connection.execute("SELECT thing, data FROM signs")
            try:
                found = {ThingId(thing): msgspec.json.decode(data, type=Copied) for thing, data in rows}
            except msgspec.DecodeError as cause:
                raise StorageFailed("the file for sessions holds something that is no sign") from cause
            return lambda: found

        return await self._writer.write(work)

    async def note(self, thing: ThingId, copied: Copied | None) -> None:
        def work(connection: sqlite3.Connection) -> Callable[[], None]:
            connection.execute("DELETE FROM signs WHERE thing = ?", (thing,))
            if copied is not None:
                connection.execute("INSERT INTO signs(thing, data) VALUES (?, ?)", (thing, msgspec.json.encode(copied)))
            return _done

        await self._writer.write(work)

    async def erase(self, gone: Callable[[bytes], bool]) -> None:
        def work(connection: sqlite3.Connection) -> Callable[[], bool]:
            rows = connection.execute("SELECT name, thing, person FROM sessions").fetchall()
            names = [(name,) for name, *whose in rows if any(each is not None and gone(each) for each in whose)]
            connection.executemany("DELETE FROM sessions WHERE name = ?", names)
            things = [(thing,) for (thing,) in connection.execute("SELECT thing FROM signs").fetchall() if gone(thing)]
            connection.executemany("DELETE FROM signs WHERE thing = ?", things)
            if names or things:
                owe_wiping(connection)
            return lambda: bool(names or things)

        if await self._writer.write(work):
            await self._writer.wipe()

    async def close(self) -> None:
        await self._writer.close()


def _nothing(_connection: sqlite3.Connection) -> Callable[[], None]:
    return _done


def _done() -> None:
    """Nothing is known in memory."""
