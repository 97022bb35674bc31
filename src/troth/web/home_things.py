"""An owner connects a thing on a page: which kind, what it would do, one press, and the label that lets it in.

Rules
- Everybody of a home sees what stands there and who connected it; the form is there for its owners.
- `/mine/connect?type=KIND` has the kind chosen: that address can be a code on the box.
- Nothing is registered before the press, which carries the digest of the sheet. Where that is another one by then, the new
  sheet is shown. What was filled in goes along and is kept nowhere.
- The label is shown once, on the page that follows. All of it works without scripts.

Source: gate.md (connect); people.md, "Rules" and "Words"; things.md, "A thing joins".
"""

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from troth.errors import Denied, NotFound, TrothError
from troth.gate.question import Code
from troth.gate.words import of_joining
from troth.journeys.inherit import TypedThing
from troth.journeys.installing import JoinedThing, Looked
from troth.names import PersonId, ThingId, parse_id, print_household
from troth.web.deployment import Deployment
from troth.web.filling import Filled
from troth.web.forms import fields_of
from troth.web.joining import GROUP
from troth.web.qr import qr_svg
from troth.web.sessions import Viewer, check_form, viewer_of
from troth.web.shell import HEADERS, Page, Shell
from troth.wire.claim_text import claim_text
from troth.wire.problems import reply

__all__ = ["HomeThingsPages"]

_AT = "/mine/connect"
_NOBODY = "there is no such home for this person"


class HomeThingsPages:
    """One method per page."""

    def __init__(self, deployment: Deployment, shell: Shell) -> None:
        self._at = deployment
        self._shell = shell

    def routes(self) -> list[tuple[str, str, Page]]:
        """Path, method and page of each."""
        return [
            (_AT, "GET", self.ask),
            (f"{_AT}/sheet", "POST", self.show),
            (_AT, "POST", self.connect),
            (f"{_AT}/end", "POST", self.end),
        ]

    async def ask(self, request: Request) -> Response:
        """What stands in my homes, and the form."""
        viewer = viewer_of(request.cookies, self._at.recognise)
        return self._form(request, viewer, Filled({"type": request.query_params.get("type", "")}, ""))

    async def show(self, request: Request) -> Response:
        """The sheet, or the form again with what is wrong with it."""
        viewer, person, filled = await self._filled(request)
        if filled.get("do") == "change":
            return self._form(request, viewer, filled)
        try:
            typed = filled.typed()
            looked = self._at.home_things.look(person, typed)
        except TrothError as error:
            return self._form(request, viewer, filled, error)
        return self._sheet(request, viewer, person, filled, looked=looked)

    async def connect(self, request: Request) -> Response:
        """Connect what was shown."""
        viewer, person, filled = await self._filled(request)
        try:
            typed, shown = filled.typed(), bytes.fromhex(filled.get("sheet"))
            joined = await self._at.home_things.connect(person, typed, shown=shown)
        except ValueError:
            return self._form(request, viewer, filled)
        except Denied as error:
            changed = error.reason_code == Code.NOT_SHOWN
            looked = self._at.home_things.look(person, filled.typed())
            return self._sheet(request, viewer, person, filled, looked=looked, changed=changed)
        except TrothError as error:
            return self._form(request, viewer, filled, error)
        return self._connected(request, viewer, typed, joined)

    async def end(self, request: Request) -> Response:
        """End what a firm has connected."""
        viewer, person, filled = await self._filled(request)
        try:
            await self._at.home_things.end(person, ThingId(parse_id("th", filled.get("thing"))))
        except TrothError as error:
            return self._form(request, viewer, filled, error)
        return RedirectResponse(_AT, status_code=303, headers=HEADERS)

    def _form(self, request: Request, viewer: Viewer, filled: Filled, error: TrothError | None = None) -> Response:
        homes = () if viewer.person is None else self._at.home_things.homes(viewer.person)
        values = {
            "viewer": viewer,
            "homes": homes,
            "owned": [(print_household(each.household), each.name) for each in homes if each.owner],
            "kinds": () if viewer.person is None else self._at.home_things.kinds(),
            "filled": filled,
            "wrong": None if error is None else error.message,
            "hint": None if error is None else error.hint,
        }
        return self._shell.show(
            request, "home_things.html", values, status=200 if error is None else reply(error).status
        )

    def _sheet(
        self,
        request: Request,
        viewer: Viewer,
        person: PersonId,
        filled: Filled,
        *,
        looked: Looked,
        changed: bool = False,
    ) -> Response:
        home = filled.get("home")
        names = {print_household(each.household): each.name for each in self._at.home_things.homes(person)}
        values = {
            "viewer": viewer,
            "filled": filled,
            "home": names.get(home, ""),
            "sheet": looked.sheet,
            "no": None if looked.no is None else of_joining(looked.no),
            "begins_ns": looked.begins_ns,
            "left": (),
            "notes": (),
            "changed": changed,
            "key": viewer.forms["person"],
            "at": _AT,
            "back": "/mine",
        }
        return self._shell.show(request, "sheet.html", values, status=409 if changed else 200)

    def _connected(self, request: Request, viewer: Viewer, typed: TypedThing, joined: JoinedThing) -> Response:
        text = claim_text(self._at.url, joined.claim)
        values = {
            "viewer": viewer,
            "there": None,
            "name": typed.name,
            "place": typed.place,
            "public": False,
            "slug": joined.slug,
            "begins_ns": joined.begins_ns,
            "text": text,
            "groups": [joined.claim[at : at + GROUP] for at in range(0, len(joined.claim), GROUP)],
            # The drawing is made of our own address and token by segno; nothing that anybody wrote is in it.
            "code": Markup(qr_svg(text)),  # noqa: S704 - see above
            "at": _AT,
            "back": "/mine",
        }
        return self._shell.show(request, "connected.html", values)

    async def _filled(self, request: Request) -> tuple[Viewer, PersonId, Filled]:
        viewer = viewer_of(request.cookies, self._at.recognise)
        if viewer.person is None:
            check_form("", viewer, role="person")  # nobody else's form is read
            raise NotFound(_NOBODY)
        fields = await fields_of(request)
        check_form(fields.get("key", ""), viewer, role="person")
        return viewer, viewer.person, Filled(fields, "")
