"""Questions asked lately in the file of accounts, on its writer, all of them in memory for finding.

Source: the contract is `journeys.asked.AskedStore`.
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from troth.adapters.sqlite_writer import SqliteWriter
from troth.journeys.asked import AskedDay
from troth.names import PurposeId, StreamId, Uri

__all__ = ["SCHEMA", "SqliteAsked"]

SCHEMA: Final = """
    CREATE TABLE asked(action TEXT NOT NULL, stream BLOB NOT NULL, party TEXT NOT NULL, app TEXT NOT NULL,
        purpose TEXT NOT NULL, day INTEGER NOT NULL, PRIMARY KEY (stream, party, app, purpose, action)) WITHOUT ROWID
"""
_KEEP: Final = """
    INSERT INTO asked(action, stream, party, app, purpose, day) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (stream, party, app, purpose, action) DO UPDATE SET day = max(day, excluded.day)
"""
_BEYOND: Final = """
    DELETE FROM asked WHERE (stream, party, app, purpose, action) IN
        (SELECT stream, party, app, purpose, action FROM asked ORDER BY day DESC, stream, party, app, purpose, action
         LIMIT -1 OFFSET ?)
"""
_ALL: Final = """
    SELECT action, stream, party, app, purpose, day FROM asked ORDER BY day, stream DESC, party DESC, app DESC, purpose DESC,
        action DESC
"""


class SqliteAsked:
    """`AskedStore` on the writer of the accounts."""

    def __init__(self, writer: SqliteWriter) -> None:
        self._writer = writer
        self._all: tuple[AskedDay, ...] = ()

    def all(self) -> Sequence[AskedDay]:
        return self._all

    async def keep(self, asked: Sequence[AskedDay], *, since: int, at_most: int) -> None:
        def work(connection: sqlite3.Connection) -> Callable[[], None]:
            rows = [(each.action, each.stream, each.party, each.app, each.purpose, each.day) for each in asked]
            connection.executemany(_KEEP, rows)
            connection.execute("DELETE FROM asked WHERE day < ?", (since,))
            connection.execute(_BEYOND, (at_most,))
            return self.load(connection)

        await self._writer.write(work)

    def load(self, connection: sqlite3.Connection) -> Callable[[], None]:
        """Read everything; on the writer's thread. The second half belongs on the loop."""
        found = tuple(
            AskedDay(action, StreamId(stream), Uri(party), app, PurposeId(purpose), day)
            for action, stream, party, app, purpose, day in connection.execute(_ALL)
        )

        def then() -> None:
            self._all = found

        return then

    def erase(self, connection: sqlite3.Connection, gone: Callable[[bytes], bool]) -> list[StreamId]:
        """Inside a transaction: delete what was asked of streams that go, and say which. `forget` follows on the loop."""
        streams = [StreamId(row[0]) for row in connection.execute("SELECT DISTINCT stream FROM asked") if gone(row[0])]
        connection.executemany("DELETE FROM asked WHERE stream = ?", [(each,) for each in streams])
        return streams

    def forget(self, streams: Iterable[StreamId]) -> None:
        """On the loop, when it is durable that these are gone."""
        gone = frozenset(streams)
        self._all = tuple(each for each in self._all if each.stream not in gone)
