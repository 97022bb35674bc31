"""Days of reading in the file of accounts, on its writer, all of them in memory for finding.

Source: the contract is `journeys.read_days.ReadDays`.
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from troth.adapters.sqlite_writer import SqliteWriter
from troth.journeys.read_days import DaysRead
from troth.names import PurposeId, StreamId, Uri

__all__ = ["SCHEMA", "SqliteReadDays"]

SCHEMA: Final = """
    CREATE TABLE reads(party TEXT NOT NULL, purpose TEXT NOT NULL, stream BLOB NOT NULL, first INTEGER NOT NULL,
        last INTEGER NOT NULL, PRIMARY KEY (party, purpose, stream)) WITHOUT ROWID
"""
_KEEP: Final = """
    INSERT INTO reads(party, purpose, stream, first, last) VALUES (?1, ?2, ?3, ?4, ?4)
    ON CONFLICT (party, purpose, stream) DO UPDATE SET last = max(last, excluded.last)
"""


class SqliteReadDays:
    """`ReadDays` on the writer of the accounts."""

    def __init__(self, writer: SqliteWriter) -> None:
        self._writer = writer
        self._of: dict[StreamId, dict[tuple[Uri, PurposeId], DaysRead]] = {}
        self._by: dict[Uri, dict[tuple[PurposeId, StreamId], DaysRead]] = {}

    def of(self, stream: StreamId) -> Sequence[DaysRead]:
        return tuple(self._of.get(stream, {}).values())

    def by(self, party: Uri) -> Sequence[DaysRead]:
        return tuple(self._by.get(party, {}).values())

    def known(self, party: Uri, purpose: PurposeId, stream: StreamId) -> DaysRead | None:
        return self._of.get(stream, {}).get((party, purpose))

    async def read(self, party: Uri, purpose: PurposeId, stream: StreamId, *, day: int) -> None:
        def write(connection: sqlite3.Connection) -> Callable[[], None]:
            connection.execute(_KEEP, (party, purpose, stream, day))

            def then() -> None:
                before = self.known(party, purpose, stream)
                first, last = (day, day) if before is None else (before.first, max(before.last, day))
                self._learn(DaysRead(party, purpose, stream, first, last))

            return then

        await self._writer.write(write)

    def load(self, connection: sqlite3.Connection) -> Callable[[], None]:
        """Read everything; on the writer's thread. The second half belongs on the loop."""
        rows = connection.execute("SELECT party, purpose, stream, first, last FROM reads").fetchall()

        def then() -> None:
            for party, purpose, stream, first, last in rows:
                self._learn(DaysRead(Uri(party), PurposeId(purpose), StreamId(stream), first, last))

        return then

    def erase(self, connection: sqlite3.Connection, gone: Callable[[bytes], bool]) -> list[StreamId]:
        """Inside a transaction: delete what was read of streams that go, and say which. `forget` follows on the loop."""
        streams = [StreamId(row[0]) for row in connection.execute("SELECT DISTINCT stream FROM reads") if gone(row[0])]
        connection.executemany("DELETE FROM reads WHERE stream = ?", [(each,) for each in streams])
        return streams

    def forget(self, streams: Iterable[StreamId]) -> None:
        """On the loop, when it is durable that these are gone."""
        for stream in streams:
            for party, purpose in self._of.pop(stream, {}):
                self._by.get(party, {}).pop((purpose, stream), None)

    def _learn(self, days: DaysRead) -> None:
        self._of.setdefault(days.stream, {})[days.party, days.purpose] = days
        self._by.setdefault(days.party, {})[days.purpose, days.stream] = days
