"""The JSON interface of living together: who lives with me, I leave, somebody is removed, somebody moves out.

Rules
- In a person's own session they see their own homes, and leave for themselves. An owner removes who is no owner.
- Whoever runs the place begins and ends a stay, now; they see nobody's list here.
- The answer comes after the barrier: nothing of the home reaches whoever left any more.

Source: people.md, "Accounts"; docs/reference/api.md.
"""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from troth.api.answers import Done
from troth.api.callers import Callers, created, form, resource, shown
from troth.api.forms import household_of
from troth.api.home_forms import DwellerShown, HomeForm, Homes, HomeShown, MadeShown, RemovalForm, StayForm
from troth.errors import Refused
from troth.journeys.belong import Belong, LivedIn
from troth.journeys.join import Join
from troth.names import PersonId, parse_id, print_household, print_person
from troth.things.intervals import FOREVER
from troth.wire.times import parse_time, print_time

__all__ = ["home_routes"]


def home_routes(belong: Belong, join: Join, *, callers: Callers, now: Callable[[], int]) -> list[Route]:
    """All routes of this module. `now`: ns UTC."""

    async def homes(request: Request) -> Response:
        together = belong.together(callers.person(request))
        homes = tuple(map(_home_shown, together.homes))
        return shown(Homes(together.name, homes, together.left, together.removed, together.over))

    async def leave(request: Request) -> Response:
        person = callers.person(request)
        asked = await form(request, HomeForm)
        await belong.leave(person, household_of(asked.household))
        return created(Done(asked.household))

    async def remove(request: Request) -> Response:
        person = callers.person(request)
        asked = await form(request, RemovalForm)
        await belong.remove(person, household_of(asked.household), _person(asked.person))
        return created(Done(asked.person))

    async def move_out(request: Request) -> Response:
        person = request.path_params["person"]
        asked = await form(request, HomeForm)
        await belong.move_out(_person(person), household_of(asked.household))
        return created(Done(person))

    async def move_in(request: Request) -> Response:
        person = request.path_params["person"]
        asked = await form(request, StayForm)
        to_ns = None if asked.to is None else parse_time(asked.to)
        until_ns = None if asked.shifts_until is None else parse_time(asked.shifts_until)
        shifts = None
        if asked.shifts is not None:
            if until_ns is None:
                raise Refused("shifts are said until some day")
            shifts = asked.shifts.weekly(from_ns=now(), to_ns=max(until_ns, now()))
        await join.come_back(
            _person(person),
            household_of(asked.household),
            role=asked.role,
            to_ns=to_ns,
            shifts=shifts,
            shifts_until_ns=until_ns,
        )
        return created(Done(person))

    spoken = callers.spoken
    return [
        resource("/api/home", {"GET": spoken(homes)}),
        resource("/api/home/leave", {"POST": spoken(leave)}),
        resource("/api/home/remove", {"POST": spoken(remove)}),
        resource("/api/people/{person}/move-in", {"POST": callers.operated(move_in)}),
        resource("/api/people/{person}/move-out", {"POST": callers.operated(move_out)}),
    ]


def _person(text: str) -> PersonId:
    return PersonId(parse_id("pe", text))


def _home_shown(home: LivedIn) -> HomeShown:
    people = tuple(
        DwellerShown(
            print_person(each.person),
            each.name,
            each.role,
            print_time(each.from_ns),
            None if each.to_ns is None else print_time(each.to_ns),
            each.you,
            each.removable,
            each.guardians,
            None if each.shift is None else print_time(each.shift.from_ns),
            None if each.shift is None or each.shift.to_ns == FOREVER else print_time(each.shift.to_ns),
            each.unanswered,
        )
        for each in home.dwellers
    )
    made = tuple(
        MadeShown(
            each.name, print_time(each.at_ns), None if each.from_ns is None else print_time(each.from_ns), each.back
        )
        for each in home.made
    )
    return HomeShown(print_household(home.household), home.name, home.owner, people, made)
