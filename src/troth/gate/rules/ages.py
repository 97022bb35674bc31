"""At which age a child's own word counts beside their guardian's, then alone, and when they are grown up. Dated data.

Rules
- Up to ALONGSIDE_YEARS guardians speak for a child; from then on a yes needs both, and a no of either is a no.
- From the age of the row on the child speaks alone. A law of another country is another row; "EU" is what holds where a member
  state has set no lower age.
- Days are reckoned to the first of the month of birth, in UTC, so nobody needs to know more of it than month and year.

Source: GDPR Art. 8(1) (16, or lower by law, never below 13); Convention on the Rights of the Child, Art. 1 (18) and Art. 12
(views given weight by age); the `source` of each row.
Left out: countries whose law nobody here has read; other powers of guardians, which no text here is about.
"""

from datetime import UTC, datetime
from typing import Final

import msgspec

__all__ = ["AGES", "ALONGSIDE_YEARS", "FULL_YEARS", "Age", "Turns", "age_of", "turns_of"]

ALONGSIDE_YEARS: Final = 13  # GDPR Art. 8(1): below that no member state may let a child's yes count
FULL_YEARS: Final = 18  # Convention on the Rights of the Child, Art. 1
_ARTICLE: Final = "https://gdprhub.eu/index.php?title=Article_8_GDPR"
_TABLE: Final = "https://www.twobirds.com/en/capabilities/practices/privacy-and-data-protection/general-data-protection-regulation/gdpr-tracker/children"
_READ_ON: Final = "2026-11-26"


class Age(msgspec.Struct, frozen=True):
    """From how many years on a child speaks alone, by the law of a country; as it was read on that day.

    `stood_on`: the day on which the source says that it looked at this country. A law that is newer is not in it.
    """

    country: str
    own_years: int
    law: str
    stood_on: str
    source: str = _TABLE
    read_on: str = _READ_ON


class Turns(msgspec.Struct, frozen=True):
    """The days on which a guardian's powers change, ns UTC."""

    alongside_ns: int
    own_ns: int
    ends_ns: int


AGES: Final = (
    Age("EU", 16, "GDPR, Article 8(1)", "2018-05-25", _ARTICLE),
    Age("AT", 14, "Datenschutzgesetz, § 4(4)", "2018-06-05"),
    Age("BE", 13, "as the table of the source says", "2018-10-08"),
    Age("CZ", 15, "Act on personal data processing, § 7", "2018-09-13"),
    Age("DE", 16, "no lower age was set", "2018-05-23"),
    Age("ES", 14, "Ley Orgánica 3/2018, Article 7", "2019-03-05"),
    Age("FI", 13, "Data Protection Act", "2018-11-13"),
    Age("FR", 15, "Loi 78-17, Article 7-1", "2019-02-11"),
    Age("IE", 16, "Data Protection Act 2018, Section 31", "2018-06-07"),
    Age("IT", 14, "Codice, Article 2-quinquies", "2018-10-25"),
    Age("NL", 16, "no lower age was set", "2018-09-17"),
    Age("SE", 13, "as the table of the source says", "2018-09-06"),
)
_BY_COUNTRY: Final = {each.country: each for each in AGES}


def age_of(country: str) -> Age | None:
    """The row of a country, or None."""
    return _BY_COUNTRY.get(country)


def turns_of(year: int, month: int, age: Age) -> Turns:
    """When powers change for somebody who was born in this month."""
    years = (ALONGSIDE_YEARS, age.own_years, FULL_YEARS)
    return Turns(*(int(datetime(year + each, month, 1, tzinfo=UTC).timestamp()) * 1_000_000_000 for each in years))
