"""A zone's offsets for a span of time, as values: what is written into a schedule, so that everybody finds the same moments.

Source: IANA time zone database (zoneinfo).
Left out: changes within an hour of each other, which no zone has.
"""

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import PurePath
from typing import Final

from troth.things.weekly import Offset
from troth.wire.local_times import zone_of

__all__ = ["here", "offsets_of"]

_S_NS: Final = 1_000_000_000
_STEP: Final = timedelta(hours=12)  # no zone changes twice within it
_LINK: Final = "/etc/localtime"  # a link into the zone database on most systems
_MARK: Final = "zoneinfo"


def here() -> str:
    """The name of the zone of this computer, where it says one; UTC otherwise."""
    named = os.environ.get("TZ", "").lstrip(":")
    if named:
        return named
    parts = PurePath(os.path.realpath(_LINK)).parts
    return "/".join(parts[parts.index(_MARK) + 1 :]) if _MARK in parts else "UTC"


def offsets_of(name: str, *, from_ns: int, to_ns: int) -> tuple[Offset, ...]:
    """The offset at the beginning, and every later one until the end.

    Raises:
        BadTime: there is no zone of this name.
    """
    zone = zone_of(name)

    def seconds(at: datetime) -> int:
        offset = at.astimezone(zone).utcoffset()
        return 0 if offset is None else round(offset.total_seconds())

    at, end = datetime.fromtimestamp(from_ns // _S_NS, UTC), datetime.fromtimestamp(to_ns // _S_NS, UTC)
    found = [Offset(from_ns, seconds(at))]
    while at < end:
        then = min(at + _STEP, end)
        if seconds(then) != found[-1].seconds:
            change = _change(at, then, seconds)
            found.append(Offset(round(change.timestamp()) * _S_NS, seconds(change)))
        at = then
    return tuple(found)


def _change(before: datetime, after: datetime, seconds: Callable[[datetime], int]) -> datetime:
    """The first second with another offset than `before`."""
    former = seconds(before)
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        before, after = (before, middle) if seconds(middle) != former else (middle, after)
    return after
