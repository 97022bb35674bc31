"""MQTT 3.1.1 and 5 without input or output: bytes to packets and back, for servers and clients.

Rules
- Imports nothing of Troth but the error tree, so that a demonstration thing may use it without knowing the rest.
- Every failure is BadMqtt with the MQTT 5 reason code.

Source: https://docs.oasis-open.org/mqtt/mqtt/v5.0/mqtt-v5.0.html, https://docs.oasis-open.org/mqtt/mqtt/v3.1.1/mqtt-v3.1.1.html.
Left out: sockets, a server's sessions, QoS 2, enhanced authentication, shared subscriptions.
"""

from troth.wire.mqtt.client import ClientSession, Ended, Hello, Settled, Told, Welcomed
from troth.wire.mqtt.encode import encode, encode_puback, encode_pubacks
from troth.wire.mqtt.fields import packed_text
from troth.wire.mqtt.hearing import Heard, HearingSession, Listens, Older, Turned
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
    Unsuback,
    Unsubscribe,
    Version,
    Will,
)
from troth.wire.mqtt.reasons import Reason, return_code_311
from troth.wire.mqtt.stream import MAX_PACKET_BYTES, Decoder, Lone, Plain
from troth.wire.mqtt.topics import TopicAliases, check_filter, check_topic, matches, topic_of

__all__ = [
    "MAX_PACKET_BYTES",
    "NO_PROPERTIES",
    "ClientSession",
    "Connack",
    "Connect",
    "Decoder",
    "Disconnect",
    "Ended",
    "Heard",
    "HearingSession",
    "Hello",
    "Listens",
    "Lone",
    "Older",
    "Packet",
    "Peer",
    "Pingreq",
    "Pingresp",
    "Plain",
    "Properties",
    "Puback",
    "Publish",
    "Reason",
    "Settled",
    "Suback",
    "Subscribe",
    "Subscription",
    "Told",
    "TopicAliases",
    "Turned",
    "Unsuback",
    "Unsubscribe",
    "Version",
    "Welcomed",
    "Will",
    "check_filter",
    "check_topic",
    "encode",
    "encode_puback",
    "encode_pubacks",
    "matches",
    "packed_text",
    "return_code_311",
    "topic_of",
]
