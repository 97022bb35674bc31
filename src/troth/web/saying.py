"""How values are said on pages: times with their zone, numbers with their unit, words instead of codes.

Rules
- Plain words. What code and law call things stands in people.md's left column and is never printed here.
- A time is local to the computer that runs Troth, and its zone is named.

Source: people.md, "Rules" and "Words".
Left out in this version: languages other than English.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from troth.clock import NS_PER_S
from troth.gate.words import can_do, ground_words
from troth.journeys.presence import Copied, Sign
from troth.statements.kinds import KindName
from troth.things.observations import Result
from troth.things.weekly import Window
from troth.things.windows import Shown
from troth.web import saying_sharing
from troth.web.statement_words import statement_words

__all__ = [
    "CHECKS",
    "DAYS",
    "ONLY_WORDS",
    "REACH_WORDS",
    "bare",
    "brief",
    "can_do",
    "clock_time",
    "coarser",
    "contact_link",
    "copied",
    "day",
    "day_time",
    "ground",
    "ground_declared",
    "ground_to_others",
    "hour_minute",
    "iso",
    "moment",
    "no_because",
    "nth",
    "number",
    "own_no_at",
    "period",
    "refusal",
    "result",
    "role",
    "sense_name",
    "standing",
    "statement_words",
    "unit",
    "window",
    "zone",
]

REACH_WORDS: Final = {
    "sealed": "There is no other way out. Troth is the only one, enforced and watched.",
    "carried": "Troth is its declared way out.",
    "copied": "A copy comes here. Other copies exist.",
    "declared": "These are words only. Troth cannot see other ways out.",
}
ONLY_WORDS: Final = {
    "all": "All things",
    "refused": "Something was turned away",
    "unclaimed": "Without a credential yet",
    "copied": "Credential perhaps used twice",
    "over": "Over",
}
_SIGNS: Final = {
    Sign.TWO_AT_ONCE: "two that were connected at once both spoke",
    Sign.BY_TURNS: "it came from two places by turns",
    Sign.TAKEN_OVER: "one took the other's place again and again",
}
_NTH: Final = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")
CHECKS: Final = {  # the stranger's checks (verify/verdict.TITLES) as people read them; 0 is "can it be read at all"
    0: "It is a proof and can be read",
    1: "It names the log whose key you hold",
    2: "The log has signed what it holds",
    3: "Outside witnesses have seen it",
    4: "The bundle is in the log",
    5: "The bundle is signed by this house",
    6: "The key that signed it was in the log before",
    7: "This value is in the bundle",
    8: "This value is unchanged",
    9: "What it rests on is there too",
}
_SENSES: Final = {
    "temperature": "warmth",
    "power": "electric power",
    "water": "water use",
    "level": "water level",
    "presence": "who or what passes by",
    "sound": "how loud it is",
    "camera": "pictures",
    "load": "how busy it is",
    "moisture": "moisture of the soil",
    "air": "the air",
    "wind": "the wind",
    "light": "light",
    "location": "where it is",
    "motion": "movement",
    "other": "something of its own kind",
}
_UNITS: Final = {
    "Cel": "°C",
    "1": "",
    "L/min": "l/min",
    "m3": "m³",
    "m3/h": "m³/h",
    "ug/m3": "µg/m³",
    "[ppm]": "ppm",
    "dB[SPL]": "dB",
    "deg": "°",
    "/min": "a minute",
    "/h": "an hour",
}
_TEXT_MAX: Final = 200  # characters of a text that a thing said
_COARSER: Final = {
    "refused": "no agreement to more",
    "withdrawn": "no agreement to more",
    "no-ground": "no agreement to more",
    "expired": "what allowed more has ended",
    "objected": "somebody concerned objects to more",
    "not-then": "what allowed more did not hold then",
    "small-group": "more would point at too few people",
}
_NO: Final = {  # why not; what can be done says the gate
    "refused": "there is no agreement to it",
    "withdrawn": "there is no agreement to it any more",
    "no-ground": "nothing allows it so far",
    "expired": "what allowed it has ended",
    "objected": "there is an objection to it",
    "undeclared": "nobody has declared this use",
    "red-line": "it crosses a red line of this place",
    "unknown": "it is not known here",
    "not-then": "nothing allowed it at that time",
    "unanswered": "nobody answers for it at the moment",
    "not-yet": "this use has been announced and has not begun",
    "place": "it would go where it may not go",
    "policy": "a rule of this place forbids it",
    "too-old": "the time for which it may be kept is over",
    "small-group": "it would point at too few people",
} | saying_sharing.NO
_GROUND_TO_OTHERS: Final = {
    "choice": "because everybody concerned said yes",
    "contract": "part of what was ordered",
    "settled": "agreed with those who speak for the people concerned",
    "objectable": "nobody concerned has objected",
    "required": "required by law",
    "own": "it is their own",
}
_GROUND_DECLARED: Final = {
    "choice": "only while everybody concerned says yes",
    "contract": "as part of what was ordered",
    "settled": "as agreed with those who speak for the people concerned",
    "objectable": "until somebody concerned objects",
    "required": "while a law requires it",
    "urgent": "in an emergency",
    "own": "for those who live with it",
    "nobody": "it concerns no one",
}
_CHANGED_AT: Final = {  # an answer and an objection: beside the stream
    KindName.SHARE: "/mine/shares",
    KindName.PLACE_RULE: "/mine/places",
    KindName.RESTRICTION: "/mine/private",
}
DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_ROLES: Final = {"owner": "owner", "member": "lives here", "guest": "guest", "child": "child", "worker": "works here"}
_STANDING: Final = {
    "later": "It does not hold yet.",
    "holds": "It holds.",
    "due": "It holds.",
    "overdue": "It holds for a few days more: the day by which somebody looks at it again has passed.",
    "ended": "It does not hold any more.",
}
_REFUSALS: Final = {
    "undeclared": "nobody has declared such values",
    "red-line": "a red line of this place forbids it",
    "no-ground": "nothing allowed keeping them",
    "refused": "somebody had said no",
    "withdrawn": "a yes had been taken back",
    "expired": "what allowed keeping them had ended",
    "objected": "somebody had objected",
    "not-then": "nothing allowed it at that time",
    "unanswered": "nobody answered for it any more",
    "not-yet": "announced and not begun",
    "place": "it would have gone where it may not go",
    "policy": "a rule of this place forbids it",
    "too-old": "so old that the time for keeping them was over",
    "wrong-type": "of another kind than declared",
    "out-of-range": "outside the declared range",
    "too-fast": "more than one thing may send",
    "wrong-unit": "in a unit that is not the declared one",
    "ahead": "from the future",
    "before-installation": "from before it was put up",
    "time-taken": "another value for the same time was kept",
    "bad-time": "without a time that can be read",
    "bad-payload": "could not be read",
    "too-large": "too large",
    "unknown": "from something not known here",
    "not-offered": "not offered in this version",
    "over": "after the thing was over here",
}


def clock_time(time_ns: int) -> str:
    """14:02:07 with the zone's name, in the zone of the computer that runs Troth."""
    return f"{_local(time_ns):%H:%M:%S} {zone(time_ns)}"


