"""Names of countries and regions, as people read them.

Source: iso3166.tab of the tz database, which the package tzdata carries; in English, like the pages.
"""

from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import Final

from troth.statements.disclosure import DisclosedPurpose
from troth.statements.site import Site

__all__ = ["legend", "place_name", "places", "site_words"]

_REGIONS: Final = {"EU": "the European Union", "EEA": "the European Economic Area"}
_PLAINER: Final = {"GB": "the United Kingdom", "US": "the United States", "NL": "the Netherlands"}


def place_name(code: str) -> str:
    """What people call a country or region; the code itself where it is neither."""
    return _REGIONS.get(code) or _PLAINER.get(code) or _names().get(code, code)


def places(codes: Iterable[str]) -> str:
    """Several, one after the other."""
    return ", ".join(map(place_name, codes))


def site_words(site: Site | None) -> str:
    """Where somebody handles data, and whose law reaches it there."""
    if site is None:
        return "has not said where"
    laws = f", where the law of {places(site.laws)} reaches it too" if site.laws else ""
    return f"in {place_name(site.country)}{laws}"


def legend(purpose: DisclosedPurpose, within: Iterable[str]) -> str:
    """What the codes in a notice stand for: its signed text has codes only. `within`: what it stays within."""
    sites = (each.site for each in purpose.processors)
    codes = dict.fromkeys((*within, *(code for site in sites for code in (site.country, *site.laws))))
    return ", ".join(f"{code} is {place_name(code)}" for code in codes if place_name(code) != code)


@cache
def _names() -> dict[str, str]:
    table = resources.files("tzdata").joinpath("zoneinfo", "iso3166.tab").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in table.splitlines() if line and not line.startswith("#"))
    return {row[0]: row[1] for row in rows}
