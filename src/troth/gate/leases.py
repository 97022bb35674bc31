"""Answers held for use: leases, which end in the same step in which anything they rest on moves; and the stamps.

Rules
- A lease is held per question, never per observation. In use it has two fields, `live` and `until_ns`.
- `Leases.move` folds a statement and ends every lease that read a scope it moved, in one uninterrupted step.
- Stamps are made here, from live leases, and nowhere else.

Source: gate.md, "Scopes and leases" and "Inlets and outlets". Owner: the event loop.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Final

from troth.gate.lately import Lately
from troth.gate.question import Answer, GroupMember, Question, Verdict
from troth.names import BasisId, ThingId
from troth.state.in_force import InForce
from troth.state.memory import Memory
from troth.state.scopes import Scope
from troth.statements.statement import Statement
from troth.things.intervals import FOREVER, Interval, around, intersect
from troth.things.observations import Result, ResultType, Shelf
from troth.things.query import ObservationQuery
from troth.things.stamps import Admission, Admitted, AdmittedMany, Done, Released

__all__ = ["Lease", "Leases", "admit_many"]

_ANSWERS_KEPT: Final = 64  # few: whatever is asked together is about one thing, or about many of one kind
_UNLINKED_AT_ONCE: Final = 4  # per lease that is held: what ended is gone before as many are held again


class Lease:
    """One answer in use. `live` is cleared once and never set again; other threads only read it."""

    __slots__ = ("answer", "basis", "live", "question", "scopes", "span", "until_ns")

    def __init__(self, question: Question, answer: Answer, *, basis: BasisId, scopes: tuple[Scope, ...]) -> None:
        self.question = question
        self.answer = answer
        self.basis = basis
        self.scopes = scopes
        self.live = True
        self.until_ns = answer.until_ns
        # The interval around now: data in it is admitted without asking again.
        self.span = around(answer.covered, question.at_ns) or Interval(FOREVER, FOREVER)

    def holds(self, at_ns: int) -> bool:
        """Whether the lease may be used at `at_ns`."""
        return self.live and at_ns < self.until_ns

    def admit(  # noqa: PLR0913 - a stamp names everything a commit needs, once per batch
        self,
        thing: ThingId,
        shelf: Shelf,
        *,
        type_: ResultType,
        gate_ns: int,
        times: Sequence[int],
        ends: Sequence[int],
        results: Sequence[Result],
        keys: Sequence[bytes],
        done: Done,
    ) -> Admitted:
        """Stamp rows of this lease's stream for the conduct store. The caller has checked times against `answer.reach`."""
        if not self.holds(gate_ns) or self.answer.verdict is Verdict.DENY:
            raise RuntimeError("a lease that has ended admits nothing")
        return Admitted(
            hold=self,
            thing=thing,
            stream=self.question.stream,
            shelf=shelf,
            basis=self.basis,
            rests_on=self.answer.rests_on,
            type=type_,
            gate_ns=gate_ns,
            times=times,
            ends=ends,
            results=results,
            keys=keys,
            done=done,
        )

    def admission(self, thing: ThingId, shelf: Shelf, *, type_: ResultType) -> Admission:
        """What this lease's stream brings to a stamp over many; `admit_many` looks at the lease again."""
        if self.answer.verdict is Verdict.DENY:
            raise RuntimeError("a lease that denies admits nothing")
        return Admission(self, thing, self.question.stream, shelf, self.basis, self.answer.rests_on, type_)

    def release(self, shelf: Shelf, query: ObservationQuery, *, at_ns: int) -> Released:
        """Stamp a query: only rows that the answer reaches at this moment may leave the store."""
        if not self.holds(at_ns) or self.answer.verdict is Verdict.DENY:
            raise RuntimeError("a lease that has ended releases nothing")
        if self.answer.group is not None:
            raise RuntimeError("of an answer over several homes no row leaves by itself")
        extent = intersect(self.answer.reach(at_ns), query.times)
        return Released(hold=self, stream=self.question.stream, shelf=shelf, extent=extent, query=query)

    def release_of(self, member: GroupMember, shelf: Shelf, query: ObservationQuery, *, at_ns: int) -> Released:
        """Stamp a query about one stream of the group that the answer is over; its rows leave in figures only (`cells`)."""
        group = self.answer.group
        if not self.holds(at_ns) or group is None or member not in group.members:
            raise RuntimeError("a lease that has ended, or is not over this stream, releases nothing")
        extent = intersect(intersect(self.answer.reach(at_ns), member.times), query.times)
        return Released(hold=self, stream=member.stream, shelf=shelf, extent=extent, query=query)


