"""The page on which somebody takes everything about themself along: asked for, watched, fetched, deleted.

Rules
- Everything works by forms and links; while it is made, the page renews itself where a script may, and has a link where not.
- What is in the archive is said before it is asked for, and what ended it afterwards.

Source: people.md, "Rules" (long work shows progress); docs/reference/export.md.
"""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from troth.errors import Busy, Conflict, NotFound
from troth.web.deployment import Deployment
from troth.web.forms import fields_of
from troth.web.sessions import COOKIES, Viewer, check_form, viewer_of
from troth.web.shell import HEADERS, Page, Shell

__all__ = ["ExportPages"]


class ExportPages:
    """One method per page."""

    def __init__(self, deployment: Deployment, shell: Shell) -> None:
        self._at = deployment
        self._shell = shell

    def routes(self) -> list[tuple[str, str, Page]]:
        """Path, method and page of each."""
        return [
            ("/mine/export", "GET", self.look),
            ("/mine/export", "POST", self.change),
            ("/mine/export/everything-about-me.zip", "GET", self.archive),
        ]

    async def look(self, request: Request) -> Response:
        """How far it is."""
        viewer = viewer_of(request.cookies, self._at.recognise)
        if viewer.person is None:
            raise NotFound("there is no such home here")
        return self._shown(request, viewer)

    async def change(self, request: Request) -> Response:
        """Have it put together, or delete it."""
        viewer = viewer_of(request.cookies, self._at.recognise)
        form = await fields_of(request)
        check_form(form.get("key", ""), viewer, role="person")
        asker, person = viewer.person_asker, viewer.person
        if asker is None or person is None:
            raise NotFound("there is no such home here")
        if form.get("do") == "end":
            self._at.exports.end(asker)
        else:
            fill = self._at.everything(asker, person, session=request.cookies.get(COOKIES["person"], ""))
            try:
                self._at.exports.begin(asker, fill)
            except Conflict:
                pass  # it is being made already, as the page says
            except Busy as busy:
                return self._shown(request, viewer, problem=busy)
        return RedirectResponse("/mine/export", status_code=303, headers=HEADERS)

    async def archive(self, request: Request) -> Response:
        """The archive, or a part of it."""
        viewer = viewer_of(request.cookies, self._at.recognise)
        if viewer.person_asker is None:
            raise NotFound("there is no such home here")
        return self._at.archive(request, viewer.person_asker, still=viewer.holds)

    def _shown(self, request: Request, viewer: Viewer, *, problem: Busy | None = None) -> Response:
        values = {"viewer": viewer, "seen": self._at.exports.seen(viewer.person_asker), "problem": problem}
        return self._shell.show(request, "export.html", values, status=200 if problem is None else 429)
