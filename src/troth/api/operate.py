"""The JSON interface of whoever runs a place, of things that claim their credential, and of invitations that are entered.

Rules
- Everything here but `claim`, `enter` and `leave` is the operator's; a thing may read its own counts.
- Every change is a statement made by `journeys/join`; this module reads forms and writes answers.
- A token is answered once, never again, and never logged.

Source: things.md, "A thing joins"; people.md, "Accounts"; docs/reference/api.md.
Left out: what becomes of a thing that stands, which is `altered`; many at once, which is `many`.
"""

from collections.abc import Mapping

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from troth import __version__
from troth.api.answers import (
    Claimed,
    ClaimMade,
    DiskShown,
    Done,
    Entered,
    HouseholdMade,
    Organisations,
    PersonMade,
    Placed,
    ProductShown,
    RecipientMade,
    SegmentShown,
    Status,
    TallyShown,
    ThingMade,
    Things,
    ThingShown,
    WitnessShown,
)
from troth.api.callers import Callers, created, form, resource, shown
from troth.api.forms import (
    DisclosureForm,
    HouseholdForm,
    PersonForm,
    RecipientForm,
    ShownThingForm,
    TokenForm,
    household_of,
    shown_of,
)
from troth.api.joining_forms import sheet_shown
from troth.clock import NS_PER_S
from troth.errors import BadPath, NotFound, WrongToken
from troth.journeys.join import Join, JoinedThing
from troth.journeys.oversee import PAGE_MAX, Only, Oversee, SeenThing
from troth.journeys.recognise import Recognise
from troth.journeys.witness_door import WitnessStanding
from troth.names import PurposeId, Uri, check_slug, check_uri, print_household, print_person, print_thing
from troth.statements.organisation import OrganisationBody
from troth.statements.passport import PassportBody
from troth.wire.browsers import browser_of
from troth.wire.credentials import authorization
from troth.wire.times import print_time

__all__ = ["Addresses", "claim_command", "operate_routes", "thing_made", "thing_shown"]


_PRODUCT = ("household", "product")
_THINGS = ("after", "limit", "only", "text")


class Addresses(msgspec.Struct, frozen=True):
    """Where this node is reached: `url` by people and programs, `mqtt` and `mqtts` by things (`mqtt://HOST:PORT`)."""

    url: str
    mqtt: str
    mqtts: str = ""


def operate_routes(
    join: Join, oversee: Oversee, *, recognise: Recognise, callers: Callers, addresses: Addresses
) -> list[Route]:
    """All routes of this module, to be put below the root of the interface."""
    registering = _Registering(join, callers, addresses=addresses)
    looking = _Looking(oversee, callers, addresses=addresses)
    entering = _Entering(recognise, oversee, addresses=addresses)
    op, open_ = callers.operated, callers.spoken
    return [
        resource("/api/organisations", {"GET": op(looking.organisations), "POST": op(registering.organisation)}),
        resource(
            "/api/products",
            {"GET": op(looking.product), "POST": op(registering.product)},
            query=("household", "product"),
        ),
        resource("/api/disclosures", {"POST": op(registering.disclosure)}),
        resource("/api/households", {"POST": op(registering.household)}),
        resource("/api/people", {"POST": op(registering.person)}),
        resource("/api/recipients", {"POST": op(registering.recipient)}),
        resource(
            "/api/things",
            {"GET": op(looking.things), "POST": op(registering.thing)},
            query=("after", "limit", "only", "text"),
        ),
        resource("/api/things/{slug}/claim", {"POST": op(registering.claim_again)}),
        resource("/api/things/{slug}/tally", {"GET": open_(looking.tally)}),
        resource("/api/status", {"GET": op(looking.status)}),
        resource("/api/claim", {"POST": open_(entering.claim)}),
        resource("/api/enter", {"POST": open_(entering.enter)}),
        resource("/api/leave", {"POST": open_(entering.leave)}),
    ]


