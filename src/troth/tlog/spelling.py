"""The one spelling that base64, decimals and key names have in notes: what is spelled otherwise is refused.

Source: C2SP signed-note, tlog-checkpoint; RFC 4648 §4.
Left out: notes themselves (`checkpoint`), and proofs, which raise an error of their own.
"""

import base64
import binascii
from typing import Final

from troth.errors import BadNote
from troth.tlog.merkle import MAX_SIZE

__all__ = ["MAX_NAME_CHARS", "decimal", "decode64", "encode64", "is_key_name"]

MAX_NAME_CHARS: Final = 512


def encode64(raw: bytes) -> str:
    """Base64 with padding."""
    return base64.b64encode(raw).decode("ascii")


def decode64(text: str) -> bytes:
    """Read what `encode64` gives.

    Raises:
        BadNote: not base64, or in another spelling.
    """
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as cause:
        raise BadNote("base64 was expected here") from cause
    if encode64(raw) != text:
        raise BadNote("base64 in another spelling than the one it has")
    return raw


def decimal(text: str, *, most: int = MAX_SIZE) -> int:
    """Read a decimal number without leading zeros.

    Raises:
        BadNote: no such number, or one above `most`.
    """
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(most)) else -1
    if not 0 <= number <= most or str(number) != text:
        raise BadNote("a number is decimal, without leading zeros and within its limit")
    return number


def is_key_name(name: str) -> bool:
    """Whether a signature line could carry this name."""
    return (
        0 < len(name) <= MAX_NAME_CHARS
        and "+" not in name
        and not any(char.isspace() or char < " " or "\ud800" <= char <= "\udfff" for char in name)
    )
