"""Times as files of measurements write them, to nanoseconds UTC: with a zone, or as a zone's clocks show them.

Rules
- A time with a zone of its own keeps it. One without needs a named zone (IANA), as does a bare date, which is its midnight.
- A local time that happened twice, or never, when clocks were changed is refused: nobody can say which moment is meant.
- The day and the time of day are parted by `T` or a space; seconds may be left out; a fraction has one to nine digits.

- What is printed is the local time with its offset and reads back to the same number; it is UTC where an offset has seconds.

Source: ISO 8601-1 §5.4; IANA time zone database (zoneinfo); PEP 495 (fold).
Left out: other notations of dates; names of zones inside a time.
"""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from troth.errors import BadTime
from troth.wire.times import parse_time, print_time

__all__ = ["parse_local", "parse_step", "print_local", "zone_of"]

_LOCAL: Final = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[Tt ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,9}))?)?)?"
)
_ZONED: Final = re.compile(r".*[0-9:.,](?:[Zz]|[+-][0-9]{2}:?[0-9]{2})")
_STEP: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?(ms|s|min|h|d)")
_UNITS_NS: Final = {"ms": 10**6, "s": 10**9, "min": 60 * 10**9, "h": 3_600 * 10**9, "d": 86_400 * 10**9}
_NS: Final = 10**9
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def zone_of(name: str) -> ZoneInfo:
    """The zone of this IANA name; BadTime where there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as cause:
        raise BadTime("there is no zone of this name", hint="A zone is written like Europe/Lisbon or UTC.") from cause


def parse_local(text: str, zone: ZoneInfo | None) -> int:
    """Nanoseconds since 1970-01-01T00:00:00Z.

    Raises:
        BadTime: no such notation, a day that does not exist, no zone, or a local time that is two moments or none.
    """
    if _ZONED.fullmatch(text) is not None and len(text) > 11:
        return parse_time(text.replace(" ", "T", 1))
    found = _LOCAL.fullmatch(text)
    if found is None:
        raise BadTime("A time here is written 2024-05-01T06:30:00, with or without a zone.")
    if zone is None:
        raise BadTime("The time has no zone.", hint="Name the zone that it is meant in, such as Europe/Lisbon.")
    whole, fraction = text[: found.end(6) if found[6] else found.end()], int((found[7] or "").ljust(9, "0"))
    return _moment(whole.replace(" ", "T").upper(), zone) * _NS + fraction


def print_local(time_ns: int, zone: ZoneInfo) -> str:
    """A time as the clocks of a zone show it, with its offset: `2024-05-01T07:30:00+01:00`."""
    seconds, fraction = divmod(time_ns, _NS)
    minutes, second = divmod(seconds, 60)
    before, offset = _minute_text(minutes, zone)
    if not before:
        return print_time(time_ns)
    digits = f".{fraction:09d}".rstrip("0") if fraction else ""
    return f"{before}:{second:02d}{digits}{offset}"


@lru_cache(maxsize=4096)
def _minute_text(minutes: int, zone: ZoneInfo) -> tuple[str, str]:
    """A minute that begins in UTC as its local text and offset; two empty ones where they are not of whole minutes."""
    shown = (_EPOCH + timedelta(minutes=minutes)).astimezone(zone).isoformat(timespec="minutes")
    return (shown[:16], shown[16:]) if len(shown) == 22 else ("", "")


def parse_step(text: str) -> int:
    """A span of time in ns, written 30s, 5min, 1h, 1d or 250ms; BadTime otherwise, and for none at all."""
    found = _STEP.fullmatch(text)
    span_ns = 0.0 if found is None else float(found[1]) * _UNITS_NS[found[2]]
    if span_ns > 3_660 * _UNITS_NS["d"] or not round(span_ns):  # compared first: many digits are infinity
        raise BadTime("A step is a number and ms, s, min, h or d, such as 5min.")
    return round(span_ns)


def _moment(text: str, zone: ZoneInfo) -> int:
    """Seconds since 1970 of a local time in whole seconds."""
    try:
        shown = datetime.fromisoformat(text).replace(tzinfo=zone)
        first, second = (shown.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    except (ValueError, OverflowError) as cause:
        raise BadTime("The day or the time of day does not exist.") from cause
    if first != second:
        exists = first.astimezone(zone).replace(tzinfo=None) == shown.replace(tzinfo=None)
        raise BadTime(
            "This local time happened twice when clocks were put back."
            if exists
            else "This local time did not happen: clocks were put forward over it."
        )
    moment = (first - _EPOCH) // timedelta(seconds=1)
    if not -(1 << 63) <= moment * _NS < (1 << 63) - _NS:
        raise BadTime("This time lies outside the years 1678 to 2262.")
    return moment
