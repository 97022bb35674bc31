"""Moved observations in memory, with faults and crashes.

Rules
- A move is durable as a whole when it returns; `crash` gives the store that the next start would find.
- Everything is looked up by going through it: this is the plain meaning of the port, not a fast store.

Source: things/stores (the port).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Self

from troth.clock import Clock
from troth.names import StreamId
from troth.testing.faults import Faults, Writes
from troth.things.folding import Fold, Folded, Folding
from troth.things.intervals import covers
from troth.things.observations import Kept, Shelf
from troth.things.query import After, Order
from troth.things.retention import Expired, Expiry, Keeping, period_of
from troth.things.stamps import Released
from troth.things.stores import Committed, Going, NotedTrace, Segment

__all__ = ["MemoryObservations"]


@dataclass(slots=True)
class _Durable:
    segments: dict[int, Segment] = field(default_factory=dict)
    rows: dict[tuple[StreamId, bytes], list[Kept]] = field(default_factory=dict)
    days: dict[int, int] = field(default_factory=dict)
    """The retention class of a row, by its id."""
    expiries: int = 0
    expiry: Expiry | None = None
    traces: list[NotedTrace] = field(default_factory=list)


class MemoryObservations:
    """`ObservationStore` on the running loop."""

    def __init__(self, clock: Clock, *, durable: _Durable | None = None, write_s: float = 0.0) -> None:
        self.faults = Faults()
        self._clock = clock
        self._write_s = write_s
        self._writes = Writes(self.faults, write_s=write_s)
        self._durable = durable or _Durable()

    def crash(self) -> Self:
        """The store that the next start finds; this one keeps nothing any more."""
        self._writes.crash()
        return type(self)(self._clock, durable=self._durable, write_s=self._write_s)

    async def move(self, segments: Sequence[Segment], commits: Sequence[Committed]) -> None:
        def apply() -> None:
            for segment in segments:
                if segment.cut.number not in self._durable.segments:
                    self._move(segment, commits)

        await self._writes.write(apply)

    def _move(self, segment: Segment, commits: Sequence[Committed]) -> None:
        number = segment.cut.number
        self._durable.segments[number] = segment
        for commit in commits:
            for shelf, row in commit.rows:
                if row.segment == number:
                    self._durable.rows.setdefault((row.stream, shelf.place), []).append(row)
                    self._durable.days[row.id] = shelf.retention_days
            self._durable.traces += [
                each for each in commit.traces if isinstance(each, NotedTrace) and each.segment == number
            ]

    async def erase(self, going: Going) -> None:
        def apply() -> None:
            durable = self._durable
            durable.rows = {
                key: rows for key, rows in durable.rows.items() if not (going.gone(key[0]) or going.gone(key[1]))
            }
            durable.traces = [each for each in durable.traces if not going.takes(each.kind, each.trace)]

        await self._writes.write(apply)

    async def expiry(self, keeping: Keeping) -> Expiry | None:
        def apply() -> None:
            durable = self._durable
            found: dict[tuple[bytes, int, int, int, StreamId], int] = {}
            for (stream, place), rows in durable.rows.items():
                for row in rows:
                    days = durable.days[row.id]
                    period = period_of(row.from_ns, days=days)
                    if keeping.is_over(stream, days=days, to_ns=period.to_ns):
                        key = (place, days, period.from_ns, period.to_ns, stream)
                        found[key] = found.get(key, 0) + 1
            if found and durable.expiry is None:
                durable.expiries += 1
                gone = tuple(
                    Expired(*key, kept=keeping.kept(key[4], days=key[1]), rows=count)
                    for key, count in sorted(found.items())
                )
                durable.expiry = Expiry(durable.expiries, keeping.at_ns, gone)

        await self._writes.write(apply)
        return self._durable.expiry

    async def expire(self, expiry: Expiry) -> None:
        def apply() -> None:
            durable = self._durable
            if durable.expiry != expiry:
                return
            gone = {(each.stream, each.place, each.days, each.from_ns) for each in expiry.gone}

            def stays(row: Kept, place: bytes) -> bool:
                days = durable.days[row.id]
                return (row.stream, place, days, period_of(row.from_ns, days=days).from_ns) not in gone

            durable.rows = {key: [row for row in rows if stays(row, key[1])] for key, rows in durable.rows.items()}
            durable.expiry = None

        await self._writes.write(apply)

    async def rows(self, released: Released) -> Sequence[Kept]:
        query = released.query
        back = query.order is Order.DESCENDING

        def wanted(row: Kept) -> bool:
            place = (row.from_ns, row.sequence)
            after = None if query.after is None else (query.after.time_ns, query.after.sequence)
            return covers(query.times, row.from_ns) and (after is None or (place < after if back else place > after))

        found = self._released(released, wanted)
        return sorted(found, key=lambda row: (row.from_ns, row.sequence), reverse=back)[: query.top]

    async def fold(self, released: Released, fold: Fold) -> Folded:
        rows, folding = await self.rows(released), Folding(fold)
        folding.add(rows)
        after = After(rows[-1].from_ns, rows[-1].sequence) if len(rows) == released.query.top else None
        return Folded(folding.parts(), after)

    async def row(self, released: Released, *, sequence: int) -> Kept | None:
        return next(iter(self._released(released, lambda row: row.sequence == sequence)), None)

    def taken(self, stream: StreamId, shelf: Shelf, *, time_ns: int) -> Kept | None:
        rows = self._durable.rows.get((stream, shelf.place), ())
        return next((row for row in rows if row.from_ns == time_ns), None)

    async def segment(self, number: int) -> Segment | None:
        return self._durable.segments.get(number)

    async def last_segment(self) -> Segment | None:
        return max(self._durable.segments.values(), key=lambda segment: segment.cut.number, default=None)

    async def traces(self, number: int) -> Sequence[NotedTrace]:
        return [trace for trace in self._durable.traces if trace.segment == number]

    async def trace(self, kind: int, trace: bytes) -> NotedTrace | None:
        return next((each for each in self._durable.traces if (each.kind, each.trace) == (kind, trace)), None)

    async def close(self) -> None:
        self._writes.crash()

    def _released(self, released: Released, wanted: Callable[[Kept], bool]) -> list[Kept]:
        hold = released.hold
        if not hold.live or hold.until_ns <= self._clock.now():
            return []
        rows = self._durable.rows.get((released.stream, released.shelf.place), ())
        return [row for row in rows if covers(released.extent, row.from_ns) and wanted(row)]
