"""The page of children and guardians: a guardian answers for a child; a child sees who does, and from when on that fades.

Rules
- Yes and no take one press each and stand beside what follows; nothing is preselected.
- What the child has said stands beside what the guardian has.

Source: people.md, "Rules" and "Accounts".
"""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from troth.errors import BadName, Malformed, NotFound
from troth.journeys.object import Saying
from troth.names import PersonId, PurposeId, parse_id, print_person
from troth.statements.choice import Decision
from troth.web.deployment import Deployment
from troth.web.forms import fields_of, number_of
from troth.web.sessions import check_form, viewer_of
from troth.web.shell import HEADERS, Page, Shell

__all__ = ["ChildrenPages"]


class ChildrenPages:
    """One method per page."""

    def __init__(self, deployment: Deployment, shell: Shell) -> None:
        self._at = deployment
        self._shell = shell

    def routes(self) -> list[tuple[str, str, Page]]:
        """Path, method and page of each."""
        return [("/mine/children", "GET", self.look), ("/mine/children", "POST", self.say)]

    async def look(self, request: Request) -> Response:
        """For whom the viewer speaks, and who speaks for them."""
        viewer = viewer_of(request.cookies, self._at.recognise)
        person = viewer.person
        values = {
            "viewer": viewer,
            "wards": () if person is None else self._at.guard.wards(person),
            "mine": None if person is None else self._at.guard.fading(person),
            "wishes": () if person is None else self._at.wards.of_me(person),
            "rules": () if person is None else self._at.places.rules_for(person),
            "person_id": print_person,
        }
        return self._shell.show(request, "children.html", values)

    async def say(self, request: Request) -> Response:
        """Answer for a child, or object; in effect when the page comes back."""
        viewer = viewer_of(request.cookies, self._at.recognise)
        form = await fields_of(request)
        check_form(form.get("key", ""), viewer, role="person")
        if form.get("wish") and viewer.person is not None:
            await self._wish(form, viewer.person, viewer.visit)
            return RedirectResponse("/mine/children", status_code=303, headers=HEADERS)
        stream = self._at.stream_of(number_of(form.get("stream", "")))
        if viewer.person is None or stream is None:
            raise NotFound("there is no such choice for this child")
        child, purpose = _child(form.get("child", "")), PurposeId(form.get("purpose", ""))
        try:
            if form.get("say"):
                saying, visit = Saying(form["say"]), viewer.visit
                await self._at.guard.object(viewer.person, child, saying, purpose=purpose, stream=stream, visit=visit)
            else:
                decision, notice = Decision(form.get("decision", "")), bytes.fromhex(form.get("notice", ""))
                await self._at.guard.choose(
                    viewer.person,
                    child,
                    decision,
                    purpose=purpose,
                    stream=stream,
                    notice=notice,
                    visit=viewer.visit,
                )
        except ValueError as cause:
            raise Malformed("a choice is give, refuse or withdraw, with the digest of what was shown") from cause
        return RedirectResponse("/mine/children", status_code=303, headers=HEADERS)

    async def _wish(self, form: Mapping[str, str], child: PersonId, visit: bytes) -> None:
        """What the viewer says to what guardians may ask for."""
        try:
            decision = Decision(form.get("decision", ""))
        except ValueError as cause:
            raise Malformed("a choice is give, refuse or withdraw") from cause
        await self._at.wards.says(child, form["wish"], decision, visit=visit)


def _child(text: str) -> PersonId:
    try:
        return PersonId(parse_id("pe", text))
    except BadName as cause:
        raise NotFound("there is no such child of this person") from cause
