"""The page of private mode: one press turns it on for a home, a room or a stream, one press ends it; and a schedule.

Rules
- What follows, and what goes on nevertheless, stands there before it is pressed.
- Everybody of the home sees that it is on and since when; the switch is whoever's who said it.

Source: people.md, "Rules"; mission.md (F4).
"""

from collections.abc import Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from troth.errors import Malformed, NotFound
from troth.journeys.privately import Wanted, private_named
from troth.names import HouseholdId, StreamId, parse_id, print_household, print_person
from troth.spans import DAY_NS, HOUR_NS
from troth.web.deployment import Deployment
from troth.web.forms import fields_of, number_of
from troth.web.sessions import Viewer, check_form, viewer_of
from troth.web.shell import HEADERS, Page, Shell
from troth.wire.weeks import WeeklyForm, WindowForm
from troth.wire.zones import here

__all__ = ["PrivatePages", "wanted_in"]

_NOBODY: Final = "there is no such home for this person"


class PrivatePages:
    """One method per page."""

    def __init__(self, deployment: Deployment, shell: Shell) -> None:
        self._at = deployment
        self._shell = shell

    def routes(self) -> list[tuple[str, str, Page]]:
        """Path, method and page of each."""
        return [
            ("/mine/private", "GET", self.look),
            ("/mine/private", "POST", self.begin),
            ("/mine/private/end", "POST", self.end),
        ]

    async def look(self, request: Request) -> Response:
        """What is private, and what can be."""
        viewer = self._viewer(request)
        fading = None if viewer.person is None else self._at.guard.fading(viewer.person)
        values = {
            "viewer": viewer,
            "homes": () if viewer.person is None else self._at.privately.homes(viewer.person),
            "small": fading is not None and fading.stage == "for",
            "home_id": print_household,
            "person_id": print_person,
            "zone": here(),
        }
        return self._shell.show(request, "private.html", values)

    async def begin(self, request: Request) -> Response:
        """On, in effect when the page comes back."""
        viewer = self._viewer(request)
        form = await fields_of(request)
        check_form(form.get("key", ""), viewer, role="person")
        if viewer.person is None:
            raise NotFound(_NOBODY)
        wanted = wanted_in(form, self._at)
        await self._at.privately.begin(viewer.person, wanted, made_by="session", visit=viewer.visit)
        return RedirectResponse("/mine/private", status_code=303, headers=HEADERS)

    async def end(self, request: Request) -> Response:
        """Off."""
        viewer = self._viewer(request)
        form = await fields_of(request)
        check_form(form.get("key", ""), viewer, role="person")
        if viewer.person is None:
            raise NotFound(_NOBODY)
        await self._at.privately.end(viewer.person, private_named(form.get("restriction", "")), visit=viewer.visit)
        back = "/mine" if form.get("back") == "/mine" else "/mine/private"
        return RedirectResponse(back, status_code=303, headers=HEADERS)

    def _viewer(self, request: Request) -> Viewer:
        return viewer_of(request.cookies, self._at.recognise)


def wanted_in(form: Mapping[str, str], at: Deployment) -> Wanted:
    """What a form wants to be private.

    Raises:
        Malformed, NotFound: it says nothing that can be.
    """
    now = at.clock.now()
    household = HouseholdId(parse_id("ho", form.get("home", "")))
    room, stream = _meant(form.get("what", ""), at)
    weekly, to_ns = None, None
    if form.get("days"):
        to_ns = now + _number(form["days"], "days") * DAY_NS
        on = tuple(day for day in range(1, 8) if form.get(f"day{day}"))
        windows = (WindowForm(on, form.get("from", ""), form.get("to", "")),)
        weekly = WeeklyForm(form.get("zone", ""), windows).weekly(from_ns=now, to_ns=to_ns)
    elif form.get("hours"):
        to_ns = now + _number(form["hours"], "hours") * HOUR_NS
    return Wanted(household, room, stream, weekly, to_ns)


def _meant(what: str, at: Deployment) -> tuple[str | None, StreamId | None]:
    """The room or the stream of a field: `home`, `room NAME` or `stream NUMBER`."""
    kind, _, name = what.partition(" ")
    if kind == "room" and name:
        return name, None
    if kind == "stream":
        stream = at.stream_of(number_of(name))
        if stream is None:
            raise NotFound("there is no such stream in this home")
        return None, stream
    if what != "home":
        raise Malformed("what is to be private is the home, a room or a stream")
    return None, None


def _number(text: str, what: str) -> int:
    if not (text.isascii() and text.isdigit()) or not 0 < int(text) < 10_000:
        raise Malformed(f"{what} are a number")
    return int(text)
