"""How a server of pages begins and ends: uvicorn's, told when to end, where uvicorn looks ten times a second whether it is to.

Rules
- Signals are the node's: one interrupt stops both.
- While it serves it wakes once a second, for the date in the heads of its answers.
- At its end it takes nobody new, closes who waits, and gives answers that are under way `timeout_graceful_shutdown` seconds.

Source: RFC 9110 §6.6.1 (Date).
Left out: uvicorn's own signals, reloading, and a lifespan of the application.
"""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

import uvicorn

__all__ = ["QuietServer"]

_DATE_S: Final = 1.0  # what the date in a head is exact to
_LOOK_S: Final = 0.005  # while it waits for the last answers
_DUE: Final = 0  # the number of a tick at which uvicorn writes the date


class QuietServer(uvicorn.Server):
    """uvicorn's, with signals left to the node and no waiting at its end."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._ended = asyncio.Event()

    def end(self) -> None:
        """Begin to end; `serve` returns when it has."""
        self.should_exit = True
        self._ended.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take none."""
        yield

    async def main_loop(self) -> None:
        """Serve until `end`."""
        while not await self.on_tick(_DUE):
            with suppress(TimeoutError):
                async with asyncio.timeout(_DATE_S):
                    await self._ended.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take nobody new, and let those go who are here; what lasts longer than it may is cancelled."""
        for taking in (*self.servers, *(sockets or ())):
            taking.close()
        state = self.server_state
        for connection in list(state.connections):
            connection.shutdown()
        await asyncio.sleep(0)  # in which those are gone who waited for nothing
        try:
            async with asyncio.timeout(self.config.timeout_graceful_shutdown):
                while state.connections or state.tasks:  # noqa: ASYNC110 - they are uvicorn's, which tells nobody
                    await asyncio.sleep(_LOOK_S)
                for taking in self.servers:
                    await taking.wait_closed()
        except TimeoutError:
            for task in state.tasks:
                task.cancel()
