"""What can go wrong in a memory store, chosen by the test: a write fails, fails and yet stays, is slow, or comes twice.

Rules
- A fault is armed for the next write and used up by it; `slow_s` is added to every write, and SLOW_S to a slow one.
- After a failed write the store refuses everything, as the ports promise; `crash` and go on from what is durable.
- Seconds are those of the loop the store runs on: under the test world they are virtual.

Left out: faults of a disk under a log folder (`disk`), which has several files and names to lose.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from enum import Enum
from typing import Final, TypeVar

from troth.errors import Refused, StorageFailed

__all__ = ["SLOW_S", "Faults", "StoreFault", "Writes"]

T = TypeVar("T")
SLOW_S: Final = 0.05


class StoreFault(Enum):
    """What happens to the next write."""

    NONE = "none"
    FAILS = "fails"
    FAILS_BUT_PERSISTED = "fails but persisted"
    SLOW = "slow"
    TWICE = "delivered twice"


class Faults:
    """The faults of one store. `slow_s` is added to every write."""

    def __init__(self) -> None:
        self.slow_s = 0.0
        self._next = StoreFault.NONE

    def arm(self, fault: StoreFault) -> None:
        """The next write meets this fault."""
        self._next = fault

    def take(self) -> StoreFault:
        """The fault of the write that begins now. Called by stores."""
        fault, self._next = self._next, StoreFault.NONE
        return fault

    def takes_s(self, fault: StoreFault) -> float:
        """What is added to the time of a write that meets `fault`."""
        return self.slow_s + (SLOW_S if fault is StoreFault.SLOW else 0.0)


class Writes:
    """Writes of one memory store, one after the other, each with its time and its fault.

    Args:
        faults: what goes wrong.
        write_s: how long a write takes.
    """

    def __init__(self, faults: Faults, *, write_s: float = 0.0) -> None:
        self.faults = faults
        self._write_s = write_s
        self._turn = asyncio.Lock()
        self._failed = False
        self._crashed = False

    def crash(self) -> None:
        """Nothing that has not been written is written any more."""
        self._crashed = True

    def check(self) -> None:
        """Raise what a store that has failed raises.

        Raises:
            StorageFailed: it has.
        """
        if self._failed or self._crashed:
            raise StorageFailed("storage has failed before; Troth must be started again")

    async def write(self, apply: Callable[[], T]) -> T:
        """Apply a change at the moment in which it becomes durable, even when its caller has gone away by then.

        Raises:
            StorageFailed: the fault of this write, or one before it.
            Refused: what `apply` raises.
        """
        task = asyncio.get_running_loop().create_task(self._write(apply))
        task.add_done_callback(_looked_at)
        return await asyncio.shield(task)

    async def _write(self, apply: Callable[[], T]) -> T:
        async with self._turn:
            self.check()
            fault = self.faults.take()
            await asyncio.sleep(self._write_s + self.faults.takes_s(fault))
            self.check()
            if fault is StoreFault.FAILS:
                self._failed = True
                raise StorageFailed("reading or writing storage failed")
            done = apply()
            if fault is StoreFault.FAILS_BUT_PERSISTED:
                self._failed = True
                raise StorageFailed("reading or writing storage failed")
            if fault is StoreFault.TWICE:
                self._again(apply)
            return done

    @staticmethod
    def _again(apply: Callable[[], T]) -> None:
        with suppress(Refused):  # the second delivery is told so; the first was answered
            apply()


def _looked_at(task: "asyncio.Task[T]") -> None:
    """Take the error of a write nobody waits for any more; the next caller meets it in `check`."""
    if not task.cancelled():
        task.exception()
