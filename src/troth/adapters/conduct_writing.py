"""What the conduct writer's thread does: open, commit, cut, clear. It owns the connection and everything it decides by.

Rules
- Called by one thread: the one that `conduct_sqlite` starts. What goes up to the loop are values nobody changes again.
- A commit holds at most COMMIT_ROWS rows and traces (one stamp may be larger), so that it always fits into one segment; long
  texts count for more. Cuts that are decided together hold at most CUT_BYTES, or one commit.
- Pending cuts are what a crash left between deciding segments and forgetting their commits; they are given again as they were.
- After any error nothing here may be called again.

Source: things.md, "The writer"; record.md, "Statements and traces are two things".
"""

import sqlite3
from collections import deque
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import takewhile
from pathlib import Path
from typing import Final

from troth.adapters import conduct_tables as tables
from troth.adapters.conduct_blocks import pack_pieces, unpack_pieces
from troth.adapters.conduct_erasing import erase
from troth.adapters.conduct_expiring import expire, what_of
from troth.adapters.conduct_groups import kept, unpack_groups
from troth.adapters.conduct_lasting import Lasting, Left, carried, with_leaf
from troth.adapters.conduct_packing import (
    pack_counts,
    pack_keys,
    pack_runs,
    pack_traces,
    said,
    unpack_counts,
    unpack_keys,
    unpack_runs,
    unpack_traces,
)
from troth.adapters.conduct_queue import Commitment, Future, Refused, gather
from troth.adapters.conduct_stamping import REPEAT_NS, Draft, Entropy, Stamper, Taken
from troth.adapters.conduct_standing import Standing
from troth.adapters.sqlite_files import Connect, failed, open_writer, wipe
from troth.clock import Clock
from troth.errors import StorageFailed
from troth.names import StreamId, ThingId
from troth.things.intervals import BEGINNING
from troth.things.observations import Kept, Outcome
from troth.things.retention import Expiry
from troth.things.stamps import AdmittedMany, Done
from troth.things.stores import SEGMENT_MAX, Cut, Going, Traced, segments_of

__all__ = ["CUT_BYTES", "Landed", "Writer"]

CUT_BYTES: Final = 134_217_728  # 128 MiB: the rows of one move are held in memory as they were packed


@dataclass(frozen=True, slots=True)
class Landed:
    """A durable commit, for the loop. `lasting.n` is 0 when nothing had to be written; `weight` is what left the queue."""

    lasting: Lasting
    weight: int
    answers: Sequence[tuple[Done, Sequence[Outcome]]]
    refused: Sequence[Refused]
    futures: Sequence[Future]
    took_ns: int


