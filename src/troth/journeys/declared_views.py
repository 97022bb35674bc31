"""What is looked at in the views of a purpose before it can be said: that they can be made of the stream, and their order.

Rules
- Each view is within the one before it: then what a restriction leaves is always less than what it took.
- What a view can be made of: `things.made_views`.

Source: gate.md, "The disclosed variants"; docs/decisions/0068-a-view-is-its-own-text.md.
"""

from itertools import pairwise

from troth.errors import Refused
from troth.gate.question import Ground
from troth.statements.disclosure import DisclosedPurpose
from troth.things.made_views import unmakeable
from troth.things.variants import Variant

__all__ = ["check_views"]


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
        against = unmakeable(view, type_)
        if against is not None:
            raise Refused(against)
        views.append(view)
    for one, other in pairwise(views):
        if not other.within(one):
            raise Refused(
                f"the view {other} is not within the one before it, {one}",
                hint="Views go from the most to the least revealing. What is no part of another is a purpose of its own.",
            )
