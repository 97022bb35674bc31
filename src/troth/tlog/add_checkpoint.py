"""What a log sends to a witness, and the bodies of its answers: the add-checkpoint call.

Rules
- A request is `old` and a size, at most 63 lines with one base64 hash each, an empty line, and a signed checkpoint.
- One number and one hash have one spelling; every line ends with a newline.
- An answer with status 409 holds the size of the last tree the witness has cosigned, and a newline.

Source: C2SP tlog-witness, "add-checkpoint".
Left out: sign-subtree; what a witness decides (`witness`).
"""

import hashlib
from dataclasses import dataclass
from typing import Final

from troth.errors import BadNote, TooLarge
from troth.tlog.checkpoint import MAX_NOTE_BYTES
from troth.tlog.merkle import HASH_BYTES, MAX_PATH
from troth.tlog.spelling import decimal, decode64, encode64

__all__ = [
    "MAX_REQUEST_BYTES",
    "SIZE_TYPE",
    "Addition",
    "encode_request",
    "encode_size",
    "origin_hash",
    "parse_request",
    "parse_size",
]

SIZE_TYPE: Final = "text/x.tlog.size"  # C2SP tlog-witness, the Content-Type of a 409
_HASH_LINE_BYTES: Final = 45  # 32 bytes in base64, and a newline
_OLD_LINE_BYTES: Final = 24  # "old ", 19 digits, a newline
MAX_REQUEST_BYTES: Final = _OLD_LINE_BYTES + MAX_PATH * _HASH_LINE_BYTES + 1 + MAX_NOTE_BYTES


@dataclass(frozen=True, slots=True)
class Addition:
    """A request. `note` is the signed checkpoint, byte for byte and not yet read."""

    old: int
    path: tuple[bytes, ...]
    note: bytes


def encode_request(asked: Addition) -> bytes:
    """The bytes of a request."""
    lines = [f"old {asked.old}", *map(encode64, asked.path), "", ""]
    return "\n".join(lines).encode() + asked.note


def parse_request(data: bytes) -> Addition:
    """Read a request without looking at its checkpoint.

    Raises:
        BadNote: not such a request.
        TooLarge: more bytes than one may have.
    """
    if len(data) > MAX_REQUEST_BYTES:
        raise TooLarge("a request to a witness has at most a checkpoint of 256 KiB and 63 hashes")
    head, gap, note = data.partition(b"\n\n")
    try:
        first, *steps = head.decode("ascii").split("\n")
    except UnicodeDecodeError as cause:
        raise BadNote("a request begins with lines in ASCII") from cause
    if not gap or not first.startswith("old "):
        raise BadNote("a request begins with 'old' and a size, and has an empty line before the checkpoint")
    if len(steps) > MAX_PATH:
        raise BadNote("a consistency proof has at most 63 hashes")
    path = tuple(map(decode64, steps))
    if any(len(step) != HASH_BYTES for step in path):
        raise BadNote("a hash in a consistency proof has 32 bytes")
    return Addition(decimal(first.removeprefix("old ")), path, note)


def encode_size(size: int) -> bytes:
    """The body of a 409."""
    return b"%d\n" % size


def parse_size(data: bytes) -> int:
    """Read the body of a 409.

    Raises:
        BadNote: not a size and a newline.
    """
    try:
        text = data.decode("ascii")
    except UnicodeDecodeError as cause:
        raise BadNote("a size is decimal") from cause
    if not text.endswith("\n"):
        raise BadNote("a size ends with a newline")
    return decimal(text[:-1])


def origin_hash(origin: str) -> str:
    """How a witness names a log in addresses: SHA-256 of the origin, in lower-case hex."""
    return hashlib.sha256(origin.encode()).hexdigest()
