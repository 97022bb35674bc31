"""What memory keeps of a commit until it is cleared, and what outlives it then.

Rules
- Of each stream the row with the latest time outlives its commit, if it is later than what was moved before; so do the next
  sequence, runs with the span of their times, and counts.

Source: things.md, "The writer". Owner: the writer's thread.
"""

from bisect import bisect_right
from collections.abc import Callable, Container, Generator, Iterable, Sequence
from typing import Final, NamedTuple, TypeAlias

from troth.adapters import conduct_tables as tables
from troth.adapters.conduct_blocks import Block, Piece
from troth.adapters.conduct_groups import Group, alone, kept_at, pack_groups, runs_of
from troth.adapters.conduct_packing import Count, NewRun
from troth.adapters.conduct_runs import RUN_SLOTS
from troth.names import StreamId, ThingId
from troth.things.observations import Kept
from troth.things.stores import Cut

__all__ = ["Edges", "Ends", "Lasting", "Left", "carried", "with_leaf"]

Ends: TypeAlias = dict[StreamId, tuple[int, int]]
"""Of each stream the next sequence, and its latest time."""
Left: TypeAlias = tuple[int, Kept | None]
"""Of a stream of which rows are cleared: the next sequence after them, and its latest moved row if that is new."""
_Leaf: TypeAlias = tuple[int, int]
"""A segment, and a leaf of it."""
_ROWS_AT_ONCE: Final = 16_384  # of a step: one look at a row takes 0.1 µs, at a stream up to 10 µs
_STREAMS_AT_ONCE: Final = 256


class Lasting(NamedTuple):
    """What memory keeps of a commit until it is cleared."""

    n: int
    pieces: Sequence[Piece]
    traces: int
    counts: Sequence[Count]
    runs: Sequence[NewRun]
    said: int
    at_ns: int

    @property
    def leaves(self) -> int:
        """How many leaves its rows and traces are."""
        return sum(piece.count for piece in self.pieces) + self.traces

    @property
    def size(self) -> int:
        """Bytes of its rows."""
        return sum(piece.size if isinstance(piece, Block) else len(piece.body) for piece in self.pieces)


class Top(NamedTuple):
    """The latest row of a stream: its time, where it is packed, its segment and leaf."""

    time_ns: int
    piece: Piece
    at: int
    segment: int
    leaf: int

    def kept(self) -> Kept:
        """As a value."""
        return self.piece.kept(self.at) if isinstance(self.piece, Block) else kept_at(self.piece, self.at)

    def alone(self) -> Group:
        """A group of this row only."""
        return self.piece.group(self.at) if isinstance(self.piece, Block) else alone(self.piece, self.at)


