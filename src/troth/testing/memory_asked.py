"""Questions asked lately in memory, with the faults of the accounts beside them.

Source: journeys/asked (the port).
"""

from collections.abc import Callable, Sequence
from typing import Self

from troth.journeys.asked import AskedDay
from troth.testing.faults import Writes

__all__ = ["MemoryAsked"]


class MemoryAsked:
    """`AskedStore` on the writes of `MemoryAccounts`."""

    def __init__(self, writes: Writes, asked: Sequence[AskedDay] = ()) -> None:
        self._writes = writes
        self._asked = {_key(each): each for each in asked}

    def again(self, writes: Writes) -> Self:
        """What the next start finds."""
        return type(self)(writes, tuple(self._asked.values()))

    def all(self) -> Sequence[AskedDay]:
        newest = sorted(self._asked.values(), key=lambda each: (-each.day, *_key(each)))
        return tuple(reversed(newest))

    async def keep(self, asked: Sequence[AskedDay], *, since: int, at_most: int) -> None:
        def apply() -> None:
            for each in asked:
                known = self._asked.get(_key(each))
                if known is None or known.day < each.day:
                    self._asked[_key(each)] = each
            left = [each for each in reversed(self.all()) if each.day >= since][:at_most]
            self._asked = {_key(each): each for each in left}

        await self._writes.write(apply)

    def erase(self, gone: Callable[[bytes], bool]) -> None:
        """Forget streams that go; called inside a write of the accounts."""
        self._asked = {key: each for key, each in self._asked.items() if not gone(each.stream)}


def _key(each: AskedDay) -> tuple[bytes, str, str, str, str]:
    return each.stream, each.party, each.app, each.purpose, each.action