class _Registering:
    """What the operator registers."""

    def __init__(self, join: Join, callers: Callers, *, addresses: Addresses) -> None:
        self._join = join
        self._callers = callers
        self._at = addresses

    async def organisation(self, request: Request) -> Response:
        body = await form(request, OrganisationBody)
        said = await self._join.organisation(body)
        from_ns = None if said.moving is None else said.moving.from_ns
        return created(Placed(said.organisation, None if from_ns is None else print_time(from_ns)))

    async def product(self, request: Request) -> Response:
        body = await form(request, PassportBody)
        await self._join.product(body)
        return created(Done(body.product))

    async def disclosure(self, request: Request) -> Response:
        body = (await form(request, DisclosureForm)).body()
        await self._join.disclosure(body)
        return created(Done(body.product))

    async def household(self, request: Request) -> Response:
        body = await form(request, HouseholdForm)
        return created(HouseholdMade(print_household(await self._join.household(body.name, workplace=body.workplace))))

    async def person(self, request: Request) -> Response:
        body = await form(request, PersonForm)
        household = household_of(body.household)
        person = await self._join.person(
            body.name, household, role=body.role, from_ns=body.from_ns(), to_ns=body.to_ns()
        )
        return created(PersonMade(print_person(person), self._link(await self._join.invite(person))))

    async def recipient(self, request: Request) -> Response:
        body = await form(request, RecipientForm)
        party, app, purpose = check_uri(body.party), check_slug(body.app), PurposeId(check_uri(body.purpose))
        token = await self._join.recipient(party, app, purpose, days=body.days)
        return created(RecipientMade(token, self._link(await self._join.invite_recipient(party, app, purpose))))

    async def thing(self, request: Request) -> Response:
        asked, standing = await form(request, ShownThingForm), self._callers.known(request).standing
        shown_ = shown_of(asked.sheet)
        if shown_ is None:
            return shown(sheet_shown(self._join.look(asked.request(), standing=standing)))
        return created(thing_made(await self._join.thing(asked.request(), shown=shown_, standing=standing), self._at))

    async def claim_again(self, request: Request) -> Response:
        slug = check_slug(request.path_params["slug"])
        token = await self._join.claim_again(slug)
        return created(ClaimMade(slug, token, claim_command(token, self._at)))

    def _link(self, token: str) -> str:
        return f"{self._at.url}/enter/{token}"


class _Looking:
    """What the operator looks at, and a thing of itself."""

    def __init__(self, oversee: Oversee, callers: Callers, *, addresses: Addresses) -> None:
        self._oversee = oversee
        self._callers = callers
        self._at = addresses

    async def organisations(self, _request: Request) -> Response:
        # What must be understood is the statement's own and stands in no form: what is read here can be sent again.
        bare = OrganisationBody(Uri(""), "", "").crit
        known = (msgspec.structs.replace(each, crit=bare) for each in self._oversee.organisations())
        return shown(Organisations(tuple(known)))

    async def product(self, request: Request) -> Response:
        asked = request.query_params
        home = asked.get("household")
        product, disclosure = self._oversee.product(
            check_uri(asked.get("product", "")), None if home is None else household_of(home)
        )
        return shown(ProductShown(product, disclosure))

    async def things(self, request: Request) -> Response:
        asked = request.query_params
        try:
            only, limit = Only(asked.get("only", "all")), _limit(asked.get("limit", ""))
        except ValueError as cause:
            raise BadPath("a page of things is asked for with only=all, over, copied, refused or unclaimed") from cause
        page = await self._oversee.page(
            text=asked.get("text", ""), only=only, after=asked.get("after", ""), limit=limit
        )
        return shown(Things(tuple(map(thing_shown, page.things)), page.more))

    async def tally(self, request: Request) -> Response:
        who = self._callers.known(request)
        slug = check_slug(request.path_params["slug"])
        if not who.operator and (who.thing is None or self._oversee.slug_of(who.thing) != slug):
            raise NotFound("there is no thing of that name for this asker")
        return shown(_tally_shown(self._oversee.thing(slug)))

    async def status(self, _request: Request) -> Response:
        now = await self._oversee.standing()
        last = now.last_segment
        return shown(
            Status(
                version=__version__,
                url=self._at.url,
                mqtt=self._at.mqtt,
                operator=now.operator,
                origin=now.origin,
                verifier_key=now.verifier_key,
                journal=now.journal,
                log_size=now.log_size,
                log_root=now.log_root.hex(),
                things=now.things,
                last_segment=None if last is None else SegmentShown(last.number, print_time(last.tick_ns)),
                disk=DiskShown(now.room.free_bytes, now.room.reserve_bytes, now.room.short),
                witnessed_size=now.witnesses.witnessed,
                witnesses=tuple(map(_witness, now.witnesses.each)),
            )
        )


