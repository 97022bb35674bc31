"""The port that makes segments: leaves and root of a cut, and its rows moved.

Contract of `SegmentMaker`
- `build` is a function of the cuts: built again, also after a crash, it gives the same.
- `move` is durable when it returns, and doing it again changes nothing.

Source: runtime.md, "Workers"; record.md, "Statements and traces are two things".
"""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from troth.things.stores import Committed, Cut, Segment, Traced

__all__ = ["Built", "SegmentMaker"]


class Built(msgspec.Struct, frozen=True):
    """What a segment is made of, but its statement.

    Args:
        leaves: hashes of its traces in order, 32 bytes each, joined; padding is left out.
        size: leaves with padding.
        root: of the tree over them.
        traces: traces other than rows, with their segment and leaf.
        commits: what is moved, with segment and leaf; empty where whoever built it keeps it.
    """

    leaves: bytes
    size: int
    root: bytes
    traces: Sequence[Traced]
    commits: Sequence[Committed] = ()


class SegmentMaker(Protocol):
    """Makes the segments of one move after those of the other. Called on the event loop."""

    async def build(self, cuts: Sequence[Cut], *, about: int) -> Sequence[Built]:
        """Leaves and root of each of the pending cuts; `about` how many leaves all have, as far as is known."""
        ...

    async def move(self, segments: Sequence[Segment], built: Sequence[Built]) -> None:
        """Make the segments, their other traces and all their rows durable where they stay (`ObservationStore.move`)."""
        ...

    async def close(self) -> None:
        """Keep nothing any more."""
        ...
