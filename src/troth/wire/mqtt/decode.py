"""Read the body of one MQTT packet; the streaming decoder and its fast path for PUBLISH are in stream.py.

Rules
- Reserved bits are zero, every field is there, nothing is left over.
- A packet, code or property that its sender may not send is refused with the reason code of MQTT 5.
- PUBREC, PUBREL, PUBCOMP and AUTH are refused by name, QoS 2 messages too: they are never half done.

Source: MQTT 5.0 §3; MQTT 3.1.1 §3.
Left out: PUBLISH (stream.py), and what depends on the session.
"""

from collections.abc import Callable
from typing import Final

from troth.errors import BadMqtt
from troth.wire.mqtt.fields import Fields
from troth.wire.mqtt.packets import (
    NO_PROPERTIES,
    Connack,
    Connect,
    Disconnect,
    Packet,
    Peer,
    Pingreq,
    Pingresp,
    Puback,
    Suback,
    Subscribe,
    Subscription,
    Unsuback,
    Unsubscribe,
    Version,
    Will,
)
from troth.wire.mqtt.properties import Place, read_properties
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
from troth.wire.mqtt.topics import check_topic

__all__ = ["check_first_byte", "read_body"]

_NAMES: Final = (
    "type 0", "CONNECT", "CONNACK", "PUBLISH", "PUBACK", "PUBREC", "PUBREL", "PUBCOMP",
    "SUBSCRIBE", "SUBACK", "UNSUBSCRIBE", "UNSUBACK", "PINGREQ", "PINGRESP", "DISCONNECT", "AUTH",
)  # fmt: skip
_FLAGS: Final = {6: 2, 8: 2, 10: 2}  # MQTT 5.0 table 2-2: all others are 0
_OF_SERVERS: Final = frozenset((2, 9, 11, 13))
_OF_CLIENTS: Final = frozenset((1, 8, 10, 12))
_QOS_2: Final = frozenset((5, 6, 7))


def check_first_byte(first: int, version: Version | None, *, peer: Peer) -> None:
    """Refuse a fixed header whose type or flags cannot be right here, before its body has come (not for PUBLISH).

    Args:
        first: the first byte of the packet.
        version: of the connection; None before CONNECT.
        peer: who sent it.

    Raises:
        BadMqtt: 0x81 for a reserved type or flags, 0x82 for one that may not come now, 0x9B for a packet of QoS 2.
    """
    kind = first >> 4
    name = _NAMES[kind]
    if kind == 0 or first & 0x0F != _FLAGS.get(kind, 0) or (kind == 15 and version is Version.V311):
        raise BadMqtt(f"The fixed header ({name}) has a type or flags that are reserved.")
    if version is None and kind != 1:
        raise BadMqtt(f"The first packet is {name}, not CONNECT.", reason=Reason.PROTOCOL_ERROR)
    if version is not None and kind == 1:
        raise BadMqtt("A second CONNECT came.", reason=Reason.PROTOCOL_ERROR)
    if kind in (_OF_SERVERS if peer is Peer.CLIENT else _OF_CLIENTS):
        raise BadMqtt(f"A {peer.value} does not send {name}.", reason=Reason.PROTOCOL_ERROR)
    if kind in _QOS_2:
        raise BadMqtt(f"QoS 2 is not offered, so there is no {name}.", reason=Reason.QOS_NOT_SUPPORTED)
    if kind == 15:
        raise BadMqtt("AUTH was not agreed on.", reason=Reason.PROTOCOL_ERROR)


def read_body(first: int, fields: Fields, *, version: Version, peer: Peer) -> Packet:
    """Read one packet but PUBLISH, after `check_first_byte`, and refuse what is left over.

    Args:
        first: the first byte of the packet.
        fields: its body.
        version: of the connection; CONNECT brings its own.
        peer: who sent it.

    Raises:
        BadMqtt: the body is not what the packet asks for.
    """
    kind = first >> 4
    packet = _disconnect(fields, version, peer=peer) if kind == 14 else _READ[kind](fields, version)
    fields.done()
    return packet


def _protocol(message: str) -> BadMqtt:
    return BadMqtt(message, reason=Reason.PROTOCOL_ERROR)


def _packet_id(fields: Fields) -> int:
    packet_id = fields.uint(2)
    if packet_id == 0:
        raise _protocol("A packet identifier is 0.")
    return packet_id


def _code(fields: Fields, allowed: frozenset[int]) -> int:
    code = fields.uint(1)
    if code not in allowed:
        raise _protocol(f"The reason code 0x{code:02X} may not stand here.")
    return code


def _connect(fields: Fields, _version: Version) -> Connect:
    if fields.binary() != b"MQTT" or (level := fields.uint(1)) not in {4, 5}:
        raise BadMqtt("Only MQTT 3.1.1 and 5 are spoken here.", reason=Reason.UNSUPPORTED_PROTOCOL_VERSION)
    version = Version(level)
    flags = fields.uint(1)
    if flags & 0x01:
        raise BadMqtt("The reserved flag of CONNECT is set.")
    keep_alive_s = fields.uint(2)
    properties = read_properties(fields, Place.CONNECT) if version is Version.V5 else NO_PROPERTIES
    client_id = fields.text()
    if version is Version.V311 and not client_id and not flags & 0x02:
        raise BadMqtt("A client without an identifier keeps no session.", reason=Reason.CLIENT_ID_NOT_VALID)
    will = _will(fields, version, flags=flags)
    if version is Version.V311 and flags & 0xC0 == 0x40:
        raise BadMqtt("There is a password but no user name.")  # MQTT-3.1.2-22; version 5 allows it
    return Connect(
        version=version,
        client_id=client_id,
        clean_start=flags & 0x02 != 0,
        keep_alive_s=keep_alive_s,
        will=will,
        username=fields.text() if flags & 0x80 else None,
        password=fields.binary() if flags & 0x40 else None,
        properties=properties,
    )


