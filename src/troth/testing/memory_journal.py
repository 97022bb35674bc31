"""The journal in memory, with faults and crashes.

Rules
- Entries are durable when `append` returns; `crash` gives the journal that the next start would find.

Source: statements/journal (the port).
"""

from collections.abc import Sequence
from typing import Self

from troth.names import StatementId
from troth.signing.cose import Signed
from troth.statements.journal import JournalEntry
from troth.testing.faults import Faults, Writes

__all__ = ["MemoryJournal"]


class MemoryJournal:
    """`Journal` on the running loop."""

    def __init__(self, *, durable: Sequence[JournalEntry] = (), write_s: float = 0.0) -> None:
        self.faults = Faults()
        self._writes = Writes(self.faults, write_s=write_s)
        self._write_s = write_s
        self._entries = list(durable)
        self._by_id = {entry.signed.id: entry for entry in durable}

    def crash(self) -> Self:
        """The journal that the next start finds; this one keeps nothing any more."""
        self._writes.crash()
        return type(self)(durable=self._entries, write_s=self._write_s)

    async def append(self, signed: Signed, *, preimage: bytes | None = None) -> JournalEntry:
        def apply() -> JournalEntry:
            entry = self._by_id.get(signed.id)
            if entry is None:
                entry = JournalEntry(len(self._entries) + 1, signed, preimage)
                self._entries.append(entry)
                self._by_id[signed.id] = entry
            return entry

        return await self._writes.write(apply)

    async def forget_text(self, statement: StatementId) -> None:
        def apply() -> None:
            entry = self._by_id.get(statement)
            if entry is not None:
                bare = JournalEntry(entry.position, entry.signed)
                self._entries[entry.position - 1] = self._by_id[statement] = bare

        await self._writes.write(apply)

    def entries(self, *, after: int, limit: int) -> Sequence[JournalEntry]:
        self._writes.check()
        return self._entries[max(after, 0) :][:limit]

    def find(self, statement: StatementId) -> JournalEntry | None:
        self._writes.check()
        return self._by_id.get(statement)

    @property
    def position(self) -> int:
        return len(self._entries)

    async def close(self) -> None:
        self._writes.crash()
