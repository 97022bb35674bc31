"""Kind `key`: this public key belongs to this holder in this role; or, with `revoked`, it does so no longer. Face: open.

Rules
- A key that `replaces` another ends it in the same step, as retired: what it signed before still counts.
- `revoked` ends a key. *retired* takes nothing back; *compromised* says since when somebody else may have signed with it.
- A key that has ended never comes back, in no role.
- Operator keys are named by the trust anchors; a statement of this kind can only say what became of one.
- The gate's key statement also states the tick of its segments, so that a gap in the beat can be seen.

Source: record.md, "Statements and traces are two things"; threats.md (stolen keys).
"""

from enum import StrEnum

import msgspec

from troth.names import Uri

__all__ = ["KeyBody", "KeyRole", "Revoked"]


class KeyRole(StrEnum):
    """What a key may sign: all but conduct and choices (operator), segments, checkpoints, receipts, a maker's own words."""

    OPERATOR = "operator"
    GATE = "gate"
    LOG = "log"
    RECEIPT = "receipt"
    MAKER = "maker"


class Revoked(StrEnum):
    """Why a key has ended."""

    RETIRED = "retired"
    COMPROMISED = "compromised"


class KeyBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """One key.

    Args:
        key: a COSE_Key (RFC 9052 §7).
        role: what it may sign.
        holder: whose it is; of a maker's key the organisation.
        segment_tick_s: stands in the gate's only.
        replaces: thumbprint of the key of the same role that ends with this statement.
        from_ns, to_ns: nothing that is signed with it is accepted before and from then on, ns UTC.
        revoked: the key has ended.
        since_ns: since when somebody else may have signed with it, ns UTC; with compromised, and only there.
    """

    key: bytes
    role: KeyRole
    holder: Uri
    segment_tick_s: int | None = None
    replaces: bytes | None = None
    from_ns: int | None = None
    to_ns: int | None = None
    revoked: Revoked | None = None
    since_ns: int | None = None
    crit: tuple[str, ...] = ("role", "replaces", "from_ns", "to_ns", "revoked", "since_ns")
