"""HTTP as the raw doors see it: the messages of ASGI, read within limits and answered whole.

Rules
- A body is read to its stated limit and not a byte further; what is larger is `too-large`.
- An error of the tree becomes its problem document; any other becomes an incident, whose number the sender gets and whose
  place in our code the diagnostics get. No message and no value goes into the diagnostics.

Source: ASGI HTTP & WebSocket message format 2.4; RFC 9110.
Left out: sockets, TLS and HTTP's own syntax, which belong to the server that `app` starts.
"""

import traceback
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

from troth.errors import Malformed, TooLarge

__all__ = ["Headers", "Receive", "Scope", "Send", "header", "headers_of", "place_of", "read_body", "send_whole"]

# ASGI's own types; the one place where a message is not a value of ours.
Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers: TypeAlias = tuple[tuple[bytes, bytes], ...]


def headers_of(scope: Scope) -> Headers:
    """The request's headers; ASGI gives names in lower case."""
    return tuple(scope["headers"])


def header(headers: Headers, wanted: bytes) -> bytes | None:
    """The value of a header that may stand once, or None without it.

    Raises:
        Malformed: it stands twice.
    """
    found = [value for name, value in headers if name == wanted]
    if len(found) > 1:
        raise Malformed(f"The header {wanted.decode()} stands twice.")
    return found[0] if found else None


async def read_body(receive: Receive, *, limit: int) -> bytes:
    """The whole body.

    Raises:
        TooLarge: more than `limit` bytes; the rest is not read.
        Malformed: the client went away before its end.
    """
    chunks: list[bytes] = []
    size = 0
    more = True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            raise Malformed("The request ended before its body did.")
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise TooLarge(f"A body has at most {limit} bytes here.")
        chunks.append(chunk)
        more = message.get("more_body", False)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


async def send_whole(send: Send, status: int, *, headers: Headers, body: bytes = b"") -> None:
    """An answer in one piece; `headers` say how long it is."""
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def place_of(error: BaseException) -> str:
    """Where in the code an error came up, innermost last; neither its message nor any value."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{type(error).__name__} at " + " > ".join(f"{frame.name}:{frame.lineno}" for frame in frames)
