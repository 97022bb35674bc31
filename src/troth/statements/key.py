"""Kind `key`: this public key belongs to this holder in this role, from now on.

The gate's key statement also states the tick of its segments, so that a gap in the beat can be seen.
Source: record.md, "Statements and traces are two things".
"""

from enum import StrEnum

import msgspec

from troth.names import Uri

__all__ = ["KeyBody", "KeyRole"]


class KeyRole(StrEnum):
    """What a key may sign: operator everything but conduct and choices, gate segments, log checkpoints, receipt receipts."""

    OPERATOR = "operator"
    GATE = "gate"
    LOG = "log"
    RECEIPT = "receipt"


class KeyBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """`key` is a COSE_Key (RFC 9052 §7), `segment_tick_s` stands in the gate's only."""

    key: bytes
    role: KeyRole
    holder: Uri
    segment_tick_s: int | None = None
    crit: tuple[str, ...] = ("role",)
