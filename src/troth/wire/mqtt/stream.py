"""Turn the bytes of one connection into MQTT packets, whatever pieces they come in.

Rules
- The packets, and the fault after them, do not depend on where the bytes were cut.
- What came whole before a fault is given out; the fault is raised as soon as nothing is left to give before it,
  and then at every call. `fault` says so at once, for an endpoint that wants to close without waiting for more bytes.
- A packet above `max_packet_bytes` is refused by its header: it is never collected.
- Without a version the first packet must be CONNECT, which sets it.
- A QoS 1 PUBLISH without properties costs about half a microsecond: one tight loop, and topics checked once (P1).

Source: MQTT 5.0 §2.1, §3.3; MQTT 3.1.1 §2.2, §3.3.
Left out: topic aliases (topics.py), packet identifiers in use, receive maximum: those are the session's.
"""

from collections.abc import Mapping
from typing import Final, Generic, NamedTuple, TypeAlias, TypeVar

from troth.errors import BadMqtt
from troth.wire.mqtt.decode import check_first_byte, read_body
from troth.wire.mqtt.fields import MAX_VARINT, Fields, text_from
from troth.wire.mqtt.packets import NO_PROPERTIES, Connect, Packet, Peer, Properties, Publish, Version
from troth.wire.mqtt.properties import Place, read_properties
from troth.wire.mqtt.reasons import Reason
from troth.wire.mqtt.topics import check_topic

__all__ = ["MAX_PACKET_BYTES", "Decoder", "Lone", "Plain"]

MAX_PACKET_BYTES: Final = MAX_VARINT + 5  # MQTT 5.0 §2.1.4: the longest packet, with its fixed header

# What one connection may keep so that a topic or a short property block is checked once, not per message.
_KEPT: Final = 512  # twice the streams of a thing (things.md, Limits)
_KEPT_TOPIC_BYTES: Final = 256  # things.md, Limits: topic
_KEPT_BLOCK_BYTES: Final = 8  # a topic alias and a message expiry

_PLAIN: Final = 0x32  # a PUBLISH of QoS 1, neither retained nor sent again
_SHORTEST: Final = 7  # a topic of one character and a packet identifier
_LONGEST: Final = 129  # its remaining length stands in one byte

_NO_ID: Final = bytes(2)
_USER: Final = 0x26  # MQTT 5.0 §2.2.2.2: user property

# First byte of a PUBLISH -> (QoS, retain, DUP); what is missing is refused by _no_publish (MQTT 5.0 §3.3.1).
_SHAPES: Final = {
    0x30 | dup << 3 | qos << 1 | retain: (qos, retain == 1, dup == 1)
    for qos, dup in ((0, 0), (1, 0), (1, 1))
    for retain in (0, 1)
}


Lone: TypeAlias = tuple[bytes, bytes, bytes]
"""The packed name of a topic, the two bytes of a packet identifier, and a payload."""
T = TypeVar("T")


class Plain(NamedTuple, Generic[T]):
    """Messages in order: what was given for their topics, the packed names of those, packet identifiers and payloads."""

    abouts: list[T]
    names: list[bytes]
    ids: list[bytes]
    payloads: list[bytes]


