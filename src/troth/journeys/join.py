"""A thing joins, and those around it: organisations that answer, products, disclosures, homes, people, recipients, things.

Rules
- Nothing goes live without a named person's dated consideration (S12) and a registered organisation that answers (S17).
- An installation names only streams the product declares; a disclosure too, and no essential purpose may rest on choice.
- A thing joins when the gate lets it connect: its sheet was shown to whoever asks, and is still what holds.
- A home's installation is private; a public place's is open. The claim token is shown once and spent once.
- Every one of these is a statement of the operator, accepted like any other; there is no other way to change what is in force.

Source: things.md, "A thing joins"; gate.md (essential functions); people.md, "Accounts".
"""

from collections.abc import Callable
from typing import Final

from troth.clock import NS_PER_S, Clock
from troth.errors import NotFound, Refused
from troth.gate.question import Standing
from troth.journeys.accept import Accept
from troth.journeys.accounts import Account, AccountStore, Bearer
from troth.journeys.answering import carried_over, registered_first
from troth.journeys.declaring import OURS, check_disclosure, check_product, check_registered
from troth.journeys.installing import REACHED, REACHES, Installing, JoinedThing, Looked, StreamRequest, ThingRequest
from troth.journeys.logins import DESKS
from troth.journeys.recognise import CLAIM_S, DAY_S, INVITATION_S, Recognise
from troth.journeys.say import Say
from troth.journeys.sealing import ledger_name
from troth.journeys.voice import key_name
from troth.names import (
    HouseholdId,
    PersonId,
    PurposeId,
    Slug,
    ThingId,
    Uri,
    check_slug,
    check_uri,
    print_id,
)
from troth.signing.keys import KeyStore
from troth.state.belonging import check_role
from troth.state.directory import Directory
from troth.statements.disclosure import DisclosureBody
from troth.statements.kinds import Body, KindName
from troth.statements.organisation import OrganisationBody
from troth.statements.passport import PassportBody
from troth.statements.person import HouseholdBody, InvitationBody, MembershipBody, PersonBody
from troth.things.weekly import Weekly

__all__ = ["REACHES", "Join", "JoinedThing", "StreamRequest", "ThingRequest"]

TOKEN_DAYS: Final = 365  # a program that is used is looked at once a year
TOKEN_DAYS_MAX: Final = 3_650


