"""How long it takes until somebody is reminded, a right ends, or may be asked for again. Dated data.

Rules
- A rule holds for what begins on its day or later, until the next row's day. The last row that has begun counts.

Source: GDPR Article 12(3) (one month to answer) and 17(1) (without undue delay), for orders, read on 2026-11-26 at
https://dataprotection.ie/en/individuals/know-your-rights/how-long-will-it-take; gate.md, "Rules" (six months);
what has no law is our own number, docs/decisions/0070 and 0071.
"""

from datetime import UTC, datetime
from typing import Final

import msgspec

__all__ = ["CLOCKS", "Clocks", "clocks_at"]


class Clocks(msgspec.Struct, frozen=True):
    """In days, since a day (YYYY-MM-DD, UTC).

    Args:
        since: for what begins on this day or later.
        answer: an erase order is answered within them.
        remind: a recipient that is silent is reminded this long after the order, each time more plainly.
        again: what was refused is not asked for again before.
        unused: a right under which nothing was read for so long is listed.
        notice: and ends so long after it was listed.
    """

    since: str
    answer: int
    remind: tuple[int, ...]
    again: int
    unused: int
    notice: int

    @property
    def cut(self) -> int:
        """A right ends after so many days without use."""
        return self.unused + self.notice


CLOCKS: Final = (Clocks("2018-05-25", answer=30, remind=(7, 14, 30), again=183, unused=90, notice=30),)


def clocks_at(at_ns: int) -> Clocks:
    """The rule for what begins at this moment; before all rows, the first."""
    found = [each for each in CLOCKS if _day_ns(each.since) <= at_ns]
    return found[-1] if found else CLOCKS[0]


def _day_ns(day: str) -> int:
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()) * 1_000_000_000
