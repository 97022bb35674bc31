"""Properties of MQTT 5: their numbers, types and the packets that may carry them.

Rules
- A property stands only in a packet of its row in the table below, and once; only user properties and, in a PUBLISH
  of a server, subscription identifiers repeat.
- A flag is 0 or 1; a receive maximum, maximum packet size, subscription identifier and topic alias are never 0.
- Authentication data without a method is refused.
- What is written is in the order of the table; user properties keep their order, both ways.

Source: MQTT 5.0 §2.2.2 (table 2-4) and the packets' own sections.
Left out: AUTH, and whether a value fits the session (an alias above the maximum, an expiry that was 0 at CONNECT).
"""

from collections.abc import Callable
from enum import Enum, auto
from typing import Final

import msgspec

from troth.errors import BadMqtt
from troth.wire.mqtt.fields import Fields, packed_binary, packed_text, packed_uint, packed_varint
from troth.wire.mqtt.packets import NO_PROPERTIES, Properties
from troth.wire.mqtt.reasons import Reason

__all__ = ["Place", "packed_properties", "read_properties"]


class Place(Enum):
    """Where properties stand: a packet, or the will inside CONNECT."""

    CONNECT = auto()
    WILL = auto()
    CONNACK = auto()
    PUBLISH = auto()
    PUBACK = auto()
    SUBSCRIBE = auto()
    SUBACK = auto()
    UNSUBSCRIBE = auto()
    UNSUBACK = auto()
    DISCONNECT = auto()


_Value = int | bool | str | bytes | tuple[str, str]


class _Shape(Enum):
    FLAG = auto()
    BYTE = auto()
    U16 = auto()
    U32 = auto()
    VARINT = auto()
    TEXT = auto()
    BINARY = auto()
    PAIR = auto()


_READ: Final[dict[_Shape, Callable[[Fields], _Value]]] = {
    _Shape.FLAG: lambda fields: _flag(fields.uint(1)),
    _Shape.BYTE: lambda fields: fields.uint(1),
    _Shape.U16: lambda fields: fields.uint(2),
    _Shape.U32: lambda fields: fields.uint(4),
    _Shape.VARINT: Fields.varint,
    _Shape.TEXT: Fields.text,
    _Shape.BINARY: Fields.binary,
    _Shape.PAIR: lambda fields: (fields.text(), fields.text()),
}


def _flag(byte: int) -> bool:
    if byte > 1:
        raise BadMqtt("A property that is 0 or 1 is neither.", reason=Reason.PROTOCOL_ERROR)
    return byte == 1


class _Rule(msgspec.Struct, frozen=True):
    number: int
    name: str
    shape: _Shape
    places: frozenset[Place]
    least: int = 0
    most: int = 0xFFFF_FFFF
    reason: Reason = Reason.PROTOCOL_ERROR


def _in(*places: Place) -> frozenset[Place]:
    return frozenset(places)


_MESSAGE = _in(Place.PUBLISH, Place.WILL)
_HELLO = _in(Place.CONNECT, Place.CONNACK)
_CONNECT = _in(Place.CONNECT)
_CONNACK = _in(Place.CONNACK)
_EVERYWHERE = frozenset(Place)
_ANSWERS = _in(Place.CONNACK, Place.PUBACK, Place.SUBACK, Place.UNSUBACK, Place.DISCONNECT)
_ALIAS = Reason.TOPIC_ALIAS_INVALID

_RULES: Final = (  # MQTT 5.0 table 2-4
    _Rule(0x01, "payload_is_text", _Shape.FLAG, _MESSAGE),
    _Rule(0x02, "message_expiry_s", _Shape.U32, _MESSAGE),
    _Rule(0x03, "content_type", _Shape.TEXT, _MESSAGE),
    _Rule(0x08, "response_topic", _Shape.TEXT, _MESSAGE),
    _Rule(0x09, "correlation_data", _Shape.BINARY, _MESSAGE),
    _Rule(0x0B, "subscription_ids", _Shape.VARINT, _in(Place.PUBLISH, Place.SUBSCRIBE), least=1),
    _Rule(0x11, "session_expiry_s", _Shape.U32, _HELLO | {Place.DISCONNECT}),
    _Rule(0x12, "assigned_client_id", _Shape.TEXT, _CONNACK),
    _Rule(0x13, "server_keep_alive_s", _Shape.U16, _CONNACK),
    _Rule(0x15, "authentication_method", _Shape.TEXT, _HELLO),
    _Rule(0x16, "authentication_data", _Shape.BINARY, _HELLO),
    _Rule(0x17, "request_problem_information", _Shape.FLAG, _CONNECT),
    _Rule(0x18, "will_delay_s", _Shape.U32, _in(Place.WILL)),
    _Rule(0x19, "request_response_information", _Shape.FLAG, _CONNECT),
    _Rule(0x1A, "response_information", _Shape.TEXT, _CONNACK),
    _Rule(0x1C, "server_reference", _Shape.TEXT, _in(Place.CONNACK, Place.DISCONNECT)),
    _Rule(0x1F, "reason_string", _Shape.TEXT, _ANSWERS),
    _Rule(0x21, "receive_maximum", _Shape.U16, _HELLO, least=1),
    _Rule(0x22, "topic_alias_maximum", _Shape.U16, _HELLO),
    _Rule(0x23, "topic_alias", _Shape.U16, _in(Place.PUBLISH), least=1, reason=_ALIAS),
    _Rule(0x24, "maximum_qos", _Shape.BYTE, _CONNACK, most=1),
    _Rule(0x25, "retain_available", _Shape.FLAG, _CONNACK),
    _Rule(0x26, "user", _Shape.PAIR, _EVERYWHERE),
    _Rule(0x27, "maximum_packet_bytes", _Shape.U32, _HELLO, least=1),
    _Rule(0x28, "wildcard_available", _Shape.FLAG, _CONNACK),
    _Rule(0x29, "subscription_ids_available", _Shape.FLAG, _CONNACK),
    _Rule(0x2A, "shared_available", _Shape.FLAG, _CONNACK),
)
_BY_NUMBER: Final = {rule.number: rule for rule in _RULES}
_USER: Final = 0x26
_SUBSCRIPTION_ID: Final = 0x0B