class _Entering:
    """Tokens that are spent, and sessions that end."""

    def __init__(self, recognise: Recognise, oversee: Oversee, *, addresses: Addresses) -> None:
        self._recognise = recognise
        self._oversee = oversee
        self._at = addresses

    async def claim(self, request: Request) -> Response:
        thing, credential = await self._recognise.claim((await form(request, TokenForm)).token)
        seen = self._oversee.installed(thing)
        topics = {name: f"things/{seen.slug}/{name}" for name in seen.datastreams}
        return created(
            Claimed(print_thing(thing), seen.slug, credential, seen.datastreams, topics, self._at.mqtt, seen.reaches),
        )

    async def enter(self, request: Request) -> Response:
        session = await self._recognise.enter((await form(request, TokenForm)).token, browser=browser_of(request))
        who = self._recognise.token(session)
        if who is None:
            raise WrongToken("this session has ended already")
        return created(
            Entered(session, "operator" if who.operator else who.desk or ("person" if who.person else "recipient"))
        )

    async def leave(self, request: Request) -> Response:
        """End the session whose token is in the header. A token that is none, or already ended, is no error."""
        token = authorization(request.headers.raw)
        who = None if token is None else self._recognise.token(token)
        if token is not None and who is not None and who.bearer == "session":
            await self._recognise.leave(token)
        return Response(status_code=204)


def thing_made(joined: JoinedThing, addresses: Addresses) -> ThingMade:
    """What an installer is told of a thing that has joined."""
    command = claim_command(joined.claim, addresses)
    begins = None if joined.begins_ns is None else print_time(joined.begins_ns)
    return ThingMade(
        print_thing(joined.thing), joined.slug, joined.claim, command, joined.datastreams, addresses.mqtt, begins
    )


def _limit(text: str) -> int:
    """How many things a page may have at most; ValueError for what is no whole number."""
    if text and not (text.isascii() and text.isdigit() and len(text) < 10):
        raise ValueError(text)
    return min(int(text or PAGE_MAX), PAGE_MAX)


def claim_command(token: str, addresses: Addresses) -> str:
    """The command with which a claim token is spent."""
    return f"troth thing claim --url {addresses.url} {token}"


def thing_shown(seen: SeenThing) -> ThingShown:
    """A thing as the interface says it."""
    return ThingShown(
        seen.slug,
        seen.name,
        print_thing(seen.thing),
        seen.datastreams,
        _tally_shown(seen),
        place=seen.place,
        claimed=seen.claimed,
        connected=seen.connected,
        device=seen.device,
        over=None if seen.over_ns is None else print_time(seen.over_ns),
        copied=None if seen.copied is None else {sign.value: count for sign, count in seen.copied.signs.items()},
        gateway=seen.gateway,
        speaks_for=seen.speaks_for,
    )


def _tally_shown(seen: SeenThing) -> TallyShown:
    refused: Mapping[str, int] = dict(sorted(seen.tally.refused.items()))
    return TallyShown(seen.tally.stored, seen.tally.repeated, refused, seen.tally.expired)


def _witness(one: WitnessStanding) -> WitnessShown:
    time = print_time(one.time_s * NS_PER_S) if one.time_s else None
    return WitnessShown(one.name, one.key, one.seen.value, one.size, time, one.detail)
