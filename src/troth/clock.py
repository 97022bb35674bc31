"""What time it is; nothing else in Troth reads the time.

Rules
- `now()` is UTC in integer nanoseconds since 1970 and may step; order in the record is by position, never by time.
- `ticks()` is monotonic, in nanoseconds since an unknown start; only differences mean anything.

Left out: sleeping and timers, which belong to the loop that `app` or the test world runs.
"""

import time
from typing import Protocol

from troth.spans import NS_PER_S

__all__ = ["NS_PER_S", "Clock", "SystemClock"]


class Clock(Protocol):
    """A source of time. `app` gives everybody the same one."""

    def now(self) -> int:
        """UTC, ns since 1970-01-01T00:00:00Z. May step forwards or back."""
        ...

    def ticks(self) -> int:
        """Monotonic, ns. Never goes back."""
        ...


class SystemClock:
    """The clock of this computer."""

    def now(self) -> int:
        """UTC, ns since 1970-01-01T00:00:00Z."""
        return time.time_ns()

    def ticks(self) -> int:
        """Monotonic, ns."""
        return time.monotonic_ns()