class Decoder:
    """Reads one direction of one connection; not shared between threads.

    Args:
        version: what was agreed on; None on a server's side before CONNECT.
        max_packet_bytes: the longest packet accepted, fixed header included; may be set anew between two calls.
        peer: who sends these bytes.
    """

    __slots__ = ("_blocks", "_need", "_tail", "_topics", "fault", "max_packet_bytes", "peer", "version")

    def __init__(self, version: Version | None, max_packet_bytes: int, *, peer: Peer = Peer.CLIENT) -> None:
        self.version = version
        self.max_packet_bytes = max_packet_bytes
        self.peer = peer
        self.fault: BadMqtt | None = None
        self._tail = bytearray()
        self._need = 0
        self._topics: dict[bytes, str] = {}
        self._blocks: dict[bytes, Properties] = {}

    def feed(self, data: bytes | memoryview) -> list[Packet]:
        """Take bytes as they came and give out the packets that are whole now, in order.

        Raises:
            BadMqtt: these or earlier bytes are not MQTT; `reason` is the MQTT 5 reason code. The connection must end.
        """
        if self.fault is not None:
            raise self.fault
        if self._tail:
            self._tail += data
            if len(self._tail) < self._need:
                return []
            whole = bytes(self._tail)
            self._tail.clear()
        else:
            whole = bytes(data)
        packets: list[Packet] = []
        try:
            at = self._scan(whole, packets)
        except BadMqtt as fault:
            self.fault = fault
            if not packets:
                raise
            return packets
        if at < len(whole):
            self._tail += whole[at:]
        return packets

    @property
    def names(self) -> Mapping[bytes, str]:
        """The topics that have come, by their packed names: their length in two bytes, and themselves. Only ever added to."""
        return self._topics

    def lone(self, data: bytes) -> Lone | None:
        """What these bytes say, where they are one whole PUBLISH as things send it mostly; else None.

        That is: at most 129 bytes, QoS 1, no DUP, not retained, no properties, a topic that has come before. After None nothing
        was taken, and the bytes are for `feed`.
        """
        end = len(data)
        if (
            end < _SHORTEST
            or data[0] != _PLAIN
            or data[1] != end - 2
            or end > _LONGEST
            or self._tail
            or self.fault is not None
            or end > self.max_packet_bytes
        ):
            return None
        at = 4 + data[3]
        payload = at + 2
        if self.version is Version.V5:
            if payload >= end or data[payload]:
                return None
            payload += 1
        if payload > end:
            return None
        name, packet_id = data[2:at], data[at : at + 2]
        if name not in self._topics or packet_id == _NO_ID:
            return None
        return name, packet_id, data[payload:]

    def plain(self, data: bytes, known: Mapping[bytes, T]) -> "Plain[T] | None":
        """The same of many: what is whole of bytes that are nothing but such messages, the rest is kept. None as of `lone`.

        `known`: what to give for each packed name; a topic that is not there ends the short way too.
        """
        if self._tail or self.fault is not None or self.max_packet_bytes < _LONGEST:
            return None
        five = self.version is Version.V5
        about_of = known.get
        abouts: list[T] = []
        names: list[bytes] = []
        ids: list[bytes] = []
        payloads: list[bytes] = []
        end, at, need = len(data), 0, 0
        try:
            while at < end:
                if data[at] != _PLAIN:
                    return None
                stop = at + 2 + data[at + 1]
                if stop > end:
                    need = stop - at
                    break
                after = at + 4 + data[at + 3]
                payload = after + 2
                name = data[at + 2 : after]
                about = about_of(name)
                # The length stands in two bytes, of which the first is 0 here: a name that is known has its own length in it.
                if about is None or payload > stop or stop - at > _LONGEST:
                    return None
                packet_id = data[after:payload]
                if five:
                    if payload >= stop or data[payload]:
                        return None
                    payload += 1
                abouts.append(about)
                names.append(name)
                ids.append(packet_id)
                payloads.append(data[payload:stop])
                at = stop
        except IndexError:  # cut before its length, or too short to be a message
            if at + 1 < end:
                return None
            need = 2
        if need > _LONGEST or not ids or _NO_ID in ids:
            return None
        if need:
            self._tail += data[at:]
            self._need = need
        return Plain(abouts, names, ids, payloads)

    def _scan(self, data: bytes, packets: list[Packet]) -> int:  # noqa: C901, PLR0912, PLR0915 - the hot loop of P1: calls cost more than lines
        """Append the whole packets of `data` and return where the first incomplete one begins."""
        end = len(data)
        limit = self.max_packet_bytes
        version = self.version
        five = version is Version.V5
        topics = self._topics
        topic_of = topics.get
        shape_of = _SHAPES.get
        no_properties = NO_PROPERTIES
        add = packets.append
        at = 0
        while at + 1 < end:
            first = data[at]
            length = data[at + 1]
            body = at + 2
            if length > 0x7F:
                length, body = _long_length(data, at + 1)
                if not body:
                    self._need = end - at + 1
                    return at
            stop = body + length
            if stop - at > limit:
                raise BadMqtt("A packet is longer than the maximum told.", reason=Reason.PACKET_TOO_LARGE)
            shape = shape_of(first)
            if five and body > at + 2 and data[body - 1] == 0:
                raise BadMqtt("The remaining length is padded.", reason=Reason.MALFORMED_PACKET)
            if shape is None or version is None:
                self._check_header(first)
                if stop > end:
                    break
                add(self._packet(first, data, at=at, body=body, stop=stop))
                version = self.version
                five = version is Version.V5
                at = stop
                continue
            if stop > end:
                break
            qos, retain, dup = shape
            packet_id = 0
            properties = no_properties
            try:
                payload = body + 2 + (data[body] << 8 | data[body + 1])
                name = data[body:payload]
                if qos:
                    packet_id = data[payload] << 8 | data[payload + 1]
                    payload += 2
                if five:
                    if data[payload]:
                        properties, payload = self._properties(data, payload, stop=stop)
                    else:
                        payload += 1
            except IndexError:
                payload = stop + 1
            if payload > stop:
                raise BadMqtt("A PUBLISH ends inside a field.", reason=Reason.MALFORMED_PACKET)
            if qos and not packet_id:
                raise BadMqtt("A packet identifier is 0.", reason=Reason.PROTOCOL_ERROR)
            topic = topic_of(name)
            if topic is None:
                topic = self._topic(name, properties)
            add(Publish(topic, data[payload:stop], qos, packet_id, retain, dup, properties))
            at = stop
        else:
            self._need = end - at + 1
            return at
        self._need = stop - at
        return at

    def _check_header(self, first: int) -> None:
        """Refuse, before its body has come, what is no CONNECT where one must be and no packet of this peer."""
        if first >> 4 != 3 or self.version is None:
            check_first_byte(first, self.version, peer=self.peer)
        elif first & 0x06 == 0x04:
            raise BadMqtt("QoS 2 is not offered.", reason=Reason.QOS_NOT_SUPPORTED)
        else:
            raise BadMqtt("A PUBLISH has QoS 3, or DUP with QoS 0.", reason=Reason.MALFORMED_PACKET)

    def _packet(self, first: int, data: bytes, *, at: int, body: int, stop: int) -> Packet:
        """Read one whole packet that is no PUBLISH; CONNECT sets the version."""
        fields = Fields(data, body, end=stop)
        packet = read_body(first, fields, version=self.version or Version.V5, peer=self.peer)
        if isinstance(packet, Connect):
            # Version 3.1.1 does not forbid a padded remaining length; version 5 does (MQTT-1.5.5-1).
            if packet.version is Version.V5 and body > at + 2 and data[body - 1] == 0:
                raise BadMqtt("The remaining length is padded.", reason=Reason.MALFORMED_PACKET)
            self.version = packet.version
        return packet

    def _topic(self, name: bytes, properties: Properties) -> str:
        """Check a topic that is not kept yet, and keep it while there is room."""
        text = name[2:]
        if not text and properties.topic_alias is not None:
            return ""
        topic = check_topic(text_from(text))
        if len(self._topics) < _KEPT and len(text) <= _KEPT_TOPIC_BYTES:
            self._topics[name] = topic
        return topic

    def _properties(self, data: bytes, at: int, *, stop: int) -> tuple[Properties, int]:
        """Read the properties of a PUBLISH at `at`; returns them and where the payload begins."""
        block = data[at : at + 1 + data[at]] if data[at] <= _KEPT_BLOCK_BYTES else b""
        kept = self._blocks.get(block)
        if kept is not None:
            return kept, at + len(block)
        if data[at] < 0x80 and at + 1 + data[at] <= stop and data[at + 1] == _USER:
            alone = _one_user_property(data[at + 1 : at + 1 + data[at]])
            if alone is not None:
                return alone, at + 1 + data[at]
        fields = Fields(data, at, end=stop)
        properties = read_properties(fields, Place.PUBLISH)
        if properties.subscription_ids and self.peer is Peer.CLIENT:
            raise BadMqtt("A client does not send subscription identifiers in PUBLISH.", reason=Reason.PROTOCOL_ERROR)
        if properties.response_topic is not None:
            check_topic(properties.response_topic)
        if block and len(self._blocks) < _KEPT:
            self._blocks[block] = properties
        return properties, fields.at


def _one_user_property(block: bytes) -> Properties | None:
    """The block if it is one user property and nothing else: how a thing names its messages (`id`), so it must be quick."""
    if len(block) < 5:
        return None
    value = 5 + (block[1] << 8 | block[2])
    if value > len(block) or value + (block[value - 2] << 8 | block[value - 1]) != len(block):
        return None
    return Properties(user=((text_from(block[3 : value - 2]), text_from(block[value:])),))


def _long_length(data: bytes, at: int) -> tuple[int, int]:
    """A remaining length of two to four bytes and where the body begins; (0, 0) when the bytes are not all there."""
    length = 0
    for index, byte in enumerate(data[at : at + 4]):
        length |= (byte & 0x7F) << 7 * index
        if byte < 0x80:
            return length, at + index + 1
    if len(data) >= at + 4:
        raise BadMqtt("The remaining length has more than four bytes.", reason=Reason.MALFORMED_PACKET)
    return 0, 0
