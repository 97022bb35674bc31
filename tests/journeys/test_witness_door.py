"""The way to a witness over HTTP: whatever the other side does, it ends in time and within a size."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from troth.adapters.witness_http import ANSWER_BYTES, HttpWitnessDoor
from troth.errors import Unavailable
from troth.journeys.witness_door import WitnessAnswer

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
SOON_S = 0.4
PLENTY_S = 30.0


def met(talk: Talk, *, answer_s: float = PLENTY_S, method: str = "add") -> tuple[WitnessAnswer | str, list[bytes]]:
    """What the door makes of a server that talks so, and what that server was sent."""
    heard: list[bytes] = []

    async def scene() -> WitnessAnswer | str:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            heard.append(await reader.readuntil(b"\r\n\r\n"))
            try:
                await talk(reader, writer)
            except ConnectionError:
                pass
            finally:
                writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/prefix/"
        door = HttpWitnessDoor(answer_s=answer_s)
        try:
            return await (door.add(url, b"old 0\n\n") if method == "add" else door.latest(url, "abc"))
        except Unavailable as why:
            return why.message
        finally:
            server.close()

    return asyncio.run(scene()), heard


def says(*parts: bytes) -> Talk:
    async def talk(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for part in parts:
            writer.write(part)
            await writer.drain()

    return talk


def test_an_answer_is_its_status_and_body() -> None:
    answer, heard = met(says(b"HTTP/1.1 409 Conflict\r\ncontent-length: 3\r\n\r\n", b"12\n"))
    assert WitnessAnswer(409, b"12\n") == answer
    assert heard[0].startswith(b"POST /prefix/add-checkpoint HTTP/1.1\r\nhost: 127.0.0.1:")
    answer, heard = met(says(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"), method="latest")
    assert WitnessAnswer(404, b"") == answer
    assert heard[0].startswith(b"GET /prefix/abc/checkpoint HTTP/1.1\r\n")


@pytest.mark.parametrize(
    "parts",
    [
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n", b"1\r\nc\r\n0\r\n\r\n"),
        (b"HTTP/1.1 200 OK\r\n\r\nabc",),
        (b"HTTP/1.0 200 OK\r\n\r\na", b"bc"),
    ],
)
def test_bodies_end_as_http_lets_them(parts: tuple[bytes, ...]) -> None:
    assert WitnessAnswer(200, b"abc") == met(says(*parts))[0]


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ((b"",), "nothing answers"),
        ((b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n",), "nothing answers"),
        ((b"SSH-2.0-OpenSSH\r\n",), "does not speak HTTP"),
        ((b"HTTP/1.1 200 OK\r\ncontent-length: 999999\r\n\r\n", *[bytes(16_384)] * 24), "longer than any"),
        ((b"HTTP/1.1 200 OK\r\n", *[b"x: " + b"y" * 16_000 + b"\r\n"] * 24), "longer than any"),
    ],
)
def test_what_is_no_answer_is_a_witness_that_is_away(parts: tuple[bytes, ...], why: str) -> None:
    assert len(parts) < 3 or sum(map(len, parts)) > ANSWER_BYTES
    answer, _ = met(says(*parts))
    assert isinstance(answer, str)
    assert why in answer


def test_a_witness_that_says_nothing_is_left_in_time() -> None:
    async def silent(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    assert "it did not answer within 0.4 s" == met(silent, answer_s=SOON_S)[0]


def test_a_witness_that_drips_is_left_in_time() -> None:
    """Each byte comes soon after the last; the whole does not."""

    async def drips(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        gone = asyncio.ensure_future(reader.read())
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
        while not gone.done():
            writer.write(b"x")
            await asyncio.wait([gone], timeout=0.02)

    assert "it did not answer within 0.4 s" == met(drips, answer_s=SOON_S)[0]


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1", "http://", "http://127.0.0.1:x/", "http://127.0.0.1:1/ü", "http://[::1"]
)
def test_an_address_where_nothing_is(url: str) -> None:
    with pytest.raises(Unavailable):
        asyncio.run(HttpWitnessDoor().add(url, b""))
