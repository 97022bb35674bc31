"""Clients that never finish what they begin, or never stop: the server closes them and serves the others."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import uvicorn

from troth.app.http_server import HEAD_BYTES, HttpProtocol
from troth.app.open_files import KEPT_FOR_STORES, shares
from troth.app.quiet_server import QuietServer
from troth.wire.asgi import Receive, Send, read_body, send_whole

CLOSED_WITHIN_S = 10.0
LONG = 64 << 20  # more than the system holds for a connection


class Impatient(HttpProtocol):
    """The same, in a hurry."""

    connections_max = 4
    head_within_s = 0.2
    body_silent_s = 0.2
    answer_stuck_s = 0.2


class Patient(Impatient):
    """Long enough that four clients can come and be looked at before the first has waited too long, also when all is slow."""

    answer_stuck_s = 3.0


async def answers(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
    """Say how long the body was."""
    body = await read_body(receive, limit=1 << 20)
    said = b"%d" % len(body)
    await send_whole(send, 200, headers=((b"content-length", b"%d" % len(said)),), body=said)


def served(
    scene: Callable[[int], Awaitable[None]],
    app: Callable[..., Awaitable[None]] = answers,
    *,
    http: type[HttpProtocol] = Impatient,
) -> None:
    """Play a scene with a server of this application on this port."""

    async def play() -> None:
        listening = socket.create_server(("127.0.0.1", 0))
        config = uvicorn.Config(app, http=http, ws="none", lifespan="off", log_level="critical")
        server = QuietServer(config)
        serving = asyncio.ensure_future(server.serve(sockets=[listening]))
        try:
            await scene(listening.getsockname()[1])
        finally:
            server.end()
            await serving

    asyncio.run(play())


async def says(port: int, data: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(data)
    return reader, writer


async def until_closed(reader: asyncio.StreamReader) -> bytes:
    """Everything until the end; a connection that is cut ends, too."""
    try:
        return await asyncio.wait_for(reader.read(), CLOSED_WITHIN_S)
    except ConnectionError:
        return b""


async def asked(port: int) -> bytes:
    reader, writer = await says(
        port, b"POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 3\r\n\r\nabc"
    )
    answer = await until_closed(reader)
    writer.close()
    return answer


async def all_places(port: int) -> bool:
    """Whether as many as may be there at once are answered."""
    held = [await says(port, b"GET / HTTP/1.1\r\nhost: x\r\n\r\n") for _ in range(Impatient.connections_max)]
    begun = []
    for reader, writer in held:
        try:
            begun.append(await reader.read(12))
        except ConnectionError:
            begun.append(b"")
        writer.close()
    return all(each == b"HTTP/1.1 200" for each in begun)


def test_a_request_that_is_whole_is_answered() -> None:
    async def scene(port: int) -> None:
        assert (await asked(port)).endswith(b"\r\n\r\n3")

    served(scene)


def test_who_says_nothing_half_a_head_or_half_a_body_is_closed() -> None:
    async def scene(port: int) -> None:
        half_a_body = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nabc"
        for begun in (b"", b"G", b"GET / HTTP/1.1\r\nhost: x\r\nx-slow: ", half_a_body):
            reader, writer = await says(port, begun)
            assert await until_closed(reader) in {b"", b"HTTP/1.1 100 Continue\r\n\r\n"}
            writer.close()
        assert (await asked(port)).endswith(b"3")

    served(scene)


def test_a_body_that_trickles_is_closed_and_one_that_is_only_large_is_not() -> None:
    async def scene(port: int) -> None:
        reader, writer = await says(port, b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100000\r\n\r\n")
        closed = asyncio.ensure_future(until_closed(reader))
        for _ in range(200):  # a byte well within `body_silent_s` each time: ten seconds of it
            if (await asyncio.wait({closed}, timeout=0.05))[0]:
                break
            writer.write(b"a")
        assert closed.done(), "it would have gone on"
        assert closed.result() == b""
        writer.close()
        whole = b"POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 100000\r\n\r\n" + bytes(100_000)
        reader, writer = await says(port, whole)
        assert (await until_closed(reader)).endswith(b"\r\n\r\n100000")
        writer.close()

    served(scene)


def test_who_does_not_take_the_answer_is_closed_and_who_takes_it_slowly_is_not() -> None:
    async def long_answer(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["path"] == "/":
            await answers(scope, receive, send)
            return
        length = ((b"content-length", b"%d" % LONG),)
        await send({"type": "http.response.start", "status": 200, "headers": length})
        pieces = int(scope["path"][1:])
        for left in reversed(range(pieces)):
            await send({"type": "http.response.body", "body": bytes(LONG // pieces), "more_body": left > 0})

    async def scene(port: int) -> None:
        def ask(pieces: int) -> bytes:
            return b"GET /%d HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n" % pieces

        # An answer that waits for its client, and one that is over for us and lies in the transport: all places are taken.
        stuck = [await says(port, ask(pieces)) for pieces in (1, 1, 8, 8)]
        for reader, _ in stuck:
            await reader.readuntil(b"\r\n\r\n")
        assert b"" == await asked(port)
        async with asyncio.timeout(CLOSED_WITHIN_S):
            while not await all_places(port):
                pass
        for reader, writer in stuck:
            assert len(await until_closed(reader)) < LONG
            writer.close()
        reader, writer = await says(port, ask(8))
        await reader.readuntil(b"\r\n\r\n")
        for _ in range(64):
            assert len(await reader.readexactly(LONG // 64)) == LONG // 64
        writer.close()

    served(scene, long_answer, http=Patient)


def test_a_second_request_that_is_begun_and_not_ended_is_closed_like_the_first() -> None:
    async def scene(port: int) -> None:
        reader, writer = await says(port, b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        assert (await reader.readuntil(b"\r\n\r\n0")).startswith(b"HTTP/1.1 200")
        writer.write(b"GET / HTTP/1.1\r\nx")
        assert b"" == await until_closed(reader)
        writer.close()

    served(scene)


def test_a_head_without_end_is_refused_before_it_is_kept() -> None:
    async def scene(port: int) -> None:
        field = b"x-more: " + b"y" * 1_000 + b"\r\n"
        many = b"GET / HTTP/1.1\r\nhost: x\r\n" + field * (HEAD_BYTES // 1_000 + 1)
        for begun in (many, b"GET /" + b"y" * (HEAD_BYTES + 1)):
            reader, writer = await says(port, begun)
            answer = await until_closed(reader)
            assert answer == b"" or answer.startswith(b"HTTP/1.1 431")
            writer.close()
        assert (await asked(port)).endswith(b"3")

    served(scene)


def test_more_connections_than_there_is_room_for_are_closed_and_the_others_stay() -> None:
    async def scene(port: int) -> None:
        kept = [await says(port, b"GET / HTTP/1.1\r\nhost: x\r\n\r\n") for _ in range(Impatient.connections_max)]
        for reader, _ in kept:
            await reader.readuntil(b"\r\n\r\n0")
        reader, writer = await says(port, b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        assert b"" == await until_closed(reader)
        writer.close()
        for reader, writer in kept:
            writer.write(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
            assert (await reader.readuntil(b"\r\n\r\n0")).startswith(b"HTTP/1.1 200")
            writer.close()

    served(scene)


def test_connections_never_take_the_files_that_the_stores_need() -> None:
    for files in (512, 1_024, 20_000, 1_000_000):
        web, things = shares(files)
        assert min(web, things) > 0
        assert web + things + KEPT_FOR_STORES <= files or files <= KEPT_FOR_STORES
