"""The JSON interface for makers' descriptions: one comes in, and what it comes to goes out. Nothing is registered.

Rules
- It is the operator's; it is read and checked away from the loop, because a hostile one takes most of a second.
- A body is `application/td+json`, `application/tm+json` or `application/json`, at most 256 KiB.

Source: W3C WoT Thing Description 1.1 §10 (media types); docs/reference/api.md.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final, Protocol

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from troth.api.callers import Callers, resource, shown
from troth.errors import BadJson, TooLarge
from troth.journeys.describe import described
from troth.things.descriptions import Proposal
from troth.wire.limits import PAYLOAD_BYTES

__all__ = ["Away", "description_in", "description_routes", "is_description"]

_DESCRIBED: Final = frozenset({"application/td+json", "application/tm+json"})
_TYPES: Final = _DESCRIBED | {"application/json"}


class Away(Protocol):
    """Runs work away from the loop."""

    def __call__(self, work: Callable[[], Proposal], /) -> Awaitable[Proposal]:
        """What the work gives, or raises."""
        ...


async def description_in(request: Request, away: Away) -> Proposal:
    """What the description in a body comes to, read away from the loop.

    Raises:
        BadDescription: it is none.
        TooLarge: more than 256 KiB, or deeper or wordier than any that is read.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > PAYLOAD_BYTES:
            raise TooLarge("a Thing Description has at most 256 KiB")
    return await away(partial(described, bytes(body)))


def is_description(request: Request) -> bool:
    """Whether a body says that it is a description and no other JSON."""
    return _media(request) in _DESCRIBED


def _media(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def description_routes(away: Away, *, callers: Callers) -> list[Route]:
    """All routes of this module, to be put below the root of the interface."""

    async def describe(request: Request) -> Response:
        if _media(request) not in _TYPES:
            raise BadJson("this body must be a description", hint="Send 'Content-Type: application/td+json'.")
        return shown(await description_in(request, away))

    return [resource("/api/descriptions", {"POST": callers.operated(describe)})]
