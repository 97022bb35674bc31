"""A listener's MQTT 3.1.1 session with somebody's broker, without input or output: bytes of a connection in, bytes for it out.

Rules
- It speaks 3.1.1, which every broker does, asks for QoS 1, and for a session that outlives the connection: what comes
  meanwhile waits at the broker.
- Nothing is acknowledged by itself: `settled` does, when whoever listens has settled a message.
- Time comes with the call, in nanoseconds of a clock that never goes back.

Source: MQTT 3.1.1 §3.1.2.4 (clean session), §3.8 (SUBSCRIBE), §4.3.2 (QoS 1), §4.4 (delivery again).
Left out: sockets, TLS; publishing; QoS 2 (a broker delivers at most what was asked for).
"""

from typing import Final, TypeAlias

import msgspec

from troth.errors import BadMqtt
from troth.wire.mqtt.client import ANSWER_WITHIN_NS
from troth.wire.mqtt.encode import encode
from troth.wire.mqtt.packets import (
    Connack,
    Connect,
    Disconnect,
    Packet,
    Peer,
    Pingreq,
    Pingresp,
    Puback,
    Publish,
    Suback,
    Subscribe,
    Subscription,
    Version,
)
from troth.wire.mqtt.reasons import Reason
from troth.wire.mqtt.stream import Decoder

__all__ = ["Heard", "HearingSession", "Listens", "Turned"]

_KEEP_ALIVE_S: Final = 30
_MAX_PACKET: Final = 300 * 1024  # things.md, Limits: payload 256 KiB, with its topic
_SUBSCRIBE_ID: Final = 1
_FAILURE: Final = 0x80  # MQTT 3.1.1 §3.9.3
_NS_PER_S: Final = 1_000_000_000


class Listens(msgspec.Struct, frozen=True):
    """The broker has taken the subscription; `resumed` when it knew the session. `refused`: filters that it does not give."""

    resumed: bool
    refused: tuple[str, ...]


class Turned(msgspec.Struct, frozen=True):
    """The broker does not let us in; a return code of §3.2.2.3."""

    code: int


class Heard(msgspec.Struct, frozen=True):
    """A message. `packet_id` is 0 where it came with QoS 0, and must be settled where not."""

    topic: str
    payload: bytes
    packet_id: int
    dup: bool
    retained: bool


HeardOf: TypeAlias = Listens | Turned | Heard


class HearingSession:
    """One session. Owner: whoever drives it. Call `begin`, `feed`, `send` and `lost` as with `ClientSession`."""

    def __init__(self, client_id: str, filters: tuple[str, ...], *, username: str | None, password: str | None) -> None:
        self._connect = Connect(
            version=Version.V311,
            client_id=client_id,
            clean_start=False,
            keep_alive_s=_KEEP_ALIVE_S,
            username=username,
            password=None if password is None else password.encode(),
        )
        self._filters = filters
        self._decoder = Decoder(Version.V311, _MAX_PACKET, peer=Peer.SERVER)
        self._resumed = False
        self._in = False
        self._sent_ns = 0
        self._owed_ns: int | None = None

    def begin(self, now_ns: int) -> bytes:
        """A new connection is there: what must be written first."""
        self._decoder = Decoder(Version.V311, _MAX_PACKET, peer=Peer.SERVER)
        self._in = False
        self._sent_ns = self._owed_ns = now_ns
        return encode(self._connect, Version.V311)

    def feed(self, data: bytes, now_ns: int) -> tuple[list[HeardOf], bytes]:
        """Take bytes as they came; returns what they tell, and what must be written.

        Raises:
            BadMqtt: the broker does not speak MQTT 3.1.1, or sent more than a thing may say; the connection must end.
        """
        told: list[HeardOf] = []
        out = b""
        for packet in self._decoder.feed(data):
            each, written = self._take(packet)
            told += each
            out += written
        if out:
            self._sent_ns = now_ns
        return told, out

    def settled(self, packet_id: int) -> bytes:
        """The acknowledgement of a message."""
        return encode(Puback(packet_id), Version.V311) if self._in else b""

    def send(self, now_ns: int) -> bytes:
        """A PINGREQ where one is due.

        Raises:
            BadMqtt: the broker owes an answer for too long.
        """
        if self._owed_ns is not None:
            if now_ns - self._owed_ns >= ANSWER_WITHIN_NS:
                raise BadMqtt("The broker does not answer.", reason=Reason.KEEP_ALIVE_TIMEOUT)
            return b""
        if now_ns - self._sent_ns < _KEEP_ALIVE_S * _NS_PER_S // 2:
            return b""
        self._sent_ns = self._owed_ns = now_ns
        return encode(Pingreq(), Version.V311)

    def part(self) -> bytes:
        """The last bytes of a connection that is ended on purpose; the session waits at the broker."""
        said = encode(Disconnect(), Version.V311) if self._in else b""
        self._in = False
        return said

    def _take(self, packet: Packet) -> tuple[list[HeardOf], bytes]:
        match packet:
            case Connack() if not self._in:
                self._owed_ns = None
                if packet.reason:
                    return [Turned(packet.reason)], b""
                self._in, self._resumed = True, packet.session_present
                wanted = tuple(Subscription(each, 1) for each in self._filters)
                return [], encode(Subscribe(_SUBSCRIBE_ID, wanted), Version.V311)
            case Suback() if self._in and len(packet.reasons) == len(self._filters):
                codes = zip(self._filters, packet.reasons, strict=True)
                return [Listens(self._resumed, tuple(each for each, code in codes if code >= _FAILURE))], b""
            case Publish() if self._in:
                return [Heard(packet.topic, packet.payload, packet.packet_id, packet.dup, packet.retain)], b""
            case Pingresp() if self._in:
                self._owed_ns = None
                return [], b""
            case _:
                raise BadMqtt("The broker sent a packet that is not due.", reason=Reason.PROTOCOL_ERROR)
