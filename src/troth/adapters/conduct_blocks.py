"""How the rows of one turn of the loop are packed: numbers at instants, of many streams, column by column; pure.

Rules
- A block has a head per stream and basis, and columns in the order in which the rows were kept; a row names its head. So a
  stream that says one thing costs a row, and no group of its own.
- In a block the rows of a stream follow one another in time and in sequence, and all are later than what was kept before.
- Where a group begins with the id of its stream, a block begins with 16 zero bytes, which are the id of no stream.
- Bytes that were not packed here raise StorageFailed: the file is damaged, and "cannot read" is never "nothing there".

Source: things.md, "Shape of the hot path". Format 3 of conduct.db. Groups of one stream: `conduct_groups`.
Left out: results that are no numbers, and intervals: those stand in groups.
"""

import struct
import sys
from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final, Protocol, TypeAlias

import msgspec

from troth.adapters.conduct_groups import Group, pack_group, pack_groups, unpack_group
from troth.errors import StorageFailed
from troth.names import BasisId, StreamId, ThingId
from troth.things.observations import Kept, ResultType, Shelf
from troth.tlog.trace import SALT_BYTES

__all__ = ["Block", "Headed", "Piece", "block_of", "heads_of", "pack_pieces", "unpack_groups", "unpack_pieces"]

_MARK: Final = bytes(16)
_BEGIN: Final = struct.Struct(">16sIIq")
_HEAD: Final = struct.Struct(">16s16s16s16sI")
_NUMBER: Final = int(ResultType.NUMBER)
_CODES: Final = "IQqQ"
_LITTLE: Final = sys.byteorder == "little"


class Block(msgspec.Struct, frozen=True, eq=False, gc=False):
    """Rows of many streams that became durable together; columns are parallel, `which` names the head of each row.

    `heads` are packed, and `streams` are theirs in order; `lasts` gives the last row of each head.
    """

    streams: Sequence[StreamId]
    names: frozenset[StreamId]
    heads: bytes
    gate_ns: int
    which: "array[int]"
    sequences: "array[int]"
    times: "array[int]"
    ids: "array[int]"
    salts: bytes
    results: "array[float]"
    lasts: dict[int, int]
    earliest_ns: int
    latest_ns: int

    @property
    def count(self) -> int:
        """How many rows."""
        return len(self.times)

    @property
    def size(self) -> int:
        """Bytes, packed."""
        return _BEGIN.size + len(self.heads) + len(self.times) * (4 + 8 + 8 + 8 + 8 + SALT_BYTES)

    def rows_of(self, stream: StreamId) -> list[int]:
        """The rows of a stream, in order; empty for none."""
        if stream not in self.names:
            return []
        heads = {at for at, each in enumerate(self.streams) if each == stream}
        return [at for at, head in enumerate(self.which) if head in heads]

    def kept(self, at: int) -> Kept:
        """One row as a value."""
        stream, _, _, basis, _ = _HEAD.unpack_from(self.heads, self.which[at] * _HEAD.size)
        return Kept(
            stream,
            self.sequences[at],
            self.ids[at],
            self.times[at],
            self.times[at],
            self.gate_ns,
            basis,
            _NUMBER,
            self.results[at],
            self.salts[at * SALT_BYTES : (at + 1) * SALT_BYTES],
        )

    def columns(self) -> tuple[list[bytes], list[bytes], list[Shelf]]:
        """Of each head its stream, basis and shelf."""
        heads = list(_HEAD.iter_unpack(self.heads))
        return [head[0] for head in heads], [head[3] for head in heads], [Shelf(head[2], head[4]) for head in heads]

    def rows(self, known: dict[tuple[bytes, int], Shelf]) -> Iterator[tuple[Shelf, Kept]]:
        """All rows as values, in order, each with its shelf; `known` are those met before, for sharing."""
        heads = list(_HEAD.iter_unpack(self.heads))
        shelves = [known.setdefault((place, days), Shelf(place, days)) for _, _, place, _, days in heads]
        gate_ns, number, salts = self.gate_ns, _NUMBER, self.salts
        for head, sequence, time, id_, result, salt in zip(
            self.which,
            self.sequences,
            self.times,
            self.ids,
            self.results,
            range(0, len(salts), SALT_BYTES),
            strict=True,
        ):
            stream, _, _, basis, _ = heads[head]
            row = Kept(
                stream, sequence, id_, time, time, gate_ns, basis, number, result, salts[salt : salt + SALT_BYTES]
            )
            yield shelves[head], row

    def group(self, at: int) -> Group:
        """One row as a group of its own."""
        stream, thing, place, basis, days = _HEAD.unpack_from(self.heads, self.which[at] * _HEAD.size)
        times = (self.times[at],)
        return pack_group(
            thing=ThingId(thing),
            stream=StreamId(stream),
            shelf=Shelf(place, days),
            basis=BasisId(basis),
            type_=ResultType.NUMBER,
            gate_ns=self.gate_ns,
            first=self.sequences[at],
            times=times,
            ends=times,
            ids=(self.ids[at],),
            salts=self.salts[at * SALT_BYTES : (at + 1) * SALT_BYTES],
            results=(self.results[at],),
        )


