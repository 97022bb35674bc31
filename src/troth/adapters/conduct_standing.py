"""What the event loop knows of conduct without asking a file: latest values, unmoved rows, counts, runs.

Rules
- Owned by the event loop; changed only when a commit, a cut or a clear has become durable.
- Rows stay packed: memory holds what the file holds, and a row becomes a value when somebody reads it.
- A stamp whose lease has ended gives nothing.

Source: things.md, "The writer" ("The latest value and the rows not yet moved are answered from memory").
"""

from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import overload

from troth.adapters.conduct_expiring import EXPIRED
from troth.adapters.conduct_groups import Group, columns, kept, kept_at
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
    """Rows of one or more groups, made into values when they are looked at."""

    __slots__ = ("_groups",)

    def __init__(self, groups: Sequence[Group]) -> None:
        # One for each stream of each commit, and most are never looked at: nothing is worked out beforehand.
        self._groups = groups

    def __len__(self) -> int:
        return sum(group.count for group in self._groups)

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
        starts = [0, *accumulate(group.count for group in self._groups)]
        which = bisect_right(starts, at) - 1
        return kept_at(self._groups[which], at - starts[which])

    def __iter__(self) -> Iterator[Kept]:
        for group in self._groups:
            yield from kept(group)


class _Stream:
    __slots__ = ("groups", "moved", "next", "top")

    def __init__(self) -> None:
        self.next = 0
        self.groups: deque[tuple[int, Group]] = deque()
        self.top: Group | None = None
        self.moved: Kept | None = None


class Standing:
    """Latest rows, unmoved rows, counts and runs; see the module for who may change it."""

    def __init__(self) -> None:
        self._streams: dict[StreamId, _Stream] = {}
        self._runs: dict[int, NewRun] = {}
        self._counts: dict[ThingId, dict[str, int]] = {}
        self._totals: dict[str, int] = {}

    # --- changes -----------------------------------------------------------------------------------------------------

    def restore(self, stream: StreamId, *, next_sequence: int, moved: Kept | None) -> None:
        """A stream whose rows are moved; `moved` is the latest of them, unless its time was over."""
        self._streams[stream] = restored = _Stream()
        restored.next, restored.moved = next_sequence, moved

    def add(self, n: int, *, groups: Iterable[Group], runs: Iterable[NewRun], counts: Iterable[Count]) -> None:
        """Commit `n` is durable (or `n` is 0: what was carried over from cleared commits)."""
        for group in groups:
            stream = self._streams.get(group.stream)
            if stream is None:
                stream = self._streams[group.stream] = _Stream()
            stream.groups.append((n, group))
            stream.next = group.first + group.count
            if stream.top is None or group.latest_ns > stream.top.latest_ns:
                stream.top = group
        for run in runs:
            self._runs[run.run] = run
        for thing, what, count in counts:
            counted = self._counts.setdefault(thing, {})
            counted[what] = counted.get(what, 0) + count
            self._totals[what] = self._totals.get(what, 0) + count

    def clear(self, last: int, latest: Mapping[StreamId, Kept | None]) -> None:
        """The commits up to `last` are cleared; `latest` names their streams, each with its latest moved row if that is new."""
        for id_, moved in latest.items():
            stream = self._streams[id_]
            while stream.groups and stream.groups[0][0] <= last:
                stream.groups.popleft()
            stream.top = max((group for _, group in stream.groups), key=lambda group: group.latest_ns, default=None)
            if moved is not None:
                stream.moved = moved

    # --- questions ---------------------------------------------------------------------------------------------------

    def latest(self, released: Released, *, now_ns: int) -> Kept | None:
        """As the port says."""
        stream = self._streams.get(released.stream)
        if stream is None or not _holds(released, now_ns):
            return None
        extent, top, moved = released.extent, stream.top, stream.moved
        unmoved_is_later = top is not None and (moved is None or top.latest_ns > moved.from_ns)
        if top is not None and unmoved_is_later and covers(extent, top.latest_ns):
            return kept_at(top, top.top)
        if moved is not None and not unmoved_is_later and covers(extent, moved.from_ns):
            return moved
        found = [moved] if moved is not None and covers(extent, moved.from_ns) else []
        found += self._inside(stream, extent)
        return max(found, key=lambda row: row.from_ns, default=None)

    def tail(self, released: Released, *, now_ns: int) -> Sequence[Kept]:
        """As the port says."""
        stream = self._streams.get(released.stream)
        if stream is None or not _holds(released, now_ns):
            return []
        return self._inside(stream, intersect(released.extent, released.query.times))

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
        groups = (group.earliest_ns for stream in self._streams.values() for _, group in stream.groups)
        return min(groups, default=None)

    def find(self, id_: int) -> tuple[StreamId, int] | None:
        """As the port says."""
        run = self._runs.get(id_ // RUN_SLOTS)
        if run is None or id_ < 0:
            return None
        sequence = run.first + offset_of(id_, run.secret)
        return (run.stream, sequence) if sequence < self._streams[run.stream].next else None

    @staticmethod
    def _inside(stream: _Stream, times: tuple[Interval, ...]) -> list[Kept]:
        rows: list[Kept] = []
        for _, group in stream.groups:
            reach = intersect(times, (Interval(group.earliest_ns, group.latest_ns + 1),))
            if reach == (Interval(group.earliest_ns, group.latest_ns + 1),):
                rows += kept(group)
            elif reach:
                inside = [covers(reach, time) for time in columns(group).times]
                rows += [row for row, is_in in zip(kept(group), inside, strict=True) if is_in]
        return rows


def _tally(counted: Mapping[str, int]) -> Tally:
    counts = dict(counted)
    return Tally(counts.pop(STORED, 0), counts.pop(REPEATED, 0), expired=counts.pop(EXPIRED, 0), refused=counts)


def told(groups: Sequence[Group]) -> list[Told]:
    """The rows of a commit, stream by stream."""
    by_stream: dict[StreamId, list[Group]] = {}
    for group in groups:
        by_stream.setdefault(group.stream, []).append(group)
    return [Told(stream, Rows(of_stream)) for stream, of_stream in by_stream.items()]


def _holds(released: Released, now_ns: int) -> bool:
    return released.hold.live and now_ns < released.hold.until_ns