def read_properties(fields: Fields, place: Place) -> Properties:
    """Read the property length and the properties after it.

    Raises:
        BadMqtt: 0x81 for an unknown number or bytes that do not fit, 0x82 for one that may not stand here, stands twice
            or has a value that is not allowed.
    """
    length = fields.varint()
    if length == 0:
        return NO_PROPERTIES
    block = fields.part(length)
    once: dict[str, _Value] = {}
    user: list[tuple[str, str]] = []
    subscription_ids: list[int] = []
    while block.more():
        number = block.varint()
        if number == _USER:
            user.append((block.text(), block.text()))
            continue
        rule = _BY_NUMBER.get(number)
        if rule is None:
            raise BadMqtt(f"There is no property 0x{number:02X}.", reason=Reason.MALFORMED_PACKET)
        value = _READ[rule.shape](block)
        _check(rule, value, place=place)
        if number == _SUBSCRIPTION_ID and isinstance(value, int):
            if subscription_ids and place is not Place.PUBLISH:
                raise _twice(rule)
            subscription_ids.append(value)
        elif rule.name in once:
            raise _twice(rule)
        else:
            once[rule.name] = value
    return _together(once, user=user, subscription_ids=subscription_ids)


def _together(once: dict[str, _Value], *, user: list[tuple[str, str]], subscription_ids: list[int]) -> Properties:
    if "authentication_data" in once and "authentication_method" not in once:
        raise BadMqtt("There is authentication data but no method.", reason=Reason.PROTOCOL_ERROR)
    if not once and not subscription_ids:
        return Properties(user=tuple(user))
    return msgspec.convert({**once, "user": user, "subscription_ids": subscription_ids}, Properties)


def _twice(rule: _Rule) -> BadMqtt:
    return BadMqtt(f"The property {rule.name} stands twice.", reason=Reason.PROTOCOL_ERROR)


def _check(rule: _Rule, value: _Value, *, place: Place) -> None:
    if place not in rule.places:
        raise BadMqtt(f"The property {rule.name} may not stand in {place.name}.", reason=Reason.PROTOCOL_ERROR)
    if isinstance(value, int) and not rule.least <= value <= rule.most:
        raise BadMqtt(f"The property {rule.name} has a value that is not allowed.", reason=rule.reason)


def packed_properties(properties: Properties, place: Place) -> bytes:
    """The property length and the properties, in the order of the table.

    Raises:
        BadMqtt: as `read_properties`, when the far side would have to refuse them.
    """
    if properties is NO_PROPERTIES:
        return b"\0"
    out = bytearray()
    for rule in _RULES:
        value: _Value | tuple[_Value, ...] | None = getattr(properties, rule.name)
        if value is None:
            continue
        values: tuple[_Value, ...] = value if isinstance(value, tuple) else (value,)
        if len(values) > 1 and rule.number == _SUBSCRIPTION_ID and place is not Place.PUBLISH:
            raise _twice(rule)
        for one in values:
            _check(rule, one, place=place)
            out.append(rule.number)
            out += _packed(rule.shape, one)
    if properties.authentication_data is not None and properties.authentication_method is None:
        raise BadMqtt("There is authentication data but no method.", reason=Reason.PROTOCOL_ERROR)
    return packed_varint(len(out)) + out


_SIZES: Final = {_Shape.FLAG: 1, _Shape.BYTE: 1, _Shape.U16: 2, _Shape.U32: 4}


def _packed(shape: _Shape, value: _Value) -> bytes:
    match value:
        case bool() | int():
            return packed_varint(value) if shape is _Shape.VARINT else packed_uint(value, _SIZES[shape])
        case str():
            return packed_text(value)
        case bytes():
            return packed_binary(value)
        case (name, text):
            return packed_text(name) + packed_text(text)
