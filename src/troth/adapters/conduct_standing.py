"""What the event loop knows of conduct without asking a file: latest values, unmoved rows, counts, runs.

Rules
- Owned by the event loop; changed only when a commit, a cut or a clear has become durable.
- Rows stay packed: memory holds what the file holds, and a row becomes a value when somebody reads it.
- A stamp whose lease has ended gives nothing.

Source: things.md, "The writer" ("The latest value and the rows not yet moved are answered from memory").
"""

from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import accumulate
from operator import attrgetter
from typing import Final, NamedTuple, overload

from troth.adapters.conduct_blocks import Block, Piece
from troth.adapters.conduct_expiring import ROWS_EXPIRED, refusals_of
from troth.adapters.conduct_groups import Group, columns, kept, kept_at
from troth.adapters.conduct_lasting import Left
from troth.adapters.conduct_packing import Count, NewRun
from troth.adapters.conduct_runs import RUN_SLOTS, offset_of
from troth.adapters.conduct_stamping import REPEATED, STORED
from troth.names import StreamId, ThingId
from troth.things.intervals import Interval, covers, intersect
from troth.things.observations import Kept
from troth.things.stamps import Released
from troth.things.stores import Tally, Told

__all__ = ["Rows", "Standing", "told"]


class Rows(Sequence[Kept]):
    """Rows of one stream in one or more pieces, made into values when they are looked at."""

    __slots__ = ("_pieces", "_stream")

    def __init__(self, stream: StreamId, pieces: Sequence[Piece]) -> None:
        # One for each stream of each commit that somebody listens to: nothing is worked out beforehand.
        self._stream = stream
        self._pieces = pieces

    def __len__(self) -> int:
        return sum(map(self._count, self._pieces))

    @overload
    def __getitem__(self, index: int) -> Kept: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Kept]: ...

    def __getitem__(self, index: int | slice) -> Kept | Sequence[Kept]:
        if isinstance(index, slice):
            return list(self)[index]
        at = index + len(self) if index < 0 else index
        if not 0 <= at < len(self):
            raise IndexError("no row of this index")
        starts = [0, *accumulate(map(self._count, self._pieces))]
        which = bisect_right(starts, at) - 1
        piece, inside = self._pieces[which], at - starts[which]
        if isinstance(piece, Block):
            return piece.kept(piece.rows_of(self._stream)[inside])
        return kept_at(piece, inside)

    def __iter__(self) -> Iterator[Kept]:
        for piece in self._pieces:
            if isinstance(piece, Block):
                yield from map(piece.kept, piece.rows_of(self._stream))
            else:
                yield from kept(piece)

    def _count(self, piece: Piece) -> int:
        return len(piece.rows_of(self._stream)) if isinstance(piece, Block) else piece.count


class _Numbered(NamedTuple):
    """A block of commit `n`, and how many rows in blocks came before it."""

    n: int
    first: int
    block: Block


_FIRST: Final = attrgetter("first")
_CLEARED_AT_ONCE: Final = 1_024  # streams of a step; some 2 µs for each
_LET_GO_AT_ONCE: Final = 64  # blocks of a step: nobody else holds them any more, and a thousand rows take 15 µs


class _Stream:
    __slots__ = ("groups", "moved", "next", "top")

    def __init__(self) -> None:
        self.next = 0
        self.groups: deque[tuple[int, Group]] | None = None  # an empty deque has 600 bytes
        self.top: Group | None = None
        self.moved: Kept | None = None


