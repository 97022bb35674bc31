"""What memory keeps of a commit until it is cleared, and what outlives it then.

Rules
- Of each stream the row with the latest time outlives its commit, if it is later than what was moved before; so do the next
  sequence, runs with the span of their times, and counts.

Source: things.md, "The writer". Owner: the writer's thread.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from troth.adapters import conduct_tables as tables
from troth.adapters.conduct_blocks import Block, Piece
from troth.adapters.conduct_groups import Group, alone, kept, pack_groups, runs_of
from troth.adapters.conduct_packing import Count, NewRun
from troth.adapters.conduct_runs import RUN_SLOTS
from troth.names import StreamId, ThingId
from troth.things.observations import Kept
from troth.things.stores import Cut

__all__ = ["Lasting", "carried", "with_leaf"]


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


class _Top(NamedTuple):
    """The latest row of a stream: its time, where it is packed, and its leaf."""

    time_ns: int
    piece: Piece
    at: int
    leaf: int

    def alone(self) -> Group:
        """A group of this row only."""
        return self.piece.group(self.at) if isinstance(self.piece, Block) else alone(self.piece, self.at)


def carried(
    cut: Cut,
    commits: Iterable[Lasting],
    *,
    said: int,
    clear: Callable[[Sequence[Piece]], dict[StreamId, tuple[int, int]]],
) -> tuple[tables.Cleared, dict[StreamId, Kept | None]]:
    """What outlives the commits of a cut, and the streams they touched, with their latest moved row if that is new.

    Args:
        cut: the cut.
        commits: its commits, in order.
        said: the highest journal position that a `said` trace stands for.
        clear: forgets rows that are moved; returns of each stream the next sequence, and the latest time moved before.
    """
    out = tables.Cleared(cut, said=said)
    counts: dict[tuple[ThingId, str], int] = {}
    tops: dict[StreamId, _Top] = {}
    pieces: list[Piece] = []
    leaf = 0
    for commit in commits:
        out.runs += commit.runs
        for thing, what, n in commit.counts:
            counts[thing, what] = counts.get((thing, what), 0) + n
        for piece in commit.pieces:
            for stream, top in _tops(piece, leaf):
                before = tops.get(stream)
                if before is None or before.time_ns < top.time_ns:
                    tops[stream] = top
            _spread(piece, out.spans)
            leaf += piece.count
        pieces += commit.pieces
        leaf += commit.traces
    out.counts = [Count(thing, what, n) for (thing, what), n in counts.items()]
    latest: dict[StreamId, Kept | None] = {}
    for stream, (next_, moved_ns) in clear(pieces).items():
        top = tops[stream]
        latest[stream] = None
        if top.time_ns > moved_ns:
            row = top.alone()
            latest[stream] = with_leaf(kept(row)[0], segment=cut.number, leaf=top.leaf)
            out.streams.append(tables.StreamRow(stream, next_, pack_groups([row]), cut.number, top.leaf))
        else:
            out.nexts.append((next_, stream))
    return out, latest


def _tops(piece: Piece, leaf: int) -> Iterator[tuple[StreamId, _Top]]:
    """The latest row of each stream in it."""
    if isinstance(piece, Block):
        for head, at in piece.lasts.items():
            yield piece.streams[head], _Top(piece.times[at], piece, at, leaf + at)
    else:
        yield piece.stream, _Top(piece.latest_ns, piece, piece.top, leaf + piece.top)


def _spread(piece: Piece, spans: dict[int, tuple[int, int]]) -> None:
    """Widen the spans of times of the runs it has rows of."""
    if isinstance(piece, Block):
        for id_, time_ns in zip(piece.ids, piece.times, strict=True):
            run = id_ // RUN_SLOTS
            span = spans.get(run)
            if span is None:
                spans[run] = (time_ns, time_ns)
            elif time_ns > span[1]:
                spans[run] = (span[0], time_ns)
            elif time_ns < span[0]:
                spans[run] = (time_ns, span[1])
        return
    for run in runs_of(piece):
        early, late = spans.get(run, (piece.earliest_ns, piece.latest_ns))
        spans[run] = (min(early, piece.earliest_ns), max(late, piece.latest_ns))


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
