"""Reading while things move: no row is missed, an answer that ends by the clock ends for listeners, windows are all closed."""

import asyncio
import random
from collections.abc import Coroutine, Sequence

import msgspec
import pytest

from tests.made_town import (
    HOURLY,
    MAKER,
    OWNED,
    RAW,
    RESEARCHED,
    SUPPLIER,
    UNIVERSITY,
    Town,
    collects,
    ns,
    purpose,
    reads,
    view,
)
from tests.made_town import RESEARCH as WHY
from troth.errors import Busy, Denied, ReadTooLong, StorageFailed, TrothError
from troth.gate.leases import Lease
from troth.gate.question import Asker, Verdict
from troth.journeys.access import Access
from troth.journeys.outlet import Outlet
from troth.journeys.rows import Rows
from troth.journeys.sealing import Sealing
from troth.names import StreamId, ThingId
from troth.state.directory import Directory
from troth.statements.choice import Decision
from troth.testing.memory_accounts import MemoryAccounts
from troth.testing.memory_conduct import MemoryConduct
from troth.testing.memory_ledgers import MemoryLedgers
from troth.testing.memory_observations import MemoryObservations
from troth.things.observations import Kept, Outcome, ResultType, Shelf
from troth.things.query import ObservationQuery
from troth.things.stamps import Released
from troth.things.stores import Committed, NotedTrace, Segment
from troth.things.windows import Shown, shown
from troth.tlog.trace import WindowClosed, WindowOpened, decode

SHELF = Shelf(bytes(16), 30)
OPEN = purpose(WHY, view(RAW, "nobody"), to=(UNIVERSITY,))
ASKER = Asker(UNIVERSITY, "app", WHY)


class Hands:
    """A clock that is set by hand."""

    def __init__(self, minute: float) -> None:
        self.minute = minute

    def now(self) -> int:
        return ns(self.minute)

    def ticks(self) -> int:
        return ns(self.minute)


class MovedMeanwhile(MemoryObservations):
    """A store that is asked just before everything unmoved is moved into it, and answers just after."""

    conduct: MemoryConduct

    async def rows(self, released: Released) -> Sequence[Kept]:
        found = await super().rows(released)
        (cut,) = await self.conduct.cut(1, [bytes(32)])
        commits = [
            Committed(
                each.number, [(shelf, msgspec.structs.replace(row, segment=cut.number)) for shelf, row in each.rows], ()
            )
            for each in await self.conduct.committed(cut)
        ]
        await self.move([Segment(cut, b"", 256, bytes(32), b"")], commits)
        await self.conduct.clear([cut])
        return found


class SlowDisk(MemoryObservations):
    """Each page takes so many minutes."""

    hands: Hands
    minutes = 0.0
    pages = 0

    async def rows(self, released: Released) -> Sequence[Kept]:
        self.pages += 1
        self.hands.minute += self.minutes
        return await super().rows(released)


def town(*purposes: object) -> tuple[Town, StreamId]:
    made = Town()
    made.organisations(MAKER, SUPPLIER, UNIVERSITY)
    made.product(concerns_nobody=True)
    made.disclose(*purposes)  # type: ignore[arg-type]  # purposes
    return made, made.install(None)


async def kept(conduct: MemoryConduct, lease: Lease, values: Sequence[float]) -> None:
    """Keep these values, one a minute from minute 1 on."""
    done: asyncio.Future[Sequence[Outcome]] = asyncio.get_running_loop().create_future()
    times = [ns(1 + at) for at in range(len(values))]
    conduct.append(
        lease.admit(
            ThingId(bytes(16)),
            SHELF,
            type_=ResultType.NUMBER,
            gate_ns=ns(10),
            times=times,
            ends=times,
            results=values,
            keys=[b""] * len(values),
            done=done.set_result,
        )
    )
    await done


def test_rows_that_are_moved_while_they_are_read_are_not_missed() -> None:
    async def run() -> None:
        made, stream = town(OPEN)
        clock, entropy = Hands(10), random.Random(1).randbytes
        store = MovedMeanwhile(clock)
        conduct = MemoryConduct(clock, entropy=entropy, taken=store.taken, on_failure=_raise)
        store.conduct = conduct
        await kept(conduct, made.lease(collects(stream, 10)), [1.0, 2.0, 3.0])
        rows = Rows(conduct, store, clock=clock)
        lease = made.lease(reads(stream, 10))
        for _ in range(2):
            found, more = await rows.page(lease, SHELF, ObservationQuery(), number=1)
            assert ([1.0, 2.0, 3.0], False) == ([row.result for row in found], more)

    asyncio.run(run())


