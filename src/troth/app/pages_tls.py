"""Pages and the HTTP interface over TLS: a listener of its own beside the one on this computer.

Rules
- Both give connections to one server, so that limits and the end count for both.
- A certificate that was given is read again when its files change: whoever renews it need not start the node again.
- Who does not finish a handshake is closed.

Source: people.md, "Accounts"; RFC 8446; RFC 9325. Owner of all state: the event loop.
"""

import asyncio
import socket
from collections.abc import Callable
from typing import Final

import structlog
import uvicorn

from troth import drivers
from troth.clock import Clock
from troth.errors import TrothError
from troth.settings import Https, Settings

__all__ = ["PagesTls"]

HANDSHAKE_S: Final = 10.0
LOOK_S: Final = 60.0
_diagnostics = structlog.get_logger("troth")


class PagesTls:
    """What pages are served with. Made before the node, so that what is wrong is known before anything starts."""

    def __init__(self, settings: Settings, *, clock: Clock) -> None:
        self._given = drivers.given_certificate(settings) if settings.https is Https.GIVEN else None
        own = None if self._given else drivers.open_tls(settings, clock=clock)
        self.fingerprint = "" if own is None else own.fingerprint
        self._context = self._given.context() if self._given else drivers.pages_context(settings)
        self._seen = self._given.seen() if self._given else ()

    async def serve(self, listening: socket.socket, server: uvicorn.Server) -> Callable[[], None]:
        """Take connections on `listening` for `server`, which is started or about to; returns what ends it."""
        config = server.config
        if not config.loaded:
            config.load()
        protocol: Callable[..., asyncio.Protocol] = config.http_protocol_class

        def connected() -> asyncio.Protocol:
            return protocol(config=config, server_state=server.server_state, app_state={})

        loop = asyncio.get_running_loop()
        taking = await loop.create_server(
            connected, sock=listening, ssl=self._context, ssl_handshake_timeout=HANDSHAKE_S
        )
        watching = loop.create_task(self.watch())

        def end() -> None:
            watching.cancel()
            taking.close()

        return end

    async def watch(self) -> None:
        """Read a given certificate again when it changes. It never ends by itself."""
        while True:
            await asyncio.sleep(LOOK_S)
            self.look()

    def look(self) -> None:
        """Read it now, if it has changed. What cannot be read leaves the former in use."""
        if self._given is None or self._given.seen() == self._seen:
            return
        try:
            self._given.load(self._context)
        except TrothError as error:
            _diagnostics.error("the new certificate cannot be used", reason=error.message)
        else:
            _diagnostics.info("the certificate was read again")
        self._seen = self._given.seen()
