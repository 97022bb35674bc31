"""Kind `trust-anchors`: the keys from which trust in this deployment's issuers starts. Always the second entry of a log.

Source: RFC 9943 (trust anchors); record.md, "The log".
"""

import msgspec

__all__ = ["TrustAnchorsBody"]


class TrustAnchorsBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """COSE_Keys of the operator; the statement is signed by one of them."""

    keys: tuple[bytes, ...]
    origin: str
    crit: tuple[str, ...] = ("keys",)
