"""Kind `succession`: this log goes on where another one is over; the third entry of such a log. Face: open.

Rules
- It is said by the operator, whose key the trust anchors of both logs name; so who trusts the former log can check it.
- Proofs of the former log stay what they are, under the former key. Nothing is signed under that name any more.
- What was said openly before is taken into this log behind its first three entries, in the order of acceptance.

Source: record.md, "Loss and restore"; C2SP signed-note (verifier key), tlog-checkpoint.
"""

import msgspec

__all__ = ["SuccessionBody"]


class SuccessionBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """One log follows another.

    Args:
        origin: the name of this log.
        former_origin: the name of the log that is over.
        former_key: its verifier key, as C2SP signed-note writes it.
        reason: why it is over, in plain words, for everybody to read.
        from_ns: when this was said.
        checkpoint: the last checkpoint of the former log that is known, the signed note byte for byte; absent where none is.
    """

    origin: str
    former_origin: str
    former_key: str
    reason: str
    from_ns: int
    checkpoint: bytes | None = None
    crit: tuple[str, ...] = ("former_origin",)
