"""The commits of a cut, read back from the file by a thread of its own."""

from collections.abc import Iterable
from functools import partial
from pathlib import Path

from troth.adapters import conduct_tables as tables
from troth.adapters.conduct_blocks import Block, Piece, unpack_pieces
from troth.adapters.conduct_groups import kept
from troth.adapters.conduct_packing import unpack_traces
from troth.adapters.sqlite_files import read
from troth.things.observations import Kept, Shelf
from troth.things.stores import Committed, Cut

__all__ = ["read_committed"]


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


def _rows(piece: Piece, shelves: dict[tuple[bytes, int], Shelf]) -> Iterable[tuple[Shelf, Kept]]:
    if isinstance(piece, Block):
        return piece.rows(shelves)
    shelf = shelves.setdefault((piece.shelf.place, piece.shelf.retention_days), piece.shelf)
    return ((shelf, row) for row in kept(piece))
