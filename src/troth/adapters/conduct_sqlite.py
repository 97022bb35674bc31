"""The conduct store in one SQLite file: group commit on one thread, answers from memory.

Rules
- One thread, the *writer*, owns the connection that writes and checkpoints, and `_Writer` with all it holds. Everything else
  here belongs to the event loop. Between them go values: down through one queue, up through one callback per commit.
- A commit begins at once when nothing was written for `commit_ms`, else when that time is over or COMMIT_ROWS wait.
- The listener is called after a segment has been cleared as well: there may be room again.
- Clearing goes on for a few milliseconds between one commit and the next, so that no acknowledgement waits for all of it.
- After a commit, in this order on the loop: memory, listener (also when nothing was kept), `done` of each append, futures.
  Much of it is done in several steps (`conduct_landing`), and nothing of the next commit before the last of them.
- The first error of the file ends the store: nothing is written any more, everybody waiting and everybody later gets
  StorageFailed, `on_failure` is called once and ends the process. The connection is left open: closing it would write.

Source: things.md, "The writer"; the contract is `things.stores.ConductStore`.
Left out: moving rows (`partitions_sqlite`), hashing (the worker that builds segments).
"""

import asyncio
import queue
import threading
from collections.abc import Callable, Collection, Container, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final, Self, TypeVar

from troth.adapters import conduct_landing as landing
from troth.adapters.conduct_blocks import Piece
from troth.adapters.conduct_lasting import Left
from troth.adapters.conduct_packing import said
from troth.adapters.conduct_queue import Beside, Future, Marked, Noted, Order, Refused, Steps, Work, weight
from troth.adapters.conduct_reading import read_committed, read_sealed
from troth.adapters.conduct_stamping import Entropy, Taken
from troth.adapters.conduct_standing import Standing, told
from troth.adapters.conduct_turns import Turns
from troth.adapters.conduct_watch import ConductWatch
from troth.adapters.conduct_writing import CUT_BYTES, Landed, Writer
from troth.adapters.sqlite_files import Connect, connect_writer
from troth.clock import Clock
from troth.errors import Busy, StorageFailed, TrothError
from troth.names import StreamId, ThingId
from troth.things.figures import ConductFigures
from troth.things.ledgers import SealedTrace
from troth.things.observations import Kept, Refusal
from troth.things.retention import Expiry
from troth.things.stamps import Admitted, AdmittedMany, Released
from troth.things.stores import MOVE_MIN, Committed, Cut, Going, Tally, Told, Traced

__all__ = ["BATCH_ROWS", "COMMIT_MS", "QUEUE_ROWS", "UNMOVED_ROWS", "SqliteConduct"]

T = TypeVar("T")

QUEUE_ROWS: Final = 200_000  # rows waiting for their commit: a second of P1's load
UNMOVED_ROWS: Final = 2_000_000  # rows and traces that wait for their segment: some 250 MB of memory
BATCH_ROWS: Final = 50_000  # rows of one stamp; a commit must fit into one segment (SEGMENT_MAX)
COMMIT_MS: Final = 2.0  # things.md: every 2-10 ms or N rows
_BUSY_S: Final = 0.5


