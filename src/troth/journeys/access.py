"""Access windows: every reading by anybody but the one person concerned leaves a trace, one per lease and tick.

Rules
- The opening of a window is durable before the first row leaves; the count of rows is added when it closes.
- A trace that concerns n people is n leaves, one per person, each with its own salt.
- A person's own reading of what concerns only them leaves none; reading a shared stream is a trace for the others.
- After a crash an open window counts as read.
- Denials are counted per asker, stream and reason, and the counts are traces of the tick.

Source: record.md, "Statements and traces are two things"; mission.md, "What the law adds" 1.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from enum import Enum, auto
from typing import Final

from troth.clock import Clock
from troth.gate.leases import Lease
from troth.gate.question import Asker
from troth.names import BasisId, PersonId, StreamId
from troth.state.leaving import Leaving
from troth.things.stores import ConductStore, NotedTrace
from troth.tlog.trace import BASIS_IDS_MAX, Basis, Denials, WindowClosed, WindowOpened, encode

__all__ = ["NOTED_AT_ONCE", "Access", "Window", "WindowState"]

NOTED_AT_ONCE: Final = 5_000  # traces given to the store in one piece: a quarter of a commit
_BASES_MAX: Final = 10_000  # lists known to be written; 16 bytes each
_DENIALS_MAX: Final = 10_000  # kinds of denial counted apart in one tick; what is beyond is not counted


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

    def __init__(self, conduct: ConductStore, clock: Clock, *, entropy: Callable[[int], bytes]) -> None:
        self._conduct = conduct
        self._clock = clock
        self._entropy = entropy
        self._windows: dict[Lease, Window] = {}
        self._based: set[BasisId] = set()
        self._denied: Counter[tuple[Asker, StreamId, str]] = Counter()
        self._gone: set[bytes] = set()  # erased persons and streams, of which a window may be opening yet
        self._spare: list[Window] = []  # opened and never used: the lease ended, or another was opened at the same time

    async def open(self, lease: Lease) -> Window:
        """Return the lease's window of this tick, its opening durable."""
        window = self._windows.get(lease)
        if window is not None and window.state is WindowState.OPEN:
            return window
        window = Window(lease, people=_people(lease), id_=self._entropy(16))
        if window.people:
            opened = [self._noted(self._opened(window, person)) for person in window.people]
            await self._note([*self._basis(lease), *opened])
        window.state = WindowState.OPEN
        if lease.live and not self.is_open(lease):
            self._windows[lease] = window
        else:
            self._spare.append(window)
        return self._windows.get(lease, window)

    def is_open(self, lease: Lease) -> bool:
        """Whether rows may leave under this lease without waiting."""
        window = self._windows.get(lease)
        return window is not None and window.state is WindowState.OPEN

    def left(self, lease: Lease, rows: int) -> None:
        """Count rows that were handed over in the open window."""
        window = self._windows.get(lease)
        if window is not None:
            window.rows += rows

    def denied(self, asker: Asker, stream: StreamId, code: str) -> None:
        """Count a denial; whether it was spoken or the stream did not exist for the asker makes no difference here."""
        if len(self._denied) < _DENIALS_MAX or (asker, stream, code) in self._denied:
            self._denied[asker, stream, code] += 1

    def forget(self, gone: Leaving) -> None:
        """Somebody is erased: no window names them any more, and none is closed for a stream that went with them."""
        self._gone |= {gone.person, *gone.streams}
        for asker, stream, code in tuple(self._denied):
            if stream in self._gone or asker.person in self._gone:
                del self._denied[asker, stream, code]

    async def close_all(self) -> None:
        """The tick: close every window with its count. What goes on opens a new one before the next row leaves."""
        windows = [*self._windows.values(), *self._spare]
        denied, self._denied = self._denied, Counter()
        self._windows, self._spare = {}, []
        noted = [self._noted(self._denials(*what, count=count)) for what, count in denied.items()]
        for window in windows:
            window.state = WindowState.CLOSED
            if window.lease.question.stream in self._gone:
                continue
            now = self._clock.now()
            noted += [
                self._noted(WindowClosed(gate_ns=now, window=window.id, rows=window.rows, person=person))
                for person in window.people
                if person not in self._gone
            ]
        await self._note(noted)

    async def _note(self, traces: Sequence[NotedTrace]) -> None:
        """Make traces durable, however many there are; on return all of them are."""
        for at in range(0, len(traces), NOTED_AT_ONCE):
            await self._conduct.note(traces[at : at + NOTED_AT_ONCE])

    def _basis(self, lease: Lease) -> list[NotedTrace]:
        """The list of statements behind a lease, when its basis is first used since the start."""
        if lease.basis in self._based or len(lease.answer.rests_on) > BASIS_IDS_MAX:
            return []  # a longer list than a trace holds is not written; the window still names it
        if len(self._based) >= _BASES_MAX:
            self._based.clear()  # some lists will be written once more
        self._based.add(lease.basis)
        return [self._noted(Basis(gate_ns=self._clock.now(), ids=lease.answer.rests_on))]

    def _opened(self, window: Window, person: PersonId | None) -> WindowOpened:
        question, answer = window.lease.question, window.lease.answer
        return WindowOpened(
            gate_ns=self._clock.now(),
            window=window.id,
            stream=question.stream,
            party=question.asker.party,
            app=question.asker.app,
            purpose=question.asker.purpose,
            variant=str(answer.variant or "none"),
            basis=window.lease.basis,
            person=person,
        )

    def _denials(self, asker: Asker, stream: StreamId, code: str, *, count: int) -> Denials:
        return Denials(
            gate_ns=self._clock.now(),
            party=asker.party,
            app=asker.app,
            purpose=asker.purpose,
            reason=code,
            count=count,
            stream=stream,
        )

    def _noted(self, trace: Basis | WindowOpened | WindowClosed | Denials) -> NotedTrace:
        return NotedTrace(trace.kind, encode(trace), self._entropy(16))


def _people(lease: Lease) -> tuple[PersonId | None, ...]:
    """One leaf per person concerned except the reader; one for nobody in particular where nobody is; none for one's own."""
    reader: Asker = lease.question.asker
    if reader.person is None:
        return lease.answer.concerned or (None,)
    return tuple(person for person in lease.answer.concerned if person != reader.person)
