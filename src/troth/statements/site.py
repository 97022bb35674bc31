"""Where somebody keeps or handles data: a country, and whose law reaches it there. Values, and the regions that rules name.

Rules
- Countries are the officially assigned ISO 3166-1 alpha-2 codes in capitals; another word (`UK`) is refused, for no rule
  would ever meet it. A firm with its seat elsewhere is reached by that law too: it says so.
- A site goes beyond another one where a country or a law is added.
- A rule may name a region; which countries it has is dated data: a membership holds in [from, to).

Source: ISO 3166-1, as in iso3166.tab of the tz database; the treaties of accession, and Decision (EU) 2020/135 (the United
Kingdom left on 31 January 2020 at 23:00 UTC); the Agreement on the European Economic Area of 2 May 1992; mission.md (F5).
Left out: adequacy decisions, which allow a transfer and do not make a region.
"""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from troth.errors import Refused
from troth.things.intervals import BEGINNING, FOREVER, Interval

__all__ = [
    "REGIONS",
    "Moving",
    "Site",
    "check_codes",
    "check_site",
    "goes_beyond",
    "lies_within",
    "reached_by",
    "site_at",
]

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
_ASSIGNED: Final = """
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO
FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE
JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO
MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW
PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM
TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
"""
_COUNTRIES: Final = frozenset(_ASSIGNED.split())


class Site(msgspec.Struct, frozen=True, omit_defaults=True):
    """`country`: where it lies. `laws`: countries whose law reaches it, besides that of `country` itself."""

    country: str
    laws: tuple[str, ...] = ()


class Moving(msgspec.Struct, frozen=True):
    """Where somebody will be from a moment on (ns UTC), said before."""

    to: Site
    from_ns: int


def site_at(site: Site | None, moving: Moving | None, *, at_ns: int) -> Site | None:
    """Where somebody is at a moment: at `site`, or where they have moved by then."""
    return moving.to if moving is not None and moving.from_ns <= at_ns else site


def goes_beyond(now: Site, former: Site) -> bool:
    """Whether a site adds a country or a law to what was said before."""
    return now.country != former.country or not {*now.laws} <= {former.country, *former.laws}


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
    if not _COUNTRIES.issuperset((site.country, *site.laws)):
        raise Refused("a country is written as its two capital letters (ISO 3166-1), as DE or CH")


def check_codes(codes: Iterable[str]) -> None:
    """Return if each code is a country's, or a region that is known here.

    Raises:
        Refused: one is neither.
    """
    if not all(each in _COUNTRIES or each in REGIONS for each in codes):
        known = ", ".join(sorted(REGIONS))
        raise Refused(f"a place is a country's two capital letters (ISO 3166-1), or one of {known}")


def _belongs(country: str, region: str, *, at_ns: int) -> bool:
    span = REGIONS.get(region, {}).get(country)
    return span is not None and span.from_ns <= at_ns < span.to_ns