def copied(seen: Copied) -> str:
    """The signs that a credential is used twice, as a sentence."""
    said = "; ".join(
        _SIGNS[sign] + ("" if count == 1 else f" ({count} times)") for sign, count in sorted(seen.signs.items())
    )
    return f"{said}, last on {day(seen.last_ns)} at {clock_time(seen.last_ns)}."


def standing(code: str) -> str:
    """How an assertion of a ground stands."""
    return _STANDING.get(code, "")


def nth(number_: int) -> str:
    """2 as "second"."""
    return _NTH[number_ - 1] if number_ <= len(_NTH) else f"number {number_}"


def day(time_ns: int) -> str:
    """23 November 2026."""
    local = _local(time_ns)
    return f"{local.day} {local:%B %Y}"


def day_time(time_ns: int) -> str:
    """23 November 2026, 14:02:07 with the zone's name."""
    local = _local(time_ns)
    return f"{local.day} {local:%B %Y, %H:%M:%S} {zone(time_ns)}"


def moment(time_ns: int, *, now_ns: int) -> str:
    """The time alone where it is today's, with its day otherwise."""
    same = _local(time_ns).date() == _local(now_ns).date()
    return clock_time(time_ns) if same else day_time(time_ns)


def hour_minute(time_ns: float) -> str:
    """14:02, without the zone: the axis of a curve names it once."""
    return f"{_local(int(time_ns)):%H:%M}"


