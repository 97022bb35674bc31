"""Kind `promise`: who promises what about a product or this place, until when, and how anybody can measure it. Face: open.

A later promise with the same `promise` replaces what is shown; the one before stays in the log for everybody to compare.
Source: record.md, faces; mission.md (F28, F40).
Left out in this version: measuring it; a promise says how, in words, and where the evidence lies.
"""

import msgspec

from troth.names import PromiseId, Uri

__all__ = ["PromiseBody"]


class PromiseBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """One promise, [from_ns, to_ns) ns UTC.

    Args:
        promise: 16 bytes; what a support names as a commitment.
        by: the registered organisation that promises.
        words: what is promised, in plain words.
        measured: how anybody can see whether it is kept, in plain words.
        from_ns, to_ns: when it holds; without `to_ns` until further notice.
        product: what it is about; absent for this place as a whole.
        streams: names of streams of the product; none for all of it.
        evidence: where the measurements lie.
    """

    promise: PromiseId
    by: Uri
    words: str
    measured: str
    from_ns: int
    to_ns: int | None = None
    product: Uri | None = None
    streams: tuple[str, ...] = ()
    evidence: Uri | None = None
    crit: tuple[str, ...] = ("from_ns", "to_ns", "product", "streams")