def test_under_an_ended_lease_a_page_is_empty() -> None:
    async def run() -> None:
        made, stream = town(OPEN)
        clock, entropy = Hands(10), random.Random(1).randbytes
        store = MemoryObservations(clock)
        conduct = MemoryConduct(clock, entropy=entropy, taken=store.taken, on_failure=_raise)
        await kept(conduct, made.lease(collects(stream, 10)), [1.0])
        lease = made.lease(reads(stream, 10))
        made.leases.forget(lease)
        assert ([], False) == await Rows(conduct, store, clock=clock).page(lease, SHELF, ObservationQuery(), number=1)

    asyncio.run(run())


def test_windows_opened_at_the_same_time_are_all_closed_with_their_rows() -> None:
    async def run() -> None:
        made, stream = town(OPEN)
        clock, entropy = Hands(10), random.Random(1).randbytes
        store = MemoryObservations(clock)
        conduct = MemoryConduct(clock, entropy=entropy, taken=store.taken, on_failure=_raise)
        sealing = Sealing(MemoryLedgers(), Directory(), clock=clock, entropy=entropy)
        access = Access(conduct, clock, sealing=sealing, reads=MemoryAccounts().reads, entropy=entropy)
        lease = made.lease(reads(stream, 10))
        await asyncio.gather(access.open(lease), access.open(lease), access.open(lease))
        assert access.is_open(lease)
        access.left(lease, 5)
        ended = made.lease(reads(stream, 10))
        opening = asyncio.ensure_future(access.open(ended))
        await asyncio.wait({opening}, timeout=0)
        made.leases.forget(ended)
        await opening
        await access.close_all()
        (cut,) = await conduct.cut(1, [bytes(32)])
        noted = [each for commit in await conduct.committed(cut) for each in commit.traces]
        traces = [decode(each.trace) for each in noted if isinstance(each, NotedTrace)]
        opened = {each.window for each in traces if isinstance(each, WindowOpened)}
        closed = {each.window: each.rows for each in traces if isinstance(each, WindowClosed)}
        assert opened == set(closed)
        assert 5 == sum(closed.values())

    asyncio.run(run())


