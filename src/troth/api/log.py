"""The transparency log for strangers: the checkpoint, tiles and entry bundles, to be read by anybody from anywhere.

Rules
- Nothing here asks who reads: what is in the log is public, and nothing else can be reached through these routes.
- A tile or bundle has one address and never changes, full or partial, and says so. The checkpoint is asked for anew.
- Every answer carries an ETag, the digest of its bytes; whoever shows it again is told that nothing changed.
- A path that is no tile's is not looked up.

Source: C2SP tlog-tiles ("Parameters", "Partial Tiles"), tlog-checkpoint; RFC 8246 (immutable); RFC 9110 §8.8.3, §13.1.2 (ETag,
If-None-Match); Fetch standard (CORS).
Left out: SCRAPI (`scrapi`), proofs of single observations, compression.
"""

import base64
import hashlib
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
_ANYBODY: Final = {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "etag, retry-after",
}
_NO_GUESS: Final = {"x-content-type-options": "nosniff"}
_FOREVER: Final = "public, max-age=31536000, immutable"
_ANEW: Final = "no-cache"
_TAG_BYTES: Final = 18  # of the digest: 24 letters


def routes(read: Callable[[str], bytes | None]) -> list[Route]:
    """The routes.

    Args:
        read: the published bytes of a path of the log, or None. Called on the loop: it reads one file of at most 16 MiB
            (an entry bundle) and usually 8 KiB.
    """

    async def checkpoint(request: Request) -> Response:
        return _answer(request, lambda: _found(read, CHECKPOINT), kind="text/plain; charset=utf-8", keep=_ANEW)

    async def witnessed(request: Request) -> Response:
        return _answer(request, lambda: _found(read, WITNESSED), kind="text/plain; charset=utf-8", keep=_ANEW)

    async def tile(request: Request) -> Response:
        path = "tile/" + request.path_params["path"]

        def look() -> bytes:
            parse_path(path)
            return _found(read, path)

        return _answer(request, look, kind="application/octet-stream", keep=_FOREVER)

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


def _answer(request: Request, look: Callable[[], bytes], *, kind: str, keep: str) -> Response:
    try:
        body = look()
    except (BadPath, NotFound, Unavailable) as error:
        return _problem(error)
    tag = '"' + base64.urlsafe_b64encode(hashlib.sha256(body).digest()[:_TAG_BYTES]).decode() + '"'
    headers = {**_ANYBODY, **_NO_GUESS, "cache-control": keep, "etag": tag}
    seen = request.headers.get("if-none-match", "")
    if seen.strip() == "*" or tag in (each.strip().removeprefix("W/") for each in seen.split(",")):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=kind, headers=headers)


def _problem(error: TrothError) -> Response:
    answer = reply(error)
    response = Response(answer.body, status_code=answer.status)
    response.raw_headers = [*answer.headers, *((k.encode(), v.encode()) for k, v in _ANYBODY.items())]
    return response
