"""The pages of the rules of a place: what holds, for everybody; and writing them, looking at them, putting them in force.

Rules
- Anybody reads the rules, each with what it cites. Writing is for whoever runs the place, and takes two presses: what would
  change is shown between them.
- What was written stays in the form, whatever is wrong with it.
- Whoever runs the place reads what is wrong with the rules in force, as they are looked at today.

Source: people.md, "Rules" (the consequence is shown before the choice); gate.md, step 5.
"""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from troth.errors import TrothError
from troth.journeys.policies import Finding, Looked
from troth.web.deployment import Deployment
from troth.web.filling import Filled, filled_in
from troth.web.sessions import Viewer, check_form, viewer_of
from troth.web.shell import HEADERS, Page, Shell
from troth.wire.problems import reply

__all__ = ["RulePages"]


class RulePages:
    """One method per page."""

    def __init__(self, deployment: Deployment, shell: Shell) -> None:
        self._at = deployment
        self._shell = shell

    def routes(self) -> list[tuple[str, str, Page]]:
        """Path, method and page of each."""
        return [
            ("/rules", "GET", self.listed),
            ("/operate/rules", "GET", self.write),
            ("/operate/rules/look", "POST", self.look),
            ("/operate/rules", "POST", self.put_in_force),
        ]

    async def listed(self, request: Request) -> Response:
        """The rules in force."""
        viewer = viewer_of(request.cookies, self._at.recognise)
        wrong = await self._at.policies.wrong_now() if viewer.operator else ()
        return self._shell.show(
            request, "rules.html", {"viewer": viewer, "now": self._at.policies.now(), "wrong": wrong}
        )

    async def write(self, request: Request) -> Response:
        """The rules in force, to be changed."""
        viewer = viewer_of(request.cookies, self._at.recognise)
        text = self._at.policies.now().text if viewer.operator else ""
        standing = await self._at.policies.wrong_now() if viewer.operator else ()
        return self._form(request, viewer, text or "", standing=standing)

    async def look(self, request: Request) -> Response:
        """What would change; nothing is put in force."""
        viewer, filled = await self._filled(request)
        text = _text(filled)
        try:
            looked = await self._at.policies.look(text or None)
        except TrothError as error:
            return self._form(request, viewer, text, error=error)
        return self._form(request, viewer, text, looked=looked, status=200 if looked.look else 422)

    async def put_in_force(self, request: Request) -> Response:
        """Put in force what was looked at."""
        viewer, filled = await self._filled(request)
        text = _text(filled)
        try:
            await self._at.policies.put_in_force(
                text or None,
                filled.get("because"),
                look=bytes.fromhex(filled.get("look")),
                even_essential=filled.get("even") == "essential",
            )
        except (TrothError, ValueError) as error:
            looked = await self._at.policies.look(text or None)
            wrong = error if isinstance(error, TrothError) else None
            return self._form(request, viewer, text, looked=looked, error=wrong, status=409)
        return RedirectResponse("/rules", status_code=303, headers=HEADERS)

    def _form(
        self,
        request: Request,
        viewer: Viewer,
        text: str,
        *,
        looked: Looked | None = None,
        standing: Sequence[Finding] = (),
        error: TrothError | None = None,
        status: int = 200,
    ) -> Response:
        values = {
            "viewer": viewer,
            "now": self._at.policies.now(),
            "schema": self._at.policies.schema,
            "text": text,
            "looked": looked,
            "standing": standing,
            "wrong": None if error is None else error.message,
        }
        status = reply(error).status if error is not None and status == 200 else status
        return self._shell.show(request, "ruling.html", values, status=status)

    async def _filled(self, request: Request) -> tuple[Viewer, Filled]:
        viewer = viewer_of(request.cookies, self._at.recognise)
        if not viewer.operator:
            check_form("", viewer, role="operator")  # nobody else's form is read
        filled = await filled_in(request)
        check_form(filled.get("key"), viewer, role="operator")
        return viewer, filled


def _text(filled: Filled) -> str:
    """What was written; a browser sends its lines with two marks at their ends."""
    return filled.description.replace("\r\n", "\n").strip()
