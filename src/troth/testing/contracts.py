"""What the contract suites of the stores share: a clock that is set, stamps of real leases, and what a suite needs of a store.

A suite is a tuple of cases; a case is an async function of one *bench*, which opens a store, crashes it and arms faults. Any
test runner can call `run(case, bench)` for each case and each implementation; a case that returns is passed.

Rules
- Cases see a store only through its port. What they know of crashes and faults they know through the bench.
- Cases wait for what the store acknowledges; only in the middle of an armed slow write do they let time pass.

Left out: how a bench makes its store fail, which depends on the technology.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeAlias, TypeVar

from troth.clock import NS_PER_S
from troth.gate.leases import Lease, admit_many
from troth.gate.question import OWN_PURPOSE, Action, Answer, Asker, Question, Term, Verdict
from troth.names import StatementId, StreamId, ThingId, Uri
from troth.testing.faults import StoreFault
from troth.things.intervals import ALWAYS, FOREVER, Interval
from troth.things.observations import Kept, Outcome, Result, ResultType, Shelf
from troth.things.query import ObservationQuery
from troth.things.stamps import Admission, Admitted, AdmittedMany, Released
from troth.tlog.trace import basis_id

__all__ = ["NOON_NS", "Bench", "Said", "Speaker", "StillClock", "fails", "name_of", "run", "stamp_many"]

E = TypeVar("E", bound=Exception)

NOON_NS = 1_790_000_000 * NS_PER_S  # an hour in 2026
DAYS = 100_000  # longer than anything here is old


class StillClock:
    """A clock that stands until it is set."""

    def __init__(self, now_ns: int = NOON_NS) -> None:
        self.now_ns = now_ns

    def now(self) -> int:
        """UTC, ns."""
        return self.now_ns

    def ticks(self) -> int:
        """Monotonic, ns."""
        return self.now_ns


class Bench(Protocol):
    """What every suite needs beside a way to open its store."""

    def arm(self, fault: StoreFault) -> None:
        """The next write of the store that is open meets this fault."""
        ...

    async def crash(self) -> None:
        """The node dies here: what is not durable is gone, and the store that was open is used no more."""
        ...

    async def end(self) -> None:
        """Close what is open and clear away. Called once, also after a case that failed."""
        ...


BenchT = TypeVar("BenchT", bound=Bench)


def run(case: Callable[[BenchT], Awaitable[None]], make: Callable[[], BenchT]) -> None:
    """Run one case on a loop of its own."""

    async def whole() -> None:
        bench = make()
        try:
            await asyncio.wait_for(case(bench), timeout=60)
        finally:
            await bench.end()

    asyncio.run(whole())


def name_of(case: object) -> str:
    """The sentence a case stands for."""
    return " ".join(getattr(case, "__name__", "case").split("_"))


async def fails(kind: type[E], work: Awaitable[object]) -> E:
    """Wait for work that must raise `kind`; returns what it raised."""
    try:
        await work
    except kind as error:
        return error
    raise AssertionError(f"{kind.__name__} was expected")


Said: TypeAlias = tuple[Admission, int, float, bytes]
"""A row of a stamp over many streams: whose, its time, result and key."""


def stamp_many(rows: Sequence[Said], *, gate_ns: int) -> tuple[AdmittedMany, asyncio.Future[Sequence[Outcome]]]:
    """Rows of many streams stamped, and the outcomes they will have."""
    outcomes: asyncio.Future[Sequence[Outcome]] = asyncio.get_running_loop().create_future()
    admitted = admit_many(
        [row[0] for row in rows],
        gate_ns=gate_ns,
        times=[row[1] for row in rows],
        results=[row[2] for row in rows],
        keys=[row[3] for row in rows],
        done=outcomes.set_result,
    )
    if admitted is None:
        raise RuntimeError("a lease of these has ended")
    return admitted, outcomes


class Speaker:
    """One thing with one stream, which speaks under a lease of the gate's own making and reads back under another.

    Args:
        clock: of the store.
        name: makes its ids; the same name is the same thing.
        type_: of its stream's results.
    """

    def __init__(self, clock: StillClock, name: str = "meter", *, type_: ResultType = ResultType.NUMBER) -> None:
        source = random.Random(name)  # noqa: S311 - names for a test, which must come out the same each time
        self.clock = clock
        self.type = type_
        self.thing = ThingId(source.randbytes(16))
        self.stream = StreamId(source.randbytes(16))
        self.shelf = Shelf(source.randbytes(16), 30)
        self.rests_on = tuple(sorted(StatementId(source.randbytes(32)) for _ in range(3)))
        self.lease = self.leased()

    def leased(self, *, covered: tuple[Interval, ...] = ALWAYS, until_ns: int = FOREVER) -> Lease:
        """A live lease on the stream."""
        asker = Asker(Uri("https://example.org/answers"), "things", OWN_PURPOSE)
        question = Question(Action.COLLECT, self.stream, asker, self.clock.now())
        terms = (Term(DAYS, covered),)
        answer = Answer(Verdict.ALLOW, (), covered=covered, until_ns=until_ns, rests_on=self.rests_on, terms=terms)
        return Lease(question, answer, basis=basis_id(self.rests_on), scopes=())

    def stamp(
        self,
        rows: Sequence[tuple[int, Result]],
        *,
        keys: Sequence[bytes] = (),
        ends: Sequence[int] = (),
        lease: Lease | None = None,
    ) -> tuple[Admitted, asyncio.Future[Sequence[Outcome]]]:
        """Rows (time, result) stamped, and the outcomes they will have."""
        outcomes: asyncio.Future[Sequence[Outcome]] = asyncio.get_running_loop().create_future()
        times = [time_ns for time_ns, _ in rows]
        admitted = (lease or self.lease).admit(
            self.thing,
            self.shelf,
            type_=self.type,
            gate_ns=self.clock.now(),
            times=times,
            ends=list(ends) or times,
            results=[result for _, result in rows],
            keys=list(keys) or [b""] * len(times),
            done=outcomes.set_result,
        )
        return admitted, outcomes

    def adds(
        self, rows: Sequence[tuple[int, float]], *, keys: Sequence[bytes] = (), lease: Lease | None = None
    ) -> list[Said]:
        """Rows (time, result) for a stamp over many streams."""
        admission = (lease or self.lease).admission(self.thing, self.shelf, type_=self.type)
        return [
            (admission, time_ns, result, key)
            for (time_ns, result), key in zip(rows, keys or [b""] * len(rows), strict=True)
        ]

    def asks(self, query: ObservationQuery | None = None, *, lease: Lease | None = None) -> Released:
        """Everything of the stream, or what a query and a lease leave of it."""
        return (lease or self.lease).release(self.shelf, query or ObservationQuery(), at_ns=self.clock.now())

    def said(self, rows: Sequence[Kept]) -> list[tuple[int, Result]]:
        """Rows as (time, result), in the order given."""
        return [(row.from_ns, row.result) for row in rows]
