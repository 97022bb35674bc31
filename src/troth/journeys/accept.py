"""A statement is made: it enters the journal, the journal moves the state, the state moves the gate; the log follows.

The barrier, in this order (a statement that takes something away is acknowledged after all of it):
 1. its journal row is durable;
 2. in one uninterrupted step its scopes move and every lease that read them ends;
 3. outlets with an ended lease drop what they have queued, and go on under a new lease or end with the reason;
 4. a commit that began before step 2 has ended; later ones ask the gate anew;
 5. no hand-over that began under an ended lease is running: hand-overs are single steps of the loop, so none is.
A private statement then leaves a salted `said` trace, its leaf in the public tree.

What moves the rules (a policy, anchors, a key, a person) is registered alone: whatever comes meanwhile waits until it counts,
so that nothing is measured by rules that have ended. What is compared with something that is on its way waits for that
(`one_after_other`), so that two which contradict each other are not both measured by what was before them; those that wait
stand in order.

Source: gate.md, "The barrier"; record.md, "The journal". Owner of what it changes: the event loop.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Protocol, TypeVar

import msgspec

from troth.clock import Clock
from troth.errors import NotRegistered
from troth.gate.leases import Leases
from troth.journeys.fits import check_fits
from troth.journeys.one_after_other import OnTheirWay
from troth.journeys.tell import Tell
from troth.names import StatementId
from troth.signing.cose import Signed
from troth.state.directory import Directory
from troth.state.in_force import InForce
from troth.statements.journal import ErasedEntry, Journal, JournalEntry
from troth.statements.kinds import Face, kind_of
from troth.statements.registration import check_registration
from troth.statements.ruling import rules_move
from troth.statements.statement import Statement, read, read_kept
from troth.statements.trust_anchors import TrustAnchorsBody
from troth.things.stores import ConductStore, NotedTrace
from troth.tlog.trace import SaidTrace, encode

__all__ = ["BEGINNING", "TOGETHER_MAX", "Accept", "Accepted", "Whole"]

T = TypeVar("T")
_AT_ONCE = 1_000
TOGETHER_MAX = 12  # statements: looking at and folding that many takes some 3 ms, which nothing else may interrupt
LONG_BYTES = 8_192  # of a statement: reading that many takes 1 ms
BEGINNING = 2  # statements: the registration policy and the trust anchors


class Accepted(msgspec.Struct, frozen=True):
    """A statement that counts: its id, its position, when it was asked for, and how long until it was in effect."""

    statement: StatementId
    position: int
    asked_ns: int
    effect_ns: int


class Whole(Protocol):
    """Runs work to its end, whatever becomes of the caller."""

    def __call__(self, work: Coroutine[None, None, T], /) -> Awaitable[T]:
        """The result of the work; what it raises is raised here, if anybody still waits."""
        ...


class Accept:
    """The one way for a statement to count."""

    def __init__(  # noqa: PLR0913 - the wiring of one node, named
        self,
        journal: Journal,
        conduct: ConductStore,
        *,
        leases: Leases,
        directory: Directory,
        tell: Tell,
        clock: Clock,
        entropy: Callable[[int], bytes],
        appended: Callable[[], None],
        whole: Whole,
        pause: Callable[[], Awaitable[None]],
    ) -> None:
        self._journal = journal
        self._conduct = conduct
        self._leases = leases
        self._directory = directory
        self._tell = tell
        self._clock = clock
        self._entropy = entropy
        self._appended = appended
        self._whole = whole
        self._pause = pause
        self._folded = 0
        self._under_way = 0
        self._alone = False
        self._reached_ns = 0  # the newest moment that has surely been here; owned by the loop
        self._going = OnTheirWay()
        self._ruling: Signed | None = None  # what moves the rules and does not count yet; owned by the loop

    async def accept(self, signed: Signed, *, preimage: bytes | None = None) -> Accepted:
        """Check a statement against the registration policy and make it count.

        `preimage` is what a hash envelope's digest is of; the journal keeps it, the log never sees it.

        On return the barrier has been passed: nothing leaves any more that the statement took away. Accepting the same
        statement again changes nothing.

        Raises:
            BadStatement, UnknownCrit, NotRegistered, KeyEnded, BadRuling, BadCose, Refused: it is not accepted; nothing was
                kept.
            StorageFailed: it may or may not count; the node must stop.
        """
        asked_ns = self._clock.now()
        began = self._clock.ticks()
        statement = await self._read(signed, preimage)
        await self._turn((statement,))
        known = self._journal.find(signed.id)
        if isinstance(known, JournalEntry) and known.signed.data == signed.data and known.position <= self._folded:
            await self._passed()
            return Accepted(signed.id, known.position, asked_ns, self._clock.ticks() - began)
        self._check(statement)
        # No await between the check and the work below: the journal takes statements in the order of their checks.
        if rules_move(statement.body):
            self._ruling = signed
        self._under_way += 1
        self._going.add(statement)
        return await self._whole(self._take_effect(statement, preimage, asked_ns=asked_ns, began=began))

    async def accept_together(self, several: Sequence[Signed]) -> Accepted:
        """The same for several new ones that move no rule, in this order and in one change of the journal: all or none.

        Returns what became of the first.

        Raises:
            RuntimeError: more than TOGETHER_MAX, or one moves the rules.
            Conflict, or as `accept`: one is not accepted, and nothing was kept.
        """
        asked_ns, began = self._clock.now(), self._clock.ticks()
        statements = [read(signed) for signed in several]
        if len(statements) > TOGETHER_MAX or any(rules_move(each.body) for each in statements):
            raise RuntimeError("these are not accepted together")
        await self._turn(statements)
        for each in statements:
            self._check(each, beside=statements)
        self._under_way += 1
        for each in statements:
            self._going.add(each)
        return await self._whole(self._take_effect_together(statements, asked_ns=asked_ns, began=began))

    async def _read(self, signed: Signed, preimage: bytes | None) -> Statement:
        """Read a statement; a long one in a step of its own, apart from what made it before and checks it behind."""
        if len(signed.data) + len(preimage or b"") <= LONG_BYTES:
            return read(signed, preimage)
        await self._pause()
        statement = read(signed, preimage)
        await self._pause()
        return statement

    async def _turn(self, several: Sequence[Statement]) -> None:
        """Wait until these may be checked, behind all that came before and contradicts them. They are checked at once then."""
        if self._is_behind(several):
            with self._going.waiting(several) as number:
                while self._is_behind(several, number=number):
                    await self._others()

    def _is_behind(self, several: Sequence[Statement], *, number: int | None = None) -> bool:
        """Whether something must count before these are checked. `number`: theirs among those that wait."""
        return self._alone or self._ruling is not None or self._going.before(several, number=number)

    async def _others(self) -> None:
        """Wait for what must count before something is checked: what moves the rules, an erasure, what it is compared with."""
        if self._ruling is None:
            await self._conduct.settle()
        else:
            await self._journal.append(self._ruling)  # its second time changes nothing, and returns when it is durable

    def look(self) -> None:
        """Look at the clock, now and then: what is over stays over where it is set back."""
        self._reached_ns = max(self._reached_ns, self._clock.now())

    def check(self, signed: Signed, preimage: bytes | None = None) -> Statement:
        """Check a statement against the registration policy, and against what else was said here.

        Raises:
            BadStatement, UnknownCrit, NotRegistered, KeyEnded, BadRuling, BadCose, Refused: it would be refused.
        """
        statement = read(signed, preimage)
        self._check(statement)
        return statement

    def _check(self, statement: Statement, *, beside: Sequence[Statement] = ()) -> None:
        self.look()
        at_ns = self._clock.now()
        registered = self._directory.registered(at_ns)
        if registered is None:
            raise NotRegistered("this node has no registration policy yet")
        check_registration(statement, registered=registered)
        check_fits(
            statement,
            directory=self._directory,
            in_force=self._leases.in_force,
            journal=self._journal,
            at_ns=at_ns,
            reached_ns=max(self._reached_ns, self._directory.told.reached_ns),
            beside=beside,
            going=self._going.statements(),
        )

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Inside, no other statement is accepted; those that come wait."""
        while self._alone:
            await self._conduct.settle()
        self._alone = True
        try:
            while self._under_way:
                await self._conduct.settle()
            yield
        finally:
            self._alone = False

    async def erase(
        self,
        statement: Statement,
        *,
        erased: Sequence[ErasedEntry],
        plan: bytes,
        without: tuple[Directory, InForce],
        forget: Callable[[], None],
    ) -> int:
        """Make an erasure count: the barrier, with what was said taken back instead of added. Inside `alone` only.

        Args:
            statement: the erasure, checked.
            erased: what is left of each statement that goes.
            plan: for the journal, to be carried on after a crash.
            without: what the journal folds to without them.
            forget: makes others forget, in the step in which the leases end.

        Returns:
            The position of the erasure.
        """
        directory, in_force = without
        moved = self._leases.in_force.differing(in_force)
        entry = await self._journal.erase(statement.signed, erased=erased, plan=plan)
        self._directory.become(directory)
        ended = self._leases.become(in_force, moved)
        self._fold(statement, entry.position)
        forget()
        self._tell.ended(ended)
        self._appended()
        await self._passed()
        await self._said(statement.signed.id, entry.position)
        return entry.position

    async def first(self, policy: Signed, anchors: Signed) -> None:
        """Begin a journal: the policy and the trust anchors, both signed by an anchor they name.

        Where a crash came between the two, the policy that counts already stays, and only the anchors are taken.

        Raises:
            NotRegistered: they are not, or the journal has begun.
        """
        named = read(anchors)
        begun = self._journal.position
        if begun >= BEGINNING or not isinstance(named.body, TrustAnchorsBody):
            raise NotRegistered("a journal begins once, with a registration policy and trust anchors")
        for signed in (policy, anchors)[begun:]:
            await self._count(read(signed))

    def replay(self) -> int:
        """Fold the whole journal again, at start; returns how many statements there were."""
        while batch := self._journal.entries(after=self._folded, limit=_AT_ONCE):
            for entry in batch:
                if isinstance(entry, JournalEntry):
                    self._fold(read_kept(entry.signed, entry.preimage), entry.position)
                else:
                    self._directory.skip(things=entry.things, streams=entry.streams)
                    self._folded = entry.position
        return self._folded

    async def mend(self) -> int:
        """At start: give private statements whose `said` trace a crash prevented their trace; returns how many."""
        mended = 0
        after = self._conduct.said_position
        while batch := self._journal.entries(after=after, limit=_AT_ONCE):
            for entry in batch:
                after = entry.position
                if isinstance(entry, JournalEntry) and _is_private(entry.signed):
                    await self._said(entry.signed.id, entry.position)
                    mended += 1
        return mended

    async def _take_effect(
        self, statement: Statement, preimage: bytes | None, *, asked_ns: int, began: int
    ) -> Accepted:
        """Steps 1 to 5 and the trace, to the end even when whoever asked goes away.

        A row that became durable and was never folded would leave the state behind the journal.
        """
        try:
            position = await self._count(statement, preimage)
            await self._passed()
            effect_ns = self._clock.ticks() - began
            if statement.kind.face is Face.PRIVATE:
                await self._said(statement.signed.id, position)
        finally:
            self._under_way -= 1
            self._going.drop(statement.signed.id)
        return Accepted(statement.signed.id, position, asked_ns, effect_ns)

    async def _take_effect_together(self, statements: Sequence[Statement], *, asked_ns: int, began: int) -> Accepted:
        try:
            entries = await self._journal.append_together([each.signed for each in statements])
            for statement, entry in zip(statements, entries, strict=True):
                self._fold(statement, entry.position)
            self._appended()
            await self._passed()
            effect_ns = self._clock.ticks() - began
            said = [
                self._said_trace(statement.signed.id, entry.position)
                for statement, entry in zip(statements, entries, strict=True)
                if statement.kind.face is Face.PRIVATE
            ]
            await self._conduct.note(said)
        finally:
            self._under_way -= 1
            for each in statements:
                self._going.drop(each.signed.id)
        return Accepted(entries[0].signed.id, entries[0].position, asked_ns, effect_ns)

    async def _count(self, statement: Statement, preimage: bytes | None = None) -> int:
        """Steps 1 and 2, and the beginning of step 3."""
        try:
            entry = await self._journal.append(statement.signed, preimage=preimage)
            if entry.position > self._folded:
                self._fold(statement, entry.position)
        finally:
            if self._ruling is statement.signed:
                self._ruling = None
        self._appended()
        return entry.position

    def _fold(self, statement: Statement | None, position: int) -> None:
        """Step 2 and the first of step 3, without an await: the journal calls back in its order, so positions come one by one.

        None for one whose text has been deleted: it was out of force by then, so it moves nothing.
        """
        if position != self._folded + 1:
            raise RuntimeError("a statement was folded out of the journal's order")
        self._folded = position
        if statement is None:
            return
        self._directory.take(statement)
        ended = self._leases.move(statement)
        self._going.drop(statement.signed.id)
        self._tell.ended(ended)

    async def _passed(self) -> None:
        """The rest of steps 3 and 4: what rested on an ended lease is dropped, and the commit that ran then has ended."""
        await self._tell.quiet()
        await self._conduct.settle()

    async def _said(self, statement: StatementId, position: int) -> None:
        await self._conduct.note([self._said_trace(statement, position)])

    def _said_trace(self, statement: StatementId, position: int) -> NotedTrace:
        trace = SaidTrace(gate_ns=self._clock.now(), statement=statement)
        return NotedTrace(trace.kind, encode(trace), self._entropy(16), position=position)


def _is_private(signed: Signed) -> bool:
    kind = kind_of(signed.headers.content_type)
    return kind is not None and kind.face is Face.PRIVATE
