"""Who calls the JSON interface, and how a journey's value or error becomes a response.

Rules
- Who calls is settled before a body is read. A token in `Authorization` goes before the session cookie.
- A request that can change something takes the cookie only from this node's own pages: `Sec-Fetch-Site: same-origin`, or
  an `Origin` that is the address the node is reached under. Without either header the cookie counts for nothing.
- A body is JSON and says so, at most 256 KiB.
- An operator is told what is missing; for everybody else "nothing there" is one constant answer.

Source: W3C Fetch Metadata §2.3, RFC 6454 §7; wire/credentials, wire/problems.
Left out: rate limits; what is no TrothError, which the outermost door turns into an incident.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Final, TypeVar
from urllib.parse import urlsplit

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from troth.api.forms import filled
from troth.errors import BadQuery, NotFound, TooLarge, TrothError, WrongKind, WrongToken
from troth.gate.question import Asker
from troth.journeys.accounts import Bearer
from troth.journeys.recognise import Principal, Recognise
from troth.names import PersonId
from troth.wire.bodies import check_length, kind_of
from troth.wire.credentials import authorization, session
from troth.wire.held import HeldResponse
from troth.wire.limits import PAYLOAD_BYTES
from troth.wire.problems import not_allowed, problem_of, reply

__all__ = ["Callers", "Work", "created", "form", "held", "resource", "shown"]

Work = Callable[[Request], Awaitable[Response]]
S = TypeVar("S", bound=msgspec.Struct)

_READING: Final = frozenset({"GET", "HEAD"})
_JSON: Final = b"application/json"


class Callers:
    """Recognises callers. `url`: the address under which people reach the node."""

    def __init__(self, recognise: Recognise, *, url: str) -> None:
        self._recognise = recognise
        parts = urlsplit(url)
        self._own = f"{parts.scheme}://{parts.netloc}".lower()

    def principal(self, request: Request) -> Principal | None:
        """Whoever shows a token, or None without one.

        Raises:
            Malformed: what stands there is no token.
            WrongToken: it is unknown, used or expired.
        """
        headers = tuple(request.headers.raw)
        token = authorization(headers)
        if token is None and (request.method in _READING or self._same_origin(request)):
            token = session(headers)
        if token is None:
            return None
        who = self._recognise.token(token)
        if who is None:
            raise WrongToken("this token is unknown, used or expired")
        return who

    def known(self, request: Request) -> Principal:
        """Whoever shows a token; WrongToken without one."""
        who = self.principal(request)
        if who is None:
            raise WrongToken("this needs a token", hint="Send 'Authorization: Bearer TOKEN'.")
        return who

    def session(self, request: Request) -> str:
        """The token of the session in which this is asked; WrongToken for anybody who shows another token or none."""
        if self.known(request).bearer is not Bearer.SESSION:
            raise WrongToken("this token is for something else: this is asked in a session")
        headers = tuple(request.headers.raw)
        return authorization(headers) or session(headers) or ""

    def operator(self, request: Request) -> None:
        """Return if the operator calls; WrongToken for anybody else."""
        if not self.known(request).operator:
            raise WrongToken("this token is for something else: only whoever runs this place may ask this")

    def person(self, request: Request) -> PersonId:
        """The person in whose session this is; WrongToken for anybody else."""
        who = self.known(request)
        if who.person is None:
            raise WrongToken("this token is for something else: a choice is made in a person's own session")
        return who.person

    def still(self, request: Request) -> Callable[[], bool]:
        """What says, at any later moment, whether whoever calls may still be told anything."""
        who = self.principal(request)
        return lambda: who is None or self._recognise.still(who)

    def visit(self, request: Request) -> bytes:
        """The digest of the session or token with which this is asked: what is open in that visit may be used."""
        return self.known(request).digest

    def recipient(self, request: Request) -> tuple[Asker, bytes]:
        """The party, app and purpose whose token or screen this is, and the token's digest; WrongToken for anybody else."""
        who = self.known(request)
        if who.asker is None or who.person is not None:
            raise WrongToken("this token is for something else: this is asked by a recipient")
        return who.asker, who.digest

    def spoken(self, work: Work) -> Work:
        """`work`, with its errors as problem documents."""

        async def said(request: Request) -> Response:
            try:
                answer = await work(request)
                if isinstance(answer, HeldResponse):
                    who = self.principal(request)
                    answer.also(lambda: who is None or self._recognise.still(who))
                return answer
            except TrothError as error:
                return _problem(error)

        return said

    def operated(self, work: Work) -> Work:
        """`work` for the operator only; what it does not find is named."""

        async def said(request: Request) -> Response:
            try:
                self.operator(request)
                return await work(request)
            except NotFound as error:
                told = msgspec.structs.replace(problem_of(error), detail=error.message)
                return _problem(error, body=msgspec.json.encode(told))
            except TrothError as error:
                return _problem(error)

        return said

    def _same_origin(self, request: Request) -> bool:
        site = request.headers.get("sec-fetch-site")
        if site is not None:
            return site == "same-origin"
        origin = request.headers.get("origin")
        return origin is not None and origin.lower() == self._own


