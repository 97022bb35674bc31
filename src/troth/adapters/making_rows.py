"""The rows of a move, read from the file of conduct and put into partitions without making a value of each.

Rules
- It gives the same leaves, and writes the same rows, as `SegmentMaker` in the node does; a test holds them together.
- Partitions are written one after the other, each in one transaction with the last segment that it now holds. As many stay
  open as in the node.

Source: things.md, "Shape of the hot path"; runtime.md, "Workers". Runs in a process of its own (`making_worker`).
"""

import sqlite3
from collections import OrderedDict
from collections.abc import Sequence
from functools import partial
from itertools import islice, repeat
from pathlib import Path
from typing import Final, NamedTuple, cast

import msgspec
from msgspec.structs import astuple

from troth.adapters import conduct_tables as tables
from troth.adapters import partitions_files as files
from troth.adapters.check_partitions import trace_of
from troth.adapters.conduct_blocks import Block, Piece, head_from, unpack_pieces
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

__all__ = ["WARM", "CutRows"]

CACHE_KIB: Final = 131_072  # of each partition that is written: the last page of each of some 30,000 streams
WARM: Final = 4  # partitions whose pages stay in memory: 512 MB at most, however many are open
_NUMBER: Final = int(ResultType.NUMBER)


class _Place(NamedTuple):
    """Where the rows of a stream go under one head, on one day.

    Stream and basis are bytearrays, like the salts: the library takes those as they are, and looks for an adapter for each
    value that is bytes, which takes longer than all else about it.
    """

    stream: bytearray
    basis: bytearray
    rows: list[files.Moved]


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
        self._files: dict[Path, files.Streams] = {}
        self._named: dict[tuple[bytes, int, int], files.Streams] = {}  # the same, by place, retention class and day
        self._places: dict[int, dict[bytes, _Place]] = {}  # by day, and head as it is packed in a block
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
                self._take(piece, leaves)
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
        for path, streams in sorted(self._files.items()):
            files.put(self._open(path), streams, first=self._first, last=number)
            self._cool()
        self._first = self._number = 0
        self._forget()
        return True

    def _forget(self) -> None:
        self._files, self._named, self._places = {}, {}, {}

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

    def _rows(self, shelf: Shelf, stream: bytes, day: int) -> list[files.Moved]:
        """Where the rows of a stream go that are of this day."""
        key = (shelf.place, shelf.retention_days, day)
        streams = self._named.get(key)
        if streams is None:
            path = files.file_of(self._folder, shelf, day * DAY_NS)
            streams = self._named[key] = self._files.setdefault(path, {})
        return streams.setdefault(stream, [])

    def _of(self, block: Block, day: int) -> list[_Place]:
        """For each head of a block where its rows go that are of this day."""
        known = self._places.setdefault(day, {})
        found: list[_Place] = []
        for head in block.packed_heads():
            place = known.get(head)
            if place is None:
                stream, _, shelf, basis = head_from(head)
                rows = self._rows(shelf, stream, day)
                place = known[head] = _Place(bytearray(stream), bytearray(basis), rows)
            found.append(place)
        return found

    def _take(self, piece: Piece, leaves: list[bytes]) -> None:
        if isinstance(piece, Block):
            self._take_block(piece, leaves)
        else:
            self._take_group(piece, leaves)

    def _take_block(self, block: Block, leaves: list[bytes]) -> None:
        first, salts, which = len(leaves), bytearray(block.salts), block.which
        day = block.earliest_ns // DAY_NS
        places = self._of(block, day)
        # No step of the interpreter per row where none is needed: columns become tuples by compiled code.
        sequences, times, numbers = block.sequences.tolist(), block.times.tolist(), block.results.tolist()
        of_rows = [salts[at : at + SALT_BYTES] for at in range(0, len(salts), SALT_BYTES)]
        of_streams, of_bases = [places[head].stream for head in which], [places[head].basis for head in which]
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
        if day == block.latest_ns // DAY_NS:
            of_heads = [place.rows for place in places]
            for head, row in zip(which, moved, strict=True):
                of_heads[head].append(row)
            return
        days = {each: self._of(block, each) for each in {time // DAY_NS for time in times}}
        for head, row in zip(which, moved, strict=True):
            days[row[3] // DAY_NS][head].rows.append(row)

    def _take_group(self, group: Group, leaves: list[bytes]) -> None:
        if group.type != _NUMBER:
            self._take_rows(group, leaves)
            return
        stream, basis, first = bytearray(group.stream), bytearray(group.basis), len(leaves)
        times, ends, ids, salts, results = columns(group)
        sequences = range(group.first, group.first + group.count)
        joined = bytearray(salts)
        of_rows = [joined[at : at + SALT_BYTES] for at in range(0, len(joined), SALT_BYTES)]
        numbers = cast("Sequence[float]", results)
        leaves += number_leaves(
            zip(
                repeat(stream),
                sequences,
                times,
                ends,
                repeat(group.gate_ns),
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
            repeat(group.gate_ns),
            repeat(basis),
            repeat(_NUMBER),
            results,
            of_rows,
            repeat(self._number),
            range(first, first + group.count),
            strict=False,
        )
        if group.earliest_ns // DAY_NS == group.latest_ns // DAY_NS:
            self._rows(group.shelf, group.stream, group.earliest_ns // DAY_NS).extend(moved)
        else:
            for row in moved:
                self._rows(group.shelf, group.stream, row[3] // DAY_NS).append(row)

    def _take_rows(self, group: Group, leaves: list[bytes]) -> None:
        for row in kept(group):
            leaf = leaf_hash(row.salt, trace_of(row))
            self._rows(group.shelf, group.stream, row.from_ns // DAY_NS).append(
                astuple(msgspec.structs.replace(row, segment=self._number, leaf=len(leaves)))
            )
            leaves.append(leaf)
