"""The observation store: partitions as SQLite files in folders, and the segments their traces stand in.

Rules
- One thread, the *mover*, owns every connection that writes. Partitions are written first, each in one transaction with the
  number of the segment it now holds; `segments.db` last: its row says that all of the segment is moved. A crash between
  two of these leaves some files ahead, and the same move again passes over them.
- Reads open what they need, `mode=ro`, for one slice, and close; the lease is looked at before every slice. Of a long page,
  and of rows that are folded, only the beginning is read by a thread of this process, the rest in another (`reading_away`).
- A file that is not there holds nothing; a file that cannot be read is StorageFailed.
- The first error of a write ends the store: everybody later gets StorageFailed, `on_failure` is called once.

Source: things.md, "The store" and "The writer"; the contract is `things.stores.ObservationStore`.
Left out: cutting by size; moving in a process of its own (`making_away`).
"""

import asyncio
import sqlite3
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Final, Self, TypeVar

import msgspec
from msgspec.structs import astuple

from troth.adapters import partitions_erasing as erasing
from troth.adapters import partitions_expiring as expiring
from troth.adapters import partitions_files as files
from troth.adapters import partitions_segments as segments
from troth.adapters.partitions_folding import folded
from troth.adapters.partitions_lookups import Lookups
from troth.adapters.partitions_reading import Wanted, row_of, slices, wanted_of
from troth.adapters.reading_away import ReadAway
from troth.adapters.sqlite_files import Connect, connect_writer, failed, open_writer, read
from troth.clock import Clock
from troth.errors import StorageFailed, TrothError
from troth.names import StreamId
from troth.things.folding import Fold, Folded
from troth.things.observations import Kept, Shelf
from troth.things.retention import Expiry, Keeping
from troth.things.stamps import Released
from troth.things.stores import Committed, Going, NotedTrace, Segment, Traced

__all__ = ["SHORT", "SqliteObservations"]

T = TypeVar("T")

SHORT: Final = 1_000  # rows of a page that are read here: some 4 ms; what is beyond is read away, where that is


