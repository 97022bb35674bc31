"""Who may connect things where, on pages: an owner's for their homes, and that of whoever runs the place.

Rules
- Everybody of a home sees which firm is invited there, by whom and until when, and what it has connected; an owner changes it.
- Ending takes one press where it is seen; so does taking over what was handed over. All of it works without scripts.

Source: people.md, "Rules" and "Words"; docs/decisions/0116-an-installer-is-invited-to-a-place.md.
"""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from troth.errors import TrothError
from troth.names import HouseholdId, InstallerId, PersonId, check_uri, parse_id, print_household
from troth.statements.installer import DAYS_MAX
from troth.web.deployment import Deployment
from troth.web.forms import fields_of, number_of
from troth.web.sessions import Viewer, check_form, viewer_of
from troth.web.shell import HEADERS, Page, Shell
from troth.wire.problems import reply

__all__ = ["InvitingPages"]

_MINE = "/mine/installers"
_OURS = "/operate/installers"
_DAYS = 7  # what stands in the form before somebody changes it


class InvitingPages:
    """One method per page."""

    def __init__(self, deployment: Deployment, shell: Shell) -> None:
        self._at = deployment
        self._shell = shell

    def routes(self) -> list[tuple[str, str, Page]]:
        """Path, method and page of each."""
        return [
            (_MINE, "GET", self.mine),
            (_MINE, "POST", self.change_mine),
            (_OURS, "GET", self.ours),
            (_OURS, "POST", self.change_ours),
        ]

    async def mine(self, request: Request) -> Response:
        """Who is invited into my homes."""
        return self._mine(request, viewer_of(request.cookies, self._at.recognise))

    async def change_mine(self, request: Request) -> Response:
        """An owner invites, ends or takes over."""
        viewer = viewer_of(request.cookies, self._at.recognise)
        form = await fields_of(request) if viewer.person is not None else {}
        check_form(form.get("key", ""), viewer, role="person")
        try:
            await self._do(form, by=viewer.person)
        except TrothError as error:
            return self._mine(request, viewer, error)
        return RedirectResponse(_MINE, status_code=303, headers=HEADERS)

    async def ours(self, request: Request) -> Response:
        """Who is invited anywhere, for whoever runs the place."""
        viewer = viewer_of(request.cookies, self._at.recognise)
        if not viewer.operator:
            return self._shell.show(request, "operate.html", {"viewer": viewer, "page": None})
        return self._ours(request, viewer)

    async def change_ours(self, request: Request) -> Response:
        """Whoever runs the place invites, ends, takes over, or closes a door."""
        viewer = viewer_of(request.cookies, self._at.recognise)
        form = await fields_of(request) if viewer.operator else {}
        check_form(form.get("key", ""), viewer, role="operator")
        try:
            if form.get("do") == "close":
                await self._at.installers.close(check_uri(form.get("party", "")))
            else:
                await self._do(form, by=None)
        except TrothError as error:
            return self._ours(request, viewer, error)
        return RedirectResponse(_OURS, status_code=303, headers=HEADERS)

    async def _do(self, form: Mapping[str, str], *, by: PersonId | None) -> None:
        installers = self._at.installers
        match form.get("do"):
            case "end":
                await installers.end(_invitation(form), by=by)
            case "accept":
                await installers.accept(_invitation(form), by=by)
            case _:
                home, place = form.get("home", ""), form.get("place", "").strip()
                await installers.invite(
                    check_uri(form.get("party", "")),
                    days=number_of(form.get("days", "")),
                    household=HouseholdId(parse_id("ho", home)) if home else None,
                    place=place or None,
                    by=by,
                )

    def _mine(self, request: Request, viewer: Viewer, error: TrothError | None = None) -> Response:
        homes = () if viewer.person is None else self._at.installers.homes(viewer.person)
        owned = [(print_household(each.household), each.name) for each in homes if each.owner]
        return self._show(
            request,
            {
                "viewer": viewer,
                "inside": viewer.person is not None,
                "at": _MINE,
                "back": "/mine",
                "key": viewer.forms.get("person", ""),
                "groups": [(each.name, each.owner, each.installers) for each in homes],
                "owned": owned,
                "firms": self._at.installers.firms() if owned else (),
            },
            error,
        )

    def _ours(self, request: Request, viewer: Viewer, error: TrothError | None = None) -> Response:
        everywhere = self._at.installers.all()
        return self._show(
            request,
            {
                "viewer": viewer,
                "inside": True,
                "at": _OURS,
                "back": "/operate",
                "key": viewer.forms["operator"],
                "groups": [("All invitations", True, everywhere)],
                "owned": [(print_household(home), name) for home, name in self._at.connect.homes()],
                "firms": self._at.installers.firms(),
            },
            error,
        )

    def _show(self, request: Request, values: Mapping[str, object], error: TrothError | None) -> Response:
        said = {
            "wrong": None if error is None else error.message,
            "hint": None if error is None else error.hint,
            "days": _DAYS,
            "days_max": DAYS_MAX,
        }
        status = 200 if error is None else reply(error).status
        return self._shell.show(request, "installers.html", dict(values) | said, status=status)


def _invitation(form: Mapping[str, str]) -> InstallerId:
    return InstallerId(parse_id("iv", form.get("invitation", "")))
