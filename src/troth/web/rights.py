"""The pages of rights: what I can do myself and ask for, what is wrong and stopped; and what is asked of whoever runs this.

Rules
- What can be done at once is a link; what is asked has its day on which it is due, and says openly when that is over.
- Every change carries the key of the form.

Source: people.md, "Rules"; mission.md (F24); docs/decisions/0073.
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from troth.errors import BadTime, Malformed, NotFound, Refused, TrothError
from troth.gate.question import Asker
from troth.journeys.marks import Wanted
from troth.journeys.rights import RIGHTS
from troth.names import PersonId
from troth.statements.mark import SAYS_MAX
from troth.web.deployment import Deployment
from troth.web.forms import fields_of, number_of
from troth.web.sessions import Viewer, check_form, viewer_of
from troth.web.shell import HEADERS, Page, Shell
from troth.wire.local_times import parse_local, zone_of
from troth.wire.zones import here

__all__ = ["RightsPages"]

_NAME_HEX: Final = 32


class RightsPages:
    """One method per page."""

    def __init__(self, deployment: Deployment, shell: Shell) -> None:
        self._at = deployment
        self._shell = shell

    def routes(self) -> list[tuple[str, str, Page]]:
        """Path, method and page of each."""
        return [
            ("/mine/rights", "GET", self.desk),
            ("/mine/rights", "POST", self.ask),
            ("/mine/marks", "POST", self.mark),
            ("/operate/requests", "GET", self.due),
            ("/operate/requests", "POST", self.reply),
        ]

    async def desk(self, request: Request) -> Response:
        """A person's own desk."""
        viewer = viewer_of(request.cookies, self._at.recognise)
        return await self._desk(request, viewer, self._own(viewer)[0])

    async def ask(self, request: Request) -> Response:
        """A request."""
        viewer, form = await self._form(request, "person")
        person, _ = self._own(viewer)
        try:
            await self._at.rights.ask(person, form.get("right", ""), words=form.get("words", ""), made_by="session")
        except Refused as refused:
            return await self._desk(request, viewer, person, problem=refused)
        return RedirectResponse("/mine/rights", status_code=303, headers=HEADERS)

    async def mark(self, request: Request) -> Response:
        """Put a mark, or end one."""
        viewer, form = await self._form(request, "person")
        person, _ = self._own(viewer)
        try:
            if form.get("do") == "end":
                await self._at.marks.end(person, _named(form.get("mark", "")), visit=viewer.visit)
            else:
                await self._at.marks.put(person, self._wanted(form), made_by="session", visit=viewer.visit)
        except (Refused, NotFound, BadTime) as refused:
            return await self._desk(request, viewer, person, problem=refused)
        return RedirectResponse("/mine/rights#marks", status_code=303, headers=HEADERS)

    async def due(self, request: Request) -> Response:
        """What is asked of whoever runs the place."""
        viewer = viewer_of(request.cookies, self._at.recognise)
        return self._due(request, viewer)

    async def reply(self, request: Request) -> Response:
        """A reply."""
        viewer, form = await self._form(request, "operator")
        try:
            await self._at.rights.reply(
                _named(form.get("request", "")), form.get("outcome", ""), words=form.get("words", "")
            )
        except Refused as refused:
            return self._due(request, viewer, problem=refused)
        return RedirectResponse("/operate/requests", status_code=303, headers=HEADERS)

    def _wanted(self, form: dict[str, str]) -> Wanted:
        stream = self._at.stream_of(number_of(form.get("datastream", "")))
        if stream is None:
            raise NotFound("there is no such stream in a home of this person at that time")
        zone = zone_of(form.get("zone", "") or here())
        from_ns, to_ns = (parse_local(form.get(each, ""), zone) for each in ("from", "to"))
        return Wanted(stream, from_ns, to_ns, form.get("says", "").strip() or None, form.get("stop") or None)

    async def _desk(
        self, request: Request, viewer: Viewer, person: PersonId, *, problem: TrothError | None = None
    ) -> Response:
        streams = [each for home in self._at.privately.homes(person) for each in home.home.streams]
        values = {
            "viewer": viewer,
            "lines": self._at.rights.desk(person),
            "marks": [
                (each, self._at.correct.of_mark(person, each.body.mark)) for each in self._at.marks.standing(person)
            ],
            "rights": RIGHTS,
            "streams": streams,
            "complaints": self._at.rights.complaints,
            "days_of": self._at.rights.zone,
            "says_max": SAYS_MAX,
            "zone": here(),
            "problem": problem,
        }
        return self._shell.show(request, "rights.html", values, status=200 if problem is None else 400)

    def _due(self, request: Request, viewer: Viewer, *, problem: TrothError | None = None) -> Response:
        if not viewer.operator:
            return self._shell.show(request, "operate.html", {"viewer": viewer, "page": None})
        desk = self._at.rights
        values = {"viewer": viewer, "lines": desk.due(), "days_of": desk.zone, "problem": problem}
        return self._shell.show(request, "requests.html", values, status=200 if problem is None else 400)

    def _own(self, viewer: Viewer) -> tuple[PersonId, Asker]:
        if viewer.person is None or viewer.person_asker is None:
            raise NotFound("there is no such home here")
        return viewer.person, viewer.person_asker

    async def _form(self, request: Request, role: str) -> tuple[Viewer, dict[str, str]]:
        viewer = viewer_of(request.cookies, self._at.recognise)
        form = dict(await fields_of(request))
        check_form(form.get("key", ""), viewer, role=role)
        return viewer, form


def _named(text: str) -> bytes:
    try:
        name = bytes.fromhex(text)
    except ValueError as cause:
        raise Malformed("a mark or a request is named by 32 hexadecimal digits") from cause
    if len(text) != _NAME_HEX:
        raise Malformed("a mark or a request is named by 32 hexadecimal digits")
    return name
