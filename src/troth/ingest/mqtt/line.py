"""The transport below one MQTT connection: bytes in and out, when the socket is not read, silence, and the end.

Rules
- Back-pressure stops reading the socket: while the store is full, while 100 messages of a 3.1.1 client are not acknowledged,
  while the client does not read, and after QoS 0 while its thing has sent more than one thing may.
- What is said while something is not durable yet that it promises (a session, a subscription) leaves when that is: in order,
  and no row is among it, because a row that waits could outlive its lease.
- A connection that is silent for too long is closed, and one that is closed and takes nothing is dropped.

Source: MQTT 5.0 §3.1.2.10 (keep-alive); gate.md ("hand-over"). asyncio protocol, so that uvloop can drive it. Owner: the loop.
Left out: packets (`connection`), TLS (the listener's).
"""

import asyncio
from collections.abc import Callable
from enum import IntEnum
from typing import Final, cast

from troth.errors import Unavailable
from troth.ingest.mqtt.door import Door
from troth.wire.mqtt import Reason

__all__ = ["CONNECT_WITHIN_S", "TAKE_WITHIN_S", "Hold", "Line"]

CONNECT_WITHIN_S: Final = 10.0  # a connection that says nothing is closed
TAKE_WITHIN_S: Final = 5.0  # one that is closed and does not take what was written is dropped
_WRITE_BUFFER_BYTES: Final = 64 * 1024  # gate.md: what a transport may hold beyond a hand-over


class Hold(IntEnum):
    """Why the socket is not read: bits of a number, because they are looked at per message (a Flag costs ten times as much)."""

    STORE = 1
    IN_FLIGHT = 2
    DEAF = 4
    RATE = 8


class Line(asyncio.Protocol):
    """Bytes of one client. Whoever derives from it knows what they mean."""

    __slots__ = (
        "_door",
        "_every_s",
        "_heard_s",
        "_hold",
        "_kept_back",
        "_leaving",
        "_loop",
        "_owed",
        "_spoke",
        "_transport",
    )

    def __init__(self, door: Door) -> None:
        self._door = door
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._leaving: asyncio.Transport | None = None  # closed, and something written has not gone
        self._spoke = 0  # where it stands in the wheel; 0 nowhere
        self._heard_s = 0.0
        self._every_s: float = 0  # how often it is to be heard; 0 need not be
        self._hold = 0  # bits of `Hold`
        self._owed = 0  # what is promised and not durable yet
        self._kept_back: list[bytes] | None = None  # written since

    # --- what is different above ---

    def _is_known(self) -> bool:
        """Whether it has said who it is."""
        raise NotImplementedError

    def _came(self, data: bytes) -> None:
        """Bytes have come."""
        raise NotImplementedError

    def _pump(self) -> None:
        """There is room again for what waits."""
        raise NotImplementedError

    def end(self, reason: Reason, words: str) -> None:
        """Say why where the version can, and close."""
        raise NotImplementedError

    def _was_silent(self) -> None:
        """Nothing was heard for too long."""
        raise NotImplementedError

    def _closing(self) -> None:
        """Nothing is taken any more, what comes waits."""
        raise NotImplementedError

    def _gone(self) -> None:
        """The connection is gone."""
        raise NotImplementedError

    # --- the transport calls ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has come; one too many is closed, so that those who are there stay."""
        stream = cast("asyncio.Transport", transport)  # a stream listener gives stream transports
        if len(self._door.connections) >= self._door.connections_max:
            stream.abort()
            return
        self._transport = stream
        self._transport.set_write_buffer_limits(high=_WRITE_BUFFER_BYTES)
        self._spoke = self._door.wheel.put(self, self._loop.time() + CONNECT_WITHIN_S)
        self._door.has_come(self)

    def data_received(self, data: bytes) -> None:
        """Bytes have come."""
        if not self._is_open():
            return
        self._heard_s = self._loop.time()
        try:
            self._came(data)
        except Unavailable:
            # Storage has failed and the node is about to end: nothing is acknowledged any more.
            self._close()

    def eof_received(self) -> None:
        """The client sends no more: close."""
        self._close()

    def connection_lost(self, _exc: Exception | None) -> None:
        """The connection is gone."""
        self._transport = self._leaving = self._kept_back = None
        self._door.has_gone(self)
        self._door.wheel.take(self, self._spoke)
        self._gone()

    def pause_writing(self) -> None:
        """The client does not read."""
        self._pause(Hold.DEAF)

    def resume_writing(self) -> None:
        """It reads again."""
        self._resume(Hold.DEAF)
        self._pump()

    # --- writing ---

    @property
    def writable(self) -> bool:
        """Whether rows may be handed over."""
        return not self._owed and not self._hold & Hold.DEAF

    def write(self, data: bytes) -> None:
        """Give bytes to the transport, after what they promise has become durable."""
        if self._kept_back is not None:
            self._kept_back.append(data)
        elif self._transport is not None and data:
            self._transport.write(data)

    def _owes(self) -> None:
        """What is written from here on waits until `_paid`."""
        self._owed += 1
        if self._kept_back is None:
            self._kept_back = []

    def _paid(self) -> None:
        """Something that was promised is durable."""
        self._owed -= 1
        if not self._owed:
            self._let_go()
            self._pump()

    def _let_go(self) -> None:
        kept_back, self._kept_back = self._kept_back, None
        if kept_back and self._transport is not None:
            self._transport.write(b"".join(kept_back))

    # --- reading or not ---

    def _is_open(self) -> bool:
        return self._transport is not None

    def _pause(self, why: Hold) -> None:
        if not self._hold and self._transport is not None and not self._transport.is_closing():
            self._transport.pause_reading()
        self._hold |= why

    def _resume(self, why: Hold) -> None:
        held, self._hold = self._hold, self._hold & ~why
        if held and not self._hold and self._transport is not None and not self._transport.is_closing():
            self._heard_s = self._loop.time()  # it could not be heard meanwhile
            self._transport.resume_reading()

    def soon(self, work: Callable[[], None]) -> None:
        """Call `work` in the next turn of the loop."""
        self._door.soon(work)

    # --- silence and the end ---

    @property
    def heard(self) -> float:
        """Another value whenever something has come."""
        return self._heard_s

    def _watch(self, every_s: float) -> None:
        """From here on it is to be heard so often; 0 need not be."""
        self._every_s = every_s
        self._door.wheel.take(self, self._spoke)
        self._wait()

    def _wait(self) -> None:
        self._spoke = self._door.wheel.put(self, self._heard_s + self._every_s) if self._every_s else 0

    def look(self) -> None:
        """Nothing was heard for long: before CONNECT that is the end, and after it where nothing was for too long."""
        self._spoke = 0
        if self._leaving is not None:
            self._leaving.abort()
        elif not self._is_known():
            self._close()
        elif self._hold or self._loop.time() - self._heard_s < self._every_s:
            if self._hold:
                self._heard_s = self._loop.time()
            self._wait()
        else:
            self._was_silent()

    def _close(self) -> None:
        """Close once what was written has gone, or in TAKE_WITHIN_S; nothing is taken any more, what comes waits."""
        self._let_go()
        transport, self._transport = self._transport, None
        self._closing()
        if transport is not None:
            transport.close()
            if transport.get_write_buffer_size():
                self._leaving = transport
                self._door.wheel.take(self, self._spoke)
                self._spoke = self._door.wheel.put(self, self._loop.time() + TAKE_WITHIN_S)
