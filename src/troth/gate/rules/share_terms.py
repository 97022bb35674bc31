"""What something may be shared for: a list of terms, each mapped to a concept of W3C DPV. Dated data.

Rules
- A person picks from this list, so that what they agree to can be compared and is not worded by whoever wants it.
- A term that is no longer offered gets an end; what was shared for it before stays readable by its title.

Source: W3C Data Privacy Vocabulary, in the version, at the commit and as of the day that `statements/dpv` names: every concept
that a row names is in that list; Data Act, Article 6(1).
Left out: advertising and the like, for which nothing is shared here.
"""

from typing import Final

import msgspec

from troth.names import PurposeId, Uri
from troth.statements.dpv import DPV
from troth.things.intervals import FOREVER

__all__ = ["SHARE", "TERMS", "ShareTerm", "term_of", "terms_at"]

SHARE: Final = "urn:troth:share:"


class ShareTerm(msgspec.Struct, frozen=True):
    """One term: its URI, what people read, what it is in DPV, and until when it may be picked (ns UTC)."""

    purpose: PurposeId
    title: str
    says: str
    dpv: tuple[Uri, ...]
    to_ns: int = FOREVER


def _term(slug: str, title: str, says: str, *dpv: str) -> ShareTerm:
    return ShareTerm(PurposeId(f"{SHARE}{slug}"), title, says, tuple(Uri(f"{DPV}{each}") for each in dpv))


TERMS: Final = (
    _term(
        "service", "A service I ordered", "to do what I have asked this party to do for me", "RequestedServiceProvision"
    ),
    _term(
        "repair", "Repair and upkeep", "to find faults, repair and look after my things", "TechnicalServiceProvision"
    ),
    _term("energy", "Saving energy and water", "to advise me how to use less", "OptimisationForConsumer"),
    _term("care", "Care and health", "to look after me, as I have asked", "RequestedServiceProvision", "PublicBenefit"),
    _term("insurance", "Insurance", "to settle or price an insurance of mine", "ServiceProvision"),
    _term(
        "science", "Science", "to find out something that is published", "ScientificResearch", "NonCommercialResearch"
    ),
    _term("development", "Making a product better", "to develop things that serve people", "ResearchAndDevelopment"),
    _term("public", "The common good", "for a public task, without profit", "PublicBenefit"),
    _term("dispute", "A dispute of mine", "to show what happened, in a dispute of mine", "RequestedServiceProvision"),
)

_BY_PURPOSE: Final = {each.purpose: each for each in TERMS}


def term_of(purpose: PurposeId) -> ShareTerm | None:
    """The term of this URI, or None."""
    return _BY_PURPOSE.get(purpose)


def terms_at(at_ns: int) -> tuple[ShareTerm, ...]:
    """The terms that may be picked at a moment."""
    return tuple(each for each in TERMS if at_ns < each.to_ns)
