"""An installer's desk on a page: where a firm is invited until when, one more thing there, labels, and handing over.

Rules
- Whoever is not in sees how to enter, and not whether there is anything. Nothing that a thing measures stands here.
- Nothing is registered before the press, which carries the digest of the sheet. Where that is another one by then, the new
  sheet is shown. What was filled in goes along and is kept nowhere.
- What handing over does stands beside its button. All of it works without scripts.

Source: gate.md (connect); people.md (operator, installer), "Rules" and "Words".
"""

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from troth.errors import Denied, NotFound, Refused, TrothError
from troth.gate.question import Code
from troth.gate.words import of_joining
from troth.journeys.inherit import TypedThing
from troth.journeys.installers import SeenInstaller
from troth.journeys.installing import Looked
from troth.names import InstallerId, Slug, Uri, check_slug, parse_id
from troth.web.deployment import Deployment
from troth.web.filling import Filled
from troth.web.forms import fields_of
from troth.web.joining import GROUP
from troth.web.qr import qr_svg
from troth.web.sessions import Viewer, check_form, viewer_of
from troth.web.shell import HEADERS, Page, Shell
from troth.wire.claim_text import claim_text
from troth.wire.problems import reply

__all__ = ["InstallerPages"]

_AT = "/installer"


class InstallerPages:
    """One method per page."""

    def __init__(self, deployment: Deployment, shell: Shell) -> None:
        self._at = deployment
        self._shell = shell

    def routes(self) -> list[tuple[str, str, Page]]:
        """Path, method and page of each."""
        return [
            (_AT, "GET", self.desk),
            (f"{_AT}/sheet", "POST", self.show),
            (_AT, "POST", self.connect),
            (f"{_AT}/label", "POST", self.label),
            (f"{_AT}/hand-over", "POST", self.hand_over),
        ]

    async def desk(self, request: Request) -> Response:
        """Where the firm is invited, what it has connected there, and the form."""
        viewer = viewer_of(request.cookies, self._at.recognise)
        return self._form(request, viewer, Filled({"home": request.query_params.get("where", "")}, ""))

    async def show(self, request: Request) -> Response:
        """The sheet, or the form again with what is wrong with it."""
        viewer, party, filled = await self._filled(request)
        if filled.get("do") == "change":
            return self._form(request, viewer, filled)
        try:
            typed, where = self._typed(party, filled)
            looked = self._at.installer_desk.look(party, typed)
        except TrothError as error:
            return self._form(request, viewer, filled, error)
        return self._sheet(request, viewer, filled, where, looked=looked)

    async def connect(self, request: Request) -> Response:
        """Connect what was shown."""
        viewer, party, filled = await self._filled(request)
        try:
            typed, where = self._typed(party, filled)
            shown = bytes.fromhex(filled.get("sheet"))
            joined = await self._at.installer_desk.connect(party, typed, shown=shown)
        except ValueError:
            return self._form(request, viewer, filled)
        except Denied as error:
            if error.reason_code == Code.NOT_INVITED:
                return self._form(request, viewer, filled, error)
            changed = error.reason_code == Code.NOT_SHOWN
            looked = self._at.installer_desk.look(party, typed)
            return self._sheet(request, viewer, filled, where, looked=looked, changed=changed)
        except TrothError as error:
            return self._form(request, viewer, filled, error)
        return self._label(
            request, viewer, joined.slug, joined.claim, name=typed.name, place=typed.place, begins_ns=joined.begins_ns
        )

    async def label(self, request: Request) -> Response:
        """Another label for what has not come in."""
        viewer, party, filled = await self._filled(request)
        slug = check_slug(filled.get("slug"))
        claim = await self._at.installer_desk.claim_again(party, slug)
        found = (each for _, things in self._at.installer_desk.desk(party).places for each in things)
        known = next((each for each in found if each.slug == slug), None)
        name, place = ("", "") if known is None else (known.name, known.place)
        return self._label(request, viewer, slug, claim, name=name, place=place)

    async def hand_over(self, request: Request) -> Response:
        """Hand over what was connected in one place."""
        _, party, filled = await self._filled(request)
        await self._at.installers.hand_over(InstallerId(parse_id("iv", filled.get("invitation"))), party=party)
        return RedirectResponse(_AT, status_code=303, headers=HEADERS)

    def _form(self, request: Request, viewer: Viewer, filled: Filled, error: TrothError | None = None) -> Response:
        party = viewer.desks.get("installer")
        values = {
            "viewer": viewer,
            "desk": None if party is None else self._at.installer_desk.desk(party),
            "filled": filled,
            "wrong": None if error is None else error.message,
            "hint": None if error is None else error.hint,
        }
        return self._shell.show(request, "installer.html", values, status=200 if error is None else reply(error).status)

    def _sheet(
        self,
        request: Request,
        viewer: Viewer,
        filled: Filled,
        where: SeenInstaller,
        *,
        looked: Looked,
        changed: bool = False,
    ) -> Response:
        values = {
            "viewer": viewer,
            "filled": filled,
            "home": where.where,
            "sheet": looked.sheet,
            "no": None if looked.no is None else of_joining(looked.no),
            "begins_ns": looked.begins_ns,
            "left": (),
            "notes": (),
            "changed": changed,
            "key": viewer.forms["installer"],
            "at": _AT,
            "back": _AT,
        }
        return self._shell.show(request, "sheet.html", values, status=409 if changed else 200)

    def _label(
        self,
        request: Request,
        viewer: Viewer,
        slug: Slug,
        claim: str,
        *,
        name: str,
        place: str,
        begins_ns: int | None = None,
    ) -> Response:
        text = claim_text(self._at.url, claim)
        values = {
            "viewer": viewer,
            "there": None,
            "name": name,
            "place": place,
            "public": False,
            "slug": slug,
            "begins_ns": begins_ns,
            "text": text,
            "groups": [claim[at : at + GROUP] for at in range(0, len(claim), GROUP)],
            # The drawing is made of our own address and token by segno; nothing that anybody wrote is in it.
            "code": Markup(qr_svg(text)),  # noqa: S704 - see above
            "at": _AT,
            "back": _AT,
        }
        return self._shell.show(request, "connected.html", values)

    def _typed(self, party: Uri, filled: Filled) -> tuple[TypedThing, SeenInstaller]:
        """What was filled in, and where. In public the place is the public place itself."""
        places = [each for each, _ in self._at.installer_desk.desk(party).places]
        where = next((each for each in places if each.id == filled.get("home")), None)
        if where is None:
            raise Refused("“Where” is not filled in, or you are not invited there any more")
        named = {"type": "What it is", "name": "What people call it"}
        if where.household is not None:
            named["place"] = "In which room"
        for field, title in named.items():
            if not filled.get(field):
                raise Refused(f"“{title}” is not filled in")
        place = where.where if where.household is None else filled.get("place")
        return TypedThing(filled.get("type"), filled.get("name"), place, household=where.household), where

    async def _filled(self, request: Request) -> tuple[Viewer, Uri, Filled]:
        viewer = viewer_of(request.cookies, self._at.recognise)
        fields = await fields_of(request) if "installer" in viewer.desks else {}
        check_form(fields.get("key", ""), viewer, role="installer")
        party = viewer.desks.get("installer")
        if party is None:
            raise NotFound("there is no such door")
        return viewer, party, Filled(fields, "")
