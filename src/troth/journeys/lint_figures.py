"""Of the figures over homes that a disclosure declares, those that would not be given beside another one.

Rules
- Two figures of a stream are compared where one party could get both: one for anybody with every other, else by who gets them,
  by name or by a class that somebody registered here is in.
- The one that comes first is given: for anybody, then as it is declared. Of the other no home is given that is in the first.
- Which homes those are depends on what people say, and is not looked at here.

Source: docs/reference/small-groups.md, "What is looked at before"; docs/decisions/0098-figures-that-share-a-home-are-one.md.
"""

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from troth.gate.question import ANYONE
from troth.names import Uri
from troth.statements.disclosure import DisclosedPurpose, DisclosedStream
from troth.statements.organisation import OrganisationBody
from troth.things.variants import Variant

__all__ = ["figures_beside"]

_WHERE: Final = "docs/reference/small-groups.md, decision 98"


class _Declared(msgspec.Struct, frozen=True):
    """A figure of a use: who gets it, and of how many homes its cells are."""

    use: DisclosedPurpose
    view: Variant
    size: int

    @property
    def is_open(self) -> bool:
        return ANYONE in self.use.recipients

    @property
    def words(self) -> str:
        return f"{self.view.value} of “{self.use.title}”"


def figures_beside(
    stream: DisclosedStream, parties: Mapping[Uri, OrganisationBody]
) -> Iterator[tuple[DisclosedPurpose, str]]:
    """The uses that declare such a figure, with what to say of it."""
    found = [
        _Declared(use, view, max(view.homes, stream.limits.homes))
        for use in stream.purposes
        for view in (Variant.named(each.variant) for each in use.variants)
        if view is not None and view.homes
    ]
    ordered = [*(each for each in found if each.is_open), *(each for each in found if not each.is_open)]
    for at, each in enumerate(ordered):
        for first in ordered[:at]:
            if not _are_one(each, first) and _share_a_getter(each, first, parties):
                yield each.use, _note(each, first)
                break


def _are_one(one: _Declared, other: _Declared) -> bool:
    return one.size == other.size and one.view.same_cells(other.view)


def _share_a_getter(one: _Declared, other: _Declared, parties: Mapping[Uri, OrganisationBody]) -> bool:
    if one.is_open or other.is_open:
        return True
    mine, theirs = set(one.use.recipients), set(other.use.recipients)
    if not mine.isdisjoint(theirs):
        return True
    return any(
        not mine.isdisjoint((party, *body.classes)) and not theirs.isdisjoint((party, *body.classes))
        for party, body in parties.items()
    )


def _note(each: _Declared, first: _Declared) -> str:
    return (
        f"{each.words} is never given over a home that is in {first.words}: whoever gets both could take one from the other"
        f" ({_WHERE}). Declare one figure for both, or give them to two parties."
    )
