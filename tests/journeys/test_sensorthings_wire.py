"""Over a real HTTP server on loopback: the doors as programs meet them, and a withdrawal against a reader who does not read."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import msgspec
import uvicorn

from tests.journeys.http_house import URL, WEEK, Doors, open_doors
from tests.journeys.mqtt_house import RESEARCH
from tests.journeys.turns import until
from troth.app.quiet_server import QuietServer
from troth.statements.choice import Decision

BUFFERS = 32 * 1024  # asked of the system for each side of a connection; it may double them


@asynccontextmanager
async def served(doors: Doors) -> AsyncIterator[tuple[str, int]]:
    """The doors behind the server that `app` uses."""
    listening = socket.create_server(("127.0.0.1", 0))
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFERS)
    config = uvicorn.Config(doors.app, http="httptools", lifespan="off", log_config=None, access_log=False)
    server = QuietServer(config)
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    await until(lambda: server.started)
    try:
        yield listening.getsockname()
    finally:
        server.end()
        await serving


def test_a_thing_and_a_reader_meet_over_real_http() -> None:
    async def run() -> None:
        async with open_doors() as doors, served(doors) as (host, port):
            number, credential = await doors.gauge()
            async with httpx.AsyncClient(base_url=f"http://{host}:{port}", trust_env=False) as client:
                path = f"/v1.1/Datastreams({number})/Observations"
                thing = {"authorization": f"Bearer {credential}"}
                kept = await client.post(path, json={"result": 4.5}, headers=thing)
                assert 201 == kept.status_code
                found = await client.get(kept.headers["location"].removeprefix(URL))
                assert 4.5 == found.json()["result"]
                group = {"Datastream": {"@iot.id": number}, "components": ["result"], "dataArray": [[1], [2]]}
                several = await client.post("/v1.1/CreateObservations", json=[group], headers=thing)
                assert 2 == len(several.json())
                page = await client.get(path, params={"$orderby": "phenomenonTime desc", "$count": "true", "$top": "2"})
                assert (3, 2) == (page.json()["@iot.count"], len(page.json()["value"]))
                rest = await client.get(page.json()["@iot.nextLink"].removeprefix(URL))
                assert [4.5] == [row["result"] for row in rest.json()["value"]]
                for root in ("/v1.1", "/v1.1/"):
                    assert 200 == (await client.get(root)).status_code
                large = await client.post(path, content=b"x" * 300_000, headers=thing)
                assert (413, "close") == (large.status_code, large.headers["connection"])

    asyncio.run(run())


def test_a_reader_who_does_not_read_gets_nothing_more_after_a_withdrawal() -> None:
    async def run() -> None:
        async with open_doors() as doors, served(doors) as (host, port):
            household, ana = await doors.home()
            number, credential = await doors.meter(household)
            await doors.choose(ana, Decision.GIVE)
            for begin in range(0, 9_000, 3_000):
                await doors.filled(number, credential, {WEEK + begin + at: 0.5 for at in range(3_000)})
            lab = await doors.house.reader(RESEARCH)
            path = f"/v1.1/Datastreams({number})/Observations?$top=10000"
            whole = len((await doors.ask(path, token=lab)).body)

            plain = socket.socket()
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFERS)
            plain.setblocking(False)  # noqa: FBT003 - the name of the standard library
            loop = asyncio.get_running_loop()
            await loop.sock_connect(plain, (host, port))
            await loop.sock_sendall(
                plain, f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {lab}\r\n\r\n".encode()
            )
            received = await asyncio.wait_for(loop.sock_recv(plain, 16), 30)
            await doors.choose(ana, Decision.WITHDRAW)
            while chunk := await asyncio.wait_for(loop.sock_recv(plain, 1 << 20), 30):
                received += chunk
            plain.close()
            body = received.partition(b"\r\n\r\n")[2]
            assert received.startswith(b"HTTP/1.1 200")
            assert f"content-length: {whole}".encode() in received
            assert 0 < len(body) < whole // 2

    asyncio.run(run())


def test_two_requests_on_one_connection_are_two_answers() -> None:
    async def run() -> None:
        async with open_doors() as doors, served(doors) as (host, port):
            number, credential = await doors.gauge()
            reader, writer = await asyncio.open_connection(host, port)
            said = msgspec.json.encode({"result": 1})
            lines = [
                f"POST /v1.1/Datastreams({number})/Observations HTTP/1.1",
                "Host: x",
                f"Authorization: Bearer {credential}",
                f"Content-Length: {len(said)}",
            ]
            one = "\r\n".join([*lines, "", ""]).encode() + said
            writer.write(one + one)
            answers = b""
            while answers.count(b"HTTP/1.1 201") < 2:
                chunk = await asyncio.wait_for(reader.read(65_536), 30)
                assert chunk, answers
                answers += chunk
            writer.close()
            assert 2 == answers.lower().count(b"location: " + URL.encode())

    asyncio.run(run())
