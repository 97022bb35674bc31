"""The page of what was pressed and waits for a passkey: what it is, in words, and the button that has the device sign it.

Rules
- It is the answer to a press that needs a passkey, wherever that stood, and it says that nothing counts yet.
- What a no takes away never comes here.

Source: people.md, "Rules"; docs/decisions/0113.
"""

from collections.abc import Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from troth.errors import NotFound, PasskeyAsked
from troth.journeys.beside import TOUCH_S
from troth.journeys.pressed import PRESSED_S, Press
from troth.journeys.share_values import Shared
from troth.names import PersonId
from troth.statements.choice import ChoiceBody
from troth.statements.kinds import KindName
from troth.statements.objection import ObjectionBody
from troth.statements.share import ShareBody
from troth.statements.third_party import ThirdPartyBody
from troth.web.deployment import Deployment
from troth.web.forms import fields_of
from troth.web.sessions import COOKIES, Viewer, check_form, viewer_of
from troth.web.shell import HEADERS, Page, Shell, wants_page

__all__ = ["WaitingPages"]

_REFUSED: Final = 403
_BACK: Final = {  # where what is said shows
    KindName.SHARE: "/mine/shares",
    KindName.RESTRICTION: "/mine/private",
    KindName.PLACE_RULE: "/mine/places",
    KindName.MARK: "/mine/rights",
}


class WaitingPages:
    """One method per page, and `asking` for every other."""

    def __init__(self, deployment: Deployment, shell: Shell) -> None:
        self._at = deployment
        self._shell = shell

    def routes(self) -> list[tuple[str, str, Page]]:
        """Path, method and page of each."""
        return [("/mine/waiting", "GET", self.look), ("/mine/waiting", "POST", self.say)]

    def asking(self, page: Page) -> Page:
        """`page`, and this one where what was pressed there needs a passkey."""

        async def asked(request: Request) -> Response:
            try:
                return await page(request)
            except PasskeyAsked:
                viewer = viewer_of(request.cookies, self._at.recognise)
                press = self._waits(viewer)
                if press is None or not wants_page(request):
                    raise
                return self._page(request, viewer, press, status=_REFUSED)

        return asked

    async def look(self, request: Request) -> Response:
        """What waits in this visit."""
        viewer = viewer_of(request.cookies, self._at.recognise)
        press = self._waits(viewer)
        if press is None:
            return self._shell.show(request, "waiting.html", {"viewer": viewer, "press": None})
        return self._page(request, viewer, press)

    async def say(self, request: Request) -> Response:
        """Say it: begin asks the passkey, the answer makes it count."""
        viewer = viewer_of(request.cookies, self._at.recognise)
        form = await fields_of(request)
        check_form(form.get("key", ""), viewer, role="person")
        person = self._person(viewer)
        if form.get("do") == "begin":
            options = self._at.beside.begin_pressed(person, form.get("kind", ""), visit=viewer.visit)
            return Response(options, headers=HEADERS | {"content-type": "application/json"})
        press = self._waits(viewer)
        await self._at.beside.finish(person, form.get("answer", "").encode(), visit=viewer.visit)
        return RedirectResponse("/mine" if press is None else _back(press), status_code=303, headers=HEADERS)

    def _page(self, request: Request, viewer: Viewer, press: Press, *, status: int = 200) -> Response:
        values = {
            "viewer": viewer,
            "press": press,
            "for_child": getattr(press.body, "by", None) is not None,
            "share": self._share(press),
            "what": self._what(press),
            "back": _back(press),
            "keys": self._at.own_keys.standing(request.cookies[COOKIES["person"]]),
            "host": self._at.passkeys.host,
            "url": self._at.url,
            "touch_s": TOUCH_S,
            "wait_minutes": PRESSED_S // 60,
        }
        return self._shell.show(request, "waiting.html", values, status=status)

    def _share(self, press: Press) -> Shared | None:
        """The share that would begin, with the name of whom it brings."""
        if not isinstance(press.body, ShareBody):
            return None
        brings = None if press.first is None else press.first.body
        name = brings.name if isinstance(brings, ThirdPartyBody) else None
        return self._at.share.seen.would_be(press.body, name=name)

    def _what(self, press: Press) -> Mapping[str, object] | None:
        """The stream and purpose of a yes or of an objection, or None."""
        body = press.body
        if not isinstance(body, ChoiceBody | ObjectionBody) or not body.streams:
            return None
        if isinstance(body, ChoiceBody):
            offer = self._at.choose.offers.about(body.person, body.streams[0], body.purpose)
            return None if offer is None else {"offer": offer}
        found = self._at.object.objectables(body.person)
        use = (each for each in found if (each.stream.stream, each.purpose.purpose) == (body.streams[0], body.purpose))
        return next(({"use": each} for each in use), None)

    def _waits(self, viewer: Viewer) -> Press | None:
        return None if viewer.person is None else self._at.beside.waits(viewer.person, visit=viewer.visit)

    def _person(self, viewer: Viewer) -> PersonId:
        if viewer.person is None:
            raise NotFound("nothing waits for your passkey here")
        return viewer.person


def _back(press: Press) -> str:
    child = getattr(press.body, "by", None) is not None
    return "/mine/children" if child else _BACK.get(press.name, "/mine")
