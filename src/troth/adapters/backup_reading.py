"""Read everything that a backup holds from the stores of a data folder, while its node runs or not.

Rules
- One moment: no segment was in the making while conduct and journal were read. What came later is left out of all files.
- Short reads of at most ROWS_AT_ONCE rows; partitions under the lock of `reading_lock`.
- Each part has the scopes of everything in it that may have to die.

Source: record.md, "Loss and restore"; things.md, "The store"; docs/decisions/0035-a-backup-dies-part-by-part.md.
"""

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Final, NamedTuple

from troth.adapters.backup_tables import (
    COLUMNS,
    LASTING,
    Moment,
    Rows,
    Table,
    Value,
    of_id,
    of_rows,
    of_statement,
    of_text,
)
from troth.adapters.partitions_files import span_of
from troth.adapters.reading_lock import held_for_reading
from troth.adapters.sqlite_files import read
from troth.errors import Busy, Malformed
from troth.signing.cose import parse
from troth.state.directory import Directory
from troth.statements.kinds import Face
from troth.statements.statement import read_kept
from troth.tlog.trace import Basis, SaidTrace, decode

__all__ = ["Changes", "Source", "StorePaths"]

ROWS_AT_ONCE: Final = 5_000
_TRIES: Final = 200
_META: Final = ("cuts", "cut_last", "cleared", "said", "runs", "expired", "wipe")
Scoped = tuple[tuple[bytes, ...], Rows]


class StorePaths(NamedTuple):
    """Where the databases lie."""

    journal: Path
    conduct: Path
    partitions: Path
    ledgers: Path
    accounts: Path


class Changes(NamedTuple):
    """What moves when something is deleted."""

    expired: int
    runs: int
    expiry: bool
    erased: int
    erasing: int
    texts: frozenset[int]

    @property
    def going(self) -> bool:
        """Whether something is being deleted."""
        return self.expiry or self.erasing > 0

    def went_since(self, before: "Changes") -> bool:
        """Whether anything was deleted since."""
        return self[:5] != before[:5] or bool(before.texts - self.texts)


