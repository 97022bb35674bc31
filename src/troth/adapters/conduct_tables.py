"""The tables of conduct.db and every statement of SQL that touches them.

Rules
- `commits` has one row per commit, which holds everything that was acknowledged together. The other tables hold what outlives
  commits that are cleared; they change only in `clear`, `cut`, and nowhere else.
- Every function here is one transaction of the one connection that writes, except `load` and `read_commits`, which read.

Source: things.md, "The writer". Format 4; docs/reference/stores.md has a heading for each table.
Left out: threads, memory, what the bytes mean (`conduct_packing`).
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Final, NamedTuple

from msgspec.structs import astuple

from troth.adapters.conduct_packing import Count, NewRun
from troth.adapters.sqlite_files import each_row
from troth.things.stores import Cut

__all__ = [
    "FORMAT",
    "NOWHERE",
    "SCHEMA",
    "Cleared",
    "Loaded",
    "Packed",
    "StreamRow",
    "bring_up",
    "clear",
    "commit",
    "cut",
    "load",
    "read_commits",
    "read_traces",
    "transaction",
]

FORMAT: Final = (
    4  # 2: a stream may have no latest row; 3: rows of many streams in one block; 4: several cuts may be pending
)
NOWHERE: Final = -1  # the segment and leaf of a latest row whose time was over
SCHEMA: Final = """
    CREATE TABLE commits(
        n INTEGER PRIMARY KEY, at_ns INTEGER NOT NULL, rows BLOB NOT NULL, traces BLOB NOT NULL, keys BLOB NOT NULL,
        runs BLOB NOT NULL, counts BLOB NOT NULL);
    CREATE TABLE cuts(
        number INTEGER PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL, tick_ns INTEGER NOT NULL,
        seed BLOB NOT NULL);
    CREATE TABLE streams(
        stream BLOB PRIMARY KEY, next INTEGER NOT NULL, latest BLOB NOT NULL, segment INTEGER NOT NULL,
        leaf INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE runs(
        run INTEGER PRIMARY KEY, stream BLOB NOT NULL, first INTEGER NOT NULL, secret INTEGER NOT NULL,
        earliest INTEGER, latest INTEGER);
    CREATE TABLE counters(
        thing BLOB, what TEXT, n INTEGER NOT NULL, PRIMARY KEY(thing, what)) WITHOUT ROWID;
    CREATE TABLE repeats(n INTEGER PRIMARY KEY, at_ns INTEGER NOT NULL, keys BLOB NOT NULL);
    INSERT INTO meta VALUES ('cuts', 0), ('cut_last', 0), ('cleared', 0), ('said', 0);
"""
_SIGN: Final = 1 << 64  # SQLite's integers are signed; a run's secret is not
_TOP: Final = 1 << 63


class Packed(NamedTuple):
    """A row of `commits`."""

    n: int
    at_ns: int
    rows: bytes
    traces: bytes
    keys: bytes
    runs: bytes
    counts: bytes


class StreamRow(NamedTuple):
    """What stays of a stream when its rows are moved: the next sequence, and its latest row, packed, with its leaf.

    `latest` is empty where that row's time was over.
    """

    stream: bytes
    next: int
    latest: bytes
    segment: int
    leaf: int


@dataclass(frozen=True, slots=True)
class Loaded:
    """Everything the file holds, at the start."""

    commits: Sequence[Packed]
    pending: Sequence[Cut]
    streams: Sequence[StreamRow]
    runs: Sequence[NewRun]
    counts: Sequence[Count]
    repeats: Sequence[tuple[int, bytes]]
    meta: Mapping[str, int]


@dataclass(slots=True)
class Cleared:
    """What `clear` carries over from the commits it deletes.

    `streams` are those with a later row than before, `nexts` the next sequences of the others; `spans` the earliest and latest
    time of rows per run.
    """

    cuts: Sequence[Cut]
    said: int = 0
    streams: list[StreamRow] = field(default_factory=list)
    nexts: list[tuple[int, bytes]] = field(default_factory=list)
    runs: list[NewRun] = field(default_factory=list)
    spans: dict[int, tuple[int, int]] = field(default_factory=dict)
    counts: list[Count] = field(default_factory=list)


def bring_up(connection: sqlite3.Connection) -> None:
    """A file of an older format is of this one from now on: what is written next could not be read by an older program."""
    connection.execute("UPDATE meta SET value = ?1 WHERE name = 'format' AND value < ?1", (FORMAT,))


def load(connection: sqlite3.Connection) -> Loaded:
    """Read everything, in order."""
    cuts = connection.execute("SELECT number, first, last, tick_ns, seed FROM cuts ORDER BY number")
    return Loaded(
        commits=[Packed(*row) for row in connection.execute(_COMMITS + "ORDER BY n")],
        pending=tuple(Cut(*row) for row in cuts),
        streams=[
            StreamRow(*row) for row in connection.execute("SELECT stream, next, latest, segment, leaf FROM streams")
        ],
        runs=[
            NewRun(run, stream, first, secret % _SIGN)
            for run, stream, first, secret in connection.execute(
                "SELECT run, stream, first, secret FROM runs ORDER BY run"
            )
        ],
        counts=[Count(*row) for row in connection.execute("SELECT thing, what, n FROM counters")],
        repeats=connection.execute("SELECT at_ns, keys FROM repeats ORDER BY n").fetchall(),
        meta=dict(
            connection.execute(
                "SELECT name, value FROM meta WHERE name IN ('cuts', 'cut_last', 'cleared', 'said', 'runs')"
            )
        ),
    )


def read_commits(connection: sqlite3.Connection, cut: Cut) -> list[Packed]:
    """The commits of a cut, in order."""
    found = connection.execute(_COMMITS + "WHERE n BETWEEN ? AND ? ORDER BY n", (cut.first, cut.last))
    return [Packed(*row) for row in found]


def read_traces(connection: sqlite3.Connection) -> Iterator[bytes]:
    """The other traces of every commit that has some, packed, the newest commit first."""
    found = connection.execute("SELECT traces FROM commits WHERE length(traces) > 0 ORDER BY n DESC")
    return (traces for (traces,) in found)


_COMMITS: Final = "SELECT n, at_ns, rows, traces, keys, runs, counts FROM commits "


def commit(connection: sqlite3.Connection, packed: Packed) -> None:
    """Make one commit durable. One statement outside a transaction is a transaction of its own."""
    connection.execute(
        "INSERT INTO commits(n, at_ns, rows, traces, keys, runs, counts) VALUES (?, ?, ?, ?, ?, ?, ?)", packed
    )


def cut(connection: sqlite3.Connection, new: Sequence[Cut]) -> None:
    """Make cuts durable, all or none."""
    with transaction(connection):
        connection.executemany(
            "INSERT INTO cuts(number, first, last, tick_ns, seed) VALUES (?, ?, ?, ?, ?)", map(astuple, new)
        )
        _set(connection, (("cuts", new[-1].number), ("cut_last", new[-1].last)))


def clear(connection: sqlite3.Connection, cleared: Cleared, *, repeats_from_ns: int) -> None:
    """Delete the commits of cuts and the cuts; what outlives them goes into its tables. Durable on return.

    Each table is gone through in the order of its key: over many streams each page is then read and written once.
    """
    first, last = cleared.cuts[0], cleared.cuts[-1]
    span = (first.first, last.last)
    with transaction(connection):
        each_row(
            connection,
            "INSERT INTO runs(run, stream, first, secret) VALUES {}",
            [(run.run, run.stream, run.first, _signed(run.secret)) for run in cleared.runs],
        )
        connection.executemany(
            "UPDATE runs SET earliest = min(coalesce(earliest, ?1), ?1), latest = max(coalesce(latest, ?2), ?2) "
            "WHERE run = ?3",
            [(early, late, run) for run, (early, late) in sorted(cleared.spans.items())],
        )
        each_row(
            connection,
            "INSERT INTO streams(stream, next, latest, segment, leaf) VALUES {} ON CONFLICT DO UPDATE "
            "SET next = excluded.next, latest = excluded.latest, segment = excluded.segment, leaf = excluded.leaf",
            sorted(cleared.streams),
        )
        connection.executemany("UPDATE streams SET next = ? WHERE stream = ?", sorted(cleared.nexts, key=itemgetter(1)))
        connection.executemany(
            "INSERT INTO counters(thing, what, n) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n",
            cleared.counts,
        )
        connection.execute(
            "INSERT INTO repeats(n, at_ns, keys) SELECT n, at_ns, keys FROM commits "
            "WHERE n BETWEEN ? AND ? AND length(keys) > 0",
            span,
        )
        connection.execute("DELETE FROM repeats WHERE at_ns < ?", (repeats_from_ns,))
        connection.execute("DELETE FROM commits WHERE n BETWEEN ? AND ?", span)
        connection.execute("DELETE FROM cuts WHERE number BETWEEN ? AND ?", (first.number, last.number))
        _set(connection, (("cleared", last.number), ("said", cleared.said)))


def _set(connection: sqlite3.Connection, values: Iterable[tuple[str, int]]) -> None:
    connection.executemany("UPDATE meta SET value = ?2 WHERE name = ?1", values)


def _signed(number: int) -> int:
    return number - _SIGN if number >= _TOP else number


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Everything inside becomes durable together."""
    # No rollback on failure: the store is finished then, and the file is as the last commit left it.
    connection.execute("BEGIN IMMEDIATE")
    yield
    connection.execute("COMMIT")
