"""Paragraphs on which an authority may ask for data, and on which people may be kept from knowing it a while. Dated data.

Rules
- A row says since when its paragraph has held at the latest, until when (if it is over), where it was read and on which day.
- What is not in this table cannot be cited for a request. It grows with the program; a row is never changed into another.
- A row says that the paragraph exists and what it says, in our words. Whether it reaches this case is for whoever decides.

Source: gate.md ("citations and thresholds are dated data"); the `source` of each row.
Left out: laws of most places; whoever reads their law here finds one state's and one of the Union.
"""

from enum import StrEnum
from typing import Final

import msgspec

from troth.gate.rules.laws import days_of
from troth.things.intervals import Interval

__all__ = ["ORDERS", "For", "Order", "order_times"]


class For(StrEnum):
    """What a paragraph is cited for."""

    ASKING = "asking"
    WITHHOLDING = "withholding"


class Order(msgspec.Struct, frozen=True, omit_defaults=True):
    """One paragraph. Dates are YYYY-MM-DD, days UTC; `to`: the first day on which it does not hold any more."""

    cited_for: For
    law: str
    paragraph: str
    title: str
    says: str
    from_: str = msgspec.field(name="from")
    source: str
    read_on: str
    to: str | None = None


ORDERS: Final = (
    Order(
        cited_for=For.ASKING,
        law="DE/StPO",
        paragraph="95",
        title="Strafprozessordnung, § 95",
        says="whoever has something that may be evidence hands it over when asked to",
        from_="2021-07-01",  # older, but read beside § 95a
        source="https://github.com/bundestag/gesetze/blob/master/s/stpo/index.md",
        read_on="2026-11-26",
    ),
    Order(
        cited_for=For.ASKING,
        law="EU/2023/2854",
        paragraph="14",
        title="Data Act, Article 14",
        says="who holds data makes them available to a public body that shows an exceptional need (Article 15)",
        from_="2025-09-12",
        source="https://data-act-text.com/article-14-data-act",
        read_on="2026-11-26",
    ),
    Order(
        cited_for=For.WITHHOLDING,
        law="DE/StPO",
        paragraph="95a",
        title="Strafprozessordnung, § 95a",
        says="by order of a court the person is not told yet that something was handed over, and nobody tells them",
        from_="2021-07-01",
        source="https://anwaltspraxis-magazin.de/fachbeitraege/strafrecht/2021/10/11/"
        "zurueckstellung-der-benachrichtigung-von-der-beschlagnahme-heimliche-beschlagnahme-%C2%A7-95a-stpo/",
        read_on="2026-11-26",
    ),
)
_TIMES: Final = {(each.cited_for, each.law, each.paragraph): days_of(each.from_, each.to) for each in ORDERS}


def order_times(cited_for: For, law: str | None, paragraph: str | None) -> Interval | None:
    """When a paragraph that may be cited for this is in force, or None if it is not in the table."""
    return _TIMES.get((cited_for, law or "", paragraph or ""))
