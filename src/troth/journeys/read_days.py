"""On which days an organisation read a stream for a purpose, first and last: the port.

Rules
- No more is kept than the two days: enough to know who has something to erase, and whose right nobody uses (Data Act,
  Article 5(4): no more than is needed).
- Organisations only; a person's own reading is not kept here, nor anywhere.
- It is durable before the first row of a day leaves, so that nobody who got something is forgotten.

Source: mission.md (F11, S19); docs/decisions/0071-an-erase-order-is-answered-or-seen-to-be-silent.md.
"""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from troth.names import PurposeId, StreamId, Uri
from troth.spans import DAY_NS

__all__ = ["DaysRead", "ReadDays", "day_of"]


class DaysRead(msgspec.Struct, frozen=True):
    """A party, a purpose and a stream, and the first and last day (since 1970-01-01, UTC) on which it was read."""

    party: Uri
    purpose: PurposeId
    stream: StreamId
    first: int
    last: int


class ReadDays(Protocol):
    """All in memory for finding, durable when a change returns. Those of erased streams go with `AccountStore.erase`."""

    def of(self, stream: StreamId) -> Sequence[DaysRead]:
        """Who has read a stream, for what, in no order."""
        ...

    def by(self, party: Uri) -> Sequence[DaysRead]:
        """What a party has read, in no order."""
        ...

    def known(self, party: Uri, purpose: PurposeId, stream: StreamId) -> DaysRead | None:
        """The days of this reading, or None."""
        ...

    async def read(self, party: Uri, purpose: PurposeId, stream: StreamId, *, day: int) -> None:
        """Keep that it was read on a day. The first day stays, the last one moves forward only."""
        ...


def day_of(at_ns: int) -> int:
    """The day of a moment, since 1970-01-01 UTC."""
    return at_ns // DAY_NS