def _will(fields: Fields, version: Version, *, flags: int) -> Will | None:
    qos = flags >> 3 & 3
    if not flags & 0x04:
        if flags & 0x38:
            raise BadMqtt("There are flags of a will but no will.")
        return None
    if qos == 3:
        raise BadMqtt("The QoS of the will is 3.")
    properties = read_properties(fields, Place.WILL) if version is Version.V5 else NO_PROPERTIES
    return Will(check_topic(fields.text()), fields.binary(), qos=qos, retain=flags & 0x20 != 0, properties=properties)


def _connack(fields: Fields, version: Version) -> Connack:
    flags = fields.uint(1)
    if flags > 1:
        raise BadMqtt("A reserved flag of CONNACK is set.")
    reason = _code(fields, CONNACK_REASONS if version is Version.V5 else CONNACK_RETURN_CODES_311)
    if flags and reason:
        raise _protocol("A refused connection has no session.")
    properties = read_properties(fields, Place.CONNACK) if version is Version.V5 else NO_PROPERTIES
    return Connack(reason, flags == 1, properties)


def _puback(fields: Fields, version: Version) -> Puback:
    packet_id = _packet_id(fields)
    if version is Version.V311 or not fields.more():
        return Puback(packet_id)
    reason = _code(fields, PUBACK_REASONS)
    return Puback(packet_id, reason, read_properties(fields, Place.PUBACK) if fields.more() else NO_PROPERTIES)


def _subscribe(fields: Fields, version: Version) -> Subscribe:
    packet_id = _packet_id(fields)
    properties = read_properties(fields, Place.SUBSCRIBE) if version is Version.V5 else NO_PROPERTIES
    subscriptions = []
    while fields.more():
        topic_filter = fields.text()
        options = fields.uint(1)
        reserved = 0xC0 if version is Version.V5 else 0xFC
        if options & reserved or options & 3 == 3:
            raise BadMqtt("The options of a subscription have a reserved bit or QoS 3.")
        if options & 4 and topic_filter.startswith("$share/"):
            raise _protocol("A shared subscription has No Local.")  # MQTT-3.8.3-4
        if options >> 4 & 3 == 3:
            raise _protocol("The retain handling of a subscription is 3.")
        subscriptions.append(
            Subscription(topic_filter, options & 3, options & 4 != 0, options & 8 != 0, options >> 4 & 3)
        )
    if not subscriptions:
        raise _protocol("SUBSCRIBE names no filter.")
    return Subscribe(packet_id, tuple(subscriptions), properties)


def _suback(fields: Fields, version: Version) -> Suback:
    packet_id = _packet_id(fields)
    properties = read_properties(fields, Place.SUBACK) if version is Version.V5 else NO_PROPERTIES
    reasons = _codes(fields, SUBACK_REASONS if version is Version.V5 else SUBACK_RETURN_CODES_311)
    return Suback(packet_id, reasons, properties)


def _unsubscribe(fields: Fields, version: Version) -> Unsubscribe:
    packet_id = _packet_id(fields)
    properties = read_properties(fields, Place.UNSUBSCRIBE) if version is Version.V5 else NO_PROPERTIES
    topic_filters = []
    while fields.more():
        topic_filters.append(fields.text())
    if not topic_filters:
        raise _protocol("UNSUBSCRIBE names no filter.")
    return Unsubscribe(packet_id, tuple(topic_filters), properties)


def _unsuback(fields: Fields, version: Version) -> Unsuback:
    packet_id = _packet_id(fields)
    if version is Version.V311:
        return Unsuback(packet_id)
    properties = read_properties(fields, Place.UNSUBACK)
    return Unsuback(packet_id, _codes(fields, UNSUBACK_REASONS), properties)


def _codes(fields: Fields, allowed: frozenset[int]) -> tuple[int, ...]:
    codes = []
    while fields.more():
        codes.append(_code(fields, allowed))
    if not codes:
        raise _protocol("An acknowledgement holds no reason code.")
    return tuple(codes)


def _disconnect(fields: Fields, version: Version, *, peer: Peer) -> Disconnect:
    if version is Version.V311:
        if peer is Peer.SERVER:
            raise _protocol("A server does not send DISCONNECT under MQTT 3.1.1.")
        return Disconnect()
    if not fields.more():
        return Disconnect()
    allowed = DISCONNECT_REASONS_OF_CLIENTS if peer is Peer.CLIENT else DISCONNECT_REASONS_OF_SERVERS
    reason = _code(fields, allowed)
    properties = read_properties(fields, Place.DISCONNECT) if fields.more() else NO_PROPERTIES
    of_the_other = properties.server_reference if peer is Peer.CLIENT else properties.session_expiry_s
    if of_the_other is not None:
        raise _protocol(f"A {peer.value} does not send this property in DISCONNECT.")
    return Disconnect(reason, properties)


_READ: Final[dict[int, Callable[[Fields, Version], Packet]]] = {
    1: _connect,
    2: _connack,
    4: _puback,
    8: _subscribe,
    9: _suback,
    10: _unsubscribe,
    11: _unsuback,
    12: lambda _fields, _version: Pingreq(),
    13: lambda _fields, _version: Pingresp(),
}
