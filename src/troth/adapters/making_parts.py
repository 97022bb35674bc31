"""The rows of a move in the order of the files they go into, some at a time; pure, no file is touched.

Rules
- Packed rows take some 60 bytes, rows that are ready to be put some 500: so no more than a part of them is ready at once.
- Parts follow one another by file and then by stream. All rows of a stream that go into one file are in one part, in the order
  in which they were kept.
- A move that fits into one part is gone through once; else once to count, and once for each part, in compiled code.

Source: docs/decisions/0117-more-is-moved-when-more-waits.md.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import repeat
from operator import itemgetter
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

from msgspec.structs import astuple, replace

from troth.adapters import partitions_files as files
from troth.adapters.conduct_blocks import Block, Piece, head_from
from troth.adapters.conduct_groups import Group, columns, kept
from troth.spans import DAY_NS
from troth.things.observations import ResultType, Shelf
from troth.tlog.trace import SALT_BYTES

__all__ = ["PART_ROWS", "Head", "Heads", "Placed", "parts", "salts_of"]

PART_ROWS: Final = 262_144  # some 130 MB
_NUMBER: Final = int(ResultType.NUMBER)
_STREAM: Final = itemgetter(0)  # of a head: by place, which takes no step of the interpreter for each
_BASIS: Final = itemgetter(1)
_Part: TypeAlias = Mapping[int, Collection[int]]
"""Slots by day."""


class Placed(NamedTuple):
    """Rows as they were packed, the number of their segment and the leaf of the first.

    `slots`: of each head of a block where `Heads` has it; of a group, one.
    """

    piece: Piece
    segment: int
    leaf: int
    slots: Sequence[int]


class Head(NamedTuple):
    """Of which stream rows are, under what, and where they go.

    Stream and basis are bytearrays, like the salts: the library takes those as they are, and looks for an adapter for each
    value that is bytes, which takes longer than all else about it.
    """

    stream: bytearray
    basis: bytearray
    shelf: Shelf


class Heads:
    """The heads of a move, each once: rows name them by their slot."""

    def __init__(self) -> None:
        self._slots: dict[object, int] = {}
        self.all: list[Head] = []

    def of_block(self, block: Block) -> list[int]:
        """The slots of a block's heads, in order."""
        found: list[int] = []
        for packed in block.packed_heads():
            slot = self._slots.get(packed)
            if slot is None:
                stream, _, shelf, basis = head_from(packed)
                slot = self._new(packed, Head(bytearray(stream), bytearray(basis), shelf))
            found.append(slot)
        return found

    def of_group(self, group: Group) -> list[int]:
        """The slot of a group's head."""
        key = (group.stream, group.basis, group.shelf)
        slot = self._slots.get(key)
        if slot is None:
            slot = self._new(key, Head(bytearray(group.stream), bytearray(group.basis), group.shelf))
        return [slot]

    def _new(self, key: object, head: Head) -> int:
        slot = self._slots[key] = len(self.all)
        self.all.append(head)
        return slot


def salts_of(joined: bytes) -> list[bytearray]:
    """Each salt."""
    salts = bytearray(joined)
    return [salts[at : at + SALT_BYTES] for at in range(0, len(salts), SALT_BYTES)]


def parts(placed: Sequence[Placed], heads: Heads, *, folder: Path, most: int) -> Iterator[tuple[Path, files.Streams]]:
    """All rows, with the file they go into: at most `most` at a time, or those of one stream.

    Args:
        placed: in the order in which they were kept.
        heads: theirs.
        folder: of the partitions.
        most: rows that are made ready together.
    """
    whole = sum(each.piece.count for each in placed) <= most
    paths = _Paths(folder, heads.all)
    for part in [None] if whole else _shared_out(_counted(placed), paths, most):
        ready = _Ready(heads.all, paths, part)
        for each in placed:
            ready.take(each)
        found = ready.found
        del ready  # it, and whatever was put, is let go of before the next part is made ready
        for path in sorted(found):
            streams = found.pop(path)
            for stream in [stream for stream, rows in streams.items() if not rows]:  # not each speaks on each day
                del streams[stream]
            if streams:
                yield path, streams


