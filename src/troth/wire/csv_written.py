"""Records of a CSV file that is written for people and their spreadsheets.

Rules
- Lines end with CR LF. A text is always in quotes, so that no other separator that a program may guess divides it.
- A text that a spreadsheet would take for a formula (behind white space it begins with = + - @ or a fullwidth form of these)
  gets an apostrophe before it, and so does one that begins with an apostrophe: whoever takes one away gets every text back as
  it was. Numbers and truth values are written bare, JSON as its text in quotes.
- What has no value is an empty cell, without quotes; an empty text is two quotes.

Source: RFC 4180; OWASP, "CSV Injection"; W3C Tabular Data Model §8 (empty cells).
Left out: reading (`csv_records`, `csv_cells`); a byte order mark, which some programs take for a part of the first name.
"""

from collections.abc import Iterable
from typing import Final, TypeAlias

import msgspec

__all__ = ["CONTENT_TYPE", "Cell", "harmless", "record"]

CONTENT_TYPE: Final = b"text/csv; charset=utf-8; header=present"
_FORMULA: Final = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
Cell: TypeAlias = str | float | int | bool | msgspec.Raw | None


def record(cells: Iterable[Cell]) -> bytes:
    """One line with its end."""
    return ",".join(map(_cell, cells)).encode("utf-8", "replace") + b"\r\n"


def harmless(text: str) -> str:
    """A text that no spreadsheet reads as a formula."""
    return "'" + text if text.startswith("'") or text.lstrip().startswith(_FORMULA) else text


def _cell(value: Cell) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return repr(value)
        case str():
            return _quoted(harmless(value))
        case _:
            return _quoted(bytes(value).decode("utf-8"))


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