def zone(time_ns: int) -> str:
    """The zone's short name."""
    return _local(time_ns).tzname() or "UTC"


def iso(time_ns: int) -> str:
    """For the `datetime` of a <time>, in UTC."""
    return datetime.fromtimestamp(time_ns / NS_PER_S, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def period(row: Shown, *, now_ns: int) -> str:
    """When a row is from: a moment, or the hour of a window."""
    if row.to_ns == row.from_ns:
        return moment(row.from_ns, now_ns=now_ns)
    local = _local(row.from_ns)
    day = "" if local.date() == _local(now_ns).date() else f"{local.day} {local:%B %Y}, "
    return f"{day}{hour_minute(row.from_ns)} to {hour_minute(row.to_ns)} {zone(row.to_ns)}"


def number(value: float) -> str:
    """A number with at most three places."""
    text = f"{value:.3f}".rstrip("0").rstrip(".")
    return ("0" if text in {"-0", ""} else text).replace("-", "\N{MINUS SIGN}")


def bare(value: float) -> str:
    """A number as it can be taken in at a glance: about three digits."""
    places = 0 if abs(value) >= 100 else 1
    return number(round(value, places))


def unit(code: str | None) -> str:
    """A UCUM code as people write it; an annotation in braces is no unit."""
    known = _UNITS.get(code or "", code or "")
    return "" if known.startswith("{") else known


def result(value: Result, code: str | None) -> str:
    """A result with its unit, as exact as it is kept (to three places)."""
    return _said(value, code, number)


def brief(value: Result, code: str | None) -> str:
    """A result with its unit, at a glance."""
    return _said(value, code, bare)


def ground(code: str | None) -> str:
    """Why something is allowed, to somebody concerned."""
    return ground_words(code or "")


def ground_to_others(code: str | None) -> str:
    """Why something is allowed, to everybody else."""
    return _GROUND_TO_OTHERS.get(code or "", ground_words(code or ""))


def ground_declared(code: str) -> str:
    """When something would be allowed, as it is declared."""
    return _GROUND_DECLARED.get(code, ground_words(code))


def role(name: str) -> str:
    """What somebody of a home is there."""
    return _ROLES.get(name, name)


def window(each: Window) -> str:
    """When a window of a week is: "Monday, Tuesday from 22:00 to 06:00"."""
    days = "Every day" if len(each.days) == len(DAYS) else ", ".join(DAYS[day - 1] for day in each.days)
    clocks = [f"{minutes // 60:02}:{minutes % 60:02}" for minutes in (each.from_min, each.to_min)]
    return f"{days} from {clocks[0]} to {clocks[1]}"


def sense_name(sense: str) -> str:
    """What a sense is called."""
    return _SENSES.get(sense, sense)


def coarser(code: str | None) -> str:
    """Why somebody is shown a coarser view, as they are told."""
    return _COARSER.get(code or "", "more is not allowed")


def no_because(code: str | None) -> str:
    """Why somebody is shown nothing, as they are told."""
    return _NO.get(code or "", "it is not allowed")


def own_no_at(kind: KindName, number: int | None) -> str:
    """The page on which somebody changes what they have said; `number`: the Datastream that it is about, if it is here."""
    if kind in _CHANGED_AT:
        return _CHANGED_AT[kind]
    return "/mine" if number is None else f"/mine#now-home-{number}"


def refusal(code: str) -> str:
    """Why values of a thing were not kept."""
    return _REFUSALS.get(code, "for a reason this version has no words for")


def contact_link(text: str) -> str | None:
    """The address behind a contact where it is safe to follow, else None."""
    return text if text.startswith(("https://", "http://", "mailto:", "tel:")) else None


def _said(value: Result, code: str | None, digits: Callable[[float], str]) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return f"{digits(value)}\N{NO-BREAK SPACE}{unit(code)}".rstrip()
    if isinstance(value, str):
        return value if len(value) <= _TEXT_MAX else f"{value[:_TEXT_MAX].rstrip()}…"
    return f"{len(value)} bytes"


def _local(time_ns: int) -> datetime:
    return datetime.fromtimestamp(time_ns / NS_PER_S, UTC).astimezone()
