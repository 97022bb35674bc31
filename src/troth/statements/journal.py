"""The journal port: accepted statements in order of acceptance.

Rules
- A statement counts when its row is durable; its position is the only order there is (1, 2, 3 ... without gaps).
- Appending a statement that is there (same id) returns the first entry and changes nothing, a deleted text neither; one that
  was erased is refused.
- Of an erased statement position and id stay, and how many handles it had taken; whoever reads the journal passes over it.

Source: record.md, "The journal" and "Personal ledgers" (erasure).
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol, TypeAlias

import msgspec

from troth.names import StatementId
from troth.signing.cose import Signed

__all__ = ["Entry", "ErasedEntry", "Journal", "JournalEntry", "unerased"]


class JournalEntry(msgspec.Struct, frozen=True):
    """One accepted statement. `preimage` is the salted payload when the statement is a hash envelope."""

    position: int
    signed: Signed
    preimage: bytes | None = None


class ErasedEntry(msgspec.Struct, frozen=True):
    """What is left of an erased statement.

    `things` and `streams`: how many handles (`@iot.id`) it had taken in the order of acceptance, so that nobody else's change.
    """

    position: int
    id: StatementId
    things: int = 0
    streams: int = 0


Entry: TypeAlias = JournalEntry | ErasedEntry


def unerased(entries: Iterable[Entry]) -> Iterator[JournalEntry]:
    """The entries that still hold their statement."""
    return (entry for entry in entries if isinstance(entry, JournalEntry))


class Journal(Protocol):
    """Statements in order. One writer thread; methods are called on the event loop."""

    async def append(self, signed: Signed, *, preimage: bytes | None = None) -> JournalEntry:
        """Make a verified statement durable and return its entry.

        Raises:
            Conflict: it was erased; it is not taken again.
            StorageFailed: the row may or may not be kept; the node must stop.
        """
        ...

    async def append_together(self, several: Sequence[Signed]) -> Sequence[JournalEntry]:
        """Make several verified statements that are new durable, in this order: all of them or, after a crash, none.

        Raises:
            Conflict: one is there already or was erased; nothing was kept.
            StorageFailed: all or none may be kept; the node must stop.
        """
        ...

    async def forget_text(self, statement: StatementId) -> None:
        """Delete the preimage of a statement; it keeps position, id and bytes. On return a crash does not bring it back.

        Nothing happens where there is no such statement or no preimage.

        Raises:
            StorageFailed: it may or may not be there; the node must stop.
        """
        ...

    def entries(self, *, after: int, limit: int) -> Sequence[Entry]:
        """At most `limit` entries with position > `after`, in order. Reads; for start, replay and the sequencer."""
        ...

    def find(self, statement: StatementId) -> Entry | None:
        """The entry of this statement, or None."""
        ...

    async def erase(self, signed: Signed, *, erased: Sequence[ErasedEntry], plan: bytes) -> JournalEntry:
        """Append an erasure and forget what it takes, in one step: durable on return, both or neither.

        `plan` is what is needed to carry the erasure on after a crash. It is kept until `wiped`; there is one at a time.

        Raises:
            RuntimeError: another plan is kept.
            StorageFailed: it may or may not be done; the node must stop.
        """
        ...

    @property
    def plan(self) -> bytes | None:
        """The plan of an erasure that was begun and not ended, or None."""
        ...

    async def wiped(self) -> None:
        """Forget the plan, and leave nothing of it or of what was erased in any file: freed pages and logs included.

        Durable on return; doing it again changes nothing.

        Raises:
            StorageFailed: it may or may not be done; the node must stop.
        """
        ...

    @property
    def position(self) -> int:
        """Position of the last durable entry; 0 when empty."""
        ...

    async def close(self) -> None:
        """Stop; everything acknowledged is durable already."""
        ...