class Edges:
    """The first and the last rows of streams, of what cuts hold.

    In blocks the rows of a stream follow one another in time, so what comes later in a dictionary is what counts: it is
    filled per block, without a step per row. A row of a block is known by how many rows of blocks came before it.
    """

    def __init__(self) -> None:
        self._groups: dict[StreamId, list[tuple[Group, _Leaf]]] = {}
        self._blocks: list[Block] = []
        self._begins: list[int] = []  # of each block the number of its first row
        self._places: list[_Leaf] = []  # and the leaf of that row
        self._rows = 0
        self._lasts: dict[StreamId, int] = {}

    def take(self, piece: Piece, *, segment: int, leaf: int) -> None:
        """The next piece; `leaf` is that of its first row."""
        place = (segment, leaf)
        if isinstance(piece, Block):
            self._lasts.update(_numbered(piece.lasts, self._rows))
            self._blocks.append(piece)
            self._begins.append(self._rows)
            self._places.append(place)
            self._rows += piece.count
        else:
            self._groups.setdefault(piece.stream, []).append((piece, place))

    def ends(self) -> Ends:
        """Of each stream the next sequence and its latest time."""
        found: Ends = {}
        for stream, number in self._lasts.items():
            block, at, _ = self._row(number)
            found[stream] = (block.sequences[at] + 1, block.times[at])
        for stream, groups in self._groups.items():
            next_, latest_ns = found.get(stream, (0, groups[0][0].latest_ns))
            for group, _ in groups:
                next_, latest_ns = max(next_, group.first + group.count), max(latest_ns, group.latest_ns)
            found[stream] = (next_, latest_ns)
        return found

    def top(self, stream: StreamId) -> Top:
        """The latest row of a stream that is there."""
        tops: list[Top] = []
        if stream in self._lasts:
            block, at, (segment, leaf) = self._row(self._lasts[stream])
            tops.append(Top(block.times[at], block, at, segment, leaf + at))
        tops += (
            Top(group.latest_ns, group, group.top, segment, leaf + group.top)
            for group, (segment, leaf) in self._groups.get(stream, ())
        )
        return max(tops, key=lambda each: each.time_ns)

    def spans(self) -> Generator[None, None, dict[int, tuple[int, int]]]:
        """Earliest and latest time of the rows of each run. In steps."""
        spans: dict[int, tuple[int, int]] = {}
        firsts: dict[StreamId, int] = {}
        # Streams whose rows are of more than one run: many at once, where all speak alike.
        crossing: set[StreamId] = set()
        rows = 0
        for block, begin in zip(reversed(self._blocks), reversed(self._begins), strict=True):
            firsts.update(_numbered(_first_rows(block), begin))
            rows += block.count
            if rows > _ROWS_AT_ONCE:
                rows = 0
                yield
        for number, (stream, first) in enumerate(firsts.items(), 1):
            (block, at, _), (last, end, _) = self._row(first), self._row(self._lasts[stream])
            if block.ids[at] // RUN_SLOTS == last.ids[end] // RUN_SLOTS:
                _widen(spans, block.ids[at] // RUN_SLOTS, block.times[at], last.times[end])
            else:
                crossing.add(stream)
            if not number % _STREAMS_AT_ONCE:
                yield
        for block in self._blocks if crossing else ():
            _cross(spans, block, crossing)
            yield
        for groups in self._groups.values():
            for group, _ in groups:
                for run in runs_of(group):
                    _widen(spans, run, group.earliest_ns, group.latest_ns)
        return spans

    def _row(self, number: int) -> tuple[Block, int, _Leaf]:
        """A row of a block: which, where in it, and the leaf of the block's first row."""
        which = bisect_right(self._begins, number) - 1
        return self._blocks[which], number - self._begins[which], self._places[which]


def _numbered(rows: dict[StreamId, int], begin: int) -> Iterable[tuple[StreamId, int]]:
    """These streams of a block, with the numbers of their rows."""
    return zip(rows, map(begin.__add__, rows.values()), strict=True)


def _first_rows(block: Block) -> dict[StreamId, int]:
    """The first row of each stream."""
    if len(block.lasts) == block.count:  # one of each
        return block.lasts
    streams = map(block.streams.__getitem__, reversed(block.which))
    return dict(zip(streams, range(block.count - 1, -1, -1), strict=True))


def _cross(spans: dict[int, tuple[int, int]], block: Block, crossing: Container[StreamId]) -> None:
    """Widen the runs of these streams by their rows in a block, which are in order: mostly the ends are enough."""
    within: set[StreamId] = set()
    for stream, first in _first_rows(block).items():
        if stream in crossing:
            last = block.lasts[stream]
            if block.ids[first] // RUN_SLOTS == block.ids[last] // RUN_SLOTS:
                _widen(spans, block.ids[first] // RUN_SLOTS, block.times[first], block.times[last])
            else:
                within.add(stream)
    for row, head in enumerate(block.which) if within else ():
        if block.streams[head] in within:
            _widen(spans, block.ids[row] // RUN_SLOTS, block.times[row], block.times[row])


def _widen(spans: dict[int, tuple[int, int]], run: int, earliest_ns: int, latest_ns: int) -> None:
    early, late = spans.get(run, (earliest_ns, latest_ns))
    spans[run] = (min(early, earliest_ns), max(late, latest_ns))


def carried(
    cuts: Sequence[Cut], commits: Iterable[Lasting], *, said: int, moved: Callable[[StreamId, int], int]
) -> Generator[None, None, tuple[tables.Cleared, dict[StreamId, Left]]]:
    """What outlives the commits of cuts, and what is left of the streams they touched. In steps of a few milliseconds.

    Args:
        cuts: the cuts, in order.
        commits: their commits, in order.
        said: the highest journal position that a `said` trace stands for.
        moved: told of each stream up to which time it is moved; returns up to which it was before.
    """
    out = tables.Cleared(cuts, said=said)
    counts: dict[tuple[ThingId, str], int] = {}
    edges = Edges()
    following = iter(cuts)
    cut, leaf = next(following), 0
    rows = 0
    for commit in commits:
        while commit.n > cut.last:
            cut, leaf = next(following), 0
        out.runs += commit.runs
        for thing, what, n in commit.counts:
            counts[thing, what] = counts.get((thing, what), 0) + n
        for piece in commit.pieces:
            edges.take(piece, segment=cut.number, leaf=leaf)
            leaf += piece.count
            rows += piece.count
        leaf += commit.traces
        if rows > _ROWS_AT_ONCE:
            rows = 0
            yield
    out.counts = [Count(thing, what, n) for (thing, what), n in counts.items()]
    out.spans = yield from edges.spans()
    yield
    left: dict[StreamId, Left] = {}
    for number, (stream, (next_, latest_ns)) in enumerate(edges.ends().items(), 1):
        top = edges.top(stream)
        if top.time_ns > moved(stream, latest_ns):
            row = top.alone()
            left[stream] = (next_, with_leaf(top.kept(), segment=top.segment, leaf=top.leaf))
            out.streams.append(tables.StreamRow(stream, next_, pack_groups([row]), top.segment, top.leaf))
        else:
            left[stream] = (next_, None)
            out.nexts.append((next_, stream))
        if not number % _STREAMS_AT_ONCE:
            yield
    return out, left


def with_leaf(row: Kept, *, segment: int, leaf: int) -> Kept:
    """The same row, with the place of its trace."""
    return Kept(
        row.stream,
        row.sequence,
        row.id,
        row.from_ns,
        row.to_ns,
        row.gate_ns,
        row.basis,
        row.type,
        row.result,
        row.salt,
        segment,
        leaf,
    )
