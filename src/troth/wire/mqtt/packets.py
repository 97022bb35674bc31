"""MQTT packets of versions 3.1.1 and 5 as frozen values.

Rules
- One value per packet for both versions; what a version cannot say has its default there.
- QoS 0 and 1 only: PUBREC, PUBREL, PUBCOMP and AUTH have no value here, the decoder refuses them by name.
- A packet identifier is 1–65,535; 0 stands for "none" and only in a QoS 0 PUBLISH.
- A password is bytes and never printed.

Source: MQTT 5.0 §3 and MQTT 3.1.1 §3 (https://docs.oasis-open.org/mqtt/).
Left out: what a session may do with them; that is the endpoint's.
"""

from enum import Enum, IntEnum

import msgspec

__all__ = [
    "NO_PROPERTIES",
    "Connack",
    "Connect",
    "Disconnect",
    "Packet",
    "Peer",
    "Pingreq",
    "Pingresp",
    "Properties",
    "Puback",
    "Publish",
    "Suback",
    "Subscribe",
    "Subscription",
    "Unsuback",
    "Unsubscribe",
    "Version",
    "Will",
]


class Version(IntEnum):
    """The protocol level byte of CONNECT."""

    V311 = 4
    V5 = 5


class Peer(Enum):
    """Who sends the bytes that are decoded: some packets, properties and codes belong to one side only."""

    CLIENT = "client"
    SERVER = "server"


class Properties(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """All properties of MQTT 5 §2.2.2; None is "not there". Which packet may carry which is in properties.py."""

    payload_is_text: bool | None = None
    message_expiry_s: int | None = None
    content_type: str | None = None
    response_topic: str | None = None
    correlation_data: bytes | None = None
    subscription_ids: tuple[int, ...] = ()
    session_expiry_s: int | None = None
    assigned_client_id: str | None = None
    server_keep_alive_s: int | None = None
    authentication_method: str | None = None
    authentication_data: bytes | None = None
    request_problem_information: bool | None = None
    will_delay_s: int | None = None
    request_response_information: bool | None = None
    response_information: str | None = None
    server_reference: str | None = None
    reason_string: str | None = None
    receive_maximum: int | None = None
    topic_alias_maximum: int | None = None
    topic_alias: int | None = None
    maximum_qos: int | None = None
    retain_available: bool | None = None
    user: tuple[tuple[str, str], ...] = ()
    maximum_packet_bytes: int | None = None
    wildcard_available: bool | None = None
    subscription_ids_available: bool | None = None
    shared_available: bool | None = None


NO_PROPERTIES = Properties()


class Will(msgspec.Struct, frozen=True):
    """What the server says for a client that goes without DISCONNECT (§3.1.2.5)."""

    topic: str
    payload: bytes
    qos: int = 0
    retain: bool = False
    properties: Properties = NO_PROPERTIES


class Connect(msgspec.Struct, frozen=True, kw_only=True):
    """A client introduces itself (§3.1). `clean_start` is 3.1.1's clean session; keep-alive 0 turns it off."""

    version: Version
    client_id: str
    clean_start: bool = True
    keep_alive_s: int = 0
    will: Will | None = None
    username: str | None = None
    password: bytes | None = None
    properties: Properties = NO_PROPERTIES

    def __repr__(self) -> str:
        return f"Connect(version={self.version.name}, client_id={self.client_id!r}, keep_alive_s={self.keep_alive_s})"


class Connack(msgspec.Struct, frozen=True):
    """The server's answer (§3.2). `reason` is a return code 0–5 under 3.1.1."""

    reason: int = 0
    session_present: bool = False
    properties: Properties = NO_PROPERTIES


class Publish(msgspec.Struct, frozen=True, gc=False):
    """A message (§3.3). An empty `topic` stands for the one of its topic alias (version 5)."""

    topic: str
    payload: bytes
    qos: int = 0
    packet_id: int = 0
    retain: bool = False
    dup: bool = False
    properties: Properties = NO_PROPERTIES


class Puback(msgspec.Struct, frozen=True, gc=False):
    """A QoS 1 message is settled (§3.4). Version 3.1.1 cannot say a reason."""

    packet_id: int
    reason: int = 0
    properties: Properties = NO_PROPERTIES


class Subscription(msgspec.Struct, frozen=True, gc=False):
    """One filter of SUBSCRIBE with its options (§3.8.3.1); all but `qos` are version 5."""

    topic_filter: str
    qos: int = 0
    no_local: bool = False
    retain_as_published: bool = False
    retain_handling: int = 0


class Subscribe(msgspec.Struct, frozen=True):
    """A client wants messages (§3.8). At least one subscription."""

    packet_id: int
    subscriptions: tuple[Subscription, ...]
    properties: Properties = NO_PROPERTIES


class Suback(msgspec.Struct, frozen=True):
    """One code per subscription, in their order (§3.9): the granted QoS or a failure."""

    packet_id: int
    reasons: tuple[int, ...]
    properties: Properties = NO_PROPERTIES


class Unsubscribe(msgspec.Struct, frozen=True):
    """A client wants no more (§3.10). At least one filter."""

    packet_id: int
    topic_filters: tuple[str, ...]
    properties: Properties = NO_PROPERTIES


class Unsuback(msgspec.Struct, frozen=True):
    """One code per filter (§3.11); none under 3.1.1."""

    packet_id: int
    reasons: tuple[int, ...] = ()
    properties: Properties = NO_PROPERTIES


class Pingreq(msgspec.Struct, frozen=True):
    """A client is still there (§3.12)."""


class Pingresp(msgspec.Struct, frozen=True):
    """So is the server (§3.13)."""


class Disconnect(msgspec.Struct, frozen=True):
    """The last packet of a connection (§3.14). Under 3.1.1 only a client sends it, without a reason."""

    reason: int = 0
    properties: Properties = NO_PROPERTIES


Packet = (
    Connect | Connack | Publish | Puback | Subscribe | Suback | Unsubscribe | Unsuback | Pingreq | Pingresp | Disconnect
)
