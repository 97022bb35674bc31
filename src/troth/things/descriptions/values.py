"""Does what is said of a value fit together? Data schemas of a Thing Description, each with what is inside it.

Rules
- Refused: a kind and its allowed values, its unit or its limits contradict each other.
- Noted: a list without items, an object without properties, allowed values beside a fixed one, an observable that is none.
- Placeholders of a model stand for values that are not known yet, and contradict nothing.

Source: W3C WoT Thing Description 1.1 §5.3.2 (data schema vocabulary).
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from troth.errors.malformed import Fault
from troth.things.descriptions.model import DataSchema
from troth.things.descriptions.reading import pointer

__all__ = ["value_faults"]

Path = tuple[str | int, ...]
_NUMERIC: Final = ("number", "integer")
_UNITLESS: Final = ("boolean", "null")


def value_faults(schema: DataSchema, path: Path, notes: list[Fault]) -> Iterator[Fault]:
    """What contradicts itself in a schema and everything inside it."""
    if schema.read_only is True and schema.write_only is True:
        yield Fault(pointer(path), "this is only read and only written at once")
    yield from _allowed(schema, path)
    if schema.unit is not None and schema.type in _UNITLESS:
        yield Fault(pointer((*path, "unit")), f"what is of type {schema.type} has no unit")
    elif schema.unit is not None and schema.type == "string":
        notes.append(Fault(pointer((*path, "unit")), "a text with a unit"))
    yield from _limits(schema, path)
    _note(schema, path, notes)
    for place, inner in _inside(schema):
        yield from value_faults(inner, (*path, *place), notes)


def _allowed(schema: DataSchema, path: Path) -> Iterator[Fault]:
    if schema.const is not msgspec.UNSET and not _fits(schema.const, schema):
        yield Fault(pointer((*path, "const")), "the fixed value is not of the type that is said")
    if not isinstance(schema.enum, tuple):
        return
    for at, value in enumerate(schema.enum):
        if not _fits(value, schema):
            yield Fault(pointer((*path, "enum", at)), "an allowed value is not of the type that is said")


def _fits(value: object, schema: DataSchema) -> bool:
    """Whether a value can be of this type and inside its limits."""
    if isinstance(value, str) and "{{" in value:
        return True
    match schema.type:
        case "boolean":
            return isinstance(value, bool)
        case "null":
            return value is None
        case "string":
            return isinstance(value, str)
        case "array":
            return isinstance(value, list | tuple)
        case "object":
            return isinstance(value, dict)
        case "number" | "integer":
            if isinstance(value, bool) or not isinstance(value, int | float):
                return False
            return (schema.type == "number" or value == int(value)) and _between(value, schema)
        case _:
            return True


def _between(value: float, schema: DataSchema) -> bool:
    lowest, highest = _known(schema.minimum), _known(schema.maximum)
    return (lowest is None or value >= lowest) and (highest is None or value <= highest)


def _known(limit: float | str | None) -> float | None:
    """A limit, unless it is not known yet."""
    return None if limit is None or isinstance(limit, str) else limit


def _limits(schema: DataSchema, path: Path) -> Iterator[Fault]:
    above = [each for each in map(_known, (schema.minimum, schema.exclusive_minimum)) if each is not None]
    below = [each for each in map(_known, (schema.maximum, schema.exclusive_maximum)) if each is not None]
    if above and below and max(above) > min(below):
        yield Fault(pointer(path), "the lowest value is above the highest")
    for least, most, what in (
        (schema.min_items, schema.max_items, "items"),
        (schema.min_length, schema.max_length, "characters"),
    ):
        low, high = _known(least), _known(most)
        if low is not None and high is not None and low > high:
            yield Fault(pointer(path), f"it has at least more {what} than at most")


def _note(schema: DataSchema, path: Path, notes: list[Fault]) -> None:
    if schema.type == "array" and schema.items is None:
        notes.append(Fault(pointer(path), "a list of which it is not said what is in it"))
    if schema.type == "object" and schema.properties is None:
        notes.append(Fault(pointer(path), "an object of which it is not said what is in it"))
    if schema.enum is not None and schema.const is not msgspec.UNSET:
        notes.append(Fault(pointer(path), "a fixed value beside a list of allowed ones"))
    if isinstance(schema.properties, dict) and not set(schema.required or ()) <= set(schema.properties):
        notes.append(Fault(pointer((*path, "required")), "what must be there is not described"))
    if schema.type is not None and schema.type not in _NUMERIC and (schema.minimum or schema.maximum) is not None:
        notes.append(Fault(pointer(path), "a lowest or highest of what is no number"))


def _inside(schema: DataSchema) -> list[tuple[Path, DataSchema]]:
    found: list[tuple[Path, DataSchema]] = []
    if isinstance(schema.properties, dict):
        found += [(("properties", name), each) for name, each in schema.properties.items()]
    if isinstance(schema.items, DataSchema):
        found.append((("items",), schema.items))
    elif isinstance(schema.items, tuple):
        found += [(("items", at), each) for at, each in enumerate(schema.items)]
    if isinstance(schema.one_of, tuple):
        found += [(("oneOf", at), each) for at, each in enumerate(schema.one_of)]
    return found
