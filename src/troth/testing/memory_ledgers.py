"""Ledgers in memory, with faults and crashes.

Rules
- A change is durable as a whole when it returns; `crash` gives the store that the next start would find.

Source: things/ledgers (the port).
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Self

from troth.names import PersonId
from troth.testing.faults import Faults, Writes
from troth.things.ledgers import BOXES_MAX, Box, DayKey, SealedTrace, ledger_of

__all__ = ["MemoryLedgers"]


@dataclass(slots=True)
class _Durable:
    keys: dict[bytes, DayKey] = field(default_factory=dict)
    boxes: dict[tuple[int, int], Box] = field(default_factory=dict)


class MemoryLedgers:
    """`LedgerStore` on the running loop."""

    def __init__(self, *, durable: _Durable | None = None, write_s: float = 0.0) -> None:
        self.faults = Faults()
        self._write_s = write_s
        self._writes = Writes(self.faults, write_s=write_s)
        self._durable = durable or _Durable()

    def crash(self) -> Self:
        """The store that the next start finds; this one keeps nothing any more."""
        self._writes.crash()
        return type(self)(durable=self._durable, write_s=self._write_s)

    async def keep(self, key: DayKey) -> None:
        await self._writes.write(lambda: self._durable.keys.setdefault(key.id, key))

    async def move(self, segment: int, traces: Sequence[SealedTrace]) -> None:
        def apply() -> None:
            for each in traces:
                if each.key in self._durable.keys:
                    box = Box(each.key, each.box, segment, each.leaf)
                    self._durable.boxes.setdefault((segment, each.leaf), box)

        await self._writes.write(apply)

    async def keys(self, person: PersonId) -> Sequence[DayKey]:
        self._writes.check()
        found = (key for key in self._durable.keys.values() if key.person == person)
        return sorted(found, key=lambda key: (key.day, key.id))

    async def day_keys(self, of: Callable[[bytes], bool]) -> Collection[bytes]:
        self._writes.check()
        return frozenset(key.id for key in self._durable.keys.values() if of(ledger_of(key.person)))

    async def boxes(self, person: PersonId, *, before: tuple[int, int] | None, limit: int) -> Sequence[Box]:
        if not 1 <= limit <= BOXES_MAX:
            raise RuntimeError(f"1 to {BOXES_MAX} boxes are read at once")
        self._writes.check()
        places = sorted((at for at in self._durable.boxes if before is None or at < before), reverse=True)
        return [self._durable.boxes[at] for at in places if self._is_of(self._durable.boxes[at], person)][:limit]

    async def box(self, person: PersonId, *, segment: int, leaf: int) -> Box | None:
        self._writes.check()
        found = self._durable.boxes.get((segment, leaf))
        return found if found is not None and self._is_of(found, person) else None

    async def erase(self, gone: Callable[[bytes], bool]) -> None:
        def apply() -> None:
            going = {key.id for key in self._durable.keys.values() if gone(ledger_of(key.person))}
            for place in [at for at, box in self._durable.boxes.items() if box.key in going]:
                del self._durable.boxes[place]
            for id_ in going:
                del self._durable.keys[id_]

        await self._writes.write(apply)

    async def close(self) -> None:
        self._writes.crash()

    def _is_of(self, box: Box, person: PersonId) -> bool:
        return self._durable.keys[box.key].person == person
