"""The page on which somebody leaves for good: what would go and what stays, and one button that does it.

Rules
- It says what would happen before it happens; what is confirmed is what was shown.
- Nothing is preselected, nobody is asked why, and it takes the two steps that a choice takes.

Source: people.md, "Rules"; record.md, "Personal ledgers".
"""

from starlette.requests import Request
from starlette.responses import Response

from troth.errors import Malformed, NotFound
from troth.statements.erasure import Asked
from troth.web.deployment import Deployment
from troth.web.forms import fields_of
from troth.web.sessions import check_form, cookie_header, viewer_of
from troth.web.shell import Page, Shell

__all__ = ["Erasing"]


class Erasing:
    """One method per page."""

    def __init__(self, deployment: Deployment, shell: Shell) -> None:
        self._at = deployment
        self._shell = shell

    def routes(self) -> list[tuple[str, str, Page]]:
        """Path, method and page of each."""
        return [("/mine/erase", "GET", self.ask), ("/mine/erase", "POST", self.erase)]

    async def ask(self, request: Request) -> Response:
        """What would go, and what stays for others."""
        viewer = viewer_of(request.cookies, self._at.recognise)
        if viewer.person is None:
            raise NotFound("there is no such home here")
        values = {"viewer": viewer, "preview": self._at.erase.preview(viewer.person)}
        return self._shell.show(request, "erase.html", values)

    async def erase(self, request: Request) -> Response:
        """Do it, and say so."""
        viewer = viewer_of(request.cookies, self._at.recognise)
        form = await fields_of(request)
        check_form(form.get("key", ""), viewer, role="person")
        if viewer.person is None:
            raise NotFound("there is no such home here")
        try:
            digest = bytes.fromhex(form.get("digest", ""))
        except ValueError as cause:
            raise Malformed("what is confirmed is named by the digest of what was shown") from cause
        await self._at.erase.confirm(viewer.person, digest, made_by=Asked.SESSION)
        answer = self._shell.show(request, "erased.html", {})
        answer.headers.append("set-cookie", cookie_header("person", "", secure=self._at.url.startswith("https:")))
        return answer