class SqliteObservations:
    """`ObservationStore` in `folder`. Made by `open`, on the loop that it then belongs to."""

    def __init__(
        self, folder: Path, *, clock: Clock, on_failure: Callable[[Exception], None], connect: Connect
    ) -> None:
        self._folder = folder
        self._segments = folder / "segments.db"
        self._clock = clock
        self._on_failure = on_failure
        self._connect = connect
        self._loop = asyncio.get_running_loop()
        self._mover = ThreadPoolExecutor(1, thread_name_prefix="troth-move")
        self._readers = ThreadPoolExecutor(2, thread_name_prefix="troth-read")
        self._writing: OrderedDict[Path, sqlite3.Connection] = OrderedDict()  # the mover's own
        self._readers_of_files = erasing.Readers(folder)
        self._lookups = Lookups(self._readers_of_files)
        self._away_reading: ReadAway | None = None
        self._writing_alone = asyncio.Lock()
        self._let_go: Callable[[], Awaitable[None]] | None = None
        self._away = False  # somebody else may hold connections that write
        self._failure: Exception | None = None
        self._closed = False

    @classmethod
    async def open(
        cls,
        folder: Path,
        *,
        clock: Clock,
        on_failure: Callable[[Exception], None],
        connect: Connect = connect_writer,
        away: ReadAway | None = None,
    ) -> Self:
        """Open or make the folder.

        Args:
            folder: of the partitions and of segments.db.
            clock: for the end of leases.
            on_failure: called once, on the loop, when a file has failed. The process must end.
            connect: opens writing connections.
            away: reads the rest of long pages; None to read all of them here.

        Raises:
            FormatTooNew: a newer program wrote segments.db. Partitions are looked at when they are needed.
            StorageFailed: it cannot be opened, read or written.
        """
        store = cls(folder, clock=clock, on_failure=on_failure, connect=connect)
        store._away_reading = away
        try:
            await store._loop.run_in_executor(store._mover, store._open_segments)
        except BaseException:
            store._mover.shutdown(wait=False)
            store._readers.shutdown(wait=False)
            raise
        return store

    async def move(self, segments: Sequence[Segment], commits: Sequence[Committed]) -> None:
        self._check()
        traces = [trace for commit in commits for trace in commit.traces]
        await self._on_mover(partial(self._move, segments, commits, traces))

    async def move_away(
        self, segments_: Sequence[Segment], traces: Sequence[Traced], rows: Callable[[], Awaitable[bool]]
    ) -> bool:
        """The same where somebody else moves the rows: nothing is written here meanwhile.

        Args:
            segments_: as for `move`.
            traces: their other traces.
            rows: moves all rows durably and says so; False when they may or may not be moved.
        """
        self._check()
        async with self._writing_alone:
            await self._work(self._close_writing)
            self._away = True
            if not await rows():
                return False
            await self._work(partial(self._move, segments_, (), traces))
        return True

    def when_writing(self, let_go: Callable[[], Awaitable[None]]) -> None:
        """Call `let_go` before anything is written here again after rows were moved away; then nobody else may write."""
        self._let_go = let_go

    async def _on_mover(self, work: Callable[[], T]) -> T:
        """Write, when nobody else does."""
        async with self._writing_alone:
            if self._away and self._let_go is not None:
                await self._let_go()
                self._away = False
            return await self._work(work)

    async def _work(self, work: Callable[[], T]) -> T:
        """The first error ends the store."""
        try:
            return await self._loop.run_in_executor(self._mover, work)
        except Exception as cause:
            error = cause if isinstance(cause, TrothError) else failed(cause)
            if self._failure is None:
                self._failure = error
                self._on_failure(error)
            raise error from cause

    async def erase(self, going: Going) -> None:
        self._check()
        await self._on_mover(partial(self._erase, going))

    async def expiry(self, keeping: Keeping) -> Expiry | None:
        def work() -> Expiry | None:
            connection = self._open_segments()
            return expiring.decided(connection) or expiring.look(self._folder, connection, keeping)

        self._check()
        return await self._on_mover(work)

    async def expire(self, expiry: Expiry) -> None:
        def work() -> None:
            if expiring.decided(self._open_segments()) == expiry:
                self._close_writing()
                expiring.expire(self._folder, expiry, connect=self._connect, readers=self._readers_of_files)
                expiring.forget(self._open_segments())

        self._check()
        await self._on_mover(work)

    async def rows(self, released: Released) -> Sequence[Kept]:
        wanted, holds = wanted_of(released), partial(self._holds, released)
        first = wanted if self._away_reading is None else msgspec.structs.replace(wanted, top=min(wanted.top, SHORT))
        rows = await self._in_place(first, holds)
        if self._away_reading is None or first.top == wanted.top or len(rows) < first.top:
            return rows
        mark = (rows[-1].from_ns, rows[-1].sequence)
        rest = msgspec.structs.replace(wanted, top=wanted.top - len(rows), after=mark)
        more = await self._away_reading.rows(rest, holds=holds)
        if more is None:
            more = await self._in_place(rest, holds)
        return [*rows, *more] if holds() else []

    async def fold(self, released: Released, fold: Fold) -> Folded:
        wanted, holds = wanted_of(released), partial(self._holds, released)
        if self._away_reading is None:
            return await self._fold_in_place(wanted, fold, holds)
        first = await self._fold_in_place(msgspec.structs.replace(wanted, top=min(wanted.top, SHORT)), fold, holds)
        if first.after is None or wanted.top <= SHORT or fold.is_met(first.parts):
            return first
        mark = (first.after.time_ns, first.after.sequence)
        rest = msgspec.structs.replace(wanted, top=wanted.top - SHORT, after=mark)
        begun = first.parts[-1] if first.parts else fold.begun
        done = first.parts[:-1]
        further = msgspec.structs.replace(fold, begun=begun, enough=fold.enough - len(done))
        more = await self._away_reading.fold(rest, further, holds=holds)
        return Folded((*done, *more.parts), more.after) if holds() else Folded()

    async def row(self, released: Released, *, sequence: int) -> Kept | None:
        holds = partial(self._holds, released)
        return await self._read(partial(row_of, self._folder, released, sequence, read=read, holds=holds))

    async def _in_place(self, wanted: Wanted, holds: Callable[[], bool]) -> list[Kept]:
        def work() -> list[Kept]:
            rows = [row for some in slices(self._folder, wanted, read=read, holds=holds) for row in some]
            return rows if holds() else []

        return await self._read(work)

    async def _fold_in_place(self, wanted: Wanted, fold: Fold, holds: Callable[[], bool]) -> Folded:
        return await self._read(
            partial(folded, self._folder, wanted, fold, read=read, holds=holds, between=_nothing_between)
        )

    def taken(self, stream: StreamId, shelf: Shelf, *, time_ns: int) -> Kept | None:
        found = (self._lookups.at(path, stream, time_ns) for path in files.files_at(self._folder, shelf, time_ns))
        return next((row for row in found if row is not None), None)

    async def segment(self, number: int) -> Segment | None:
        found = await self._ask(segments.SEGMENT + "WHERE number = ?", (number,), make=segments.segment_of)
        return found[0] if found else None

    async def last_segment(self) -> Segment | None:
        found = await self._ask(segments.SEGMENT + "ORDER BY number DESC LIMIT 1", (), make=segments.segment_of)
        return found[0] if found else None

    async def traces(self, number: int) -> Sequence[NotedTrace]:
        return await self._ask(segments.TRACE + "WHERE segment = ? ORDER BY leaf", (number,), make=NotedTrace)

    async def trace(self, kind: int, trace: bytes) -> NotedTrace | None:
        sql = segments.TRACE + "WHERE digest = ? AND kind = ? ORDER BY segment, leaf"
        found = await self._ask(sql, (segments.digest(trace), kind), make=NotedTrace)
        return found[0] if found else None

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        if self._failure is None:
            await self._loop.run_in_executor(self._mover, self._close_writing)
        if self._away_reading is not None:
            await self._away_reading.close()
        self._mover.shutdown(wait=False)
        self._readers.shutdown(wait=False)
        self._lookups.close()

    # --- the mover's thread ------------------------------------------------------------------------------------------

    def _move(self, moved: Sequence[Segment], commits: Sequence[Committed], traces: Sequence[Traced]) -> None:
        there = segments.newest(self._open_segments())
        if there >= moved[-1].cut.number:
            return
        first, last = moved[0].cut.number, moved[-1].cut.number
        for path, rows in sorted(files.by_file(self._folder, commits).items()):
            connection = self._writer(path, kind="observations", newest=files.FORMAT, schema=files.SCHEMA)
            files.put(connection, [files.by_stream(map(astuple, rows))], first=first, last=last)
        missing = [each for each in moved if each.cut.number > there]
        segments.insert(self._open_segments(), missing, [each for each in traces if each.segment > there])

    def _erase(self, going: Going) -> None:
        """Places that go as a whole, then files that held rows of others too, then the other traces; the mark last."""
        held = self._open_segments().execute("SELECT value FROM meta WHERE name = 'erased'").fetchone()
        if going.places is None and held is not None and held[0] == going.mark:
            return
        self._close_writing()
        for place in sorted(each for each in self._folder.iterdir() if each.is_dir()):
            try:
                name = bytes.fromhex(place.name)
            except ValueError:
                continue  # somebody else's folder
            if going.gone(name):
                erasing.erase_place(place, readers=self._readers_of_files)
            elif going.places is None or name in going.places:
                for path in sorted(place.glob("*/*-*.db")):
                    erasing.erase_partition(path, going, connect=self._connect, readers=self._readers_of_files)
        erasing.erase_traces(
            self._segments,
            going,
            newest=segments.FORMAT,
            schema=segments.SCHEMA,
            connect=self._connect,
            readers=self._readers_of_files,
        )
        connection = self._open_segments()
        with files.transaction(connection):
            connection.execute(
                "INSERT INTO meta VALUES ('erased', ?) ON CONFLICT DO UPDATE SET value = excluded.value", (going.mark,)
            )

    def _open_segments(self) -> sqlite3.Connection:
        return self._writer(self._segments, kind="segments", newest=segments.FORMAT, schema=segments.SCHEMA)

    def _writer(self, path: Path, *, kind: str, newest: int, schema: str) -> sqlite3.Connection:
        connection = self._writing.get(path)
        if connection is None:
            connection = open_writer(path, connect=self._connect, kind=kind, newest=newest, schema=schema)
            self._writing[path] = connection
            if len(self._writing) > files.OPEN_FILES:
                _, oldest = self._writing.popitem(last=False)
                oldest.close()
        self._writing.move_to_end(path)
        return connection

    def _close_writing(self) -> None:
        while self._writing:
            self._writing.popitem()[1].close()

    # --- the readers' threads ----------------------------------------------------------------------------------------

    def _holds(self, released: Released) -> bool:
        return released.hold.live and self._clock.now() < released.hold.until_ns

    async def _read(self, work: Callable[[], T]) -> T:
        def reading() -> T:
            with self._readers_of_files.reading():
                return work()

        self._check()
        return await self._loop.run_in_executor(self._readers, reading)

    async def _ask(self, sql: str, values: tuple[int | bytes, ...], *, make: Callable[..., T]) -> list[T]:
        def work(connection: sqlite3.Connection) -> list[T]:
            return [make(*row) for row in connection.execute(sql, values)]

        return await self._read(partial(read, self._segments, work))

    def _check(self) -> None:
        if self._failure is not None:
            raise StorageFailed("storage has failed before; Troth must be started again") from self._failure
        if self._closed:
            raise StorageFailed("the store is closed")


def _nothing_between() -> None:
    """Where nobody has to be told that it goes on."""
