"""A server of pages that is told to end: nobody new, answers under way to their end, and no longer than it may take."""

import asyncio
import socket
from collections.abc import Awaitable, Callable

import pytest
import uvicorn

from tests.journeys.turns import turn, until
from troth.app.http_server import HttpProtocol
from troth.app.quiet_server import QuietServer
from troth.wire.asgi import Receive, Send, send_whole

App = Callable[[object, Receive, Send], Awaitable[None]]
ASKED = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"
BODY = b"to the end"


def serving(app: App, *, ending_s: int = 30) -> tuple[QuietServer, int, asyncio.Task[None]]:
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        app,
        http=HttpProtocol,
        ws="none",
        lifespan="off",
        log_level="critical",
        timeout_graceful_shutdown=ending_s,
    )
    server = QuietServer(config)
    return server, listening.getsockname()[1], asyncio.ensure_future(server.serve(sockets=[listening]))


async def at_once(scope: object, receive: Receive, send: Send) -> None:
    await send_whole(send, 200, headers=((b"content-length", b"%d" % len(BODY)),), body=BODY)


async def says(port: int, data: bytes = ASKED) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(data)
    return reader, writer


def test_an_answer_under_way_is_given_whole_and_nobody_new_is_taken() -> None:
    async def play() -> None:
        asked, go_on = asyncio.Event(), asyncio.Event()

        async def slowly(scope: object, receive: Receive, send: Send) -> None:
            asked.set()
            await go_on.wait()
            await at_once(scope, receive, send)

        server, port, ended = serving(slowly)
        await until(lambda: server.started)
        reader, writer = await says(port)
        await asked.wait()
        server.end()
        await until(lambda: not any(taking.is_serving() for taking in server.servers))
        with pytest.raises(ConnectionRefusedError):
            await says(port)
        assert not ended.done()
        go_on.set()
        answer = await reader.read()
        await ended
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert answer.endswith(b"\r\n\r\n" + BODY)
        writer.close()

    asyncio.run(play())


def test_a_connection_that_only_waits_is_closed() -> None:
    async def play() -> None:
        server, port, ended = serving(at_once)
        await until(lambda: server.started)
        reader, writer = await says(port)
        assert (await reader.readuntil(BODY)).startswith(b"HTTP/1.1 200 ")  # and is kept for another request
        server.end()
        await ended
        assert await reader.read() == b""
        writer.close()

    asyncio.run(play())


def test_an_answer_that_does_not_end_is_cut_off() -> None:
    async def play() -> None:
        asked, cut = asyncio.Event(), asyncio.Event()

        async def never(scope: object, receive: Receive, send: Send) -> None:
            asked.set()
            try:
                await asyncio.Event().wait()
            finally:
                cut.set()

        server, port, ended = serving(never, ending_s=0)
        await until(lambda: server.started)
        _, writer = await says(port)
        await asked.wait()
        server.end()
        await ended
        await cut.wait()
        writer.close()

    asyncio.run(play())


def test_it_wakes_for_the_date_and_not_to_see_whether_it_is_to_end() -> None:
    async def play() -> None:
        loop, ticks = asyncio.get_running_loop(), 0

        class Counted(QuietServer):
            async def on_tick(self, counter: int) -> bool:
                nonlocal ticks
                ticks += 1
                return await super().on_tick(counter)

        server = Counted(uvicorn.Config(at_once, ws="none", lifespan="off", log_level="critical"))
        ended = asyncio.ensure_future(server.serve(sockets=[socket.create_server(("127.0.0.1", 0))]))
        began = loop.time()
        await until(lambda: server.started)
        await turn(0.6)
        assert 1 <= ticks <= 2 + (loop.time() - began)
        before, told = ticks, loop.time()
        server.end()
        await ended
        assert ticks == before + 1 or loop.time() - told > 1  # what woke it was being told

    asyncio.run(play())
