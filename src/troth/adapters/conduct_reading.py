"""What stands in commits, read back from the file by a thread of its own: those of a cut, and what is sealed for somebody."""

import sqlite3
from collections.abc import Container, Iterable
from functools import partial
from pathlib import Path

from troth.adapters import conduct_tables as tables
from troth.adapters.conduct_blocks import Block, Piece, unpack_pieces
from troth.adapters.conduct_groups import kept
from troth.adapters.conduct_packing import unpack_sealed, unpack_traces
from troth.adapters.sqlite_files import read
from troth.things.ledgers import SealedTrace
from troth.things.observations import Kept, Shelf
from troth.things.stores import SEALED_MAX, Committed, Cut

__all__ = ["read_committed", "read_sealed"]


def read_committed(path: Path, cut: Cut) -> list[Committed]:
    """The commits of a cut, decoded, in order.

    Raises:
        StorageFailed: they cannot be read.
    """
    shelves: dict[tuple[bytes, int], Shelf] = {}
    return [
        Committed(
            packed.n,
            [row for piece in unpack_pieces(packed.rows) for row in _rows(piece, shelves)],
            unpack_traces(packed.traces),
        )
        for packed in read(path, partial(tables.read_commits, cut=cut))
    ]


def read_sealed(path: Path, keys: Container[bytes]) -> list[SealedTrace]:
    """What is sealed under these day keys in any commit, in order; of more than SEALED_MAX the newest.

    Raises:
        StorageFailed: it cannot be read.
    """

    def work(connection: sqlite3.Connection) -> list[SealedTrace]:
        newest: list[SealedTrace] = []
        for packed in tables.read_traces(connection):
            newest += reversed(unpack_sealed(packed, keys))
            if len(newest) >= SEALED_MAX:
                break
        return newest[:SEALED_MAX][::-1]

    return read(path, work)


def _rows(piece: Piece, shelves: dict[tuple[bytes, int], Shelf]) -> Iterable[tuple[Shelf, Kept]]:
    if isinstance(piece, Block):
        return piece.rows(shelves)
    shelf = shelves.setdefault((piece.shelf.place, piece.shelf.retention_days), piece.shelf)
    return ((shelf, row) for row in kept(piece))
