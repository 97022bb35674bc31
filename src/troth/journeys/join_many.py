"""Many things join at once: all of them are looked at first, then each is put in place, and nobody waits meanwhile.

Rules
- A row is a thing of a type. It counts whole or not at all: its installation is one statement.
- Each thing is asked about at the gate as it would be alone, with the digest of its own sheet.
- A row whose thing stands as the row says is *there*: said again, nothing is added. One that contradicts it is a fault.
- A fault names the column that would have to be another. A row with a fault is not said, and holds no other up.
- Names and claim tokens of a request are kept first, in one change of the accounts; then its statements count, a few at a time.
  What a crash leaves between is a name without a thing, which the next time takes up.
- After TURN_NS of work others have their turn.

Source: things.md, "A thing joins" and "Shape of the hot path" (yield every ~2 ms).
Owner of all state: the event loop.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeAlias

import msgspec

from troth.clock import Clock
from troth.errors import Conflict, Denied, Malformed, NotFound, Refused, TrothError, Undeclared
from troth.gate.question import Standing
from troth.journeys.accept import TOGETHER_MAX, Accept
from troth.journeys.accounts import Account, AccountStore, Bearer
from troth.journeys.inherit import Inherit, TypedThing
from troth.journeys.installing import Installing, Looked, Planned, ThingRequest, stem_of
from troth.journeys.recognise import CLAIM_S, Recognise
from troth.journeys.say import Say
from troth.names import Slug, ThingId, check_slug, print_id
from troth.signing.cose import Signed
from troth.state.directory import Directory, KnownThing
from troth.statements.texts import check_texts

__all__ = [
    "ROWS_MAX",
    "FairTurn",
    "JoinMany",
    "LookedRow",
    "Renewed",
    "RowFault",
    "RowJoined",
    "RowStands",
    "check_length",
]

ROWS_MAX: Final = 250  # rows of one request; their names are one change of the accounts
TURN_NS: Final = 2_000_000  # things.md: a request that touches many streams yields every ~2 ms, or withdrawal waits


class RowFault(msgspec.Struct, frozen=True):
    """What is wrong with a row: which column, and why."""

    column: str
    error: TrothError


class RowStands(msgspec.Struct, frozen=True):
    """A thing stands as the row says. `claimed`: it has its credential already."""

    slug: Slug
    claimed: bool


class RowJoined(msgspec.Struct, frozen=True):
    """A thing has joined, or would if it were said and `looked` is confirmed (then `claim` is None)."""

    slug: Slug
    claim: str | None
    looked: Looked | None = None


class Renewed(msgspec.Struct, frozen=True):
    """A fresh claim token of a thing."""

    slug: Slug
    claim: str


LookedRow: TypeAlias = tuple[Slug, ThingRequest] | RowStands | RowFault
"""A row that would join, with its short name and all that it says; or that does not."""


class FairTurn:
    """Gives others their turn after TURN_NS of work."""

    def __init__(self, clock: Clock, pause: Callable[[], Awaitable[None]]) -> None:
        self._clock = clock
        self._pause = pause
        self._began = clock.ticks()

    async def fair(self) -> None:
        """Wait for the others, where it is their turn."""
        if self._clock.ticks() - self._began > TURN_NS:
            await self._pause()
            self._began = self._clock.ticks()


class JoinMany:
    """Takes rows of things that join."""

    def __init__(  # noqa: PLR0913 - the wiring of one node, named
        self,
        accept: Accept,
        accounts: AccountStore,
        *,
        say: Say,
        recognise: Recognise,
        inherit: Inherit,
        installing: Installing,
        directory: Directory,
        clock: Clock,
        entropy: Callable[[int], bytes],
        pause: Callable[[], Awaitable[None]],
    ) -> None:
        self._accept = accept
        self._accounts = accounts
        self._say = say
        self._recognise = recognise
        self._inherit = inherit
        self._installing = installing
        self._directory = directory
        self._clock = clock
        self._entropy = entropy
        self._pause = pause

    def turn(self) -> FairTurn:
        """What lets others have their turn while rows are looked at."""
        return FairTurn(self._clock, self._pause)

    async def check(self, rows: Sequence[TypedThing], *, standing: Standing) -> list[RowJoined | RowStands | RowFault]:
        """What would become of each row, in order. Nothing is said and nothing kept.

        Raises:
            Refused: more than ROWS_MAX rows.
        """
        return await self.would(await self._look(rows), standing=standing)

    async def would(self, looked: Sequence[LookedRow], *, standing: Standing) -> list[RowJoined | RowStands | RowFault]:
        """The same of rows that were looked at."""
        found: list[RowJoined | RowStands | RowFault] = []
        turn = self.turn()
        for each in looked:
            if not isinstance(each, tuple):
                found.append(each)
                continue
            found.append(RowJoined(each[0], None, self._installing.look(each[1], standing=standing)))
            await turn.fair()
        return found

    async def join(self, rows: Sequence[TypedThing], *, standing: Standing) -> list[RowJoined | RowStands | RowFault]:
        """Put in place what joins; what became of each row, in order. On return all of it counts and is durable.

        Raises:
            Refused: more than ROWS_MAX rows.
            StorageFailed: the node must stop.
        """
        return await self.said(await self._look(rows), [each.sheet for each in rows], standing=standing)

    async def said(
        self,
        looked: Sequence[LookedRow],
        sheets: Sequence[bytes | None],
        *,
        standing: Standing,
        label_s: Callable[[ThingRequest], int] = lambda _request: CLAIM_S,
    ) -> list[RowJoined | RowStands | RowFault]:
        """The same of rows that were looked at, each with the digest of what was shown of it.

        `label_s`: for how many seconds the claim token of a thing holds.
        """
        found: list[RowJoined | RowStands | RowFault] = []
        planned: list[tuple[Planned, Signed]] = []
        accounts: list[Account] = []
        turn = self.turn()
        with self._installing.keeping() as keep:
            for sheet, each in zip(sheets, looked, strict=True):
                if not isinstance(each, tuple):
                    found.append(each)
                    continue
                try:
                    made = self._installing.plan(each[1])
                    made = self._installing.connected(made, shown=sheet, standing=standing)
                    keep(made.slug)
                    signed, _ = self._say.sign(made.kind, made.body, subject=print_id("si", self._entropy(16)))
                except TrothError as error:
                    column = "sheet" if isinstance(error, Denied) else "slug" if isinstance(error, Conflict) else "name"
                    found.append(RowFault(column, error))
                    continue
                token, account = self._recognise.claim_for(made.body.thing, seconds=label_s(each[1]))
                planned.append((made, signed))
                accounts.append(account)
                found.append(RowJoined(made.slug, token))
                await turn.fair()
            if planned:
                await self._count(planned, accounts)
        return found

    async def renew(self, slugs: Sequence[Slug]) -> list[Renewed | RowFault]:
        """A fresh claim token for each of these things; those before it recognise nobody any more.

        Raises:
            Refused: more than ROWS_MAX.
        """
        check_length(slugs)
        found: list[Renewed | RowFault] = []
        accounts: list[Account] = []
        for slug in slugs:
            thing = self._accounts.slugs().get(slug)
            known = None if thing is None else self._directory.things.get(thing)
            if known is None or known.body.to_ns is not None:
                found.append(RowFault("slug", NotFound("there is no thing of that name here, or it is over")))
                continue
            token, account = self._recognise.claim_for(known.thing)
            accounts.append(account)
            found.append(Renewed(slug, token))
        await self._accounts.join((), accounts)
        return found

    async def _count(self, planned: Sequence[tuple[Planned, Signed]], accounts: Sequence[Account]) -> None:
        named: list[tuple[Slug, ThingId]] = [(made.slug, made.body.thing) for made, _ in planned]
        await self._accounts.join(named, accounts)
        for start in range(0, len(planned), TOGETHER_MAX):
            await self._accept.accept_together([signed for _, signed in planned[start : start + TOGETHER_MAX]])

    async def _look(self, rows: Sequence[TypedThing]) -> list[LookedRow]:
        check_length(rows)
        turn = self.turn()
        seen: set[Slug] = set()
        found: list[LookedRow] = []
        for row in rows:
            looked = self._row(row)
            slug = None if isinstance(looked, RowFault) else looked.slug if isinstance(looked, RowStands) else looked[0]
            if slug in seen:
                looked = RowFault("slug", Conflict("another row has this short name: give one of them another"))
            elif slug is not None:
                seen.add(slug)
            found.append(looked)
            await turn.fair()
        return found

    def _row(self, row: TypedThing) -> LookedRow:
        """One row, column by column, so that what is wrong has its column."""
        try:
            column = "name"
            check_texts(msgspec.structs.replace(row, place="", streams=()))
            column = "place"
            check_texts(msgspec.structs.replace(row, streams=()))
            column = "ways_out"
            check_texts(row)
            column = "slug"
            slug = check_slug(stem_of(row.name) if row.slug is None else row.slug)
            column = "household"
            if row.household is not None and row.household not in self._directory.households:
                return RowFault(column, NotFound("there is no such household here"))
            column = "type"
            if row.type not in self._directory.types:
                return RowFault(column, NotFound("there is no such type here", hint="'troth type list' shows all."))
            column = "reach"
            request = msgspec.structs.replace(self._inherit.request(row), slug=slug)
            thing = self._accounts.slugs().get(slug)
            known = None if thing is None else self._directory.things.get(thing)
            if known is not None:
                return self._standing(row, slug, known)
            column = "slug"
            if self._installing.taken(slug):
                return RowFault(column, Conflict("this short name is taken"))
            column = "type"
            self._installing.check(request)
        except (Refused, Undeclared, NotFound, Malformed) as error:
            return RowFault(column, error)
        return slug, request

    def _standing(self, row: TypedThing, slug: Slug, known: KnownThing) -> RowStands | RowFault:
        body = known.body
        if body.to_ns is not None:
            return RowFault("slug", Conflict("a thing of this short name is over: give another"))
        own = {each.name: each for each in row.streams}
        stands = {
            "type": body.type is not None and self._directory.type_names.get(body.type) == row.type,
            "name": body.name == row.name,
            "place": body.place == row.place,
            "household": body.household == row.household,
            "reach": all(
                words.reach in {None, each.reach} and words.other_ways_out in {None, each.other_ways_out}
                for each in body.streams
                for words in [own.get(each.name)]
                if words is not None
            ),
        }
        other = next((column for column, same in stands.items() if not same), None)
        if other is not None:
            return RowFault(other, Conflict("a thing of this short name stands here, and this is not as it stands"))
        kinds = (Bearer.THING, Bearer.CERTIFICATE)
        return RowStands(slug, any(self._accounts.of(each, thing=known.thing) for each in kinds))


def check_length(rows: Sequence[object]) -> None:
    """Return if so many rows are taken at once; Refused otherwise."""
    if len(rows) > ROWS_MAX:
        raise Refused(f"at most {ROWS_MAX} rows are taken at once")
