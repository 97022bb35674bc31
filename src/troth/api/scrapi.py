"""The transparency service over HTTP (SCRAPI): statements are registered, receipts fetched, keys found.

Rules
- Who asks is not asked. What may enter is decided by who signed it; what is in the log is public.
- An entry is named by the id of its statement, 64 hex digits: the locator is known before the log has taken it.
- Errors are concise problem details; 429 and 503 say when to come back.
- A receipt never changes while its key is in use, so it may be kept for an hour; everything may be read from any page.

Source: draft-ietf-scitt-scrapi as of 6 May 2026; RFC 9290; RFC 7515 §2 (base64url of a kid); docs/reference/log.md.
Left out: authentication of clients, `transparency-configuration` (no longer in the draft), queries.
"""

import base64
import binascii
from collections.abc import Awaitable, Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from troth.api.callers import resource
from troth.errors import BadCose, NotFound, TooLarge, TrothError
from troth.journeys.receipts import Receipts, statement_id
from troth.journeys.register import Register
from troth.names import StatementId
from troth.signing.cose import MAX_STATEMENT_BYTES
from troth.tlog.receipt import CONTENT_TYPE
from troth.wire.bodies import check_length
from troth.wire.concise import concise

__all__ = ["scrapi_routes"]

KEYS: Final = "/.well-known/scitt-keys"
_STATEMENTS: Final = frozenset({CONTENT_TYPE, "application/scitt-statement+cose"})
_RETRY_S: Final = "1"
_AN_HOUR: Final = "public, max-age=3600"
_ANYBODY: Final = {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "location, retry-after, etag",
}
_NO_GUESS: Final = {"x-content-type-options": "nosniff"}


def scrapi_routes(register: Register, receipts: Receipts, *, url: str) -> list[Route]:
    """All routes of this module. `url`: the address under which the node is reached."""
    service = _Service(register, receipts, url)
    return [
        resource("/entries", {"POST": _said(service.entries)}),
        resource("/entries/{id}", {"GET": _said(service.entry)}),
        resource("/entries/{id}/tlog-proof", {"GET": _said(service.tlog_proof)}),
        resource(KEYS, {"GET": _said(service.keys)}),
        resource(KEYS + "/{kid}", {"GET": _said(service.key)}),
    ]


class _Service:
    def __init__(self, register: Register, receipts: Receipts, url: str) -> None:
        self._register = register
        self._receipts = receipts
        self._url = url

    async def entries(self, request: Request) -> Response:
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() not in _STATEMENTS:
            raise BadCose("this body must be a COSE statement", hint="Send 'Content-Type: application/cose'.")
        registered = await self._register.register(await _body(request))
        where = {"location": self._where(registered.statement)}
        if registered.receipt is None:
            return _answer(b"", 303, CONTENT_TYPE, {**where, "retry-after": _RETRY_S, "cache-control": "no-store"})
        return _answer(registered.receipt, 201, CONTENT_TYPE, {**where, "cache-control": "no-store"})

    async def entry(self, request: Request) -> Response:
        statement = statement_id(request.path_params["id"])
        return self._found(await self._receipts.of(statement), statement, CONTENT_TYPE, keep=_AN_HOUR)

    async def tlog_proof(self, request: Request) -> Response:
        statement = statement_id(request.path_params["id"])
        made = await self._receipts.tlog_proof(statement)
        return self._found(made, statement, "text/plain; charset=utf-8", keep="no-cache", below="/tlog-proof")

    async def keys(self, _request: Request) -> Response:
        return _answer(self._receipts.key_set(), 200, "application/cbor", {"cache-control": "no-cache"})

    async def key(self, request: Request) -> Response:
        return _answer(
            self._receipts.key(_kid(request.path_params["kid"])), 200, "application/cbor", {"cache-control": _AN_HOUR}
        )

    def _found(self, body: bytes | None, statement: StatementId, kind: str, *, keep: str, below: str = "") -> Response:
        where = {"location": self._where(statement) + below}
        if body is None:
            return _answer(b"", 302, kind, {**where, "retry-after": _RETRY_S, "cache-control": "no-store"})
        return _answer(body, 200, kind, {**where, "cache-control": keep})

    def _where(self, statement: StatementId) -> str:
        return f"{self._url}/entries/{statement.hex()}"


def _said(work: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """`work`, with its errors as concise problem details."""

    async def said(request: Request) -> Response:
        try:
            return await work(request)
        except TrothError as error:
            told = concise(error)
            response = Response(told.body, status_code=told.status)
            response.raw_headers = [*told.headers, *((k.encode(), v.encode()) for k, v in _ANYBODY.items())]
            return response

    return said


async def _body(request: Request) -> bytes:
    check_length(request.headers.raw, limit=MAX_STATEMENT_BYTES)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_STATEMENT_BYTES:
            raise TooLarge("a statement has at most 65,535 bytes")
    return bytes(body)


def _kid(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as cause:
        raise NotFound("no receipt here was signed with a key of this name") from cause


def _answer(body: bytes, status: int, kind: str, headers: dict[str, str]) -> Response:
    return Response(body, status_code=status, headers={**_ANYBODY, **_NO_GUESS, "content-type": kind, **headers})
