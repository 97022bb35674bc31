"""The pages of signs: what whoever reads one sees, objecting without an account, and for whoever runs the place the sheets.

Rules
- Whoever passes needs no script, no account and no cookie: a code, one press. The page that follows is theirs by its address.
- What follows, what goes on, and how long it lasts stand there before the press. Taking it back is one press, too.
- A sheet is black on white and prints: the way to the page as a QR code, and a strip for the code of each day.

Source: people.md, "Accounts" and "Rules"; docs/decisions/0062.
"""

from typing import Final

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from troth.errors import BadName, Busy, Conflict, NotFound, TrothError, WrongToken
from troth.names import PurposeId, SignId, parse_id, print_sign
from troth.web.deployment import Deployment
from troth.web.forms import fields_of
from troth.web.problems import problem_page
from troth.web.qr import qr_svg
from troth.web.sessions import Viewer, check_form, viewer_of
from troth.web.shell import HEADERS, Page, Shell
from troth.web.ways import address_of

__all__ = ["SignPages"]

SCREEN_S: Final = 300  # a code that has ended stands there for so long at most
SHEET_DAYS: Final = 14  # strips on one sheet of A4
_CODE_MAX: Final = 40
_NO_CODE: Final = "The code does not fit"


class SignPages:
    """One method per page."""

    def __init__(self, deployment: Deployment, shell: Shell) -> None:
        self._at = deployment
        self._shell = shell

    def routes(self) -> list[tuple[str, str, Page]]:
        """Path, method and page of each."""
        return [
            ("/signs/{sign}", "GET", self.read),
            ("/signs/{sign}", "POST", self.object),
            ("/signs/{sign}/{secret}", "GET", self.said),
            ("/signs/{sign}/{secret}", "POST", self.take_back),
            ("/signs/{sign}/screen/{key}", "GET", self.screen),
            ("/operate/signs", "GET", self.listed),
            ("/operate/signs", "POST", self.change),
            ("/operate/signs/{sign}", "GET", self.sheet),
        ]

    async def read(self, request: Request) -> Response:
        """What is in this place, and what may be objected to."""
        return self._place(request, _sign(request), code=request.query_params.get("code", ""))

    async def object(self, request: Request) -> Response:
        """Object with the code; in effect when the page comes back."""
        sign, form = _sign(request), await fields_of(request)
        purpose, code = form.get("purpose", ""), form.get("code", "")
        try:
            secret, _ = await self._at.signs.object(
                sign, code, purposes=(PurposeId(purpose),) if purpose else (), address=address_of(request)
            )
        except (WrongToken, Busy, Conflict) as refused:
            status = {WrongToken: 403, Busy: 429}.get(type(refused), 409)
            return self._place(request, sign, code=code, problem=refused, status=status)
        return RedirectResponse(f"/signs/{print_sign(sign)}/{secret}", status_code=303, headers=HEADERS)

    async def said(self, request: Request) -> Response:
        """One's own objection."""
        found = self._at.signs.said(_sign(request), str(request.path_params["secret"]))
        address = f"{self._at.url}/signs/{print_sign(found.at.sign)}/{request.path_params['secret']}"
        return self._shell.show(request, "objecting.html", {"said": found, "address": address, "sign_id": print_sign})

    async def take_back(self, request: Request) -> Response:
        """End it, now."""
        sign, secret = _sign(request), str(request.path_params["secret"])
        await fields_of(request)
        await self._at.signs.take_back(sign, secret)
        return RedirectResponse(f"/signs/{print_sign(sign)}/{secret}", status_code=303, headers=HEADERS)

    async def screen(self, request: Request) -> Response:
        """What a screen shows that hangs in the place of a sign; it looks again by itself."""
        sign = _sign(request)
        place, today = self._at.signs.on_screen(sign, str(request.path_params["key"]))
        address = f"{self._at.url}/signs/{print_sign(sign)}"
        values = {
            "at": place,
            "today": today,
            "address": address,
            "code": Markup(qr_svg(f"{address}?code={today.letters}")),  # noqa: S704 - made of our own address by segno
        }
        answer = self._shell.show(request, "sign_screen.html", values)
        answer.headers["refresh"] = str(SCREEN_S)
        return answer

    async def listed(self, request: Request) -> Response:
        """All signs, for whoever runs the place."""
        viewer = viewer_of(request.cookies, self._at.recognise)
        if not viewer.operator:
            return self._closed(request, viewer)
        values = {
            "viewer": viewer,
            "signs": self._at.signs.shown_today(),
            "places": self._at.signs.places(),
            "sign_id": print_sign,
            "url": self._at.url,
        }
        return self._shell.show(request, "signs.html", values)

    async def change(self, request: Request) -> Response:
        """Put one up, or take one down."""
        viewer = viewer_of(request.cookies, self._at.recognise)
        form = await fields_of(request)
        check_form(form.get("key", ""), viewer, role="operator")
        if form.get("sign"):
            await self._at.signs.take_down(_named(form["sign"]))
            return RedirectResponse("/operate/signs", status_code=303, headers=HEADERS)
        sign = await self._at.signs.put_up(form.get("place", ""))
        return RedirectResponse(f"/operate/signs/{print_sign(sign)}", status_code=303, headers=HEADERS)

    async def sheet(self, request: Request) -> Response:
        """The sheet of a sign, to print or to show."""
        viewer = viewer_of(request.cookies, self._at.recognise)
        if not viewer.operator:
            return self._closed(request, viewer)
        sign = _sign(request)
        address = f"{self._at.url}/signs/{print_sign(sign)}"
        values = {
            "viewer": viewer,
            "at": self._at.signs.at(sign),
            "codes": self._at.signs.codes(sign, days=SHEET_DAYS),
            "screen": f"{address}/screen/{self._at.signs.screen_key(sign)}",
            "address": address,
            # The drawing is made of our own address by segno; nothing that anybody wrote is in it.
            "code": Markup(qr_svg(address)),  # noqa: S704 - see above
        }
        return self._shell.show(request, "sign_sheet.html", values)

    def _place(
        self, request: Request, sign: SignId, *, code: str, problem: TrothError | None = None, status: int = 200
    ) -> Response:
        wrong = isinstance(problem, WrongToken)
        values = {
            "at": self._at.signs.at(sign),
            "code": code[:_CODE_MAX],
            "problem": None if problem is None else problem_page(problem, title=_NO_CODE if wrong else ""),
            "sign_id": print_sign,
        }
        answer = self._shell.show(request, "sign.html", values, status=status)
        if isinstance(problem, Busy):
            answer.headers["retry-after"] = str(max(1, round(problem.retry_after_s)))
        return answer

    def _closed(self, request: Request, viewer: Viewer) -> Response:
        return self._shell.show(request, "operate.html", {"viewer": viewer, "page": None})


def _named(text: str) -> SignId:
    try:
        return SignId(parse_id("sg", text))
    except BadName as cause:
        raise NotFound("there is no such sign here") from cause


def _sign(request: Request) -> SignId:
    return _named(str(request.path_params["sign"]))
