"""Write MQTT packets of versions 3.1.1 and 5.

Rules
- What the far side would have to refuse is not written: BadMqtt, as in decoding.
- What a version cannot say is refused too, never left out in silence; only `encode_puback` leaves out a refusal that
  3.1.1 has no word for, because there an acknowledgement is all there is (docs/reference/mqtt.md).
- A reason string never makes a packet longer than the far side takes (MQTT-3.4.2-2).

Source: MQTT 5.0 §3; MQTT 3.1.1 §3.
Left out: QoS 2, AUTH, and choosing packet identifiers.
"""

from collections.abc import Sequence
from typing import Final, assert_never

from troth.errors import BadMqtt
from troth.wire.mqtt.fields import packed_binary, packed_text, packed_uint, packed_varint
from troth.wire.mqtt.packets import (
    NO_PROPERTIES,
    Connack,
    Connect,
    Disconnect,
    Packet,
    Pingreq,
    Pingresp,
    Properties,
    Puback,
    Publish,
    Suback,
    Subscribe,
    Unsuback,
    Unsubscribe,
    Version,
    Will,
)
from troth.wire.mqtt.properties import Place, packed_properties
from troth.wire.mqtt.reasons import (
    CONNACK_REASONS,
    CONNACK_RETURN_CODES_311,
    DISCONNECT_REASONS_OF_CLIENTS,
    DISCONNECT_REASONS_OF_SERVERS,
    PUBACK_REASONS,
    SUBACK_REASONS,
    SUBACK_RETURN_CODES_311,
    UNSUBACK_REASONS,
    Reason,
)
from troth.wire.mqtt.topics import check_filter, check_topic

__all__ = ["encode", "encode_puback", "encode_pubacks"]

_PINGREQ: Final = b"\xc0\x00"
_PINGRESP: Final = b"\xd0\x00"
_PLAIN_PUBACK: Final = b"\x40\x02"  # type 4, flags 0, remaining length 2; the identifier comes behind it
_ANY_DISCONNECT: Final = DISCONNECT_REASONS_OF_CLIENTS | DISCONNECT_REASONS_OF_SERVERS


def encode(packet: Packet, version: Version) -> bytes:  # noqa: PLR0911 - one arm per packet, nothing else
    """The bytes of one packet.

    Args:
        packet: any packet; a CONNECT is written in its own version.
        version: of the connection.

    Raises:
        BadMqtt: a field is out of its range, or this version cannot say it.
    """
    match packet:
        case Publish():
            return _publish(packet, version)
        case Puback():
            return _puback(packet, version)
        case Connect():
            return _connect(packet)
        case Connack():
            return _connack(packet, version)
        case Subscribe():
            return _subscribe(packet, version)
        case Suback():
            return _suback(packet, version)
        case Unsubscribe():
            return _unsubscribe(packet, version)
        case Unsuback():
            return _unsuback(packet, version)
        case Pingreq():
            return _PINGREQ
        case Pingresp():
            return _PINGRESP
        case Disconnect():
            return _disconnect(packet, version)
        case _:
            assert_never(packet)


def encode_puback(
    packet_id: int,
    version: Version,
    *,
    reason: int = 0,
    reason_string: str | None = None,
    max_packet_bytes: int | None = None,
) -> bytes:
    """Acknowledge one QoS 1 message; version 3.1.1 gets the bare acknowledgement whatever the reason.

    Args:
        packet_id: of the PUBLISH, 1–65,535.
        version: of the connection.
        reason: MQTT 5 reason code (table 3-4).
        reason_string: for people; left out when it would exceed `max_packet_bytes`. Pass None where the client asked
            for no problem information.
        max_packet_bytes: the far side's Maximum Packet Size, if it named one.

    Raises:
        BadMqtt: the reason may not stand in PUBACK.
    """
    if (not reason and reason_string is None) or version is Version.V311:
        if not 0 < packet_id <= 0xFFFF:
            raise BadMqtt("A packet identifier is not 1 to 65535.", reason=Reason.PROTOCOL_ERROR)
        return _PLAIN_PUBACK + packet_id.to_bytes(2)
    said = _puback(Puback(packet_id, reason, Properties(reason_string=reason_string)), version)
    if max_packet_bytes is not None and len(said) > max_packet_bytes:
        return _puback(Puback(packet_id, reason), version)
    return said


