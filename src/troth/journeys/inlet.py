"""The only way in for one stream of one thing: looks at what is offered, under a collect lease, and stamps it.

Rules
- It asks the gate again only when its lease has ended, and never admits under an ended one.
- Numbers at instants go into the turn of the loop, with those of other streams (`turn`); everything else, and what comes
  behind it, waits here for a stamp of its own.
- What was looked at under a lease that has ended is looked at again.

Source: gate.md, "Inlets and outlets"; things.md, "Shape of the hot path". Owner of all state: the event loop.
Left out: what keeps one observation out (`bounds`); giving inlets and handing over, which is `hear`'s.
"""

from collections.abc import Callable, Sequence
from functools import partial
from math import inf
from typing import Final, TypeAlias

from troth.errors import Busy
from troth.gate.leases import Lease
from troth.gate.question import Action, Question, Verdict
from troth.journeys.asking import ask
from troth.journeys.bounds import Bounds, fault
from troth.journeys.desk import Desk
from troth.journeys.turn import Once, Settler, settle_one
from troth.names import StreamId
from troth.spans import DAY_NS
from troth.state.directory import KnownStream, KnownThing
from troth.things.observations import CLOCK_AHEAD_NS, Outcome, Refusal, Result, ResultType, Shelf
from troth.things.stamps import Admission, Admitted, Done

__all__ = ["HAND_OVER_BYTES", "HAND_OVER_ROWS", "Inlet"]

_TYPES = {each.name.lower(): each for each in ResultType}
HAND_OVER_ROWS: Final = 10_000  # of one stream in one stamp; a stamp goes whole into one commit
GROUP_ROWS: Final = 8  # fewer of one stream go with those of others, as a group of their own they cost more
HAND_OVER_BYTES: Final = 8_388_608  # 8 MiB of texts or JSON, for the same reason
# What waits in an inlet in which nothing does; never added to.
_NO_TIMES: Final[list[int]] = []
_NO_RESULTS: Final[list[Result]] = []
_NO_KEYS: Final[list[bytes]] = []
_NO_DONES: Final[list[Callable[[Outcome], None]]] = []
_LONG: Final = frozenset({ResultType.TEXT, ResultType.JSON})


