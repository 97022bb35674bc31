"""The page of why things are allowed where nobody is asked: laws, agreements, what may be objected to; and objecting.

Rules
- Anybody reads what is open. A person in their session reads what concerns their home too, what it has ordered, and objects
  there with one press.
- Objecting and taking it back are one press each; the page then says since when it holds.

Source: people.md, "Rules"; gate.md, "Eight grounds".
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from troth.errors import Malformed, NotFound
from troth.journeys.emergency import OpenedEmergency, times_used
from troth.journeys.object import Saying
from troth.names import PurposeId
from troth.web.deployment import Deployment
from troth.web.forms import back_to, fields_of, number_of
from troth.web.sessions import Viewer, check_form, viewer_of
from troth.web.shell import HEADERS, Page, Shell

__all__ = ["ORDERED_MAX", "Grounded"]

ORDERED_MAX: Final = 100  # contracts that whoever runs the place is shown on one page


class Grounded:
    """One method per page."""

    def __init__(self, deployment: Deployment, shell: Shell) -> None:
        self._at = deployment
        self._shell = shell

    def routes(self) -> list[tuple[str, str, Page]]:
        """Path, method and page of each."""
        return [("/grounds", "GET", self.listed), ("/object", "POST", self.object)]

    async def listed(self, request: Request) -> Response:
        """What is asserted, and what the viewer may object to."""
        viewer = viewer_of(request.cookies, self._at.recognise)
        person, more = viewer.person, False
        if viewer.operator:
            grounds = self._at.grounds.all()
            every = await self._at.contracts.every(limit=ORDERED_MAX)
            ordered, more = every.ordered, every.known > len(every.ordered)
        elif person is None:
            grounds, ordered = self._at.grounds.open(), self._at.contracts.open()
        else:
            grounds, ordered = self._at.grounds.at_home(person), self._at.contracts.at_home(person)
        values = {
            "viewer": viewer,
            "grounds": grounds,
            "ordered": ordered,
            "more": more,
            "objectables": () if person is None else self._at.object.objectables(person),
            "emergencies": self._emergencies(viewer),
            "used": times_used(self._at.emergencies.used()[1]),
            "purposes": self._at.grounds.purposes(),
            "products": self._at.grounds.products(),
        }
        return self._shell.show(request, "grounds.html", values)

    def _emergencies(self, viewer: Viewer) -> tuple[OpenedEmergency, ...]:
        if viewer.operator:
            return self._at.emergencies.all()
        at_home = () if viewer.person is None else self._at.emergencies.at_home(viewer.person)
        return (*at_home, *self._at.emergencies.open_ones())

    async def object(self, request: Request) -> Response:
        """Object, or take it back; the page that follows is shown once it is in effect."""
        viewer = viewer_of(request.cookies, self._at.recognise)
        form = await fields_of(request)
        check_form(form.get("key", ""), viewer, role="person")
        stream = self._at.stream_of(number_of(form.get("stream", "")))
        if viewer.person is None or stream is None:
            raise NotFound("there is no such use that this person may object to")
        try:
            saying = Saying(form.get("say", ""))
        except ValueError as cause:
            raise Malformed("what is said is object or take-back") from cause
        purpose = PurposeId(form.get("purpose", ""))
        await self._at.object.say(
            viewer.person, saying, purpose=purpose, stream=stream, made_by="session", visit=viewer.visit
        )
        return RedirectResponse(back_to(form, "/grounds"), status_code=303, headers=HEADERS)
