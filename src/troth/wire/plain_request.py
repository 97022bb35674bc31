"""The head of an HTTP request as a program sends it that posts one Observation, and no other; pure.

Rules
- What is read here is one narrow form of what RFC 9112 allows, in which no two readers can differ: every line ends in CRLF,
  every field stands once, its value is visible ASCII, and none is there that this module does not know.
- None is no refusal: whoever reads HTTP in full reads the same bytes.

Source: RFC 9112 §3, §5, §6; RFC 9110 §5.6.2.
Left out: every other path and method; transfer codings, expectations, cookies, `Idempotency-Key`, what proxies add.
"""

import re
from typing import Final

import msgspec

from troth.wire.paths import PREFIX

__all__ = ["PlainRequest", "read_plain"]

_LINE: Final = re.compile(
    rb"POST (" + re.escape(PREFIX.encode()) + rb"(?:/Datastreams\(([0-9]{1,16})\))?/Observations) HTTP/1\.1"
)
_FIELD: Final = re.compile(rb"([A-Za-z-]{1,40}): ?([!-~]|[!-~][ -~]*[!-~])")
_KNOWN: Final = frozenset(
    {
        b"host",
        b"authorization",
        b"content-type",
        b"content-length",
        b"accept",
        b"accept-encoding",
        b"user-agent",
        b"connection",
    }
)
_LENGTH: Final = re.compile(rb"[1-9][0-9]{0,5}")


class PlainRequest(msgspec.Struct, frozen=True):
    """A head: path, fields with their names in lower case, and the length of the body.

    `number`: of the Datastream in the path; None where the body is to name it.
    """

    path: bytes
    number: int | None
    fields: tuple[tuple[bytes, bytes], ...]
    length: int


def read_plain(head: bytes) -> PlainRequest | None:
    """Read a head without the empty line at its end; None where it is of any other form."""
    first, *lines = head.split(b"\r\n")
    line = _LINE.fullmatch(first)
    fields = [found.groups() for found in map(_FIELD.fullmatch, lines) if found is not None]
    if line is None or len(fields) < len(lines):
        return None
    named = {name.lower(): value for name, value in fields}
    length = _LENGTH.fullmatch(named.get(b"content-length", b""))
    if (
        len(named) < len(fields)
        or not _KNOWN.issuperset(named)
        or length is None
        or b"host" not in named
        or named.get(b"connection", b"keep-alive").lower() != b"keep-alive"
    ):
        return None
    return PlainRequest(line[1], None if line[2] is None else int(line[2]), tuple(named.items()), int(length[0]))
