"""Days of reading in memory, with the faults of the accounts beside them.

Source: journeys/read_days (the port).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Self

from troth.journeys.read_days import DaysRead
from troth.names import PurposeId, StreamId, Uri
from troth.testing.faults import Writes

__all__ = ["MemoryReadDays"]

Key = tuple[Uri, PurposeId, StreamId]


class MemoryReadDays:
    """`ReadDays` on the writes of `MemoryAccounts`."""

    def __init__(self, writes: Writes, days: Mapping[Key, DaysRead] | None = None) -> None:
        self._writes = writes
        self._days = dict(days or {})

    def again(self, writes: Writes) -> Self:
        """What the next start finds."""
        return type(self)(writes, self._days)

    def of(self, stream: StreamId) -> Sequence[DaysRead]:
        return tuple(each for each in self._days.values() if each.stream == stream)

    def by(self, party: Uri) -> Sequence[DaysRead]:
        return tuple(each for each in self._days.values() if each.party == party)

    def known(self, party: Uri, purpose: PurposeId, stream: StreamId) -> DaysRead | None:
        return self._days.get((party, purpose, stream))

    async def read(self, party: Uri, purpose: PurposeId, stream: StreamId, *, day: int) -> None:
        def apply() -> None:
            key = party, purpose, stream
            before = self._days.get(key)
            first, last = (day, day) if before is None else (before.first, max(before.last, day))
            self._days[key] = DaysRead(party, purpose, stream, first, last)

        await self._writes.write(apply)

    def erase(self, gone: Callable[[bytes], bool]) -> None:
        """Forget streams that go; called inside a write of the accounts."""
        self._days = {key: each for key, each in self._days.items() if not gone(each.stream)}
