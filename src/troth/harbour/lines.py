"""The MQTT connections of one program: opened, kept, opened again, without threads.

Rules
- A connection that breaks is opened again after a while that grows to `PATIENCE_S`; what was not acknowledged is sent again.
- A thing remembers at most `MEMORY` unsent messages and forgets newer ones: it is a small thing.
- Where the node has been away for `AWAY_S`, there is nothing to wait for: `NodeAbsent`.

Left out: anything about what is said.
"""

import selectors
import socket
from contextlib import suppress
from typing import Final

from troth.clock import NS_PER_S, Clock
from troth.errors import BadMqtt, NodeAbsent, TooLarge
from troth.wire.mqtt import ClientSession, Ended, Hello

__all__ = ["Line", "Lines"]

AWAY_S: Final = 20  # a node that is started again is back sooner
PATIENCE_S: Final = 5
MEMORY: Final = 1_000
_READ_BYTES: Final = 16 * 1024
_CONNECT_S: Final = 2.0


class Line:
    """One thing's connection. Owned by its `Lines`."""

    def __init__(self, session: ClientSession, now_ns: int) -> None:
        self.session = session
        self.socket: socket.socket | None = None
        self.unsent = bytearray()
        self.again_ns = now_ns
        self.wait_s = 0.25
        self.heard_ns = now_ns


class Lines:
    """All connections of a program on one selector.

    Args:
        at: host and port of the node's MQTT endpoint on this computer.
        clock: its ticks.
    """

    def __init__(self, at: tuple[str, int], *, clock: Clock) -> None:
        self._at = at
        self._clock = clock
        self._selector = selectors.DefaultSelector()
        self._lines: dict[str, Line] = {}

    def add(self, slug: str, credential: str) -> None:
        """A thing that speaks from now on."""
        hello = Hello(client_id=f"lane-{slug}"[:23], username=slug, credential=credential)
        self._lines[slug] = Line(ClientSession(hello), self._clock.ticks())

    def watch(self, file: int) -> None:
        """Also wake up when this file can be read."""
        self._selector.register(file, selectors.EVENT_READ, None)

    def say(self, topic: str, payload: bytes, *, slug: str, name: str) -> None:
        """Publish, now or when there is a connection again; too much of it is forgotten."""
        session = self._lines[slug].session
        if session.waiting < MEMORY:
            with suppress(TooLarge):
                session.publish(topic, payload, name=name)

    def turn(self, wait_s: float) -> bool:
        """Do what is due for at most `wait_s`; returns whether a watched file can be read.

        Raises:
            NodeAbsent: no connection has been possible for `AWAY_S`.
        """
        now = self._clock.ticks()
        for line in self._lines.values():
            self._open(line, now)
            self._write(line, now)
        watched = False
        for key, mask in self._selector.select(self._until(now, wait_s)):
            if key.data is None:
                watched = True
                continue
            ready: Line = key.data
            if mask & selectors.EVENT_READ:
                self._read(ready)
            self._write(ready, self._clock.ticks())
        return watched

    def close(self) -> None:
        """Take leave."""
        for line in self._lines.values():
            if line.socket is not None:
                with suppress(OSError):
                    line.socket.send(bytes(line.unsent) + line.session.part())
                line.socket.close()
        self._selector.close()

    def _until(self, now: int, wait_s: float) -> float:
        """How long nothing is due."""
        for line in self._lines.values():
            due = line.session.due_ns if line.socket is not None else line.again_ns
            if due is not None:
                wait_s = min(wait_s, (due - now) / NS_PER_S)
        return max(0.0, wait_s)

    def _open(self, line: Line, now: int) -> None:
        if line.socket is not None or now < line.again_ns:
            return
        try:
            line.socket = socket.create_connection(self._at, timeout=_CONNECT_S)
        except OSError as cause:
            if now - line.heard_ns > AWAY_S * NS_PER_S:
                raise NodeAbsent("the node has gone away") from cause
            self._wait(line)
            return
        line.socket.setblocking(False)  # noqa: FBT003 - the name of the standard library's parameter
        line.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        line.unsent = bytearray(line.session.begin(now))
        self._selector.register(line.socket, selectors.EVENT_READ, line)

    def _write(self, line: Line, now: int) -> None:
        if line.socket is None:
            return
        try:
            line.unsent += line.session.send(now)
            if line.unsent:
                sent = line.socket.send(line.unsent)
                del line.unsent[:sent]
        except BlockingIOError:
            pass
        except (OSError, BadMqtt):
            self._drop(line)
            return
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if line.unsent else 0)
        self._selector.modify(line.socket, wanted, line)

    def _read(self, line: Line) -> None:
        if line.socket is None:
            return
        try:
            data = line.socket.recv(_READ_BYTES)
            told = line.session.feed(data) if data else None
        except BlockingIOError:
            return
        except (OSError, BadMqtt):
            told = None
        if told is None:
            self._drop(line)
            return
        line.heard_ns = self._clock.ticks()
        line.wait_s = 0.25
        for each in told:
            if isinstance(each, Ended):
                line.wait_s = PATIENCE_S
                self._drop(line)

    def _drop(self, line: Line) -> None:
        line.session.lost()
        line.unsent.clear()
        if line.socket is not None:
            self._selector.unregister(line.socket)
            line.socket.close()
            line.socket = None
        self._wait(line)

    def _wait(self, line: Line) -> None:
        line.again_ns = self._clock.ticks() + int(line.wait_s * NS_PER_S)
        line.wait_s = min(line.wait_s * 2, PATIENCE_S)
