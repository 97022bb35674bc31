"""The page that says what would follow from an answer, before it is given: what would change now, and in the last 30 days.

Rules
- It is looked at and nothing is said by it; the button on it gives the answer in the one press that the choice itself takes.
- Yes and no are foreseen alike.

Source: people.md, "Rules" (the consequence is shown before the choice); mission.md (F9).
"""

from starlette.requests import Request
from starlette.responses import Response

from troth.errors import Malformed, NotFound
from troth.names import PurposeId
from troth.statements.choice import Decision
from troth.statements.kinds import KindName
from troth.web.deployment import Deployment
from troth.web.forms import number_of
from troth.web.sessions import viewer_of
from troth.web.shell import Page, Shell

__all__ = ["Foreseeing"]


class Foreseeing:
    """One page."""

    def __init__(self, deployment: Deployment, shell: Shell) -> None:
        self._at = deployment
        self._shell = shell

    def routes(self) -> list[tuple[str, str, Page]]:
        """Path, method and page."""
        return [("/mine/foresee", "GET", self.foresee)]

    async def foresee(self, request: Request) -> Response:
        """What would follow from one answer to one choice."""
        viewer = viewer_of(request.cookies, self._at.recognise)
        asked = request.query_params
        number, purpose = number_of(asked.get("stream", "")), PurposeId(asked.get("purpose", ""))
        offers = () if viewer.person is None else self._at.choose.offers.all(viewer.person)
        offer = next((o for o in offers if o.stream.number == number and o.purpose.purpose == purpose), None)
        if viewer.person is None or offer is None:
            raise NotFound("there is no such choice for this person")
        try:
            decision = Decision(asked.get("decision", ""))
        except ValueError as cause:
            raise Malformed("an answer is give, refuse or withdraw") from cause
        body = self._at.choose.meant(
            viewer.person,
            decision,
            purpose=purpose,
            stream=offer.stream.stream,
            notice=offer.notice.digest,
            made_by="session",
        )
        values = {
            "viewer": viewer,
            "offer": offer,
            "decision": decision,
            "changes": await self._at.foresee.changes(viewer.person, KindName.CHOICE, body),
            "past": await self._at.foresee.past(viewer.person_asker, KindName.CHOICE, body),
        }
        return self._shell.show(request, "foresee.html", values)
