"""A load generator for MQTT 3.1.1 at QoS 1, a program of its own: `python -m bench._mqtt_load` reads a job, prints a result.

Rules
- Closed loop: each connection keeps `window` messages in flight and sends the next ones when acknowledgements come.
- Messages are made before the clock starts, so that the generator takes as little of the machine as it can.
- A latency is taken of the oldest message that one socket read acknowledges; with one in flight that is every message.
- It counts acknowledgements. What an acknowledgement stands for is the node's to say: benches compare with its counts.

Source: promises.md, P1. Packets are those of `troth.wire.mqtt`.
Left out: TLS, MQTT 5, subscriptions.
"""

import asyncio
import os
from collections import deque
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Final, cast

import msgspec

from bench._generator import Result, Run, generate
from bench._report import percentile
from troth.wire.mqtt import Connack, Connect, Decoder, Disconnect, Peer, Publish, Version, encode

__all__ = ["Job", "Sender", "start"]

_RING: Final = 512  # messages made beforehand, per connection
_PACKET: Final = 4  # bytes of a PUBACK without a reason
_DRAIN_S: Final = 10.0


class Sender(msgspec.Struct, frozen=True):
    """One connection and the topics it publishes to, in turn."""

    client_id: str
    username: str
    password: str
    topics: tuple[str, ...]


class Job(msgspec.Struct, frozen=True):
    """What to do. `warm_s` comes before `seconds` and is not counted."""

    port: int
    senders: tuple[Sender, ...]
    window: int
    seconds: float
    warm_s: float = 0.5


class _Client(asyncio.Protocol):
    """One connection."""

    def __init__(self, sender: Sender, window: int) -> None:
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.acknowledged = 0
        self.sent = 0
        self.lost = False
        self.going = False
        self.latencies: list[float] = []
        self._sender = sender
        self._window = window
        self._ring = _messages(sender.topics, window)
        self._at = 0
        self._due: deque[tuple[float, int]] = deque()
        self._rest = b""
        self._decoder = Decoder(Version.V311, 1024, peer=Peer.SERVER)
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass
        hello = Connect(
            version=Version.V311,
            client_id=self._sender.client_id,
            username=self._sender.username,
            password=self._sender.password.encode(),
        )
        self._transport.write(encode(hello, Version.V311))

    def connection_lost(self, _exc: Exception | None) -> None:
        self.lost = True
        if not self.ready.done():
            self.ready.set_exception(ConnectionError("the connection was refused"))

    def begin(self) -> None:
        self.going = True
        self._send(self._window)

    def data_received(self, data: bytes) -> None:
        if not self.ready.done():
            (packet,) = self._decoder.feed(data)
            if not isinstance(packet, Connack) or packet.reason:
                raise ConnectionError(f"not let in: {packet}")
            self.ready.set_result(None)
            return
        if self._rest:
            data = self._rest + data
        count, over = divmod(len(data), _PACKET)
        self._rest = data[-over:] if over else b""
        self.acknowledged += count
        now = perf_counter()
        self._settle(count, now)
        if self.going:
            self._send(count)

    def _settle(self, count: int, now: float) -> None:
        self.latencies.append(now - self._due[0][0])
        while count:
            began, left = self._due.popleft()
            if left > count:
                self._due.appendleft((began, left - count))
                return
            count -= left

    def _send(self, count: int) -> None:
        ring, at = self._ring, self._at
        end = at + count
        self._transport.write(b"".join(ring[at:end]))
        self._at = end % _RING if end < len(ring) - self._window else 0
        self.sent += count
        self._due.append((perf_counter(), count))

    def leave(self) -> None:
        if not self.lost:
            self._transport.write(encode(Disconnect(), Version.V311))
            self._transport.close()


def _messages(topics: Sequence[str], window: int) -> list[bytes]:
    """A ring of ready messages, long enough beyond its end for one more window; no packet identifier is in flight twice."""
    each = max(_RING, len(topics))
    whole = each + 2 * window
    return [
        encode(
            Publish(topics[n % len(topics)], b"%d.25" % (1_000 + n % each), qos=1, packet_id=n % 60_000 + 1),
            Version.V311,
        )
        for n in range(whole)
    ]


async def _run(job: Job, say: Callable[[str], None]) -> Result:
    loop = asyncio.get_running_loop()
    clients: list[_Client] = []
    for sender in job.senders:
        _, client = await loop.create_connection(lambda s=sender: _Client(s, job.window), "127.0.0.1", job.port)  # type: ignore[misc]  # mypy cannot see through the default
        clients.append(client)
        await asyncio.wait_for(client.ready, 30)
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
    while any(c.acknowledged < c.sent and not c.lost for c in clients) and perf_counter() < give_up:  # noqa: ASYNC110 - at the end
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


def start(job: Job) -> Run:
    """The generator, at work on this job."""
    return Run("bench._mqtt_load", job)


if __name__ == "__main__":
    generate(Job, _run)
