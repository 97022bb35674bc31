"""How long rows are kept: the periods in which they lie together, and what of them is over.

Rules
- Rows of one place and retention class lie in periods of UTC: a day where they are kept for at most DAY_PERIODS_MAX days, else
  a month. A row goes with its period, when the last moment of that plus its days has passed: never before, at most a period
  later.
- A row is kept for the days of its class or for the days that its stream may still claim, whichever is less: what was kept
  shorter is never kept longer afterwards.
- What is preserved stays. What nobody can settle any more keeps the days of its class; class 0 has no end of its own.

Source: things.md, "The store"; gate.md, "Time" (a row lives as long as its longest grounded purpose);
docs/decisions/0031-what-is-over-goes-with-its-period.md.
Left out: who may claim what, which is the gate's (`gate.decide.kept_days`).
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

import msgspec

from troth.names import StreamId
from troth.spans import DAY_NS
from troth.things.intervals import Interval

__all__ = ["DAY_PERIODS_MAX", "Expired", "Expiry", "Keeping", "month_of", "period_of"]

DAY_PERIODS_MAX: Final = (
    31  # with months a row of a day's retention would lie for a month; with days a year is 365 files
)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Expired(msgspec.Struct, frozen=True):
    """The rows of one stream in one period, which are over.

    `place` and `days` are those of their shelf; their times lie in [from_ns, to_ns), ns UTC; `kept` is the number of days for
    which they were kept; `rows` is how many there are.
    """

    place: bytes
    days: int
    from_ns: int
    to_ns: int
    stream: StreamId
    kept: int
    rows: int


class Expiry(msgspec.Struct, frozen=True):
    """What goes together, decided durably before anything of it goes. `number` counts such decisions, from 1."""

    number: int
    at_ns: int
    gone: tuple[Expired, ...]


class Keeping(msgspec.Struct, frozen=True):
    """What decides what is over. The functions are pure; stores call them on any thread.

    Args:
        at_ns: now, ns UTC.
        days: for how many days a stream may still be kept, or None where that cannot be settled.
        frozen: whether a stream is preserved.
    """

    at_ns: int
    days: Callable[[StreamId], int | None]
    frozen: Callable[[StreamId], bool]

    def may_be_over(self, to_ns: int) -> bool:
        """Whether anything of a period that ended then can be over: nothing is kept for less than a day."""
        return to_ns + DAY_NS <= self.at_ns

    def kept(self, stream: StreamId, *, days: int) -> int:
        """For how many days rows of this stream and class are kept; 0 for no end of their own."""
        return min((each for each in (days, self.days(stream) or 0) if each > 0), default=0)

    def is_over(self, stream: StreamId, *, days: int, to_ns: int) -> bool:
        """Whether rows of this stream and class are over, whose period ends at `to_ns`."""
        kept = self.kept(stream, days=days)
        return kept > 0 and to_ns + kept * DAY_NS <= self.at_ns and not self.frozen(stream)


def period_of(time_ns: int, *, days: int) -> Interval:
    """The period of a row of this time and class."""
    day = time_ns // DAY_NS
    return Interval(day * DAY_NS, (day + 1) * DAY_NS) if 1 <= days <= DAY_PERIODS_MAX else month_of(day)


@lru_cache(maxsize=4_096)
def month_of(day: int) -> Interval:
    """The month (UTC) in which a day lies, that day counted from 1970-01-01."""
    first = (_EPOCH + timedelta(days=day)).replace(day=1)
    following = (first + timedelta(days=31)).replace(day=1)
    return Interval((first - _EPOCH).days * DAY_NS, (following - _EPOCH).days * DAY_NS)
