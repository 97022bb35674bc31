"""What a third party owes for what was shared with it, in plain words with its paragraph. Dated data.

Rules
- Both read the same text: whoever shares before they do, and whoever gets it for as long as it has it.
- The text that a yes was given to is named by its digest. A row that changes is another row with another beginning.

Source: Regulation (EU) 2023/2854 (Data Act), Articles 5 and 6, applicable from 2025-09-12 (Article 50),
https://eur-lex.europa.eu/legal-content/EN/TXT/?uri=CELEX%3A32023R2854; GDPR Articles 17 and 19, https://gdprhub.eu/. Each
paragraph was read on 2026-11-26.
"""

import hashlib
from datetime import UTC, datetime
from typing import Final

import msgspec

__all__ = ["DUTIES", "LANGUAGE", "VERSION", "Duty", "digest_of", "duties_at", "text_of"]

LANGUAGE: Final = "en"
VERSION: Final = 1
_ACT: Final = "EU/2023/2854"


class Duty(msgspec.Struct, frozen=True):
    """One duty: its name, what people read, the law and paragraph, and since when it holds (YYYY-MM-DD, UTC)."""

    duty: str
    says: str
    law: str
    paragraph: str
    since: str = "2025-09-12"


DUTIES: Final = (
    Duty("purpose", "They use it for what you agreed to, and for nothing else.", _ACT, "6(1)"),
    Duty("erase", "They erase it when they do not need it for that any more.", _ACT, "6(1)"),
    Duty("neutral", "They do not push you or make it hard for you to say no.", _ACT, "6(2)(a)"),
    Duty("profiling", "They make no profile of you, unless your order cannot be done without.", _ACT, "6(2)(b)"),
    Duty("onward", "They give it to nobody else, unless you have a contract with them about that.", _ACT, "6(2)(c)"),
    Duty("gatekeeper", "They give it to no designated gatekeeper.", _ACT, "6(2)(d)"),
    Duty("competing", "They develop no product with it that competes with your thing.", _ACT, "6(2)(e)"),
    Duty("security", "They do nothing with it that harms the security of your thing.", _ACT, "6(2)(f)"),
    Duty("secrets", "They keep to the measures that were agreed for trade secrets.", _ACT, "6(2)(g)"),
    Duty("free", "They do not keep you from sharing it with others.", _ACT, "6(2)(h)"),
    Duty(
        "withdrawal",
        "When you end it, they are told to erase it, and you see what they answer.",
        "EU/GDPR",
        "17(1), 19",
    ),
)


def duties_at(at_ns: int) -> tuple[Duty, ...]:
    """The duties that hold at a moment."""
    return tuple(each for each in DUTIES if _day_ns(each.since) <= at_ns)


def text_of(duties: tuple[Duty, ...]) -> str:
    """The text that is shown, one duty a line."""
    return "\n".join(f"{each.says} ({each.law}, {each.paragraph})" for each in duties)


def digest_of(duties: tuple[Duty, ...]) -> bytes:
    """SHA-256 of the text that is shown."""
    return hashlib.sha256(text_of(duties).encode()).digest()


def _day_ns(day: str) -> int:
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()) * 1_000_000_000
