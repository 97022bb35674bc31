"""Bring the stores of a data folder back from a backup, into a folder that holds nothing.

Rules
- A part whose key is gone is passed over and counted. Of a private statement that cannot be read its place and id are left, as
  after an erasure, and the handles it had taken; so the journal has no gap.
- The latest row of each stream is the last one that is found in its partitions.
- Databases are made whole in a folder beside and synced; whoever calls gives that its name.
- A backup that ends too early, or in which anything was changed, is refused.

Source: record.md, "Loss and restore"; docs/decisions/0035-a-backup-dies-part-by-part.md.
"""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final

import msgspec

from troth.adapters import (
    accounts_sqlite,
    conduct_tables,
    journal_sqlite,
    ledgers_sqlite,
    partitions_files,
    partitions_segments,
)
from troth.adapters import backup_sealing as sealing
from troth.adapters.backup_reading import StorePaths
from troth.adapters.backup_tables import COLUMNS, End, Moment, Rows, Table, Value, read_part
from troth.adapters.conduct_groups import pack_group, pack_groups
from troth.adapters.sqlite_files import connect_writer, failed, make_folder, open_writer
from troth.errors import BadBackup
from troth.names import StreamId, ThingId
from troth.things.observations import Kept, ResultType, Shelf

__all__ = ["BackupRestoring", "Restored"]

_OPEN_FILES: Final = 64


class Restored(msgspec.Struct, frozen=True):
    """What came back: of which moment, how many rows, and how many parts cannot be read any more."""

    moment: Moment
    rows: int
    parts: int
    unreadable: int


class _Base:
    """One database that is being filled, in one transaction."""

    def __init__(self, path: Path, *, kind: str, newest: int, schema: str) -> None:
        self.connection = open_writer(path, connect=connect_writer, kind=kind, newest=newest, schema=schema)
        self.connection.execute("BEGIN IMMEDIATE")

    def put(self, sql: str, rows: tuple[tuple[Value, ...], ...]) -> None:
        """Insert rows."""
        self.connection.executemany(sql, rows)

    def close(self) -> None:
        """Commit, durably."""
        self.connection.execute("COMMIT")
        self.connection.close()


