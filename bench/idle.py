"""P9, memory per connected thing: MQTT connections that say nothing, or have spoken, each with a session of its own.

Run with `python -m bench.idle`. Things of one product connect again and again under other client identifiers; each connection
has answered CONNECT, holds a session that would outlive it, and is then left alone. Memory is what the system says the node
has (VmRSS), after minus before, through the number of connections. They are closed and opened once more in the same node: what
the second time adds is what is not given back.

The first cases have one connection of each thing, so that what a node remembers of a connected thing is in the figure. Those
that have spoken said so many numbers, streams in turn, all of them acknowledged and moved before anything is measured; what a
node needs once for whoever speaks first is there before (one other thing has spoken).

Left out: memory of the kernel for the sockets, which no process shows.
"""

import socket
import ssl
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from time import sleep

from bench._loads import moved, stored
from bench._process import used
from bench._report import begin, options, say, show
from bench._town import Speaks, furnish_things
from troth.app.open_files import raise_file_limit
from troth.testing.program import NodeProgram
from troth.wire.mqtt import Connect, Properties, Publish, Subscribe, Subscription, Version, encode

CONNECTIONS = 10_000
THINGS = 1_000
STREAMS = 4
IN_FLIGHT = 50
SETTLES_S = 2.0  # sessions that end are forgotten, and the allocator comes to rest
SILENT_S = 3_600
PROMISED = "P9: <= 6,144"
KEPT = Properties(session_expiry_s=3_600)


@dataclass(frozen=True)
class Case:
    """What one connection does before it says nothing."""

    name: str
    version: Version
    subscribes: bool = False
    secure: bool = False
    promise: str = ""
    connections: int = CONNECTIONS
    says: int = 0


CASES = (
    Case("MQTT 5, one connection of each thing", Version.V5, promise=PROMISED, connections=THINGS),
    Case(
        "MQTT 5, one of each thing, each stream spoken once", Version.V5, promise=PROMISED, connections=THINGS, says=4
    ),
    Case("MQTT 5, one of each thing, 2,000 numbers", Version.V5, promise=PROMISED, connections=500, says=2_000),
    Case("MQTT 5, with a session", Version.V5, promise=PROMISED),
    Case("MQTT 3.1.1, with a session", Version.V311, promise=PROMISED),
    Case("MQTT 5, with a session and a subscription", Version.V5, subscribes=True),
    Case("MQTT 5, with a session, over TLS", Version.V5, secure=True),
)


@contextmanager
def _node(*, secure: bool) -> Iterator[tuple[NodeProgram, list[Speaks], Callable[[], socket.socket]]]:
    with tempfile.TemporaryDirectory(prefix="troth-bench-") as place:
        settings = {"TROTH_SEGMENT_TICK_S": "1"} | ({"TROTH_TLS": "on", "TROTH_MQTTS_PORT": "0"} if secure else {})
        with NodeProgram(Path(place) / "data", settings=settings) as node:
            things = furnish_things(node, things=THINGS, streams=STREAMS)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # what is measured is memory

            def plain() -> socket.socket:
                return socket.create_connection(("127.0.0.1", node.mqtt_port))

            def safe() -> socket.socket:
                line = socket.create_connection(("127.0.0.1", node.mqtts_port))
                return context.wrap_socket(line, server_hostname="localhost")

            yield node, things, safe if secure else plain


def _opened(case: Case, things: list[Speaks], connect: Callable[[], socket.socket]) -> list[socket.socket]:
    """All connections, each past its greeting."""
    lines = []
    for number in range(case.connections):
        thing = things[number % THINGS]
        hello = Connect(
            version=case.version,
            client_id=f"client-{number // THINGS:05}",
            clean_start=False,
            keep_alive_s=SILENT_S,
            username=thing.slug,
            password=thing.credential.encode(),
            properties=KEPT if case.version is Version.V5 else Properties(),
        )
        line = connect()
        line.sendall(encode(hello, case.version))
        _answered(line, 0x20)
        if case.subscribes:
            other = things[(number + 1) % THINGS]
            topic = f"things/{other.slug}/s{number % STREAMS}"
            line.sendall(encode(Subscribe(1, (Subscription(topic, 1),)), case.version))
            _answered(line, 0x90)
        for first in range(0, case.says, IN_FLIGHT):
            _say(line, thing, range(first, min(first + IN_FLIGHT, case.says)), case.version)
        lines.append(line)
    return lines


def _say(line: socket.socket, thing: Speaks, numbers: range, version: Version) -> None:
    """Numbers without a time, streams in turn; each is acknowledged on return."""
    topics = [f"things/{thing.slug}/s{stream}" for stream in range(STREAMS)]
    packets = (
        Publish(topics[number % STREAMS], b"%d.5" % number, qos=1, packet_id=number % IN_FLIGHT + 1)
        for number in numbers
    )
    line.sendall(b"".join(encode(packet, version) for packet in packets))
    for _ in numbers:
        _answered(line, 0x40)


def _answered(line: socket.socket, kind: int) -> None:
    """Take one short answer; it must be of this kind."""
    head = _exactly(line, 2)
    _exactly(line, head[1])
    if head[0] != kind:
        raise RuntimeError(f"the node answered with a packet of type {head[0] >> 4}")


def _exactly(line: socket.socket, length: int) -> bytes:
    data = b""
    while len(data) < length:
        more = line.recv(length - len(data))
        if not more:
            raise RuntimeError("the node closed the connection")
        data += more
    return data


def _measured(case: Case) -> tuple[float, float]:
    """Bytes per connection the first time, and what the second time adds to it."""
    with _node(secure=case.secure) as (node, things, connect):
        assert node.pid is not None
        warm = [connect() for _ in range(20)]
        for line in warm:
            line.close()
        if case.says:
            first = replace(case, connections=1)
            _opened(first, things[-1:] * THINGS, connect)[0].close()
            _settle(node, things)
        sleep(SETTLES_S)
        before = used(node.pid).memory
        memory = []
        for _ in range(2):
            lines = _opened(case, things, connect)
            if case.says:
                _settle(node, things)
            sleep(SETTLES_S)
            memory.append(used(node.pid).memory)
            for line in lines:
                line.close()
            sleep(SETTLES_S)
    return (memory[0] - before) / case.connections, (memory[1] - memory[0]) / case.connections


def _settle(node: NodeProgram, things: list[Speaks]) -> None:
    """Wait until every row is moved."""
    kept = stored(node, things)[0]
    while moved(node.data) < kept:
        sleep(0.2)


def main() -> None:
    given = options(__doc__ or "", seconds=0.0)
    raise_file_limit()
    begin(
        "P9: memory per connected thing",
        f"{given.runs} nodes for each case, {CONNECTIONS:,} connections of {THINGS:,} things with {STREAMS} streams each, "
        "all past CONNECT and then silent; VmRSS of the node after minus before, through the connections",
    )
    for case in CASES:
        if given.only not in case.name:
            continue
        say(case.name)
        found = [_measured(case) for _ in range(given.runs)]
        show("memory per connection", [each for each, _ in found], "bytes", promise=case.promise)
        show("added by opening all of them again", [each for _, each in found], "bytes")


if __name__ == "__main__":
    main()
