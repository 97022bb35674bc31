"""From the bytes of a Thing Description to plain JSON values, with the place of whatever cannot be read.

Rules
- Any bytes give a value or a BadDescription with a JSON pointer (RFC 6901) to the place.
- A name that stands twice in one object is a fault: readers would each see another thing.
- Numbers are finite; text is Unicode without lone surrogates, so that every value can be written again.

Source: RFC 8259 §4 (names), §6 (numbers), §8.2 (surrogates); WoT TD 1.1 §5.3 (names of affordances are unique).
Left out: what the values mean, which is `schema`'s and `meaning`'s.
"""

import json
from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NoReturn, TypeAlias

from troth.errors import BadDescription, TooLarge
from troth.errors.malformed import Fault

__all__ = ["DOCUMENT_BYTES", "TEXT_CHARACTERS", "Json", "pointer", "read_document"]

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"

DOCUMENT_BYTES: Final = 262_144  # things.md, Limits: payload 256 KiB
DEPTH: Final = 32  # things.md, Limits: JSON depth
TEXT_CHARACTERS: Final = 2_048  # the schema's patterns take the square of this in steps on the worst text
_TOKEN_SHOWN: Final = 60


class _Twice(dict[str, Json]):
    """An object in which a name stands twice, until the walk has found its place."""

    name: str = ""


def read_document(data: bytes) -> dict[str, Json]:
    """The JSON object that these bytes are.

    Raises:
        BadDescription: not JSON in UTF-8, not an object, a name twice, a number or text that cannot be written again.
        TooLarge: more than 256 KiB, deeper than 32, or a text of more than 2,048 characters.
    """
    if len(data) > DOCUMENT_BYTES:
        raise TooLarge("a Thing Description has at most 256 KiB")
    try:
        value = json.loads(
            data.decode("utf-8-sig"), object_pairs_hook=_once, parse_constant=_no_number, parse_float=_finite
        )
    except BadDescription:
        raise
    except json.JSONDecodeError as cause:
        raise _bad("", f"this is not JSON: line {cause.lineno}, column {cause.colno}") from cause
    except (UnicodeDecodeError, RecursionError, ValueError) as cause:
        raise _bad("", "this is not JSON in UTF-8") from cause
    _walk(value)
    if not isinstance(value, dict):
        raise _bad("", "a Thing Description is a JSON object")
    return value


def pointer(path: Sequence[str | int]) -> str:
    """A path as a JSON pointer, its tokens printable and short enough to be shown."""
    return "".join(f"/{_token(each)}" for each in path)


def _token(part: str | int) -> str:
    text = str(part).replace("~", "~0").replace("/", "~1")
    shown = "".join(c if c.isprintable() else "?" for c in text)
    return shown if len(shown) <= _TOKEN_SHOWN else f"{shown[:_TOKEN_SHOWN]}..."


def _bad(place: str, text: str) -> BadDescription:
    return BadDescription.of([Fault(place, text)])


def _once(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    names = sorted(name for name, _ in pairs)
    twice = _Twice(found)
    twice.name = next(name for name, after in pairwise(names) if name == after)
    return twice


def _no_number(_name: str) -> NoReturn:
    raise _bad("", "NaN and Infinity are no numbers of JSON")


def _finite(text: str) -> float:
    value = float(text)
    if value in {float("inf"), float("-inf")}:
        raise _bad("", "a number is larger than any that can be kept")
    return value


def _walk(value: Json) -> None:
    """Look at every value once, without recursion."""
    waiting: list[tuple[tuple[str | int, ...], Json]] = [((), value)]
    while waiting:
        path, each = waiting.pop()
        if len(path) > DEPTH:
            raise TooLarge(f"a Thing Description is at most {DEPTH} deep")
        match each:
            case _Twice():
                raise _bad(pointer((*path, each.name)), "this name stands twice in one object")
            case dict():
                for name in each:
                    _check_text(name, path)
                waiting.extend(((*path, name), inner) for name, inner in each.items())
            case list():
                waiting.extend(((*path, at), inner) for at, inner in enumerate(each))
            case str():
                _check_text(each, path)
            case _:
                pass


def _check_text(text: str, path: tuple[str | int, ...]) -> None:
    if len(text) > TEXT_CHARACTERS:
        raise TooLarge(f"a text in a Thing Description has at most {TEXT_CHARACTERS:,} characters")
    if any("\ud800" <= c <= "\udfff" for c in text):
        raise _bad(pointer(path), "this text holds half of a character")
