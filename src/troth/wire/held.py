"""A document that rests on leases, on its way out: handed over in small chunks, each only while the leases hold.

Rules
- A chunk has at most 32 KiB. Before each, room in the transport is awaited first; then, in one step of the loop, the leases are
  asked, and the chunk is given. A client that does not read, or sends its next request before it has, changes nothing about it.
- When the answer is no, nothing more is given and the request ends unfinished: the server breaks the connection, and the
  length said before tells the reader that the document is not whole.

- A client that has gone is noticed where somebody looks (`Client`), so that nobody goes on making what nobody takes.

Source: gate.md, "The barrier" (hand-over); things.md, "SensorThings 1.1" (traps).
Left out: what the operating system and the connection's own buffer hold already (docs/limits).
"""

import asyncio
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Final, Self

from starlette.responses import Response

from troth.wire.asgi import Headers, Receive, Scope, Send

__all__ = ["CHUNK_BYTES", "Client", "HeldResponse", "hand_over", "hand_over_piece"]

CHUNK_BYTES: Final = 32 * 1024  # gate.md: 64 KiB in one connection at most, with what it may hold already


async def hand_over(
    send: Send, document: bytes, *, headers: Headers, holds: Callable[[], bool], status: int = 200
) -> None:
    """Give a document to the transport while `holds()`, or break off. Nothing may stand between `send` and the transport.

    `headers` say how long it is.
    """
    await send({"type": "http.response.start", "status": status, "headers": headers})
    if await hand_over_piece(send, document, holds=holds) == len(document):
        await send({"type": "http.response.body", "body": b""})


async def hand_over_piece(send: Send, piece: bytes, *, holds: Callable[[], bool]) -> int:
    """Give a piece of an answer that has begun while `holds()`; returns how many bytes of it were given."""
    for at in range(0, len(piece), CHUNK_BYTES):
        # An empty chunk waits until the transport has room. The next one then leaves without waiting, so that no lease can
        # end between the question and the hand-over.
        await send({"type": "http.response.body", "body": b"", "more_body": True})
        if not holds():
            return at
        await send({"type": "http.response.body", "body": piece[at : at + CHUNK_BYTES], "more_body": True})
    return len(piece)


class Client:
    """Whoever takes a long answer: `gone` is set once they hang up. Used as `async with`; what else they send is read away."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.gone = asyncio.Event()
        self._watch: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._watch = asyncio.ensure_future(self._watching())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._watch is not None:
            self._watch.cancel()

    async def _watching(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self.gone.set()


class HeldResponse(Response):
    """A response whose body is handed over only while `holds()`."""

    def __init__(
        self, content: bytes, *, holds: Callable[[], bool], headers: Mapping[str, str], status_code: int = 200
    ) -> None:
        super().__init__(content, status_code=status_code, headers=headers)
        self._holds = holds

    def also(self, holds: Callable[[], bool]) -> None:
        """It leaves only while `holds()` is true too."""
        before = self._holds
        self._holds = lambda: before() and holds()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        del scope, receive
        headers = tuple(self.raw_headers)
        await hand_over(send, bytes(self.body), headers=headers, holds=self._holds, status=self.status_code)