class Source:
    """The stores of one folder."""

    def __init__(self, paths: StorePaths, *, pause: Callable[[], None]) -> None:
        self._paths = paths
        self._pause = pause
        self._private: set[bytes] = set()

    @property
    def unmoved(self) -> int:
        """The number of the last commit that is not moved yet, or 0.

        Raises:
            StorageFailed: it cannot be read.
        """
        found = read(self._paths.conduct, lambda file: file.execute("SELECT max(n) FROM commits").fetchone()[0])
        return int(found or 0)

    def moved(self, last: int) -> bool:
        """Whether all commits up to this one are moved.

        Raises:
            StorageFailed: it cannot be read.
        """
        found = read(self._paths.conduct, lambda file: file.execute("SELECT min(n) FROM commits").fetchone()[0])
        return found is None or int(found) > last

    def changes(self) -> Changes:
        """What was deleted so far.

        Raises:
            StorageFailed: it cannot be read.
        """
        meta = read(self._paths.conduct, _meta)
        erased, erasing, texts = read(self._paths.journal, _deleted)
        expiry = read(self._segments, lambda file: file.execute("SELECT 1 FROM meta WHERE name = 'expiry'").fetchone())
        return Changes(meta.get("expired", 0), meta.get("runs", 0), expiry is not None, erased, erasing, texts)

    def moment(self, *, origin: str, log: int, made_ns: int) -> tuple[Moment, list[Scoped]]:
        """One moment between two segments, and what conduct held at it.

        Raises:
            Busy: there was none.
            StorageFailed: it cannot be read.
        """
        for _ in range(_TRIES):
            before = read(self._paths.conduct, _between)
            position = read(self._paths.journal, _position)
            conduct = read(self._paths.conduct, _conduct)
            if before is not None and before == read(self._paths.conduct, _between):
                expiries = read(
                    self._segments,
                    lambda file: file.execute("SELECT value FROM meta WHERE name = 'expiries'").fetchone(),
                )
                moment = Moment(
                    origin,
                    log,
                    made_ns,
                    position,
                    before["cleared"],
                    before["cut_last"],
                    before["said"],
                    before.get("runs", 0),
                    before.get("expired", 0),
                    0 if expiries is None else expiries[0],
                )
                return moment, conduct
            self._pause()
        raise Busy("no moment between two segments was found", retry_after_s=10)

    def parts(self, moment: Moment) -> Iterator[Scoped]:
        """Everything but conduct and the log.

        Raises:
            StorageFailed: it cannot be read.
        """
        yield from self._entries(moment)
        for table, sql, scope in _ACCOUNTS:
            for rows in _slices(self._paths.accounts, sql, (), after=_BEFORE[table]):
                yield from _by_scope(table, rows, scope)
        for table, sql, scope in _LEDGERS:
            for rows in _slices(self._paths.ledgers, sql, (moment.segment,), after=_BEFORE[table]):
                yield from _by_scope(table, rows, scope)
        for rows in _slices(self._segments, _SEGMENTS, (moment.segment,), after=(0,)):
            yield (LASTING,), Rows(Table.SEGMENTS, tuple(rows))
        for rows in _slices(self._segments, _TRACES, (moment.segment,), after=(0, -1)):
            yield from _by_scope(Table.TRACES, rows, self._of_trace)
        for path in sorted(self._paths.partitions.glob("*/*/*-*.db")):
            yield from self._partition(path, moment)

    @property
    def _segments(self) -> Path:
        return self._paths.partitions / "segments.db"

    def _entries(self, moment: Moment) -> Iterator[Scoped]:
        """The journal in order. Of a private statement id, place and the handles it took last; its bytes may go."""
        handles = Directory()
        for rows in _journal(self._paths.journal, moment.position):
            lasting: list[tuple[Value, ...]] = []
            open_: list[tuple[Value, ...]] = []
            for position, id_, data, preimage, things, streams in rows:
                if things is not None and streams is not None:
                    handles.skip(things=things, streams=streams)
                    lasting.append((position, id_, things, streams))
                    continue
                before = (handles.things_given, handles.streams_given)
                statement = read_kept(parse(data), preimage)
                if statement is not None:
                    handles.take(statement)
                if statement is None or (statement.kind.face is not Face.PRIVATE and not statement.unknown):
                    open_.append((position, id_, data))
                else:
                    self._private.add(id_)
                    taken = (handles.things_given - before[0], handles.streams_given - before[1])
                    lasting.append((position, id_, *taken))
                    yield (of_statement(id_),), Rows(Table.ENTRIES, ((position, id_, data),))
                if preimage is not None:
                    yield (of_text(id_), of_statement(id_)), Rows(Table.TEXTS, ((position, preimage),))
            yield (LASTING,), Rows(Table.ERASED, tuple(lasting))
            yield (LASTING,), Rows(Table.ENTRIES, tuple(open_))

    def _of_trace(self, row: Sequence[Value]) -> tuple[bytes, ...]:
        """What a trace names; a basis goes with any private statement that stands in it."""
        try:
            trace = decode(row[4])  # type: ignore[arg-type]  # the column of traces holds bytes
        except Malformed:
            return (LASTING,)
        if isinstance(trace, SaidTrace):
            return (of_statement(trace.statement),)
        if isinstance(trace, Basis):
            return tuple(of_statement(each) for each in trace.ids if each in self._private) or (LASTING,)
        named = (getattr(trace, field, None) for field in ("person", "stream", "thing"))
        return tuple(of_id(each) for each in named if each is not None) or (LASTING,)

    def _partition(self, path: Path, moment: Moment) -> Iterator[Scoped]:
        """Rows of one file, stream by stream."""
        name = str(path.relative_to(self._paths.partitions))
        place, days = bytes.fromhex(path.parent.parent.name), int(path.parent.name)
        span = span_of(path)
        after: tuple[Value, ...] = ()
        more = True
        while more:
            with held_for_reading(self._paths.partitions):
                if not path.exists():
                    return  # its time was over meanwhile
                some = read(path, partial(_rows, after=after, segment=moment.segment))
                blocks = [] if after else read(path, lambda file: file.execute(_select(Table.BLOCKS)).fetchall())
            for table, rows in ((Table.BLOCKS, blocks), (Table.ROWS, some)):
                for stream, of_stream in groupby(rows, key=lambda row: row[0]):
                    scopes = (of_rows(place, days, from_ns=span.from_ns, stream=stream), of_id(stream))
                    yield scopes, Rows(table, tuple(of_stream), name)
            more = len(some) == ROWS_AT_ONCE
            after = some[-1][:3] if some else ()


def _select(table: Table) -> str:
    names = {Table.LEDGER_KEYS: "keys", Table.TEXTS: "entries"}
    return f"SELECT {', '.join(COLUMNS[table])} FROM {names.get(table, table.value)} "  # noqa: S608 - names from constants


_JOURNAL: Final = (
    "SELECT position, id, bytes, preimage, things, streams FROM entries LEFT JOIN erased USING (position) "
    "WHERE position <= ? AND position > ? ORDER BY position LIMIT ?"
)
_SEGMENTS: Final = _select(Table.SEGMENTS) + "WHERE number <= ? AND number > ? ORDER BY number LIMIT ?"
_TRACES: Final = (
    _select(Table.TRACES) + "WHERE segment <= ? AND (segment, leaf) > (?, ?) ORDER BY segment, leaf LIMIT ?"
)
_ROWS: Final = _select(Table.ROWS)


def _rows(file: sqlite3.Connection, *, after: tuple[Value, ...], segment: int) -> list[tuple[Value, ...]]:
    where = "WHERE (stream, from_ns, sequence) > (?, ?, ?) AND segment <= ? " if after else "WHERE segment <= ? "
    sql = _ROWS + where + "ORDER BY stream, from_ns, sequence LIMIT ?"
    return file.execute(sql, (*after, segment, ROWS_AT_ONCE)).fetchall()


def _of_account(row: Sequence[Value]) -> tuple[bytes, ...]:
    named = [each for each in (row[2], row[6]) if isinstance(each, bytes)]
    return tuple(map(of_id, named)) or (LASTING,)


