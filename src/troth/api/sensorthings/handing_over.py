"""Observations on their way out: rendered whole, then handed over in small chunks, each only while the lease holds.

Rules
- Everything is evaluated and rendered before the first byte, so there is never 200 with half a document by our own fault.
- A chunk has at most 64 KiB. Before each, room in the transport is awaited first; then, in one step of the loop, the page is
  asked whether rows may still leave, and the chunk is given.
- When the answer is no, nothing more is given and the request ends unfinished: the server breaks the connection, and the
  length said before tells the reader that the document is not whole.

Source: gate.md, "The barrier" (hand-over); things.md, "SensorThings 1.1" (traps).
Left out: what the operating system and the connection's own buffer hold already (docs/limits).
"""

from collections.abc import Awaitable, Callable
from typing import Final

import msgspec

from troth.api.sensorthings.entities import observation
from troth.journeys.tell import Page
from troth.wire.asgi import Send

__all__ = ["CHUNK_BYTES", "HEADERS", "hand_over", "rendered"]

CHUNK_BYTES: Final = 64 * 1024  # gate.md: one HTTP connection's buffer, at most
HEADERS: Final = ((b"content-type", b"application/json"), (b"cache-control", b"no-store"))
_ROWS_AT_ONCE: Final = 256  # rendered in one step of the loop: about a millisecond
_encode = msgspec.json.Encoder().encode


async def rendered(page: Page, *, root: str, pause: Callable[[], Awaitable[None]]) -> list[bytes]:
    """Each row of a page as JSON.

    Args:
        page: what may be handed over, as long as it holds.
        root: address of the service root, with a slash at its end.
        pause: gives the loop back.
    """
    rows: list[bytes] = []
    for at in range(0, len(page.rows), _ROWS_AT_ONCE):
        if at:
            await pause()
        rows += [_encode(observation(row, page.view, root=root)) for row in page.rows[at : at + _ROWS_AT_ONCE]]
    return rows


async def hand_over(send: Send, document: bytes, *, holds: Callable[[], bool]) -> None:
    """Give a document to the transport while `holds()`, or break off. Nothing may stand between `send` and the transport."""
    length = (b"content-length", b"%d" % len(document))
    await send({"type": "http.response.start", "status": 200, "headers": (*HEADERS, length)})
    for at in range(0, len(document), CHUNK_BYTES):
        # An empty chunk waits until the transport has room. The next one then leaves without waiting, so that no lease can
        # end between the question and the hand-over.
        await send({"type": "http.response.body", "body": b"", "more_body": True})
        if not holds():
            return
        await send({"type": "http.response.body", "body": document[at : at + CHUNK_BYTES], "more_body": True})
    await send({"type": "http.response.body", "body": b""})
