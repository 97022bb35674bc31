"""Query options of the SensorThings interface: from `?$filter=...&$top=5` to a question, and to the link of the next page.

Rules
- Offered: `$top`, `$count`, and on Observations `$orderby=phenomenonTime` and `$filter` over phenomenonTime (eq ge gt le lt,
  joined with `and`). An option of the standard beyond these is `not-offered`, any other a `bad-query`; none is passed over.
- Names and values may be percent-encoded (`%24filter`); a plus sign is a space. An option stands once.
- A page goes on strictly after the last row's own time: links carry no position, count or sequence of anything not shown.

Source: OGC 18-088 §9.3; OData 4.0 part 2 §5.1; things.md, "SensorThings 1.1" (traps) and "Limits".
Left out: `$expand`, `$skip`, conditions on anything but phenomenonTime; in which form rows are written (`result_formats`).
"""

import re
from collections.abc import Mapping, Sequence
from enum import Enum, auto
from typing import Final
from urllib.parse import quote, unquote_to_bytes

import msgspec

from troth.errors import BadQuery, BadTime, NotOffered
from troth.things.intervals import BEGINNING, FOREVER, Interval, tidy
from troth.things.query import PAGE_DEFAULT, PAGE_MAX, After, ObservationQuery, Order
from troth.wire.limits import FILTER_BYTES, FILTER_DEPTH
from troth.wire.times import parse_time

__all__ = [
    "ENTITIES_MAX",
    "QUERY_BYTES",
    "Counting",
    "EntityQuery",
    "Options",
    "entity_query",
    "next_query",
    "no_query",
    "observation_query",
    "read_options",
]

QUERY_BYTES: Final = 3 * FILTER_BYTES + 1024  # a filter of full length, percent-encoded, and the rest
ENTITIES_MAX: Final = 200  # in one answer: some 4 ms, in the step of the loop in which they were last looked at
_SEQUENCE_LAST: Final = (1 << 63) - 1
_STANDARD: Final = frozenset(
    {"$expand", "$select", "$skip", "$resultFormat", "$filter", "$orderby", "$format", "$search"}
)
_UNORDERED: Final = frozenset({"result", "resultTime", "validTime", "id", "@iot.id", "parameters", "resultQuality"})
_UNFILTERED: Final = frozenset(
    (
        *_UNORDERED,
        *(
            "or",
            "not",
            "ne",
            "add",
            "sub",
            "mul",
            "div",
            "mod",
            "null",
            "now",
            "year",
            "month",
            "day",
            "hour",
            "minute",
        ),
        *("second", "fractionalseconds", "date", "time", "totaloffsetminutes", "mindatetime", "maxdatetime", "round"),
        *("floor", "ceiling", "substringof", "endswith", "startswith", "length", "indexof", "substring", "tolower"),
        *(
            "toupper",
            "trim",
            "concat",
            "geo.distance",
            "geo.length",
            "geo.intersects",
            "Datastream",
            "FeatureOfInterest",
        ),
    )
)
_TURNED: Final = {"eq": "eq", "ge": "le", "gt": "lt", "le": "ge", "lt": "gt"}
_TIME: Final = "phenomenonTime"
_ESCAPE: Final = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_NUMBER: Final = re.compile(r"[0-9]{1,20}")
_WORD: Final = re.compile(r"[()]|[^\s()]+")
_ZONE_PART: Final = re.compile(r"[0-9]{2}:?[0-9]{2}")


class Counting(Enum):
    """Whether `@iot.count` is asked for."""

    NO = auto()
    YES = auto()


class Options(msgspec.Struct, frozen=True):
    """Query options, decoded, by name."""

    given: Mapping[str, str]


class EntityQuery(msgspec.Struct, frozen=True):
    """Which page of a set of entities. `after`: go on with the ids above this one."""

    top: int = PAGE_DEFAULT
    after: int = -1
    counting: Counting = Counting.NO


