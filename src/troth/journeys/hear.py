"""A thing says something: who is it? may it? keep it, record it.

Rules
- A door gets one `Inlet` per declared stream when a thing connects; a stream that is not declared is a missing key.
- `flush` hands over everything that inlets were offered since the last one.
- Every offer ends in exactly one outcome, after it is durable: kept, kept before, or refused and counted.
- When the store is full nothing is dropped: what was offered waits here, `full` is set, and doors stop reading. So they do
  while more than REFUSALS_MAX refusals wait to be counted, and while the node has `stopped` it.

Source: gate.md, "Inlets and outlets"; things.md, "Shape of the hot path". Owner of all state: the event loop.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final

from troth.clock import Clock
from troth.errors import Busy
from troth.gate.leases import Leases
from troth.gate.question import OWN_PURPOSE, Asker
from troth.journeys.desk import Waiting
from troth.journeys.inlet import HAND_OVER_ROWS, Inlet
from troth.journeys.said_together import bring_all, say_all
from troth.journeys.shelves import shelf_of
from troth.journeys.turn import Settler, Turn
from troth.names import StreamId, ThingId, Uri
from troth.state.directory import Directory
from troth.state.leaving import Leaving
from troth.things.observations import Outcome, Refusal, Shelf
from troth.things.stamps import Admitted
from troth.things.stores import ConductStore, Tally

__all__ = ["Hear", "Inlet"]

REFUSALS_MAX: Final = 200_000  # as many as rows may wait for their commit
COUNTED_AT_ONCE: Final = 2_048  # refusals whose senders are told in one step of the loop


class Hear:
    """Gives inlets and hands over what they were offered."""

    def __init__(self, conduct: ConductStore, leases: Leases, directory: Directory, *, clock: Clock) -> None:
        self.conduct = conduct
        self.leases = leases
        self.clock = clock
        self._directory = directory
        self._inlets: dict[StreamId, Inlet] = {}
        self._askers: dict[Uri, Asker] = {}
        self._shelves: dict[Shelf, Shelf] = {}  # in force for many streams; each once
        self._touched: list[Waiting] = []
        self._turns: deque[Turn] = deque((self._new_turn(),))
        self._ready: deque[Admitted] = deque()
        self._gone: set[ThingId] = set()
        self._refused: dict[tuple[ThingId, Refusal], list[Callable[[Outcome], None]]] = {}
        self._waiting: list[Callable[[], None]] = []
        self._uncounted = 0
        self.full = False
        self.stopped = False  # by the node: doors stay closed, whatever is committed

    @property
    def installed(self) -> int:
        """Counts installations and their changes: as long as it is the same, what `inlets` gave is right."""
        return self._directory.installs

    def inlets(self, thing: ThingId) -> Mapping[str, Inlet]:
        """The inlets of a thing by stream name; empty for a thing that is not installed. All doors share them."""
        known = self._directory.things.get(thing)
        if known is None:
            return {}
        found: dict[str, Inlet] = {}
        for name, stream in known.streams.items():
            inlet = self._inlets.get(stream.stream)
            if inlet is None or not inlet.is_of(known, stream):
                shelf = shelf_of(known, stream, self._directory)
                inlet = Inlet(self, known, stream, shelf=self._shelves.setdefault(shelf, shelf))
            self._inlets[stream.stream] = found[name] = inlet
        return found

    def thing_of(self, number: int) -> ThingId | None:
        """Whose Datastream has this number."""
        stream = self._directory.streams.get(self._directory.by_number.get(number, StreamId(b"")))
        return None if stream is None else stream.thing

    def speaks_for(self, gateway: ThingId, thing: ThingId) -> bool:
        """Whether a thing is the gateway of another, now."""
        known, speaks = self._directory.things.get(thing), self._directory.things.get(gateway)
        named = None if known is None else known.body.gateway
        if known is None or speaks is None or named is None:
            return False
        here = speaks.body.household in {None, known.body.household}
        return here and named.thing == gateway and speaks.body.to_ns is None

    def asker(self, party: Uri) -> Asker:
        """As whom the things of a party speak; the same for all of them. Called by inlets only."""
        return self._askers.setdefault(party, Asker(party, "things", OWN_PURPOSE))

    def turn(self) -> Turn:
        """Where the next row goes. Called by inlets only."""
        turn = self._turns[-1]
        if len(turn.times) >= HAND_OVER_ROWS:
            turn = self._new_turn()
            self._turns.append(turn)
        return turn

    def say_all(
        self, inlets: Sequence[Inlet], numbers: Sequence[float], *, now_ns: int, settler: Settler, at: int
    ) -> list[int]:
        """Offer numbers that are of now, each to its inlet; as `inlet.say_all`, for any number of them."""
        given: list[int] = []
        for first in range(0, len(numbers), HAND_OVER_ROWS):
            some = numbers[first : first + HAND_OVER_ROWS]
            turn = self._turn_for(len(some))
            theirs = inlets[first : first + HAND_OVER_ROWS]
            given += say_all(theirs, some, turn=turn, now_ns=now_ns, settler=settler, at=at + first)
        return given

    def bring_all(
        self,
        inlets: Sequence[Inlet],
        numbers: Sequence[float],
        times: Sequence[int],
        *,
        settler: Settler,
        at: int,
    ) -> None:
        """Offer numbers with their times, at most HAND_OVER_ROWS, each to its inlet; as `said_together.bring_all`."""
        turn, now_ns = self._turn_for(len(numbers)), self.clock.now()
        bring_all(inlets, numbers, times, turn=turn, now_ns=now_ns, settler=settler, at=at)

    def _turn_for(self, rows: int) -> Turn:
        """Where so many more rows go."""
        turn = self.turn()
        if len(turn.times) + rows > HAND_OVER_ROWS:
            turn = self._new_turn()
            self._turns.append(turn)
        return turn

    def _new_turn(self) -> Turn:
        return Turn(self.flush)

    def ready(self, stamp: Admitted) -> None:
        """Hand over a stamp at the next flush. Called by inlets only."""
        self._ready.append(stamp)

    def touched(self, inlet: Waiting) -> None:
        """Remember that an inlet has something to hand over. Called by inlets only."""
        self._touched.append(inlet)

    def count(self, thing: ThingId, reason: Refusal, done: Callable[[Outcome], None]) -> None:
        """Refuse one observation for good: it is counted durably, then `done` is told. Doors use it for unreadable input."""
        if thing in self._gone:
            done(reason)  # of an erased thing nothing is counted
            return
        self._refused.setdefault((thing, reason), []).append(done)

    def forget(self, gone: Leaving) -> None:
        """Somebody is erased: their things are heard and counted no more."""
        self._gone.update(gone.things)
        self._shelves.clear()
        self._inlets = {stream: inlet for stream, inlet in self._inlets.items() if stream not in gone.streams}

    def flush(self) -> None:
        """Hand over everything offered since the last flush. Doors call it once per turn of the loop or request."""
        refused, self._refused = self._refused, {}
        for (thing, reason), dones in refused.items():
            self._uncounted += len(dones)
            for at in range(0, len(dones), COUNTED_AT_ONCE):
                some = dones[at : at + COUNTED_AT_ONCE]
                self.conduct.refuse(thing, reason, count=len(some), done=partial(self._counted, some, reason))
        self.full = self.full or self._uncounted > REFUSALS_MAX
        try:
            self._hand_over()
        except Busy:
            self.full = True
            return
        if self._refused:
            self.flush()

    def _hand_over(self) -> None:
        """Turns first: what waits in an inlet came behind what its stream has said in one, or in a stamp of its own.

        Raises:
            Busy: the store is full; what it did not take stays here, in its order.
        """
        while self._turns[0].times:
            turn = self._turns.popleft()
            if not self._turns:
                self._turns.append(self._new_turn())
            stamp = turn.stamped(self.clock.now())
            if stamp is None:
                continue
            try:
                self.conduct.append(stamp)
            except Busy:
                self._turns.appendleft(turn)
                raise
        while self._ready:
            self.conduct.append(self._ready[0])
            self._ready.popleft()
        while self._touched:
            inlet = self._touched.pop()
            try:
                inlet.hand_over()
            except Busy:
                self._touched.append(inlet)
                raise

    def when_free(self, wake: Callable[[], None]) -> None:
        """Call `wake` once when the store takes observations again. Doors pause reading until then."""
        self._waiting.append(wake)

    def committed(self) -> None:
        """A commit has ended: hand over what waited. Called by the loop after each commit."""
        if not self.full or self.stopped:
            return
        self.full = False
        self.flush()
        if not self.full:
            waiting, self._waiting = self._waiting, []
            for wake in waiting:
                wake()

    def _counted(self, dones: Sequence[Callable[[Outcome], None]], reason: Refusal) -> None:
        self._uncounted -= len(dones)
        for done in dones:
            done(reason)
        if self._uncounted <= REFUSALS_MAX:
            self.committed()

    def tally(self, thing: ThingId) -> Tally:
        """Counts of a thing: stored, repeated, refused by reason."""
        return self.conduct.tally(thing)
