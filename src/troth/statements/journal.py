"""The journal port: accepted statements in order of acceptance.

Rules
- A statement counts when its row is durable; its position is the only order there is (1, 2, 3 ... without gaps).
- Appending a statement that is there (same id) returns the first entry and changes nothing, a deleted text neither.

Source: record.md, "The journal".
"""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from troth.names import StatementId
from troth.signing.cose import Signed

__all__ = ["Journal", "JournalEntry"]


class JournalEntry(msgspec.Struct, frozen=True):
    """One accepted statement. `preimage` is the salted payload when the statement is a hash envelope."""

    position: int
    signed: Signed
    preimage: bytes | None = None


class Journal(Protocol):
    """Statements in order. One writer thread; methods are called on the event loop."""

    async def append(self, signed: Signed, *, preimage: bytes | None = None) -> JournalEntry:
        """Make a verified statement durable and return its entry.

        Raises:
            StorageFailed: the row may or may not be kept; the node must stop.
        """
        ...

    async def forget_text(self, statement: StatementId) -> None:
        """Delete the preimage of a statement; it keeps position, id and bytes. On return a crash does not bring it back.

        Nothing happens where there is no such statement or no preimage.

        Raises:
            StorageFailed: it may or may not be there; the node must stop.
        """
        ...

    def entries(self, *, after: int, limit: int) -> Sequence[JournalEntry]:
        """At most `limit` entries with position > `after`, in order. Reads; for start, replay and the sequencer."""
        ...

    def find(self, statement: StatementId) -> JournalEntry | None:
        """The entry of this statement, or None."""
        ...

    @property
    def position(self) -> int:
        """Position of the last durable entry; 0 when empty."""
        ...

    async def close(self) -> None:
        """Stop; everything acknowledged is durable already."""
        ...