async def form(request: Request, kind: type[S]) -> S:
    """The body of a request as a form.

    Raises:
        WrongKind: another content type.
        BadJson: not this form.
        TooLarge: more than 256 KiB.
    """
    if kind_of(request.headers.raw) != _JSON.decode():
        raise WrongKind("this body must be JSON", hint="Send 'Content-Type: application/json'.")
    check_length(request.headers.raw, limit=PAYLOAD_BYTES)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > PAYLOAD_BYTES:
            raise TooLarge("a body has at most 256 KiB")
    return filled(bytes(body), kind)


def shown(answer: msgspec.Struct) -> Response:
    """200 with an answer."""
    return _answered(200, msgspec.json.encode(answer))


def held(answer: msgspec.Struct, *, holds: Callable[[], bool]) -> Response:
    """200 with an answer, which leaves only while `holds()`."""
    body = msgspec.json.encode(answer)
    headers = {"content-type": _JSON.decode(), "cache-control": "no-store"}
    return HeldResponse(body, holds=holds, headers=headers)


def created(answer: msgspec.Struct) -> Response:
    """201 with an answer."""
    return _answered(201, msgspec.json.encode(answer))


def resource(path: str, methods: Mapping[str, Work], *, query: Collection[str] | None = ()) -> Route:
    """A route that answers exactly these methods (and HEAD where it answers GET), and says so for others.

    `query`: what may be asked in the address, each once; None where the route reads that for itself.
    """
    known = dict(methods) | ({"HEAD": methods["GET"]} if "GET" in methods else {})
    allowed = ", ".join(sorted(known))

    async def answer(request: Request) -> Response:
        work = known.get(request.method)
        if work is not None:
            strange = None if query is None else _strange(request, query)
            return await work(request) if strange is None else _problem(BadQuery(strange))
        refused = not_allowed(request.method, allowed)
        return _raw(refused.status, refused.body, refused.headers)

    route = Route(path, answer)
    route.methods = None  # every method comes here: Starlette would name others as allowed than there are
    return route


def _strange(request: Request, query: Collection[str]) -> str | None:
    """What is asked in an address and cannot be answered, or None."""
    names = [name for name, _ in request.query_params.multi_items()]
    if set(names) - set(query):
        return f"only {', '.join(sorted(query))} can be asked for here" if query else "nothing can be asked for here"
    return "an option stands twice" if len(set(names)) < len(names) else None


def _answered(status: int, body: bytes) -> Response:
    headers = ((b"content-type", _JSON), (b"content-length", b"%d" % len(body)), (b"cache-control", b"no-store"))
    return _raw(status, body, headers)


def _problem(error: TrothError, *, body: bytes | None = None) -> Response:
    answer = reply(error)
    if body is None:
        return _raw(answer.status, answer.body, answer.headers)
    headers = tuple((k, b"%d" % len(body) if k == b"content-length" else v) for k, v in answer.headers)
    return _raw(answer.status, body, headers)


def _raw(status: int, body: bytes, headers: tuple[tuple[bytes, bytes], ...]) -> Response:
    response = Response(body, status_code=status)
    response.raw_headers = list(headers)
    return response
