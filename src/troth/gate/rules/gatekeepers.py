"""Undertakings designated as gatekeepers, with which nothing is shared. Dated data.

Rules
- A gatekeeper is no eligible third party (Data Act, Article 5(3)). A party is one if it is registered under its class, or under
  a name that lies in a domain of this list, from the day of the designation on.
- A designation that is taken back gets an end; a row is never changed into another.
- Which domains are an undertaking's is said by no law: each stands here because the source beside it says whose it is.

Source: Regulation (EU) 2022/1925 (Digital Markets Act), Article 3; the Commission's list of designated gatekeepers,
https://digital-markets-act.ec.europa.eu/gatekeepers_da, read on 2026-11-26 (designations of 2023-09-06 and 2024-05-13).
Services that are designated, by undertaking: https://www.theverge.com/2023/9/6/23859570/, read on the same day. Domains:
https://github.com/v2fly/domain-list-community (data/amazon, data/aws, data/azure, data/icloud) and what stands beside them.
Left out: subsidiaries under other names; whoever registers a party states its class.
"""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

import msgspec

from troth.names import Uri
from troth.statements.organisation import GATEKEEPER

__all__ = ["GATEKEEPERS", "READ_ON", "SOURCE", "Gatekeeper", "gatekeeper", "gatekeeper_at"]

SOURCE: Final = Uri("https://digital-markets-act.ec.europa.eu/gatekeepers_da")
READ_ON: Final = "2026-11-26"


class Gatekeeper(msgspec.Struct, frozen=True, omit_defaults=True):
    """One undertaking: designated on which day, in which domains, and until when (YYYY-MM-DD, days UTC)."""

    name: str
    since: str
    domains: tuple[str, ...]
    until: str | None = None


GATEKEEPERS: Final = (
    Gatekeeper(
        "Alphabet",
        "2023-09-06",
        (
            "abc.xyz",  # its own letters: "Investor Relations website at abc.xyz/investor", 2023-01-11
            "google.com",
            "youtube.com",
            "android.com",
            "nest.com",  # https://thecapitalist.com/googles-internet-of-things-taking-nest
            "fitbit.com",  # https://ausdroid.net/news/2021/01/15/, Google has completed its purchase
        ),
    ),
    Gatekeeper(
        "Amazon", "2023-09-06", ("amazon.com", "amazon.de", "amazon.fr", "amazonaws.com", "ring.com")
    ),  # Ring is Amazon's since 2018
    Gatekeeper("Apple", "2023-09-06", ("apple.com", "icloud.com")),
    Gatekeeper("ByteDance", "2023-09-06", ("bytedance.com", "tiktok.com")),
    Gatekeeper("Meta", "2023-09-06", ("meta.com", "facebook.com", "instagram.com", "whatsapp.com")),
    Gatekeeper("Microsoft", "2023-09-06", ("microsoft.com", "linkedin.com", "azure.com")),
    # Designated is Booking Holdings: https://www.hotrec.eu/en/media/ (digital_markets_act_european_commission_designates...)
    Gatekeeper("Booking", "2024-05-13", ("booking.com", "bookingholdings.com")),
)


def gatekeeper(party: Uri, classes: Collection[Uri], *, at_ns: int) -> bool:
    """Whether a party is one at a moment."""
    if GATEKEEPER in classes:
        return True
    host = (urlsplit(party).hostname or "").rstrip(".")  # a name with its last dot is the same name
    return any(
        _day_ns(each.since) <= at_ns
        and (each.until is None or at_ns < _day_ns(each.until))
        and any(host == domain or host.endswith(f".{domain}") for domain in each.domains)
        for each in GATEKEEPERS
    )


def gatekeeper_at(name: str, contact: str, *, at_ns: int) -> bool:
    """Whether somebody of this name or with this contact (https: or mailto:) is one: an address at their domain is theirs."""
    host = contact.rpartition("@")[2] if contact.startswith("mailto:") else urlsplit(contact).hostname or ""
    called = name.strip().casefold()
    known = any(called == each.name.casefold() and _day_ns(each.since) <= at_ns for each in GATEKEEPERS)
    return known or gatekeeper(Uri(f"https://{host.partition('?')[0].lower()}/"), (), at_ns=at_ns)


def _day_ns(day: str) -> int:
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()) * 1_000_000_000
