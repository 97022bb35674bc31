"""Whether a member of a JSON object stands twice: two readers could then take two different values from one body.

Rules
- What stands twice, at any depth and however it is escaped, is refused and named; neither of the two is taken.
- Bodies of the usual form are seen to be good by counting a few bytes; every other is read once more for its names alone.

Source: RFC 8259 §4 (names should be unique); RFC 7493 §2.3 (I-JSON: they must be).
"""

import json
from typing import Final

from troth.errors import BadJson

__all__ = ["refuse_twice", "usual"]

_NAME_CHARACTERS: Final = 80


def usual(body: bytes, members: int) -> bool:
    """Whether a body that holds at least so many different members has no more: then none of them stands twice.

    Without an escape in it, each name of a member ends with a quote and a colon, unless there is space between them.
    """
    if b"\\" in body or body.count(b'":') != members:
        return False
    return not (b'" ' in body or b'"\t' in body or b'"\n' in body or b'"\r' in body)


def refuse_twice(body: bytes) -> None:
    """Return if no member stands twice. `body`: JSON that could be read.

    Raises:
        BadJson: one does, or the body is nested too deeply to tell.
    """
    try:
        json.loads(body, object_pairs_hook=_once, parse_float=_nothing, parse_int=_nothing)
    except RecursionError as cause:
        raise BadJson("this body is nested too deeply") from cause


def _once(pairs: list[tuple[str, object]]) -> None:
    names: set[str] = set()
    for name, _ in pairs:
        if name in names:
            raise BadJson(f"a member of this body stands twice: {_shown(name)}")
        names.add(name)


def _nothing(_: str) -> None:
    """Numbers may have any length; nobody looks at them here."""


def _shown(name: str) -> str:
    return "".join(c if c.isprintable() and c.isascii() else "?" for c in name)[:_NAME_CHARACTERS]