def read_options(raw: bytes) -> Options:
    """Decode a query string.

    Raises:
        BadQuery: too long, not UTF-8, a broken escape, an option without value or twice.
    """
    if len(raw) > QUERY_BYTES:
        raise BadQuery(f"A query has at most {QUERY_BYTES} bytes.")
    given: dict[str, str] = {}
    for part in raw.split(b"&"):
        if not part:
            continue
        name, equals, value = part.partition(b"=")
        key = _decoded(name)
        if not equals or key in given:
            raise BadQuery("A query option has no value, or stands twice.")
        given[key] = _decoded(value)
    return Options(given)


def no_query(options: Options) -> None:
    """Single entities take no option.

    Raises:
        BadQuery, NotOffered: there is one.
    """
    _only(options, frozenset())


def entity_query(options: Options) -> EntityQuery:
    """The question for a set of entities.

    Raises:
        BadQuery, NotOffered: an option that cannot be read, or is not offered here.
    """
    _only(options, frozenset({"$top", "$count", "$skiptoken"}))
    after = options.given.get("$skiptoken")
    return EntityQuery(
        min(_top(options), ENTITIES_MAX), -1 if after is None else _whole("$skiptoken", after), counting(options)
    )


def observation_query(options: Options, *, beside: frozenset[str] = frozenset()) -> ObservationQuery:
    """The question for the observations of a stream; `counting` reads the rest, and somebody else the options `beside`.

    Raises:
        BadQuery, BadTime, NotOffered: an option that cannot be read, or is not offered here.
    """
    _only(options, frozenset({"$top", "$count", "$skiptoken", "$orderby", "$filter"}) | beside)
    counting(options)
    order = _order(options.given.get("$orderby"))
    after = None
    if "$skiptoken" in options.given:
        # Times are taken once per stream, so "after this time" is "after this row", whatever its sequence.
        mark = _skipped_time(options.given["$skiptoken"])
        after = After(mark, _SEQUENCE_LAST if order is Order.ASCENDING else 0)
    text = options.given.get("$filter")
    times = tidy((Interval(BEGINNING, FOREVER) if text is None else _Filter(text).read(),))
    return ObservationQuery(times=times, order=order, top=_top(options), after=after)


def counting(options: Options) -> Counting:
    """Whether `$count=true` was asked.

    Raises:
        BadQuery: neither true nor false.
    """
    text = options.given.get("$count", "false")
    if text not in {"true", "false"}:
        raise BadQuery("$count is true or false.")
    return Counting.YES if text == "true" else Counting.NO


def next_query(options: Options, mark: int) -> str:
    """The query string of the next page: the same options, going on after `mark` (a time in ns, or an id)."""
    kept = [(name, value) for name, value in options.given.items() if name != "$skiptoken"]
    return "&".join(f"{name}={quote(value, safe=':')}" for name, value in [*kept, ("$skiptoken", str(mark))])


def _decoded(raw: bytes) -> str:
    if _ESCAPE.search(raw):
        raise BadQuery("A percent sign in a query stands before two hexadecimal digits.")
    try:
        return unquote_to_bytes(raw.replace(b"+", b" ")).decode("utf-8")
    except UnicodeDecodeError as cause:
        raise BadQuery("A query is UTF-8.") from cause


def _only(options: Options, offered: frozenset[str]) -> None:
    for name in options.given:
        if name in offered:
            continue
        if name in _STANDARD:
            raise NotOffered(f"{name} is not offered here in this version.")
        raise BadQuery(
            "There is a query option that is not known here.", hint="docs/reference/sensorthings.md lists them."
        )


def _top(options: Options) -> int:
    """A page has PAGE_MAX rows at most; who asks for more follows the next link."""
    text = options.given.get("$top")
    return PAGE_DEFAULT if text is None else min(_whole("$top", text), PAGE_MAX)


def _whole(name: str, text: str) -> int:
    if _NUMBER.fullmatch(text) is None:
        raise BadQuery(f"{name} is a whole number.")
    return int(text)


