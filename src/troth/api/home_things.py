"""The JSON interface of things that people bring into their homes: what stands there and who connected it, and one more.

Rules
- Everything here is a person's, in their own session, and about their own homes. Said without `sheet`, the sheet is answered
  (200) and nothing is registered; said again with its digest, the thing joins (201).

Source: things.md, "A thing joins"; gate.md (connect); docs/reference/api.md.
"""

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from troth.api.callers import Callers, created, form, resource, shown
from troth.api.forms import Title, household_of, shown_of
from troth.api.joining_forms import sheet_shown
from troth.api.operate import Addresses, thing_made
from troth.journeys.home_things import HomeThings, ThingsHome
from troth.journeys.inherit import TypedThing
from troth.names import ThingId, check_slug, parse_id, print_household
from troth.wire.times import print_time

__all__ = ["HomeThingForm", "HomeThingShown", "KindShown", "ThingsHomeShown", "ThingsHomes", "home_thing_routes"]


class HomeThingForm(msgspec.Struct, frozen=True, omit_defaults=True):
    """One more thing of a kind, in a home. `sheet`: digest of what was shown of it."""

    type: str
    name: Title
    place: Title
    household: str
    sheet: str | None = None

    def typed(self) -> TypedThing:
        """What the journey takes; BadName where something cannot be read."""
        return TypedThing(check_slug(self.type), self.name, self.place, household=household_of(self.household))


class HomeThingShown(msgspec.Struct, frozen=True):
    """A thing of a home: since when, and who connected it; null for whoever runs the place.

    `firm`: the invited firm that did; `ends`: whether an owner of the home can end it; `thing`: its identifier.
    """

    name: str
    place: str
    since: str
    by: str | None
    thing: str
    firm: str | None = None
    ends: bool = False


class ThingsHomeShown(msgspec.Struct, frozen=True):
    """A home, whether whoever asks may connect something there, and what stands there, newest first."""

    household: str
    name: str
    owner: bool
    things: tuple[HomeThingShown, ...]


class KindShown(msgspec.Struct, frozen=True):
    """A kind of which one more can be connected."""

    type: str
    title: str


class ThingsHomes(msgspec.Struct, frozen=True):
    """All homes of whoever asks, and the kinds there are."""

    homes: tuple[ThingsHomeShown, ...]
    kinds: tuple[KindShown, ...]


def home_thing_routes(home_things: HomeThings, *, callers: Callers, addresses: Addresses) -> list[Route]:
    """All routes of this module."""

    async def homes(request: Request) -> Response:
        found = tuple(map(_home_shown, home_things.homes(callers.person(request))))
        return shown(ThingsHomes(found, tuple(KindShown(each.type, each.title) for each in home_things.kinds())))

    async def said(request: Request) -> Response:
        person = callers.person(request)
        asked = await form(request, HomeThingForm)
        typed, digest = asked.typed(), shown_of(asked.sheet)
        if digest is None:
            return shown(sheet_shown(home_things.look(person, typed)))
        return created(thing_made(await home_things.connect(person, typed, shown=digest), addresses))

    async def end(request: Request) -> Response:
        person = callers.person(request)
        await home_things.end(person, ThingId(parse_id("th", request.path_params["standing"])))
        return Response(status_code=204)

    spoken = callers.spoken
    return [
        resource("/api/home/things", {"GET": spoken(homes), "POST": spoken(said)}),
        resource("/api/home/things/{standing}/end", {"POST": spoken(end)}),
    ]


def _home_shown(home: ThingsHome) -> ThingsHomeShown:
    things = tuple(
        HomeThingShown(each.name, each.place, print_time(each.from_ns), each.by, each.id, each.firm, each.ends)
        for each in home.things
    )
    return ThingsHomeShown(print_household(home.household), home.name, home.owner, things)
