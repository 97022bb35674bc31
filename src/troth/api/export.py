"""An archive of everything about oneself over HTTP: ask for it, look how far it is, fetch it, delete it.

Rules
- A person's own, in their own session; nobody else's token knows of one.
- It can be fetched in pieces and gone on with (`Range`, `If-Range`); each piece leaves only while all of it may still be read.
- Nothing of it is stored on the way (`no-store`).

Source: RFC 9110 §14 (range requests), §13.1.5 (If-Range); docs/reference/api.md.
Left out: several ranges in one request, which RFC 9110 §14.2 lets a server pass over: the whole is given then.
"""

import re
from collections.abc import Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from troth.api.callers import Callers, created, resource, shown
from troth.api.exported import Everything
from troth.api.exported_forms import ExportShown
from troth.errors import NotFound, TrothError, WrongToken
from troth.gate.question import Asker
from troth.journeys.archive import Seen, State
from troth.journeys.exports import Exports
from troth.names import PersonId
from troth.wire.asgi import Receive, Scope, Send
from troth.wire.held import Client, hand_over_piece
from troth.wire.times import print_time

__all__ = ["ArchiveResponse", "archive_response", "export_routes", "export_shown"]

_NAMES: Final = {True: "everything-about-me.zip", False: "everything-about-a-child.zip"}
_RANGE: Final = re.compile(r"bytes=([0-9]{1,18})?-([0-9]{1,18})?")


def export_routes(exports: Exports, everything: Everything, *, callers: Callers) -> list[Route]:
    """All routes of this module."""

    def own(request: Request) -> Asker:
        who = callers.known(request)
        if who.person is None or who.asker is None:
            raise WrongToken("this token is for something else: everything about you is asked for in your own session")
        return who.asker

    async def look(request: Request) -> Response:
        return shown(export_shown(exports.seen(own(request))))

    async def begin(request: Request) -> Response:
        asker, person = own(request), callers.person(request)
        fill = everything.of(asker, person, session=callers.session(request))
        return created(export_shown(exports.begin(asker, fill)))

    async def end(request: Request) -> Response:
        exports.end(own(request))
        return Response(status_code=204)

    async def archive(request: Request) -> Response:
        asker = own(request)
        return archive_response(exports, request, asker, still=callers.still(request))

    return [
        resource(
            "/api/export",
            {"GET": callers.spoken(look), "POST": callers.spoken(begin), "DELETE": callers.spoken(end)},
        ),
        resource("/api/export/archive", {"GET": callers.spoken(archive)}),
    ]


def export_shown(seen: Seen | None) -> ExportShown:
    """An archive as the interface says it."""
    if seen is None:
        return ExportShown("none")
    return ExportShown(
        seen.state.value,
        print_time(seen.begun_ns),
        seen.step,
        seen.done,
        seen.of,
        seen.rows,
        seen.size,
        seen.digest,
        None if seen.until_ns is None else print_time(seen.until_ns),
        seen.code,
        seen.words,
    )


def archive_response(
    exports: Exports, request: Request, asker: Asker, *, still: Callable[[], bool], by: PersonId | None = None
) -> "ArchiveResponse":
    """The archive that is ready, or the part of it that is asked for. It leaves only while `still()`, too.

    `by`: the one that this guardian of theirs has asked for.

    Raises:
        NotFound: there is none.
    """
    seen = exports.seen(asker, by=by)
    if seen is None or seen.state is not State.READY:
        raise NotFound("there is no archive that is ready for this asker")
    tag = f'"{seen.digest}"'
    if_range = request.headers.get("if-range")
    wanted = request.headers.get("range") if if_range is None or if_range == tag else None
    return ArchiveResponse(exports, asker, seen, span=_span(wanted, seen.size), still=still, by=by)


class ArchiveResponse(Response):
    """An archive on its way. `span`: [from, to) of its bytes; None for a range that lies behind its end."""

    def __init__(
        self,
        exports: Exports,
        asker: Asker,
        seen: Seen,
        *,
        span: tuple[int, int] | None,
        still: Callable[[], bool],
        by: PersonId | None = None,
    ) -> None:
        super().__init__()
        self._exports = exports
        self._asker = asker
        self._by = by
        self._seen = seen
        self._span = span or (0, 0)
        self._still = still
        first, last = self._span
        self.status_code = 416 if span is None else 200 if span == (0, seen.size) else 206
        headers = {
            "content-type": "application/zip",
            "content-length": str(last - first),
            "content-disposition": f'attachment; filename="{_NAMES[by is None]}"',
            "cache-control": "no-store",
            "accept-ranges": "bytes",
            "etag": f'"{seen.digest}"',
            "x-content-type-options": "nosniff",
        }
        if self.status_code == 206:
            headers["content-range"] = f"bytes {first}-{last - 1}/{seen.size}"
        if self.status_code == 416:
            headers["content-range"] = f"bytes */{seen.size}"
        self.raw_headers = [(name.encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": list(self.raw_headers)})
        async with Client(receive) as client:
            if scope["method"] == "HEAD" or await self._all(client, send):
                await send({"type": "http.response.body", "body": b""})

    async def _all(self, client: Client, send: Send) -> bool:
        at, last = self._span
        while at < last:
            if client.gone.is_set():
                return False
            try:
                piece = (await self._exports.read(self._asker, self._seen.id, offset=at, by=self._by))[: last - at]
            except TrothError:
                return False
            if not piece or await hand_over_piece(send, piece, holds=self._holds) < len(piece):
                return False
            at += len(piece)
        return True

    def _holds(self) -> bool:
        return self._exports.holds(self._asker, self._seen.id, by=self._by) and self._still()


def _span(text: str | None, size: int) -> tuple[int, int] | None:
    """[from, to) of what is asked for: all of it without a range, or with one that is not understood; None behind the end.

    Source: RFC 9110 §14.1.2, §14.2.
    """
    found = None if text is None else _RANGE.fullmatch(text.strip())
    if found is None or (found[1] is None and found[2] is None):
        return 0, size
    if found[1] is None:
        length = min(int(found[2]), size)
        return (size - length, size) if length else None
    first = int(found[1])
    last = size if found[2] is None else min(int(found[2]) + 1, size)
    if found[2] is not None and int(found[2]) < first:
        return 0, size
    return (first, last) if first < size else None
