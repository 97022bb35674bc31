"""Time passes: what was to be kept until now goes, it is said what went, and nobody can read it any more.

The order (each step may be done again, and is carried on at the next start after a crash):
 1. what is over is decided, durably; 2. its traces and counts are durable, and no latest value of it is known any more;
 3. the keys by which backups hold it go; 4. its rows go, a file at a time.
No segment is made meanwhile. What is not moved yet is moved first, at the next tick.

Rules
- Looked at once a day (UTC), after a tick and before anything is served: periods end at midnight, and days are whole.
- A stream is kept as long as the longest purpose that has a ground now, and never longer than when it was collected.
- A preservation of a stream, or of everything of somebody who lives with it, keeps it. It goes on the day after that has ended.
- What goes is said per stream and period, with the number of rows and no person (trace kind 9).

Source: things.md, "The store"; gate.md, "Time"; docs/decisions/0031-what-is-over-goes-with-its-period.md.
Owner of all state: the event loop.
"""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Final

from troth.clock import Clock
from troth.gate.decide import kept_days
from troth.journeys.erasure_list import hashed
from troth.journeys.preserve import in_force_for
from troth.journeys.record import InWorker, Record
from troth.names import StreamId, ThingId
from troth.spans import DAY_NS
from troth.state.directory import Directory
from troth.state.in_force import InForce, Reading
from troth.state.scopes import person_scope
from troth.things.backups import BackupKeys
from troth.things.retention import Expired, Expiry, Keeping
from troth.things.stores import ConductStore, NotedTrace, ObservationStore
from troth.tlog.trace import SALT_BYTES, ExpiredRows, encode

__all__ = ["Retain", "scope_of"]

_AT_ONCE: Final = 20  # streams asked about in one step of the loop: a few ms


def scope_of(rows: Expired) -> bytes:
    """The scope under which a backup holds the rows of a stream in one period."""
    period = rows.days.to_bytes(8) + rows.from_ns.to_bytes(8, signed=True)
    return hashed(b"rows", rows.place + period + rows.stream)


class Retain:
    """Lets go what is over."""

    def __init__(  # noqa: PLR0913 - it reaches every place where rows are kept
        self,
        record: Record,
        *,
        conduct: ConductStore,
        observations: ObservationStore,
        directory: Directory,
        in_force: InForce,
        clock: Clock,
        entropy: Callable[[int], bytes],
        pause: Callable[[], Awaitable[None]],
        in_worker: InWorker,
        backups: BackupKeys | None,
    ) -> None:
        self._record = record
        self._conduct = conduct
        self._observations = observations
        self._directory = directory
        self._in_force = in_force
        self._clock = clock
        self._entropy = entropy
        self._pause = pause
        self._in_worker = in_worker
        self._backups = backups
        self._day = -1

    async def begin(self) -> None:
        """At start, before anything is served: end what a crash interrupted, and let go what became over meanwhile.

        Raises:
            StorageFailed: it may or may not be done.
        """
        await self._record.finish()
        oldest_ns = self._conduct.unmoved_from_ns
        if oldest_ns is not None and oldest_ns + DAY_NS <= self._clock.now():
            await self._record.tick()  # rows that a crash left unmoved may be over as well
        await self.look()

    async def look(self) -> None:
        """After a tick: once a day, let go what is over.

        Raises:
            StorageFailed: it may or may not be done; the next start carries it on.
        """
        day = self._clock.now() // DAY_NS
        if day == self._day:
            return
        async with self._record.between_segments():
            keeping = await self._keeping()
            while (expiry := await self._observations.expiry(keeping)) is not None:
                await self._conduct.expire(expiry, self._traces(expiry), self._counts(expiry))
                if self._backups is not None:
                    await self._in_worker(partial(self._backups.forget, [scope_of(each) for each in expiry.gone]))
                await self._observations.expire(expiry)
        self._day = day

    async def _keeping(self) -> Keeping:
        """What is in force now, as values that another thread may ask."""
        now, days = self._clock.now(), dict[StreamId, int | None]()
        for at, stream in enumerate(tuple(self._directory.streams)):
            days[stream] = kept_days(stream, Reading(self._in_force), at_ns=now)
            if at % _AT_ONCE == 0:
                await self._pause()
        return Keeping(now, days.get, frozenset(self._preserved(now)).__contains__)

    def _preserved(self, at_ns: int) -> Sequence[StreamId]:
        """Streams of which something is frozen: named by a preservation, of a home whose member it names, or stopped."""
        found: list[StreamId] = []
        for person, known in self._directory.persons.items():
            for each in in_force_for(person, self._in_force, at_ns=at_ns):
                found += each.streams or [
                    stream.stream
                    for thing in self._directory.things.values()
                    if thing.body.household in known.homes
                    for stream in thing.body.streams
                ]
            marks = Reading(self._in_force).person(person_scope(person)).marks
            found += [each.body.stream for each in marks if each.body.stopped and not each.body.ended]
        return found

    def _traces(self, expiry: Expiry) -> list[NotedTrace]:
        return [
            NotedTrace(
                ExpiredRows.kind,
                encode(
                    ExpiredRows(
                        gate_ns=expiry.at_ns,
                        stream=each.stream,
                        from_ns=each.from_ns,
                        to_ns=each.to_ns,
                        days=each.kept,
                        rows=each.rows,
                    )
                ),
                self._entropy(SALT_BYTES),
            )
            for each in expiry.gone
        ]

    def _counts(self, expiry: Expiry) -> dict[ThingId, int]:
        counts: dict[ThingId, int] = {}
        for each in expiry.gone:
            known = self._directory.streams.get(each.stream)
            if known is not None:
                counts[known.thing] = counts.get(known.thing, 0) + each.rows
        return counts
