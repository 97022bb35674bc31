"""A thing that stands is changed: another name or place, other hardware, another home, or it is over.

Rules
- Each is an installation that replaces the former from its acceptance on; what held before stays in the record.
- Other hardware in the same place goes on with the same streams and counts. The credential of the former ends at once and its
  connections are closed; the new one claims its own.
- A thing that goes to another home is over in the one and joins in the other, as a thing of its own: what it said stays with
  the people who lived with it, and nobody who knew its credential can speak in the other home.
- A contract of a stream is looked at again, or ends; the installation says so anew.
- A thing that is over takes nothing more; what it said is read under the grounds it was kept under. It keeps its short name.

Source: things.md, "A thing joins"; docs/decisions/0041. Owner of all state: the event loop.
Left out: erasing what a thing said, other than with the person it concerns.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from troth.clock import Clock
from troth.errors import BadName, Conflict, NotFound, Refused
from troth.gate.grounds.contract import stands
from troth.gate.question import Standing
from troth.journeys.accounts import Account, AccountStore, Bearer
from troth.journeys.installing import Installing, JoinedThing, Looked, StreamRequest, ThingRequest
from troth.journeys.join import Join
from troth.journeys.presence import Presence
from troth.journeys.recognise import CLAIM_S, Recognise
from troth.journeys.say import Say
from troth.names import HouseholdId, Slug, ThingId, check_slug, print_id
from troth.state.directory import Directory, KnownThing
from troth.statements.installation import Contract, Device, InstallationBody
from troth.statements.kinds import KindName

__all__ = ["Alter"]

_OVER: Final = "This thing is over here."
_REVOKED: Final = "What this thing came in with is revoked."
_REPLACED: Final = "Other hardware stands here now."


class Alter:
    """Changes what stands."""

    def __init__(  # noqa: PLR0913 - the wiring of one node, named
        self,
        say: Say,
        accounts: AccountStore,
        *,
        recognise: Recognise,
        presence: Presence,
        installing: Installing,
        join: Join,
        directory: Directory,
        clock: Clock,
        entropy: Callable[[int], bytes],
    ) -> None:
        self._say = say
        self._accounts = accounts
        self._recognise = recognise
        self._presence = presence
        self._installing = installing
        self._join = join
        self._directory = directory
        self._clock = clock
        self._entropy = entropy

    async def rename(
        self, slug: Slug, *, name: str | None = None, place: str | None = None, short: Slug | None = None
    ) -> Slug:
        """Another name, another place of the same home or in public, another short name; returns the short name.

        Raises:
            NotFound: there is no such thing.
            Refused: nothing would change, or the thing is over and more than its short name would.
            BadName, Conflict: the short name is none, or is taken.
        """
        known = self._known(slug)
        body = msgspec.structs.replace(
            known.body,
            name=known.body.name if name is None else name,
            place=known.body.place if place is None else place,
        )
        if body == known.body and short in {None, slug}:
            raise Refused("this is what the thing is called, and where it is")
        if body != known.body:
            self._standing(known)
            if not body.name.strip() or not body.place.strip():
                raise BadName("a thing has a name and a place")
            await self._install(body)
        if short is None or short == slug:
            return slug
        await self._call(check_slug(short), known.thing)
        return short

    async def replace(self, slug: Slug, *, serial: str | None = None) -> str:
        """Other hardware stands in the same place; returns a claim token for it.

        On return the former's credential recognises nobody and its connections are closed.

        Raises:
            NotFound: there is no such thing.
            Refused: it is over.
        """
        known = self._standing(self._known(slug))
        number = 1 if known.body.device is None else known.body.device.number
        device = Device(number + 1, self._clock.now(), serial)
        await self._install(msgspec.structs.replace(known.body, device=device))
        await self._recognise.end(known.thing, _REPLACED)
        self._presence.settled(known.thing)
        return await self._recognise.give(Bearer.CLAIM, Account(b"", Bearer.CLAIM, thing=known.thing), seconds=CLAIM_S)

    async def revoke(self, slug: Slug) -> None:
        """A thing's credential, certificates and claim tokens recognise nobody any more; it stands as before.

        On return that is durable, and its connections are closed. A new claim token lets it in again.

        Raises:
            NotFound: there is no such thing.
        """
        known = self._known(slug)
        await self._recognise.end(known.thing, _REVOKED)
        self._presence.settled(known.thing)

    async def end(self, slug: Slug, *, because: str | None = None) -> int:
        """A thing is over; returns since when (ns UTC).

        On return nothing more of it is kept, its credential recognises nobody and its connections are closed.

        Raises:
            NotFound: there is no such thing.
            Refused: it is over already.
        """
        known = self._standing(self._known(slug))
        now = max(self._clock.now(), known.body.from_ns + 1)
        await self._install(msgspec.structs.replace(known.body, to_ns=now, because=because))
        await self._recognise.end(known.thing, _OVER)
        self._presence.settled(known.thing)
        return now

    async def contract_stands(self, slug: Slug, stream: str, *, review_ns: int) -> None:
        """Somebody has looked at the contract of a stream, and it still holds; the next time is `review_ns`.

        Raises:
            NotFound: there is no such thing, or nothing was ordered of that stream.
            Conflict: the contract has ended, or the day would move sooner.
            Refused: the day is over or too late, or the thing is over.
        """
        known, contract = self._ordered(slug, stream)
        await self._order(known, stream, msgspec.structs.replace(contract, review_ns=review_ns))

    async def contract_ends(self, slug: Slug, stream: str, *, to_ns: int | None = None) -> int:
        """The contract of a stream ends now, or at a later moment; returns when (ns UTC). On return that is in force.

        Raises:
            NotFound: there is no such thing, or nothing was ordered of that stream.
            Conflict: it has ended, or ends sooner already.
            Refused: the moment lies in the past, or the thing is over.
        """
        known, contract = self._ordered(slug, stream)
        now = self._clock.now()
        ends_ns = max(now, contract.from_ns + 1) if to_ns is None else to_ns
        if stands(contract).to_ns <= now or (contract.to_ns is not None and contract.to_ns < ends_ns):
            raise Conflict("this contract has ended, or ends sooner already")
        if ends_ns < now or ends_ns <= contract.from_ns:
            raise Refused("a contract ends after it has begun, and not in the past")
        await self._order(known, stream, msgspec.structs.replace(contract, to_ns=ends_ns))
        return ends_ns

    def look(self, slug: Slug, *, household: HouseholdId | None, place: str, standing: Standing) -> Looked:
        """What is shown before a thing goes there. Nothing is said and nothing kept. Raises as `rehouse`, but Denied."""
        request = self._going(slug, household=household, place=place)
        return self._installing.look(request, standing=standing)

    async def rehouse(
        self, slug: Slug, *, household: HouseholdId | None, place: str, shown: bytes | None, standing: Standing
    ) -> JoinedThing:
        """A thing goes to another home, or out of one into a public place: over here, joined there, with a claim token.

        The former keeps its past under a short name of its own. `shown`: digest of the sheet that whoever asks was shown.

        Raises:
            Denied: the gate does not let it connect there.
            NotFound: there is no such thing or household.
            Refused: it is over, or is there already.
            Undeclared: in the other place nothing is declared for one of its streams.
        """
        request = self._going(slug, household=household, place=place)
        known = self._known(slug)
        # What cannot join there does not end here.
        self._installing.connected(self._installing.plan(request), shown=shown, standing=standing)
        await self.end(slug, because="It went to another place.")
        await self._call(self._former(slug), known.thing)
        return await self._join.thing(msgspec.structs.replace(request, slug=slug), shown=shown, standing=standing)

    async def mend(self) -> None:
        """At start: what a crash left of credentials of things that are over."""
        for known in tuple(self._directory.things.values()):
            if known.body.to_ns is not None:
                await self._recognise.end(known.thing, _OVER)

    def _ordered(self, slug: Slug, stream: str) -> tuple[KnownThing, Contract]:
        known = self._standing(self._known(slug))
        contract = next((each.contract for each in known.body.streams if each.name == stream), None)
        if contract is None:
            raise NotFound("nothing was ordered of a stream of this name")
        return known, contract

    async def _order(self, known: KnownThing, stream: str, contract: Contract) -> None:
        streams = tuple(
            msgspec.structs.replace(each, contract=contract) if each.name == stream else each
            for each in known.body.streams
        )
        await self._install(msgspec.structs.replace(known.body, streams=streams))

    def _going(self, slug: Slug, *, household: HouseholdId | None, place: str) -> ThingRequest:
        known = self._standing(self._known(slug))
        if household == known.body.household:
            raise Refused("it is in this home already; its place there is changed by 'troth thing rename'")
        request = self._there(known.body, household=household, place=place)
        self._installing.check(request)
        return request

    def _there(self, body: InstallationBody, *, household: HouseholdId | None, place: str) -> ThingRequest:
        streams = tuple(StreamRequest(each.name, each.reach, each.other_ways_out) for each in body.streams)
        return ThingRequest(
            name=body.name,
            product=body.product,
            place=place,
            answers=body.answers,
            streams=streams,  # a contract was the former home's
            consideration=body.consideration,
            household=household,
            type=body.type,
            described=body.described,
        )

    def _former(self, slug: Slug) -> Slug:
        names = self._accounts.slugs()
        number = 1
        while (former := Slug(f"{slug[:52]}-until-{number}")) in names:
            number += 1
        return check_slug(former)

    async def _call(self, slug: Slug, thing: ThingId) -> None:
        if self._installing.taken(slug):
            raise Conflict("this short name is taken")
        with self._installing.keeping() as keep:
            keep(slug)
            await self._accounts.name(slug, thing)

    async def _install(self, body: InstallationBody) -> None:
        kind = KindName.INSTALLATION if body.household is None else KindName.HOME_INSTALLATION
        await self._say.say(kind, self._installing.told_first(body), subject=print_id("si", self._entropy(16)))

    def _known(self, slug: Slug) -> KnownThing:
        thing = self._accounts.slugs().get(slug)
        known = None if thing is None else self._directory.things.get(thing)
        if known is None:
            raise NotFound("there is no thing of that name here")
        return known

    def _standing(self, known: KnownThing) -> KnownThing:
        if known.body.to_ns is not None:
            raise Refused("this thing is over here")
        return known
