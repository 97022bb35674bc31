"""A thing's MQTT 5 session on the client's side, without input or output: bytes of a connection in, bytes for it out.

Rules
- It outlives its connections. What is not acknowledged is sent again: with DUP and its packet identifier where the server
  kept the session, as a new message where it did not. A message that carries a name is known again in both cases.
- At most `window` messages are in flight, and never more than the server's Receive Maximum; the rest waits in order.
- Every message ends in exactly one `Settled`, with the reason code and string of its acknowledgement.
- Time comes with the call, in nanoseconds of a clock that never goes back. After keep-alive seconds without a packet a
  PINGREQ is due; a server that owes an answer for longer than `ANSWER_WITHIN_NS` is lost.

Source: MQTT 5.0 §3.1.2.10 (keep-alive), §3.3.4 and §4.9 (receive maximum), §4.4 (delivery again), §4.6 (order).
Left out: sockets, TLS, trying again and how long to wait before it; subscribing; QoS 0; topic aliases; version 3.1.1.
"""

from collections import deque
from typing import Final, TypeAlias

import msgspec

from troth.errors import BadMqtt, TooLarge
from troth.wire.mqtt.encode import encode
from troth.wire.mqtt.packets import (
    NO_PROPERTIES,
    Connack,
    Connect,
    Disconnect,
    Packet,
    Peer,
    Pingreq,
    Pingresp,
    Properties,
    Puback,
    Publish,
    Version,
)
from troth.wire.mqtt.reasons import Reason
from troth.wire.mqtt.stream import MAX_PACKET_BYTES, Decoder
from troth.wire.mqtt.topics import check_topic

__all__ = ["ANSWER_WITHIN_NS", "ClientSession", "Ended", "Hello", "Settled", "Told", "Welcomed"]

ANSWER_WITHIN_NS: Final = 10_000_000_000  # MQTT 5.0 §3.1.4 and §3.1.2.10 leave "a reasonable amount of time" to us
SERVER_BYTES: Final = 16 * 1024  # longer than any CONNACK, PUBACK or DISCONNECT; told as our Maximum Packet Size
_WINDOW: Final = 100  # things.md, Limits: unacknowledged per connection
_IDS: Final = 0xFFFF
_AROUND: Final = 128 * 1024 + 16  # topic and name, 64 KiB each at most, and the rest of a PUBLISH
_FAILURE: Final = 0x80  # MQTT 5.0 §2.4
_NS_PER_S: Final = 1_000_000_000


class Hello(msgspec.Struct, frozen=True):
    """Who introduces itself. The credential is the password.

    Args:
        client_id: 1 to 23 letters and digits are always taken (MQTT 5.0 §3.1.3.1); the same one finds the session again.
        credential: what `claim` gave.
        keep_alive_s: 0 for none.
        session_expiry_s: how long the server is asked to keep the session without a connection.
        window: how many messages may be in flight, 1 to 65,535.
    """

    client_id: str
    username: str
    credential: str
    keep_alive_s: int = 60
    session_expiry_s: int = 300
    window: int = _WINDOW

    def __repr__(self) -> str:
        return f"Hello(client_id={self.client_id!r}, username={self.username!r})"


class Welcomed(msgspec.Struct, frozen=True):
    """The server let us in; `resumed` when it knew the session."""

    resumed: bool


class Settled(msgspec.Struct, frozen=True):
    """A message is settled: stored, or refused for good with a reason code and the server's words for it (may be "")."""

    number: int
    reason: int
    words: str = ""

    @property
    def stored(self) -> bool:
        """Whether it was taken."""
        return self.reason < _FAILURE


class Ended(msgspec.Struct, frozen=True):
    """The server does not let us in (`refused`) or ends the connection, for this reason."""

    reason: int
    words: str
    refused: bool


Told: TypeAlias = Settled | Welcomed | Ended


class _Message(msgspec.Struct, frozen=True):
    number: int
    topic: str
    payload: bytes
    properties: Properties


