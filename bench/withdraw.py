"""P4: a withdrawal under load: time to the last hand-over, hand-overs after the acknowledgement, how long the loop is held.

Run with `python -m bench.withdraw`. A laboratory hears the meter of a home in three ways, by the choice of the person who lives
there: over MQTT, by server-sent events, and by reading CSV again and again; other things load the node as in P1. The person
takes the choice back and gives it again, many times.

Rules
- The laboratory, the person and the meter are one thread of one program, so that the order in which bytes arrive is seen: when
  the acknowledgement has been read, what the laboratory's socket holds was handed over before; what comes later is counted.
- The loop is measured apart, on a node in this process (`bench/_hold.py`): the longest turn while 10,000 leases end.

Left out: archives of everything about somebody, which only they get; readers that are slow.
"""

import asyncio
import json
import select
import socket
import tempfile
from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

import uvloop

from bench._hold import held_by_choice, held_by_disclosure
from bench._loads import senders
from bench._mqtt_load import Job, start
from bench._report import begin, options, percentile, say, show, show_one
from bench._town import Home, furnish_home, furnish_things
from troth.testing.program import NodeProgram
from troth.wire.mqtt import (
    Connack,
    Connect,
    Decoder,
    Packet,
    Peer,
    Puback,
    Publish,
    Suback,
    Subscribe,
    Subscription,
    Version,
    encode,
)

ROUNDS = 20  # withdrawals of one run
IN_FLIGHT = 20
AFTER_S = 0.15  # how long is listened for hand-overs that must not be
FLOWING = 5  # rows the laboratory must see in each way before the choice is taken back
AGAIN_S = 0.005  # between an answer of CSV and the next question


@dataclass
class Seen:
    """What one run saw: ms from request to last hand-over and to acknowledgement, and hand-overs after it."""

    last: list[float] = field(default_factory=list)
    acknowledged: list[float] = field(default_factory=list)
    after: int = 0
    rows: int = 0


class Line:
    """One MQTT connection without a library and without a thread."""

    def __init__(self, port: int, username: str, password: str) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._decoder = Decoder(Version.V5, 1 << 20, peer=Peer.SERVER)
        hello = Connect(version=Version.V5, client_id="", username=username, password=password.encode())
        self.say(encode(hello, Version.V5))
        self.wait_for(Connack)

    def say(self, data: bytes) -> None:
        """Send."""
        self.socket.sendall(data)

    def packets(self) -> list[Packet]:
        """What has come; waits for nothing once there is something."""
        data = self.socket.recv(1 << 16)
        if not data:
            raise ConnectionError("the node closed a connection of the bench")
        return self._decoder.feed(data)

    def wait_for(self, kind: type[Packet]) -> Packet:
        """The next packet of this kind; others before it are dropped."""
        while True:
            for packet in self.packets():
                if isinstance(packet, kind):
                    return packet


class Meter:
    """The home's meter: keeps some messages in flight."""

    def __init__(self, port: int, home: Home) -> None:
        self.line = Line(port, home.meter.slug, home.meter.credential)
        self._topic = f"things/{home.meter.slug}/power"
        self._number = 0

    def speak(self, messages: int) -> None:
        """Send so many new numbers."""
        made = []
        for _ in range(messages):
            self._number += 1
            packet = Publish(self._topic, b"%d.5" % self._number, qos=1, packet_id=self._number % 60_000 + 1)
            made.append(encode(packet, Version.V5))
        self.line.say(b"".join(made))

    def heard(self) -> None:
        """Acknowledgements came: say as many again."""
        self.speak(sum(isinstance(packet, Puback) for packet in self.line.packets()))


class Laboratory:
    """Listens to everything it may, at QoS 0."""

    def __init__(self, port: int, home: Home) -> None:
        self.line = Line(port, "lab", home.recipient)
        self.subscribe()

    def subscribe(self) -> None:
        """Anew: a stream that was taken out of a subscription to many does not come back by itself."""
        self.line.say(encode(Subscribe(1, (Subscription("things/#"),)), Version.V5))
        self.line.wait_for(Suback)

    def rows(self) -> int:
        """Rows that came, of what is readable now."""
        return sum(isinstance(packet, Publish) for packet in self.line.packets())


