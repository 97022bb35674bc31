"""The journal in memory, with faults and crashes.

Rules
- Entries are durable when `append` returns; `crash` gives the journal that the next start would find.

Source: statements/journal (the port).
"""

from collections.abc import Sequence
from typing import Self

from troth.errors import Conflict
from troth.names import StatementId
from troth.signing.cose import Signed
from troth.statements.journal import Entry, ErasedEntry, JournalEntry
from troth.testing.faults import Faults, Writes

__all__ = ["MemoryJournal"]


class MemoryJournal:
    """`Journal` on the running loop."""

    def __init__(self, *, durable: Sequence[Entry] = (), plan: bytes | None = None, write_s: float = 0.0) -> None:
        self.faults = Faults()
        self._writes = Writes(self.faults, write_s=write_s)
        self._write_s = write_s
        self._entries = list(durable)
        self._by_id = {_id(entry): entry for entry in durable}
        self._plan = plan

    def crash(self) -> Self:
        """The journal that the next start finds; this one keeps nothing any more."""
        self._writes.crash()
        return type(self)(durable=self._entries, plan=self._plan, write_s=self._write_s)

    async def append(self, signed: Signed, *, preimage: bytes | None = None) -> JournalEntry:
        def apply() -> JournalEntry:
            entry = self._by_id.get(signed.id)
            if entry is None:
                entry = JournalEntry(len(self._entries) + 1, signed, preimage)
                self._entries.append(entry)
                self._by_id[signed.id] = entry
            if isinstance(entry, ErasedEntry):
                raise Conflict("this statement was erased here")
            return entry

        return await self._writes.write(apply)

    async def append_together(self, several: Sequence[Signed]) -> Sequence[JournalEntry]:
        def apply() -> list[JournalEntry]:
            if any(signed.id in self._by_id for signed in several):
                raise Conflict("one of these statements is registered already")
            made = [JournalEntry(len(self._entries) + at, signed) for at, signed in enumerate(several, 1)]
            self._entries += made
            self._by_id |= {entry.signed.id: entry for entry in made}
            return made

        return await self._writes.write(apply)

    async def forget_text(self, statement: StatementId) -> None:
        def apply() -> None:
            entry = self._by_id.get(statement)
            if isinstance(entry, JournalEntry):
                bare = JournalEntry(entry.position, entry.signed)
                self._entries[entry.position - 1] = self._by_id[statement] = bare

        await self._writes.write(apply)

    async def erase(self, signed: Signed, *, erased: Sequence[ErasedEntry], plan: bytes) -> JournalEntry:
        if self._plan is not None:
            raise RuntimeError("one erasure after the other")

        def apply() -> JournalEntry:
            known = self._by_id.get(signed.id)
            if isinstance(known, JournalEntry):
                return known
            for each in erased:
                if _id(self._entries[each.position - 1]) != each.id:
                    raise AssertionError("what is erased stands in the journal")
                self._entries[each.position - 1] = self._by_id[each.id] = each
            entry = JournalEntry(len(self._entries) + 1, signed)
            self._entries.append(entry)
            self._by_id[signed.id] = entry
            self._plan = plan
            return entry

        return await self._writes.write(apply)

    @property
    def plan(self) -> bytes | None:
        return self._plan

    async def wiped(self) -> None:
        def apply() -> None:
            self._plan = None

        await self._writes.write(apply)

    def entries(self, *, after: int, limit: int) -> Sequence[Entry]:
        self._writes.check()
        return self._entries[max(after, 0) :][:limit]

    def find(self, statement: StatementId) -> Entry | None:
        self._writes.check()
        return self._by_id.get(statement)

    @property
    def position(self) -> int:
        return len(self._entries)

    async def close(self) -> None:
        self._writes.crash()


def _id(entry: Entry) -> StatementId:
    return entry.signed.id if isinstance(entry, JournalEntry) else entry.id
