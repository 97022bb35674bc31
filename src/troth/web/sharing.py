"""The page of sharing: what I share and with whom, what I am asked, sharing anew, and ending it with one press.

Rules
- What the other party owes stands there before anything is pressed; the same text is shown to it.
- Yes and no are two buttons of one form, and nothing is preselected. Ending is one press where a share is seen.

Source: people.md, "Rules"; Data Act, Articles 4 to 6.
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from troth.errors import BadName, Malformed, NotFound
from troth.journeys.custody import KeyStanding
from troth.journeys.share_values import Wanted
from troth.names import PersonId, ShareId, StreamId, Uri, WishId, check_uri, parse_id, print_share, print_wish
from troth.spans import DAY_NS
from troth.statements.choice import Decision
from troth.statements.third_party import BROUGHT
from troth.things.variants import Variant
from troth.web.countries import place_name
from troth.web.deployment import Deployment
from troth.web.forms import days_of, fields_of, notice_of_form, number_of
from troth.web.sessions import COOKIES, Viewer, check_form, viewer_of
from troth.web.shell import HEADERS, Page, Shell

__all__ = ["VIEWS", "SharingPages"]

VIEWS: Final = ("raw", "hourly-mean", "mean=P1D", "delay=P1D")  # to pick from; programs can name any
_NOBODY: Final = "there is no such share for this person"


class SharingPages:
    """One method per page."""

    def __init__(self, deployment: Deployment, shell: Shell) -> None:
        self._at = deployment
        self._shell = shell

    def routes(self) -> list[tuple[str, str, Page]]:
        """Path, method and page of each."""
        return [
            ("/mine/shares", "GET", self.look),
            ("/mine/shares", "POST", self.begin),
            ("/mine/shares/answer", "POST", self.answer),
            ("/mine/shares/end", "POST", self.end),
        ]

    async def look(self, request: Request) -> Response:
        """What is shared, asked, and could be."""
        viewer = viewer_of(request.cookies, self._at.recognise)
        values = {
            "viewer": viewer,
            "page": None if viewer.person is None else self._at.share.seen.page(viewer.person),
            "orders": () if viewer.person is None else self._at.orders.of_person(viewer.person),
            "brought": () if viewer.person is None else self._at.bring.of_person(viewer.person),
            "unused": {} if viewer.person is None else self._unused(viewer.person),
            "offered_views": VIEWS,
            "keys": self._keys(request, viewer),
            "share_id": print_share,
            "request_id": print_wish,
            "brought_id": _brought_id,
            "place_name": place_name,
        }
        return self._shell.show(request, "shares.html", values)

    async def begin(self, request: Request) -> Response:
        """Share; in effect when the page comes back, as far as it is theirs."""
        person, form, visit = await self._asked(request)
        streams = tuple(
            self._stream(number_of(name.removeprefix("stream-"))) for name in form if name.startswith("stream-")
        )
        now, days = self._at.clock.now(), days_of(form.get("days", ""))
        view = Variant.named(form.get("view", ""))
        if view is None or not streams:
            raise Malformed("a share names what is shared, and how much of it is seen")
        wanted = Wanted(
            check_uri(form.get("party", "")),
            check_uri(form.get("purpose", "")),
            streams,
            now + days * DAY_NS,
            view,
            since_ns=now - days_of(form["since"]) * DAY_NS if form.get("since") else None,
            words=form.get("words", "").strip() or None,
        )
        await self._at.share.begin(person, wanted, notice=notice_of_form(form), made_by="session", visit=visit)
        return _back()

    async def answer(self, request: Request) -> Response:
        """Yes or no to somebody of the home, or to a party that asks."""
        person, form, visit = await self._asked(request)
        decision = {"give": Decision.GIVE, "refuse": Decision.REFUSE}.get(form.get("decision", ""))
        if decision is None:
            raise Malformed("the answer is give or refuse")
        share, notice = self._at.share, notice_of_form(form)
        try:
            if form.get("request"):
                name = WishId(parse_id("sq", form["request"]))
                await share.answer(person, name, decision, notice=notice, made_by="session", visit=visit)
            elif decision is Decision.GIVE:
                await share.agree(person, _share(form), notice=notice, made_by="session", visit=visit)
            else:
                await share.refuse(person, _share(form), made_by="session", visit=visit)
        except BadName as cause:
            raise NotFound(_NOBODY) from cause
        return _back()

    async def end(self, request: Request) -> Response:
        """Over; nothing of it leaves any more when the page comes back."""
        person, form, visit = await self._asked(request)
        try:
            await self._at.share.end(person, _share(form), made_by="session", visit=visit)
        except BadName as cause:
            raise NotFound(_NOBODY) from cause
        return _back()

    def _keys(self, request: Request, viewer: Viewer) -> KeyStanding | None:
        return None if viewer.person is None else self._at.own_keys.standing(request.cookies[COOKIES["person"]])

    def _unused(self, person: PersonId) -> dict[ShareId, int]:
        """When each of their shares that nobody uses ends, ns UTC."""
        found = self._at.stale.of_person(person)
        return {each.share: each.ends * DAY_NS for each in found if each.share is not None}

    def _stream(self, number: int) -> StreamId:
        stream = self._at.stream_of(number)
        if stream is None:
            raise NotFound("there are no such streams in one home of this person")
        return stream

    async def _asked(self, request: Request) -> tuple[PersonId, dict[str, str], bytes]:
        viewer: Viewer = viewer_of(request.cookies, self._at.recognise)
        form = dict(await fields_of(request))
        check_form(form.get("key", ""), viewer, role="person")
        if viewer.person is None:
            raise NotFound(_NOBODY)
        return viewer.person, form, viewer.visit


def _brought_id(party: Uri) -> str:
    return party.removeprefix(BROUGHT)


def _share(form: dict[str, str]) -> ShareId:
    return ShareId(parse_id("sh", form.get("share", "")))


def _back() -> Response:
    return RedirectResponse("/mine/shares", status_code=303, headers=HEADERS)
