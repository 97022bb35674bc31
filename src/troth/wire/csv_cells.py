"""Cells of CSV files as values of streams, and columns by their names: the same for a command and for a door.

Rules
- A cell without a value is blank, or NaN, NA, N/A, null or none in any case; in a stream of text only a blank one is empty.
- Nothing is guessed: a number has a decimal point and is finite; a boolean is true, false, yes, no, 1 or 0.

Source: RFC 4180, with what spreadsheets write.
Left out: records and lines (`csv_records`), times (`local_times`).
"""

import math
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Final, TypeAlias

import msgspec

from troth.errors import BadCsv

__all__ = ["Becomes", "Value", "column_of", "is_empty", "read_cell"]

_EMPTY: Final = frozenset(("nan", "na", "n/a", "null", "none"))
_TRUE: Final = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
Value: TypeAlias = float | int | bool | str | msgspec.Raw


class Becomes(Enum):
    """What the text of a value becomes; the types of streams."""

    NUMBER = "number"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    TEXT = "text"
    JSON = "json"


def is_empty(text: str, becomes: Becomes) -> bool:
    """Whether a cell, without the spaces around it, says that there is no value."""
    return not text or (becomes is not Becomes.TEXT and text.lower() in _EMPTY)


def read_cell(text: str, becomes: Becomes) -> Value | None:
    """The value of a cell that is not empty, or None where it is no such value. JSON stays as it is written."""
    return _READ[becomes](text)


def column_of(header: Sequence[str], name: str) -> int:
    """Which column has this name.

    Raises:
        BadCsv: none, or more than one.
    """
    count = header.count(name)
    if count == 0:
        there = ", ".join(header)[:500]
        raise BadCsv(f"the file has no column '{name}'", hint=f"Its columns are: {there}")
    if count > 1:
        raise BadCsv(f"the file has {count} columns '{name}', so it is not clear which one is meant")
    return header.index(name)


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and "_" not in text and text.isascii() else None


def _integer(text: str) -> int | None:
    try:
        return int(text) if "_" not in text and text.isascii() and len(text) <= 20 else None
    except ValueError:
        return None


def _boolean(text: str) -> bool | None:
    return _TRUE.get(text.lower())


def _text(text: str) -> str | None:
    return text


def _json(text: str) -> msgspec.Raw | None:
    try:
        msgspec.json.decode(text)
    except (ValueError, RecursionError):
        return None
    return msgspec.Raw(text.encode())


_READ: Final[Mapping[Becomes, Callable[[str], Value | None]]] = {
    Becomes.NUMBER: _number,
    Becomes.INTEGER: _integer,
    Becomes.BOOLEAN: _boolean,
    Becomes.TEXT: _text,
    Becomes.JSON: _json,
}
