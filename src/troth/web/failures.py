"""What is answered where no page answers: an unknown address, a wrong method, a fault of our own.

Rules
- In the look of all pages for a browser, as a problem document for a program, with the same headers as everywhere.
- A fault of our own becomes an incident: its number goes to whoever asked, its place in our code to the diagnostics, and no
  message and no value to either.

Source: RFC 9110 §15.5.5, §15.5.6; RFC 9457.
"""

from collections.abc import Awaitable, Callable
from typing import Final

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from troth.errors import BadPath, TrothError
from troth.web.problems import broken_page, method_page
from troth.web.shell import Shell, document, wants_page
from troth.wire.asgi import place_of
from troth.wire.problems import internal, not_allowed

__all__ = ["INCIDENT", "Failures"]

INCIDENT: Final = "troth.incident"  # set in the scope of a request whose failure has been answered and written down
_INCIDENT_BYTES: Final = 8

Failing = Callable[[Request, Exception], Awaitable[Response]]


class Failures:
    """The handlers of everything that no route answers."""

    def __init__(self, shell: Shell, entropy: Callable[[int], bytes]) -> None:
        self._shell = shell
        self._entropy = entropy
        self._diagnostics = structlog.get_logger("troth.web")

    def handlers(self) -> dict[int | type[Exception], Failing]:
        """By status, as Starlette wants them."""
        return {404: self._nothing, 405: self._method, 500: self._broken}

    def refused(self, request: Request, error: TrothError) -> Response:
        """An error that is known before any route is asked."""
        return self._shell.refuse(request, error)

    async def _nothing(self, request: Request, _: Exception) -> Response:
        return self._shell.refuse(request, BadPath("there is no such resource here"))

    async def _method(self, request: Request, error: Exception) -> Response:
        headers = error.headers if isinstance(error, HTTPException) else None
        allowed = (headers or {}).get("Allow", "")
        if not wants_page(request):
            return document(not_allowed(request.method, allowed))
        response = self._shell.show(request, "problem.html", {"problem": method_page()}, status=405)
        response.headers["allow"] = allowed
        return response

    async def _broken(self, request: Request, error: Exception) -> Response:
        incident = self._entropy(_INCIDENT_BYTES).hex()
        request.scope[INCIDENT] = incident
        self._diagnostics.error("incident", incident=incident, place=place_of(error))
        if not wants_page(request):
            return document(internal(incident))
        return self._shell.show(request, "problem.html", {"problem": broken_page(incident)}, status=500)