def _of_login(row: Sequence[Value]) -> tuple[bytes, ...]:
    return (of_id(row[3]),) if isinstance(row[3], bytes) else (LASTING,)


def _of_first(row: Sequence[Value]) -> tuple[bytes, ...]:
    return (of_id(row[0]),)  # type: ignore[arg-type]  # ledgers, streams and things are bytes


def _of_second(row: Sequence[Value]) -> tuple[bytes, ...]:
    return (of_id(row[1]),)  # type: ignore[arg-type]  # the same


Scope = Callable[[Sequence[Value]], tuple[bytes, ...]]
_ACCOUNTS: Final[tuple[tuple[Table, str, Scope], ...]] = (
    (Table.ACCOUNTS, _select(Table.ACCOUNTS) + "WHERE digest > ? ORDER BY digest LIMIT ?", _of_account),
    (Table.SLUGS, _select(Table.SLUGS) + "WHERE slug > ? ORDER BY slug LIMIT ?", _of_second),
    (Table.LOGINS, _select(Table.LOGINS) + "WHERE holder > ? ORDER BY holder LIMIT ?", _of_login),
)
_LEDGERS: Final[tuple[tuple[Table, str, Scope], ...]] = (
    (Table.LEDGER_KEYS, _select(Table.LEDGER_KEYS) + "WHERE ?1 >= 0 AND id > ?2 ORDER BY id LIMIT ?3", _of_second),
    (
        Table.BOXES,
        _select(Table.BOXES) + "WHERE segment <= ? AND (ledger, segment, leaf) > (?, ?, ?) "
        "ORDER BY ledger, segment, leaf LIMIT ?",
        _of_first,
    ),
)
_BEFORE: Final[Mapping[Table, tuple[Value, ...]]] = {
    Table.ACCOUNTS: (b"",),
    Table.SLUGS: ("",),
    Table.LOGINS: ("",),
    Table.LEDGER_KEYS: (b"",),
    Table.BOXES: (b"", -1, -1),
}
"""A key before every other."""


def _slices(
    path: Path, sql: str, values: tuple[Value, ...], *, after: tuple[Value, ...]
) -> Iterator[list[tuple[Value, ...]]]:
    """Rows in the order of their key, the first columns, beginning behind `after`; each read is short."""
    while True:
        wanted = (*values, *after, ROWS_AT_ONCE)
        some = read(path, partial(_all, sql=sql, values=wanted))
        if some:
            yield some
            after = some[-1][: len(after)]
        if len(some) < ROWS_AT_ONCE:
            return


_JournalRow = tuple[int, bytes, bytes, bytes | None, int | None, int | None]


def _journal(path: Path, position: int) -> Iterator[list[_JournalRow]]:
    """The journal up to a position, some entries at a time."""

    def some(file: sqlite3.Connection) -> list[_JournalRow]:
        return file.execute(_JOURNAL, (position, at, ROWS_AT_ONCE)).fetchall()

    at = 0
    while rows := read(path, some):
        yield rows
        at = rows[-1][0]


def _all(file: sqlite3.Connection, *, sql: str, values: tuple[Value, ...]) -> list[tuple[Value, ...]]:
    return file.execute(sql, values).fetchall()


def _by_scope(table: Table, rows: Sequence[tuple[Value, ...]], scope: Scope) -> Iterator[Scoped]:
    """Neighbours of one scope together."""
    for scopes, of_scope in groupby(rows, key=scope):
        yield scopes, Rows(table, tuple(of_scope))


def _deleted(file: sqlite3.Connection) -> tuple[int, int, frozenset[int]]:
    (erased,) = file.execute("SELECT count(*) FROM erased").fetchone()
    (erasing,) = file.execute("SELECT count(*) FROM erasing").fetchone()
    texts = file.execute("SELECT position FROM entries WHERE preimage IS NOT NULL")
    return erased, erasing, frozenset(position for (position,) in texts)


def _position(file: sqlite3.Connection) -> int:
    found = file.execute("SELECT max(position) FROM entries").fetchone()[0]
    return int(found or 0)


def _meta(file: sqlite3.Connection) -> dict[str, int]:
    found = file.execute(f"SELECT name, value FROM meta WHERE name IN ({', '.join('?' * len(_META))})", _META)  # noqa: S608 - question marks
    return dict(found.fetchall())


def _between(file: sqlite3.Connection) -> dict[str, int] | None:
    """What conduct counts, or None while a segment is in the making or something is wiped."""
    meta = _meta(file)
    pending = file.execute("SELECT 1 FROM cuts").fetchone()
    return None if pending is not None or "wipe" in meta or meta["cuts"] != meta["cleared"] else meta


def _conduct(file: sqlite3.Connection) -> list[Scoped]:
    file.execute("BEGIN")
    found: list[Scoped] = []
    for table, scope in ((Table.STREAMS, _of_first), (Table.RUNS, _of_second), (Table.COUNTERS, _of_first)):
        rows = sorted(file.execute(_select(table)).fetchall(), key=scope)
        found += _by_scope(table, rows, scope)
    file.execute("COMMIT")
    return found
