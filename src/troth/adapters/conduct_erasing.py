"""Erase streams, things and traces from conduct.db: one transaction over every table, after which the file owes its wiping.

Rules
- Commits stay in their places, emptied where they must be: their numbers are what cuts speak of.
- What is erased takes no number with it: `said` and the number of the next run are written down first.
- Nothing is changed, and nothing owed, where nothing of it is there.

Source: record.md, "Personal ledgers" (erasure); the contract is `things.stores.ConductStore`.
Owner: the writer's thread.
"""

import sqlite3
from collections.abc import Iterable

from troth.adapters import conduct_tables as tables
from troth.adapters.conduct_blocks import Block, Piece, pack_pieces, unpack_pieces
from troth.adapters.conduct_packing import (
    pack_counts,
    pack_keys,
    pack_runs,
    pack_traces,
    unpack_counts,
    unpack_keys,
    unpack_runs,
    unpack_traces,
)
from troth.adapters.sqlite_files import owe_wiping
from troth.things.stores import Going

__all__ = ["erase"]


def erase(connection: sqlite3.Connection, going: Going, *, said: int, next_run: int) -> bool:
    """Delete whatever goes; durable on return. Returns whether there was anything.

    Args:
        connection: the one that writes.
        going: what goes.
        said: the highest journal position that a `said` trace stands for.
        next_run: the number of the next run.

    Raises:
        StorageFailed: damaged bytes.
        sqlite3.Error: it may or may not be done.
    """
    before = connection.total_changes
    with tables.transaction(connection):
        _commits(connection, going)
        _repeats(connection, going)
        for table, column in (("streams", "stream"), ("runs", "stream"), ("counters", "thing")):
            found = connection.execute(f"SELECT DISTINCT {column} FROM {table}").fetchall()  # noqa: S608 - names from the line above
            gone = [(id_,) for (id_,) in found if going.gone(id_)]
            connection.executemany(f"DELETE FROM {table} WHERE {column} = ?", gone)  # noqa: S608 - the same
        changed = connection.total_changes > before
        if changed:
            for name, value in (("said", said), ("runs", next_run)):
                connection.execute(
                    "INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value", (name, value)
                )
            owe_wiping(connection)
    return changed


def _commits(connection: sqlite3.Connection, going: Going) -> None:
    for (number,) in connection.execute("SELECT n FROM commits ORDER BY n").fetchall():
        old = connection.execute(
            "SELECT rows, traces, keys, runs, counts FROM commits WHERE n = ?", (number,)
        ).fetchone()
        rows, traces, keys, runs, counts = old
        new = (
            pack_pieces([left for piece in unpack_pieces(rows) for left in _left(piece, going)]),
            pack_traces([each for each in unpack_traces(traces) if not going.goes(each)]),
            pack_keys([each for each in unpack_keys(keys) if not going.gone(each.thing)]),
            pack_runs([each for each in unpack_runs(runs) if not going.gone(each.stream)]),
            pack_counts([each for each in unpack_counts(counts) if not going.gone(each.thing)]),
        )
        if new != old:
            connection.execute(
                "UPDATE commits SET rows = ?, traces = ?, keys = ?, runs = ?, counts = ? WHERE n = ?", (*new, number)
            )


def _left(piece: Piece, going: Going) -> Iterable[Piece]:
    """What stays of a piece: it, nothing, or each row that stays as a group of its own."""
    if not isinstance(piece, Block):
        return () if going.gone(piece.stream) else (piece,)
    gone = {stream for stream in piece.streams if going.gone(stream)}
    if not gone:
        return (piece,)
    return (piece.group(at) for at, head in enumerate(piece.which) if piece.streams[head] not in gone)


def _repeats(connection: sqlite3.Connection, going: Going) -> None:
    for number, keys in connection.execute("SELECT n, keys FROM repeats").fetchall():
        left = [each for each in unpack_keys(keys) if not going.gone(each.thing)]
        packed = pack_keys(left)
        if packed != keys and left:
            connection.execute("UPDATE repeats SET keys = ? WHERE n = ?", (packed, number))
        elif packed != keys:
            connection.execute("DELETE FROM repeats WHERE n = ?", (number,))
