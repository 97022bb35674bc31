"""segments.db: every moved segment, and its traces that are no rows; the tables, and the SQL over them.

Source: things.md, "The store". Format 1; docs/reference/stores.md. Left out: erasing (`partitions_erasing`).
"""

import hashlib
import sqlite3
from collections.abc import Sequence
from typing import Final

from msgspec.structs import astuple

from troth.adapters.partitions_files import transaction
from troth.things.stores import Cut, NotedTrace, Segment, Traced

__all__ = ["FORMAT", "SCHEMA", "SEGMENT", "TRACE", "digest", "insert", "newest", "segment_of"]

FORMAT: Final = 1
SCHEMA: Final = """
    CREATE TABLE segments(
        number INTEGER PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL, tick_ns INTEGER NOT NULL,
        seed BLOB NOT NULL, leaves BLOB NOT NULL, size INTEGER NOT NULL, root BLOB NOT NULL, statement BLOB NOT NULL);
    CREATE TABLE traces(
        segment INTEGER NOT NULL, leaf INTEGER NOT NULL, kind INTEGER NOT NULL, digest BLOB NOT NULL,
        trace BLOB NOT NULL, salt BLOB NOT NULL, PRIMARY KEY(segment, leaf));
    CREATE INDEX traces_by_digest ON traces(digest)
"""
SEGMENT: Final = "SELECT number, first, last, tick_ns, seed, leaves, size, root, statement FROM segments "
TRACE: Final = "SELECT kind, trace, salt, segment, leaf FROM traces "


def newest(connection: sqlite3.Connection) -> int:
    """The number of the last segment that is moved, or 0."""
    number: int = connection.execute("SELECT coalesce(max(number), 0) FROM segments").fetchone()[0]
    return number


def insert(connection: sqlite3.Connection, segments: Sequence[Segment], traces: Sequence[Traced]) -> None:
    """Put segments and their other traces into the file, in one transaction. Sealed traces are passed over."""
    with transaction(connection):
        connection.executemany(
            "INSERT INTO traces(segment, leaf, kind, digest, trace, salt) VALUES (?, ?, ?, ?, ?, ?)",
            [
                (trace.segment, trace.leaf, trace.kind, digest(trace.trace), trace.trace, trace.salt)
                for trace in traces
                if isinstance(trace, NotedTrace)
            ],
        )
        connection.executemany(
            "INSERT INTO segments(number, first, last, tick_ns, seed, leaves, size, root, statement) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (*astuple(segment.cut), segment.leaves, segment.size, segment.root, segment.statement)
                for segment in segments
            ],
        )


def segment_of(  # noqa: PLR0913, PLR0917 - the columns of one row, in their order
    number: int,
    first: int,
    last: int,
    tick_ns: int,
    seed: bytes,
    leaves: bytes,
    size: int,
    root: bytes,
    statement: bytes,
) -> Segment:
    """A row as a segment."""
    return Segment(Cut(number, first, last, tick_ns, seed), leaves, size, root, statement)


def digest(trace: bytes) -> bytes:
    """By what a trace is found."""
    return hashlib.sha256(trace).digest()
