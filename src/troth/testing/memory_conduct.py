"""The conduct store in memory, with faults and crashes: the plain meaning of the port, on any loop, without threads.

Rules
- A commit begins `commit_s` after the first thing that waits, takes `write_s` and what `faults` adds, and ends in one step:
  durable, listener, acknowledgements. Leases are looked at when it begins.
- Cuts and clears stand between commits, in the order in which they were asked for.
- `crash` gives the store that the next start would find; the old one acknowledges nothing any more.

Source: things/stores (the port).
"""

import asyncio
from collections.abc import Callable, Collection, Container, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, NamedTuple, Protocol, Self, TypeAlias, TypeVar

from troth.clock import Clock
from troth.errors import Busy, StorageFailed
from troth.names import BasisId, StreamId, ThingId
from troth.testing.faults import Faults, StoreFault
from troth.testing.memory_conduct_state import Commit, ConductState, Entropy, said
from troth.things.figures import ConductFigures
from troth.things.intervals import covers
from troth.things.ledgers import SealedTrace
from troth.things.observations import Kept, Outcome, Refusal, Shelf
from troth.things.retention import Expiry
from troth.things.stamps import Admission, Admitted, AdmittedMany, Released
from troth.things.stores import Committed, Cut, Going, NotedTrace, Tally, Told, Traced
from troth.tlog import trace as tlog_trace

__all__ = ["MemoryConduct"]

T = TypeVar("T")
COMMIT_ROWS: Final = 20_000  # rows and traces of one commit, which must fit into one segment


class LooksUp(Protocol):
    """`ObservationStore.taken`."""

    def __call__(self, stream: StreamId, shelf: Shelf, *, time_ns: int) -> Kept | None:
        """The moved row of that stream and time."""
        ...


@dataclass(frozen=True, slots=True)
class _Refused:
    thing: ThingId
    reason: Refusal
    count: int
    done: Callable[[], None]


class _Noted(NamedTuple):
    traces: Sequence[Traced]
    future: asyncio.Future[None]


class _Marked(NamedTuple):
    future: asyncio.Future[None]


class _Order(NamedTuple):
    change: Callable[[], Callable[[], None]]
    """Makes a change durable and returns what is to be called then."""


_Stamp: TypeAlias = Admitted | AdmittedMany
_Work: TypeAlias = _Stamp | _Refused | _Noted | _Marked | _Order