class Inlet:
    """The only way in for one stream of one thing.

    What `said_together` and the doors look at without a call:
        name, number, stream, thing, type, unit: of the stream, as installed and declared; `says_numbers`: its type is a number.
        admission: of numbers, while the lease allows them; with it `since_ns` and `until_ns`, from when and until when, ns UTC.
        fresh_ns: what is no older than this is too old for nobody.
        last_ns: the latest time that was offered, ns UTC; `waits`: the times of what waits to be handed over.
        lowest, highest: the range that is declared, in the declared unit.
    """

    __slots__ = (
        "_asker",
        "_bounds",
        "_dones",
        "_ends",
        "_from_ns",
        "_hear",
        "_keys",
        "_known",
        "_lease",
        "_results",
        "_shelf",
        "admission",
        "fresh_ns",
        "highest",
        "last_ns",
        "lowest",
        "name",
        "number",
        "says_numbers",
        "since_ns",
        "stream",
        "thing",
        "type",
        "unit",
        "until_ns",
        "waits",
    )

    def __init__(self, hear: "Desk", thing: KnownThing, known: KnownStream, *, shelf: Shelf) -> None:
        self._hear = hear
        self._shelf = shelf
        self._known = known
        self.thing = thing.thing
        self.stream: StreamId = known.stream
        self.name, self.unit = known.installed.name, known.declared.unit
        self.number = known.number
        self.type = _TYPES.get(known.declared.type, ResultType.JSON)
        self.says_numbers = self.type is ResultType.NUMBER
        self.lowest = -inf if known.declared.lowest is None else known.declared.lowest
        self.highest = inf if known.declared.highest is None else known.declared.highest
        self._from_ns = thing.body.from_ns
        self._bounds = Bounds(self.type, self.lowest, self.highest, self._from_ns)
        self._asker = hear.asker(thing.body.answers.organisation)
        self._lease: Lease | None = None
        self.admission: Admission | None = None  # of numbers, while the lease allows; with it, from when and until when
        self.since_ns = self.until_ns = 0
        self.fresh_ns = 0
        self.last_ns = 0
        # Most inlets never have anything that waits: together these are empty until something does (`_begin`).
        self.waits: list[int] = _NO_TIMES
        self._ends: list[int] = _NO_TIMES
        self._results: list[Result] = _NO_RESULTS
        self._keys: list[bytes] = _NO_KEYS
        self._dones: list[Callable[[Outcome], None]] = _NO_DONES

    def offer(
        self,
        result: Result,
        *,
        time_ns: int | None,
        done: Callable[[Outcome], None],
        end_ns: int | None = None,
        key: bytes = b"",
    ) -> int:
        """Offer one observation; it is handed over at the next `Hear.flush`.

        Args:
            result: a value of the stream's declared type (JSON results as deterministic CBOR bytes).
            time_ns: phenomenonTime, ns UTC; None for now (then it is later than the stream's last one).
            done: called once on the loop when the outcome is durable.
            end_ns: end of an interval; None for an instant.
            key: 8 to 32 bytes that mark a repeat of the same message, or b"".

        Returns:
            the time it was given, so that a door can offer a message that comes again at the same time.
        """
        now = self._hear.clock.now()
        if time_ns is None:
            if self.last_ns > now + CLOCK_AHEAD_NS:
                self.last_ns = 0  # the clock has stepped back: what is said now is not ahead of it
            time_ns = max(now, self.last_ns + 1)
        lease = self._lease
        if lease is None or not lease.live or now >= lease.until_ns:
            lease = self._ask(now)
            if self.waits:
                self._offer_again(self._waiting())  # they were looked at under the answer that has ended
        code = fault(result, time_ns, end_ns, now=now, fresh_ns=self.fresh_ns, lease=lease, bounds=self._bounds)
        if code is not None:
            self._hear.count(self.thing, code, done)
            return time_ns
        self.last_ns = max(self.last_ns, time_ns)
        if self.admission is not None and end_ns is None and not self.waits:
            self._hear.turn().add(
                self,
                self.admission,
                time_ns=time_ns,
                result=result,  # type: ignore[arg-type]  # there is an admission for numbers only
                key=key,
                settler=Once(done),
                at=0,
            )
            return time_ns
        if not self.waits:
            self._begin()
        self.waits.append(time_ns)
        self._ends.append(time_ns if end_ns is None else end_ns)
        self._results.append(result)
        self._keys.append(key)
        self._dones.append(done)
        return time_ns

    def offer_run(self, numbers: Sequence[float], times: Sequence[int], settler: Settler, at: int) -> bool:
        """Offer numbers at instants in order, if all of them can be admitted as they are; returns whether they were.

        Args:
            numbers: at least one, any.
            times: as many, ns UTC.
            settler: told their outcomes, as those of its observations `at`, `at` + 1, ...
            at: which of them is the first.
        """
        now, lease = self._hear.clock.now(), self._lease
        if (
            self.admission is None
            or lease is None
            or not lease.holds(now)
            or self.waits
            or len(times) > HAND_OVER_ROWS
            or not self._bounds.hold_all(numbers)
            or min(times) < max(self.since_ns, now - self.fresh_ns)
            or max(times) >= min(now + CLOCK_AHEAD_NS, lease.span.to_ns)
        ):
            return False
        self.last_ns = max(self.last_ns, *times)
        if len(times) < GROUP_ROWS:
            self._hear.turn().add_all(self, self.admission, times=times, results=numbers, settler=settler, at=at)
            return True
        done = partial(self._run_settled, numbers, times, settler, at)
        self._hear.ready(self._admitted(lease, (times, times, numbers, [b""] * len(times)), done, now=now))
        return True

    def _run_settled(
        self, numbers: Sequence[float], times: Sequence[int], settler: Settler, at: int, outcomes: Sequence[Outcome]
    ) -> None:
        if outcomes[0] is not Refusal.LEASE_ENDED:
            settler.settled(at, outcomes)
            return
        for row, (number, time_ns) in enumerate(zip(numbers, times, strict=True), at):
            self.offer(number, time_ns=time_ns, done=partial(settle_one, settler, row))
        self._hear.flush()

    def offer_all(
        self,
        results: Sequence[Result],
        times: Sequence[int | None],
        *,
        keys: Sequence[bytes],
        dones: Sequence[Callable[[Outcome], None]],
    ) -> None:
        """Offer many instants in order: the same as `offer` for each, but looked at once where all can be admitted."""
        now = self._hear.clock.now()
        lease = self._lease
        known = [time for time in times if time is not None]
        if (
            lease is None
            or not lease.holds(now)
            or lease.answer.verdict is Verdict.DENY
            or not known
            or len(known) < len(times)
            or not self._bounds.hold_all(results)
            or min(known) < max(self._from_ns, lease.span.from_ns, now - self.fresh_ns)
            or max(known) >= min(now + CLOCK_AHEAD_NS, lease.span.to_ns)
        ):
            for result, time_ns, key, done in zip(results, times, keys, dones, strict=True):
                self.offer(result, time_ns=time_ns, key=key, done=done)
            return
        if not self.waits:
            self._begin()
        self.last_ns = max(self.last_ns, *known)
        self.waits += known
        self._ends += known
        self._results += results
        self._keys += keys
        self._dones += dones

    def _begin(self) -> None:
        """Something waits from now on."""
        self._hear.touched(self)
        self.waits, self._ends, self._results, self._keys, self._dones = [], [], [], [], []

    def _ask(self, now: int) -> Lease:
        if self._lease is not None:
            self._hear.leases.forget(self._lease)
        question = Question(Action.COLLECT, self.stream, self._asker, now)
        self._lease = lease = ask(question, self._hear.leases)
        self.admission = None
        self.fresh_ns = DAY_NS * min((each.days for each in lease.answer.terms), default=0)
        if self.type is ResultType.NUMBER and lease.answer.verdict is not Verdict.DENY:
            self.admission = lease.admission(self.thing, self._shelf, type_=self.type)
            self.since_ns = max(self._from_ns, lease.span.from_ns)
            self.until_ns = min(lease.until_ns, lease.span.to_ns)
        return lease

    def is_of(self, thing: KnownThing, known: KnownStream) -> bool:
        """Whether this is still what was installed and declared; a newer passport or installation makes a new inlet."""
        return self._known is known and self._from_ns == thing.body.from_ns

    def hand_over(self) -> None:
        """Stamp and queue what was offered. Called by `Hear.flush` only.

        Raises:
            Busy: the store is full; everything stays here.
        """
        now = self._hear.clock.now()
        lease = self._lease
        if lease is None or not lease.holds(now):
            self._offer_again(self._waiting())
            return
        while self.waits:
            batch = self._take()
            try:
                self._hear.conduct.append(self._stamp(lease, batch, now=now))
            except Busy:
                self._put_back(batch)
                raise

    def _stamp(self, lease: Lease, batch: "_Batch", *, now: int) -> Admitted:
        times, ends, results, keys, dones = batch

        def settled(outcomes: Sequence[Outcome]) -> None:
            if outcomes and outcomes[0] is Refusal.LEASE_ENDED:
                self._offer_again(batch)
                self._hear.flush()
                return
            for done, outcome in zip(dones, outcomes, strict=True):
                done(outcome)

        return self._admitted(lease, (times, ends, results, keys), settled, now=now)

    def _admitted(self, lease: Lease, columns: "_Columns", done: Done, *, now: int) -> Admitted:
        times, ends, results, keys = columns
        return lease.admit(
            self.thing,
            self._shelf,
            type_=self.type,
            gate_ns=now,
            times=times,
            ends=ends,
            results=results,
            keys=keys,
            done=done,
        )

    def _take(self) -> "_Batch":
        """The first of what was offered: all of it, or HAND_OVER_ROWS of it where more has waited."""
        cut = HAND_OVER_ROWS if self.type not in _LONG else self._light_enough()
        if len(self.waits) <= cut:
            return self._waiting()
        batch = (self.waits, self._ends, self._results, self._keys, self._dones)
        self.waits, self._ends, self._results = self.waits[cut:], self._ends[cut:], self._results[cut:]
        self._keys, self._dones = self._keys[cut:], self._dones[cut:]
        return batch[0][:cut], batch[1][:cut], batch[2][:cut], batch[3][:cut], batch[4][:cut]

    def _light_enough(self) -> int:
        """How many of the first texts or JSON values one stamp takes; at least one."""
        size = 0
        for at, result in enumerate(self._results[:HAND_OVER_ROWS]):
            size += len(result)  # type: ignore[arg-type]  # texts and bytes
            if size > HAND_OVER_BYTES:
                return max(at, 1)
        return HAND_OVER_ROWS

    def _waiting(self) -> "_Batch":
        """Everything that was offered and not handed over."""
        batch = (self.waits, self._ends, self._results, self._keys, self._dones)
        self.waits = self._ends = _NO_TIMES
        self._results, self._keys, self._dones = _NO_RESULTS, _NO_KEYS, _NO_DONES
        return batch

    def _put_back(self, batch: "_Batch") -> None:
        """The store was full: these stay the first."""
        self.waits, self._ends, self._results = batch[0] + self.waits, batch[1] + self._ends, batch[2] + self._results
        self._keys, self._dones = batch[3] + self._keys, batch[4] + self._dones

    def _offer_again(self, batch: "_Batch") -> None:
        """The lease ended between offer and commit: every row asks the gate anew, none is lost."""
        for time_ns, end_ns, result, key, done in zip(*batch, strict=True):
            self.offer(result, time_ns=time_ns, end_ns=end_ns, key=key, done=done)


_Batch: TypeAlias = tuple[list[int], list[int], list[Result], list[bytes], list[Callable[[Outcome], None]]]
_Columns: TypeAlias = tuple[Sequence[int], Sequence[int], Sequence[Result], Sequence[bytes]]