class Join:
    """Makes the statements of joining."""

    def __init__(
        self,
        accept: Accept,
        accounts: AccountStore,
        *,
        recognise: Recognise,
        keys: KeyStore,
        directory: Directory,
        clock: Clock,
        entropy: Callable[[int], bytes],
        installing: Installing,
    ) -> None:
        self._installing = installing
        self._accept = accept
        self._accounts = accounts
        self._recognise = recognise
        self._keys = keys
        self._directory = directory
        self._clock = clock
        self._entropy = entropy
        self._voice = Say(accept, keys, clock=clock, entropy=entropy)

    async def organisation(self, body: OrganisationBody) -> OrganisationBody:
        """Register an organisation, or a newer name and contact of one; returns what was said.

        Where people are told first, it says when that begins. What is left out of its place, its classes and by when it has to
        be reached stays as it is; one that is new has to be reached within a time (dated data).

        Raises:
            Refused: no name, no contact, or a class that falls away and is not named in `left`.
            NotReached: it would have to be reached later than now, or never.
        """
        check_uri(body.organisation)
        if body.organisation.startswith(OURS):
            raise Refused("this name stands for something here and for no organisation")
        if not body.name.strip() or not body.contact.startswith(REACHED):
            raise Refused("an organisation has a name and a contact that begins with https:// or mailto:")
        known = self._directory.organisations.get(body.organisation)
        now = self._clock.now()
        whole = registered_first(body, at_ns=now) if known is None else carried_over(body, known, at_ns=now)
        said = self._installing.entering(whole)
        await self._say(KindName.ORGANISATION, said, subject=body.organisation)
        return said

    async def product(self, body: PassportBody) -> None:
        """Register a product's passport.

        Raises:
            NotFound: its maker is not registered.
            Refused: a stream twice, of an unknown type, or with a name that is no short name.
        """
        check_product(body, organisations=self._directory.organisations)
        await self._say(KindName.PASSPORT, body, subject=body.product)

    async def disclosure(self, body: DisclosureBody) -> None:
        """Register what is done with a product's streams, everywhere or in the home that it names.

        Raises:
            NotFound: the product, the answering organisation or the household is not registered.
            Undeclared: a stream the product does not have.
            CrossesRedLine: a use that never happens here.
            Refused: an essential purpose that rests on choice, an unknown view or ground, a recipient that is not registered.
        """
        product = self._directory.products.get(body.product)
        check_disclosure(body, product, organisations=self._directory.organisations)
        if body.household is None:
            await self._say(KindName.DISCLOSURE, body, subject=body.product)
        elif body.household in self._directory.households:
            await self._say(KindName.HOME_DISCLOSURE, body, subject=self._fresh("sd"))
        else:
            raise NotFound("there is no such household here")

    async def household(self, name: str, *, workplace: bool = False) -> HouseholdId:
        """Register a household, or with `workplace` a place where people work."""
        household = HouseholdId(self._entropy(16))
        await self._say(KindName.HOUSEHOLD, HouseholdBody(household, name, workplace), subject=self._fresh("ho"))
        return household

    async def person(
        self, name: str, household: HouseholdId, *, role: str, from_ns: int | None = None, to_ns: int | None = None
    ) -> PersonId:
        """Register a person of a household, [from_ns, to_ns) (from now if None, without an end); makes their two keys.

        Raises:
            NotFound: there is no such household.
            Refused: a role that there is not, or a guest without an end.
        """
        if household not in self._directory.households:
            raise NotFound("there is no such household here")
        since_ns = self._clock.now() if from_ns is None else from_ns
        check_role(role, from_ns=since_ns, to_ns=to_ns)
        person = PersonId(self._entropy(16))
        signer = self._keys.create(key_name(person))
        opener = self._keys.create_opener(ledger_name(person))
        body = PersonBody(person, name, signer.public.cose_key, opener.cose_key)
        await self._say(KindName.PERSON, body, subject=self._fresh("sp"))
        member = MembershipBody(household, person, role, since_ns, to_ns)
        await self._say(KindName.MEMBERSHIP, member, subject=self._fresh("sm"))
        return person

    async def come_back(
        self,
        person: PersonId,
        household: HouseholdId,
        *,
        role: str,
        to_ns: int | None = None,
        shifts: Weekly | None = None,
        shifts_until_ns: int | None = None,
    ) -> None:
        """Somebody who is known here belongs to a household from now on, again or as well; until `to_ns`, if given.

        `shifts`: who works there is concerned in these windows only, until `shifts_until_ns`.

        Raises:
            NotFound: there is no such person or household.
            Refused: a role that there is not, or shifts of somebody who does not work there.
        """
        if person not in self._directory.persons or household not in self._directory.households:
            raise NotFound("there is no such person or household here")
        now = self._clock.now()
        check_role(role, from_ns=now, to_ns=to_ns)
        member = MembershipBody(household, person, role, now, to_ns, shifts=shifts, shifts_until_ns=shifts_until_ns)
        await self._say(KindName.MEMBERSHIP, member, subject=self._fresh("sm"))

    async def invite(self, person: PersonId) -> str:
        """A one-time invitation token for a person's pages. That it was made is a statement, for those who live there."""
        if person not in self._directory.persons:
            raise NotFound("there is no such person here")
        now = self._clock.now()
        made = InvitationBody(person, now, now + INVITATION_S * NS_PER_S)
        await self._say(KindName.INVITATION, made, subject=self._fresh("sv"))
        return await self._recognise.give(
            Bearer.INVITATION, Account(b"", Bearer.INVITATION, person=person), seconds=INVITATION_S
        )

    async def recipient(self, party: Uri, app: str, purpose: PurposeId, *, days: int = TOKEN_DAYS) -> str:
        """A token for a registered organisation's app, bound to one purpose, for so many days."""
        if not 1 <= days <= TOKEN_DAYS_MAX:
            raise Refused(f"a token holds 1 to {TOKEN_DAYS_MAX} days")
        holder = self._recipient(party, app, purpose)
        return await self._recognise.give(Bearer.RECIPIENT, holder, seconds=days * DAY_S)

    async def invite_recipient(self, party: Uri, app: str, purpose: PurposeId) -> str:
        """A one-time invitation token for a recipient's screen, bound to one purpose."""
        return await self._recognise.give(Bearer.INVITATION, self._recipient(party, app, purpose), seconds=INVITATION_S)

    async def invite_desk(self, party: Uri, desk: str) -> str:
        """A one-time invitation token for the door of a registered organisation: `maker`, `authority` or `installer`.

        Raises:
            NotFound: the organisation is not registered, or there is no such door.
        """
        self._registered(party)
        if desk not in DESKS:
            raise NotFound("there is no such door")
        holder = Account(b"", Bearer.INVITATION, party=party, purpose=DESKS[desk])
        return await self._recognise.give(Bearer.INVITATION, holder, seconds=INVITATION_S)

    def look(self, request: ThingRequest, *, standing: Standing, by: PersonId | None = None) -> Looked:
        """What is shown before a thing is connected. Nothing is said and nothing kept. Raises as `thing`, but Denied."""
        self._installing.plan(request)
        return self._installing.look(request, standing=standing, by=by)

    async def thing(
        self,
        request: ThingRequest,
        *,
        shown: bytes | None,
        standing: Standing,
        by: PersonId | None = None,
        claim_s: int = CLAIM_S,
    ) -> JoinedThing:
        """Register an installation and give its claim token. `shown`: digest of the sheet that whoever asks was shown.

        `by`: which person asks, where it is one who lives there; `claim_s`: for how many seconds the claim token holds.

        Raises:
            Denied: the gate does not let it connect.
            NotFound: product, answering organisation or household is not registered.
            Undeclared: a stream that the product or its disclosure does not have.
            Refused: no consideration, an unknown reach.
            Conflict: the short name is taken.
        """
        made = self._installing.connected(self._installing.plan(request), shown=shown, standing=standing, by=by)
        with self._installing.keeping() as keep:
            keep(made.slug)
            signed, _ = self._voice.sign(
                made.kind, made.body, subject=self._fresh("si")
            )  # what cannot be said must not keep the name
            await self._accounts.name(made.slug, made.body.thing)
            await self._accept.accept(signed)
        thing = made.body.thing
        claim = await self._recognise.give(Bearer.CLAIM, Account(b"", Bearer.CLAIM, thing=thing), seconds=claim_s)
        known = self._directory.things[thing]
        numbers = {name: each.number for name, each in known.streams.items()}
        begins = [each.begins_ns for each in made.body.streams if each.begins_ns is not None]
        return JoinedThing(thing, made.slug, claim, numbers, max(begins, default=None))

    async def claim_again(self, slug: Slug, *, claim_s: int = CLAIM_S) -> str:
        """A new claim token for a thing whose token or credential was lost; those made before recognise nobody any more."""
        thing = self._accounts.slugs().get(slug)
        if thing is None:
            raise NotFound("there is no thing of that name here")
        known = self._directory.things.get(thing)
        if known is not None and known.body.to_ns is not None:
            raise Refused("this thing is over here")
        former = self._accounts.of(Bearer.CLAIM, thing=thing)
        token = await self._recognise.give(Bearer.CLAIM, Account(b"", Bearer.CLAIM, thing=thing), seconds=claim_s)
        for each in former:
            await self._accounts.remove(each.digest)
        return token

    def slug_of(self, thing: ThingId) -> Slug | None:
        """The short name of a thing."""
        return self._accounts.slug_of(thing)

    def _recipient(self, party: Uri, app: str, purpose: PurposeId) -> Account:
        self._registered(party)
        check_uri(purpose)
        return Account(b"", Bearer.RECIPIENT, party=party, app=check_slug(app), purpose=purpose)

    def _registered(self, party: Uri) -> None:
        check_registered(party, self._directory.organisations)

    def _fresh(self, prefix: str) -> str:
        return print_id(prefix, self._entropy(16))

    async def _say(self, name: KindName, body: Body, *, subject: str) -> None:
        await self._voice.say(name, body, subject=subject)
