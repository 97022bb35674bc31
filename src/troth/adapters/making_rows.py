"""The rows of a move, read from the file of conduct and put into partitions without making a value of each.

Rules
- It gives the same leaves, and writes the same rows, as `SegmentMaker` in the node does; a test holds them together.
- Partitions are written one after the other, each in one transaction with the last segment that it now holds. As many stay
  open as in the node.
- Until they are put, rows are kept as they were packed; at most PART_ROWS of them are made ready at a time (`making_parts`).

Source: things.md, "Shape of the hot path"; runtime.md, "Workers". Runs in a process of its own (`making_worker`).
"""

import sqlite3
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import groupby, islice, repeat
from operator import itemgetter
from pathlib import Path
from typing import Final, cast

import msgspec

from troth.adapters import conduct_tables as tables
from troth.adapters import partitions_files as files
from troth.adapters.check_partitions import trace_of
from troth.adapters.conduct_blocks import Block, Piece, unpack_pieces
from troth.adapters.conduct_groups import Group, columns, kept
from troth.adapters.conduct_packing import unpack_traces
from troth.adapters.making_parts import PART_ROWS, Heads, Placed, parts, salts_of
from troth.adapters.sqlite_files import connect_writer, open_writer, read
from troth.things.ledgers import SealedTrace
from troth.things.making import Built
from troth.things.observations import ResultType
from troth.things.stores import Cut, Traced
from troth.tlog.merkle import root_of
from troth.tlog.segment import pad
from troth.tlog.trace import leaf_hash, number_leaves

__all__ = ["WARM", "CutRows"]

CACHE_KIB: Final = 131_072  # of each partition that is written: the last page of each of some 30,000 streams
WARM: Final = 4  # partitions whose pages stay in memory: 512 MB at most, however many are open
_NUMBER: Final = int(ResultType.NUMBER)


class CutRows:
    """The rows of cuts that are moved together, on their way from conduct into partitions.

    Args:
        conduct: the file of conduct; it is only read.
        folder: of the partitions.
        part_rows: how many rows are made ready at a time.
    """

    def __init__(self, conduct: Path, folder: Path, *, part_rows: int = PART_ROWS) -> None:
        self._conduct = conduct
        self._folder = folder
        self._part_rows = part_rows
        self._first = 0
        self._number = 0
        self._heads = Heads()
        self._placed: list[Placed] = []
        self._writing: OrderedDict[Path, sqlite3.Connection] = OrderedDict()

    def build(self, cuts: Sequence[Cut]) -> list[Built]:
        """Read the rows and keep them; leaves, root and other traces of each cut are given out.

        Raises:
            StorageFailed: the file cannot be read.
        """
        self._forget()
        self._first = cuts[0].number
        return [self._build(cut) for cut in cuts]

    def _build(self, cut: Cut) -> Built:
        self._number = cut.number
        leaves: list[bytes] = []
        traces: list[Traced] = []
        for packed in read(self._conduct, partial(tables.read_commits, cut=cut)):
            for piece in unpack_pieces(packed.rows):
                slots = self._heads.of_block(piece) if isinstance(piece, Block) else self._heads.of_group(piece)
                self._placed.append(Placed(piece, cut.number, len(leaves), slots))
                leaves += self._leaves(piece, slots)
            for trace in unpack_traces(packed.traces):
                traces.append(msgspec.structs.replace(trace, segment=cut.number, leaf=len(leaves)))
                leaves.append(trace.leaf_hash if isinstance(trace, SealedTrace) else leaf_hash(trace.salt, trace.trace))
        padded = pad(leaves, seed=cut.seed)
        return Built(b"".join(leaves), len(padded), root_of(padded), traces)

    def move(self, number: int) -> bool:
        """Put the rows that were kept into their files, durably; False when this is not the last of their segments.

        Raises:
            StorageFailed: some may be moved.
            sqlite3.Error: the same.
        """
        if number != self._number:
            return False
        ready = parts(self._placed, self._heads, folder=self._folder, most=self._part_rows)
        for path, of_file in groupby(ready, key=itemgetter(0)):
            files.put(self._open(path), (streams for _, streams in of_file), first=self._first, last=number)
            self._cool()
        self._first = self._number = 0
        self._forget()
        return True

    def _forget(self) -> None:
        self._heads, self._placed = Heads(), []

    def close(self) -> None:
        """Let go of every file."""
        while self._writing:
            self._writing.popitem()[1].close()

    def _open(self, path: Path) -> sqlite3.Connection:
        connection = self._writing.get(path)
        if connection is None:
            connection = open_writer(
                path, connect=connect_writer, kind="observations", newest=files.FORMAT, schema=files.SCHEMA
            )
            connection.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
            self._writing[path] = connection
            if len(self._writing) > files.OPEN_FILES:
                _, oldest = self._writing.popitem(last=False)
                oldest.close()
        self._writing.move_to_end(path)
        return connection

    def _cool(self) -> None:
        """Give back the pages of the partition that was written before the WARM last ones."""
        if len(self._writing) > WARM:
            next(islice(reversed(self._writing.values()), WARM, None)).execute("PRAGMA shrink_memory")

    def _leaves(self, piece: Piece, slots: Sequence[int]) -> list[bytes]:
        """The leaves of rows, in order."""
        if isinstance(piece, Block):
            heads, which, times = [self._heads.all[slot] for slot in slots], piece.which, piece.times.tolist()
            streams, bases = [heads[at].stream for at in which], [heads[at].basis for at in which]
            sequences, salts, results = piece.sequences.tolist(), salts_of(piece.salts), piece.results.tolist()
            gates = repeat(piece.gate_ns, len(times))
            return number_leaves(zip(streams, sequences, times, times, gates, bases, results, salts, strict=True))
        if piece.type != _NUMBER:
            return [leaf_hash(row.salt, trace_of(row)) for row in kept(piece)]
        return number_leaves(_traced(piece))


def _traced(group: Group) -> Iterator[tuple[bytes, int, int, int, int, bytes, float, bytes]]:
    times, ends, _, salts, results = columns(group)
    return zip(
        repeat(group.stream),
        range(group.first, group.first + group.count),
        times,
        ends,
        repeat(group.gate_ns),
        repeat(group.basis),
        cast("Sequence[float]", results),
        salts_of(salts),
        strict=False,
    )
