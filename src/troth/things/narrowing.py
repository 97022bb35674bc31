"""What a view leaves of one row: rounded down, with some members only, or a cell in the place of a position. Pure.

Rules
- What cannot be narrowed as the view says is not shown at all: a value that is no map has no members, one without a position
  no cell.
- A cell stands alone, unless `only` says which other members are left. Members that are named and are no positions stay as
  they are; positions below them become cells.
- A position is a GeoJSON Point, or a map with `lat` and `lon` (`lng`), or `latitude` and `longitude`. Other shapes, and
  heights, are left out.

Source: docs/decisions/0068-a-view-is-its-own-text.md; RFC 7946 (Point, Polygon).
Left out: windows (`windows`), and how old a row must be, which is part of the answer's times.
"""

from decimal import Decimal
from typing import Final

from troth.errors import BadCbor
from troth.signing import cbor
from troth.things.member_paths import left_of
from troth.things.observations import Kept, Result
from troth.things.variants import Variant
from troth.things.windows import Shown, shown

__all__ = ["down", "narrowed"]

_DEPTH: Final = 30  # two less than a JSON value may have (things.md, Limits): a cell is deeper than its point
_PAIRS: Final = (("lon", "lat"), ("lng", "lat"), ("longitude", "latitude"))


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


def down(value: float, step: Decimal) -> float:
    """The largest multiple of `step` that is not above a number. A whole number stays one where the step is whole."""
    if isinstance(value, int) and step == step.to_integral_value():
        return value // int(step) * int(step)
    found = Decimal(repr(value)) // step
    exact = found * step
    # `//` goes towards zero, and down is down below zero too.
    return float(exact if exact <= Decimal(repr(value)) else exact - step)


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
        left = left_of(value, view.only)
        if view.grid is None or not isinstance(left, dict):
            return left
        kept = {name: _blurred(each, view.grid) for name, each in left.items()}
        return {name: each for name, each in kept.items() if each is not None} or None
    if view.grid is None:
        return None
    cell = _cell(value, view.grid)
    if cell is not None:
        return cell
    cells = {name: _cell(each, view.grid) for name, each in value.items()}
    return {name: each for name, each in cells.items() if each is not None} or None


def _blurred(value: cbor.CborValue, grid: Decimal) -> cbor.CborValue:
    """A member that is named: a cell where it is a position, nothing where it is another shape, else as it is; so below it."""
    if isinstance(value, list):
        return [each for each in (_blurred(each, grid) for each in value) if each is not None]
    if not isinstance(value, dict):
        return value
    if "coordinates" in value or any(lat in value for _, lat in _PAIRS):
        return _cell(value, grid)
    kept = {name: _blurred(each, grid) for name, each in value.items()}
    return {name: each for name, each in kept.items() if each is not None}


def _cell(value: cbor.CborValue, grid: Decimal) -> cbor.CborValue:
    """The cell of a position as a GeoJSON Polygon, or None where it is no position."""
    found = _position(value)
    if found is None:
        return None
    west, south = (down(each, grid) for each in found)
    east, north = (float(Decimal(repr(each)) + grid) for each in (west, south))
    ring: list[cbor.CborValue] = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def _position(value: cbor.CborValue) -> tuple[float, float] | None:
    """(longitude, latitude) in degrees."""
    if not isinstance(value, dict):
        return None
    given: list[cbor.CborValue] = []
    if value.get("type") == "Point" and isinstance(value.get("coordinates"), list):
        coordinates = value["coordinates"]
        given = coordinates[:2] if isinstance(coordinates, list) else []
    for east, north in _PAIRS:
        if not given and east in value and north in value:
            given = [value[east], value[north]]
    numbers = [float(each) for each in given if isinstance(each, int | float) and not isinstance(each, bool)]
    return (numbers[0], numbers[1]) if len(numbers) == 2 else None
