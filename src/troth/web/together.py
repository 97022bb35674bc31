"""The page of who lives together: everybody sees everybody, leaves, and an owner removes; two presses each.

Rules
- It says what follows before it happens; nothing is preselected, nobody is asked why.
- What whoever runs the place has made for a home, stays and links, stands here for everybody who lives there.

Source: people.md, "Rules" and "Accounts".
"""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from troth.errors import NotFound
from troth.journeys.belong import Dweller, LivedIn
from troth.names import parse_id, print_household, print_person
from troth.web.deployment import Deployment
from troth.web.forms import fields_of
from troth.web.sessions import Viewer, check_form, viewer_of
from troth.web.shell import HEADERS, Page, Shell

__all__ = ["LivingTogether"]

_NOBODY = "there is no such home for this person"


class LivingTogether:
    """One method per page."""

    def __init__(self, deployment: Deployment, shell: Shell) -> None:
        self._at = deployment
        self._shell = shell

    def routes(self) -> list[tuple[str, str, Page]]:
        """Path, method and page of each."""
        return [
            ("/mine/people", "GET", self.people),
            ("/mine/leave", "GET", self.ask),
            ("/mine/leave", "POST", self.leave),
        ]

    async def people(self, request: Request) -> Response:
        """Who lives where the viewer does."""
        viewer = self._viewer(request)
        together = None if viewer.person is None else self._at.belong.together(viewer.person)
        values = {"viewer": viewer, "together": together, "home_id": print_household, "person_id": print_person}
        return self._shell.show(request, "together.html", values)

    async def ask(self, request: Request) -> Response:
        """What follows when this person leaves, or is removed."""
        viewer = self._viewer(request)
        asked = request.query_params
        home, dweller = self._found(viewer, asked.get("home", ""), asked.get("person", ""))
        values = {
            "viewer": viewer,
            "home": home,
            "dweller": dweller,
            "home_id": print_household,
            "person_id": print_person,
        }
        return self._shell.show(request, "leave.html", values)

    async def leave(self, request: Request) -> Response:
        """Leave, or remove somebody; on the answer it has happened."""
        viewer = self._viewer(request)
        form = await fields_of(request)
        check_form(form.get("key", ""), viewer, role="person")
        home, dweller = self._found(viewer, form.get("home", ""), form.get("person", ""))
        if viewer.person is None:
            raise NotFound(_NOBODY)
        if dweller.you:
            await self._at.belong.leave(viewer.person, home.household)
        else:
            await self._at.belong.remove(viewer.person, home.household, dweller.person)
        return RedirectResponse("/mine" if dweller.you else "/mine/people", status_code=303, headers=HEADERS)

    def _found(self, viewer: Viewer, home: str, person: str) -> tuple[LivedIn, Dweller]:
        """The home and whoever is to leave it: the viewer, or somebody they may remove."""
        if viewer.person is None:
            raise NotFound(_NOBODY)
        named = parse_id("ho", home), parse_id("pe", person)
        for each in self._at.belong.together(viewer.person).homes:
            for dweller in each.dwellers:
                if (each.household, dweller.person) == named and (dweller.you or dweller.removable):
                    return each, dweller
        raise NotFound(_NOBODY)

    def _viewer(self, request: Request) -> Viewer:
        return viewer_of(request.cookies, self._at.recognise)