class Http:
    """One connection of the laboratory over HTTP."""

    def __init__(self, port: int, home: Home, target: str) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        head = f"GET {target} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {home.recipient}\r\n\r\n"
        self._request = head.encode()
        self.heard = b""

    def ask(self) -> None:
        """Send the request."""
        self.socket.sendall(self._request)

    def take(self) -> None:
        """Take what is readable; waits for nothing once there is something."""
        data = self.socket.recv(1 << 18)
        if not data:
            raise ConnectionError("the node closed a connection of the bench")
        self.heard += data


class Events(Http):
    """Server-sent events about the meter; asked for anew after each choice, for one that was withdrawn ends them."""

    def __init__(self, port: int, home: Home) -> None:
        super().__init__(port, home, f"/api/events?datastreams={home.meter.datastreams['power']}")
        self.ask()

    def rows(self) -> int:
        """Rows that came, of what is readable now."""
        self.take()
        *whole, self.heard = self.heard.split(b"\n\n")
        return sum(b"event: observation" in each for each in whole)


class Csv(Http):
    """The last rows of the meter as CSV, asked for again some time after each answer."""

    def __init__(self, port: int, home: Home) -> None:
        number = home.meter.datastreams["power"]
        order = "$orderby=phenomenonTime%20desc&$top=20"
        super().__init__(port, home, f"/v1.1/Datastreams({number})/Observations?$resultFormat=CSV&{order}")
        self.answered_at = 0.0
        self._waits = False
        self.denied = 0

    def go_on(self) -> None:
        """Ask again, if it is time."""
        if not self._waits and perf_counter() - self.answered_at > AGAIN_S:
            self._waits = True
            self.ask()

    def rows(self) -> int:
        """Rows of the answer, once it is whole."""
        self.take()
        head, end, body = self.heard.partition(b"\r\n\r\n")
        length = head.lower().partition(b"content-length:")[2].split()
        if not end or (len(body) < int(length[0]) if length else not body.endswith(b"0\r\n\r\n")):
            return 0
        self.heard, self._waits, self.answered_at = b"", False, perf_counter()
        if not head.startswith(b"HTTP/1.1 200"):
            self.denied += 1
            return 0
        return body.count(b"\n") - 1


