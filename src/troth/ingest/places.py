"""How many requests of things are in hand at once, and how many of them may be one thing's.

Rules
- In all at most REQUESTS_MAX. One thing may take another place while it holds fewer than an eighth of those that are free, so
  that a thing that takes all it can get leaves most of them, and each one that comes anew finds one.
- Whoever finds none is told to come back; nothing of theirs was read.

Source: things.md, "The writer" (back-pressure); Choudhury and Hahne, "Dynamic queue length thresholds", 1998.
Owner: the event loop.
"""

from typing import Final

from troth.errors import Busy
from troth.names import ThingId

__all__ = ["REQUESTS_MAX", "Places"]

REQUESTS_MAX: Final = 1_024  # taken at once: 256 MiB of single bodies, 2 GiB of arrays at the very most
_SHARE: Final = 8  # one alone holds 113, two of them 102 each, a hundred 9 each
_RETRY_S: Final = 1.0


class Places:
    """The places of one door."""

    def __init__(self) -> None:
        self._taken = 0
        self._of: dict[ThingId, int] = {}

    def take(self, thing: ThingId) -> None:
        """Take one; `leave` gives it back.

        Raises:
            Busy: there is none, or none for this thing.
        """
        free = REQUESTS_MAX - self._taken
        held = self._of.get(thing, 0)
        if free <= 0:
            raise Busy("More requests are being taken than there is memory for.", retry_after_s=_RETRY_S)
        if held > free // _SHARE:
            raise Busy(f"One thing may have {held} requests in hand now.", retry_after_s=_RETRY_S)
        self._taken += 1
        self._of[thing] = held + 1

    def leave(self, thing: ThingId) -> None:
        """Give one back."""
        self._taken -= 1
        held = self._of[thing] - 1
        if held:
            self._of[thing] = held
        else:
            del self._of[thing]
