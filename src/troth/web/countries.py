"""Names of countries and regions, as people read them.

Source: iso3166.tab of the tz database, which the package tzdata carries; in English, like the pages.
"""

from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import Final

from troth.statements.site import Site

__all__ = ["place_name", "places", "site_words"]

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


@cache
def _names() -> dict[str, str]:
    table = resources.files("tzdata").joinpath("zoneinfo", "iso3166.tab").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in table.splitlines() if line and not line.startswith("#"))
    return {row[0]: row[1] for row in rows}
