"""Passkeys on pages: one that signs in, new ones, and those that are removed.

Rules
- A browser needs its script for the two things that WebAuthn is; removing works without.
- What the browser is asked for is fetched when somebody presses, so that it is never too old.

Source: WebAuthn level 3 §5; people.md, "Accounts".
"""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from troth.journeys.recognise import Use
from troth.web.deployment import Deployment
from troth.web.forms import fields_of
from troth.web.sessions import COOKIES, check_form, viewer_of
from troth.web.shell import HEADERS, Page, Shell
from troth.web.ways import Ways, role_asked
from troth.wire.browsers import browser_of

__all__ = ["PasskeyPages"]


class PasskeyPages:
    """One method per page."""

    def __init__(self, deployment: Deployment, shell: Shell) -> None:
        self._at = deployment
        self._ways = Ways(deployment, shell)

    def routes(self) -> list[tuple[str, str, Page]]:
        """Path, method and page of each."""
        return [("/sign-in/passkey", "POST", self.enter), ("/ways/{role}/passkeys", "POST", self.change)]

    async def enter(self, request: Request) -> Response:
        """Say what a passkey is to sign, or sign in with what it has signed."""
        form = await fields_of(request)
        if form.get("do") == "begin":
            return _asked(self._at.passkeys.begin_sign_in())
        answer = form.get("answer", "").encode()
        return await self._ways.opened(request, await self._at.passkeys.sign_in(answer, browser=browser_of(request)))

    async def change(self, request: Request) -> Response:
        """Say what a new passkey is to be made of, keep it, or remove one."""
        role = role_asked(request)
        form = await fields_of(request)
        check_form(form.get("key", ""), viewer_of(request.cookies, self._at.recognise, use=Use.MEANT), role=role)
        session = request.cookies.get(COOKIES[role], "")
        if form.get("do") == "begin":
            login = self._at.sign_in.login(self._at.visits.of(session).holder)
            name = login.name if login is not None and login.name else self._name(role)
            return _asked(self._at.passkeys.begin(session, name=name))
        if form.get("do") == "remove":
            await self._at.passkeys.remove(session, form.get("passkey", ""))
        else:
            name = form.get("name", "") or browser_of(request)
            await self._at.passkeys.add(session, form.get("answer", "").encode(), name=name)
        return RedirectResponse(f"/ways/{role}", status_code=303, headers=HEADERS)

    def _name(self, role: str) -> str:
        """What a device shows beside the passkey where there is no sign-in name."""
        named = {
            "person": "My home",
            "recipient": "My screen",
            "maker": "What we make",
            "authority": "What I look at",
            "installer": "What we install",
        }
        return named.get(role, "The things I run")


def _asked(options: bytes) -> Response:
    return Response(options, headers=HEADERS | {"content-type": "application/json"})
