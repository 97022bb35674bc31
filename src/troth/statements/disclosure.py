"""Kinds `disclosure` (open) and `home-disclosure` (private): what is done with a product's streams, for what, for whom.

Both have the same body. The open one speaks of a class of streams, never of one home; one that must name a home is private,
and holds there in place of the open one. A purpose that is not in it does not exist for the gate.
Source: gate.md (steps 2, 3, 8); formats.md.
"""

import msgspec

from troth.names import HouseholdId, PurposeId, Uri

__all__ = ["DisclosedPurpose", "DisclosedStream", "DisclosedVariant", "DisclosureBody"]


class DisclosedVariant(msgspec.Struct, frozen=True, omit_defaults=True):
    """One view of the stream and the ground asserted for it. `citation`: law and paragraph, or what document."""

    variant: str
    ground: str
    citation: str | None = None


class DisclosedPurpose(msgspec.Struct, frozen=True, omit_defaults=True):
    """One purpose.

    Args:
        purpose: URI.
        title: what for, in plain words.
        benefit: what it gives to the people concerned; "unknown" is allowed.
        recipients: organisations that may get it; empty for the household's own use.
        variants: from the most to the least revealing.
        retention_days: how long rows are kept for it.
        if_yes, if_no: the consequence, shown before the choice.
        essential: the thing's function depends on it; then no variant may rest on choice.
    """

    purpose: PurposeId
    title: str
    benefit: str
    recipients: tuple[Uri, ...]
    variants: tuple[DisclosedVariant, ...]
    retention_days: int
    if_yes: str | None = None
    if_no: str | None = None
    essential: bool = False


class DisclosedStream(msgspec.Struct, frozen=True, omit_defaults=True):
    """Purposes of one stream, by its name in the passport. `places`, `group_size`: rules this version cannot settle yet."""

    name: str
    purposes: tuple[DisclosedPurpose, ...]
    places: tuple[str, ...] = ()
    group_size: int | None = None


class DisclosureBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """A newer disclosure for the same product (and home) replaces the older one from its acceptance on.

    `household` is set in a home-disclosure only.
    """

    product: Uri
    answerable: Uri
    language: str
    version: int
    streams: tuple[DisclosedStream, ...]
    household: HouseholdId | None = None
    crit: tuple[str, ...] = ("streams", "household")
