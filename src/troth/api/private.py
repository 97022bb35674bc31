"""The JSON interface of private mode: what is private in my homes, turning it on, and ending it.

Rules
- Everything here is a person's, in their own session. Everybody of a home sees what is on; only whoever said it has its name.
- The answer comes after the barrier: nothing of it is collected any more, but for what goes on.

Source: mission.md (F4); gate.md, "The barrier"; docs/reference/api.md.
"""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from troth.api.answers import Done
from troth.api.callers import Callers, created, form, resource, shown
from troth.api.forms import household_of
from troth.api.private_forms import (
    PrivateForm,
    PrivateHomes,
    PrivateHomeShown,
    PrivateMade,
    StandingShown,
)
from troth.errors import NotFound, Refused
from troth.journeys.privately import Privately, Standing, StandingHome, Wanted, private_named
from troth.names import StreamId, print_household, print_person
from troth.statements.restriction import SCHEDULE_DAYS_MAX
from troth.wire.times import parse_time, print_time
from troth.wire.weeks import weekly_form

__all__ = ["home_shown", "private_routes", "standing_shown", "wanted_of"]

NS_PER_MS = 1_000_000


def private_routes(
    privately: Privately,
    *,
    callers: Callers,
    now: Callable[[], int],
    stream_of: Callable[[int], StreamId | None],
    number_of: Callable[[StreamId], int | None],
) -> list[Route]:
    """All routes of this module. `now`: ns UTC; the other two turn Datastream numbers into streams and back."""

    async def homes(request: Request) -> Response:
        found = privately.homes(callers.person(request))
        return shown(PrivateHomes(tuple(home_shown(each, number_of) for each in found)))

    async def begin(request: Request) -> Response:
        person = callers.person(request)
        wanted = wanted_of(await form(request, PrivateForm), now=now, stream_of=stream_of)
        restriction, said = await privately.begin(person, wanted, made_by="session", visit=callers.visit(request))
        return created(PrivateMade(restriction.hex(), round(said.effect_ns / NS_PER_MS, 3)))

    async def end(request: Request) -> Response:
        name = request.path_params["restriction"]
        person = callers.person(request)
        await privately.end(person, private_named(name), visit=callers.visit(request))
        return created(Done(name))

    spoken = callers.spoken
    return [
        resource("/api/private", {"GET": spoken(homes), "POST": spoken(begin)}),
        resource("/api/private/{restriction}/end", {"POST": spoken(end)}),
    ]


def wanted_of(asked: PrivateForm, *, now: Callable[[], int], stream_of: Callable[[int], StreamId | None]) -> Wanted:
    """What a form asks to be private.

    Raises:
        NotFound, BadName, BadTime, Refused: no such stream, home or time, or a schedule without an end.
    """
    to_ns = None if asked.to is None else parse_time(asked.to)
    stream = None if asked.datastream is None else stream_of(asked.datastream)
    if asked.datastream is not None and stream is None:
        raise NotFound("there is no such stream in this home")
    weekly = None
    if asked.weekly is not None:
        if to_ns is None:
            raise Refused("a schedule has an end", hint=f"Say until when: at most {SCHEDULE_DAYS_MAX} days from now.")
        weekly = asked.weekly.weekly(from_ns=now(), to_ns=max(to_ns, now()))
    return Wanted(household_of(asked.household), asked.room, stream, weekly, to_ns)


def home_shown(found: StandingHome, number_of: Callable[[StreamId], int | None]) -> PrivateHomeShown:
    """What is private in a home, and can be, as the interface says it."""
    standing = tuple(standing_shown(each, number_of) for each in found.standing)
    home = found.home
    return PrivateHomeShown(print_household(home.household), home.name, home.rooms, standing, home.goes_on)


def standing_shown(each: Standing, number_of: Callable[[StreamId], int | None]) -> StandingShown:
    """A private mode as the interface says it. `number_of`: the number of a stream's Datastream."""
    numbers = (number_of(stream) for stream in each.streams)
    return StandingShown(
        each.what,
        tuple(number for number in numbers if number is not None),
        each.now,
        print_time(each.since_ns),
        None if each.until_ns is None else print_time(each.until_ns),
        None if each.body.weekly is None else weekly_form(each.body.weekly),
        None if each.mine is None else each.mine.hex(),
        None if each.child is None else print_person(each.child),
        each.by or None,
    )