class BackupRestoring:
    """One restoring, into paths where nothing is."""

    def __init__(self, paths: StorePaths, *, mirror: Path) -> None:
        self._paths = paths
        self._mirror = mirror
        self._bases: dict[str, _Base] = {}
        self._partitions: dict[str, _Base] = {}
        self._texts: list[tuple[Value, ...]] = []
        self._lost: dict[Value, tuple[Value, ...]] = {}
        self._entries: set[Value] = set()
        self._latest_ns: dict[bytes, int] = {}
        self._rows = 0
        self._unreadable = 0
        self._count = 0
        self._moment: Moment | None = None
        self._ended = False

    def read(self, file: BinaryIO, keys: Callable[[bytes, str | None], Mapping[bytes, bytes]]) -> Iterator[int]:
        """Bring everything back; gives the number of parts that were looked at.

        Args:
            file: the backup.
            keys: those that are left of the backup of this name, for the log of this origin, which is not known at first.

        Raises:
            BadBackup: it is damaged, or ends too early.
            NotFound: its keys are not here.
            StorageFailed: something cannot be written.
        """
        backup, parts = sealing.parts(file)
        known = keys(backup, None)
        try:
            for part in parts:
                data = sealing.unseal(part, known, backup)
                self._count += 1
                if data is None:
                    self._unreadable += 1
                else:
                    what = read_part(data)
                    if isinstance(what, End) and what.digest != part.digest:
                        raise BadBackup("something in the backup was changed")
                    self._take(what)
                    if isinstance(what, Moment):
                        known = keys(backup, what.origin)
                yield self._count
            if not self._ended:
                raise BadBackup("the backup ends too early")
            self._finish()
        except (OSError, sqlite3.Error) as cause:
            raise failed(cause, what="what is restored") from cause

    @property
    def restored(self) -> Restored:
        """What came back, when `read` is at its end."""
        if self._moment is None:
            raise AssertionError("read comes first")
        return Restored(self._moment, self._rows, self._count, self._unreadable)

    def _take(self, what: Moment | Rows | End) -> None:
        if self._ended:
            raise BadBackup("the backup goes on behind its end")
        if isinstance(what, Moment):
            self._moment = what
            self._begin()
        elif isinstance(what, End):
            if what.parts != self._count - 1:
                raise BadBackup("the backup does not have as many parts as it says")
            self._ended = True
        elif self._moment is None:
            raise BadBackup("the backup does not say first what it is of")
        else:
            self._put(what)

    def _begin(self) -> None:
        """Every database is there, also where nothing goes into it."""
        for name, path, kind, newest, schema in (
            ("journal", self._paths.journal, "journal", journal_sqlite.FORMAT, journal_sqlite.SCHEMA),
            ("conduct", self._paths.conduct, "conduct", conduct_tables.FORMAT, conduct_tables.SCHEMA),
            ("ledgers", self._paths.ledgers, "ledgers", ledgers_sqlite.FORMAT, ledgers_sqlite.SCHEMA),
            ("accounts", self._paths.accounts, "accounts", accounts_sqlite.FORMAT, accounts_sqlite.SCHEMA),
            (
                "segments",
                self._paths.partitions / "segments.db",
                "segments",
                partitions_segments.FORMAT,
                partitions_segments.SCHEMA,
            ),
        ):
            self._bases[name] = _Base(path, kind=kind, newest=newest, schema=schema)

    def _put(self, what: Rows) -> None:
        table, rows = what.table, what.rows
        match table:
            case Table.LOG:
                for path, data in rows:
                    self._file(str(path), data)
            case Table.ERASED:
                self._lost.update((row[0], row) for row in rows)
            case Table.TEXTS:
                self._texts += [(preimage, position) for position, preimage in rows]
            case Table.ROWS | Table.BLOCKS:
                self._partition(what.file).put(_insert(table), rows)
                self._rows += len(rows) if table is Table.ROWS else 0
            case Table.STREAMS:
                empty = tuple((*row, b"", conduct_tables.NOWHERE, conduct_tables.NOWHERE) for row in rows)
                self._bases["conduct"].put(_STREAM, empty)
            case Table.ACCOUNTS:  # a backup from before format 2 does not say when and by what
                width = len(COLUMNS[table])
                self._bases["accounts"].put(_insert(table), tuple((*row, *[None] * (width - len(row))) for row in rows))
            case _:
                if table is Table.ENTRIES:
                    self._entries.update(row[0] for row in rows)
                self._bases[_BASE[table]].put(_insert(table), rows)

    def _partition(self, name: str) -> _Base:
        parts = PurePosixPath(name).parts
        if len(parts) != 3 or ".." in parts or PurePosixPath(name).is_absolute():
            raise BadBackup("a part of the backup names no partition")
        base = self._partitions.get(name)
        if base is None:
            if len(self._partitions) >= _OPEN_FILES:
                self._partitions.pop(next(iter(self._partitions))).close()
            path = self._paths.partitions / name
            base = self._partitions[name] = _Base(
                path, kind="observations", newest=partitions_files.FORMAT, schema=partitions_files.SCHEMA
            )
        return base

    def _file(self, name: str, data: Value) -> None:
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or not isinstance(data, bytes):
            raise BadBackup("a part of the backup names no file of a log")
        make_folder((self._mirror / path).parent)
        (self._mirror / path).write_bytes(data)

    def _finish(self) -> None:
        moment = self._moment
        if moment is None:
            raise BadBackup("the backup says nothing")
        journal, conduct = self._bases["journal"], self._bases["conduct"]
        lost = [row for position, row in self._lost.items() if position not in self._entries]
        journal.put("INSERT INTO entries(position, id, bytes) VALUES (?, ?, x'')", tuple(row[:2] for row in lost))
        journal.put(
            "INSERT INTO erased(position, things, streams) VALUES (?, ?, ?)", tuple((row[0], *row[2:]) for row in lost)
        )
        journal.put("UPDATE entries SET preimage = ? WHERE position = ? AND length(bytes) > 0", tuple(self._texts))
        meta: dict[str, Value] = {
            "cuts": moment.segment,
            "cleared": moment.segment,
            "cut_last": moment.last,
            "said": moment.said,
            "runs": moment.runs,
            "expired": moment.expired,
        }
        if self._unreadable:
            meta["incomplete"] = 1
        conduct.put(_SET, tuple(meta.items()))
        self._bases["segments"].put(_SET, (("expiries", moment.expiries),))
        for base in self._partitions.values():
            base.close()
        for path in sorted(self._paths.partitions.glob("*/*/*-*.db"), reverse=True):
            self._latest(path, conduct.connection, moment)
        for base in self._bases.values():
            base.close()

    def _latest(self, path: Path, conduct: sqlite3.Connection, moment: Moment) -> None:
        """Make what a partition holds last the latest rows of their streams, where none later is known."""
        shelf = Shelf(bytes.fromhex(path.parent.parent.name), int(path.parent.name))
        with closing(connect_writer(path)) as partition:
            partition.execute("UPDATE meta SET value = ? WHERE name = 'held'", (moment.segment,))
            for stream in [row[0] for row in partition.execute("SELECT DISTINCT stream FROM blocks").fetchall()]:
                row = partitions_files.last(partition, StreamId(stream))
                if row is None:
                    continue
                if self._latest_ns.get(stream, row.from_ns - 1) < row.from_ns:
                    self._latest_ns[stream] = row.from_ns
                    conduct.execute(
                        "UPDATE streams SET latest = ?, segment = ?, leaf = ? WHERE stream = ?",
                        (_packed(row, shelf), row.segment, row.leaf, stream),
                    )


_STREAM: Final = "INSERT INTO streams(stream, next, latest, segment, leaf) VALUES (?, ?, ?, ?, ?)"
_SET: Final = "INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value"
_BASE: Final = {
    Table.ENTRIES: "journal",
    Table.RUNS: "conduct",
    Table.COUNTERS: "conduct",
    Table.SEGMENTS: "segments",
    Table.TRACES: "segments",
    Table.LEDGER_KEYS: "ledgers",
    Table.BOXES: "ledgers",
    Table.SLUGS: "accounts",
    Table.LOGINS: "accounts",
}


def _insert(table: Table) -> str:
    name = "keys" if table is Table.LEDGER_KEYS else table.value
    columns = COLUMNS[table]
    return f"INSERT INTO {name}({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608 - names from constants


def _packed(row: Kept, shelf: Shelf) -> bytes:
    """A latest row as conduct keeps it; whose thing it is does not matter there."""
    group = pack_group(
        thing=ThingId(bytes(16)),
        stream=row.stream,
        shelf=shelf,
        basis=row.basis,
        type_=ResultType(row.type),
        gate_ns=row.gate_ns,
        first=row.sequence,
        times=[row.from_ns],
        ends=[row.to_ns],
        ids=[row.id],
        salts=row.salt,
        results=[row.result],
    )
    return pack_groups([group])
