"""What was done becomes provable: traces into segments at a fixed tick, open statements into the public log.

Rules
- A tick cuts segments durably before they are built; after a crash the same cuts give the same segments, and going on is safe
  at every step: build, sign, journal, move, clear. What waits at a tick, or before it is enough (MOVE_SEGMENTS
  full ones), goes together: up to MOVE_SEGMENTS_MAX segments are one move.
- The segment statement is dated by its tick. One that counts already is taken from the journal after a crash and never
  signed again: the gate's key may have changed, and some algorithms give other bytes each time.
- A tick is published as the moment it was due, never as the one it came.
- The log takes open statements in the journal's order and nothing else; private ones never come near it. A log that follows
  another begins with the three statements that say so (`lineage`).
- Partial tiles go once the full one has been there for a while, between two appends and never beside one.
- Sealed traces go into their ledgers before the segment is moved; until then the commit holds them.
- Heavy work (hashing, building, the log's disk) runs where `in_worker` puts it, never on the loop.

Source: record.md, "Statements and traces are two things" and "The log".
Owner of all state: the event loop; the sequencer is used by one task at a time.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Final, TypeVar

from troth.clock import NS_PER_S, Clock
from troth.errors import LogDiverged, Malformed, StorageFailed
from troth.journeys.accept import Accept
from troth.journeys.access import Access
from troth.journeys.lineage import is_entry
from troth.journeys.making import InWorker
from troth.names import StatementId, ckt_uri
from troth.signing.cose import Signed, parse
from troth.signing.keys import KeyStore
from troth.statements.journal import Entry, Journal, JournalEntry, unerased
from troth.statements.kinds import KindName
from troth.statements.segment import ConductSegmentBody
from troth.statements.statement import as_kind, read, write
from troth.things.ledgers import LedgerStore, SealedTrace
from troth.things.making import Built, SegmentMaker
from troth.things.stores import MOVE_MIN, MOVE_SEGMENTS_MAX, SEGMENT_MAX, ConductStore, Cut, ObservationStore, Segment
from troth.tlog.collecting import Collector
from troth.tlog.segment import SEED_BYTES
from troth.tlog.sequencer import Sequencer

__all__ = ["InWorker", "Record"]

T = TypeVar("T")
_ENTRIES_AT_ONCE: Final = 1_000
_READ_AT_ONCE: Final = 32  # statements between two turns of the loop: reading one takes some 60 µs
_TWO_PIECES: Final = (
    "The journal is older than the log, as after restoring a backup: what people said meanwhile is not in it. "
    "Bring back the journal that belongs to this log; if it is lost, say so with a new log ('troth log succeed')."
)


class Record:
    """Segments and the log of one node."""

    def __init__(  # noqa: PLR0913 - the wiring of one node, named
        self,
        conduct: ConductStore,
        observations: ObservationStore,
        *,
        maker: SegmentMaker,
        ledgers: LedgerStore,
        journal: Journal,
        sequencer: Sequencer,
        collector: Collector,
        accept: Accept,
        access: Access,
        keys: KeyStore,
        clock: Clock,
        entropy: Callable[[int], bytes],
        in_worker: InWorker,
        pause: Callable[[], Awaitable[None]],
        published: Callable[[], None],
        newest_segment: Callable[[], tuple[int, StatementId] | None],
        first: Sequence[JournalEntry] = (),
    ) -> None:
        self._conduct = conduct
        self._observations = observations
        self._maker = maker
        self._ledgers = ledgers
        self._journal = journal
        self._accept = accept
        self._access = access
        self._keys = keys
        self._clock = clock
        self._entropy = entropy
        self._in_worker = in_worker
        self._pause = pause
        self._published = published
        self._first = first
        self._index: dict[StatementId, int] = {each.signed.id: at for at, each in enumerate(first)}
        self._newest_segment = newest_segment
        self._looked = 0
        self._publishing = False
        self._cutting = False
        self._collector = collector
        self.sequencer = sequencer

    async def tick(self, at_ns: int | None = None) -> None:
        """Close the access windows and the segments of this tick; on return their rows are moved and their statements count.

        `at_ns` is the moment this tick was due, and all that is published of it: how late it came would tell what went on.
        """
        at_ns = self._second() if at_ns is None else at_ns
        async with self.between_segments():
            await self._access.close_all()
            await self._close(at_ns)
        await self.spill()

    async def spill(self) -> None:
        """Close segments while there are enough traces for a move of full ones, between ticks or after one."""
        while self._conduct.uncut >= MOVE_MIN:
            async with self.between_segments():
                await self._close(self._second())

    @asynccontextmanager
    async def between_segments(self) -> AsyncIterator[None]:
        """One segment after the other: who comes while one is made waits, or a cut would be signed again without its rows.

        Inside, none is in the making, no window is being closed, and no cut is pending.
        """
        while self._cutting:
            await self._conduct.settle()
        self._cutting = True
        try:
            yield
        finally:
            self._cutting = False

    async def finish(self) -> None:
        """Make the segments that a crash left half made; their tick is the one they were cut for."""
        async with self.between_segments():
            pending = self._conduct.pending
            if pending:
                await self._close(pending[0].tick_ns)

    async def _close(self, at_ns: int) -> None:
        """The segments of one move: cut, built, signed, rows moved, commits cleared; each step may be done again."""
        about = self._conduct.uncut
        cuts = await self._conduct.cut(at_ns, [self._entropy(SEED_BYTES) for _ in range(MOVE_SEGMENTS_MAX)])
        built = await self._maker.build(cuts, about=max(about, (len(cuts) - 1) * SEGMENT_MAX))
        before = await self._observations.segment(cuts[0].number - 1)
        previous = None if before is None else parse(before.statement).id
        segments = []
        for cut, each in zip(cuts, built, strict=True):
            signed = await self._counting(cut, each, previous=previous)
            segments.append(Segment(cut, each.leaves, each.size, each.root, signed.data))
            previous = signed.id
            sealed = [trace for trace in each.traces if isinstance(trace, SealedTrace)]
            if sealed:
                await self._ledgers.move(cut.number, sealed)
        await self._maker.move(segments, built)
        await self._conduct.clear(cuts)

    async def _counting(self, cut: Cut, built: Built, *, previous: StatementId | None) -> Signed:
        """The statement about a segment, which counts on return."""
        signed = self._stated(cut, root=built.root)
        if signed is None:
            # No await between the two: a gate key that ended in between would make a segment that is refused.
            signed = self._signed(cut, size=built.size, root=built.root, previous=previous)
            await self._accept.accept(signed)
        return signed

    async def publish(self) -> int:
        """Take what is open and not yet in the log into it; returns how many entries that were."""
        if self._publishing:
            return 0
        self._publishing = True
        taken = 0
        try:
            while self._looked < self._journal.position:
                self._learn(_READ_AT_ONCE)
                await self._pause()
            while batch := await self._waiting():
                entries = [entry.signed.data for entry in unerased(batch) if is_entry(entry, self._first)]
                if not self.sequencer.size:
                    entries = [*(each.signed.data for each in self._first), *entries]
                await self._in_worker(partial(self.sequencer.append, entries, taken=batch[-1].position))
                taken += len(entries)
                self._published()
            await self._in_worker(partial(self._collector.collect, self.sequencer.size))
        finally:
            self._publishing = False
        return taken

    def check(self) -> None:
        """At start: return if the log's last entry is what the journal has at that place.

        Raises:
            LogDiverged: the journal is older than the log, or another one's.
        """
        last = self.sequencer.size - 1
        if last < 0:
            return
        self._look_on()
        try:
            statement = parse(self.sequencer.entry(last)).id
        except Malformed:
            statement = StatementId(b"")
        found = self._journal.find(statement)
        begun = any(statement == each.signed.id for each in self._first)
        if self._index.get(statement) != last or found is None or not (begun or found.position <= self.sequencer.taken):
            raise LogDiverged("the log holds statements that the journal does not have in that place", hint=_TWO_PIECES)
        if self.sequencer.taken > self._journal.position:
            raise LogDiverged("the log has taken more of the journal than there is", hint=_TWO_PIECES)

    def index_of(self, statement: StatementId) -> int | None:
        """Where an open statement stands in the log, or None if it is not (yet) there."""
        self._look_on()
        index = self._index.get(statement)
        return index if index is not None and index < self.sequencer.size else None

    def _look_on(self) -> None:
        """Learn the places of open statements: all of them at start, in `publish`, and then the few that are new."""
        while self._looked < self._journal.position:
            self._learn(_ENTRIES_AT_ONCE)

    def _learn(self, limit: int) -> None:
        for entry in self._journal.entries(after=self._looked, limit=limit):
            if isinstance(entry, JournalEntry) and is_entry(entry, self._first):
                self._index[entry.signed.id] = len(self._index)
            self._looked = entry.position

    async def _waiting(self) -> Sequence[Entry]:
        """The next statements that the log has not taken, read a few at a time."""
        batch: list[Entry] = []
        after = self.sequencer.taken
        while len(batch) < _ENTRIES_AT_ONCE and (more := self._journal.entries(after=after, limit=_READ_AT_ONCE)):
            batch += more
            after = more[-1].position
            await self._pause()
        return batch

    def _second(self) -> int:
        now = self._clock.now()
        return now - now % NS_PER_S

    def _stated(self, cut: Cut, *, root: bytes) -> Signed | None:
        """The statement about this cut that counts already, or None.

        Raises:
            StorageFailed: it is about other traces than the ones that are kept.
        """
        newest = self._newest_segment()
        if newest is None or newest[0] < cut.number:
            return None
        statement: StatementId | None = newest[1]
        while statement is not None:
            entry = self._journal.find(statement)
            if not isinstance(entry, JournalEntry):
                break
            body = as_kind(read(entry.signed), ConductSegmentBody)
            if body.number > cut.number:
                statement = body.previous  # of the same move: later segments of it count as well
            elif (body.number, body.root) == (cut.number, root):
                return entry.signed
            else:
                break
        raise StorageFailed("a segment that was signed holds other traces than the ones that are kept")

    def _signed(self, cut: Cut, *, size: int, root: bytes, previous: StatementId | None) -> Signed:
        gate = self._keys.signer("gate")
        thumbprint = gate.public.thumbprint
        body = ConductSegmentBody(thumbprint, cut.number, cut.tick_ns, size, root, previous)
        return write(
            KindName.CONDUCT_SEGMENT,
            body,
            signer=gate,
            issuer=ckt_uri(thumbprint),
            subject=f"segment-{cut.number}",
            at_ns=cut.tick_ns,
        )
