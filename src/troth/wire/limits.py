"""How much one sender may send and one listener may hold; every number with its source.

Rules
- A limit is a constant here, or stands beside its only user; never a bare number in code.
- What is over a limit is refused with a reason and counted, never cut short in silence.

Source: things.md "Limits"; the specifications named beside the numbers.
Left out: limits of formats (statement, trace: beside the format) and of the gate's clock (beside the gate).
"""

from typing import Final

__all__ = [
    "CONNECT_BYTES",
    "FILTER_BYTES",
    "FILTER_DEPTH",
    "JSON_DEPTH",
    "KEEP_ALIVE_S",
    "LISTENER_QUEUE_BYTES",
    "LISTENER_QUEUE_MESSAGES",
    "MQTT_PACKET_BYTES",
    "PAYLOAD_BYTES",
    "QUERY_SLICE_MS",
    "RECEIVE_MAXIMUM",
    "REPEAT_WINDOW",
    "SESSION_EXPIRY_S",
    "SLUG_CHARACTERS",
    "STREAMS_PER_THING",
    "TOPIC_BYTES",
]

SLUG_CHARACTERS: Final = 64  # formats.md, identifiers: [a-z0-9-]{1,64}
TOPIC_BYTES: Final = 256  # things.md, Limits: "things/" + slug + "/" + slug with room to spare
PAYLOAD_BYTES: Final = 256 * 1024  # things.md, Limits
MQTT_PACKET_BYTES: Final = (
    PAYLOAD_BYTES + 4 * 1024
)  # a full payload with its topic and properties; told as Maximum Packet Size
CONNECT_BYTES: Final = 16 * 1024  # before anybody is known: identifier, credential and a will, nothing larger
JSON_DEPTH: Final = 32  # things.md, Limits
STREAMS_PER_THING: Final = 256  # things.md, Limits
RECEIVE_MAXIMUM: Final = 100  # things.md, Limits: unacknowledged per connection = Receive Maximum (MQTT 5.0 §3.2.2.3.3)
LISTENER_QUEUE_MESSAGES: Final = 1_000  # things.md, Limits: then dropped with reason
LISTENER_QUEUE_BYTES: Final = 1024 * 1024  # things.md, Limits: whichever comes first
KEEP_ALIVE_S: Final = 3600  # a client of MQTT 5 that asks for a longer silence, or for any, is told this (§3.2.2.3.14)
SESSION_EXPIRY_S: Final = 24 * 3600  # things.md, Limits: a longer one asked for is told shorter in CONNACK
REPEAT_WINDOW: Final = 1_024  # things.md, The writer: messages of one thing in which DUP marks a repeat
FILTER_BYTES: Final = 4 * 1024  # things.md, Limits: $filter
FILTER_DEPTH: Final = 16  # things.md, Limits: $filter
QUERY_SLICE_MS: Final = 250  # things.md, Limits: a read reopens after that