def encode_pubacks(packet_ids: Sequence[bytes]) -> bytes:
    """Acknowledge many QoS 1 messages with success, in the order given; the same bytes in both versions.

    The identifiers come from decoded packets, two bytes each, and are not checked again.
    """
    return _PLAIN_PUBACK + _PLAIN_PUBACK.join(packet_ids) if packet_ids else b""


def _framed(first: int, body: bytes) -> bytes:
    return bytes((first,)) + packed_varint(len(body)) + body


def _packet_id(packet_id: int) -> bytes:
    if packet_id == 0:
        raise BadMqtt("A packet identifier is 0.", reason=Reason.PROTOCOL_ERROR)
    return packed_uint(packet_id, 2)


def _properties(properties: Properties, place: Place, *, version: Version) -> bytes:
    if version is Version.V5:
        return packed_properties(properties, place)
    if properties != NO_PROPERTIES:
        raise BadMqtt("MQTT 3.1.1 has no properties.", reason=Reason.UNSUPPORTED_PROTOCOL_VERSION)
    return b""


def _codes(reasons: tuple[int, ...], allowed: frozenset[int]) -> bytes:
    if not reasons or not allowed.issuperset(reasons):
        raise BadMqtt("A reason code may not stand here, or none stands.", reason=Reason.PROTOCOL_ERROR)
    return bytes(reasons)


def _publish(packet: Publish, version: Version) -> bytes:
    if packet.qos not in {0, 1}:
        raise BadMqtt("QoS 2 is not offered.", reason=Reason.QOS_NOT_SUPPORTED)
    if packet.dup and not packet.qos:
        raise BadMqtt("A QoS 0 message cannot be sent again.", reason=Reason.MALFORMED_PACKET)
    if (packet.packet_id != 0) != (packet.qos == 1):
        raise BadMqtt("A packet identifier stands with QoS 1 only.", reason=Reason.PROTOCOL_ERROR)
    if packet.topic or packet.properties.topic_alias is None:
        check_topic(packet.topic)
    if packet.properties.response_topic is not None:
        check_topic(packet.properties.response_topic)
    body = packed_text(packet.topic)
    if packet.qos:
        body += _packet_id(packet.packet_id)
    body += _properties(packet.properties, Place.PUBLISH, version=version) + packet.payload
    return _framed(0x30 | packet.dup << 3 | packet.qos << 1 | packet.retain, body)


def _puback(packet: Puback, version: Version) -> bytes:
    body = _packet_id(packet.packet_id)
    if version is Version.V311 and (packet.reason or packet.properties != NO_PROPERTIES):
        raise BadMqtt("MQTT 3.1.1 cannot refuse a message.", reason=Reason.UNSUPPORTED_PROTOCOL_VERSION)
    if packet.reason or packet.properties != NO_PROPERTIES:
        body += _codes((packet.reason,), PUBACK_REASONS)
    if packet.properties != NO_PROPERTIES:
        body += packed_properties(packet.properties, Place.PUBACK)
    return _framed(0x40, body)


def _connect(packet: Connect) -> bytes:
    version = packet.version
    bare = packet.password is not None and packet.username is None
    if version is Version.V311 and (bare or not (packet.client_id or packet.clean_start)):
        raise BadMqtt("MQTT 3.1.1 needs a user name with a password, and an identifier with a session.")
    flags = packet.clean_start << 1 | (packet.username is not None) << 7 | (packet.password is not None) << 6
    if packet.will is not None:
        if packet.will.qos not in {0, 1, 2}:
            raise BadMqtt("The QoS of the will is not 0 to 2.")
        flags |= 0x04 | packet.will.qos << 3 | packet.will.retain << 5
    body = b"\x00\x04MQTT" + bytes((version, flags)) + packed_uint(packet.keep_alive_s, 2)
    body += _properties(packet.properties, Place.CONNECT, version=version) + packed_text(packet.client_id)
    if packet.will is not None:
        body += _will(packet.will, version)
    if packet.username is not None:
        body += packed_text(packet.username)
    if packet.password is not None:
        body += packed_binary(packet.password)
    return _framed(0x10, body)


