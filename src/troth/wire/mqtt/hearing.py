"""A listener's MQTT session with somebody's broker, without input or output: bytes of a connection in, bytes for it out.

Rules
- It speaks MQTT 5, and 3.1.1 from the next connection on where the broker says that it does not know 5, or closes without a
  word. It asks for QoS 1, and for a session that outlives the connection: what comes meanwhile waits at the broker.
- Of version 5 it takes what matters to a listener: the sender's user properties, that a message has expired, and why the
  broker closes. It lets no more be in flight than RECEIVE_MAXIMUM.
- Nothing is acknowledged by itself: `settled` does, when whoever listens has settled a message.
- Time comes with the call, in nanoseconds of a clock that never goes back.

Source: MQTT 3.1.1 §3.1.2.4 (clean session), §3.2.2.3 (return codes), §3.8 (SUBSCRIBE), §4.3.2 (QoS 1), §4.4 (delivery again);
MQTT 5.0 §3.1.2.11 (properties of CONNECT), §3.3.2.3 (of PUBLISH).
Left out: sockets, TLS; publishing; QoS 2 (a broker delivers at most what was asked for).
"""

from typing import Final, TypeAlias

import msgspec

from troth.errors import BadMqtt
from troth.wire.mqtt.client import ANSWER_WITHIN_NS
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
    Suback,
    Subscribe,
    Subscription,
    Version,
)
from troth.wire.mqtt.reasons import Reason
from troth.wire.mqtt.stream import Decoder

__all__ = ["RECEIVE_MAXIMUM", "Heard", "HearingSession", "Listens", "Older", "Turned"]

_KEEP_ALIVE_S: Final = 30
_MAX_PACKET: Final = 300 * 1024  # things.md, Limits: payload 256 KiB, with its topic
_SUBSCRIBE_ID: Final = 1
RECEIVE_MAXIMUM: Final = 1_000  # as many as may wait for Troth; brokers keep fewer in flight by themselves
_FOR_EVER: Final = 0xFFFFFFFF  # MQTT 5.0 §3.1.2.11.2: no end, as in 3.1.1; a broker may keep it for less
_SHORT: Final = b"\x20\x02"  # a CONNACK of 3.1.1; that of 5 has three bytes at least
_SHORT_BYTES: Final = 4
_RETURN_VERSION: Final = 0x01  # MQTT 3.1.1 §3.2.2.3
_FAILURE: Final = 0x80  # MQTT 3.1.1 §3.9.3
_NS_PER_S: Final = 1_000_000_000


class Listens(msgspec.Struct, frozen=True):
    """The broker has taken the subscription; `resumed` when it knew the session. `refused`: filters that it does not give."""

    resumed: bool
    refused: tuple[str, ...]
    version: Version = Version.V311


class Turned(msgspec.Struct, frozen=True):
    """The broker does not let us in: a return code of 3.1.1 §3.2.2.3, or a reason code of 5 with its words, if any."""

    code: int
    words: str = ""


class Older(msgspec.Struct, frozen=True):
    """The broker does not know MQTT 5: the connection must end, and the next one speaks 3.1.1."""


class Heard(msgspec.Struct, frozen=True):
    """A message. `packet_id` is 0 where it came with QoS 0, and must be settled where not.

    Of MQTT 5: `user` are the sender's user properties, `expired` says that its time ran out on the way.
    """

    topic: str
    payload: bytes
    packet_id: int
    dup: bool
    retained: bool
    user: tuple[tuple[str, str], ...] = ()
    expired: bool = False


HeardOf: TypeAlias = Listens | Turned | Older | Heard