class MemoryConduct:
    """`ConductStore` on the running loop.

    Args:
        clock: for the end of leases and the age of keys.
        entropy: n random bytes.
        taken: the observation store's.
        on_failure: called once when the store has failed.
        commit_s: how long rows wait for others.
        write_s: how long a write takes.
        queue_rows: rows that may wait for their commit.
        unmoved_rows: rows that may wait for their segment.
        durable: what an earlier one left (`crash` gives it).
    """

    def __init__(  # noqa: PLR0913 - everything a test may want to be different, named
        self,
        clock: Clock,
        *,
        entropy: Entropy,
        taken: LooksUp,
        on_failure: Callable[[Exception], None],
        commit_s: float = 0.002,
        write_s: float = 0.0005,
        queue_rows: int = 200_000,
        unmoved_rows: int = 2_000_000,
        durable: ConductState | None = None,
    ) -> None:
        self.faults = Faults()
        self._clock = clock
        self._entropy = entropy
        self._taken = taken
        self._on_failure = on_failure
        self._commit_s = commit_s
        self._write_s = write_s
        self._queue_rows = queue_rows
        self._unmoved_rows = unmoved_rows
        self._state = durable or ConductState()
        self._items: list[_Work] = []
        self._stopped: str | None = None
        self._queued = 0
        self._busy = False
        self._dead = False
        self._bases: set[BasisId] = set()
        self._told: Callable[[Sequence[Told]], None] | None = None
        self._wanted: Collection[StreamId] | None = None
        self._rejects: set[Callable[[Exception], None]] = set()

    def crash(self, *, taken: LooksUp | None = None) -> Self:
        """The store that the next start finds; this one does nothing any more. `taken`: that of the next start."""
        self._dead = True
        for reject in tuple(self._rejects):
            reject(StorageFailed("the node has crashed"))
        return type(self)(
            self._clock,
            entropy=self._entropy,
            taken=taken or self._taken,
            on_failure=self._on_failure,
            commit_s=self._commit_s,
            write_s=self._write_s,
            queue_rows=self._queue_rows,
            unmoved_rows=self._unmoved_rows,
            durable=self._state,
        )

    def append(self, admitted: _Stamp) -> None:
        self._check()
        rows = len(admitted.times)
        if self._stopped is not None:
            raise Busy(self._stopped, retry_after_s=0.5)
        if self._queued and self._queued + rows > self._queue_rows:
            raise Busy("more observations arrive than can be kept", retry_after_s=0.5)
        if self._state.uncut() + self._queued + rows > self._unmoved_rows:
            raise Busy("more observations are kept than segments can be made of", retry_after_s=0.5)
        self._queued += rows
        self._put(admitted)

    def stop_taking(self, why: str) -> None:
        self._stopped = why

    def take_again(self) -> None:
        self._stopped = None
        if self._told is not None:
            self._told(())

    def refuse(self, thing: ThingId, reason: Refusal, *, count: int, done: Callable[[], None]) -> None:
        self._check()
        self._put(_Refused(thing, reason, count, done))

    async def note(self, traces: Sequence[Traced]) -> None:
        self._check()
        for each in traces:
            if isinstance(each, NotedTrace) and each.kind == tlog_trace.SaidTrace.kind:
                tlog_trace.decode(each.trace)
        if traces:
            await self._wait(lambda future: _Noted(tuple(traces), future))

    async def settle(self) -> None:
        self._check()
        await self._wait(_Marked)

    def listen(self, told: Callable[[Sequence[Told]], None], *, wanted: Collection[StreamId] | None = None) -> None:
        self._told, self._wanted = told, wanted

    def latest(self, released: Released) -> Kept | None:
        if not self._holds(released):
            return None
        return self._state.latest(released, inside=lambda row: covers(released.extent, row.from_ns))

    def tail(self, released: Released) -> Sequence[Kept]:
        if not self._holds(released):
            return []
        return [
            row
            for row in self._state.unmoved(released.stream)
            if covers(released.extent, row.from_ns) and covers(released.query.times, row.from_ns)
        ]

    def tally(self, thing: ThingId) -> Tally:
        return self._state.tally(thing)

    def find(self, id_: int) -> tuple[StreamId, int] | None:
        return self._state.find(id_)

    @property
    def uncut(self) -> int:
        return self._state.uncut()

    async def cut(self, tick_ns: int, seeds: Sequence[bytes]) -> Sequence[Cut]:
        return await self._change(lambda: self._state.cut(tick_ns, seeds))

    async def committed(self, cut: Cut) -> Sequence[Committed]:
        self._check()
        await asyncio.sleep(0)
        return self._state.committed(cut)

    async def sealed(self, keys: Container[bytes]) -> Sequence[SealedTrace]:
        self._check()
        return self._state.sealed(keys)

    async def clear(self, cuts: Sequence[Cut]) -> None:
        await self._change(lambda: self._state.clear(tuple(cuts)))
        if self._told is not None:
            self._told(())

    @property
    def pending(self) -> Sequence[Cut]:
        return self._state.pending

    async def erase(self, going: Going) -> None:
        await self._change(lambda: self._state.erase(going))

    @property
    def figures(self) -> ConductFigures:
        return ConductFigures(self._queued, self._state.uncut(), counted=self._state.totals())

    @property
    def unmoved_from_ns(self) -> int | None:
        return min((row.from_ns for row in self._state.times.values()), default=None)

    async def expire(self, expiry: Expiry, traces: Sequence[Traced], counts: Mapping[ThingId, int]) -> None:
        await self._change(lambda: self._state.expire(expiry, traces, counts))

    @property
    def said_position(self) -> int:
        return self._state.said

    async def close(self) -> None:
        if not self._dead:
            await self._wait(_Marked)
            self._dead = True

    # --- the queue ---------------------------------------------------------------------------------------------------

    def _check(self) -> None:
        if self._dead:
            raise StorageFailed("storage has failed before; Troth must be started again")

    def _holds(self, released: Released) -> bool:
        return released.hold.live and self._clock.now() < released.hold.until_ns

    async def _wait(self, make: Callable[[asyncio.Future[T]], _Work]) -> T:
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        reject = partial(_reject, future)
        self._rejects.add(reject)
        self._put(make(future))
        try:
            return await future
        finally:
            self._rejects.discard(reject)

    async def _change(self, change: Callable[[], T]) -> T:
        self._check()

        def make(future: asyncio.Future[T]) -> _Order:
            def run() -> Callable[[], None]:
                try:
                    value = change()
                except RuntimeError as misuse:
                    return partial(_reject, future, misuse)
                return partial(_resolve, future, value)

            return _Order(run)

        return await self._wait(make)

    def _put(self, item: _Work) -> None:
        self._items.append(item)
        if not self._busy:
            self._busy = True
            asyncio.get_running_loop().call_later(self._commit_s, self._begin)

    def _begin(self) -> None:
        """A commit begins: look at the leases, then let the write take its time."""
        taken = [self._items.pop(0)]
        full = _weight(taken[0])
        while self._items and not isinstance(taken[0], _Order) and not isinstance(self._items[0], _Order):
            full += _weight(self._items[0])
            if full > COMMIT_ROWS:
                break
            taken.append(self._items.pop(0))
        now = self._clock.now()
        held = [[each.holds(now) for each in said(item)] if isinstance(item, _Stamp) else [] for item in taken]
        fault = self.faults.take()
        takes_s = self._write_s + self.faults.takes_s(fault)
        asyncio.get_running_loop().call_later(takes_s, self._end, taken, held, fault)

    def _end(self, taken: list[_Work], held: list[list[bool]], fault: StoreFault) -> None:
        """It ends: durable, then everybody is told."""
        if self._dead:
            return
        if fault is StoreFault.FAILS:
            self._fail()
            return
        calls = self._apply(taken, held)
        if fault is StoreFault.TWICE:
            again = [
                (item, holds) for item, holds in zip(taken, held, strict=True) if isinstance(item, _Stamp | _Order)
            ]
            self._apply([item for item, _ in again], [holds for _, holds in again])
        self._queued -= sum(len(item.times) for item in taken if isinstance(item, _Stamp))
        if fault is StoreFault.FAILS_BUT_PERSISTED:
            self._fail()
            return
        for call in calls:
            try:
                call()
            except Exception as error:  # noqa: BLE001 - one broken callback must not keep back the ones behind it
                context = {"message": "a callback of the conduct store failed", "exception": error}
                asyncio.get_running_loop().call_exception_handler(context)
        self._busy = False
        if self._items:
            self._busy = True
            asyncio.get_running_loop().call_later(self._commit_s, self._begin)

    def _fail(self) -> None:
        self._dead = True
        error = StorageFailed("reading or writing storage failed")
        for reject in tuple(self._rejects):
            reject(error)
        self._on_failure(error)

    def _apply(self, taken: list[_Work], held: list[list[bool]]) -> list[Callable[[], None]]:
        """Make it durable; returns what is to be called then."""
        state, calls = self._state, list[Callable[[], None]]()
        commit = state.begin()
        for item, holds in zip(taken, held, strict=True):
            if isinstance(item, _Order):
                return [item.change()]
            if isinstance(item, _Stamp):
                calls.append(partial(item.done, self._keep(commit, item, holds)))
            elif isinstance(item, _Refused):
                state.count(commit, item.thing, item.reason, n=item.count)
                calls.append(item.done)
            else:
                state.note(commit, item.traces if isinstance(item, _Noted) else ())
                calls.append(partial(_resolve, item.future, None))
        state.end(commit)
        rows: dict[StreamId, list[Kept]] = {}
        for _, row in commit.rows:
            if self._wanted is None or row.stream in self._wanted:
                rows.setdefault(row.stream, []).append(row)
        if self._told is not None:
            calls.insert(0, partial(self._told, [Told(stream, of_stream) for stream, of_stream in rows.items()]))
        return calls

    def _keep(self, commit: Commit, item: _Stamp, held: Sequence[bool]) -> list[Outcome]:
        """Row by row; those whose lease held."""
        outcomes: list[Outcome] = []
        for each, holds in zip(said(item), held, strict=True):
            before = len(commit.rows)
            outcomes.append(
                self._state.keep(
                    commit,
                    each,
                    now_ns=self._clock.now(),
                    taken=lambda stream, shelf, time_ns: self._taken(stream, shelf, time_ns=time_ns),
                    entropy=self._entropy,
                )
                if holds
                else Refusal.LEASE_ENDED
            )
            if len(commit.rows) > before:
                self._base(each.about, commit.traces, gate_ns=item.gate_ns)
        return outcomes

    def _base(self, about: Admission | Admitted, traces: list[Traced], *, gate_ns: int) -> None:
        """The first row under a basis since the start brings the list it stands for."""
        if about.basis not in self._bases:
            self._bases.add(about.basis)
            basis = tlog_trace.Basis(gate_ns=gate_ns, ids=tuple(sorted(set(about.rests_on))))
            salt = self._entropy(tlog_trace.SALT_BYTES)
            traces.append(NotedTrace(basis.kind, tlog_trace.encode(basis), salt))


def _weight(item: _Work) -> int:
    if isinstance(item, _Stamp):
        return len(item.times)
    return len(item.traces) if isinstance(item, _Noted) else 0


def _resolve(future: asyncio.Future[T], value: T) -> None:
    if not future.done():
        future.set_result(value)


def _reject(future: asyncio.Future[T], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
