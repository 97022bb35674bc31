"""A thing joins, and those around it: organisations that answer, products, disclosures, homes, people, recipients, things.

Rules
- Nothing goes live without a named person's dated consideration (S12) and a registered organisation that answers (S17).
- An installation names only streams the product declares; a disclosure too, and no essential purpose may rest on choice.
- A home's installation is private; a public place's is open. The claim token is shown once and spent once.
- Every one of these is a statement of the operator, accepted like any other; there is no other way to change what is in force.

Source: things.md, "A thing joins"; gate.md (essential functions); people.md, "Accounts".
"""

import re
from collections.abc import Callable
from typing import Final

import msgspec

from troth.clock import Clock
from troth.errors import BadName, Conflict, NotFound, Refused, Undeclared
from troth.gate.question import Ground
from troth.journeys.accept import Accept
from troth.journeys.accounts import Account, AccountStore, Bearer
from troth.journeys.choose import key_name
from troth.journeys.recognise import CLAIM_S, INVITATION_S, Recognise
from troth.journeys.say import Say
from troth.journeys.sealing import ledger_name
from troth.names import (
    HouseholdId,
    PersonId,
    PurposeId,
    Slug,
    StreamId,
    ThingId,
    Uri,
    check_slug,
    check_uri,
    print_id,
)
from troth.signing.keys import KeyStore
from troth.state.directory import Directory
from troth.statements.disclosure import DisclosedPurpose, DisclosureBody
from troth.statements.installation import Answering, Consideration, Contract, InstallationBody, InstalledStream
from troth.statements.kinds import Body, KindName
from troth.statements.organisation import OrganisationBody
from troth.statements.passport import PassportBody
from troth.statements.person import HouseholdBody, MembershipBody, PersonBody
from troth.things.observations import Variant

__all__ = ["REACHES", "Join", "JoinedThing", "StreamRequest", "ThingRequest"]

REACHES: Final = ("sealed", "carried", "copied", "declared")
_STREAMS_MAX: Final = 256  # things.md, Limits: streams per thing
_KEPT_DAYS_MAX: Final = 36_500  # a hundred years; more days than a file's number can hold would end the node
_OURS: Final = "urn:troth:"
_REACHED: Final = ("https://", "mailto:")
_TOPICS: Final = frozenset(
    {"refused", "senml"}
)  # things.md, Speaking: `things/<thing>/refused`, `things/<thing>/senml`
_THING_ID: Final = re.compile(r"th[a-z2-7]{26}")
_TYPES: Final = ("number", "integer", "boolean", "text", "json")


class StreamRequest(msgspec.Struct, frozen=True):
    """One stream of a thing that joins. `reach`: sealed, carried, copied or declared (mission.md)."""

    name: str
    reach: str
    other_ways_out: str | None = None
    contract: Contract | None = None


class ThingRequest(msgspec.Struct, frozen=True):
    """A thing that joins. `from_ns`: data before it is refused; None for now."""

    name: str
    product: Uri
    place: str
    answers: Answering
    streams: tuple[StreamRequest, ...]
    consideration: Consideration
    slug: str | None = None
    household: HouseholdId | None = None
    from_ns: int | None = None