def _skipped_time(text: str) -> int:
    mark = _whole("$skiptoken", text.removeprefix("-")) * (-1 if text.startswith("-") else 1)
    if not BEGINNING <= mark < FOREVER:
        raise BadQuery("$skiptoken is not one that was given out here.")
    return mark


def _order(text: str | None) -> Order:
    if text is None:
        return Order.ASCENDING
    keys = [key.strip().split(" ") for key in text.split(",")]
    if any(len(key) > 2 or key[-1] not in {key[0], "asc", "desc"} for key in keys):
        raise BadQuery("$orderby is phenomenonTime, then asc or desc.")
    if len(keys) == 1 and keys[0][0] == _TIME:
        return Order.DESCENDING if keys[0][-1] == "desc" else Order.ASCENDING
    if all(key[0] in {_TIME, *_UNORDERED} for key in keys):
        raise NotOffered("Only $orderby=phenomenonTime, asc or desc, is offered in this version.")
    raise BadQuery("$orderby is phenomenonTime, then asc or desc.")


class _Filter:
    """One `$filter`, read from left to right."""

    def __init__(self, text: str) -> None:
        if len(text.encode("utf-8")) > FILTER_BYTES:
            raise BadQuery(f"$filter has at most {FILTER_BYTES} bytes.")
        self._words: Sequence[str] = _WORD.findall(text)
        self._at = 0

    def read(self) -> Interval:
        found = self._all(depth=0)
        if self._at < len(self._words):
            raise self._strange(self._words[self._at])
        return found

    def _all(self, *, depth: int) -> Interval:
        found = self._one(depth=depth)
        while self._at < len(self._words) and self._words[self._at] == "and":
            self._at += 1
            other = self._one(depth=depth)
            found = Interval(max(found.from_ns, other.from_ns), min(found.to_ns, other.to_ns))
        return found

    def _one(self, *, depth: int) -> Interval:
        word = self._next()
        if word == "(":
            if depth == FILTER_DEPTH:
                raise BadQuery(f"$filter is at most {FILTER_DEPTH} brackets deep.")
            found = self._all(depth=depth + 1)
            if self._next() != ")":
                raise BadQuery("A bracket of $filter is not closed.")
            return found
        if word == _TIME:
            operator = self._operator()
            return _span(operator, self._time(self._next()))
        if not word[0].isdigit():
            raise self._strange(word)
        time_ns = self._time(word)
        operator = self._operator()
        if self._next() != _TIME:
            raise BadQuery("$filter compares phenomenonTime with a time.")
        return _span(_TURNED[operator], time_ns)

    def _operator(self) -> str:
        word = self._next()
        if word not in _TURNED:
            raise self._strange(word)
        return word

    def _time(self, word: str) -> int:
        if word in {"(", ")"}:
            raise BadQuery("$filter compares phenomenonTime with a time.")
        if self._at < len(self._words) and _ZONE_PART.fullmatch(self._words[self._at]):
            hint = "In an address the plus sign of a zone is written %2B."
            raise BadTime("A time of $filter has a space where its zone begins.", hint=hint)
        return parse_time(word)

    def _next(self) -> str:
        if self._at == len(self._words):
            raise BadQuery("$filter ends too early.")
        self._at += 1
        return self._words[self._at - 1]

    def _strange(self, word: str) -> BadQuery | NotOffered:
        if word.partition("/")[0] in _UNFILTERED:
            return NotOffered("Only comparisons of phenomenonTime joined with 'and' are offered in $filter.")
        return BadQuery("$filter holds a word that is not known at its place.")


def _span(operator: str, time_ns: int) -> Interval:
    """The times for which `phenomenonTime operator time_ns` is true."""
    behind = min(time_ns + 1, FOREVER)
    match operator:
        case "eq":
            return Interval(time_ns, behind)
        case "ge":
            return Interval(time_ns, FOREVER)
        case "gt":
            return Interval(behind, FOREVER)
        case "le":
            return Interval(BEGINNING, behind)
        case _:
            return Interval(BEGINNING, time_ns)