class ClientSession:
    """One session. Owner: whoever drives it; nothing of it is shared.

    Call `begin` for every new connection and write what it gives, `feed` with what comes, `send` after each of these, after
    `publish` and when `due_ns` has come; and `lost` when the connection is gone.
    """

    __slots__ = (
        "_again",
        "_decoder",
        "_fault",
        "_flight",
        "_hello",
        "_keep_alive_ns",
        "_last_id",
        "_max_packet",
        "_numbers",
        "_owed_ns",
        "_queue",
        "_sent_ns",
        "_welcomed",
        "_window",
    )

    def __init__(self, hello: Hello) -> None:
        self._hello = hello
        self._decoder = Decoder(Version.V5, SERVER_BYTES, peer=Peer.SERVER)
        self._queue: deque[_Message] = deque()
        self._flight: dict[int, _Message] = {}  # by packet identifier, in the order of sending
        self._again: dict[int, None] = {}  # of these, what this connection has not carried yet, in order
        self._numbers = 0
        self._last_id = 0
        self._window = hello.window
        self._max_packet = MAX_PACKET_BYTES
        self._keep_alive_ns = hello.keep_alive_s * _NS_PER_S
        self._welcomed = False
        self._fault: BadMqtt | None = None
        self._sent_ns = 0
        self._owed_ns: int | None = None  # since when the server owes CONNACK or PINGRESP

    @property
    def welcomed(self) -> bool:
        """Whether there is a connection and the server let us in."""
        return self._welcomed

    @property
    def waiting(self) -> int:
        """How many messages are not settled."""
        return len(self._queue) + len(self._flight)

    @property
    def room(self) -> int:
        """How many more messages would be sent at once."""
        return max(0, self._window - self.waiting)

    @property
    def due_ns(self) -> int | None:
        """When `send` must be called though nothing happened; None where never."""
        if self._owed_ns is not None:
            return self._owed_ns + ANSWER_WITHIN_NS
        if self._welcomed and self._keep_alive_ns:
            return self._sent_ns + self._keep_alive_ns
        return None

    def publish(self, topic: str, payload: bytes, *, name: str = "") -> int:
        """Take a QoS 1 message; returns its number, by which it is settled.

        Args:
            topic: where it goes.
            payload: its bytes.
            name: what the thing calls this message; a repeat of the same name is stored once.

        Raises:
            BadMqtt: no topic that one may publish to.
            TooLarge: longer than the server takes. Nothing was taken.
        """
        properties = Properties(user=(("id", name),)) if name else NO_PROPERTIES
        message = _Message(self._numbers + 1, check_topic(topic), payload, properties)
        if not self._fits(message):
            raise TooLarge("the message is longer than the server takes")
        self._numbers = message.number
        self._queue.append(message)
        return message.number

    def begin(self, now_ns: int) -> bytes:
        """A new connection is there: what must be written first."""
        self.lost()
        self._decoder = Decoder(Version.V5, SERVER_BYTES, peer=Peer.SERVER)
        self._sent_ns = self._owed_ns = now_ns
        hello = self._hello
        properties = Properties(session_expiry_s=hello.session_expiry_s, maximum_packet_bytes=SERVER_BYTES)
        packet = Connect(
            version=Version.V5,
            client_id=hello.client_id,
            clean_start=False,
            keep_alive_s=hello.keep_alive_s,
            username=hello.username,
            password=hello.credential.encode(),
            properties=properties,
        )
        return encode(packet, Version.V5)

    def feed(self, data: bytes) -> list[Told]:
        """Take bytes as they came. Where they go wrong after something was told, `send` raises instead.

        Raises:
            BadMqtt: the server does not speak MQTT 5 as agreed; the connection must end. Call `lost`.
        """
        told: list[Told] = []
        try:
            for packet in self._decoder.feed(data):
                told += self._take(packet)
            self._fault = self._decoder.fault
        except BadMqtt as fault:
            self._fault = fault
        if self._fault is not None and not told:
            raise self._fault
        return told

    def send(self, now_ns: int) -> bytes:
        """What must be written now: messages up to the window, a PINGREQ where one is due.

        Raises:
            BadMqtt: what came was wrong, or the server owes an answer for too long; the connection must end. Call `lost`.
        """
        if self._fault is not None:
            raise self._fault
        if self._owed_ns is not None and now_ns - self._owed_ns >= ANSWER_WITHIN_NS:
            raise BadMqtt("The server does not answer.", reason=Reason.KEEP_ALIVE_TIMEOUT)
        if not self._welcomed:
            return b""
        out: list[bytes] = []
        while self._again and self._room_in_flight():
            packet_id = next(iter(self._again))
            del self._again[packet_id]
            out.append(_written(self._flight[packet_id], packet_id, dup=True))
        while self._queue and self._room_in_flight():
            packet_id = self._free_id()
            self._flight[packet_id] = message = self._queue.popleft()
            out.append(_written(message, packet_id, dup=False))
        if not out and self._keep_alive_ns and self._owed_ns is None and now_ns - self._sent_ns >= self._keep_alive_ns:
            out.append(encode(Pingreq(), Version.V5))
            self._owed_ns = now_ns
        if out:
            self._sent_ns = now_ns
        return b"".join(out)

    def part(self) -> bytes:
        """The last bytes of a connection that is ended on purpose; the session waits for another."""
        said = encode(Disconnect(), Version.V5) if self._welcomed else b""
        self.lost()
        return said

    def lost(self) -> None:
        """The connection is gone. What was in flight is sent again on the next one."""
        self._welcomed = False
        self._owed_ns = self._fault = None

    def _take(self, packet: Packet) -> list[Told]:
        match packet:
            case Connack() if not self._welcomed and self._owed_ns is not None:
                return self._greeted(packet)
            case Puback() if self._welcomed:
                message = self._flight.pop(packet.packet_id, None)
                if message is None:
                    raise BadMqtt("The server acknowledged what it was not sent.", reason=Reason.PROTOCOL_ERROR)
                self._again.pop(packet.packet_id, None)
                return [Settled(message.number, packet.reason, packet.properties.reason_string or "")]
            case Pingresp() if self._welcomed:
                self._owed_ns = None
                return []
            case Disconnect() if self._welcomed:
                self.lost()
                return [Ended(packet.reason, packet.properties.reason_string or "", refused=False)]
            case _:
                raise BadMqtt("The server sent a packet that is not due.", reason=Reason.PROTOCOL_ERROR)

    def _greeted(self, packet: Connack) -> list[Told]:
        said = packet.properties
        if packet.reason >= _FAILURE or said.maximum_qos == 0:
            self.lost()
            reason = packet.reason if packet.reason >= _FAILURE else Reason.QOS_NOT_SUPPORTED
            return [Ended(reason, said.reason_string or "", refused=True)]
        self._welcomed, self._owed_ns = True, None
        self._window = min(self._hello.window, said.receive_maximum or _IDS)
        self._max_packet = said.maximum_packet_bytes or MAX_PACKET_BYTES
        keep_alive_s = self._hello.keep_alive_s if said.server_keep_alive_s is None else said.server_keep_alive_s
        self._keep_alive_ns = keep_alive_s * _NS_PER_S
        told: list[Told] = [Welcomed(packet.session_present)]
        told += self._drop_too_long()
        self._again = dict.fromkeys(self._flight)
        if not packet.session_present:
            self._queue.extendleft(reversed(self._flight.values()))
            self._flight.clear()
            self._again.clear()
        return told

    def _drop_too_long(self) -> list[Settled]:
        """What this server does not take will never be sent."""
        all_of_them = (*self._flight.values(), *self._queue)
        told = [Settled(each.number, Reason.PACKET_TOO_LARGE) for each in all_of_them if not self._fits(each)]
        if told:
            self._flight = {key: message for key, message in self._flight.items() if self._fits(message)}
            self._queue = deque(message for message in self._queue if self._fits(message))
        return told

    def _fits(self, message: _Message) -> bool:
        return (
            len(message.payload) + _AROUND < self._max_packet
            or len(_written(message, 1, dup=False)) <= self._max_packet
        )

    def _room_in_flight(self) -> bool:
        return len(self._flight) - len(self._again) < self._window

    def _free_id(self) -> int:
        """A packet identifier that is not in use (there are more of them than the window is wide)."""
        while True:
            self._last_id = self._last_id % _IDS + 1
            if self._last_id not in self._flight:
                return self._last_id


def _written(message: _Message, packet_id: int, *, dup: bool) -> bytes:
    packet = Publish(message.topic, message.payload, 1, packet_id, dup=dup, properties=message.properties)
    return encode(packet, Version.V5)
