"""Shares that have ended because nothing was read under them for too long, by name: one party may have many. Pure.

Rules
- They stand sorted, so that one is found without looking at each. The first end of a share counts.

Source: docs/decisions/0071.
"""

from bisect import bisect_left

import msgspec

from troth.names import ShareId

__all__ = ["CutShare", "cut_ns", "with_cut"]


class CutShare(msgspec.Struct, frozen=True):
    """A share that has ended because nothing was read under it for too long, and since when."""

    share: ShareId
    at_ns: int


def cut_ns(cut: tuple[CutShare, ...], share: ShareId) -> int | None:
    """Since when a share has ended that way, ns UTC; None where it has not."""
    at = bisect_left(cut, share, key=_name_of)
    return cut[at].at_ns if at < len(cut) and cut[at].share == share else None


def with_cut(cut: tuple[CutShare, ...], share: ShareId, at_ns: int) -> tuple[CutShare, ...]:
    """The same, with one more."""
    if cut_ns(cut, share) is not None:
        return cut
    at = bisect_left(cut, share, key=_name_of)
    return (*cut[:at], CutShare(share, at_ns), *cut[at:])


def _name_of(each: CutShare) -> ShareId:
    return each.share
