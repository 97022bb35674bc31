"""How long a second, a minute, an hour and a day are, in the nanoseconds in which everything here is counted.

Rules
- A day is 24 hours: of a span, and of UTC as it is counted since 1970, which has no leap seconds.
- Who reads the time has `clock`; what only counts with it needs no clock, and takes these.

Left out: months and years, which are no spans; days of a place, which may have 23 or 25 hours (`wire/zones`).
"""

from typing import Final

__all__ = ["DAY_NS", "HOUR_NS", "MINUTE_NS", "NS_PER_S"]

NS_PER_S: Final = 1_000_000_000
MINUTE_NS: Final = 60 * NS_PER_S
HOUR_NS: Final = 60 * MINUTE_NS
DAY_NS: Final = 24 * HOUR_NS
