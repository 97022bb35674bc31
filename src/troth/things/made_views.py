"""Can a view be made of a stream's values at all? Pure.

Rules
- Means, least, most, sums and rounding are of numbers; members and cells are of JSON values; anything can be counted.
- A cell is made of both halves of a position: of one alone there is none, and what people read of such a view would be wrong.

Source: gate.md, "The disclosed variants"; docs/decisions/0068-a-view-is-its-own-text.md.
"""

from typing import Final

from troth.things.positions import halves
from troth.things.variants import Statistic, Variant

__all__ = ["unmakeable"]

_NUMBERS: Final = frozenset({"number", "integer"})


def unmakeable(view: Variant, type_: str) -> str | None:
    """Why there is no such view of a stream of this type; None where there is."""
    needs_numbers = view.step is not None or view.statistic not in {None, Statistic.COUNT}
    if needs_numbers and type_ not in _NUMBERS:
        return f"there is no view {view} of what is no number"
    if (view.only is not None or view.grid is not None) and type_ != "json":
        return f"there is no view {view} of what is no JSON value"
    alone = () if view.only is None or view.grid is None else halves(view.only)
    if alone:
        return f"there is no cell of half a position: name both halves, not {alone[0]} alone"
    if view.step is not None and type_ == "integer" and view.step % 1:
        return f"whole numbers are rounded to whole numbers, and not as {view} says"
    return None
