"""Which partition file holds which rows, and the tables of one; the SQL of the observation store.

Rules
- A partition is one file per place, retention class and period of phenomenonTime: `<place>/<days>/<year>-<month>.db`, or
  `<year>-<month>-<day>.db` where the class is short (`things.retention`). Files of months in a short class are read as well:
  versions before wrote them.
- Its key is (stream, time, sequence), WITHOUT ROWID; each type of result has a column of its own, so that no value changes.
- `blocks` says between which times the sequences of a stream lie, 4,096 to a block: the way from a sequence to its row.
- `meta.held` is the last segment whose rows the file holds; it changes with them, so moving twice changes nothing.

Source: things.md, "The store". Format 1; docs/reference/stores.md.
Left out: cutting by size; erasing and retention (`partitions_erasing`, `partitions_expiring`).
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import groupby
from operator import itemgetter, lt
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

from troth.adapters.sqlite_files import each_row
from troth.names import BasisId, StreamId
from troth.spans import DAY_NS
from troth.things.intervals import Interval, intersect
from troth.things.observations import Kept, Result, ResultType, Shelf
from troth.things.query import After, Order
from troth.things.retention import month_of, period_of
from troth.things.stores import Committed

__all__ = [
    "BLOCK",
    "FORMAT",
    "OPEN_FILES",
    "SCHEMA",
    "Moved",
    "Period",
    "Streams",
    "at_sequence",
    "at_time",
    "blocks",
    "by_file",
    "by_stream",
    "file_of",
    "files_at",
    "held",
    "last",
    "periods",
    "put",
    "scan",
    "select",
    "span_of",
    "transaction",
]

FORMAT: Final = 1
SCHEMA: Final = """
    CREATE TABLE rows(
        stream BLOB NOT NULL, from_ns INTEGER NOT NULL, sequence INTEGER NOT NULL, to_ns INTEGER NOT NULL,
        id INTEGER NOT NULL, gate_ns INTEGER NOT NULL, basis BLOB NOT NULL, type INTEGER NOT NULL,
        number, whole INTEGER, text TEXT, json BLOB,
        salt BLOB NOT NULL, segment INTEGER NOT NULL, leaf INTEGER NOT NULL,
        PRIMARY KEY(stream, from_ns, sequence)) WITHOUT ROWID;
    CREATE TABLE blocks(
        stream BLOB NOT NULL, block INTEGER NOT NULL, earliest INTEGER NOT NULL, latest INTEGER NOT NULL,
        PRIMARY KEY(stream, block)) WITHOUT ROWID;
    INSERT INTO meta VALUES ('held', 0)
