"""How much one thing may send: messages and bytes in a second, with some seconds' worth saved up for a burst.

Rules
- What was sent is charged when it has come; while a thing owes, its next message waits or is turned away. Nobody else's does.
- A thing that was silent has BURST_S seconds' worth, never more.
- Owing ends by itself, at the rate; the clock that counts it never steps.

Source: things.md, "The writer" (back-pressure, never silent loss).
Left out: rates of a whole node (the store's queue is that), and of those who only listen. Owner: the event loop.
"""

from typing import Final

from troth.clock import NS_PER_S, Clock
from troth.names import ThingId

__all__ = ["BURST_S", "BYTES_PER_S", "MESSAGES_PER_S", "Allowance", "Rates"]

MESSAGES_PER_S: Final = 10_000  # three times what each of fifty things sends in the busiest bench (docs/benchmarks.md)
BYTES_PER_S: Final = 16 * 1024 * 1024  # 64 full payloads; a CSV body of one column at full speed has 2 MiB/s
BURST_S: Final = 2


class Allowance:
    """What one thing has left. Not more than BURST_S seconds' worth of each; less than nothing is owed."""

    __slots__ = ("_at", "_bytes", "_messages", "_rates")

    def __init__(self, rates: "Rates") -> None:
        self._rates = rates
        self._at = rates.clock.ticks()
        self._messages = rates.messages_most
        self._bytes = rates.bytes_most

    def owes_s(self) -> float:
        """Seconds until nothing is owed any more; 0 when nothing is."""
        if self._messages >= 0 and self._bytes >= 0:
            return 0.0
        self._earn(self._rates.clock.ticks())
        owed_s = max(-self._messages / self._rates.messages_per_s, -self._bytes / self._rates.bytes_per_s)
        return (
            owed_s if owed_s * NS_PER_S >= 1 else 0.0
        )  # no clock passes so little: one would wait for it again and again

    def charge(self, messages: int, size: int) -> None:
        """So much has come. `size` in bytes."""
        self._earn(self._rates.clock.ticks())
        self._messages -= messages
        self._bytes -= size

    def pays(self, messages: int, size: int, *, at_ticks: int) -> bool:
        """Charge what has come unless something is owed; returns whether it was charged. `at_ticks`: the clock's, now."""
        if self._messages < 0 or self._bytes < 0:
            return False
        self._earn(at_ticks)
        self._messages -= messages
        self._bytes -= size
        return True

    def _earn(self, now: int) -> None:
        past_s = (now - self._at) / NS_PER_S
        self._at = now
        rates = self._rates
        self._messages = min(self._messages + past_s * rates.messages_per_s, rates.messages_most)
        self._bytes = min(self._bytes + past_s * rates.bytes_per_s, rates.bytes_most)


class Rates:
    """The allowances of all things at one door."""

    def __init__(self, clock: Clock, *, messages_per_s: int = MESSAGES_PER_S, bytes_per_s: int = BYTES_PER_S) -> None:
        self.clock = clock
        self.messages_per_s = messages_per_s
        self.bytes_per_s = bytes_per_s
        self.messages_most = float(messages_per_s * BURST_S)
        self.bytes_most = float(bytes_per_s * BURST_S)
        self._things: dict[ThingId, Allowance] = {}

    def of(self, thing: ThingId) -> Allowance:
        """The allowance of a thing."""
        allowance = self._things.get(thing)
        if allowance is None:
            allowance = self._things[thing] = Allowance(self)
        return allowance
