"""Kinds `disclosure` (open) and `home-disclosure` (private): what is done with a product's streams, for what, for whom.

Both have the same body. The open one speaks of a class of streams, never of one home; one that must name a home is private,
and holds there in place of the open one. A purpose that is not in it does not exist for the gate.
Source: gate.md (steps 2, 3, 8); formats.md.
"""

from collections.abc import Mapping
from functools import cached_property
from types import MappingProxyType

import msgspec

from troth.names import HouseholdId, PurposeId, Uri
from troth.statements.site import Site

__all__ = [
    "DisclosedPurpose",
    "DisclosedStream",
    "DisclosedVariant",
    "DisclosureBody",
    "Indicator",
    "Limits",
    "Processor",
]


class DisclosedVariant(msgspec.Struct, frozen=True, omit_defaults=True):
    """One view of the stream and the ground asserted for it. `citation`: law and paragraph, or what document."""

    variant: str
    ground: str
    citation: str | None = None


class Processor(msgspec.Struct, frozen=True):
    """One hop between here and the recipient: a registered organisation, what it does with the data, and where."""

    organisation: Uri
    does: str
    site: Site


class Indicator(msgspec.Struct, frozen=True, omit_defaults=True):
    """How the benefit is measured, in words, and the last figure with its date (YYYY-MM-DD) where there is one."""

    measures: str
    figure: str | None = None
    since: str | None = None


class DisclosedPurpose(msgspec.Struct, frozen=True, omit_defaults=True):
    """One purpose.

    Args:
        purpose: URI.
        title: what for, in plain words.
        benefit: what it gives to the people concerned; "unknown" is allowed.
        recipients: organisations, or classes of them, that may get it; empty for the household's own use.
        variants: from the most to the least revealing.
        retention_days: how long rows are kept for it.
        if_yes, if_no: the consequence, shown before the choice.
        essential: the thing's function depends on it; then no variant may rest on choice.
        function: which function of the thing it serves, in plain words; what is essential for one says which.
        processors: who handles it on the way, hop by hop.
        indicator: how the benefit is measured.
        per_hour: how many values an hour are expected at most.
        fields: which members of a JSON value it is about; the whole value if none is named.
        terms: what the purpose is in other vocabularies, as URIs of W3C DPV concepts.
        starts_ns: an announced use begins then (ns UTC), and not before.
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
    function: str | None = None
    processors: tuple[Processor, ...] = ()
    indicator: Indicator | None = None
    per_hour: float | None = None
    terms: tuple[Uri, ...] = ()
    starts_ns: int | None = None
    fields: tuple[str, ...] = ()


class Limits(msgspec.Struct, frozen=True):
    """What holds of a stream for all its uses.

    `places`: outside of which it never goes; anywhere where none is named. `homes`: over how many at least what leaves of it
    is; 0 where that may be a single one.
    """

    places: tuple[str, ...] = ()
    homes: int = 0


class DisclosedStream(msgspec.Struct, frozen=True, omit_defaults=True):
    """Purposes of one stream, by its name in the passport.

    `places`: countries or regions outside of which it never goes. `group_size`: nothing leaves that is over fewer homes.
    """

    name: str
    purposes: tuple[DisclosedPurpose, ...]
    places: tuple[str, ...] = ()
    group_size: int | None = None

    @property
    def limits(self) -> Limits:
        """What holds of it for all its uses."""
        return Limits(self.places, max(self.group_size or 0, 0))


class DisclosureBody(msgspec.Struct, frozen=True, omit_defaults=True, dict=True):
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

    @cached_property
    def by_name(self) -> Mapping[str, DisclosedStream]:
        """Its streams by their names; of two that share one, the first."""
        return MappingProxyType({each.name: each for each in reversed(self.streams)})
