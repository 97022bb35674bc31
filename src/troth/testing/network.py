"""Connections of a test world: two asyncio protocols joined by a wire whose delays, pieces and breaks come from a seed.

Rules
- Bytes arrive in order, each exactly once, in pieces of any size, each piece up to `delay_s` after the one before.
- A side that writes more than the wire holds keeps the rest in its buffer and is told to pause; `close` sends that rest
  first, `abort` forgets it. What is on the wire cannot be called back, as with a real system's buffers.
- A side that has paused reading gets nothing, so the other one fills up.
- `cut` is a reset both sides notice; `silence` is a cable pulled out: nothing arrives any more and nobody is told.
- After EOF a side may go on writing if its peer's `eof_received` says so (half open).

Source: asyncio's Transport and Protocol contracts.
Left out: TLS, datagrams, addresses beyond a name and a number.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from typing import Final

from troth.testing.loop import WorldLoop

__all__ = ["DELAY_S", "WIRE_BYTES", "Network", "Wire", "WireEnd"]

DELAY_S: Final = 0.002
WIRE_BYTES: Final = 16 * 1024  # what the systems in between hold
HIGH_BYTES: Final = 64 * 1024  # asyncio's own high-water mark
_PIECE_BYTES: Final = 4096


class _Way:
    """One direction of a wire: pieces on their way from one end to the other, and then perhaps an EOF."""

    def __init__(self, loop: WorldLoop, wire: "Wire") -> None:
        self.sender: WireEnd
        self.taker: WireEnd
        self._loop = loop
        self._wire = wire
        self._pieces: deque[bytes] = deque()
        self._bytes = 0
        self._eof = False
        self._due: asyncio.TimerHandle | None = None

    def room(self) -> int:
        """How many bytes can still be put on."""
        return 0 if self._wire.broken else WIRE_BYTES - self._bytes

    def put(self, piece: bytes) -> None:
        """Send a piece off."""
        self._pieces.append(piece)
        self._bytes += len(piece)
        self.go_on()

    def end(self) -> None:
        """Send EOF off, after what is on its way."""
        self._eof = True
        self.go_on()

    def go_on(self) -> None:
        """Let the next piece arrive in its time. Called when there may be one, or when the taker reads again."""
        if self._due is None and (self._pieces or self._eof) and not self._wire.silent:
            self._due = self._loop.call_later(self._loop.random.uniform(0.0, self._wire.delay_s), self._arrive)

    def forget(self) -> None:
        """Nothing of this arrives any more."""
        self._pieces.clear()
        self._eof = False
        if self._due is not None:
            self._due.cancel()

    def _arrive(self) -> None:
        self._due = None
        if self._wire.silent:
            return
        if self.taker.is_lost and self._pieces:
            self.forget()
            self.sender.lose(ConnectionResetError("the other side has closed"))
            return
        if not self.taker.is_reading() and not self.taker.is_closing():
            return
        if self._pieces:
            piece = self._pieces.popleft()
            self._bytes -= len(piece)
            self.taker.take(piece)
            self.sender.refill()
        elif self._eof:
            self._eof = False
            self.taker.take_eof()
        self.go_on()


class WireEnd(asyncio.Transport):
    """One side of a wire: the transport its protocol is given."""

    def __init__(self, loop: WorldLoop, protocol: asyncio.Protocol, *, out: _Way, into: _Way, name: str) -> None:
        super().__init__({"peername": (name, 0), "sockname": (name, 0)})
        self._loop = loop
        self._protocol = protocol
        self._out = out
        self._into = into
        out.sender = into.taker = self
        self._buffer = bytearray()
        self._high, self._low = HIGH_BYTES, HIGH_BYTES // 4
        self._full = False  # the protocol was told to pause writing
        self._reading = True
        self._closing = False
        self._eof = False  # nothing more will be written
        self._ended = False  # EOF is on the wire
        self.is_lost = False
        self.on_write: Callable[[bytes], None] | None = None  # sees every hand-over at the moment in which it happens

    # --- what a protocol calls ---

    def get_protocol(self) -> asyncio.BaseProtocol:
        return self._protocol

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        assert isinstance(protocol, asyncio.Protocol)
        self._protocol = protocol

    def is_closing(self) -> bool:
        return self._closing

    def is_reading(self) -> bool:
        return self._reading and not self._closing

    def pause_reading(self) -> None:
        self._reading = False

    def resume_reading(self) -> None:
        self._reading = True
        self._into.go_on()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self._high = (HIGH_BYTES if low is None else 4 * low) if high is None else high
        self._low = self._high // 4 if low is None else low
        self._look_at_level()

    def get_write_buffer_size(self) -> int:
        return len(self._buffer)

    def get_write_buffer_limits(self) -> tuple[int, int]:
        return self._low, self._high

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self._eof and not self._closing:
            raise RuntimeError("a transport that has said EOF is written to")
        if self._closing:
            return  # as a socket's transport: what a closed one is given is lost
        if self.on_write is not None:
            self.on_write(bytes(data))
        self._buffer += data
        self.refill()

    def writelines(self, list_of_data: Iterable[bytes | bytearray | memoryview]) -> None:
        self.write(b"".join(list_of_data))

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        self._eof = True
        self.refill()

    def close(self) -> None:
        if not self._closing:
            self._closing = self._eof = True
            self.refill()
            self._into.go_on()  # a closed side takes what comes and forgets it

    def abort(self) -> None:
        self._closing = self._eof = self._ended = True
        self._buffer.clear()
        self._out.forget()
        self._loop.call_soon(self.lose, None)
        self._loop.call_soon(self._out.taker.lose, ConnectionResetError("the other side has gone"))

    # --- what the wire calls ---

    def begin(self) -> None:
        """Tell the protocol that it is connected."""
        self._protocol.connection_made(self)

    def lose(self, error: Exception | None) -> None:
        """The connection is gone for this side; its protocol is told once."""
        if not self.is_lost:
            self.is_lost = self._closing = self._eof = True
            self._buffer.clear()
            self._protocol.connection_lost(error)

    def refill(self) -> None:
        """Put onto the wire what it takes; then EOF, where nothing more will come."""
        while self._buffer and self._out.room() > 0:
            size = min(self._loop.random.randint(1, _PIECE_BYTES), len(self._buffer))
            piece = bytes(self._buffer[:size])
            del self._buffer[:size]
            self._out.put(piece)
        if self._eof and not self._ended and not self._buffer:
            self._ended = True
            self._out.end()
        if self._closing and not self._buffer:
            self._loop.call_soon(self.lose, None)
        self._look_at_level()

    def take(self, piece: bytes) -> None:
        """A piece has arrived here."""
        if not self._closing:
            self._protocol.data_received(piece)

    def take_eof(self) -> None:
        """The other side will write no more."""
        if not self._closing and not self._protocol.eof_received():
            self.close()

    def _look_at_level(self) -> None:
        size = len(self._buffer)
        if not self._full and size > self._high:
            self._full = True
            self._protocol.pause_writing()
        elif self._full and size <= self._low and not self.is_lost:
            self._full = False
            self._protocol.resume_writing()


class Wire:
    """One connection. `near` is the side that called, `far` the one that listened."""

    def __init__(
        self, loop: WorldLoop, near: asyncio.Protocol, far: asyncio.Protocol, *, name: str, delay_s: float
    ) -> None:
        self._loop = loop
        self._ways = (_Way(loop, self), _Way(loop, self))
        self.delay_s = delay_s
        self.silent = False
        self.broken = False
        there, back = self._ways
        self.near = WireEnd(loop, near, out=there, into=back, name=name)
        self.far = WireEnd(loop, far, out=back, into=there, name=name)

    def cut(self) -> None:
        """Both sides lose the connection at once; what was on its way is lost."""
        self.broken = True
        for way in self._ways:
            way.forget()
        for end in (self.near, self.far):
            self._loop.call_soon(end.lose, ConnectionResetError("the connection was cut"))

    def silence(self) -> None:
        """Nothing arrives any more, in neither direction, and nobody is told."""
        self.silent = True


class Network:
    """Who listens under which number, and every connection that was made."""

    def __init__(self, loop: WorldLoop, *, delay_s: float = DELAY_S) -> None:
        self._loop = loop
        self._doors: dict[int, Callable[[], asyncio.Protocol]] = {}
        self.delay_s = delay_s
        self.wires: list[Wire] = []

    def listen(self, port: int, factory: Callable[[], asyncio.Protocol]) -> None:
        """Answer connections to this number with a new protocol each."""
        self._doors[port] = factory

    def stop(self, port: int) -> None:
        """Answer no more; connections that are there stay."""
        self._doors.pop(port, None)

    async def connect(self, port: int, factory: Callable[[], asyncio.Protocol]) -> Wire:
        """Connect a protocol to whoever listens.

        Raises:
            ConnectionRefusedError: nobody does.
        """
        await asyncio.sleep(self._loop.random.uniform(0.0, self.delay_s))
        door = self._doors.get(port)
        if door is None:
            raise ConnectionRefusedError(f"nobody listens at {port}")
        wire = Wire(self._loop, factory(), door(), name=f"wire-{len(self.wires)}", delay_s=self.delay_s)
        self.wires.append(wire)
        wire.far.begin()
        wire.near.begin()
        return wire

    async def open(self, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect with asyncio's streams.

        Raises:
            ConnectionRefusedError: nobody listens.
        """
        reader = asyncio.StreamReader(loop=self._loop)
        protocol = asyncio.StreamReaderProtocol(reader, loop=self._loop)
        wire = await self.connect(port, lambda: protocol)
        return reader, asyncio.StreamWriter(wire.near, protocol, reader, self._loop)

    def cut_all(self) -> None:
        """Every connection is lost at once."""
        for wire in self.wires:
            wire.cut()
