"""A thing joins, and those around it: organisations that answer, products, disclosures, homes, people, recipients, things.

Rules
- Nothing goes live without a named person's dated consideration (S12) and a registered organisation that answers (S17).
- An installation names only streams the product declares; a disclosure too, and no essential purpose may rest on choice.
- A home's installation is private; a public place's is open. The claim token is shown once and spent once.
- Every one of these is a statement of the operator, accepted like any other; there is no other way to change what is in force.

Source: things.md, "A thing joins"; gate.md (essential functions); people.md, "Accounts".
"""

from collections.abc import Callable
from typing import Final

from troth.clock import NS_PER_S, Clock
from troth.errors import NotFound, Refused, Undeclared
from troth.gate.question import Ground
from troth.journeys.accept import Accept
from troth.journeys.accounts import Account, AccountStore, Bearer
from troth.journeys.choose import key_name
from troth.journeys.installing import REACHED, REACHES, Installing, JoinedThing, StreamRequest, ThingRequest
from troth.journeys.recognise import CLAIM_S, DAY_S, INVITATION_S, Recognise
from troth.journeys.say import Say
from troth.journeys.sealing import ledger_name
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
from troth.state.belonging import ROLES
from troth.state.directory import Directory
from troth.statements.disclosure import DisclosedPurpose, DisclosureBody
from troth.statements.kinds import Body, KindName
from troth.statements.organisation import OrganisationBody
from troth.statements.passport import PassportBody
from troth.statements.person import HouseholdBody, InvitationBody, MembershipBody, PersonBody
from troth.things.observations import Variant

__all__ = ["REACHES", "Join", "JoinedThing", "StreamRequest", "ThingRequest"]

