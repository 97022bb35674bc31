"""What is looked at in the views of a purpose before it can be said: that they can be made of the stream, and their order.

Rules
- Each view is within the one before it: then what a restriction leaves is always less than what it took.
- Means, least, most, sums and rounding are of numbers; members and cells are of JSON values; anything can be counted.

Source: gate.md, "The disclosed variants"; docs/decisions/0068-a-view-is-its-own-text.md.
"""

from itertools import pairwise

from troth.errors import Refused
from troth.gate.question import Ground
from troth.statements.disclosure import DisclosedPurpose
from troth.things.variants import Statistic, Variant

__all__ = ["check_views"]

_NUMBERS = frozenset({"number", "integer"})


def check_views(purpose: DisclosedPurpose, *, type_: str) -> None:
    """Return if these views can be disclosed of a stream of this type.

    Raises:
        Refused: an unknown view or ground, a view that cannot be made of such values, or an order that is none.
    """
    views = []
    for each in purpose.variants:
        view = Variant.named(each.variant)
        if view is None or Ground.named(each.ground) is None:
            raise Refused("the disclosure names a view or a ground that is not known here")
        _check_makeable(view, type_)
        views.append(view)
    for one, other in pairwise(views):
        if not other.within(one):
            raise Refused(
                f"the view {other} is not within the one before it, {one}",
                hint="Views go from the most to the least revealing. What is no part of another is a purpose of its own.",
            )


def _check_makeable(view: Variant, type_: str) -> None:
    needs_numbers = view.step is not None or view.statistic not in {None, Statistic.COUNT}
    if needs_numbers and type_ not in _NUMBERS:
        raise Refused(f"there is no view {view} of what is no number")
    if (view.only is not None or view.grid is not None) and type_ != "json":
        raise Refused(f"there is no view {view} of what is no JSON value")
    if view.step is not None and type_ == "integer" and view.step % 1:
        raise Refused(f"whole numbers are rounded to whole numbers, and not as {view} says")