"""
BLOCK: Final = 4_096
OPEN_FILES: Final = 64  # writing connections kept open, the latest used
_EPOCH: Final = date(1970, 1, 1)
_NOTHING: Final = Interval(0, 0)
_ROW: Final = (
    "SELECT sequence, id, from_ns, to_ns, gate_ns, basis, type, number, whole, text, json, salt, segment, leaf "
    "FROM rows WHERE stream = ? "
)

Row: TypeAlias = tuple[
    int, int, int, int, int, bytes, int, float | None, int | None, str | None, bytes | None, bytes, int, int
]


Moved: TypeAlias = tuple[bytes, int, int, int, int, int, bytes, int, Result, bytes, int, int]
"""The fields of a Kept in their order."""
Streams: TypeAlias = dict[bytes, list[Moved]]
"""Rows by stream; of each stream in the order of their sequences, as they were kept."""
_Block: TypeAlias = tuple[bytes, int, int, int]
_SEQUENCE: Final = 1
_TIME: Final = itemgetter(3)
_TYPE: Final = itemgetter(7)
_SEGMENT: Final = 10
_COLUMN: Final[dict[int, int]] = {
    ResultType.NUMBER: 0,
    ResultType.INTEGER: 1,
    ResultType.BOOLEAN: 1,
    ResultType.TEXT: 2,
    ResultType.JSON: 3,
}
_INSERTS: Final = tuple(
    "INSERT INTO rows(stream, sequence, id, from_ns, to_ns, gate_ns, basis, type, " + column + ", salt, segment, leaf) "
    "VALUES {}"
    for column in ("number", "whole", "text", "json")
)


class Period(NamedTuple):
    """Files of a place that may hold rows of the same times, and those times."""

    paths: tuple[Path, ...]
    span: Interval


def file_of(folder: Path, shelf: Shelf, time_ns: int) -> Path:
    """The file for a row of this time."""
    return _shelf_folder(folder, shelf) / f"{_name(time_ns // DAY_NS, shelf.retention_days)}.db"


def by_file(folder: Path, commits: Sequence[Committed]) -> dict[Path, list[Kept]]:
    """The rows of commits, sorted into their files."""
    found: dict[Path, list[Kept]] = {}
    known: dict[tuple[int, int], list[Kept]] = {}  # by the identity of the shelf, and day: most rows share few of them
    for commit in commits:
        for shelf, row in commit.rows:
            key = (id(shelf), row.from_ns // DAY_NS)
            rows = known.get(key)
            if rows is None:
                rows = known[key] = found.setdefault(file_of(folder, shelf, row.from_ns), [])
            rows.append(row)
    return found


def periods(folder: Path, shelf: Shelf, times: Sequence[Interval]) -> list[Period]:
    """The files there are that may hold rows of these times, the earliest first; no two have times in common.

    All retention classes of the place are looked at: a newer disclosure may state another one than the rows were kept under.
    """
    days: dict[Interval, dict[Interval, list[Path]]] = {}
    months: dict[Interval, list[Path]] = {}
    for path in sorted((folder / shelf.place.hex()).glob("*/*-*.db")):
        span = span_of(path)
        month = month_of(span.from_ns // DAY_NS)
        if span == month:
            months.setdefault(month, []).append(path)
        elif span != _NOTHING:
            days.setdefault(month, {}).setdefault(span, []).append(path)
    found = [each for month in sorted({*days, *months}) for each in _apart(days.get(month, {}), months, month)]
    return [each for each in found if intersect(tuple(times), (each.span,))]


def _apart(days: dict[Interval, list[Path]], months: dict[Interval, list[Path]], month: Interval) -> Iterator[Period]:
    """The periods of one month: its days that have files of their own, and what lies between them."""
    whole = tuple(months.get(month, ()))
    at_ns = month.from_ns
    for span, paths in sorted(days.items()):
        if whole and at_ns < span.from_ns:
            yield Period(whole, Interval(at_ns, span.from_ns))
        yield Period((*paths, *whole), span)
        at_ns = span.to_ns
    if whole and at_ns < month.to_ns:
        yield Period(whole, Interval(at_ns, month.to_ns))


def files_at(folder: Path, shelf: Shelf, time_ns: int) -> list[Path]:
    """The files that may hold a row of this time, in any retention class of the place."""
    day = time_ns // DAY_NS
    place = folder / shelf.place.hex()
    return sorted(path for days in (1, 0) for path in place.glob(f"*/{_name(day, days)}.db"))


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Everything inside becomes durable together. Nothing is rolled back: after an error the store is finished."""
    connection.execute("BEGIN IMMEDIATE")
    yield
    connection.execute("COMMIT")


def held(connection: sqlite3.Connection) -> int:
    """The last segment whose rows this file holds."""
    number: int = connection.execute("SELECT value FROM meta WHERE name = 'held'").fetchone()[0]
    return number


def by_stream(rows: Iterable[Moved]) -> Streams:
    """Rows in the order in which they were kept, by their streams."""
    found: Streams = {}
    for row in rows:
        of_stream = found.get(row[0])
        if of_stream is None:
            found[row[0]] = [row]
        else:
            of_stream.append(row)
    return found


def put(connection: sqlite3.Connection, parts: Iterable[Streams], *, first: int, last: int) -> None:
    """Put rows of the segments first..last into the file, durably; those that it holds are passed over.

    Args:
        connection: of the file, in no transaction.
        parts: no stream is in two of them; best in the order of their streams. Each is empty when it is put.
        first: number of the first segment whose rows these are.
        last: of the last.
    """
    there = held(connection)
    if there >= last:
        return
    with transaction(connection):
        for streams in parts:
            _insert(connection, _behind(streams, there) if there >= first else streams)
            streams.clear()  # else they would stand beside the next part
        connection.execute("UPDATE meta SET value = ? WHERE name = 'held'", (last,))


def _behind(streams: Streams, there: int) -> Streams:
    """Rows of later segments than this one."""
    some = {stream: [row for row in rows if row[_SEGMENT] > there] for stream, rows in streams.items()}
    return {stream: rows for stream, rows in some.items() if rows}


def _insert(connection: sqlite3.Connection, streams: Streams) -> None:
    """Rows in the order of the file's key."""
    moved: list[Moved] = []
    blocks: list[_Block] = []
    for _, rows in sorted(streams.items()):
        times = list(map(_TIME, rows))
        blocks += _blocks(rows, times)
        # Nearly always in order already: no two rows of a stream have one time, and late ones are few.
        moved += rows if all(map(lt, times, times[1:])) else sorted(rows, key=_TIME)
    types = set(map(_TYPE, moved))
    for column in sorted({_COLUMN[type_] for type_ in types}):
        some = moved if len(types) == 1 else [row for row in moved if _COLUMN[row[7]] == column]
        each_row(connection, _INSERTS[column], some)
    each_row(
        connection,
        "INSERT INTO blocks(stream, block, earliest, latest) VALUES {} ON CONFLICT DO UPDATE "
        "SET earliest = min(earliest, excluded.earliest), latest = max(latest, excluded.latest)",
        blocks,
    )


