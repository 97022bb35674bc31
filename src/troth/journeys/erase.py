"""Somebody is erased: what goes and what stays is said before, then it goes, from everywhere, and nothing links to them.

The order (each step may be done again, and is carried on at the next start after a crash):
 1. the erasure's journal row is durable, and the person's private statements have lost their bytes in the same transaction:
    that is the commit point; in one step of the loop what is in force forgets them, and every lease that read it ends;
 2. a commit that began before has ended; the erasure's own `said` trace is durable: one padded leaf more in the log;
 3. the list of what was erased, outside the data folder, knows it;
 4. accounts: sessions, tokens, invitations, credentials and short names of things that went; what is kept of their MQTT
    sessions;
 5. conduct: rows and sealed traces that were not moved, counts, repeat keys, runs; 6. partitions, and the traces of segments,
    with their salts;
 7. the keys of theirs, that of their ledger too, and of what older backups hold of them; 8. the ledger: sealed day keys and
    sealed traces;
 9. the journal's file is wiped, and the plan of this goes with it.
It is acknowledged after all of them. No segment is made and no other statement accepted between 1 and 9.

Rules
- The person asks in their own session, the guardians of a small child in theirs (`wards`), or whoever runs the place on a
  written request, whose digest the erasure names.
- What was shown is what is done: if it has changed meanwhile, nothing is done and the new preview must be read.
- A preservation in force of anything that would go is in the way of all of it, and says so with its reason and its end.
  Without one, erasure wins.

Source: record.md, "Personal ledgers" and "Loss and restore"; gate.md, "The barrier".
Recipients who have read are ordered to erase before it begins (`erase_orders`). Owner of all state: the event loop.
"""

import hashlib
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from contextlib import suppress
from functools import partial
from typing import Protocol, TypeVar

import msgspec

from troth.clock import Clock
from troth.errors import Conflict, Malformed, NotFound, NotRegistered, Refused
from troth.journeys.accept import Accept, Accepted
from troth.journeys.accounts import AccountStore
from troth.journeys.erasure_list import ID, ErasureList
from troth.journeys.erasure_plan import Plan, Search, going
from troth.journeys.kept_sessions import SessionStore
from troth.journeys.preserve import in_force_for
from troth.journeys.record import InWorker, Record
from troth.names import ID_BYTES, HouseholdId, PersonId, StreamId, ckt_uri, parse_id, print_id, print_person
from troth.signing import cbor
from troth.signing.cose import Signed
from troth.signing.keys import KeyStore
from troth.state.directory import Directory
from troth.state.in_force import InForce
from troth.state.leaving import Leaving, leaving, staying
from troth.statements.erasure import Asked, ErasureBody
from troth.statements.journal import Journal
from troth.statements.kinds import KindName
from troth.statements.preservation import PreservationBody
from troth.statements.statement import Statement, write
from troth.things.backups import BackupKeys
from troth.things.ledgers import LedgerStore
from troth.things.stores import ConductStore, Going, ObservationStore
from troth.tlog.storage import TileStore

__all__ = ["DIGEST_BYTES", "DayKeys", "Erase", "Memory", "Preview"]

T = TypeVar("T")
DIGEST_BYTES = 32
_PRINTED = len(print_person(PersonId(bytes(ID_BYTES))))


def _nothing() -> None:
    """Nothing more is asked."""


class Memory(Protocol):
    """Something that remembers persons or streams outside the stores."""

    def forget(self, gone: Leaving, /) -> None:
        """Forget them, without waiting: this is called in the step in which their leases end."""
        ...


class Orders(Protocol):
    """Tells recipients."""

    async def before_erasure(self, streams: Iterable[StreamId], /) -> int:
        """Order whoever has read these streams to erase what they got; durable on return."""
        ...


class DayKeys(Protocol):
    """What is open in memory for sealing, by person."""

    def forget(self, person: PersonId) -> None:
        """Forget what is open for a person, without waiting."""
        ...


class Whole(Protocol):
    """Runs work to its end, whatever becomes of the caller."""

    def __call__(self, work: Coroutine[None, None, T], /) -> Awaitable[T]:
        """The result of the work; what it raises is raised here, if anybody still waits."""
        ...


class Preview(msgspec.Struct, frozen=True):
    """What an erasure would do. `digest` names exactly this; whoever confirms, confirms it.

    Args:
        name: of the person.
        homes: names of households that go.
        goes: names of things that go, with everything they said.
        stays: names of things that concern others too: what they said stays for them, and the person's concern in it ends.
        preserved: what is frozen now, and why; empty mostly.
        digest: SHA-256.
    """

    name: str
    homes: tuple[str, ...]
    goes: tuple[str, ...]
    stays: tuple[str, ...]
    preserved: tuple[PreservationBody, ...]
    digest: bytes


