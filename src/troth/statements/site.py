"""Where somebody keeps or handles data: a country, and whose law reaches it there. Values, and the regions that rules name.

Rules
- Countries are ISO 3166-1 alpha-2 codes in capitals. A firm with its seat elsewhere is reached by that law too: it says so.
- A rule may name a region; which countries it has is dated data: a membership holds in [from, to).

Source: ISO 3166-1; the treaties of accession, and Decision (EU) 2020/135 (the United Kingdom left on 31 January 2020 at 23:00
UTC); the Agreement on the European Economic Area of 2 May 1992; mission.md (S15 to S17, F5).
Left out: adequacy decisions, which allow a transfer and do not make a region.
"""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from troth.errors import Refused
from troth.things.intervals import BEGINNING, FOREVER, Interval

__all__ = ["REGIONS", "Site", "check_codes", "check_site", "lies_within", "reached_by"]

_BREXIT_NS: Final = 1_580_511_600_000_000_000  # 2020-01-31T23:00:00Z
_EU: Final = (
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU",
    "IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
)  # fmt: skip
_BELONGS: Final = Interval(BEGINNING, FOREVER)
_UNTIL_BREXIT: Final = Interval(BEGINNING, _BREXIT_NS)
REGIONS: Final[
    Mapping[str, Mapping[str, Interval]]
] = {  # region -> country -> while it belongs, as far as data here reach
    "EU": {**dict.fromkeys(_EU, _BELONGS), "GB": _UNTIL_BREXIT},
    "EEA": {**dict.fromkeys((*_EU, "IS", "LI", "NO"), _BELONGS), "GB": _UNTIL_BREXIT},
}
_REGION_CODES: Final = frozenset(REGIONS)


class Site(msgspec.Struct, frozen=True, omit_defaults=True):
    """`country`: where it lies. `laws`: countries whose law reaches it, besides that of `country` itself."""

    country: str
    laws: tuple[str, ...] = ()


def lies_within(country: str, codes: Iterable[str], *, at_ns: int) -> bool:
    """Whether a country is one of these countries, or belongs to one of these regions at `at_ns`."""
    return any(code == country or _belongs(country, code, at_ns=at_ns) for code in codes)


def reached_by(site: Site, codes: Iterable[str], *, at_ns: int) -> bool:
    """Whether the law of one of these countries or regions reaches a site."""
    named = tuple(codes)
    return any(lies_within(country, named, at_ns=at_ns) for country in (site.country, *site.laws))


def check_site(site: Site) -> None:
    """Return if every code of a site is a country's.

    Raises:
        Refused: one is not.
    """
    if not all(_is_country(each) for each in (site.country, *site.laws)):
        raise Refused("a country is written as its two capital letters (ISO 3166-1), as DE or CH")


def check_codes(codes: Iterable[str]) -> None:
    """Return if each code is a country's, or a region that is known here.

    Raises:
        Refused: one is neither.
    """
    if not all(_is_country(each) or each in _REGION_CODES for each in codes):
        known = ", ".join(sorted(_REGION_CODES))
        raise Refused(f"a place is a country's two capital letters (ISO 3166-1), or one of {known}")


def _belongs(country: str, region: str, *, at_ns: int) -> bool:
    span = REGIONS.get(region, {}).get(country)
    return span is not None and span.from_ns <= at_ns < span.to_ns


def _is_country(code: str) -> bool:
    return len(code) == 2 and code.isascii() and code.isalpha() and code.isupper() and code not in _REGION_CODES