class Standing:
    """Latest rows, unmoved rows, counts and runs; see the module for who may change it."""

    def __init__(self) -> None:
        self._streams: dict[StreamId, _Stream] = {}
        self._blocks: deque[_Numbered] = deque()
        self._rows = 0  # how many came in blocks
        self._tops: dict[StreamId, int] = {}  # the last row in a block, by how many rows in blocks came before it
        self._runs: dict[int, NewRun] = {}
        self._counts: dict[ThingId, dict[str, int]] = {}
        self._totals: dict[str, int] = {}
        self._cleared = 0  # the last commit whose rows are moved and are no part of a tail any more

    # --- changes -----------------------------------------------------------------------------------------------------

    def restore(self, stream: StreamId, *, next_sequence: int, moved: Kept | None) -> None:
        """A stream whose rows are moved; `moved` is the latest of them, unless its time was over."""
        self._streams[stream] = restored = _Stream()
        restored.next, restored.moved = next_sequence, moved

    def add(self, n: int, pieces: Iterable[Piece]) -> None:
        """Rows of commit `n`, or some of them, are durable."""
        for piece in pieces:
            if isinstance(piece, Block):
                lasts, first = piece.lasts, self._rows
                self._blocks.append(_Numbered(n, first, piece))
                self._tops.update(zip(lasts, map(first.__add__, lasts.values()), strict=True))
                self._rows += piece.count
                continue
            stream = self._stream(piece.stream)
            if stream.groups is None:
                stream.groups = deque()
            stream.groups.append((n, piece))
            stream.next = piece.first + piece.count
            if stream.top is None or piece.latest_ns > stream.top.latest_ns:
                stream.top = piece

    def know(self, runs: Iterable[NewRun]) -> None:
        """These runs of ids are durable."""
        self._runs.update((run.run, run) for run in runs)

    def count(self, counts: Iterable[Count]) -> None:
        """So many more observations are counted, durably."""
        for thing, what, count in counts:
            counted = self._counts.setdefault(thing, {})
            counted[what] = counted.get(what, 0) + count
            self._totals[what] = self._totals.get(what, 0) + count

    def clear(self, last: int, left: Mapping[StreamId, Left]) -> Iterator[None]:
        """The commits up to `last` are cleared; `left` says what is left of their streams. In steps, each of some streams.

        A tail gives none of their rows from the first step on, whether they stand in groups or blocks: whoever reads what is
        moved up to a tail's first sequence would miss those that went before others. All of them are moved.
        """
        self._cleared = max(self._cleared, last)
        first = next((block.first for block in self._blocks if block.n > last), self._rows)
        for number, (id_, (next_, moved)) in enumerate(left.items(), 1):
            stream = self._stream(id_)
            stream.next = max(stream.next, next_)
            if self._tops.get(id_, first) < first:
                del self._tops[id_]
            if stream.groups is not None:
                while stream.groups and stream.groups[0][0] <= last:
                    stream.groups.popleft()
                stream.top = max((group for _, group in stream.groups), key=lambda group: group.latest_ns, default=None)
                stream.groups = stream.groups or None
            if moved is not None:
                stream.moved = moved
            if not number % _CLEARED_AT_ONCE:
                yield
        number = 0
        while self._blocks and self._blocks[0].n <= last:
            self._blocks.popleft()
            number += 1
            if not number % _LET_GO_AT_ONCE:
                yield

    # --- questions ---------------------------------------------------------------------------------------------------

    def latest(self, released: Released, *, now_ns: int) -> Kept | None:
        """As the port says."""
        if not _holds(released, now_ns):
            return None
        id_, extent = released.stream, released.extent
        candidates: list[tuple[int, Callable[[], Kept]]] = []
        top, stream = self._tops.get(id_), self._streams.get(id_)
        if top is not None:
            block, at = self._row(top)
            candidates.append((block.times[at], partial(block.kept, at)))
        moved = None if stream is None else stream.moved
        if stream is not None and stream.top is not None:
            candidates.append((stream.top.latest_ns, partial(kept_at, stream.top, stream.top.top)))
        if moved is not None:
            candidates.append((moved.from_ns, lambda: moved))
        if not candidates:
            return None
        time_ns, row = max(candidates, key=lambda each: each[0])
        if covers(extent, time_ns):
            return row()
        found = [moved] if moved is not None and covers(extent, moved.from_ns) else []
        found += self._inside(id_, extent, after=0)
        return max(found, key=lambda each: each.from_ns, default=None)

    def tail(self, released: Released, *, now_ns: int) -> Sequence[Kept]:
        """As the port says."""
        if not _holds(released, now_ns):
            return []
        return self._inside(released.stream, intersect(released.extent, released.query.times), after=self._cleared)

    def tally(self, thing: ThingId) -> Tally:
        """As the port says."""
        return _tally(self._counts.get(thing, {}))

    @property
    def totals(self) -> Tally:
        """Counts over all things."""
        return _tally(self._totals)

    @property
    def unmoved_from_ns(self) -> int | None:
        """The earliest time among unmoved rows, or None."""
        groups = (group.earliest_ns for stream in self._streams.values() for _, group in stream.groups or ())
        return min((*groups, *(each.block.earliest_ns for each in self._blocks)), default=None)

    def find(self, id_: int) -> tuple[StreamId, int] | None:
        """As the port says."""
        run = self._runs.get(id_ // RUN_SLOTS)
        if run is None or id_ < 0:
            return None
        sequence = run.first + offset_of(id_, run.secret)
        return (run.stream, sequence) if sequence < self._next(run.stream) else None

    def _next(self, id_: StreamId) -> int:
        """The next sequence of a stream."""
        stream, top = self._streams.get(id_), self._tops.get(id_)
        next_ = 0 if stream is None else stream.next
        if top is None:
            return next_
        block, at = self._row(top)
        return max(next_, block.sequences[at] + 1)

    def _row(self, number: int) -> tuple[Block, int]:
        """A row in a block, by how many such rows came before it: which block, and where in it."""
        which = bisect_right(self._blocks, number, key=_FIRST) - 1
        found = self._blocks[which]
        return found.block, number - found.first

    def _stream(self, id_: StreamId) -> _Stream:
        stream = self._streams.get(id_)
        if stream is None:
            stream = self._streams[id_] = _Stream()
        return stream

    def _inside(self, id_: StreamId, times: tuple[Interval, ...], *, after: int) -> list[Kept]:
        """The rows of these times that stand here, of commits after this one."""
        rows: list[Kept] = []
        if id_ in self._tops:
            for n, _, block in self._blocks:
                if n > after and intersect(times, (Interval(block.earliest_ns, block.latest_ns + 1),)):
                    rows += [block.kept(at) for at in block.rows_of(id_) if covers(times, block.times[at])]
        stream = self._streams.get(id_)
        for n, group in () if stream is None else stream.groups or ():
            if n <= after:
                continue
            reach = intersect(times, (Interval(group.earliest_ns, group.latest_ns + 1),))
            if reach == (Interval(group.earliest_ns, group.latest_ns + 1),):
                rows += kept(group)
            elif reach:
                inside = [covers(reach, time) for time in columns(group).times]
                rows += [row for row, is_in in zip(kept(group), inside, strict=True) if is_in]
        return rows


def _tally(counted: Mapping[str, int]) -> Tally:
    counts = dict(counted)
    stored, repeated, expired = (counts.pop(what, 0) for what in (STORED, REPEATED, ROWS_EXPIRED))
    return Tally(stored, repeated, refusals_of(counts), expired)


def told(pieces: Sequence[Piece], wanted: Collection[StreamId] | None) -> list[Told]:
    """The rows of a commit, stream by stream; only of the streams that somebody wants, or of all."""
    if wanted is not None and not wanted:
        return []
    by_stream: dict[StreamId, list[Piece]] = {}
    for piece in pieces:
        there: Collection[StreamId] = piece.lasts if isinstance(piece, Block) else (piece.stream,)
        few, many = (there, wanted) if wanted is None or len(there) <= len(wanted) else (wanted, there)
        for stream in few:
            if many is None or stream in many:
                by_stream.setdefault(stream, []).append(piece)
    return [Told(stream, Rows(stream, of_stream)) for stream, of_stream in by_stream.items()]


def _holds(released: Released, now_ns: int) -> bool:
    return released.hold.live and now_ns < released.hold.until_ns
