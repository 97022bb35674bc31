"""Kind `trust-anchors`: the keys from which trust in this deployment's issuers starts. Face: open.

Always the second entry of a log. A later one, signed by an anchor of the one before it, takes its place: keys that
it leaves out have ended.

Source: RFC 9943 (trust anchors); record.md, "The log".
"""

import msgspec

__all__ = ["ANCHORS_MAX", "TrustAnchorsBody"]

ANCHORS_MAX = 16  # keys at once; with ML-DSA-44 some 21 kB of a statement's 65


class TrustAnchorsBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """COSE_Keys of the operator; the first is signed by one of them. `version` counts 1, 2, 3 without gaps."""

    keys: tuple[bytes, ...]
    origin: str
    version: int = 1
    crit: tuple[str, ...] = ("keys", "version")
