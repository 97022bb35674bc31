"""How long each right may take to be answered, as dated data: which article, how many months, how many more with a reason.

Rules
- A row holds for requests that are asked from its day on; of several the newest.
- A month ends with the day of the same number, or with the month's last where there is none.

Source: Regulation (EU) 2016/679 (GDPR) Art. 12(3), (4), 15 to 22, 77; Regulation (EEC, Euratom) No 1182/71 Art. 3(2)(c).
Left out: holidays (Art. 3(4) of the latter), which only lengthen.
"""

import calendar
from datetime import UTC, date, datetime, timedelta
from typing import Final

import msgspec

__all__ = ["AUTHORITIES", "RIGHTS", "RightRule", "after_months", "rule_of"]

AUTHORITIES: Final = "https://www.edpb.europa.eu/about-edpb/about-edpb/members_en"
_S_NS: Final = 1_000_000_000


class RightRule(msgspec.Struct, frozen=True):
    """One right from a day on: `title` is read by people; `months` to answer, `more` with a reason, once."""

    right: str
    title: str
    citation: str
    months: int
    more: int
    from_day: date


_GDPR: Final = date(2018, 5, 25)
RIGHTS: Final = (
    RightRule("access", "See everything about me", "GDPR Art. 15", 1, 2, _GDPR),
    RightRule("rectify", "Have something put right", "GDPR Art. 16", 1, 2, _GDPR),
    RightRule("erase", "Be erased", "GDPR Art. 17", 1, 2, _GDPR),
    RightRule("restrict", "Have nobody use something", "GDPR Art. 18", 1, 2, _GDPR),
    RightRule("portability", "Take it along", "GDPR Art. 20", 1, 2, _GDPR),
    RightRule("object", "Object to a use", "GDPR Art. 21", 1, 2, _GDPR),
    RightRule("complaint", "Complain", "GDPR Art. 77", 1, 2, _GDPR),
)


def rule_of(right: str, at_ns: int) -> RightRule | None:
    """The row that holds for a request of this moment; None where there is no such right then."""
    day = datetime.fromtimestamp(at_ns // _S_NS, UTC).date()
    found = [each for each in RIGHTS if each.right == right and each.from_day <= day]
    return max(found, key=lambda each: each.from_day, default=None)


def after_months(at_ns: int, months: int) -> int:
    """The first moment (ns UTC) after the last day of so many months from a moment on."""
    day = datetime.fromtimestamp(at_ns // _S_NS, UTC).date()
    count = day.year * 12 + day.month - 1 + months
    year, month = divmod(count, 12)
    last = calendar.monthrange(year, month + 1)[1]
    end = date(year, month + 1, min(day.day, last)) + timedelta(days=1)
    return int(datetime(end.year, end.month, end.day, tzinfo=UTC).timestamp()) * _S_NS