class Heard:
    """A listener that writes down what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def last(self, row: Shown) -> None:
        self.told.append(f"last {row.result!r}")

    def give(self, rows: Sequence[Shown]) -> None:
        self.told += [f"give {row.result!r}" for row in rows]

    def drop(self) -> None:
        self.told.append("drop")

    def end(self, code: str, words: str, *, hint: str | None = None) -> None:
        assert words
        assert hint is None or hint.startswith("You can ")
        self.told.append(f"end {code}")


class TownSource:
    """What an outlet needs, answered by a town."""

    def __init__(self, made: Town, stream: StreamId, clock: Hands) -> None:
        self._made = made
        self._stream = stream
        self._clock = clock
        self.tasks: list[asyncio.Task[None]] = []
        self.closed: list[Outlet] = []
        self.broken = False
        self.busy: TrothError | None = None
        self.dropped = 0

    def granted(self, number: int, asker: Asker) -> Lease:
        lease = self._made.lease(msgspec.structs.replace(reads(self._stream, self._clock.minute), asker=asker))
        if lease.answer.verdict is Verdict.DENY:
            raise Denied("No.", reason_code=str(lease.answer.reasons[0].code))
        return lease

    async def window(self, lease: Lease) -> None:
        await asyncio.wait({asyncio.ensure_future(_nothing())})

    def window_open(self, lease: Lease, *, rows: int) -> bool:
        return True

    async def shown(self, number: int, query: ObservationQuery, *, asker: Asker) -> tuple[Shown, ...]:
        if self.broken:
            raise StorageFailed("storage failed")
        if self.busy is not None:
            raise self.busy
        return (Shown(1, ns(1), ns(1), 1.0, 1, 1),)

    async def waits(self, number: int, query: ObservationQuery, *, asker: Asker) -> bool:
        return bool(await self.shown(number, query, asker=asker))

    def lost(self) -> None:
        self.dropped += 1

    def marked(self, _lease: Lease, rows: Sequence[Kept], /) -> tuple[Shown, ...]:
        return tuple(map(shown, rows))

    def now(self) -> int:
        return self._clock.now()

    def spawn(self, work: Coroutine[None, None, None]) -> None:
        self.tasks.append(asyncio.get_running_loop().create_task(work))

    def close(self, outlet: Outlet) -> None:
        self.closed.append(outlet)

    async def settled(self) -> None:
        while self.tasks:
            await self.tasks.pop()


def chosen_town() -> tuple[Town, StreamId]:
    """Ana has said yes from minute 5 to minute 20."""
    made = Town()
    made.organisations(MAKER, SUPPLIER, UNIVERSITY)
    made.product()
    made.disclose(OWNED, RESEARCHED)
    home = made.household("home")
    ana = made.person("Ana", home)
    stream = made.install(home)
    made.choose(ana, Decision.GIVE, stream, 5, to=20)
    return made, stream


def row(minute: float, value: float) -> Kept:
    return Kept(StreamId(bytes(16)), 2, 2, ns(minute), ns(minute), ns(minute), b"", 1, value, b"")  # type: ignore[arg-type]  # no basis


def test_an_answer_that_ends_by_the_clock_ends_the_listening_with_its_reason() -> None:
    async def run() -> None:
        made, stream = chosen_town()
        clock, heard = Hands(10), Heard()
        source = TownSource(made, stream, clock)
        outlet = Outlet(source, 1, ASKER, lease=source.granted(1, ASKER), listener=heard)
        await outlet.begin()
        outlet.tell([row(11, 2.0)])
        assert ["last 1.0", "give 2.0"] == heard.told
        clock.minute = 21
        outlet.tell([row(21, 3.0)])
        outlet.tell([row(21.5, 4.0)])
        await source.settled()
        assert ["last 1.0", "give 2.0", "drop", "end expired"] == heard.told
        assert [outlet] == source.closed

    asyncio.run(run())


def test_an_answer_that_ends_while_the_last_value_is_fetched_gives_nothing() -> None:
    async def run() -> None:
        made, stream = chosen_town()
        clock, heard = Hands(10), Heard()
        source = TownSource(made, stream, clock)
        outlet = Outlet(source, 1, ASKER, lease=source.granted(1, ASKER), listener=heard)
        clock.minute = 21
        await outlet.begin()
        await source.settled()
        assert ["drop", "end expired"] == heard.told

    asyncio.run(run())


def test_a_store_that_fails_ends_the_listening_once() -> None:
    async def run() -> None:
        made, stream = chosen_town()
        heard = Heard()
        source = TownSource(made, stream, Hands(10))
        source.broken = True
        outlet = Outlet(source, 1, ASKER, lease=source.granted(1, ASKER), listener=heard)
        await outlet.begin()
        assert ["end storage-failed"] == heard.told
        assert [outlet] == source.closed

    asyncio.run(run())


@pytest.mark.parametrize("busy", [Busy("many", retry_after_s=1), ReadTooLong("too long")])
def test_hours_that_could_not_be_read_now_are_given_with_what_comes_next(busy: TrothError) -> None:
    async def run() -> None:
        made, stream = town(purpose(WHY, view(HOURLY, "nobody"), to=(UNIVERSITY,)))
        clock, heard = Hands(300), Heard()
        source = TownSource(made, stream, clock)
        outlet = Outlet(source, 1, ASKER, lease=source.granted(1, ASKER), listener=heard)
        await outlet.begin()
        source.busy = busy
        outlet.tell([row(200, 2.0)])
        await source.settled()
        assert ["last 1.0"] == heard.told
        source.busy = None
        outlet.tell([row(201, 2.0)])
        await source.settled()
        assert ["last 1.0", "give 1.0"] == heard.told

    asyncio.run(run())


async def _nothing() -> None:
    return None


def _raise(error: Exception) -> None:
    raise error


def test_a_question_that_takes_too_long_is_ended_and_said_so() -> None:
    async def run() -> None:
        made, stream = town(OPEN)
        clock = Hands(10)
        observations = SlowDisk(clock)
        observations.hands = clock
        conduct = MemoryConduct(clock, entropy=random.Random(1).randbytes, taken=observations.taken, on_failure=_raise)
        rows = Rows(conduct, observations, clock=clock)
        lease = made.lease(reads(stream, 10))
        query = ObservationQuery(top=10)
        assert ([], False) == await rows.page(lease, SHELF, query, number=1)
        observations.minutes = 1.0
        assert ([], False) == await rows.page(lease, SHELF, query, number=1), "what is there already is given"
        with pytest.raises(ReadTooLong):
            await rows.page(lease, SHELF, query, number=1, until=clock.ticks() - 1)
        assert 2 == observations.pages, "nothing more is read for it"

    asyncio.run(run())