class Person:
    """Asks over HTTP on one connection, without waiting inside a call."""

    def __init__(self, port: int, home: Home) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._home = home
        self._heard = b""

    def choose(self, decision: str) -> None:
        """Send a choice; `answered` takes what follows."""
        offer = self._home.offer
        body = json.dumps(
            {
                "datastream": offer["datastream"],
                "purpose": offer["purpose"],
                "decision": decision,
                "notice": offer["digest"],
            }
        ).encode()
        head = (
            f"POST /api/choices HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {self._home.session}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self.socket.sendall(head.encode() + body)

    def answered(self) -> bool:
        """Take what is readable; True when the answer is whole. It must be a yes."""
        self._heard += self.socket.recv(1 << 16)
        head, end, body = self._heard.partition(b"\r\n\r\n")
        if not end or len(body) < int(head.lower().partition(b"content-length:")[2].split()[0]):
            return False
        said, self._heard = self._heard, b""
        if not said.startswith(b"HTTP/1.1 201"):
            raise RuntimeError(f"the choice was not taken: {said[:300]!r}")
        return True


class Scene:
    """The three of them, one thread."""

    def __init__(self, node: NodeProgram, home: Home) -> None:
        self.meter = Meter(node.mqtt_port, home)
        self.person = Person(node.http_port, home)
        self._ask("give")
        self._port, self._home = node.http_port, home
        self.laboratory = Laboratory(node.mqtt_port, home)
        self.csv = Csv(node.http_port, home)
        self.events = Events(node.http_port, home)
        self.meter.speak(IN_FLIGHT)

    def _ask(self, decision: str) -> None:
        self.person.choose(decision)
        select.select([self.person.socket], [], [], 30)
        while not self.person.answered():
            pass

    def _readable(self, wait_s: float) -> list[socket.socket]:
        self.csv.go_on()
        hearing = [each for each, _ in self._hearing()]
        return select.select([*hearing, self.meter.line.socket, self.person.socket], [], [], wait_s)[0]

    def _hearing(self) -> list[tuple[socket.socket, Callable[[], int]]]:
        """The ways in which the laboratory hears."""
        return [
            (self.laboratory.line.socket, self.laboratory.rows),
            (self.events.socket, self.events.rows),
            (self.csv.socket, self.csv.rows),
        ]

    def withdraw(self, seen: Seen) -> None:
        """Let rows flow, take the choice back, look at what still comes, and give it again."""
        flowing = [0, 0, 0]
        while min(flowing) < FLOWING:
            for at, came in enumerate(self._turn(self._readable(AGAIN_S))):
                flowing[at] += came
        seen.rows += sum(flowing)
        self.person.choose("withdraw")
        asked = last = perf_counter()
        while True:
            ready = self._readable(10.0)
            answered = self.person.socket in ready and self.person.answered()
            acknowledged = perf_counter()
            if any(self._turn(ready)):
                last = perf_counter()
            if answered:
                break
        # Whatever lies in the laboratory's sockets now was handed over before the acknowledgement was read.
        for hearing, read in self._hearing():
            while select.select([hearing], [], [], 0)[0]:
                if read():
                    last = perf_counter()
        seen.last.append(1_000 * (last - asked))
        seen.acknowledged.append(1_000 * (acknowledged - asked))
        until = perf_counter() + AFTER_S
        while (left := until - perf_counter()) > 0:
            seen.after += sum(self._turn(self._readable(min(left, AGAIN_S))))
        self._ask("give")
        self.laboratory.subscribe()
        self.events.socket.close()
        self.events = Events(self._port, self._home)

    def _turn(self, ready: list[socket.socket]) -> list[int]:
        """Serve the meter and the laboratory; returns how many rows the laboratory got in each way."""
        if self.meter.line.socket in ready:
            self.meter.heard()
        return [rows() if hearing in ready else 0 for hearing, rows in self._hearing()]


def runs_under_load(given: Namespace) -> tuple[list[Seen], float]:
    """`given.runs` runs of ROUNDS withdrawals each, and the load's rate meanwhile."""
    with tempfile.TemporaryDirectory(prefix="troth-bench-") as folder, NodeProgram(Path(folder) / "data") as node:
        home = furnish_home(node)
        things = furnish_things(node, things=50, streams=2)
        scene = Scene(node, home)
        seconds = given.runs * ROUNDS * (AFTER_S + 0.35)
        load = start(Job(node.mqtt_port, senders(things, 50), IN_FLIGHT, seconds)).began()
        found = []
        for _ in range(given.runs):
            found.append(seen := Seen())
            for _ in range(ROUNDS):
                scene.withdraw(seen)
        result = load.ended().result()
        return found, result.acknowledged / result.seconds


def main() -> None:
    given = options(__doc__ or "", seconds=0.0)
    begin(
        "P4: withdrawal",
        f"{given.runs} runs of {ROUNDS} withdrawals each while 50 x 20 MQTT load runs (P1); "
        "the loop is watched on a node in this process",
    )
    seen, rate = runs_under_load(given)
    rows = sum(one.rows for one in seen)
    say(f"  (load meanwhile: {rate:,.0f} observations/s acknowledged; {rows:,} rows reached the laboratory before)")
    every = [each for one in seen for each in one.last]
    show("request to last hand-over, p50 of a run", [percentile(one.last, 0.5) for one in seen], "ms")
    show("request to last hand-over, worst of a run", [max(one.last) for one in seen], "ms")
    show_one("request to last hand-over, p99 of all", percentile(every, 0.99), "ms", promise="P4: p99 <= 50")
    show("request to acknowledgement, p50 of a run", [percentile(one.acknowledged, 0.5) for one in seen], "ms")
    show_one("hand-overs after the acknowledgement", sum(one.after for one in seen), "", promise="P4: 0")
    for name, hold in (("choice", held_by_choice), ("disclosure", held_by_disclosure)):
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            held = [runner.run(hold()) for _ in range(given.runs)]
        say(f"10,000 leases ended at once by one {name}")
        show("longest turn of the loop, CPU of its thread", [each.cpu for each in held], "ms", promise="P4: <= 5")
        show("longest turn of the loop, by the clock", [each.clock for each in held], "ms")
        show("request to acknowledgement", [each.acknowledged for each in held], "ms")


if __name__ == "__main__":
    main()
