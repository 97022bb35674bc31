"""Ask an ASGI application in process: one request, one answer, or an answer that is still coming.

Rules
- The body is sent in pieces, and every `send` gives the loop a turn, so that other things can happen in the middle.
- What the application raises is raised here. A request that ends without its last piece is `broken`.

Source: the ASGI specification, HTTP, version 2.3.
Left out: websockets, lifespan, trailers.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias
from urllib.parse import unquote

import msgspec

__all__ = ["App", "Exchange", "Told"]

Message: TypeAlias = MutableMapping[str, Any]
App: TypeAlias = Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
]
_PIECE_BYTES: Final = 1000


@dataclass
class Told:
    """An answer, as far as it has come. `broken`: it ended before its last piece, or has not ended yet."""

    status: int = 0
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytearray = field(default_factory=bytearray)
    broken: bool = True

    def header(self, name: str) -> str | None:
        """The first header of this name (lower case), or None."""
        return next((value for key, value in self.headers if key == name), None)

    @property
    def text(self) -> str:
        """The body as UTF-8."""
        return self.body.decode()

    @property
    def json(self) -> Any:  # noqa: ANN401 - whatever the document is
        """The body read as JSON."""
        return msgspec.json.decode(self.body)


class Exchange:
    """One request on its way. `told` fills as the answer comes.

    Args:
        app: who is asked.
        method: GET, POST ...
        target: path and query, percent-encoded as a client sends it.
        headers: names in lower case.
        body: sent in pieces.
        address: where it comes from.
    """

    def __init__(
        self,
        app: App,
        method: str,
        *,
        target: str,
        headers: Mapping[str, str],
        body: bytes,
        address: str = "127.0.0.1",
    ) -> None:
        self.told = Told()
        self.sent: Callable[[Message], Awaitable[None]] = self._send  # a test may put something between
        self._app = app
        self._pieces = [body[at : at + _PIECE_BYTES] for at in range(0, len(body), _PIECE_BYTES)] or [b""]
        self._gone = asyncio.Event()
        path, _, query = target.partition("?")
        self._scope: Message = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "scheme": "http",
            "server": ("localhost", 8080),
            "client": (address, 50_000),
            "root_path": "",
            "method": method,
            "path": unquote(path),
            "raw_path": path.encode("ascii"),
            "query_string": query.encode("ascii"),
            "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()],
        }

    async def ask(self) -> Told:
        """Ask, and wait for the whole answer."""
        await self._app(self._scope, self._receive, self.sent)
        return self.told

    def hang_up(self) -> None:
        """The client goes away."""
        self._gone.set()

    async def _receive(self) -> Message:
        if self._pieces:
            await asyncio.sleep(0)
            return {"type": "http.request", "body": self._pieces.pop(0), "more_body": bool(self._pieces)}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        await asyncio.sleep(0)
        if message["type"] == "http.response.start":
            self.told.status = message["status"]
            self.told.headers = [(k.decode("latin-1"), v.decode("latin-1")) for k, v in message.get("headers", ())]
        elif message["type"] == "http.response.body":
            self.told.body += message.get("body", b"")
            self.told.broken = bool(message.get("more_body", False))
            if not self.told.broken:
                self._gone.set()  # a client that has its answer hangs up