def _blocks(rows: Sequence[Moved], times: Sequence[int]) -> Iterator[_Block]:
    """Stream, block, earliest and latest time, for rows of one stream in the order of their sequences."""
    if rows[0][_SEQUENCE] // BLOCK == rows[-1][_SEQUENCE] // BLOCK:
        yield rows[0][0], rows[0][_SEQUENCE] // BLOCK, min(times), max(times)
        return
    for block, some in groupby(rows, key=lambda row: row[_SEQUENCE] // BLOCK):
        inside = list(map(_TIME, some))
        yield rows[0][0], block, min(inside), max(inside)


def select(
    connection: sqlite3.Connection, stream: StreamId, within: Interval, *, order: Order, after: After | None, limit: int
) -> list[Kept]:
    """Rows of an interval in order, strictly after `after`, at most `limit`."""
    sign, direction = (">", "ASC") if order is Order.ASCENDING else ("<", "DESC")
    sql = _ROW + "AND from_ns >= ? AND from_ns < ? "
    values: list[bytes | int] = [stream, within.from_ns, within.to_ns]
    if after is not None:
        sql += f"AND (from_ns, sequence) {sign} (?, ?) "
        values += [after.time_ns, after.sequence]
    sql += f"ORDER BY from_ns {direction}, sequence {direction} LIMIT ?"
    return [_kept(stream, row) for row in connection.execute(sql, [*values, limit])]


def last(connection: sqlite3.Connection, stream: StreamId) -> Kept | None:
    """The row of a stream with the latest time, or None."""
    found = connection.execute(_ROW + "ORDER BY from_ns DESC, sequence DESC LIMIT 1", (stream,)).fetchall()
    return _kept(stream, found[0]) if found else None


def at_time(connection: sqlite3.Connection, stream: StreamId, time_ns: int) -> Kept | None:
    """The row of a time, or None."""
    rows = connection.execute(_ROW + "AND from_ns = ? LIMIT 1", (stream, time_ns)).fetchall()
    return _kept(stream, rows[0]) if rows else None


def at_sequence(connection: sqlite3.Connection, stream: StreamId, sequence: int) -> Kept | None:
    """The row of a sequence, or None."""
    span = connection.execute(
        "SELECT earliest, latest FROM blocks WHERE stream = ? AND block = ?", (stream, sequence // BLOCK)
    ).fetchone()
    if span is None:
        return None
    sql = _ROW + "AND from_ns BETWEEN ? AND ? AND sequence = ?"
    row = connection.execute(sql, (stream, *span, sequence)).fetchone()
    return None if row is None else _kept(stream, row)


def blocks(connection: sqlite3.Connection) -> dict[tuple[bytes, int], tuple[int, int]]:
    """Earliest and latest time by stream and block."""
    found = connection.execute("SELECT stream, block, earliest, latest FROM blocks")
    return {(stream, block): (early, late) for stream, block, early, late in found}


def scan(connection: sqlite3.Connection, *, after: tuple[bytes, int, int] | None, limit: int) -> list[Kept]:
    """Rows of all streams as they lie, after one of stream, time and sequence; in a damaged file in another order."""
    sql = _ROW.replace("SELECT ", "SELECT stream, ").replace("WHERE stream = ? ", "")
    sql += "" if after is None else "WHERE (stream, from_ns, sequence) > (?, ?, ?) "
    values = [] if after is None else list(after)
    return [_kept(row[0], row[1:]) for row in connection.execute(sql + "LIMIT ?", [*values, limit])]


def _shelf_folder(folder: Path, shelf: Shelf) -> Path:
    return folder / shelf.place.hex() / str(shelf.retention_days)


@lru_cache(maxsize=4_096)
def _name(day: int, days: int) -> str:
    period = period_of(day * DAY_NS, days=days)
    first = (_EPOCH + timedelta(days=period.from_ns // DAY_NS)).isoformat()
    return first if period != month_of(day) else first[:7]


def span_of(path: Path) -> Interval:
    """The times that a file may hold; for one that is named otherwise, none."""
    return _span(path.stem)


@lru_cache(maxsize=4_096)
def _span(name: str) -> Interval:
    try:
        if len(name) == len("2026-01"):
            return month_of((datetime.strptime(name, "%Y-%m").replace(tzinfo=UTC).date() - _EPOCH).days)
        day = (date.fromisoformat(name) - _EPOCH).days
    except ValueError:
        return _NOTHING
    return Interval(day * DAY_NS, (day + 1) * DAY_NS)


def _kept(stream: StreamId, row: Row) -> Kept:
    sequence, id_, from_ns, to_ns, gate_ns, basis, type_, number, whole, text, json, salt, segment, leaf = row
    result = (number, whole, text, json)[_COLUMN[type_]]
    if result is None:
        raise sqlite3.DatabaseError("a row without its result")
    if type_ == ResultType.BOOLEAN:
        result = bool(result)
    return Kept(stream, sequence, id_, from_ns, to_ns, gate_ns, BasisId(basis), type_, result, salt, segment, leaf)
