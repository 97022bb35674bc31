"""The JSON interface of coming back: signing in, and the list of one's visits.

Rules
- Visits are seen and ended in the session of their holder only, which is named by its token.

Source: people.md, "Accounts"; docs/reference/api.md.
"""

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from troth.api.answers import Entered
from troth.api.callers import Callers, created, form, resource, shown
from troth.errors import WrongToken
from troth.journeys.recognise import Recognise
from troth.journeys.sign_in import SignIn
from troth.journeys.visits import LinkMade, Visit, Visits
from troth.wire.browsers import browser_of
from troth.wire.times import print_time

__all__ = ["SignInForm", "VisitShown", "VisitsShown", "entering_routes"]


class SignInForm(msgspec.Struct, frozen=True):
    """A sign-in name and a password."""

    name: str
    password: str


class VisitShown(msgspec.Struct, frozen=True, omit_defaults=True):
    """One open session: its id among its holder's, what it was opened with, by which browser, and its times."""

    visit: str
    this: bool
    way: str = ""
    browser: str = ""
    since: str | None = None
    used: str | None = None
    ends: str | None = None


class LinkShown(msgspec.Struct, frozen=True, omit_defaults=True):
    """One link that was made for the holder, and when and by which browser it was used."""

    made: str | None = None
    used: str | None = None
    browser: str = ""
    ends: str | None = None


class VisitsShown(msgspec.Struct, frozen=True):
    """Where somebody is known, and the links that were made for them; newest first."""

    visits: tuple[VisitShown, ...]
    links: tuple[LinkShown, ...]


def entering_routes(recognise: Recognise, sign_in: SignIn, visits: Visits, *, callers: Callers) -> list[Route]:
    """All routes of this module."""
    door = _Door(recognise, sign_in, visits=visits, callers=callers)
    open_ = callers.spoken
    return [
        resource("/api/sign-in", {"POST": open_(door.sign_in)}),
        resource("/api/visits", {"GET": open_(door.visits), "DELETE": open_(door.end_others)}),
        resource("/api/visits/{visit}", {"DELETE": open_(door.end)}),
    ]


class _Door:
    def __init__(self, recognise: Recognise, sign_in: SignIn, *, visits: Visits, callers: Callers) -> None:
        self._recognise = recognise
        self._sign_in = sign_in
        self._visits = visits
        self._callers = callers

    async def sign_in(self, request: Request) -> Response:
        said = await form(request, SignInForm)
        address = "" if request.client is None else request.client.host
        session = await self._sign_in.enter(said.name, said.password, address=address, browser=browser_of(request))
        who = self._recognise.token(session)
        if who is None:
            raise WrongToken("this session has ended already")
        return created(Entered(session, "operator" if who.operator else "person" if who.person else "recipient"))

    async def visits(self, request: Request) -> Response:
        standing = self._visits.of(self._callers.session(request))
        return shown(VisitsShown(tuple(map(_visit, standing.visits)), tuple(map(_link, standing.links))))

    async def end(self, request: Request) -> Response:
        await self._visits.end(self._callers.session(request), request.path_params["visit"])
        return Response(status_code=204)

    async def end_others(self, request: Request) -> Response:
        await self._visits.end_others(self._callers.session(request))
        return Response(status_code=204)


def _visit(one: Visit) -> VisitShown:
    return VisitShown(
        one.id,
        one.this,
        "" if one.way is None else one.way.value,
        one.browser,
        _time(one.made_ns),
        _time(one.used_ns),
        _time(one.until_ns),
    )


def _link(one: LinkMade) -> LinkShown:
    return LinkShown(_time(one.made_ns), _time(one.used_ns), one.browser, _time(one.until_ns))


def _time(time_ns: int | None) -> str | None:
    return None if time_ns is None else print_time(time_ns)
