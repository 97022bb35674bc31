"""Times as people and programs write them: ISO 8601 with a zone, to and from nanoseconds UTC.

Rules
- A time has a date, a time of day and a zone: `2024-05-01T06:30:00.25+02:00`. A bare date or a missing zone is BadTime.
- Seconds may be left out; a fraction has one to nine digits; there is no leap second and no 24:00.
- What is printed is UTC with as many digits of the second as are needed, and reads back to the same number.

Source: ISO 8601-1 §5.4, RFC 3339 §5.6; things.md, "Times".
Left out: weeks, ordinal dates, durations, names of zones.
"""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import repeat
from operator import add, mul
from typing import Final

from troth.errors import BadTime

__all__ = ["parse_interval", "parse_time", "parse_times", "print_interval", "print_time"]

_TIME: Final = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,9}))?)?"
    r"(?:([Zz])|([+-])([0-9]{2}):?([0-9]{2}))"
)
_EPOCH_DAY: Final = date(1970, 1, 1).toordinal()
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NS: Final = 1_000_000_000
_SECONDS: Final = {f"{second:02}": second * 1_000_000_000 for second in range(60)}
_TENS: Final = tuple(10**power for power in range(10))
_NEVER: Final = 1 << 70
_WHOLE: Final = 21  # characters of a time in whole seconds, with a point
_LONGEST: Final = _WHOLE + 9
_MANY: Final = 8  # for fewer it does not pay to look at them together
_LIMIT: Final = 1 << 63  # formats.md: int64 ns, the years 1678 to 2262


def parse_time(text: str) -> int:
    """Nanoseconds since 1970-01-01T00:00:00Z.

    Raises:
        BadTime: not such a time, a day that does not exist, or outside the years 1678 to 2262.
    """
    # The usual form first: whole minutes recur, so each is worked out once, and seconds are added to it.
    if len(text) >= 20 and text[-1] == "Z" and text[16] == ":" and text.isascii():
        second, fraction = text[17:19], "0" if len(text) == 20 else text[20:-1]
        plain = len(text) == 20 or (text[19] == "." and len(fraction) <= 9)
        if plain and second < "60" and second.isdigit() and fraction.isdigit():
            time_ns = _minute(text[:16]) + int(second) * _NS + int(fraction.ljust(9, "0"))
            if -_LIMIT <= time_ns < _LIMIT:
                return time_ns
    time_ns = _unbounded(text)
    if not -_LIMIT <= time_ns < _LIMIT:
        raise BadTime("This time lies outside the years 1678 to 2262.")
    return time_ns


def parse_times(texts: Sequence[object]) -> list[int] | None:
    """`parse_time` of each, where all are texts in the usual form: in UTC with `Z`; None where any is not, or is too far off.

    Raises:
        BadTime: a minute that does not exist.
    """
    minute, seconds, found = _minute_of, _SECONDS, list[int]()
    try:
        if len(texts) >= _MANY and len(texts[0]) > _WHOLE and set(map(len, texts)) == {len(texts[0])}:  # type: ignore[arg-type]  # what has no length fails below
            different = set(texts) if texts[0] == texts[-1] else ()  # what was measured together has one time
            if 0 < len(different) <= len(texts) // 2:
                known = parse_times(list(different))
                return None if known is None else list(map(dict(zip(different, known, strict=True)).__getitem__, texts))
            return _alike(texts)  # type: ignore[arg-type]  # the same
        for text in texts:
            time_ns = minute(text[:17]) + seconds[text[17:19]]  # type: ignore[index]  # what is no text fails below
            if text[19:] != "Z":  # type: ignore[index]  # the same
                fraction = text[20:-1]  # type: ignore[index]  # the same
                if text[19] != "." or text[-1] != "Z" or not (fraction.isascii() and fraction.isdigit()):  # type: ignore[index]  # the same
                    return None
                time_ns += int(fraction) * _TENS[9 - len(fraction)] if len(fraction) <= 9 else _NEVER
            found.append(time_ns)
    except (TypeError, KeyError, IndexError, AttributeError):
        return None
    return found if not found or (min(found) >= -_LIMIT and max(found) < _LIMIT) else None


def _alike(texts: Sequence[str]) -> list[int] | None:
    """The same of texts that all have one length and a fraction: column by column, each second worked out once."""
    length, seconds = len(texts[0]), [text[:19] for text in texts]
    fractions = [text[20:-1] for text in texts]
    joined, digits = "".join(texts), "".join(fractions)
    known = {second: _minute_of(second[:17]) + _SECONDS[second[17:]] for second in set(seconds)}
    if (
        length > _LONGEST
        or joined[19::length] != "." * len(texts)
        or joined[length - 1 :: length] != "Z" * len(texts)
        or not (digits.isascii() and digits.isdigit())
        or max(known.values()) >= _LIMIT - _NS
        or min(known.values()) < -_LIMIT
    ):
        return None
    parts = map(mul, map(int, fractions), repeat(_TENS[_LONGEST - length]))
    return list(map(add, map(known.__getitem__, seconds), parts))


def parse_interval(text: str) -> tuple[int, int | None]:
    """(from, to) of `time/time`, or (time, None) of one time; ns UTC. Whether it ends after it begins is the caller's.

    Raises:
        BadTime: as `parse_time`.
    """
    if "/" not in text:
        return parse_time(text), None
    first, _, last = text.partition("/")
    return parse_time(first), parse_time(last)


def _unbounded(text: str) -> int:
    """The time in ns, not limited to 64 bits."""
    found = _TIME.fullmatch(text)
    if found is None:
        raise BadTime("A time needs a date, a time of day and a zone, as in 2024-05-01T06:30:00Z.")
    year, month, day, hour, minute, second = (int(part or 0) for part in found.group(1, 2, 3, 4, 5, 6))
    fraction = int((found[7] or "").ljust(9, "0"))
    east_h, east_m = int(found[10] or 0), int(found[11] or 0)
    if hour > 23 or minute > 59 or second > 59 or east_h > 23 or east_m > 59:
        raise BadTime("An hour, minute, second or zone of this time does not exist.")
    try:
        days = date(year, month, day).toordinal() - _EPOCH_DAY
    except ValueError as cause:
        raise BadTime("The day of this time does not exist.") from cause
    east_s = (east_h * 60 + east_m) * (-60 if found[9] == "-" else 60)
    return ((days * 24 + hour) * 3600 + minute * 60 + second - east_s) * _NS + fraction


@lru_cache(maxsize=4096)
def _minute_of(text: str) -> int:
    """The same of a text that ends where seconds begin."""
    return _unbounded(text + "00Z")


@lru_cache(maxsize=4096)
def _minute(text: str) -> int:
    """A whole minute, written without zone, in UTC."""
    return _unbounded(text + "Z")


@lru_cache(maxsize=4096)
def _minute_text(minutes: int) -> str:
    """The same the other way."""
    return (_EPOCH + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M")


def print_time(time_ns: int) -> str:
    """ISO 8601 in UTC with a `Z`."""
    seconds, fraction = divmod(time_ns, _NS)
    minutes, second = divmod(seconds, 60)
    text = f"{_minute_text(minutes)}:{second:02d}"
    return f"{text}.{fraction:09d}".rstrip("0") + "Z" if fraction else text + "Z"


def print_interval(from_ns: int, to_ns: int) -> str:
    """One time for an instant, `time/time` otherwise."""
    return print_time(from_ns) if to_ns == from_ns else f"{print_time(from_ns)}/{print_time(to_ns)}"