_STREAMS_MAX: Final = 256  # things.md, Limits: streams per thing
TOKEN_DAYS: Final = 365  # a program that is used is looked at once a year
TOKEN_DAYS_MAX: Final = 3_650
_KEPT_DAYS_MAX: Final = 36_500  # a hundred years; more days than a file's number can hold would end the node
_OURS: Final = "urn:troth:"
_TOPICS: Final = frozenset(
    {"refused", "senml"}
)  # things.md, Speaking: `things/<thing>/refused`, `things/<thing>/senml`
_TYPES: Final = ("number", "integer", "boolean", "text", "json")


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

    async def organisation(self, body: OrganisationBody) -> None:
        """Register an organisation, or a newer name and contact of one."""
        check_uri(body.organisation)
        if body.organisation.startswith(_OURS):
            raise Refused("this name stands for something here and for no organisation")
        if not body.name.strip() or not body.contact.startswith(REACHED):
            raise Refused("an organisation has a name and a contact that begins with https:// or mailto:")
        await self._say(KindName.ORGANISATION, body, subject=body.organisation)

    async def product(self, body: PassportBody) -> None:
        """Register a product's passport.

        Raises:
            NotFound: its maker is not registered.
            Refused: a stream twice, of an unknown type, or with a name that is no short name.
        """
        check_uri(body.product)
        self._registered(body.maker)
        names = [check_slug(each.name) for each in body.streams]
        if len(set(names)) != len(names) or not names:
            raise Refused("a product has at least one stream, and none twice")
        if len(names) > _STREAMS_MAX:
            raise Refused(f"a product has at most {_STREAMS_MAX} streams")
        if any(
            each.lowest is not None and each.highest is not None and each.lowest > each.highest for each in body.streams
        ):
            raise Refused("the lowest plausible result of a stream is not above the highest")
        if not _TOPICS.isdisjoint(names):
            raise Refused(f"a stream is not called {' or '.join(sorted(_TOPICS))}: those topics are taken")
        if any(each.type not in _TYPES for each in body.streams):
            raise Refused(f"the type of a stream is one of {', '.join(_TYPES)}")
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
        if product is None:
            raise NotFound("there is no such product here")
        self._registered(body.answerable)
        declared = {each.name for each in product.streams}
        for stream in body.streams:
            if stream.name not in declared:
                raise Undeclared("the disclosure speaks of a stream that the product does not have")
            for purpose in stream.purposes:
                self._check_purpose(purpose)
        if body.household is None:
            await self._say(KindName.DISCLOSURE, body, subject=body.product)
        elif body.household in self._directory.households:
            await self._say(KindName.HOME_DISCLOSURE, body, subject=self._fresh("sd"))
        else:
            raise NotFound("there is no such household here")

    def _check_purpose(self, purpose: DisclosedPurpose) -> None:
        check_uri(purpose.purpose)
        if not 1 <= purpose.retention_days <= _KEPT_DAYS_MAX:
            raise Refused(f"data are kept for 1 to {_KEPT_DAYS_MAX} days")
        for view in purpose.variants:
            if Variant.named(view.variant) is None or Ground.named(view.ground) is None:
                raise Refused("the disclosure names a view or a ground that is not known here")
            if purpose.essential and view.ground == Ground.CHOICE:
                raise Refused("an essential function may not depend on a choice")
        for recipient in (*purpose.recipients, *(hop.organisation for hop in purpose.processors)):
            if not recipient.startswith(_OURS):
                self._registered(recipient)

    async def household(self, name: str) -> HouseholdId:
        """Register a household."""
        household = HouseholdId(self._entropy(16))
        await self._say(KindName.HOUSEHOLD, HouseholdBody(household, name), subject=self._fresh("ho"))
        return household

    async def person(self, name: str, household: HouseholdId, *, role: str, from_ns: int | None = None) -> PersonId:
        """Register a person as member of a household from `from_ns` (now if None); makes their two keys.

        Raises:
            NotFound: there is no such household.
            Refused: a role that there is not.
        """
        if household not in self._directory.households:
            raise NotFound("there is no such household here")
        if role not in ROLES:
            raise Refused(f"a role is one of {', '.join(ROLES)}")
        person = PersonId(self._entropy(16))
        signer = self._keys.create(key_name(person))
        opener = self._keys.create_opener(ledger_name(person))
        body = PersonBody(person, name, signer.public.cose_key, opener.cose_key)
        await self._say(KindName.PERSON, body, subject=self._fresh("sp"))
        member = MembershipBody(household, person, role, self._clock.now() if from_ns is None else from_ns)
        await self._say(KindName.MEMBERSHIP, member, subject=self._fresh("sm"))
        return person

    async def come_back(self, person: PersonId, household: HouseholdId, *, role: str) -> None:
        """Somebody who is known here belongs to a household from now on, again or as well.

        Raises:
            NotFound: there is no such person or household.
            Refused: a role that there is not.
        """
        if person not in self._directory.persons or household not in self._directory.households:
            raise NotFound("there is no such person or household here")
        if role not in ROLES:
            raise Refused(f"a role is one of {', '.join(ROLES)}")
        member = MembershipBody(household, person, role, self._clock.now())
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

    async def thing(self, request: ThingRequest) -> JoinedThing:
        """Register an installation and give its claim token.

        Raises:
            NotFound: product, answering organisation or household is not registered.
            Undeclared: a stream that the product or its disclosure does not have.
            Refused: no consideration, an unknown reach.
            Conflict: the short name is taken.
        """
        made = self._installing.plan(request)
        with self._installing.keeping() as keep:
            keep(made.slug)
            signed, _ = self._voice.sign(
                made.kind, made.body, subject=self._fresh("si")
            )  # what cannot be said must not keep the name
            await self._accounts.name(made.slug, made.body.thing)
            await self._accept.accept(signed)
        thing = made.body.thing
        claim = await self._recognise.give(Bearer.CLAIM, Account(b"", Bearer.CLAIM, thing=thing), seconds=CLAIM_S)
        known = self._directory.things[thing]
        return JoinedThing(thing, made.slug, claim, {name: each.number for name, each in known.streams.items()})

    async def claim_again(self, slug: Slug) -> str:
        """A new claim token for a thing whose token or credential was lost; those made before recognise nobody any more."""
        thing = self._accounts.slugs().get(slug)
        if thing is None:
            raise NotFound("there is no thing of that name here")
        known = self._directory.things.get(thing)
        if known is not None and known.body.to_ns is not None:
            raise Refused("this thing is over here")
        former = self._accounts.of(Bearer.CLAIM, thing=thing)
        token = await self._recognise.give(Bearer.CLAIM, Account(b"", Bearer.CLAIM, thing=thing), seconds=CLAIM_S)
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
        if party not in self._directory.organisations:
            raise NotFound("this organisation is not registered here: a party that cannot be reached cannot answer")

    def _fresh(self, prefix: str) -> str:
        return print_id(prefix, self._entropy(16))

    async def _say(self, name: KindName, body: Body, *, subject: str) -> None:
        await self._voice.say(name, body, subject=subject)
