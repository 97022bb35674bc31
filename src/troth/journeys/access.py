"""Access windows: every reading by anybody but the one person concerned leaves a trace, one per lease and tick.

Rules
- The opening of a window is durable before the first row leaves; the count of rows is added when it closes.
- A trace that concerns n people is n leaves, one per person, each with its own salt, and sealed for that person before anything
  keeps it (`sealing`), with the statements that the lease rests on. What concerns nobody is written as it is, and the list of
  statements then is a trace of its own when a lease is first used.
- A person's own reading of what concerns only them leaves none; reading a shared stream is a trace for the others.
- After a crash an open window counts as read.
- On which days an organisation read a stream is kept, durably before the first row of a day leaves (`read_days`).
- Denials are counted per asker, stream, reason, people concerned and statements that the reason names; the counts are traces of
  the tick, and until then in memory: whom they concern reads them at once, and a crash loses them. What is sealed for a person
  has those statements beside it.

Source: record.md, "Statements and traces are two things"; mission.md, "What the law adds" 1.
"""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from enum import Enum, auto
from typing import Final, NamedTuple, TypeAlias

from troth.clock import Clock
from troth.gate.leases import Lease
from troth.gate.question import ANYONE, Asker
from troth.journeys.read_days import ReadDays, day_of
from troth.journeys.sealing import Sealing
from troth.names import BasisId, PersonId, StatementId, StreamId
from troth.state.leaving import Leaving
from troth.things.stores import ConductStore, NotedTrace, Traced
from troth.tlog.trace import BASIS_IDS_MAX, SALT_BYTES, Basis, Denials, OtherTrace, WindowClosed, WindowOpened, encode

__all__ = ["NOTED_AT_ONCE", "Access", "TurnedAwayNow", "Window", "WindowState", "others"]

NOTED_AT_ONCE: Final = 5_000  # traces given to the store in one piece: a quarter of a commit
_BASES_MAX: Final = 10_000  # lists known to be written; 16 bytes each
_DENIALS_MAX: Final = 10_000  # kinds of denial counted apart in one tick; what is beyond is not counted


_Whose: TypeAlias = tuple[Traced, PersonId | None]
"""A trace, and whom it is sealed for."""
_Denied: TypeAlias = tuple[Asker, StreamId, str, tuple[PersonId, ...], tuple[StatementId, ...]]
"""Who was denied which stream for which reason, whom that concerns, and the statements that the reason names."""


_Turned: TypeAlias = tuple[Denials, tuple[StatementId, ...]]
"""A denial as its trace will say it, and what its reason names."""


class TurnedAwayNow(NamedTuple):
    """Denials in no durable trace yet, the newest first: `new` since the last tick; `noting` while it makes them durable.

    `ticks`: how many there have been. After another one all of them may be durable.
    """

    new: tuple[_Turned, ...]
    noting: tuple[_Turned, ...]
    ticks: int


class WindowState(Enum):
    """Rows may leave only while OPEN."""

    OPENING = auto()
    OPEN = auto()
    CLOSED = auto()


class Window:
    """One access window. Owner: the event loop."""

    __slots__ = ("id", "lease", "people", "rows", "state")

    def __init__(self, lease: Lease, *, people: tuple[PersonId | None, ...], id_: bytes) -> None:
        self.id = id_
        self.lease = lease
        self.people = people
        self.rows = 0
        self.state = WindowState.OPENING