def admit_many(
    admissions: Sequence[Admission],
    *,
    gate_ns: int,
    times: Sequence[int],
    results: Sequence[float],
    keys: Sequence[bytes],
    done: Done,
) -> AdmittedMany | None:
    """Stamp numbers of many streams for the conduct store; None where a lease has ended, which admits nothing.

    The caller has checked each time against its lease's answer.
    """
    for each in set(admissions):
        if not each.hold.live or gate_ns >= each.hold.until_ns:
            return None
    return AdmittedMany(admissions, gate_ns, times, results, keys, done)


class Leases:
    """Which leases read which scope. The only holder of what is in force that may move it while the node runs."""

    def __init__(self, in_force: InForce) -> None:
        self.in_force = in_force
        self.lately = Lately()
        self.memory = Memory()
        # A scope has the lease that read it, or where there are several a set of them in order of holding (its values mean
        # nothing): what ends together ends in the same order in every run. Most scopes are streams, which one thing speaks on.
        self._by_scope: dict[Scope, Lease | dict[Lease, None]] = {}
        self._answers: dict[Answer, tuple[Answer, BasisId]] = {}  # given lately: streams of one thing share theirs
        self._loose: deque[Lease] = deque()  # ended together, and still named under scopes that did not move

    def hold(self, question: Question, answer: Answer, *, basis: BasisId, scopes: Iterable[Scope]) -> Lease:
        """Hold an answer until a scope it read moves."""
        for _ in range(min(len(self._loose), _UNLINKED_AT_ONCE)):
            self.forget(self._loose.popleft())
        self.lately.note(question)
        answer, basis = self._shared(answer, basis)
        lease = Lease(question, answer, basis=basis, scopes=tuple(scopes))
        for scope in lease.scopes:
            held = self._by_scope.setdefault(scope, lease)
            if isinstance(held, dict):
                held[lease] = None
            elif held is not lease:
                self._by_scope[scope] = {held: None, lease: None}
        return lease

    def _shared(self, answer: Answer, basis: BasisId) -> tuple[Answer, BasisId]:
        """The same answer as it was given before, if it was lately: kept once, it takes a tenth of the memory."""
        known = self._answers.setdefault(answer, (answer, basis))
        if len(self._answers) > _ANSWERS_KEPT:
            del self._answers[next(iter(self._answers))]
        return known

    def forget(self, lease: Lease) -> None:
        """End one lease that nobody uses any more."""
        lease.live = False
        for scope in lease.scopes:
            held = self._by_scope.get(scope)
            if isinstance(held, dict):
                held.pop(lease, None)
            if held is lease or not held:
                self._by_scope.pop(scope, None)

    def move(self, statement: Statement) -> tuple[Lease, ...]:
        """Fold a statement and end every lease that read what moved; returns the ended ones. No await may stand inside.

        Ten thousand may end in this one step, so it only ends them. They are taken out from under the other scopes that they
        read bit by bit, as new leases are held.
        """
        moved = self.in_force.move(statement)
        self.memory.moved(moved, moves=self.in_force.moves)
        return self._end(moved)

    def become(self, other: InForce, moved: Sequence[Scope]) -> tuple[Lease, ...]:
        """Put another fold of the journal in place, which differs in these scopes; returns the leases that ended.

        No await may stand inside.
        """
        self._answers.clear()  # what was erased stands in no answer that is given again
        self.in_force.become(other, moved)
        self.memory.clear()
        return self._end(moved)

    def _end(self, moved: Iterable[Scope]) -> tuple[Lease, ...]:
        ended: list[Lease] = []
        for scope in moved:
            for lease in _each(self._by_scope.pop(scope, ())):
                if lease.live:
                    lease.live = False
                    ended.append(lease)
        self._loose += ended
        return tuple(ended)

    def end_all(self) -> tuple[Lease, ...]:
        """End every lease (the clock stepped)."""
        ended = {lease: None for held in self._by_scope.values() for lease in _each(held) if lease.live}
        for lease in ended:
            lease.live = False
        self._by_scope.clear()
        self._loose.clear()
        return tuple(ended)

    def count(self) -> int:
        """How many leases are held."""
        return len({id(lease) for held in self._by_scope.values() for lease in _each(held) if lease.live})


def _each(held: Lease | Iterable[Lease]) -> Iterable[Lease]:
    return (held,) if isinstance(held, Lease) else held
