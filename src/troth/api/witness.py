"""The routes of a witness: a log asks for a cosignature, anybody reads the last checkpoint that was cosigned.

Rules
- Nothing here asks who sends: the log's signature in the checkpoint is what counts.
- A body is read to MAX_REQUEST_BYTES and no further; of more than WAITING_MAX requests at once the new ones are turned away.

Source: C2SP tlog-witness ("add-checkpoint", "Monitor Retrieval Mechanism"); RFC 9110 §15.6.4.
Left out: sign-subtree; rates per sender, which a proxy in front has.
"""

from collections.abc import Awaitable, Callable
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from troth.errors import Malformed, TooLarge, Unavailable
from troth.tlog.add_checkpoint import MAX_REQUEST_BYTES
from troth.wire.asgi import read_body

__all__ = ["WAITING_MAX", "Add", "Latest", "witness_app"]

WAITING_MAX: Final = 64
_TEXT: Final = "text/plain; charset=utf-8"
_OPEN: Final = {"access-control-allow-origin": "*", "x-content-type-options": "nosniff", "cache-control": "no-cache"}

Add = Callable[[bytes], Awaitable[tuple[int, bytes, str]]]
"""Status, body and content type for a request; raises Unavailable where nothing can be answered now."""
Latest = Callable[[str], Awaitable[bytes | None]]
"""The last checkpoint cosigned for a log, named by the hash of its origin."""


def witness_app(add: Add, latest: Latest) -> Starlette:
    """The ASGI application of a witness."""
    waiting = 0

    async def add_checkpoint(request: Request) -> Response:
        nonlocal waiting
        if waiting >= WAITING_MAX:
            return Response("many logs are asking; ask again\n", 503, {"retry-after": "1"}, _TEXT)
        waiting += 1
        try:
            body = await read_body(request.receive, limit=MAX_REQUEST_BYTES)
            status, answer, kind = await add(body)
        except TooLarge as why:
            return Response(why.message + "\n", 413, {"connection": "close"}, _TEXT)
        except Malformed as why:
            return Response(why.message + "\n", 400, media_type=_TEXT)
        except Unavailable as why:
            return Response(why.message + "\n", 503, media_type=_TEXT)
        finally:
            waiting -= 1
        response = Response(answer, status)
        response.headers["content-type"] = kind  # exactly: C2SP names one without a charset
        return response

    async def checkpoint(request: Request) -> Response:
        try:
            note = await latest(str(request.path_params["log"]))
        except Unavailable as why:
            return Response(why.message + "\n", 503, media_type=_TEXT)
        if note is None:
            return Response("no checkpoint of such a log was cosigned here\n", 404, _OPEN, _TEXT)
        return Response(note, 200, _OPEN, _TEXT)

    return Starlette(
        routes=[
            Route("/add-checkpoint", add_checkpoint, methods=["POST"]),
            Route("/{log:str}/checkpoint", checkpoint, methods=["GET"]),
        ]
    )