class Access:
    """Opens and closes windows."""

    def __init__(
        self,
        conduct: ConductStore,
        clock: Clock,
        *,
        sealing: Sealing,
        reads: ReadDays,
        entropy: Callable[[int], bytes],
    ) -> None:
        self._conduct = conduct
        self._clock = clock
        self._sealing = sealing
        self._reads = reads
        self._entropy = entropy
        self._windows: dict[Lease, Window] = {}
        self._by_id: dict[bytes, Window] = {}  # the same, and the spare ones
        self._based: set[BasisId] = set()
        self._denied: Counter[_Denied] = Counter()
        self._noting: Counter[_Denied] = Counter()  # those of the tick before, until they are durable
        self.ticks = 0
        self._gone: set[bytes] = set()  # erased persons and streams, of which a window may be opening yet
        self._spare: list[Window] = []  # opened and never used: the lease ended, or another was opened at the same time

    async def open(self, lease: Lease) -> Window:
        """Return the lease's window of this tick, its opening durable.

        Raises:
            Refused: it concerns somebody who has no ledger; nothing may be read.
        """
        window = self._windows.get(lease)
        if window is not None and window.state is WindowState.OPEN:
            return window
        window = Window(lease, people=others(lease.question.asker, lease.answer.concerned), id_=self._entropy(16))
        if window.people:
            await self._note(self._openings(window))
        await self._keep_day(lease)
        window.state = WindowState.OPEN
        self._by_id[window.id] = window
        if lease.live and not self.is_open(lease):
            self._windows[lease] = window
        else:
            self._spare.append(window)
        return self._windows.get(lease, window)

    async def _keep_day(self, lease: Lease) -> None:
        """Once a day for each party, purpose and stream."""
        asker, stream = lease.question.asker, lease.question.stream
        if asker.person is not None or asker.party == ANYONE or stream in self._gone:
            return
        day, before = day_of(self._clock.now()), self._reads.known(asker.party, asker.purpose, stream)
        if before is None or before.last < day:
            await self._reads.read(asker.party, asker.purpose, stream, day=day)

    def is_open(self, lease: Lease) -> bool:
        """Whether rows may leave under this lease without waiting."""
        window = self._windows.get(lease)
        return window is not None and window.state is WindowState.OPEN

    def left(self, lease: Lease, rows: int) -> None:
        """Count rows that were handed over in the open window."""
        window = self._windows.get(lease)
        if window is not None:
            window.rows += rows

    def so_far(self, window: bytes) -> int | None:
        """How many rows have left in a window of this tick, by its id; None where it is not open (any more)."""
        found = self._by_id.get(window)
        return None if found is None else found.rows

    def denied(
        self,
        asker: Asker,
        stream: StreamId,
        code: str,
        *,
        concerned: tuple[PersonId, ...] = (),
        named: tuple[StatementId, ...] = (),
    ) -> None:
        """Count a denial; whether it was spoken or the stream did not exist for the asker makes no difference here.

        `concerned`: everybody the stream concerns now, the asker too where it is a person. `named`: what the reason names.
        """
        what = (asker, stream, code, concerned, named)
        if len(self._denied) < _DENIALS_MAX or what in self._denied:
            self._denied[what] += 1

    def turned_away(self, person: PersonId) -> TurnedAwayNow:
        """What was denied to others, concerns this person, and is in no durable trace yet."""
        new, noting = (tuple(self._of_person(person, denied)) for denied in (self._denied, self._noting))
        return TurnedAwayNow(new, noting, self.ticks)

    def _of_person(self, person: PersonId, denied: "Counter[_Denied]") -> Iterator[_Turned]:
        for (asker, stream, code, concerned, named), count in reversed(denied.items()):
            if person in concerned and person in others(asker, concerned):
                yield self._denials(asker, stream, code, count=count, person=person), named[:BASIS_IDS_MAX]

    def forget(self, gone: Leaving) -> None:
        """Somebody is erased: no window names them any more, and none is closed for a stream that went with them."""
        self._gone |= {gone.person, *gone.streams}
        for denied in (self._denied, self._noting):
            for what in tuple(denied):
                asker, stream, *_ = what
                if stream in self._gone or asker.person in self._gone:
                    del denied[what]

    async def close_all(self) -> None:
        """The tick: close every window with its count. What goes on opens a new one before the next row leaves."""
        windows = [*self._windows.values(), *self._spare]
        denied, self._denied = self._denied, Counter()
        self._windows, self._by_id, self._spare = {}, {}, []
        for window in windows:
            window.state = WindowState.CLOSED
        self._noting, self.ticks = denied.copy(), self.ticks + 1
        await self._note(self._closings(windows, denied))
        self._noting = Counter()

    async def _note(self, traces: AsyncIterator[_Whose]) -> None:
        """Make traces durable, however many there are; on return all of them are, but those of whoever is erased meanwhile."""
        waiting: list[_Whose] = []
        async for each in traces:
            waiting.append(each)
            if len(waiting) == NOTED_AT_ONCE:
                await self._hand_over(waiting)
                waiting = []
        await self._hand_over(waiting)

    async def _hand_over(self, waiting: Sequence[_Whose]) -> None:
        """Sealing waits for day keys, and somebody may be erased then: nothing of theirs comes after what was erased."""
        left = [trace for trace, person in waiting if person not in self._gone]
        if left:
            await self._conduct.note(left)

    async def _openings(self, window: Window) -> AsyncIterator[_Whose]:
        """The opening for each person; a list longer than a trace holds is not written, the window still names it."""
        lease = window.lease
        ids = lease.answer.rests_on if len(lease.answer.rests_on) <= BASIS_IDS_MAX else ()
        for person in window.people:
            if person in self._gone:
                continue  # the lease has ended with them: no row leaves in this window
            opened = self._opened(window, person)
            if person is not None:
                yield await self._sealing.seal(opened, person, rests_on=ids), person
                continue
            if ids and lease.basis not in self._based:
                if len(self._based) >= _BASES_MAX:
                    self._based.clear()  # some lists will be written once more
                self._based.add(lease.basis)
                yield await self._traced(Basis(gate_ns=self._clock.now(), ids=ids), None)
            yield await self._traced(opened, None)

    async def _closings(self, windows: Sequence[Window], denied: "Counter[_Denied]") -> AsyncIterator[_Whose]:
        """What a tick adds. Who was erased since the opening has no ledger any more, and nothing is written for them."""
        for (asker, stream, code, concerned, named), count in denied.items():
            for person in others(asker, concerned):
                if person is None or self._sealing.has_ledger(person):
                    trace = self._denials(asker, stream, code, count=count, person=person)
                    yield await self._traced(trace, person, named=named[:BASIS_IDS_MAX])
        for window in windows:
            if window.lease.question.stream in self._gone:
                continue
            for person in window.people:
                if person is None or self._sealing.has_ledger(person):
                    closed = WindowClosed(gate_ns=self._clock.now(), window=window.id, rows=window.rows, person=person)
                    yield await self._traced(closed, person)

    async def _traced(
        self, trace: OtherTrace, person: PersonId | None, *, named: tuple[StatementId, ...] = ()
    ) -> _Whose:
        """A trace as it may be kept: sealed where it concerns somebody, and then with what it names."""
        if person is not None:
            return await self._sealing.seal(trace, person, rests_on=named), person
        return NotedTrace(trace.kind, encode(trace), self._entropy(SALT_BYTES)), None

    def _opened(self, window: Window, person: PersonId | None) -> WindowOpened:
        question, answer = window.lease.question, window.lease.answer
        return WindowOpened(
            gate_ns=self._clock.now(),
            window=window.id,
            stream=_stream_of(window.lease, person),
            party=question.asker.party,
            app=question.asker.app,
            purpose=question.asker.purpose,
            variant=str(answer.variant or "none"),
            basis=window.lease.basis,
            person=person,
        )

    def _denials(self, asker: Asker, stream: StreamId, code: str, *, count: int, person: PersonId | None) -> Denials:
        return Denials(
            gate_ns=self._clock.now(),
            party=asker.party,
            app=asker.app,
            purpose=asker.purpose,
            reason=code,
            count=count,
            stream=stream,
            person=person,
        )


def _stream_of(lease: Lease, person: PersonId | None) -> StreamId:
    """What somebody's book names: of a figure over several homes, their own stream and nobody else's."""
    group = lease.answer.group
    members = () if group is None else group.members
    return next((each.stream for each in members if person in each.concerned), lease.question.stream)


def others(asker: Asker, concerned: tuple[PersonId, ...]) -> tuple[PersonId | None, ...]:
    """Everybody concerned except who asks; one for nobody in particular where nobody is; none for one's own."""
    if asker.person is None:
        return concerned or (None,)
    return tuple(person for person in concerned if person != asker.person)
