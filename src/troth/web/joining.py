"""A thing is connected on a page: it is put in words, its sheet is shown, and with one press it may come in.

Rules
- Nothing is registered before the press, and the press confirms exactly what was shown: it carries the digest of the sheet.
  Where that is another one by then, the new sheet is shown.
- What was filled in goes along from page to page and is kept nowhere.
- The claim token is shown once, on the page that follows the press, as text and as a label to print.
- All of it works without scripts, and every form carries its key.

Source: gate.md (connect); people.md, "Rules" and "Words"; things.md, "A thing joins".
"""

from functools import partial
from typing import Final

import msgspec
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from troth.errors import BadDescription, Denied, TrothError
from troth.errors.malformed import Fault
from troth.gate.question import Code, Standing
from troth.gate.words import of_joining
from troth.journeys.connect import Stands
from troth.journeys.describe import described
from troth.journeys.installing import REACHES, JoinedThing, Looked
from troth.journeys.simple import Joining, with_description
from troth.names import print_household
from troth.web.deployment import Deployment
from troth.web.filling import IN_PUBLIC, Filled, filled_in
from troth.web.qr import qr_svg
from troth.web.sessions import Viewer, check_form, viewer_of
from troth.web.shell import Page, Shell
from troth.wire.claim_text import claim_text
from troth.wire.problems import reply

__all__ = ["GROUP", "JoiningPages"]

GROUP: Final = 4  # characters of a token between two small gaps, which are no characters


_AT: Final = "/operate/connect"


def _there(viewer: Viewer, stands: Stands) -> dict[str, object]:
    return {"viewer": viewer, "there": stands.slug, "at": _AT, "back": "/operate"}


class _Said(msgspec.Struct, frozen=True):
    """What a form comes to; `left` and `notes` are those of its description."""

    whole: Joining
    left: tuple[Fault, ...] = ()
    notes: tuple[Fault, ...] = ()


class JoiningPages:
    """One method per page."""

    def __init__(self, deployment: Deployment, shell: Shell) -> None:
        self._at = deployment
        self._shell = shell

    def routes(self) -> list[tuple[str, str, Page]]:
        """Path, method and page of each."""
        return [
            ("/operate/connect", "GET", self.ask),
            ("/operate/connect/sheet", "POST", self.show),
            ("/operate/connect", "POST", self.connect),
        ]

    async def ask(self, request: Request) -> Response:
        """What it is, where it is, and who has thought about it."""
        viewer = viewer_of(request.cookies, self._at.recognise)
        if not viewer.operator:
            return self._shell.show(request, "operate.html", {"viewer": viewer, "page": None})
        return self._form(request, viewer, Filled({}, ""))

    async def show(self, request: Request) -> Response:
        """The sheet, or the form again with what is wrong with it."""
        viewer, filled = await self._filled(request)
        if filled.get("do") == "change":
            return self._form(request, viewer, filled)
        try:
            said = await self._said(filled)
            looked = self._at.connect.look(said.whole, standing=Standing.OPERATOR)
        except TrothError as error:
            return self._form(request, viewer, filled, error)
        if isinstance(looked, Stands):
            return self._shell.show(request, "connected.html", _there(viewer, looked))
        return self._sheet(request, viewer, filled, said, looked=looked)

    async def connect(self, request: Request) -> Response:
        """Connect what was shown."""
        viewer, filled = await self._filled(request)
        try:
            said = await self._said(filled)
            shown = bytes.fromhex(filled.get("sheet"))
            joined = await self._at.connect.connect(said.whole, shown=shown, standing=Standing.OPERATOR)
        except ValueError:
            return self._form(request, viewer, filled)
        except Denied as error:
            looked = self._at.connect.look(said.whole, standing=Standing.OPERATOR)
            if isinstance(looked, Stands):
                raise
            changed = error.reason_code == Code.NOT_SHOWN
            return self._sheet(request, viewer, filled, said, looked=looked, changed=changed)
        except TrothError as error:
            return self._form(request, viewer, filled, error)
        if isinstance(joined, Stands):
            return self._shell.show(request, "connected.html", _there(viewer, joined))
        return self._connected(request, viewer, said.whole, joined)

    async def _said(self, filled: Filled) -> _Said:
        if filled.get("type"):
            return _Said(Joining(self._at.types.request(filled.typed())))
        words = filled.words(self._at.connect.operator)
        found = await self._at.away(partial(described, filled.description.encode()))
        return _Said(self._at.connect.simple(with_description(words, found)), found.left, found.notes)

    def _form(self, request: Request, viewer: Viewer, filled: Filled, error: TrothError | None = None) -> Response:
        values = {
            "viewer": viewer,
            "filled": filled,
            "homes": [(print_household(home), name) for home, name in self._at.connect.homes()],
            "kinds": self._at.types.types(),
            "public": IN_PUBLIC,
            "reach_names": REACHES,
            "organisations": [
                each for each in self._at.parties.organisations() if each[0] != self._at.connect.operator
            ],
            "operator_name": self._at.connect.operator_name,
            "wrong": None if error is None else error.message,
            "hint": None if error is None else error.hint,
            "faults": error.faults if isinstance(error, BadDescription) else (),
        }
        return self._shell.show(request, "connect.html", values, status=200 if error is None else reply(error).status)

    def _sheet(
        self, request: Request, viewer: Viewer, filled: Filled, said: _Said, *, looked: Looked, changed: bool = False
    ) -> Response:
        values = {
            "viewer": viewer,
            "filled": filled,
            "home": next((name for home, name in self._at.connect.homes() if home == said.whole.thing.household), ""),
            "sheet": looked.sheet,
            "no": None if looked.no is None else of_joining(looked.no),
            "begins_ns": looked.begins_ns,
            "left": said.left,
            "notes": said.notes,
            "changed": changed,
            "key": viewer.forms["operator"],
            "at": _AT,
            "back": "/operate",
        }
        return self._shell.show(request, "sheet.html", values, status=409 if changed else 200)

    def _connected(self, request: Request, viewer: Viewer, whole: Joining, joined: JoinedThing) -> Response:
        text = claim_text(self._at.url, joined.claim)
        values = {
            "viewer": viewer,
            "there": None,
            "name": whole.thing.name,
            "place": whole.thing.place,
            "public": whole.thing.household is None,
            "slug": joined.slug,
            "begins_ns": joined.begins_ns,
            "text": text,
            "groups": [joined.claim[at : at + GROUP] for at in range(0, len(joined.claim), GROUP)],
            # The drawing is made of our own address and token by segno; nothing that anybody wrote is in it.
            "code": Markup(qr_svg(text)),  # noqa: S704 - see above
            "at": _AT,
            "back": "/operate",
        }
        return self._shell.show(request, "connected.html", values)

    async def _filled(self, request: Request) -> tuple[Viewer, Filled]:
        viewer = viewer_of(request.cookies, self._at.recognise)
        if not viewer.operator:
            check_form("", viewer, role="operator")  # nobody else's form is read
        filled = await filled_in(request)
        check_form(filled.get("key"), viewer, role="operator")
        return viewer, filled
