"""Of all figures over homes that one party could get, those that stand: beside another none of them tells a home. Pure.

Rules
- Two figures may both be given where they share no home; or where they are over the very same homes, of as many at least, with
  the same windows, closed after the same time. Then they are one, rounded or not.
- Every other pair could be taken from one another, whatever the homes: one that was silent in a part of a window is in some of
  its shorter windows only; one that spoke late is only in the cell that closes later; of homes that one figure has more, all
  but one may have been silent.
- In their order each stands that may stand beside all that stand before it. What is of too few homes is never given, so it
  stands in nobody's way.
- Over which homes another figure is counts in two ways: as it is now, and as far as grounds reach. What stops a home in it
  today, other than a person, may stop it no more tomorrow.

Source: docs/reference/small-groups.md; docs/decisions/0098-figures-that-share-a-home-are-one.md.
"""

from collections.abc import Iterable, Sequence

import msgspec

from troth.gate.question import GroupMember
from troth.names import HouseholdId
from troth.things.variants import Variant

__all__ = ["Figure", "enough", "homes_of", "stands_beside", "those_that_stand"]


class Figure(msgspec.Struct, frozen=True):
    """A figure as it can be compared.

    Args:
        view: of windows, over homes.
        size: how many homes and persons a cell has at least.
        over: whom it is over; of another figure in more than one way, where that may change by itself.
    """

    view: Variant
    size: int
    over: tuple[tuple[GroupMember, ...], ...]


def homes_of(members: Iterable[GroupMember]) -> frozenset[HouseholdId]:
    """The homes that these streams are of."""
    return frozenset(each.household for each in members)


def enough(members: Sequence[GroupMember], size: int) -> bool:
    """Whether these are so many homes, with as many persons."""
    persons = {person for each in members for person in each.concerned}
    return min(len(homes_of(members)), len(persons)) >= size


def stands_beside(one: Figure, other: Figure) -> bool:
    """Whether nothing can be taken from one of two figures by the other."""
    same = one.size == other.size and one.view.same_cells(other.view)
    pairs = [(homes_of(mine), homes_of(theirs)) for mine in one.over for theirs in other.over]
    return all(mine.isdisjoint(theirs) or (same and mine == theirs) for mine, theirs in pairs)


def those_that_stand(figures: Iterable[Figure]) -> list[Figure]:
    """Those of an ordered row of figures that may be given, each beside all of them before it."""
    found: list[Figure] = []
    for figure in figures:
        given = any(enough(members, figure.size) for members in figure.over)
        if given and all(stands_beside(figure, each) for each in found):
            found.append(figure)
    return found
