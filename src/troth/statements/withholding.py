"""Kind `withholding`: a data holder says that something is not shared, why, on which paragraph, and until when. Face: open.

Rules
- It is about a class of streams, never about a home, and it has an end.
- Each step of the ladder names its paragraph: a trade secret is marked and measures are agreed first; sharing is withheld or
  suspended only then; it is refused in exceptional circumstances; safety and security have a paragraph of their own.
- Withheld or refused, the competent authority is told, and the statement says which, when and under which reference.
- It stops third parties alone. Whoever lives there reads their own all the same.

Source: Data Act, Articles 4(2), 4(6) to (8) and 5(9) to (11), read on 2026-11-26 at
https://eur-lex.europa.eu/legal-content/EN/TXT/?uri=CELEX%3A32023R2854; mission.md (F14).
"""

from enum import StrEnum

import msgspec

from troth.names import Uri, WithholdingId

__all__ = ["DAYS_MAX", "LADDER", "Notified", "Rung", "WithholdingBody"]

DAYS_MAX = 366  # docs/decisions/0070: looked at again after a year at the latest


class Rung(StrEnum):
    """How far the data holder goes."""

    MEASURES = "measures"  # a trade secret, and what was agreed to keep it: sharing goes on
    WITHHELD = "withheld"  # no agreement on measures, or they were not kept
    REFUSED = "refused"  # serious economic damage is highly likely in spite of the measures
    SECURITY = "security"  # sharing could undermine security requirements laid down by law


LADDER = {
    Rung.MEASURES: "5(9)",
    Rung.WITHHELD: "5(10)",
    Rung.REFUSED: "5(11)",
    Rung.SECURITY: "4(2)",
}
"""Which paragraph of Regulation (EU) 2023/2854 each step rests on."""


class Notified(msgspec.Struct, frozen=True, omit_defaults=True):
    """The competent authority that was told, on which day (YYYY-MM-DD), and under which reference."""

    authority: str
    day: str
    reference: str | None = None


class WithholdingBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """One withholding. Times in ns UTC.

    Args:
        withholding: 16 random bytes; the same when it ends sooner.
        by: the registered organisation that holds the data and answers for this.
        product: of which product.
        rung: one of `Rung`.
        words: why, substantiated, in plain words.
        from_ns: since when.
        to_ns: the first moment at which it does not hold any more.
        streams: names of streams of the product; all of them if empty.
        party: towards this organisation alone; towards every third party if absent.
        measures: what was agreed, or could not be agreed, to keep the secret.
        notified: the authority; with every step but `measures`.
        because: why it ends sooner than it was said to.
    """

    withholding: WithholdingId
    by: Uri
    product: Uri
    rung: Rung
    words: str
    from_ns: int
    to_ns: int
    streams: tuple[str, ...] = ()
    party: Uri | None = None
    measures: str | None = None
    notified: Notified | None = None
    because: str | None = None
    crit: tuple[str, ...] = ("by", "product", "rung", "from_ns", "to_ns", "streams", "party")