class Erase:
    """Shows what would go, and makes it go.

    Args:
        ledgers: personal ledgers; `day_keys` what seals into them.
        memories: what else must forget, in the step in which leases end.
        outside: where the list of what was erased is kept.
        pause: lets others run.
        whole: runs work to its end.
    """

    def __init__(  # noqa: PLR0913 - it reaches every place where something is kept
        self,
        accept: Accept,
        record: Record,
        *,
        journal: Journal,
        conduct: ConductStore,
        observations: ObservationStore,
        ledgers: LedgerStore,
        day_keys: DayKeys,
        accounts: AccountStore,
        sessions: SessionStore | None,
        keys: KeyStore,
        outside: TileStore | None,
        backups: BackupKeys | None,
        orders: Orders,
        directory: Directory,
        in_force: InForce,
        memories: Sequence[Memory],
        clock: Clock,
        entropy: Callable[[int], bytes],
        in_worker: InWorker,
        pause: Callable[[], Awaitable[None]],
        whole: Whole,
    ) -> None:
        self._accept = accept
        self._record = record
        self._journal = journal
        self._conduct = conduct
        self._observations = observations
        self._accounts = accounts
        self._sessions = sessions
        self._keys = keys
        self._directory = directory
        self._in_force = in_force
        self._orders = orders
        self._memories = memories
        self._clock = clock
        self._entropy = entropy
        self._in_worker = in_worker
        self._pause = pause
        self._whole = whole
        self._ledgers = ledgers
        self._day_keys = day_keys
        self._erased = ErasureList(outside)
        self._backups = backups

    def preview(self, person: PersonId) -> Preview:
        """What would go and what would stay.

        Raises:
            NotFound: there is no such person here (any more).
        """
        known = self._directory.persons.get(person)
        if known is None:
            raise NotFound("there is no such person here")
        gone = leaving(person, self._directory, self._in_force)
        stays = staying(person, self._directory, self._in_force)
        shown: list[cbor.Encodable] = [
            person,
            list(gone.households),
            list(gone.things),
            list(gone.streams),
            sorted(each.thing for each in stays),
        ]
        return Preview(
            known.name,
            tuple(sorted(self._directory.households.get(each, "") for each in gone.households)),
            tuple(sorted(self._directory.things[each].body.name for each in gone.things)),
            tuple(sorted(each.body.name for each in stays)),
            in_force_for(person, self._in_force, at_ns=self._clock.now()),
            hashlib.sha256(b"troth/erasure/v1\x00" + cbor.encode(shown)).digest(),
        )

    async def confirm(
        self,
        person: PersonId,
        digest: bytes,
        *,
        made_by: Asked,
        request: bytes | None = None,
        still: Callable[[], None] = _nothing,
    ) -> Accepted:
        """Erase somebody. On return nothing leaves any more, and nothing that is kept can be linked to them.

        Args:
            person: who; the caller has recognised them, or whoever runs the place holds their written request.
            digest: of the preview that was shown.
            made_by: their own session, their guardians, or paper.
            request: SHA-256 of the written request; exactly with paper.
            still: raises Refused where it may not be done any more; asked in the step in which it begins to count.

        Raises:
            NotFound: there is no such person here (any more).
            Conflict: something else would go than was shown, or a preservation is in the way.
            Refused: paper without a request, or a request without paper.
            StorageFailed: it may or may not be done by half; the next start carries it on.
        """
        if (made_by is Asked.PAPER) != (request is not None) or (request is not None and len(request) != DIGEST_BYTES):
            raise Refused("a written request is named by its SHA-256, and nothing else is")
        self.check_shown(person, digest)
        with suppress(NotRegistered):  # a policy of before erase orders: nobody stays because others cannot be told
            await self._orders.before_erasure(self._of_homes(person))
        done = await self._whole(self._erase(person, digest=digest, made_by=made_by, request=request, still=still))
        if isinstance(done, Refused):
            raise done
        return done

    async def carry_on(self) -> None:
        """At start, before anything is served: end what a crash interrupted, then apply the list to what was brought back.

        Raises:
            StorageFailed, FormatTooNew: the list cannot be read, or something could not be erased; the node must not serve.
        """
        self._erased.load()
        if self._journal.plan is not None:
            await self._record.finish()
            await self._carry_out(Plan.decode(self._journal.plan))
        if not self._erased.mark:
            return
        await self._forget_backed_up(self._erased.entries)
        await self._record.finish()
        for person in [each for each in self._directory.persons if self._erased.holds(ID, each)]:
            done = await self._erase(person, digest=None, made_by=Asked.LIST)
            if isinstance(done, Refused):
                raise done
        await self._clear(await going(self._erased, self._ledgers))

    async def _erase(
        self,
        person: PersonId,
        *,
        digest: bytes | None,
        made_by: Asked,
        request: bytes | None = None,
        still: Callable[[], None] = _nothing,
    ) -> Accepted | Refused:
        """The whole of it. What is refused is given back: raised in here, it would look like a half-done erasure."""
        asked_ns, began = self._clock.now(), self._clock.ticks()
        search = Search(self._journal, leaving(person, self._directory, self._in_force))
        await search.go_on(self._pause)  # most of the journal, while others are still accepted
        async with self._record.between_segments(), self._accept.alone():
            stay = {each.body.household for each in staying(person, self._directory, self._in_force)}
            try:
                statement = self._accept.check(self._signed(made_by, request, stay=stay))
                still()
                if digest is not None:
                    self.check_shown(person, digest)
            except (Refused, Malformed) as no:
                return no if isinstance(no, Refused) else Refused(no.message)
            gone = leaving(person, self._directory, self._in_force)
            if gone != search.gone:
                search = Search(self._journal, gone)
            await search.go_on(self._pause)
            position = await self._count(statement, search)
            await self._carry_out(search.plan())
        return Accepted(statement.signed.id, position, asked_ns, self._clock.ticks() - began)

    async def _count(self, statement: Statement, search: Search) -> int:
        """Steps 1 and 2."""
        plan = search.plan()

        def forget() -> None:
            for memory in self._memories:
                memory.forget(plan.gone)
            self._day_keys.forget(plan.gone.person)

        return await self._accept.erase(
            statement, erased=search.erased, plan=plan.encode(), without=search.without, forget=forget
        )

    async def _carry_out(self, plan: Plan) -> None:
        """Steps 3 to 9."""
        await self._in_worker(partial(self._erased.add, plan.entries()))
        await self._forget_backed_up(plan.entries())
        await self._clear(await going(self._erased, self._ledgers, plan))
        await self._journal.wiped()

    async def _clear(self, what: Going) -> None:
        """Steps 4 to 8. The ledger is the last: by its day keys the commits are asked, also when this is carried on."""
        await self._accounts.erase(what.gone)
        if self._sessions is not None:
            await self._sessions.erase(what.gone)
        await self._conduct.erase(what)
        await self._observations.erase(what)
        for name in self._keys.names():
            if what.gone(_person_of(name)):
                await self._in_worker(partial(self._keys.forget, name))
        await self._ledgers.erase(what.gone)

    async def _forget_backed_up(self, scopes: Iterable[bytes]) -> None:
        if self._backups is not None:
            await self._in_worker(partial(self._backups.forget, tuple(scopes)))

    def check_shown(self, person: PersonId, digest: bytes) -> None:
        """Return if exactly this would go, and nothing is in the way; raises as `confirm`."""
        preview = self.preview(person)
        if preview.digest != digest:
            raise Conflict("something else would go than was shown", hint="Read what would go now, and confirm that.")
        goes = set(leaving(person, self._directory, self._in_force).streams)
        if any(not each.streams or goes.intersection(each.streams) for each in preview.preserved):
            raise Conflict(
                "what is kept of this person is preserved for an incident or a dispute",
                hint="The reason and the end stand with what would go. It can be erased when that is over.",
            )

    def _of_homes(self, person: PersonId) -> tuple[StreamId, ...]:
        """All streams of the person's homes, those that stay for others too: the person's time in them is theirs."""
        gone = leaving(person, self._directory, self._in_force)
        stays = staying(person, self._directory, self._in_force)
        shared = (stream.stream for thing in stays for stream in thing.streams.values())
        return (*gone.streams, *shared)

    def _signed(self, made_by: Asked, request: bytes | None, *, stay: set[HouseholdId | None]) -> Signed:
        signer = self._keys.signer("operator")
        now = self._clock.now()
        body = ErasureBody(made_by.value, now, request, tuple(sorted(each for each in stay if each is not None)))
        return write(
            KindName.ERASURE,
            body,
            signer=signer,
            issuer=ckt_uri(signer.public.thumbprint),
            subject=print_id("er", self._entropy(16)),
            at_ns=now,
        )


def _person_of(name: str) -> bytes:
    """The person whose key this is, by what its name has between hyphens; no bytes where it is nobody's."""
    try:
        return parse_id("pe", name.partition("-")[2][:_PRINTED])
    except Malformed:
        return b""
