"""Who can come in, for whoever runs a place: people and recipients, a new link as text and as a code, and what is ended.

Rules
- A link is shown once, on the page that follows the press, and is in no address and no log.
- Every change carries the key of the form.

Source: people.md, "Accounts".
"""

from collections.abc import Mapping

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from troth.errors import BadName, NotFound
from troth.journeys.join import TOKEN_DAYS, TOKEN_DAYS_MAX
from troth.journeys.recognise import Use
from troth.names import PersonId, PurposeId, Uri, check_uri, parse_id
from troth.web.countries import place_name
from troth.web.deployment import Deployment
from troth.web.forms import fields_of, number_of
from troth.web.qr import qr_svg
from troth.web.sessions import Viewer, check_form, viewer_of
from troth.web.shell import HEADERS, Page, Shell

__all__ = ["PartyPages"]

_TEXT_MAX = 100


class PartyPages:
    """One method per page."""

    def __init__(self, deployment: Deployment, shell: Shell) -> None:
        self._at = deployment
        self._shell = shell

    def routes(self) -> list[tuple[str, str, Page]]:
        """Path, method and page of each."""
        return [
            ("/operate/people", "GET", self.people),
            ("/operate/people", "POST", self.invite),
            ("/operate/recipients", "GET", self.recipients),
            ("/operate/recipients", "POST", self.change),
        ]

    async def people(self, request: Request) -> Response:
        """People, and how they come in."""
        viewer = self._viewer(request)
        if not viewer.operator:
            return self._closed(request, viewer)
        asked = request.query_params
        text, after = asked.get("text", "")[:_TEXT_MAX], asked.get("after", "")[:500]
        values = {
            "viewer": viewer,
            "page": self._at.parties.people(text=text, after=after),
            "text": text,
            "after": after,
        }
        return self._shell.show(request, "people.html", values)

    async def invite(self, request: Request) -> Response:
        """A new link for a person."""
        viewer, form = await self._form(request)
        try:
            person = PersonId(bytes(parse_id("pe", form.get("person", ""))))
        except BadName as cause:
            raise NotFound("there is no such person here") from cause
        seen = self._at.parties.person(person)
        return self._link(
            request, viewer, await self._at.parties.invite(person), name=seen.name, back="/operate/people"
        )

    async def recipients(self, request: Request) -> Response:
        """What recipients have."""
        viewer = self._viewer(request)
        if not viewer.operator:
            return self._closed(request, viewer)
        values = {
            "viewer": viewer,
            "tokens": self._at.parties.tokens(),
            "organisations": self._at.parties.organisations(),
            "orders": self._at.orders.every(),
            "brought": self._at.bring.every(),
            "place_name": place_name,
            "unused": (*self._at.stale.tokens(), *self._at.stale.shares()),
            "days": TOKEN_DAYS,
            "days_max": TOKEN_DAYS_MAX,
        }
        return self._shell.show(request, "recipients.html", values)

    async def change(self, request: Request) -> Response:
        """End what a recipient has, or make a new link to its screen."""
        viewer, form = await self._form(request)
        if form.get("do") == "refuse":
            await self._at.bring.refuse(Uri(form.get("party", "")), form.get("because", "").strip())
            return RedirectResponse("/operate/recipients", status_code=303, headers=HEADERS)
        if form.get("do") == "give":
            return await self._given(request, viewer, form)
        if form.get("do") == "door":
            party = check_uri(form.get("party", ""))
            name = dict(self._at.parties.organisations()).get(party, party)
            link = await self._at.parties.desk(party, form.get("door", ""))
            return self._link(request, viewer, link, name=name, back="/operate/recipients")
        token = form.get("token", "")
        if form.get("do") == "link":
            name = next((each.name for each in self._at.parties.tokens() if each.id == token), "")
            link = await self._at.parties.screen(token)
            return self._link(request, viewer, link, name=name, back="/operate/recipients")
        await self._at.parties.end(token)
        return RedirectResponse("/operate/recipients", status_code=303, headers=HEADERS)

    async def _given(self, request: Request, viewer: Viewer, form: Mapping[str, str]) -> Response:
        party, app = check_uri(form.get("party", "")), form.get("app", "")
        token, link = await self._at.parties.give(
            party, app, PurposeId(check_uri(form.get("purpose", ""))), days=number_of(form.get("days", ""))
        )
        name = dict(self._at.parties.organisations()).get(party, party)
        return self._link(request, viewer, link, name=name, back="/operate/recipients", token=token)

    def _link(
        self, request: Request, viewer: Viewer, invitation: str, *, name: str, back: str, token: str = ""
    ) -> Response:
        link = f"{self._at.url}/enter/{invitation}"
        # The drawing is made of our own link by segno; nothing that anybody wrote is in it.
        values = {
            "viewer": viewer,
            "link": link,
            "name": name,
            "token": token,
            "back": back,
            "code": Markup(qr_svg(link)),  # noqa: S704 - see above
        }
        return self._shell.show(request, "link.html", values)

    def _viewer(self, request: Request) -> Viewer:
        use = Use.BY_ITSELF if "live" in request.query_params else Use.MEANT
        return viewer_of(request.cookies, self._at.recognise, use=use)

    def _closed(self, request: Request, viewer: Viewer) -> Response:
        """The door, for whoever is not in: the same as that of all pages of whoever runs a place."""
        return self._shell.show(request, "operate.html", {"viewer": viewer, "page": None})

    async def _form(self, request: Request) -> tuple[Viewer, dict[str, str]]:
        viewer = viewer_of(request.cookies, self._at.recognise)
        form = dict(await fields_of(request))
        check_form(form.get("key", ""), viewer, role="operator")
        return viewer, form
