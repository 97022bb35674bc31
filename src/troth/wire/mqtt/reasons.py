"""Reason codes of MQTT 5, which packet may carry which, and what MQTT 3.1.1 can say instead.

Rules
- A code that the packet may not carry is refused when decoded and when encoded.
- 3.1.1 knows six answers to CONNECT and four to one subscription; everything else is said by closing.

Source: MQTT 5.0 §2.4 (table 2-6), §3.2.2.2, §3.4.2.1, §3.9.3, §3.11.3, §3.14.2.1; MQTT 3.1.1 §3.2.2.3, §3.9.3
(https://docs.oasis-open.org/mqtt/mqtt/v5.0/mqtt-v5.0.html).
Left out: codes of PUBREC, PUBREL, PUBCOMP and AUTH, which are not offered.
"""

from enum import IntEnum
from typing import Final

__all__ = [
    "CONNACK_REASONS",
    "CONNACK_RETURN_CODES_311",
    "DISCONNECT_REASONS_OF_CLIENTS",
    "DISCONNECT_REASONS_OF_SERVERS",
    "PUBACK_REASONS",
    "SUBACK_REASONS",
    "SUBACK_RETURN_CODES_311",
    "UNSUBACK_REASONS",
    "Reason",
    "return_code_311",
]


class Reason(IntEnum):
    """One byte that says how it went; 0x80 and above are failures (MQTT 5.0 table 2-6)."""

    SUCCESS = 0x00
    GRANTED_QOS_1 = 0x01
    GRANTED_QOS_2 = 0x02
    DISCONNECT_WITH_WILL = 0x04
    NO_MATCHING_SUBSCRIBERS = 0x10
    NO_SUBSCRIPTION_EXISTED = 0x11
    UNSPECIFIED = 0x80
    MALFORMED_PACKET = 0x81
    PROTOCOL_ERROR = 0x82
    IMPLEMENTATION_SPECIFIC = 0x83
    UNSUPPORTED_PROTOCOL_VERSION = 0x84
    CLIENT_ID_NOT_VALID = 0x85
    BAD_USER_NAME_OR_PASSWORD = 0x86
    NOT_AUTHORIZED = 0x87
    SERVER_UNAVAILABLE = 0x88
    SERVER_BUSY = 0x89
    BANNED = 0x8A
    SERVER_SHUTTING_DOWN = 0x8B
    BAD_AUTHENTICATION_METHOD = 0x8C
    KEEP_ALIVE_TIMEOUT = 0x8D
    SESSION_TAKEN_OVER = 0x8E
    TOPIC_FILTER_INVALID = 0x8F
    TOPIC_NAME_INVALID = 0x90
    PACKET_ID_IN_USE = 0x91
    RECEIVE_MAXIMUM_EXCEEDED = 0x93
    TOPIC_ALIAS_INVALID = 0x94
    PACKET_TOO_LARGE = 0x95
    MESSAGE_RATE_TOO_HIGH = 0x96
    QUOTA_EXCEEDED = 0x97
    ADMINISTRATIVE_ACTION = 0x98
    PAYLOAD_FORMAT_INVALID = 0x99
    RETAIN_NOT_SUPPORTED = 0x9A
    QOS_NOT_SUPPORTED = 0x9B
    USE_ANOTHER_SERVER = 0x9C
    SERVER_MOVED = 0x9D
    SHARED_SUBSCRIPTIONS_NOT_SUPPORTED = 0x9E
    CONNECTION_RATE_EXCEEDED = 0x9F
    MAXIMUM_CONNECT_TIME = 0xA0
    SUBSCRIPTION_IDS_NOT_SUPPORTED = 0xA1
    WILDCARD_SUBSCRIPTIONS_NOT_SUPPORTED = 0xA2


CONNACK_REASONS: Final = frozenset(
    (0x00, *range(0x80, 0x8B), 0x8C, 0x90, 0x95, 0x97, 0x99, 0x9A, 0x9B, 0x9C, 0x9D, 0x9F)
)  # MQTT 5.0 table 3-1
PUBACK_REASONS: Final = frozenset((0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99))  # MQTT 5.0 table 3-4
SUBACK_REASONS: Final = frozenset(
    (0x00, 0x01, 0x02, 0x80, 0x83, 0x87, 0x8F, 0x91, 0x97, 0x9E, 0xA1, 0xA2)
)  # MQTT 5.0 table 3-8
UNSUBACK_REASONS: Final = frozenset((0x00, 0x11, 0x80, 0x83, 0x87, 0x8F, 0x91))  # MQTT 5.0 table 3-9

_DISCONNECT_REASONS_OF_BOTH = (0x00, 0x80, 0x81, 0x82, 0x83, 0x90, *range(0x93, 0x9A))
DISCONNECT_REASONS_OF_CLIENTS: Final = frozenset((*_DISCONNECT_REASONS_OF_BOTH, 0x04))  # MQTT 5.0 table 3-10
DISCONNECT_REASONS_OF_SERVERS: Final = frozenset(
    (*_DISCONNECT_REASONS_OF_BOTH, 0x87, 0x89, 0x8B, 0x8C, 0x8D, 0x8E, 0x8F, *range(0x9A, 0xA3))
)  # MQTT 5.0 table 3-10; 0x8C only by table 2-6

CONNACK_RETURN_CODES_311: Final = frozenset(range(6))  # MQTT 3.1.1 table 3.1
SUBACK_RETURN_CODES_311: Final = frozenset((0x00, 0x01, 0x02, 0x80))  # MQTT 3.1.1 §3.9.3

_RETURN_CODES_311: Final[dict[int, int]] = {
    Reason.SUCCESS: 0,
    Reason.UNSUPPORTED_PROTOCOL_VERSION: 1,
    Reason.CLIENT_ID_NOT_VALID: 2,
    Reason.SERVER_UNAVAILABLE: 3,
    Reason.SERVER_BUSY: 3,
    Reason.QUOTA_EXCEEDED: 3,
    Reason.CONNECTION_RATE_EXCEEDED: 3,
    Reason.BAD_USER_NAME_OR_PASSWORD: 4,
}


def return_code_311(reason: int) -> int:
    """The CONNACK return code of MQTT 3.1.1 nearest to a reason code; 5 (not authorized) when none is nearer."""
    return _RETURN_CODES_311.get(reason, 5)
