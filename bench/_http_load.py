"""A load generator for HTTP, as a program of its own: `python -m bench._http_load` reads a job and prints a result.

Rules
- Closed loop on connections that are kept open; every connection has one request in flight.
- Bodies are made before the clock starts, with times of their own, none of them twice in one stream.
- An answer counts when its status is 201; a row of a data array counts when its place in the answer is no "error".

Source: promises.md, P2. HTTP is written out by hand, so that the generator takes as little of the machine as it can.
Left out: TLS, new connections under load.
"""

import asyncio
import json
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count, cycle
from time import perf_counter
from typing import Final, cast

import msgspec

from bench._generator import Result, Run, generate
from bench._report import percentile

__all__ = ["HttpJob", "Poster", "start"]

_DRAIN_S: Final = 15.0
_READY: Final = 200  # data arrays made beforehand, all connections together


class Poster(msgspec.Struct, frozen=True):
    """One connection: a credential and the Datastreams it posts to, by number, or by text with another server."""

    credential: str
    datastreams: tuple[int | str, ...]


class HttpJob(msgspec.Struct, frozen=True):
    """What to do. `rows` 1: single Observations; else data arrays of so many rows, spread over the poster's Datastreams.

    `named_in_body`: singles name their Datastream in the body and not in the path. `connections`: how many the posters share,
    who then take turns on each; 0: each has its own.
    `from_s` is the UTC second of the first time sent; jobs on one node must not share times.
    """

    port: int
    posters: tuple[Poster, ...]
    rows: int
    seconds: float
    from_s: int
    warm_s: float = 0.5
    prefix: str = "/v1.1"
    named_in_body: bool = False
    connections: int = 0


class _Client(asyncio.Protocol):
    """One connection."""

    def __init__(self, requests: Iterator[bytes], rows: int) -> None:
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.acknowledged = 0
        self.sent = 0
        self.refused = 0
        self.going = False
        self.lost = False
        self.latencies: list[float] = []
        self._requests = requests
        self._rows = rows
        self._kept = bytearray()
        self._began = 0.0
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self.ready.set_result(None)

    def connection_lost(self, _exc: Exception | None) -> None:
        self.lost = True

    def begin(self) -> None:
        self.going = True
        self._send()

    def _send(self) -> None:
        self._began = perf_counter()
        self._transport.write(next(self._requests))
        self.sent += self._rows

    def data_received(self, data: bytes) -> None:
        self._kept += data
        end = self._kept.find(b"\r\n\r\n")
        if end < 0:
            return
        head = bytes(self._kept[:end]).lower()
        at = head.find(b"\r\ncontent-length:")
        if at < 0 and not self._kept.endswith(b"\r\n0\r\n\r\n"):
            return  # another server sends chunks
        length = int(head[at + 17 : at + 32].split(b"\r\n")[0]) if at >= 0 else 0
        if len(self._kept) < end + 4 + length:
            return
        body = bytes(self._kept[end + 4 :])
        self._kept.clear()
        self.latencies.append(perf_counter() - self._began)
        if not head.startswith(b"http/1.1 201"):
            self.refused += self._rows
        else:
            errors = body.count(b'"error"')
            self.refused += errors
            self.acknowledged += self._rows - errors
        if self.going:
            self._send()

    def leave(self) -> None:
        if not self.lost:
            self._transport.close()


def _head(path: str, credential: str, length: int) -> bytes:
    return (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {credential}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    ).encode()


def _singles(poster: Poster, job: HttpJob) -> Iterator[bytes]:
    """Observations without a time, to the poster's Datastreams in turn."""
    made = []
    for number in range(256):
        stream = poster.datastreams[number % len(poster.datastreams)]
        if job.named_in_body:
            body, path = b'{"result":%d.25,"Datastream":{"@iot.id":%b}}' % (number, json.dumps(stream).encode()), ""
        else:
            body, path = b'{"result":%d.25}' % number, f"/Datastreams({stream})"
        made.append(_head(f"{job.prefix}{path}/Observations", poster.credential, len(body)) + body)
    while True:
        yield from made


