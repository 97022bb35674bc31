"""What a view leaves of one row: rounded down, with some members only, or a cell in the place of a position. Pure.

Rules
- What cannot be narrowed as the view says is not shown at all: a value that is no map has no members, one without a position
  no cell.
- A cell stands alone, unless `only` says which other members are left. Members that are named and are no positions, nor parts
  of one, stay as they are; positions, there or below them, become cells (`positions`).

Source: docs/decisions/0068-a-view-is-its-own-text.md; RFC 7946 (Point, Polygon).
Left out: windows (`windows`), and how old a row must be, which is part of the answer's times.
"""

from typing import Final

from troth.errors import BadCbor
from troth.signing import cbor
from troth.things.member_paths import left_of
from troth.things.observations import Kept, Result
from troth.things.positions import blurred, cell_of
from troth.things.rounding import down
from troth.things.variants import Variant
from troth.things.windows import Shown, shown

__all__ = ["narrowed"]

_DEPTH: Final = 30  # two less than a JSON value may have (things.md, Limits): a cell is deeper than its point


def narrowed(row: Kept, view: Variant) -> Shown | None:
    """One row as a view of rows shows it; None where it shows nothing of it."""
    whole = shown(row)
    if view.step is None and view.only is None and view.grid is None:
        return whole
    result = _narrowed(row.result, view)
    if result is None:
        return None
    type_ = 1 if isinstance(result, float) else row.type
    return Shown(row.id, row.from_ns, row.to_ns, result, type_, row.sequence)


def _narrowed(result: Result, view: Variant) -> Result | None:
    if view.step is not None:
        numbers = isinstance(result, int | float) and not isinstance(result, bool)
        return down(result, view.step) if numbers and isinstance(result, int | float) else None
    if not isinstance(result, bytes):
        return None
    try:
        value = cbor.decode(result, max_depth=_DEPTH)
    except BadCbor:
        return None
    left = _members(value, view)
    return None if left is None else cbor.encode(left, max_depth=_DEPTH + 2)


def _members(value: cbor.CborValue, view: Variant) -> cbor.CborValue:
    """What is left of a JSON value, or None."""
    if not isinstance(value, dict):
        return None
    if view.only is not None:
        return left_of(value, view.only) if view.grid is None else blurred(value, view.only, view.grid)
    if view.grid is None:
        return None
    cell = cell_of(value, view.grid)
    if cell is not None:
        return cell
    cells: dict[cbor.CborKey, cbor.CborValue] = {}
    for name, each in value.items():
        inner = cell_of(each, view.grid)
        if inner is not None:
            cells[name] = inner
    return cells or None