class _Paths:
    """Which file the rows of a head go into that are of a day."""

    def __init__(self, folder: Path, heads: Sequence[Head]) -> None:
        self._folder = folder
        self._heads = heads
        self._known: dict[tuple[bytes, int, int], Path] = {}

    def of(self, slot: int, day: int) -> Path:
        shelf = self._heads[slot].shelf
        key = (shelf.place, shelf.retention_days, day)
        path = self._known.get(key)
        if path is None:
            path = self._known[key] = files.file_of(self._folder, shelf, day * DAY_NS)
        return path

    def key(self, slot: int, day: int) -> tuple[Path, bytes]:
        """File and stream: what has the same is in the same part."""
        return self.of(slot, day), bytes(self._heads[slot].stream)


_Counted: TypeAlias = dict[int, Counter[int]]
"""Rows by day and slot."""


def _counted(placed: Sequence[Placed]) -> _Counted:
    found: _Counted = {}
    for piece, _, _, slots in placed:
        days = _days(piece)
        if days is not None:
            for day, slot in zip(days, _of_rows(piece, slots), strict=True):
                found.setdefault(day, Counter())[slot] += 1
            continue
        counts = found.setdefault(piece.earliest_ns // DAY_NS, Counter())
        if isinstance(piece, Block):
            counts.update(_of_rows(piece, slots))
        else:
            counts[slots[0]] += piece.count
    return found


def _of_rows(piece: Piece, slots: Sequence[int]) -> Iterable[int]:
    """The slot of each row."""
    return map(slots.__getitem__, piece.which) if isinstance(piece, Block) else repeat(slots[0], piece.count)


def _days(piece: Piece) -> list[int] | None:
    """The day of each row; None where they are of one."""
    if piece.earliest_ns // DAY_NS == piece.latest_ns // DAY_NS:
        return None
    return [time_ns // DAY_NS for time_ns in (piece.times if isinstance(piece, Block) else columns(piece).times)]


def _shared_out(counted: _Counted, paths: _Paths, most: int) -> Iterator[_Part]:
    """Heads by file and then by stream, so many at a time that at most `most` rows are theirs, or one stream's."""
    of_streams: dict[tuple[Path, bytes], list[tuple[int, int]]] = {}
    for day, counts in counted.items():
        for slot in counts:
            of_streams.setdefault(paths.key(slot, day), []).append((day, slot))
    part: dict[int, set[int]] = {}
    rows = 0
    for _, those in sorted(of_streams.items()):
        n = sum(counted[day][slot] for day, slot in those)
        if rows and rows + n > most:
            yield part
            part, rows = {}, 0
        for day, slot in those:
            part.setdefault(day, set()).add(slot)
        rows += n
    yield part


class _Ready:
    """Rows as they are put, by file and stream. `part`: only those of these slots, by day; None: all."""

    def __init__(self, heads: Sequence[Head], paths: _Paths, part: _Part | None) -> None:
        self._heads = heads
        self._paths = paths
        self._part = part
        self._known: dict[int, dict[int, list[files.Moved] | None]] = {}
        self.found: dict[Path, files.Streams] = {}

    def take(self, placed: Placed) -> None:
        """The rows of the next piece."""
        piece, days = placed.piece, _days(placed.piece)
        if days is not None:
            of_days = {day: self._of_day(day, placed.slots) for day in set(days)}
            for day, slot, row in zip(days, _of_rows(piece, placed.slots), self._all(placed), strict=True):
                rows = of_days[day][slot]
                if rows is not None:
                    rows.append(row)
            return
        of_slots = self._of_day(piece.earliest_ns // DAY_NS, placed.slots)
        if isinstance(piece, Group):
            rows = of_slots[placed.slots[0]]
            if rows is not None:
                rows.extend(_of_group(piece, placed))
            return
        of_rows = list(map(of_slots.__getitem__, _of_rows(piece, placed.slots)))
        wanted = [each for each in of_rows if each is not None]
        if len(wanted) == len(of_rows):
            found = self._all(placed)
        elif wanted:
            chosen = [at for at, rows in enumerate(of_rows) if rows is not None]
            found = _some_rows(piece, self._heads, placed, chosen)
        else:
            return
        for rows, row in zip(wanted, found, strict=True):
            rows.append(row)

    def _of_day(self, day: int, slots: Sequence[int]) -> dict[int, list[files.Moved] | None]:
        """For each slot that was asked about where its rows go that are of this day; None where they are of another part."""
        known = self._known.setdefault(day, {})
        for slot in slots:
            if slot not in known:
                known[slot] = None
                if self._part is None or slot in self._part.get(day, ()):
                    path, stream = self._paths.key(slot, day)
                    known[slot] = self.found.setdefault(path, {}).setdefault(stream, [])
        return known

    def _all(self, placed: Placed) -> Iterator[files.Moved]:
        piece = placed.piece
        return _of_group(piece, placed) if isinstance(piece, Group) else _all_rows(piece, self._heads, placed)


def _at(column: Sequence[int], chosen: Sequence[int]) -> Sequence[int]:
    """What stands at these places."""
    if len(chosen) < 2:  # of one the library gives a value, not a tuple of it
        return [column[at] for at in chosen]
    found: Sequence[int] = itemgetter(*chosen)(column)
    return found


def _all_rows(block: Block, heads: Sequence[Head], placed: Placed) -> Iterator[files.Moved]:
    """Its rows: no step of the interpreter for each where none is needed, columns become tuples by compiled code."""
    times = block.times.tolist()
    of_rows = [heads[slot] for slot in _of_rows(block, placed.slots)]
    return zip(
        map(_STREAM, of_rows),
        block.sequences.tolist(),
        block.ids,
        times,
        times,
        repeat(block.gate_ns),
        map(_BASIS, of_rows),
        repeat(_NUMBER),
        block.results.tolist(),
        salts_of(block.salts),
        repeat(placed.segment),
        range(placed.leaf, placed.leaf + len(times)),
        strict=False,
    )


def _some_rows(block: Block, heads: Sequence[Head], placed: Placed, chosen: Sequence[int]) -> Iterator[files.Moved]:
    """Those of its rows."""
    times, salts = _at(block.times, chosen), block.salts
    of_rows = [heads[placed.slots[at]] for at in _at(block.which, chosen)]
    return zip(
        map(_STREAM, of_rows),
        _at(block.sequences, chosen),
        _at(block.ids, chosen),
        times,
        times,
        repeat(block.gate_ns),
        map(_BASIS, of_rows),
        repeat(_NUMBER),
        map(block.results.__getitem__, chosen),
        [bytearray(salts[at * SALT_BYTES : (at + 1) * SALT_BYTES]) for at in chosen],
        repeat(placed.segment),
        map(placed.leaf.__add__, chosen),
        strict=False,
    )


def _of_group(group: Group, placed: Placed) -> Iterator[files.Moved]:
    segment, leaf = placed.segment, placed.leaf
    if group.type != _NUMBER:
        rows = enumerate(kept(group), leaf)
        return (astuple(replace(row, segment=segment, leaf=at)) for at, row in rows)
    times, ends, ids, salts, results = columns(group)
    return zip(
        repeat(bytearray(group.stream)),
        range(group.first, group.first + group.count),
        ids,
        times,
        ends,
        repeat(group.gate_ns),
        repeat(bytearray(group.basis)),
        repeat(_NUMBER),
        results,
        salts_of(salts),
        repeat(segment),
        range(leaf, leaf + group.count),
        strict=False,
    )
