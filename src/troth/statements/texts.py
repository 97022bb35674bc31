"""Texts that people read: nothing in them may hide what stands there, or make it look like something else.

Rules
- No control characters and no characters that turn the direction of what stands beside them, anywhere in a statement.
- Line breaks and tabs stand in longer texts only, never in a name or a title.
- Letters of every script, marks, joiners and what selects a form of a letter are as they are: names are people's own.

Source: Unicode 15 §23.2 (direction), UAX #9; threats.md (pages that say something else than the record).
Left out: letters that look alike, which no list settles.
"""

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from troth.errors import Refused

__all__ = ["check_texts"]

_HIDING: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e007f]"
)
_BREAKING: Final = re.compile("[\t\n]")
_SILENT: Final = frozenset((bool, int, float, bytes))  # no text, and none in them
_SHORT: Final = frozenset({"name", "title", "contact", "place", "by"})  # fields that are one line on a page


def check_texts(body: msgspec.Struct) -> None:
    """Return if every text in a body shows what it says.

    Raises:
        Refused: one does not; the message names the field, and no character of it.
    """
    _check(body, field="text")


def _check(value: object, *, field: str) -> None:
    if isinstance(value, str):
        if not _is_plain(value) and (_HIDING.search(value) or (field in _SHORT and _BREAKING.search(value))):
            raise Refused(
                f"the {field} holds characters that cannot be seen, or turn the direction of others",
                hint="Write it in plain letters, on one line if it is a name.",
            )
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            held = getattr(value, name)
            # A statement has thousands of fields; a call for each of them costs more than all the rest.
            if held and type(held) not in _SILENT and not (type(held) is str and _is_plain(held)):
                _check(held, field=name)
    elif isinstance(value, list | tuple):
        for item in value:
            _check(item, field=field)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            _check(key, field=field)
            _check(item, field=str(key))


def _is_plain(text: str) -> bool:
    """Whether it is of letters and signs of ASCII only, as most are: none of them hides anything, or breaks a line."""
    return text.isascii() and text.isprintable()
