"""The time, as a device knows it: a wall clock that may be wrong after power loss, and ticks that only count.

Rules
- A wall clock before `EARLIEST_NS` knows no time: a device without a battery starts in 1970.
- Ticks of one boot can be subtracted from each other; those of two boots cannot.

Left out: setting the clock; that is the work of NTP.
"""

from __future__ import annotations

import time
import uuid
from pathlib import Path
from typing import Protocol

__all__ = ["EARLIEST_NS", "Clock", "SystemClock"]

EARLIEST_NS = 1_735_689_600_000_000_000  # 2025-01-01, before this package existed
_BOOT = Path("/proc/sys/kernel/random/boot_id")  # Linux, random(4)


class Clock(Protocol):
    """Where time comes from."""

    @property
    def boot(self) -> str:
        """A name of this boot."""

    def now(self) -> int:
        """Nanoseconds UTC since 1970, right or wrong."""

    def ticks(self) -> int:
        """Nanoseconds since some moment of this boot; never goes back."""


class SystemClock:
    """The clock of this computer. Where the system does not name its boots, each process counts as one."""

    def __init__(self) -> None:
        try:
            self.boot = _BOOT.read_text(encoding="ascii").strip()
        except OSError:
            self.boot = uuid.uuid4().hex

    def now(self) -> int:
        """The wall clock."""
        return time.time_ns()

    def ticks(self) -> int:
        """Time since boot, suspend counted where the system can."""
        kind = getattr(time, "CLOCK_BOOTTIME", None)
        return time.monotonic_ns() if kind is None else time.clock_gettime_ns(kind)
