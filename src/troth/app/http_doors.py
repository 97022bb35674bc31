"""The ASGI application of a node: what is asked of every request before any route, and what no answer lacks.

Rules
- A request has come as it may (`arriving`), is for this node, in one reading, and within its caller's budget, or it goes to no
  route.
- The ingest routes go around the router: they are raw ASGI and must be quick.
- No answer lacks what keeps browsers from misusing it (nosniff, no frame, no store, no other site), whichever route gives it.
- Nobody is sent to another address than they asked for, and a method that is not there is told all that are.

Source: RFC 9110 §7.4 (whose name), §15.5.6 (methods), §15.5.16 (codings); docs/decisions/0046.
"""

import re
from collections.abc import MutableMapping, Sequence
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import BaseRoute

from troth.app.arriving import Arriving, kept
from troth.app.budgets import Budgets, price
from troth.app.hosts import Hosts
from troth.app.http_short import ShortWay
from troth.errors import BadPath, TrothError, WrongHost
from troth.ingest.http import HttpIngest
from troth.web.failures import INCIDENT, Failures
from troth.wire.asgi import Receive, Scope, Send, send_whole
from troth.wire.bodies import check_coding
from troth.wire.paths import PREFIX, parse_path
from troth.wire.problems import not_allowed

__all__ = ["HttpDoors"]

# What a browser that is led to an answer of a program must not do with it: guess its kind, show it in a frame, keep it, or let
# another site's page read it. Pages and the log say more, or otherwise, themselves.
_NEVER_LACKING: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
)
_NAMES: Final = "Open the address that the node prints; whoever runs it can set base_url or tls_names."
_BORDERS: Final = re.compile(rb"%(?:0a|0d|2f|5c|25)", re.IGNORECASE)  # ends of lines, slashes, what is encoded twice
_ANYWHERE: Final = b"access-control-allow-origin"


class HttpDoors:
    """The ASGI application of a started node. `routes`: all that the router answers; the routes of things go before it."""

    def __init__(
        self,
        ingest: HttpIngest,
        routes: Sequence[BaseRoute],
        *,
        failures: Failures,
        hosts: Hosts,
        arriving: Arriving,
        budgets: Budgets,
    ) -> None:
        self.routes = tuple(routes)
        self._arriving = arriving
        self._failures = failures
        self._hosts = hosts
        self._budgets = budgets
        self._ingest = ingest
        self.short = ShortWay(ingest.singles, hosts=hosts, arriving=arriving)
        self._router = Starlette(routes=routes, exception_handlers=failures.handlers())
        self._router.router.redirect_slashes = False  # it would send people where `Host` says

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http":
            try:
                scope = self._arriving.taken(scope)
                self._fence(scope)
            except TrothError as error:
                response = self._failures.refused(Request(scope), error)
                if scope["method"] not in {"GET", "HEAD"}:
                    response.headers["connection"] = "close"  # its body is not read, and may not come any more
                await response(scope, receive, self._guarded(send, scope))
                return
        if self._ingest.takes(scope):
            await self._ingest(scope, receive, send)
            return
        allowed = self._allowed(scope["path"]) if scope["type"] == "http" else ()
        if allowed and scope["method"] not in allowed:
            answer = not_allowed(scope["method"], ", ".join(allowed))
            await send_whole(self._guarded(send, scope), answer.status, headers=answer.headers, body=answer.body)
            return
        try:
            await self._router(scope, receive, self._guarded(send, scope))
        except Exception:
            if INCIDENT not in scope:  # otherwise it was answered and written down, and Starlette raises it once more
                raise

    def _guarded(self, send: Send, scope: Scope) -> Send:
        return _guarded(send, scheme=scope.get("scheme", "http"), more=self._arriving.more)

    def _fence(self, scope: Scope) -> None:
        """Return if a request may go on to its route.

        Raises:
            Busy: whoever asks has asked for too much.
            WrongHost: it is for somebody else.
            WrongKind: its body is compressed.
            BadPath: its path holds what would end it, or divide it, for another reader.
        """
        for name, value in scope["headers"]:
            if name == b"host" and not self._hosts.ours(value):
                raise WrongHost("This node is not reached under this name.", hint=_NAMES)
            if name == b"content-encoding":
                check_coding(value)
        if _BORDERS.search(scope["raw_path"]):
            raise BadPath("there is no such resource here")
        if not self._ingest.takes(scope):  # things have rates of their own
            client = scope.get("client")
            caller = self._budgets.caller(scope["headers"], str(client[0]) if client else "")
            if caller is not None:
                self._budgets.spend(caller, price(scope["path"], scope["query_string"]))

    def _allowed(self, path: str) -> tuple[str, ...]:
        """What may be done where things speak: some of these resources can be read too. Nothing elsewhere."""
        methods = self._ingest.methods(path)
        if not methods:
            return ()
        try:
            parse_path(path.removeprefix(PREFIX))
        except BadPath:
            return methods
        return ("GET", "HEAD", *methods)


def _guarded(send: Send, *, scheme: str, more: tuple[tuple[bytes, bytes], ...]) -> Send:
    """`send`, with what no answer may lack put beside what its route says itself. Nothing of a body waits here."""

    async def guarded(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            said = list(message.get("headers", ()))
            names = {name.lower() for name, _ in said}
            own = (b"cross-origin-resource-policy", b"same-origin")
            missing = _NEVER_LACKING if _ANYWHERE in names else (*_NEVER_LACKING, own)
            missing = (*missing, *more) if scheme == "https" else missing
            message["headers"] = kept(said, scheme=scheme) + [each for each in missing if each[0] not in names]
        await send(message)

    return guarded