def _will(will: Will, version: Version) -> bytes:
    properties = _properties(will.properties, Place.WILL, version=version)
    return properties + packed_text(check_topic(will.topic)) + packed_binary(will.payload)


def _connack(packet: Connack, version: Version) -> bytes:
    if packet.session_present and packet.reason:
        raise BadMqtt("A refused connection has no session.", reason=Reason.PROTOCOL_ERROR)
    allowed = CONNACK_REASONS if version is Version.V5 else CONNACK_RETURN_CODES_311
    body = bytes((packet.session_present,)) + _codes((packet.reason,), allowed)
    return _framed(0x20, body + _properties(packet.properties, Place.CONNACK, version=version))


def _subscribe(packet: Subscribe, version: Version) -> bytes:
    if not packet.subscriptions:
        raise BadMqtt("SUBSCRIBE names no filter.", reason=Reason.PROTOCOL_ERROR)
    body = _packet_id(packet.packet_id) + _properties(packet.properties, Place.SUBSCRIBE, version=version)
    for one in packet.subscriptions:
        options = one.qos | one.no_local << 2 | one.retain_as_published << 3 | one.retain_handling << 4
        if (
            one.qos not in {0, 1, 2}
            or one.retain_handling not in {0, 1, 2}
            or (version is Version.V311 and options > 2)
        ):
            raise BadMqtt("A subscription has an option that is not allowed.")
        body += packed_text(check_filter(one.topic_filter)) + bytes((options,))
    return _framed(0x82, body)


def _suback(packet: Suback, version: Version) -> bytes:
    allowed = SUBACK_REASONS if version is Version.V5 else SUBACK_RETURN_CODES_311
    body = _packet_id(packet.packet_id) + _properties(packet.properties, Place.SUBACK, version=version)
    return _framed(0x90, body + _codes(packet.reasons, allowed))


def _unsubscribe(packet: Unsubscribe, version: Version) -> bytes:
    if not packet.topic_filters:
        raise BadMqtt("UNSUBSCRIBE names no filter.", reason=Reason.PROTOCOL_ERROR)
    body = _packet_id(packet.packet_id) + _properties(packet.properties, Place.UNSUBSCRIBE, version=version)
    return _framed(0xA2, body + b"".join(packed_text(check_filter(one)) for one in packet.topic_filters))


def _unsuback(packet: Unsuback, version: Version) -> bytes:
    body = _packet_id(packet.packet_id) + _properties(packet.properties, Place.UNSUBACK, version=version)
    if version is Version.V5:
        return _framed(0xB0, body + _codes(packet.reasons, UNSUBACK_REASONS))
    if packet.reasons:
        raise BadMqtt("MQTT 3.1.1 has no reasons in UNSUBACK.", reason=Reason.UNSUPPORTED_PROTOCOL_VERSION)
    return _framed(0xB0, body)


def _disconnect(packet: Disconnect, version: Version) -> bytes:
    plain = packet.properties == NO_PROPERTIES
    if packet.reason == 0 and plain:
        return b"\xe0\x00"
    if version is Version.V311:
        raise BadMqtt("MQTT 3.1.1 says no reason in DISCONNECT.", reason=Reason.UNSUPPORTED_PROTOCOL_VERSION)
    body = _codes((packet.reason,), _ANY_DISCONNECT)
    return _framed(0xE0, body if plain else body + packed_properties(packet.properties, Place.DISCONNECT))
