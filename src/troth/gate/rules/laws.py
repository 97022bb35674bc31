"""Paragraphs of laws that an assertion may cite: what obliges (*required*), what may be objected to. Dated data.

Rules
- A row says since when its paragraph has held at the latest, until when (if it is over), where it was read and on which day.
- What is not in this table cannot be cited, so that nobody invents a law. It grows with the program; a row is never changed
  into another, and one that is over gets its end.
- A row says that the paragraph exists and what it says, in our words. Whether it reaches this case is for who asserts it.

Source: gate.md ("citations and thresholds are dated data"); the `source` of each row.
Left out: laws of most places; laws that oblige a state and no holder of data.
"""

from datetime import UTC, datetime
from typing import Final

import msgspec

from troth.statements.ground import Asserted
from troth.things.intervals import FOREVER, Interval

__all__ = ["LAWS", "Law", "days_of", "law_times", "times_of"]


class Law(msgspec.Struct, frozen=True, omit_defaults=True):
    """One paragraph. Dates are YYYY-MM-DD, days UTC; `to`: the first day on which it does not hold any more."""

    ground: Asserted
    law: str
    paragraph: str
    title: str
    says: str
    from_: str = msgspec.field(name="from")
    source: str
    read_on: str
    to: str | None = None


LAWS: Final = (
    Law(
        ground=Asserted.REQUIRED,
        law="DE/MsbG",
        paragraph="60",
        title="Messstellenbetriebsgesetz, § 60",
        says="whoever runs an electricity or gas meter prepares what it measured, and sends it to those entitled",
        from_="2016-09-02",  # the act came into force on that day
        source="https://www.gesetze-im-internet.de/messbg/__60.html",
        read_on="2026-11-26",
    ),
    Law(
        ground=Asserted.REQUIRED,
        law="DE/HeizkostenV",
        paragraph="4",
        title="Heizkostenverordnung, § 4",
        says="the owner of a building measures each user's share of heat and hot water",
        from_="2009-01-01",  # § 12 (6): billing periods that began earlier follow an older text
        source="https://github.com/bundestag/gesetze/blob/master/h/heizkostenv/index.md",
        read_on="2026-11-26",
    ),
    Law(
        ground=Asserted.REQUIRED,
        law="DE/HeizkostenV",
        paragraph="6",
        title="Heizkostenverordnung, § 6",
        says="the owner of a building shares the cost of heat and hot water by what was measured, and tells the result",
        from_="2009-01-01",
        source="https://github.com/bundestag/gesetze/blob/master/h/heizkostenv/index.md",
        read_on="2026-11-26",
    ),
    Law(
        ground=Asserted.OBJECTABLE,
        law="EU/GDPR",
        paragraph="6(1)(e)",
        title="General Data Protection Regulation, Article 6(1)(e)",
        says="a task in the public interest; whoever is concerned may object (Article 21(1))",
        from_="2018-05-25",  # Article 99(2)
        source="https://gdprhub.eu/index.php?title=Article_21_GDPR",
        read_on="2026-11-26",
    ),
    Law(
        ground=Asserted.OBJECTABLE,
        law="EU/GDPR",
        paragraph="6(1)(f)",
        title="General Data Protection Regulation, Article 6(1)(f)",
        says="a legitimate interest that outweighs yours; whoever is concerned may object (Article 21(1))",
        from_="2018-05-25",
        source="https://gdprhub.eu/index.php?title=Article_21_GDPR",
        read_on="2026-11-26",
    ),
    Law(
        ground=Asserted.URGENT,
        law="EU/GDPR",
        paragraph="6(1)(d)",
        title="General Data Protection Regulation, Article 6(1)(d)",
        says="to protect the vital interests of somebody",
        from_="2018-05-25",
        source="https://gdprhub.eu/index.php?title=Article_6_GDPR",
        read_on="2026-11-26",
    ),
)


def _day_ns(day: str) -> int:
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()) * 1_000_000_000


def times_of(law: Law) -> Interval:
    """When a paragraph is in force, [from, to)."""
    return days_of(law.from_, law.to)


def days_of(from_: str, to: str | None) -> Interval:
    """The time from a day on, to another if there is one."""
    return Interval(_day_ns(from_), FOREVER if to is None else _day_ns(to))


_BY_NAME: Final = {(each.ground, each.law, each.paragraph): each for each in LAWS}
_TIMES: Final = {name: times_of(each) for name, each in _BY_NAME.items()}


def law_times(ground: Asserted, law: str | None, paragraph: str | None) -> Interval | None:
    """When a paragraph that may be cited for this ground is in force, or None if it is not in the table."""
    return _TIMES.get((ground, law or "", paragraph or ""))
