"""The rows of a move, read from the file of conduct and put into partitions without making a value of each.

Rules
- It gives the same leaves, and writes the same rows, as `SegmentMaker` in the node does; a test holds them together.
- Partitions are written one after the other, each in one transaction with the last segment that it now holds. As many stay
  open as in the node.

Source: things.md, "Shape of the hot path"; runtime.md, "Workers". Runs in a process of its own (`making_worker`).
"""

import sqlite3
from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import partial
from itertools import repeat
from pathlib import Path
from typing import Final, TypeAlias, cast

import msgspec
from msgspec.structs import astuple

from troth.adapters import conduct_tables as tables
from troth.adapters import partitions_files as files
from troth.adapters.check_partitions import trace_of
from troth.adapters.conduct_blocks import Block, Piece, unpack_pieces
from troth.adapters.conduct_groups import Group, columns, kept
from troth.adapters.conduct_packing import unpack_traces
from troth.adapters.sqlite_files import connect_writer, open_writer, read
from troth.spans import DAY_NS
from troth.things.ledgers import SealedTrace
from troth.things.making import Built
from troth.things.observations import ResultType, Shelf
from troth.things.stores import Cut, Traced
from troth.tlog.merkle import root_of
from troth.tlog.segment import pad
from troth.tlog.trace import SALT_BYTES, leaf_hash, number_leaves

__all__ = ["CutRows"]

CACHE_KIB: Final = 131_072  # of each partition that is written: the last page of each of some 30,000 streams
_NUMBER: Final = int(ResultType.NUMBER)
_To: TypeAlias = "Callable[[Shelf, int], list[files.Moved]]"


class CutRows:
    """The rows of cuts that are moved together, on their way from conduct into partitions.

    Args:
        conduct: the file of conduct; it is only read.
        folder: of the partitions.
    """

    def __init__(self, conduct: Path, folder: Path) -> None:
        self._conduct = conduct
        self._folder = folder
        self._first = 0
        self._number = 0
        self._files: dict[Path, list[files.Moved]] = {}
        self._writing: OrderedDict[Path, sqlite3.Connection] = OrderedDict()

    def build(self, cuts: Sequence[Cut]) -> list[Built]:
        """Read the rows and keep them; leaves, root and other traces of each cut are given out.

        Raises:
            StorageFailed: the file cannot be read.
        """
        self._files = {}
        self._first = cuts[0].number
        to = self._sorting()
        return [self._build(cut, to) for cut in cuts]

    def _build(self, cut: Cut, to: _To) -> Built:
        self._number = cut.number
        leaves: list[bytes] = []
        traces: list[Traced] = []
        for packed in read(self._conduct, partial(tables.read_commits, cut=cut)):
            for piece in unpack_pieces(packed.rows):
                self._take(piece, leaves, to)
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
        for path, rows in sorted(self._files.items()):
            files.put(self._open(path), rows, first=self._first, last=number)
        self._first, self._number, self._files = 0, 0, {}
        return True

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

    def _sorting(self) -> _To:
        """Gives the list of the file for a shelf and a time."""
        known: dict[tuple[bytes, int, int], list[files.Moved]] = {}

        def to(shelf: Shelf, time_ns: int) -> list[files.Moved]:
            key = (shelf.place, shelf.retention_days, time_ns // DAY_NS)
            rows = known.get(key)
            if rows is None:
                rows = known[key] = self._files.setdefault(files.file_of(self._folder, shelf, time_ns), [])
            return rows

        return to

    def _take(self, piece: Piece, leaves: list[bytes], to: _To) -> None:
        if isinstance(piece, Block):
            self._take_block(piece, leaves, to)
        else:
            self._take_group(piece, leaves, to)

    def _take_block(self, block: Block, leaves: list[bytes], to: _To) -> None:
        first, salts, which = len(leaves), block.salts, block.which
        streams, bases, shelves = block.columns()
        # No step of the interpreter per row where none is needed: columns become tuples by compiled code.
        sequences, times, numbers = block.sequences.tolist(), block.times.tolist(), block.results.tolist()
        of_rows = [salts[at : at + SALT_BYTES] for at in range(0, len(salts), SALT_BYTES)]
        of_streams, of_bases = [streams[head] for head in which], [bases[head] for head in which]
        gate = repeat(block.gate_ns, len(times))
        leaves += number_leaves(zip(of_streams, sequences, times, times, gate, of_bases, numbers, of_rows, strict=True))
        moved = zip(
            of_streams,
            sequences,
            block.ids,
            times,
            times,
            repeat(block.gate_ns),
            of_bases,
            repeat(_NUMBER),
            numbers,
            of_rows,
            repeat(self._number),
            range(first, first + len(times)),
            strict=False,
        )
        if block.earliest_ns // DAY_NS != block.latest_ns // DAY_NS:
            for head, row in zip(which, moved, strict=True):
                to(shelves[head], row[3]).append(row)
            return
        files_ = [to(shelf, block.earliest_ns) for shelf in shelves]
        if all(each is files_[0] for each in files_):
            files_[0].extend(moved)
        else:
            for head, row in zip(which, moved, strict=True):
                files_[head].append(row)

    def _take_group(self, group: Group, leaves: list[bytes], to: _To) -> None:
        if group.type != _NUMBER:
            self._take_rows(group, leaves, to)
            return
        stream, gate_ns, basis, segment, first = group.stream, group.gate_ns, group.basis, self._number, len(leaves)
        times, ends, ids, salts, results = columns(group)
        sequences = range(group.first, group.first + group.count)
        of_rows = [salts[at : at + SALT_BYTES] for at in range(0, len(salts), SALT_BYTES)]
        numbers = cast("Sequence[float]", results)
        leaves += number_leaves(
            zip(
                repeat(stream),
                sequences,
                times,
                ends,
                repeat(gate_ns),
                repeat(basis),
                numbers,
                of_rows,
                strict=False,
            )
        )
        moved = zip(
            repeat(stream),
            sequences,
            ids,
            times,
            ends,
            repeat(gate_ns),
            repeat(basis),
            repeat(_NUMBER),
            results,
            of_rows,
            repeat(segment),
            range(first, first + group.count),
            strict=False,
        )
        if group.earliest_ns // DAY_NS == group.latest_ns // DAY_NS:
            to(group.shelf, group.earliest_ns).extend(moved)
        else:
            for row in moved:
                to(group.shelf, row[3]).append(row)

    def _take_rows(self, group: Group, leaves: list[bytes], to: _To) -> None:
        for row in kept(group):
            leaf = leaf_hash(row.salt, trace_of(row))
            to(group.shelf, row.from_ns).append(
                astuple(msgspec.structs.replace(row, segment=self._number, leaf=len(leaves)))
            )
            leaves.append(leaf)