def _arrays(poster: Poster, prefix: str, *, rows: int, from_s: int, ready: int) -> Iterator[bytes]:
    """Data arrays; `ready` of them are made at once, the rest when they are asked for."""
    each = rows // len(poster.datastreams)
    days, quoted = _seconds_as_text(from_s), json.dumps

    def one(number: int) -> bytes:
        groups = []
        for stream in poster.datastreams:
            first = number * each
            lines = ",".join(
                f'["{days(at // 1000)}.{at % 1000:03d}Z",{at % 977}.5]' for at in range(first, first + each)
            )
            groups.append(
                f'{{"Datastream":{{"@iot.id":{quoted(stream)}}},"components":["phenomenonTime","result"],"dataArray":[{lines}]}}'
            )
        body = ("[" + ",".join(groups) + "]").encode()
        return _head(f"{prefix}/CreateObservations", poster.credential, len(body)) + body

    kept = [one(number) for number in range(ready)]

    def stream() -> Iterator[bytes]:
        yield from kept
        for number in count(ready):
            yield one(number)

    return stream()


def _seconds_as_text(from_s: int) -> Callable[[int], str]:
    """ISO 8601 without the fraction, made once per second."""
    known: dict[int, str] = {}

    def text(second: int) -> str:
        if second not in known:
            known[second] = datetime.fromtimestamp(from_s + second, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        return known[second]

    return text


def _lines(job: HttpJob) -> Iterator[Iterator[bytes]]:
    """The requests of each connection."""
    ready = max(2, _READY // len(job.posters))
    each = [
        _singles(poster, job)
        if job.rows == 1
        else _arrays(poster, job.prefix, rows=job.rows, from_s=job.from_s, ready=ready)
        for poster in job.posters
    ]
    connections = job.connections or len(each)
    for first in range(connections):
        turns = cycle(each[first::connections])
        yield map(next, turns)


async def _run(job: HttpJob, say: Callable[[str], None]) -> Result:
    loop = asyncio.get_running_loop()
    clients: list[_Client] = []
    for requests in _lines(job):
        _, client = await loop.create_connection(lambda r=requests: _Client(r, job.rows), "127.0.0.1", job.port)  # type: ignore[misc]  # mypy cannot see through the default
        await client.ready
        clients.append(client)
    for client in clients:
        client.begin()
    await asyncio.sleep(job.warm_s)
    for client in clients:
        client.latencies.clear()
    before, cpu = sum(each.acknowledged for each in clients), sum(os.times()[:2])
    say("began")
    began = perf_counter()
    await asyncio.sleep(job.seconds)
    seconds = perf_counter() - began
    acknowledged = sum(each.acknowledged for each in clients) - before
    cpu = sum(os.times()[:2]) - cpu
    say("ended")
    latencies = [each for client in clients for each in client.latencies]
    for client in clients:
        client.going = False
    give_up = perf_counter() + _DRAIN_S
    while any(c.acknowledged + c.refused < c.sent and not c.lost for c in clients) and perf_counter() < give_up:  # noqa: ASYNC110 - at the end
        await asyncio.sleep(0.01)
    for client in clients:
        client.leave()
    total, sent = sum(c.acknowledged for c in clients), sum(c.sent for c in clients)
    return Result(
        seconds=seconds,
        acknowledged=acknowledged,
        total=total,
        unanswered=sent - total,
        p50=1_000 * percentile(latencies, 0.5),
        p99=1_000 * percentile(latencies, 0.99),
        worst=1_000 * max(latencies, default=0.0),
        cpu_s=cpu,
    )


def start(job: HttpJob) -> Run:
    """The generator, at work on this job."""
    return Run("bench._http_load", job)


if __name__ == "__main__":
    generate(HttpJob, _run)