class SqliteConduct:
    """`ConductStore` in `path`. Made by `open`, on the loop that it then belongs to."""

    def __init__(self, writer: Writer, *, commit_ms: float, queue_rows: int, unmoved_rows: int) -> None:
        self._writer = writer
        self._clock = writer.clock
        self._loop = asyncio.get_running_loop()
        self._on_failure: Callable[[Exception], None] | None = None
        self._queue_rows = queue_rows
        self._unmoved_rows = unmoved_rows
        self._inbox: queue.SimpleQueue[Work] = queue.SimpleQueue()
        self._stopped: str | None = None
        self._queued = 0  # written by the loop; the writer only reads it, to know whether to hurry
        self._waiting: set[Callable[[Exception], None]] = set()
        self._landing = landing.Landing(self._loop)
        self._standing = Standing()
        self._watch = ConductWatch()
        self._told: Callable[[Sequence[Told]], None] | None = None
        self._wanted: Collection[StreamId] | None = None
        self._failure: Exception | None = None
        self._closed = False
        self._said = 0
        self._pending: Sequence[Cut] = ()
        self._uncut = 0
        self._uncut_bytes = 0
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="troth-conduct-read")
        self._turns = Turns(
            writer,
            self._inbox,
            commit_ns=int(commit_ms * 1_000_000),
            queued=lambda: self._queued,
            landed=self._landed,
            post=self._post,
            fail=self._fail,
        )
        self._thread = threading.Thread(target=self._turns.run, name="troth-conduct", daemon=True)

    @classmethod
    async def open(  # noqa: PLR0913 - what it is made of and its three limits, named
        cls,
        path: Path,
        *,
        clock: Clock,
        entropy: Entropy,
        taken: Taken,
        on_failure: Callable[[Exception], None],
        commit_ms: float = COMMIT_MS,
        queue_rows: int = QUEUE_ROWS,
        unmoved_rows: int = UNMOVED_ROWS,
        connect: Connect = connect_writer,
    ) -> Self:
        """Open or make the file and read back what is durable.

        Args:
            path: of the file; its folder is made if it is absent.
            clock: for the end of leases and the age of repeat keys.
            entropy: n random bytes; called on the writer's thread.
            taken: looks up moved rows; called on the writer's thread.
            on_failure: called once, on the loop, when the file has failed. The process must end.
            commit_ms: at most this long rows wait for others, 0 to 10.
            queue_rows: rows that may wait for their commit before `append` raises Busy.
            unmoved_rows: rows that may wait for their segment before `append` raises Busy.
            connect: opens the writing connection.

        Raises:
            FormatTooNew: a newer program wrote the file.
            StorageFailed: it cannot be opened, read or written.
        """
        writer = Writer(path, clock=clock, entropy=entropy, taken=taken, connect=connect)
        store = cls(writer, commit_ms=commit_ms, queue_rows=queue_rows, unmoved_rows=unmoved_rows)
        store._thread.start()
        await store._order(store._load)
        store._on_failure = on_failure
        return store

    # --- what is called on the loop ----------------------------------------------------------------------------------

    def append(self, admitted: Admitted | AdmittedMany) -> None:
        self._check()
        if len(admitted.times) > BATCH_ROWS:
            raise RuntimeError(f"a stamp holds at most {BATCH_ROWS} rows")
        if self._stopped is not None:
            raise Busy(self._stopped, retry_after_s=_BUSY_S)
        heavy = weight(admitted)
        if self._queued + heavy > self._queue_rows and self._queued:
            raise Busy("more observations arrive than can be kept", retry_after_s=_BUSY_S)
        if self._uncut + self._queued + heavy > self._unmoved_rows:
            raise Busy("more observations are kept than segments can be made of", retry_after_s=_BUSY_S)
        self._queued += heavy
        self._inbox.put(admitted)

    def stop_taking(self, why: str) -> None:
        self._stopped = why

    def take_again(self) -> None:
        self._stopped = None
        if self._told is not None:
            self._told(())

    def refuse(self, thing: ThingId, reason: Refusal, *, count: int, done: Callable[[], None]) -> None:
        self._check()
        self._inbox.put(Refused(thing, reason, count, done))

    async def note(self, traces: Sequence[Traced]) -> None:
        self._check()
        if len(traces) > BATCH_ROWS:
            raise RuntimeError(f"at most {BATCH_ROWS} traces are noted at once")
        said(traces)  # what cannot be read is refused here, before the writer depends on it
        if traces:
            await self._queue(partial(Noted, tuple(traces)))

    async def settle(self) -> None:
        self._check()
        await self._queue(Marked)

    def listen(self, told: Callable[[Sequence[Told]], None], *, wanted: Collection[StreamId] | None = None) -> None:
        self._told, self._wanted = told, wanted

    def latest(self, released: Released) -> Kept | None:
        return self._standing.latest(released, now_ns=self._clock.now())

    def tail(self, released: Released) -> Sequence[Kept]:
        return self._standing.tail(released, now_ns=self._clock.now())

    def tally(self, thing: ThingId) -> Tally:
        return self._standing.tally(thing)

    def find(self, id_: int) -> tuple[StreamId, int] | None:
        return self._standing.find(id_)

    @property
    def said_position(self) -> int:
        return self._said

    @property
    def uncut(self) -> int:
        return max(self._uncut, MOVE_MIN) if self._uncut_bytes > CUT_BYTES else self._uncut

    async def cut(self, tick_ns: int, seeds: Sequence[bytes]) -> Sequence[Cut]:
        def work(resolve: Callable[[Sequence[Cut]], None]) -> Callable[[], None]:
            made, leaves, size = self._writer.cut(tick_ns, seeds)

            def on_loop() -> None:
                self._pending = made
                self._uncut -= leaves
                self._uncut_bytes -= size
                resolve(made)

            return on_loop

        self._check()
        return await self._order(work)

    async def committed(self, cut: Cut) -> Sequence[Committed]:
        self._check()
        return await self._loop.run_in_executor(self._reader, read_committed, self._writer.path, cut)

    async def sealed(self, keys: Container[bytes]) -> Sequence[SealedTrace]:
        self._check()
        return await self._loop.run_in_executor(self._reader, read_sealed, self._writer.path, keys)

    async def clear(self, cuts: Sequence[Cut]) -> None:
        self._check()
        await self._queue(lambda future: Beside(partial(self._clear, cuts, future)))

    @property
    def pending(self) -> Sequence[Cut]:
        return self._pending

    async def erase(self, going: Going) -> None:
        def work(resolve: Callable[[None], None]) -> Callable[[], None]:
            return self._loaded(self._writer.erase(going), resolve)

        self._check()
        await self._order(work)

    @property
    def figures(self) -> ConductFigures:
        watch, counted = self._watch, self._standing.totals
        return ConductFigures(self._queued, self._uncut, watch.oldest_ns, watch.durations.spread, counted)

    @property
    def unmoved_from_ns(self) -> int | None:
        return self._standing.unmoved_from_ns

    async def expire(self, expiry: Expiry, traces: Sequence[Traced], counts: Mapping[ThingId, int]) -> None:
        def work(resolve: Callable[[None], None]) -> Callable[[], None]:
            return self._loaded(self._writer.expire(expiry, traces, counts), resolve)

        self._check()
        await self._order(work)

    async def close(self) -> None:
        def work(resolve: Callable[[None], None]) -> Callable[[], None]:
            self._writer.close()
            return lambda: resolve(None)

        if self._failure is None and not self._closed:
            self._closed = True
            await self._order(work)
            self._thread.join()
        self._reader.shutdown(wait=False)

    # --- between the loop and the writer -----------------------------------------------------------------------------

    def _check(self) -> None:
        if self._failure is not None:
            raise StorageFailed("storage has failed before; Troth must be started again") from self._failure
        if self._closed:
            raise StorageFailed("the store is closed")

    def _load(self, resolve: Callable[[None], None]) -> Callable[[], None]:
        return self._loaded(self._writer.load(), resolve)

    def _loaded(self, standing: Standing, resolve: Callable[[None], None]) -> Callable[[], None]:
        """What the file holds is what memory holds from now on. On the writer's thread; the rest is done on the loop."""
        said, pending, (uncut, size) = self._writer.said, self._writer.pending, self._writer.uncut
        ages = self._writer.ages

        def on_loop() -> None:
            self._standing, self._said, self._pending = standing, said, pending
            self._uncut, self._uncut_bytes = uncut, size
            self._watch.loaded(ages)
            resolve(None)

        return on_loop

    def _clear(self, cuts: Sequence[Cut], future: Future) -> Steps:
        """On the writer's thread, a step between one commit and the next; what it returns is done on the loop."""
        try:
            left = yield from self._writer.clear(cuts)
        except RuntimeError as misuse:
            return landing.once(partial(_reject, future, misuse))
        return self._cleared(cuts, left, self._writer.pending, future)

    def _cleared(
        self, cuts: Sequence[Cut], left: Mapping[StreamId, Left], pending: Sequence[Cut], future: Future
    ) -> Iterator[None]:
        yield from self._standing.clear(cuts[-1].last, left)
        self._pending = pending
        self._watch.cleared(cuts[-1].last)
        if self._told is not None:
            self._call(self._told, ())
        if not future.done():
            future.set_result(None)

    async def _order(self, work: Callable[[Callable[[T], None]], Callable[[], None]]) -> T:
        """Let the writer do something between two commits. What it changes here is done even if nobody waits any more."""

        def make(future: asyncio.Future[T]) -> Order:
            def resolve(value: T) -> None:
                if not future.done():
                    future.set_result(value)

            def run() -> Callable[[], None]:
                try:
                    return work(resolve)
                except RuntimeError as misuse:
                    return partial(_reject, future, misuse)

            return Order(run)

        return await self._queue(make)

    async def _queue(self, make: Callable[[asyncio.Future[T]], Work]) -> T:
        future: asyncio.Future[T] = self._loop.create_future()
        reject = partial(_reject, future)
        self._waiting.add(reject)
        self._inbox.put(make(future))
        try:
            return await future
        finally:
            self._waiting.discard(reject)

    def _landed(self, landed: Landed) -> Iterator[None]:
        """On the loop, after each commit; one with much in it takes several steps."""
        lasting = landed.lasting
        self._queued -= landed.weight
        if lasting.n:
            self._watch.landed(lasting.n, lasting.at_ns, took_ns=landed.took_ns)
            self._said = max(self._said, lasting.said)
            self._uncut += lasting.leaves
            self._uncut_bytes += lasting.size
        yield from landing.in_parts(lasting.runs, landing.single_weight, self._standing.know)
        yield from landing.in_parts(lasting.counts, landing.single_weight, self._standing.count)
        yield from landing.in_parts(lasting.pieces, landing.piece_weight, partial(self._shown, lasting.n))
        yield from landing.in_parts(landed.answers, landing.answer_weight, self._answered)
        yield from landing.in_parts(landed.refused, landing.refused_weight, self._counted)
        yield from landing.in_parts(landed.futures, landing.single_weight, landing.settle)

    def _shown(self, n: int, pieces: Sequence[Piece]) -> None:
        self._standing.add(n, pieces)
        self._call(self._tell, pieces)

    def _tell(self, pieces: Sequence[Piece]) -> None:
        if self._told is not None:
            self._told(told(pieces, self._wanted))

    def _answered(self, answers: Sequence[landing.Answer]) -> None:
        for done, outcomes in answers:
            self._call(done, outcomes)

    def _counted(self, refused: Sequence[Refused]) -> None:
        for each in refused:
            self._call(each.done)

    def _call(self, callback: Callable[..., None], *values: object) -> None:
        # One broken callback must not keep back the acknowledgements behind it; the loop's handler reports it.
        try:
            callback(*values)
        except Exception as error:  # noqa: BLE001 - handed on whatever it is
            self._loop.call_exception_handler({"message": "a callback of the conduct store failed", "exception": error})

    def _fail(self, cause: Exception) -> None:
        """On the loop, once: the file has failed, or the writer met something it was not made for."""
        self._failure = cause
        for reject in self._waiting:
            reject(cause if isinstance(cause, TrothError) else StorageFailed("the writer of conduct has stopped"))
        if self._on_failure is not None:
            self._on_failure(cause)

    # --- the writer's thread -----------------------------------------------------------------------------------------

    def _post(self, work: Iterator[None]) -> None:
        # Where the loop is gone nobody waits for an acknowledgement any more.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._landing.take, work)


def _reject(future: asyncio.Future[T], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
