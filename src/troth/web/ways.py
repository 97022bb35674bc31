"""How people come back and where they are known: signing in, one's own name and password, visits and links.

Rules
- Everything works without scripts.
- A wrong name and a wrong password read the same.
- What ends a visit, or is asked of one, carries the key of the form, as everywhere.

Source: people.md, "Accounts".
"""

import math
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from troth.errors import Busy, Conflict, NotFound, Refused, TrothError, WrongToken
from troth.journeys.passkeys import passkey_id
from troth.journeys.passwords import LENGTH_MAX, LENGTH_MIN
from troth.web import ways_words
from troth.web.deployment import Deployment
from troth.web.forms import back_to, fields_of
from troth.web.sessions import COOKIES, check_form, cookie_header, role_of, viewer_of
from troth.web.shell import HEADERS, Page, Shell
from troth.wire.browsers import browser_of

__all__ = ["HOMES", "Ways", "address_of", "role_asked"]

_LOOPBACK: Final = frozenset({"127.0.0.1", "::1"})
HOMES: Final = {
    "person": "/mine",
    "recipient": "/screen",
    "maker": "/maker",
    "authority": "/audit",
    "installer": "/installer",
    "operator": "/operate",
}


class Ways:
    """One method per page."""

    def __init__(self, deployment: Deployment, shell: Shell) -> None:
        self._at = deployment
        self._shell = shell
        self._place: dict[str, object] = {"host": deployment.passkeys.host, "url": deployment.url, "told": ways_words}

    def routes(self) -> list[tuple[str, str, Page]]:
        """Path, method and page of each."""
        return [
            ("/sign-in", "GET", self.door),
            ("/sign-in", "POST", self.enter),
            ("/ways/{role}", "GET", self.ways),
            ("/ways/{role}/password", "POST", self.password),
            ("/ways/{role}/end", "POST", self.end),
        ]

    async def door(self, request: Request) -> Response:
        """Where one signs in; at the name of this place where it was asked for in digits, because passkeys need a name."""
        if request.url.hostname in _LOOPBACK and self._place["host"] == "localhost":
            return RedirectResponse(f"{self._at.url}/sign-in", status_code=307, headers=HEADERS)
        return self._shell.show(request, "sign_in.html", {"problem": None, "name": "", "wait_s": 0} | self._place)

    async def enter(self, request: Request) -> Response:
        """Sign in; a session of the same role that is replaced ends."""
        form = await fields_of(request)
        name = form.get("name", "")
        try:
            session = await self._at.sign_in.enter(
                name, form.get("password", ""), address=address_of(request), browser=browser_of(request)
            )
        except Busy as busy:
            wait_s = max(1, math.ceil(busy.retry_after_s))
            return self._again(request, busy, status=429, name=name, wait_s=wait_s)
        except WrongToken as wrong:
            return self._again(request, wrong, status=403, name=name)
        return await self.opened(request, session, back=back_to(form, ""))

    async def opened(self, request: Request, session: str, *, back: str = "") -> Response:
        """Go on with a session that was opened just now."""
        principal = self._at.recognise.token(session)
        role = "" if principal is None else role_of(principal)
        if not role:
            raise WrongToken("your visit here has ended", hint="Sign in, or open a link that you were given.")
        answer = RedirectResponse(back or HOMES[role], status_code=303, headers=HEADERS)
        viewer = viewer_of(request.cookies, self._at.recognise)
        if viewer.has(role):
            await self._at.recognise.leave(request.cookies[COOKIES[role]])
        answer.headers.append("set-cookie", cookie_header(role, session, secure=self._at.url.startswith("https:")))
        return answer

    async def ways(self, request: Request) -> Response:
        """One's own ways in."""
        return self._shown(request, role_asked(request))

    async def password(self, request: Request) -> Response:
        """Set name and password."""
        role, form, session = await self._own(request)
        try:
            await self._at.sign_in.set(
                session,
                form.get("name", ""),
                form.get("password", ""),
                old=form.get("old", ""),
                address=address_of(request),
            )
        except (Refused, Conflict, Busy) as refused:
            return self._shown(request, role, problem=refused, name=form.get("name", ""))
        return RedirectResponse(f"/ways/{role}", status_code=303, headers=HEADERS)

    async def end(self, request: Request) -> Response:
        """End one visit, or all others."""
        role, form, session = await self._own(request)
        if form.get("visit") == "others":
            await self._at.visits.end_others(session)
        else:
            await self._at.visits.end(session, form.get("visit", ""))
        if self._at.recognise.token(session) is not None:
            return RedirectResponse(f"/ways/{role}", status_code=303, headers=HEADERS)
        answer = RedirectResponse("/", status_code=303, headers=HEADERS)
        answer.headers.append("set-cookie", cookie_header(role, "", secure=self._at.url.startswith("https:")))
        return answer

    async def _own(self, request: Request) -> tuple[str, dict[str, str], str]:
        """Role, form and session of a change."""
        role = role_asked(request)
        form = dict(await fields_of(request))
        check_form(form.get("key", ""), viewer_of(request.cookies, self._at.recognise), role=role)
        return role, form, request.cookies.get(COOKIES[role], "")

    def _shown(
        self, request: Request, role: str, *, problem: TrothError | None = None, name: str | None = None
    ) -> Response:
        viewer = viewer_of(request.cookies, self._at.recognise)
        if not viewer.has(role):
            raise WrongToken("your visit here has ended", hint="Sign in, or open a link that you were given.")
        session = request.cookies[COOKIES[role]]
        standing = self._at.visits.of(session)
        login = self._at.sign_in.login(standing.holder)
        kept = "" if login is None else login.name
        values = {
            "viewer": viewer,
            "role": role,
            "home": HOMES[role],
            "standing": standing,
            "login": login,
            "failed": self._at.sign_in.failed(standing.holder),
            "name": kept if name is None else name,
            "problem": problem,
            "old_asked": self._at.sign_in.old_asked(session),
            "lengths": (LENGTH_MIN, LENGTH_MAX),
            "browser": browser_of(request),
            "passkey_id": passkey_id,
        } | self._place
        return self._shell.show(request, "ways.html", values, status=200 if problem is None else 400)

    def _again(self, request: Request, problem: TrothError, *, status: int, name: str, wait_s: int = 0) -> Response:
        values = {"problem": problem, "name": name[:100], "wait_s": wait_s} | self._place
        answer = self._shell.show(request, "sign_in.html", values, status=status)
        if wait_s:
            answer.headers["retry-after"] = str(wait_s)
        return answer


def address_of(request: Request) -> str:
    """Where a request comes from, as the socket says."""
    return "" if request.client is None else request.client.host


def role_asked(request: Request) -> str:
    """The role that an address names.

    Raises:
        NotFound: there is none.
    """
    role = str(request.path_params["role"])
    if role not in COOKIES:
        raise NotFound("there is nothing of that name here")
    return role
