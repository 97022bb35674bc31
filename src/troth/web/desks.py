"""The doors of makers and of authorities: what each comes for, to read and nothing else.

Rules
- Whoever is not in sees how to enter, and not whether there is anything.
- Nothing of a home stands here but a number in whole tens.

Source: people.md (the table of who comes for what); docs/decisions/0061.
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from troth.errors import NotFound
from troth.web.deployment import Deployment
from troth.web.forms import number_of
from troth.web.sessions import viewer_of
from troth.web.shell import Page, Shell

__all__ = ["DeskPages"]

_TOLD: Final = {
    "key": "a key serves, or ended",
    "registration-policy": "who may say what",
    "trust-anchors": "whose word counts",
    "organisation": "who somebody is, and how they are reached",
    "keeping": "where everything is kept",
    "passport": "what a product is",
    "disclosure": "what is done with it, and for whom",
    "installation": "a thing was put in place, or is over",
    "installation-type": "things of one kind",
    "entity": "something was described",
    "red-line": "what never happens here",
    "ground": "why something is allowed",
    "emergency": "an emergency was opened",
    "operator-policies": "rules of this place",
    "sign": "a sign for people who pass",
    "promise": "a promise",
    "support": "somebody stands behind a text",
    "succession": "this log follows another",
}


class DeskPages:
    """One method per page."""

    def __init__(self, deployment: Deployment, shell: Shell) -> None:
        self._at = deployment
        self._shell = shell

    def routes(self) -> list[tuple[str, str, Page]]:
        """Path, method and page of each."""
        return [("/maker", "GET", self.maker), ("/audit", "GET", self.audit)]

    async def maker(self, request: Request) -> Response:
        """A maker's own."""
        viewer = viewer_of(request.cookies, self._at.recognise)
        desk = None
        if "maker" in viewer.desks:
            desk = self._at.desks.maker(viewer.desks["maker"])
        return self._shell.show(request, "maker.html", {"viewer": viewer, "desk": desk, "url": self._at.url})

    async def audit(self, request: Request) -> Response:
        """What an authority looks at."""
        viewer = viewer_of(request.cookies, self._at.recognise)
        before = request.query_params.get("before")
        desk = None
        if "authority" in viewer.desks:
            try:
                place = None if before is None else number_of(before)
            except NotFound:
                place = None
            desk = await self._at.desks.authority(viewer.desks["authority"], before=place)
        values = {"viewer": viewer, "desk": desk, "origin": self._at.origin, "size": self._at.log.size, "told": _TOLD}
        return self._shell.show(request, "audit.html", values)
