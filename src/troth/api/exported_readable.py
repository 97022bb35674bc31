"""A body of a statement as JSON can say it, for the archive of everything about somebody.

Source: docs/reference/export.md.
"""

from typing import cast

import msgspec

from troth.signing.cbor import CborValue

__all__ = ["readable"]


def readable(body: msgspec.Struct) -> CborValue:
    """A body as JSON can say it: bytes in hex, times in nanoseconds since 1970 UTC."""
    return cast("CborValue", _hex(msgspec.to_builtins(body, builtin_types=(bytes,))))


def _hex(value: object) -> object:
    match value:
        case bytes():
            return value.hex()
        case dict():
            return {str(key): _hex(each) for key, each in value.items()}
        case list() | tuple():
            return [_hex(each) for each in value]
        case _:
            return value
