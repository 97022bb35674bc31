"""Pages of bringing somebody of one's own to share with: who it is, the link to pass on, and where they accept.

Rules
- What the party owes stands before the press, on both sides. The link and the token are shown once.
- Whoever brings states that it is no designated gatekeeper; the box is empty until they tick it.

Source: people.md, "Rules"; Data Act, Article 5; docs/decisions/0076-a-person-brings-somebody-to-share-with.md.
"""

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from troth.errors import BadName, Malformed, NotFound, Refused, WrongToken
from troth.journeys.bring import Newcomer
from troth.journeys.share_values import Wanted
from troth.names import PersonId, StreamId, Uri, check_uri, parse_id
from troth.spans import DAY_NS
from troth.statements.third_party import BROUGHT, brought_uri
from troth.things.variants import Variant
from troth.web.deployment import Deployment
from troth.web.forms import days_of, fields_of, notice_of_form, number_of
from troth.web.qr import qr_svg
from troth.web.sessions import check_form, viewer_of
from troth.web.shell import Page, Shell

__all__ = ["BringingPages"]

_NOBODY = "there is nobody of this name whom this person has brought"


class BringingPages:
    """One method per page."""

    def __init__(self, deployment: Deployment, shell: Shell) -> None:
        self._at = deployment
        self._shell = shell

    def routes(self) -> list[tuple[str, str, Page]]:
        """Path, method and page of each."""
        return [
            ("/mine/shares/bring", "POST", self.bring),
            ("/invited/{token}", "GET", self.invited),
            ("/invited", "POST", self.accept),
        ]

    async def bring(self, request: Request) -> Response:
        """Bring somebody, or make another link for somebody who has not come yet."""
        viewer = viewer_of(request.cookies, self._at.recognise)
        form = dict(await fields_of(request))
        check_form(form.get("key", ""), viewer, role="person")
        if viewer.person is None:
            raise NotFound(_NOBODY)
        if form.get("do") == "link":
            try:
                party = brought_uri(parse_id("tp", form.get("party", "")))
            except BadName as cause:
                raise NotFound(_NOBODY) from cause
            token = await self._at.bring.invite(viewer.person, party)
            name = next(each.name for each in self._at.bring.of_person(viewer.person) if each.party == party)
        else:
            token, name = await self._brought(viewer.person, form, viewer.visit), form.get("name", "")
        link = f"{self._at.url}/invited/{token}"
        values = {
            "viewer": viewer,
            "link": link,
            "name": name,
            "token": "",
            "back": "/mine/shares",
            "code": Markup(qr_svg(link)),  # noqa: S704 - drawn of our own link by segno; nothing that anybody wrote is in it
        }
        return self._shell.show(request, "link.html", values)

    async def invited(self, request: Request) -> Response:
        """What is offered to whoever has the link, and what they would owe."""
        token = request.path_params["token"]
        try:
            seen = self._at.bring.invited(token)
        except WrongToken:
            return self._shell.show(request, "used.html", {"links": None}, status=410)
        return self._shell.show(request, "invited.html", {"seen": seen, "token": token, "given": ""})

    async def accept(self, request: Request) -> Response:
        """They have accepted; their token."""
        form = await fields_of(request)
        try:
            seen = self._at.bring.invited(form.get("token", ""))
            given, _, _ = await self._at.bring.accept(form.get("token", ""))
        except WrongToken:
            return self._shell.show(request, "used.html", {"links": None}, status=410)
        return self._shell.show(
            request, "invited.html", {"seen": seen, "token": "", "given": given, "url": self._at.url}
        )

    async def _brought(self, person: PersonId, form: dict[str, str], visit: bytes) -> str:
        if not form.get("no_gatekeeper"):
            raise Refused("nothing is shared with a designated gatekeeper: say that it is none")
        streams = tuple(
            self._stream(number_of(name.removeprefix("stream-"))) for name in form if name.startswith("stream-")
        )
        view = Variant.named(form.get("view", ""))
        if view is None or not streams:
            raise Malformed("a share names what is shared, and how much of it is seen")
        to_ns = self._at.clock.now() + days_of(form.get("days", "")) * DAY_NS
        words = form.get("words", "").strip() or None
        wanted = Wanted(Uri(BROUGHT), check_uri(form.get("purpose", "")), streams, to_ns, view, words=words)
        who = Newcomer(form.get("name", "").strip(), form.get("contact", "").strip(), form.get("country", "").strip())
        notice = notice_of_form(form)
        made = await self._at.bring.bring(person, who, wanted, notice=notice, made_by="session", visit=visit)
        return made.token

    def _stream(self, number: int) -> StreamId:
        stream = self._at.stream_of(number)
        if stream is None:
            raise NotFound("there are no such streams in one home of this person")
        return stream