class JoinedThing(msgspec.Struct, frozen=True):
    """What the installer gets: identifiers, and the claim token, shown this once."""

    thing: ThingId
    slug: Slug
    claim: str
    datastreams: dict[str, int]


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
    ) -> None:
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
        if not body.name.strip() or not body.contact.startswith(_REACHED):
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
        for recipient in purpose.recipients:
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
            Refused: a role that is not owner or member.
        """
        if household not in self._directory.households:
            raise NotFound("there is no such household here")
        if role not in {"owner", "member"}:
            raise Refused("a role is owner or member in this version")
        person = PersonId(self._entropy(16))
        signer = self._keys.create(key_name(person))
        opener = self._keys.create_opener(ledger_name(person))
        body = PersonBody(person, name, signer.public.cose_key, opener.cose_key)
        await self._say(KindName.PERSON, body, subject=self._fresh("sp"))
        member = MembershipBody(household, person, role, self._clock.now() if from_ns is None else from_ns)
        await self._say(KindName.MEMBERSHIP, member, subject=self._fresh("sm"))
        return person

    async def invite(self, person: PersonId) -> str:
        """A one-time invitation token for a person's pages."""
        if person not in self._directory.persons:
            raise NotFound("there is no such person here")
        return await self._recognise.give(
            Bearer.INVITATION, Account(b"", Bearer.INVITATION, person=person), seconds=INVITATION_S
        )

    async def recipient(self, party: Uri, app: str, purpose: PurposeId) -> str:
        """A token for a registered organisation's app, bound to one purpose."""
        return await self._recognise.give(Bearer.RECIPIENT, self._recipient(party, app, purpose), seconds=None)

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
        self._check(request)
        thing = ThingId(self._entropy(16))
        slug = self._slug(request)
        streams = tuple(
            InstalledStream(StreamId(self._entropy(16)), each.name, each.reach, each.other_ways_out, each.contract)
            for each in request.streams
        )
        body = InstallationBody(
            thing=thing,
            name=request.name,
            product=request.product,
            place=request.place,
            answers=request.answers,
            from_ns=self._clock.now() if request.from_ns is None else request.from_ns,
            streams=streams,
            consideration=request.consideration,
            household=request.household,
        )
        kind = KindName.INSTALLATION if request.household is None else KindName.HOME_INSTALLATION
        signed, _ = self._voice.sign(
            kind, body, subject=self._fresh("si")
        )  # what cannot be said must not keep the name
        await self._accounts.name(slug, thing)
        await self._accept.accept(signed)
        claim = await self._recognise.give(Bearer.CLAIM, Account(b"", Bearer.CLAIM, thing=thing), seconds=CLAIM_S)
        known = self._directory.things[thing]
        return JoinedThing(thing, slug, claim, {name: each.number for name, each in known.streams.items()})

    async def claim_again(self, slug: Slug) -> str:
        """A new claim token for a thing whose token or credential was lost; those made before recognise nobody any more."""
        thing = self._accounts.slugs().get(slug)
        if thing is None:
            raise NotFound("there is no thing of that name here")
        former = self._accounts.of(Bearer.CLAIM, thing=thing)
        token = await self._recognise.give(Bearer.CLAIM, Account(b"", Bearer.CLAIM, thing=thing), seconds=CLAIM_S)
        for each in former:
            await self._accounts.remove(each.digest)
        return token

    def slug_of(self, thing: ThingId) -> Slug | None:
        """The short name of a thing."""
        return next((slug for slug, each in self._accounts.slugs().items() if each == thing), None)

    def _check(self, request: ThingRequest) -> None:
        product = self._directory.products.get(request.product)
        if product is None:
            raise NotFound("there is no such product here")
        self._registered(request.answers.organisation)
        if request.household is not None and request.household not in self._directory.households:
            raise NotFound("there is no such household here")
        disclosed = self._directory.disclosure_of(request.product, request.household)
        known = {each.name for each in disclosed[0].streams} if disclosed is not None else set()
        declared = known & {each.name for each in product.streams}
        names = [each.name for each in request.streams]
        if not names or len(set(names)) != len(names) or not set(names) <= declared:
            raise Undeclared("a thing has at least one stream, none twice, and each with a passport and a disclosure")
        if any(each.reach not in REACHES for each in request.streams):
            raise Refused(f"the reach of a stream is one of {', '.join(REACHES)}")
        if not request.answers.contact.startswith(_REACHED):
            raise Refused("who answers for a thing is reached by a contact that begins with https:// or mailto:")
        thought = request.consideration
        if not (thought.by.strip() and thought.sentence.strip() and thought.date.strip()):
            raise Refused("nothing goes live without one dated sentence of consideration and a name")

    def _slug(self, request: ThingRequest) -> Slug:
        if request.slug is not None:
            slug = check_slug(request.slug)
            if _THING_ID.fullmatch(slug):
                raise BadName("a short name does not look like the identifier of a thing")
            if slug in self._accounts.slugs():
                raise Conflict("this short name is taken")
            return slug
        plain = "".join(c if c.isascii() and c.isalnum() else "-" for c in request.name.lower())
        stem = "-".join(part for part in plain.split("-") if part)[:56].strip("-") or "thing"
        names = self._accounts.slugs()
        number = 1
        while (slug := Slug(stem if number == 1 else f"{stem}-{number}")) in names or _THING_ID.fullmatch(slug):
            number += 1
        return check_slug(slug)

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
