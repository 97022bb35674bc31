"""The transparency log for strangers: the checkpoint, tiles and entry bundles, to be read by anybody from anywhere.

Rules
- Nothing here asks who reads: what is in the log is public, and nothing else can be reached through these routes.
- A tile has one address. A full one never changes and says so; the checkpoint and partial tiles are asked for anew.
- A path that is no tile's is not looked up.

Source: C2SP tlog-tiles ("Parameters", "Partial Tiles"), tlog-checkpoint; RFC 8246 (immutable); Fetch standard (CORS).
Left out: SCRAPI, proofs of single observations.
"""

from collections.abc import Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from troth.errors import BadPath, NotFound, TrothError, Unavailable
from troth.tlog.tiles import parse_path
from troth.wire.problems import reply

__all__ = ["CHECKPOINT", "WITNESSED", "routes"]

CHECKPOINT: Final = "checkpoint"
WITNESSED: Final = "checkpoint/witnessed"
_ANYBODY: Final = {"access-control-allow-origin": "*", "x-content-type-options": "nosniff"}
_FOREVER: Final = "public, max-age=31536000, immutable"
_ANEW: Final = "no-cache"


def routes(read: Callable[[str], bytes | None]) -> list[Route]:
    """The routes.

    Args:
        read: the published bytes of a path of the log, or None. Called on the loop: it reads one file of at most 16 MiB
            (an entry bundle) and usually 8 KiB.
    """

    async def checkpoint(_request: Request) -> Response:
        return _answer(lambda: _found(read, CHECKPOINT), "text/plain; charset=utf-8", _ANEW)

    async def witnessed(_request: Request) -> Response:
        return _answer(lambda: _found(read, WITNESSED), "text/plain; charset=utf-8", _ANEW)

    async def tile(request: Request) -> Response:
        path = "tile/" + request.path_params["path"]

        def look() -> bytes:
            parse_path(path)
            return _found(read, path)

        return _answer(look, "application/octet-stream", _ANEW if ".p/" in path else _FOREVER)

    return [
        Route("/checkpoint", checkpoint, methods=["GET"]),
        Route("/checkpoint/witnessed", witnessed, methods=["GET"]),
        Route("/tile/{path:path}", tile, methods=["GET"]),
    ]


def _found(read: Callable[[str], bytes | None], path: str) -> bytes:
    data = read(path)
    if data is None:
        raise NotFound("this log has no such file")
    return data


def _answer(look: Callable[[], bytes], kind: str, keep: str) -> Response:
    try:
        body = look()
    except (BadPath, NotFound, Unavailable) as error:
        return _problem(error)
    return Response(body, media_type=kind, headers={**_ANYBODY, "cache-control": keep})


def _problem(error: TrothError) -> Response:
    answer = reply(error)
    response = Response(answer.body, status_code=answer.status)
    response.raw_headers = [*answer.headers, *((k.encode(), v.encode()) for k, v in _ANYBODY.items())]
    return response