class Writer:
    """The writing half of the store. `load` comes first."""

    def __init__(self, path: Path, *, clock: Clock, entropy: Entropy, taken: Taken, connect: Connect) -> None:
        self.path = path
        self.clock = clock
        self.said = 0
        self.closed = False
        self._connect = connect
        self._connection: sqlite3.Connection | None = None
        self._new_stamper = partial(Stamper, entropy=entropy, taken=taken)
        self._stamper = self._new_stamper()
        self._commits: deque[Lasting] = deque()
        self._pending: tuple[Cut, ...] = ()
        self._cuts = 0
        self._cut_last = 0
        self._cleared = 0
        self._last = 0

    @property
    def uncut(self) -> tuple[int, int]:
        """Traces in no cut yet, and the bytes of rows."""
        waiting = [commit for commit in self._commits if commit.n > self._cut_last]
        return sum(commit.leaves for commit in waiting), sum(commit.size for commit in waiting)

    @property
    def ages(self) -> list[tuple[int, int]]:
        """Number and time of each commit that is not cleared."""
        return [(commit.n, commit.at_ns) for commit in self._commits]

    def load(self) -> Standing:
        """Open the file and read back everything durable.

        Raises:
            FormatTooNew: a newer program wrote it.
            StorageFailed: it cannot be opened, read or written.
        """
        try:
            self._connection = open_writer(
                self.path, connect=self._connect, kind="conduct", newest=tables.FORMAT, schema=tables.SCHEMA
            )
            tables.bring_up(self._connection)
        except sqlite3.Error as cause:
            raise failed(cause) from cause
        return self._restored()

    @property
    def pending(self) -> tuple[Cut, ...]:
        """The pending cuts."""
        return self._pending

    def erase(self, going: Going) -> Standing:
        """Erase as the port says, and read back everything durable, as the next start would.

        Raises:
            RuntimeError: cuts are pending.
            StorageFailed: it may or may not be done.
        """
        if self._pending:
            raise RuntimeError("pending cuts are cleared first")
        try:
            if erase(self._open, going, said=self.said, next_run=self._stamper.next_run):
                wipe(self._open)
        except (OSError, sqlite3.Error) as cause:
            raise failed(cause) from cause
        self._stamper = self._new_stamper()
        self._commits.clear()
        return self._restored()

    def expire(self, expiry: Expiry, traces: Sequence[Traced], counts: Mapping[ThingId, int]) -> Standing:
        """As the port says, and read back everything durable, as the next start would.

        Raises:
            RuntimeError: cuts are pending.
            StorageFailed: it may or may not be done.
        """
        if self._pending:
            raise RuntimeError("pending cuts are cleared first")
        number, at_ns = self._last + 1, self.clock.now()
        try:
            if expire(self._open, expiry, number=number, at_ns=at_ns, traces=traces, counts=counts):
                wipe(self._open)
        except (OSError, sqlite3.Error) as cause:
            raise failed(cause) from cause
        self._stamper = self._new_stamper()
        self._commits.clear()
        return self._restored()

    def _restored(self) -> Standing:
        try:
            loaded = tables.load(self._open)
        except sqlite3.Error as cause:
            raise failed(cause) from cause
        standing = Standing()
        stamper, meta = self._stamper, loaded.meta
        self._pending = tuple(loaded.pending)
        self._cuts, self._cut_last, self._cleared = meta["cuts"], meta["cut_last"], meta["cleared"]
        self._last, self.said = self._cut_last, meta["said"]
        for row in loaded.streams:
            stream, moved = StreamId(row.stream), self._moved(row)
            stamper.restore_stream(
                stream, next_sequence=row.next, moved_ns=BEGINNING if moved is None else moved.from_ns
            )
            standing.restore(stream, next_sequence=row.next, moved=moved)
        stamper.restore_runs(loaded.runs)
        stamper.skip_runs(meta.get("runs", 0))
        standing.know(loaded.runs)
        standing.count(loaded.counts)
        for at_ns, keys in loaded.repeats:
            stamper.restore_keys(at_ns, unpack_keys(keys))
        for packed in loaded.commits:
            traces = unpack_traces(packed.traces)
            lasting = Lasting(
                packed.n,
                unpack_pieces(packed.rows),
                len(traces),
                unpack_counts(packed.counts),
                unpack_runs(packed.runs),
                said(traces),
                packed.at_ns,
            )
            stamper.restore_runs(lasting.runs)
            stamper.restore_rows(lasting.pieces)
            stamper.restore_keys(packed.at_ns, unpack_keys(packed.keys))
            self._keep(lasting)
            standing.know(lasting.runs)
            standing.count(lasting.counts)
            standing.add(packed.n, lasting.pieces)
        return standing

    @staticmethod
    def _moved(row: tables.StreamRow) -> Kept | None:
        if not row.latest:
            if row.segment != tables.NOWHERE:
                raise StorageFailed("the file for conduct has lost the latest row of a stream")
            return None
        (group,) = unpack_groups(row.latest)
        (moved,) = kept(group)
        return with_leaf(moved, segment=row.segment, leaf=row.leaf)

    def commit(self, items: Sequence[Commitment]) -> Landed:
        """Make everything in `items` durable together.

        Raises:
            StorageFailed: it may or may not be kept.
        """
        began = self.clock.ticks()
        gathered = gather(items)
        stamper = self._stamper
        draft = stamper.begin(self.clock.now(), rows=gathered.rows)
        for admitted in gathered.admitted:
            if isinstance(admitted, AdmittedMany):
                stamper.stamp_many(draft, admitted)
            else:
                stamper.stamp(draft, admitted)
        for refused in gathered.refused:
            draft.count(refused.thing, what_of(refused.reason), refused.count)
        stamper.end(draft)
        draft.traces += gathered.traces
        lasting = Lasting(0, (), 0, (), (), 0, 0)
        if draft.pieces or draft.traces or draft.counts:
            lasting = self._write(draft)
        return Landed(
            lasting,
            gathered.weight,
            draft.answers,
            gathered.refused,
            gathered.futures,
            self.clock.ticks() - began,
        )

    def _write(self, draft: Draft) -> Lasting:
        counts = draft.counted()
        packed = tables.Packed(
            self._last + 1,
            draft.now_ns,
            pack_pieces(draft.pieces),
            pack_traces(draft.traces),
            pack_keys(draft.keys),
            pack_runs(draft.runs),
            pack_counts(counts),
        )
        try:
            tables.commit(self._open, packed)
        except sqlite3.Error as cause:
            raise failed(cause) from cause
        lasting = Lasting(
            packed.n, draft.pieces, len(draft.traces), counts, draft.runs, said(draft.traces), draft.now_ns
        )
        self._keep(lasting)
        return lasting

    def cut(self, tick_ns: int, seeds: Sequence[bytes]) -> tuple[tuple[Cut, ...], int, int]:
        """The pending cuts, or new ones; and how many traces and bytes they took out of those that waited.

        Raises:
            StorageFailed: they may or may not be kept.
        """
        if self._pending:
            return self._pending, 0, 0
        lasts, taken, size = self._ends(min(len(seeds), segments_of(self._stamper.streams)))
        firsts = [self._cut_last + 1, *(last + 1 for last in lasts)]
        made = tuple(
            Cut(number, first, last, tick_ns, seed)
            for number, (first, last, seed) in enumerate(zip(firsts, lasts, seeds, strict=False), self._cuts + 1)
        )
        try:
            tables.cut(self._open, made)
        except sqlite3.Error as cause:
            raise failed(cause) from cause
        self._pending, self._cuts, self._cut_last = made, made[-1].number, lasts[-1]
        return made, taken, size

    def _ends(self, most: int) -> tuple[list[int], int, int]:
        """The last commits of at most so many cuts, one at least; and how many traces and bytes they hold together."""
        lasts, leaves, taken, size = [self._cut_last], 0, 0, 0
        for commit in self._commits:
            if commit.n <= self._cut_last:
                continue
            if size and size + commit.size > CUT_BYTES:
                break
            if leaves + commit.leaves > SEGMENT_MAX:
                if len(lasts) == most:
                    break
                lasts.append(commit.n)
                leaves = 0
            leaves += commit.leaves
            taken += commit.leaves
            size += commit.size
            lasts[-1] = commit.n
        return lasts, taken, size

    def clear(self, cuts: Sequence[Cut]) -> Generator[None, None, dict[StreamId, Left]]:
        """Forget the commits of the pending cuts; returns what is left of the streams they touched.

        In steps of a few milliseconds, between which there may be commits but nothing else; only the last one writes.

        Raises:
            RuntimeError: these are not the pending cuts.
            StorageFailed: it may or may not be done.
        """
        cuts = tuple(cuts)
        if cuts and cuts[-1].number <= self._cleared:
            return {}
        if not cuts or self._pending != cuts:
            raise RuntimeError("only the pending cuts can be cleared")
        gone = list(takewhile(lambda commit: commit.n <= cuts[-1].last, self._commits))
        cleared, left = yield from carried(cuts, gone, said=self.said, moved=self._stamper.moved)
        try:
            tables.clear(self._open, cleared, repeats_from_ns=self.clock.now() - REPEAT_NS)
        except sqlite3.Error as cause:
            raise failed(cause) from cause
        for commit in gone:
            self._commits.popleft()
            self._stamper.let_go(commit.pieces)
        self._pending, self._cleared = (), cuts[-1].number
        return left

    def close(self) -> None:
        """Close the connection; the last one to close carries the write-ahead log into the file.

        Raises:
            StorageFailed: it could not be closed.
        """
        try:
            self._open.close()
        except sqlite3.Error as cause:
            raise failed(cause) from cause
        self.closed = True

    @property
    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            raise AssertionError("load comes first")
        return self._connection

    def _keep(self, lasting: Lasting) -> None:
        self._commits.append(lasting)
        self._last = max(self._last, lasting.n)
        self.said = max(self.said, lasting.said)
