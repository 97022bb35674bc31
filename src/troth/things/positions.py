"""Positions in a JSON value, and the cells that stand in their place. Pure.

Rules
- A position is a GeoJSON Point, or a map with `lat` and `lon` (`lng`, `long`), or `latitude` and `longitude`, as numbers.
- What could be a part of one, by its name in small or capital letters, is never shown by itself: the cell is there, or nothing
  of it. So it is with a list of numbers, which may be a position or a way.
- A cell stands in the place of the map that it is in, unless the parts of the position are named one by one (`only=lat;lon`):
  then other members of that map that are named stay beside it, as foreign members of the cell (RFC 7946 §6.1).
- A `type` that is named is not left: a cell has one of its own.
- Whether a member that is named is left depends on nothing beside it: so fewer names never show more.

Source: gate.md step 8; docs/decisions/0099-no-part-of-a-position-is-shown-by-itself.md; RFC 7946 (Point, Polygon).
Left out: other shapes, and heights that stand in a position.
"""

from collections.abc import Collection
from decimal import Decimal
from typing import Final

from troth.signing.cbor import CborMap, CborValue
from troth.things.member_paths import Tree, tree_of
from troth.things.rounding import down

__all__ = ["blurred", "cell_of", "halves"]

_EAST: Final = {"lon": "lat", "lng": "lat", "long": "lat", "longitude": "latitude"}
_NORTH: Final = frozenset(_EAST.values())
_PARTS: Final = _NORTH | _EAST.keys() | {"coordinates"}


def cell_of(value: CborValue, grid: Decimal) -> "CborMap | None":
    """The cell of a position as a GeoJSON Polygon, or None where it is no position."""
    found = _position(value)
    if found is None:
        return None
    west, south = (down(each, grid) for each in found)
    east, north = (float(Decimal(repr(each)) + grid) for each in (west, south))
    ring: list[CborValue] = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def blurred(value: CborValue, paths: Collection[str], grid: Decimal) -> CborValue:
    """What is named of a value, with cells in the place of positions; None where nothing is left."""
    return _left(value, tree_of(frozenset(paths)), grid) if isinstance(value, dict) else None


def halves(paths: Collection[str]) -> tuple[str, ...]:
    """Those that name one half of a position where the other is not named."""
    named = {(_above(path), _last(path)) for path in paths}
    return tuple(path for path in paths if not _is_whole(_above(path), _last(path), named))


def _is_whole(above: str, name: str, named: Collection[tuple[str, str]]) -> bool:
    if name in _EAST:
        return (above, _EAST[name]) in named
    return name not in _NORTH or any((above, east) in named for east, north in _EAST.items() if north == name)


def _above(path: str) -> str:
    return path.rpartition("/")[0]


def _last(path: str) -> str:
    return path.rpartition("/")[2].lower()


def _left(value: CborValue, tree: Tree, grid: Decimal) -> CborValue:
    """As `member_paths.left_of`, with cells."""
    if isinstance(value, list):
        elements = (_left(each, tree, grid) for each in value)
        return [each for each in elements if each is not None] or None
    if not isinstance(value, dict):
        return None
    parts = _parts_in(value)
    found: CborMap = {}
    for name, each in value.items():
        if name not in tree or name in parts or name == "type":
            continue
        below = tree[str(name)]
        kept = _whole(each, grid) if below is None else _left(each, below, grid)
        if kept is not None:
            found[name] = kept
    named: CborMap = {name: each for name, each in value.items() if name in parts and tree.get(str(name), tree) is None}
    cell = cell_of({**named, "type": value.get("type")}, grid)
    return (found if cell is None else {**found, **cell}) or None


def _whole(value: CborValue, grid: Decimal) -> CborValue:
    """All that is below a member that is named."""
    if isinstance(value, list):
        elements: list[CborValue] = [each for each in (_whole(each, grid) for each in value) if each is not None]
        return None if sum(map(_is_number, value)) > 1 or (value and not elements) else elements
    if not isinstance(value, dict):
        return value
    if _parts_in(value):
        return cell_of(value, grid)
    kept = {name: _whole(each, grid) for name, each in value.items()}
    return {name: each for name, each in kept.items() if each is not None}


def _parts_in(value: CborMap) -> frozenset[str]:
    """The members of a map that could be parts of a position."""
    return frozenset(name for name in value if isinstance(name, str) and name.lower() in _PARTS)


def _position(value: CborValue) -> tuple[float, float] | None:
    """(longitude, latitude) in degrees."""
    if not isinstance(value, dict):
        return None
    given: list[CborValue] = []
    coordinates = value.get("coordinates")
    if value.get("type") == "Point" and isinstance(coordinates, list):
        given = coordinates[:2]
    for east, north in _EAST.items():
        if not given and east in value and north in value:
            given = [value[east], value[north]]
    numbers = [float(each) for each in given if isinstance(each, int | float) and _is_number(each)]
    return (numbers[0], numbers[1]) if len(numbers) == 2 else None


def _is_number(value: CborValue) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