Piece: TypeAlias = "Group | Block"
"""What the rows of a commit are packed in."""


class Headed(Protocol):
    """What the rows of a stream under one basis have in common."""

    @property
    def stream(self) -> StreamId:
        """Which stream."""
        ...

    @property
    def thing(self) -> ThingId:
        """Whose."""
        ...

    @property
    def shelf(self) -> Shelf:
        """Where it is kept."""
        ...

    @property
    def basis(self) -> BasisId:
        """What it rests on."""
        ...


def heads_of(each_one: Iterable[Headed]) -> bytes:
    """The packed heads of streams, each under one basis, in order."""
    pack = _HEAD.pack
    return b"".join(
        [pack(each.stream, each.thing, each.shelf.place, each.basis, each.shelf.retention_days) for each in each_one]
    )


def block_of(  # noqa: PLR0913 - a block has as many columns as it has
    streams: Sequence[StreamId],
    heads: bytes,
    *,
    gate_ns: int,
    which: Sequence[int],
    sequences: Sequence[int],
    times: Sequence[int],
    ids: Sequence[int],
    salts: bytes,
    results: Sequence[float],
) -> Block:
    """A block of these columns, which all have the same length, at least 1."""
    return Block(
        streams,
        frozenset(streams),
        heads,
        gate_ns,
        array("I", which),
        array("Q", sequences),
        array("q", times),
        array("Q", ids),
        salts,
        array("d", results),
        dict(zip(which, range(len(which)), strict=True)),
        min(times),
        max(times),
    )


def pack_pieces(pieces: Sequence[Piece]) -> bytes:
    """Pack the rows of a commit, in order."""
    return b"".join(_packed(each) if isinstance(each, Block) else pack_groups((each,)) for each in pieces)


def _packed(block: Block) -> bytes:
    columns = (block.which, block.sequences, block.times, block.ids, block.results)
    which, sequences, times, ids, results = (_swapped(each).tobytes() for each in columns)
    begin = _BEGIN.pack(_MARK, len(block.streams), block.count, block.gate_ns)
    return b"".join((begin, block.heads, which, sequences, times, ids, block.salts, results))


def _swapped(column: "array[int] | array[float]") -> "array[int] | array[float]":
    """A copy in big-endian order."""
    swapped = column[:]
    if _LITTLE:
        swapped.byteswap()
    return swapped


def unpack_pieces(data: bytes) -> list[Piece]:
    """Read the rows of a commit as they were packed, in order.

    Raises:
        StorageFailed: damaged bytes.
    """
    pieces: list[Piece] = []
    shelves: dict[tuple[bytes, int], Shelf] = {}
    at = 0
    try:
        while at < len(data):
            piece: Piece
            if data.startswith(_MARK, at):
                piece, at = _unpacked(data, at)
            else:
                piece, at = unpack_group(data, at, shelves)
            pieces.append(piece)
    except (struct.error, ValueError) as cause:
        raise StorageFailed("a commit of conduct is damaged") from cause
    return pieces


def _unpacked(data: bytes, at: int) -> tuple[Block, int]:
    _, heads, count, gate_ns = _BEGIN.unpack_from(data, at)
    at += _BEGIN.size
    ends = [at, at + heads * _HEAD.size]
    for width in (4, 8, 8, 8, SALT_BYTES, 8):
        ends.append(ends[-1] + width * count)
    if not count or ends[-1] > len(data):
        raise StorageFailed("a commit of conduct is damaged")
    parts = [data[start:stop] for start, stop in pairwise(ends)]
    which, sequences, times, ids = (
        _read(code, part) for code, part in zip(_CODES, (parts[1], parts[2], parts[3], parts[4]), strict=True)
    )
    results = array("d")
    results.frombytes(parts[6])
    if _LITTLE:
        results.byteswap()
    if max(which) >= heads:
        raise StorageFailed("a commit of conduct is damaged")
    streams = [StreamId(head[0]) for head in _HEAD.iter_unpack(parts[0])]
    lasts = dict(zip(which, range(count), strict=True))
    block = Block(
        streams,
        frozenset(streams),
        parts[0],
        gate_ns,
        which,
        sequences,
        times,
        ids,
        parts[5],
        results,
        lasts,
        min(times),
        max(times),
    )
    return block, ends[-1]


def _read(code: str, part: bytes) -> "array[int]":
    column: array[int] = array(code)
    column.frombytes(part)
    if _LITTLE:
        column.byteswap()
    return column


def unpack_groups(data: bytes) -> list[Group]:
    """Read the rows of a commit in order, each row of a block as a group of its own.

    Raises:
        StorageFailed: damaged bytes.
    """
    groups: list[Group] = []
    for piece in unpack_pieces(data):
        groups += [piece.group(at) for at in range(piece.count)] if isinstance(piece, Block) else [piece]
    return groups
