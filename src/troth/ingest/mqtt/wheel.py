"""When each connection is to be looked at again: one timer of the loop for all of them, with the seconds as its spokes.

Rules
- A connection is looked at in the second after the one in which it is due, never before: timers of the loop cost ten times the
  memory, and nobody needs to be closed to the millisecond.
- While nobody waits there is no timer.

Source: promises.md, P9 (memory per connected thing). Owner: the event loop.
"""

from collections.abc import Callable
from math import floor
from typing import Final, Protocol

from troth.ingest.mqtt.sessions import Later

__all__ = ["Due", "Wheel"]

_TURN_S: Final = 1.0


class Due(Protocol):
    """Whoever is to be looked at."""

    def look(self) -> None:
        """The time has come."""
        ...


class Wheel:
    """All who wait.

    Args:
        now: seconds, monotonic, of the loop.
        later: calls something after some seconds on the loop.
    """

    def __init__(self, now: Callable[[], float], later: Later) -> None:
        self._now = now
        self._later = later
        self._spokes: dict[int, set[Due]] = {}
        self._past = 0  # the last second that was gone through
        self._turning = False

    def __len__(self) -> int:
        """How many wait."""
        return sum(map(len, self._spokes.values()))

    def put(self, due: Due, at_s: float) -> int:
        """Look at this one in the second after `at_s`; returns what `take` wants."""
        if not self._turning:
            self._turning = True
            self._past = floor(self._now())
            self._later(_TURN_S, self._turn)
        spoke = max(floor(at_s) + 1, self._past + 1)
        self._spokes.setdefault(spoke, set()).add(due)
        return spoke

    def take(self, due: Due, spoke: int) -> None:
        """Look at it no more; nothing happens when it is not there."""
        waiting = self._spokes.get(spoke)
        if waiting is not None:
            waiting.discard(due)
            if not waiting:
                del self._spokes[spoke]

    def _turn(self) -> None:
        now = floor(self._now())
        for spoke in range(self._past + 1, now + 1):
            self._past = spoke  # whoever is put back waits for a later one
            for due in self._spokes.pop(spoke, ()):
                due.look()
        self._turning = bool(self._spokes)
        if self._turning:
            self._later(_TURN_S, self._turn)