class HearingSession:
    """One session. Owner: whoever drives it. Call `begin`, `feed`, `send` and `lost` as with `ClientSession`."""

    def __init__(self, client_id: str, filters: tuple[str, ...], *, username: str | None, password: str | None) -> None:
        self._client_id = client_id
        self._username = username
        self._password = None if password is None else password.encode()
        self.version = Version.V5
        self._filters = filters
        self._decoder = Decoder(self.version, _MAX_PACKET, peer=Peer.SERVER)
        self._first = b""  # what came before it was let in, of a broker that may speak 3.1.1
        self._judged = False  # whether it is known in which version it answers
        self._knows_5 = False
        self._resumed = False
        self._in = False
        self._sent_ns = 0
        self._owed_ns: int | None = None

    def begin(self, now_ns: int) -> bytes:
        """A new connection is there: what must be written first."""
        self._decoder = Decoder(self.version, _MAX_PACKET, peer=Peer.SERVER)
        self._in, self._judged, self._first = False, False, b""
        self._sent_ns = self._owed_ns = now_ns
        agreed = Properties(
            session_expiry_s=_FOR_EVER, receive_maximum=RECEIVE_MAXIMUM, maximum_packet_bytes=_MAX_PACKET
        )
        hello = Connect(
            version=self.version,
            client_id=self._client_id,
            clean_start=False,
            keep_alive_s=_KEEP_ALIVE_S,
            username=self._username,
            password=self._password,
            properties=agreed if self.version is Version.V5 else NO_PROPERTIES,
        )
        return encode(hello, self.version)

    def lost(self) -> bool:
        """The connection is gone. True where the broker closed without a word to version 5: the next one speaks 3.1.1."""
        silent = self.version is Version.V5 and not self._knows_5 and not self._first
        self._in, self._owed_ns = False, None
        if silent:
            self.version = Version.V311
        return silent

    def feed(self, data: bytes, now_ns: int) -> tuple[list[HeardOf], bytes]:
        """Take bytes as they came; returns what they tell, and what must be written.

        Raises:
            BadMqtt: the broker does not speak MQTT, or sent more than a thing may say; the connection must end.
        """
        told: list[HeardOf] = []
        out = b""
        if not self._judged and self.version is Version.V5:
            # A broker of 3.1.1 answers in 3.1.1, which is too short for version 5.
            self._first += data
            if len(self._first) < _SHORT_BYTES and _SHORT.startswith(self._first[:2]):
                return [], b""
            self._judged = True
            if self._first.startswith(_SHORT):
                return [self._refused(self._first[3])], b""
            data = self._first
        for packet in self._decoder.feed(data):
            each, written = self._take(packet)
            told += each
            out += written
        if out:
            self._sent_ns = now_ns
        return told, out

    def settled(self, packet_id: int) -> bytes:
        """The acknowledgement of a message."""
        return encode(Puback(packet_id), self.version) if self._in else b""

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
        return encode(Pingreq(), self.version)

    def part(self) -> bytes:
        """The last bytes of a connection that is ended on purpose; the session waits at the broker."""
        said = encode(Disconnect(), self.version) if self._in else b""
        self._in = False
        return said

    def _take(self, packet: Packet) -> tuple[list[HeardOf], bytes]:
        match packet:
            case Connack() if not self._in:
                self._owed_ns = None
                if packet.reason:
                    return [self._refused(packet.reason, packet.properties.reason_string or "")], b""
                self._in, self._resumed = True, packet.session_present
                self._knows_5 = self.version is Version.V5
                wanted = tuple(Subscription(each, 1) for each in self._filters)
                return [], encode(Subscribe(_SUBSCRIBE_ID, wanted), self.version)
            case Suback() if self._in and len(packet.reasons) == len(self._filters):
                codes = zip(self._filters, packet.reasons, strict=True)
                refused = tuple(each for each, code in codes if code >= _FAILURE)
                return [Listens(self._resumed, refused, self.version)], b""
            case Publish() if self._in:
                return [_heard(packet)], b""
            case Pingresp() if self._in:
                self._owed_ns = None
                return [], b""
            case Disconnect() if self._in and self.version is Version.V5:
                words = packet.properties.reason_string or f"reason 0x{packet.reason:02X}"
                raise BadMqtt(f"The broker ends the connection: {words}.", reason=Reason.SUCCESS)
            case _:
                raise BadMqtt("The broker sent a packet that is not due.", reason=Reason.PROTOCOL_ERROR)

    def _refused(self, code: int, words: str = "") -> Turned | Older:
        """Who is not let in, or is told to speak the older version."""
        if self.version is Version.V5 and code in {_RETURN_VERSION, Reason.UNSUPPORTED_PROTOCOL_VERSION}:
            self.version = Version.V311
            return Older()
        return Turned(code, words)


def _heard(packet: Publish) -> Heard:
    said = packet.properties
    return Heard(
        packet.topic,
        packet.payload,
        packet.packet_id,
        packet.dup,
        packet.retain,
        said.user,
        expired=said.message_expiry_s == 0,
    )
