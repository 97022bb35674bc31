"""The JSON interface of children and guardians: who speaks for whom is the operator's to say; guardians choose for a child.

Rules
- A guardian sees what may be chosen about and what was said, never what was measured for the child alone, nor the child's book.
- Choosing for a child is the same request as choosing for oneself, with the child named.

Source: people.md, "Accounts"; docs/reference/api.md.
"""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from troth.api.answers import ChoiceSaid
from troth.api.callers import Callers, created, form, resource, shown
from troth.api.child_forms import (
    Ages,
    AgeShown,
    ChildChoiceForm,
    ChildObjectionForm,
    Children,
    GuardiansForm,
    child_shown,
    fading_shown,
)
from troth.api.forms import digest_of
from troth.api.places import rule_shown
from troth.api.ward_forms import GuardianRule, wish_shown
from troth.errors import NotFound
from troth.journeys.accept import Accepted
from troth.journeys.guard import Guard
from troth.journeys.places import Places
from troth.journeys.wards import Wards
from troth.names import PersonId, StreamId, parse_id
from troth.wire.times import print_time

__all__ = ["child_routes"]

_NS_PER_MS = 1_000_000


def child_routes(
    guard: Guard, wards: Wards, places: Places, *, callers: Callers, stream_of: Callable[[int], StreamId | None]
) -> list[Route]:
    """All routes of this module. `stream_of`: the stream of a Datastream's number."""

    def stream(number: int) -> StreamId:
        found = stream_of(number)
        if found is None:
            raise NotFound("there is no such choice for this child")
        return found

    async def listed(request: Request) -> Response:
        person = callers.person(request)
        mine = guard.fading(person)
        children = tuple(map(child_shown, guard.wards(person)))
        if mine is None:
            return shown(Children(children))
        rules = tuple(GuardianRule(by, rule_shown(each)) for by, each in places.rules_for(person))
        return shown(Children(children, fading_shown(mine), rules, tuple(map(wish_shown, wards.of_me(person)))))

    async def choose(request: Request) -> Response:
        guardian = callers.person(request)
        said = await form(request, ChildChoiceForm)
        accepted = await guard.choose(
            guardian,
            _person(request),
            said.decision,
            purpose=said.purpose,
            stream=stream(said.datastream),
            notice=digest_of(said.notice),
            variant=said.variant,
            visit=callers.visit(request),
        )
        return created(_said(accepted))

    async def object_(request: Request) -> Response:
        guardian = callers.person(request)
        said = await form(request, ChildObjectionForm)
        accepted = await guard.object(
            guardian,
            _person(request),
            said.say,
            purpose=said.purpose,
            stream=stream(said.datastream),
            visit=callers.visit(request),
        )
        return created(_said(accepted))

    async def state(request: Request) -> Response:
        said = await form(request, GuardiansForm)
        year, month = said.month()
        guardians = [PersonId(parse_id("pe", each)) for each in said.guardians]
        fading = await guard.state(_person(request), guardians, year=year, month=month, country=said.country)
        return created(fading_shown(fading))

    async def ages(_request: Request) -> Response:
        rows = tuple(AgeShown(a.country, a.own_years, a.law, a.source, a.read_on) for a in guard.ages())
        return shown(Ages(*guard.years(), rows))

    spoken = callers.spoken
    return [
        resource("/api/children", {"GET": spoken(listed)}),
        resource("/api/children/{person}/choices", {"POST": spoken(choose)}),
        resource("/api/children/{person}/objections", {"POST": spoken(object_)}),
        resource("/api/people/{person}/guardians", {"POST": callers.operated(state)}),
        resource("/api/ages", {"GET": spoken(ages)}),
    ]


def _person(request: Request) -> PersonId:
    return PersonId(parse_id("pe", request.path_params["person"]))


def _said(accepted: Accepted) -> ChoiceSaid:
    effect_ms = round(accepted.effect_ns / _NS_PER_MS, 3)
    return ChoiceSaid(accepted.statement.hex(), accepted.position, print_time(accepted.asked_ns), effect_ms)
