"""How long before something people are told, and for how long something may last: dated data.

Rules
- A row says since when it holds; the newest one that has begun counts. A row is never changed into another.
- A number that no law names is our own, and says so.

Source: gate.md ("citations and thresholds are dated data"); the `source` of each row.
"""

from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Final

import msgspec

from troth.spans import DAY_NS

__all__ = ["PERIODS", "Period", "Rule", "period_of"]


class Rule(StrEnum):
    """What a period is about."""

    BEFORE_A_START = "before-a-start"
    BEFORE_A_CONTACT_LAPSES = "before-a-contact-lapses"
    A_CONTACT_IS_GOOD = "a-contact-is-good"
    WITHHELD_AT_MOST = "withheld-at-most"
    BEING_SET_UP = "being-set-up"


class Period(msgspec.Struct, frozen=True):
    """So many days, from a day (YYYY-MM-DD, UTC) on."""

    rule: Rule
    days: int
    from_: str
    says: str
    source: str


PERIODS: Final = (
    Period(
        Rule.BEFORE_A_START,
        14,
        "2018-05-25",  # GDPR Article 99(2)
        "a use that asks nobody is announced so many days before it begins, or becomes wider",
        "our own number: GDPR Articles 13(3) and 28(2) ask for word before, and name none; docs/decisions/0064",
    ),
    Period(
        Rule.BEFORE_A_CONTACT_LAPSES,
        30,
        "2018-05-25",
        "whoever runs the place is warned so many days before a contact has to be reached again",
        "our own number, as long as before the review of an assertion; docs/decisions/0064",
    ),
    Period(
        Rule.A_CONTACT_IS_GOOD,
        365,
        "2018-05-25",
        "an organisation that is registered has to be reached again within so many days",
        "our own number, once a year; the mission asks that an answer lapses, and no law names a time; docs/decisions/0095",
    ),
    Period(
        Rule.WITHHELD_AT_MOST,
        184,
        "2018-05-25",
        "people are kept from knowing of a request for so many days by one order; a further order is said anew",
        "our own number, half a year; docs/decisions/0065",
    ),
    Period(
        Rule.BEING_SET_UP,
        1,
        "2018-05-25",
        "what joins a home or a public place that has been known here for no longer is not announced: all of it is new",
        "our own number; docs/decisions/0079",
    ),
)


def period_of(rule: Rule, *, at_ns: int) -> Period:
    """The period that counts at a moment; of a moment before all of them the first."""
    return _period(rule, at_ns // DAY_NS)


@lru_cache(maxsize=256)
def _period(rule: Rule, day: int) -> Period:
    """Asked of each of thousands of things; rows begin with a day."""
    mine = [each for each in PERIODS if each.rule is rule]
    begun = [each for each in mine if _day_ns(each.from_) <= day * DAY_NS]
    return (begun or mine[:1])[-1]


def _day_ns(day: str) -> int:
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()) * 1_000_000_000
