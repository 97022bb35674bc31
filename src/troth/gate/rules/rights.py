"""How long each right may take to be answered, as dated data: which paragraph, how many months or days, how many more.

Rules
- A row holds for requests that are asked from its day on; of several the newest. It says where its text was read, and when.
- A month ends with the day of the same number, or with the month's last where there is none. Days are those of a zone.
- Where a law says "without undue delay" and no number, or no law gives it, `days` is a number of our own, and `is_own` says so.
- A complaint here is one to whoever runs the place, and cites nothing: the one of GDPR Art. 77 is made to a supervisory
  authority, which needs no request here.

Source: the `source` of each row. Months: Regulation (EEC, Euratom) No 1182/71 Art. 3(2)(c),
https://eur-lex.europa.eu/legal-content/PT/AUTO/?uri=celex%3A31971R1182, read on 2026-11-26. Where to complain:
GDPR Art. 77; Data Act Art. 37(3), 37(5)(b), 38(1).
Left out: holidays and ends of weeks (Art. 3(4) of the first), which only lengthen.
"""

import calendar
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Final

import msgspec

__all__ = ["AUTHORITIES", "RIGHTS", "Law", "RightRule", "after_days", "after_months", "due_of", "rule_of"]

AUTHORITIES: Final = "https://www.edpb.europa.eu/about-edpb/about-edpb/members_en"  # members of the EDPB, by country
_S_NS: Final = 1_000_000_000
_CLOCK_OF_GDPR: Final = "https://dataprotection.ie/en/individuals/know-your-rights/how-long-will-it-take"
_DATA_ACT: Final = "https://eur-lex.europa.eu/legal-content/EN/TXT/?uri=CELEX%3A32023R2854"
_READ_ON: Final = "2026-11-26"


class Law(StrEnum):
    """Which law a right is of; each has authorities of its own."""

    GDPR = "gdpr"
    DATA_ACT = "data-act"


class RightRule(msgspec.Struct, frozen=True):
    """One right from a day on: `title` is read by people; `months` or `days` to answer, `more` months with a reason, once.

    `citation`: the paragraph that gives it, empty where none does; `clock`: the one that sets the time. `is_own`: none sets a
    number, and this one is ours. `law`: whose authorities people turn to.
    """

    right: str
    title: str
    citation: str
    from_day: date
    law: Law = Law.GDPR
    clock: str = "GDPR Art. 12(3)"  # one month, and two more where needed
    months: int = 1
    more: int = 2
    days: int = 0
    source: str = _CLOCK_OF_GDPR
    read_on: str = _READ_ON

    @property
    def is_own(self) -> bool:
        """Whether the law sets no number."""
        return self.days > 0


_GDPR: Final = date(2018, 5, 25)  # GDPR Art. 99(2)
_ACT: Final = date(2025, 9, 12)  # Data Act Art. 50
_HOUSE: Final = 30  # days, our own number: no law says how soon a complaint to the house is answered
_AT_ONCE: Final = 7  # days, our own number for "without undue delay"


def _of_data_act(right: str, title: str, paragraph: str) -> RightRule:
    citation = f"Data Act Art. {paragraph}"
    return RightRule(right, title, citation, _ACT, Law.DATA_ACT, citation, 0, 0, _AT_ONCE, _DATA_ACT)


RIGHTS: Final = (
    RightRule("access", "See everything about me", "GDPR Art. 15", _GDPR),
    RightRule("rectify", "Have something put right", "GDPR Art. 16", _GDPR),
    RightRule("erase", "Be erased", "GDPR Art. 17", _GDPR),
    RightRule("restrict", "Have nobody use something", "GDPR Art. 18", _GDPR),
    RightRule("portability", "Take it along", "GDPR Art. 20", _GDPR),
    RightRule("object", "Object to a use", "GDPR Art. 21", _GDPR),
    RightRule(
        "complaint",
        "Complain to whoever runs this place",
        "",
        _GDPR,
        clock="",
        months=0,
        more=0,
        days=_HOUSE,
        source="",
        read_on="",
    ),
    _of_data_act("data", "Get what my things say", "4(1)"),  # to the user, without undue delay
    _of_data_act("share", "Have it given to somebody I choose", "5(1)"),  # to a third party, without undue delay
    _of_data_act("reasons", "Get a no in writing, with its reasons", "4(7), (8)"),  # in writing, without undue delay
)


def rule_of(right: str, at_ns: int) -> RightRule | None:
    """The row that holds for a request of this moment; None where there is no such right then."""
    day = datetime.fromtimestamp(at_ns // _S_NS, UTC).date()
    found = [each for each in RIGHTS if each.right == right and each.from_day <= day]
    return max(found, key=lambda each: each.from_day, default=None)


def due_of(rule: RightRule, at_ns: int, zone: tzinfo) -> int:
    """The first moment (ns UTC) at which a request of this moment is late."""
    return after_days(at_ns, rule.days, zone) if rule.days else after_months(at_ns, rule.months, zone)


def after_months(at_ns: int, months: int, zone: tzinfo) -> int:
    """The first moment (ns UTC) after the last day of so many months from a moment on, by the days of a zone."""
    day = datetime.fromtimestamp(at_ns // _S_NS, zone).date()
    count = day.year * 12 + day.month - 1 + months
    year, month = divmod(count, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return _begin(date(year, month + 1, min(day.day, last)) + timedelta(days=1), zone)


def after_days(at_ns: int, days: int, zone: tzinfo) -> int:
    """The first moment (ns UTC) after the last of so many days behind the day of a moment (Art. 3(1): it is not counted)."""
    return _begin(datetime.fromtimestamp(at_ns // _S_NS, zone).date() + timedelta(days=days + 1), zone)


def _begin(day: date, zone: tzinfo) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()) * _S_NS
