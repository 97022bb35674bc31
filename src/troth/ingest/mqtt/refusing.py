"""What the PUBACK of a message that was refused says, in version 5: a reason code, and the gate's outer wording.

Source: MQTT 5.0 §3.4.2 and table 3-4; things.md, "Speaking". Left out: version 3.1.1, which cannot refuse.
"""

from typing import Final

from troth.gate.words import spoken
from troth.ingest.mqtt.spoken_by import Line
from troth.things.observations import Refusal
from troth.wire.mqtt import Reason, Version, encode_puback

__all__ = ["puback_of", "reason_of"]

_REASONS: Final[dict[Refusal, Reason]] = {  # MQTT 5.0 table 3-4; what is missing is 0x83
    Refusal.UNDECLARED: Reason.TOPIC_NAME_INVALID,
    Refusal.UNKNOWN: Reason.NOT_AUTHORIZED,
    Refusal.RED_LINE: Reason.NOT_AUTHORIZED,
    Refusal.NO_GROUND: Reason.NOT_AUTHORIZED,
    Refusal.REFUSED: Reason.NOT_AUTHORIZED,
    Refusal.WITHDRAWN: Reason.NOT_AUTHORIZED,
    Refusal.EXPIRED: Reason.NOT_AUTHORIZED,
    Refusal.OBJECTED: Reason.NOT_AUTHORIZED,
    Refusal.NOT_THEN: Reason.NOT_AUTHORIZED,
    Refusal.POLICY: Reason.NOT_AUTHORIZED,
    Refusal.UNANSWERED: Reason.NOT_AUTHORIZED,
    Refusal.NOT_YET: Reason.NOT_AUTHORIZED,
    Refusal.PLACE: Reason.NOT_AUTHORIZED,
    Refusal.TOO_OLD: Reason.NOT_AUTHORIZED,
    Refusal.OVER: Reason.NOT_AUTHORIZED,
    Refusal.WRONG_TYPE: Reason.PAYLOAD_FORMAT_INVALID,
    Refusal.OUT_OF_RANGE: Reason.PAYLOAD_FORMAT_INVALID,
    Refusal.WRONG_UNIT: Reason.PAYLOAD_FORMAT_INVALID,
    Refusal.BAD_TIME: Reason.PAYLOAD_FORMAT_INVALID,
    Refusal.BAD_PAYLOAD: Reason.PAYLOAD_FORMAT_INVALID,
    Refusal.TOO_LARGE: Reason.QUOTA_EXCEEDED,
    Refusal.TOO_FAST: Reason.QUOTA_EXCEEDED,
}


def reason_of(refusal: Refusal) -> Reason:
    """The reason code of a refusal."""
    return _REASONS.get(refusal, Reason.IMPLEMENTATION_SPECIFIC)


def puback_of(packet_id: int, refusal: Refusal, *, line: Line) -> bytes:
    """The PUBACK of a refusal. `line`: whether its wording is wanted, and how large a packet may be."""
    return encode_puback(
        packet_id,
        Version.V5,
        reason=reason_of(refusal),
        reason_string=spoken(refusal.value) if line.wants_reasons else None,
        max_packet_bytes=line.max_packet_bytes,
    )
