"""Deterministic CBOR: one value has exactly one encoding, and nothing else is read.

Rules
- Integers of 64 bits and a sign, text, bytes, true, false, null, floats, arrays, and maps whose keys are text or
  integers. No tags, no NaN, no undefined, no other simple values, no indefinite lengths.
- Shortest heads, shortest floats that keep the value, map keys in the bytewise order of their encodings, no key twice.
- `decode` takes only what `encode` would have written, to the last byte: `encode(decode(b)) == b` for every b it takes.
- Nesting is at most 16 deep; `decode` looks at the length before it looks at anything else.

Source: RFC 8949 §4.2.1. The reading is done by cbor2 with every tag refused. It writes as well, what is arranged for it:
its own canonical form orders map keys in another way, and floats are ours.
Left out: streaming, tags, big integers. COSE's one tag is a byte that `cose` writes itself.
"""

import io
import math
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, NoReturn, TypeAlias

import cbor2

from troth.errors import BadCbor, TooLarge

__all__ = [
    "MAX_DEPTH",
    "MAX_INPUT_BYTES",
    "CborKey",
    "CborMap",
    "CborValue",
    "Encodable",
    "decode",
    "decode_map",
    "encode",
    "read_foreign",
]

MAX_DEPTH: Final = 16  # containers inside each other; the deepest statement uses 5
MAX_INPUT_BYTES: Final = 16_777_216  # 16 MiB, far above any statement; callers with a smaller limit check it first

CborKey: TypeAlias = str | int
CborValue: TypeAlias = "int | float | str | bytes | bool | list[CborValue] | dict[CborKey, CborValue] | None"
"""What `decode` returns."""
CborMap: TypeAlias = "dict[CborKey, CborValue]"
Encodable: TypeAlias = (
    "int | float | str | bytes | bool | Sequence[Encodable]"
    "| Mapping[str, Encodable] | Mapping[int, Encodable] | Mapping[CborKey, Encodable] | None"
)
"""What `encode` takes: the same values, with tuples and lists both as arrays."""

_UINT: Final = 0x00
_NEGATIVE: Final = 0x20
_BYTES: Final = 0x40
_TEXT: Final = 0x60
_ARRAY: Final = 0x80
_MAP: Final = 0xA0
_UINT64_MAX: Final = (1 << 64) - 1
_NEGATIVE_MIN: Final = -1 - _UINT64_MAX  # CBOR's negative integers have 64 bits beside the sign
_PLAIN: Final = frozenset((str, bytes, bool, type(None)))
_UNUSUAL: Final = "a float, a large integer or another type"
_TOO_LARGE: Final = "more CBOR than is ever read at once (16 MiB)"
_UNREADABLE: Final = (ValueError, TypeError, OverflowError, RecursionError, MemoryError)


def encode(value: Encodable, *, max_depth: int = MAX_DEPTH) -> bytes:
    """Return the one deterministic encoding of `value`.

    Raises:
        BadCbor: NaN, an integer beyond 64 bits and a sign, text that is not Unicode, another type, a key that is
            neither text nor integer, or containers nested deeper than `max_depth`.
    """
    try:
        written: bytes = cbor2.dumps(_arranged(value, max_depth))
    except (BadCbor, UnicodeEncodeError):
        chunks: list[bytes] = []
        _write(value, chunks.append, max_depth)
        return b"".join(chunks)
    return written


def decode(data: bytes, *, max_depth: int = MAX_DEPTH) -> CborValue:
    """Read bytes that are the deterministic encoding of one value.

    Raises:
        BadCbor: anything else, trailing bytes included.
        TooLarge: more than 16 MiB.
    """
    if len(data) > MAX_INPUT_BYTES:
        raise TooLarge(_TOO_LARGE)
    try:
        value: CborValue = cbor2.loads(
            data, max_depth=max_depth, allow_indefinite=False, allow_duplicate_keys=False, semantic_decoders=_NO_TAGS
        )
    except cbor2.CBORError as cause:
        raise BadCbor("this is not CBOR as Troth writes it") from cause
    except _UNREADABLE as cause:
        raise BadCbor("this is not CBOR that can be read") from cause
    if encode(value, max_depth=max_depth) != data:
        raise BadCbor("this CBOR is not in its deterministic form (RFC 8949 §4.2.1)")
    return value


def decode_map(data: bytes, *, max_depth: int = MAX_DEPTH) -> CborMap:
    """Read bytes whose value must be a map.

    Raises:
        BadCbor: not deterministic CBOR, or not a map.
        TooLarge: more than 16 MiB.
    """
    value = decode(data, max_depth=max_depth)
    if not isinstance(value, dict):
        raise BadCbor("a CBOR map was expected here")
    return value


def _arranged(value: Encodable, depth: int) -> Encodable:
    """The same value such that cbor2, which is compiled, writes it as `_write` does: the keys of maps in their order.

    Raises:
        BadCbor: cbor2 would write this in another way, or not at all.
    """
    kind = type(value)
    if kind in _PLAIN or (kind is int and _NEGATIVE_MIN <= value <= _UINT64_MAX):  # type: ignore[operator]  # its exact type is known
        return value
    if depth > 0 and (kind is list or kind is tuple):
        return [_arranged(item, depth - 1) for item in value]  # type: ignore[union-attr]  # its exact type is known
    if depth > 0 and kind is dict:
        items = sorted(value.items(), key=_rank)  # type: ignore[union-attr]  # its exact type is known
        return {key: _arranged(item, depth - 1) for key, item in items}
    raise BadCbor(_UNUSUAL)


def _rank(item: tuple[CborKey, Encodable]) -> tuple[int, int, str]:
    """Sorts keys as their encodings sort: by kind, then the shorter, then bytewise (UTF-8 sorts as code points do)."""
    key = item[0]
    if type(key) is str:
        return (2, len(key) if key.isascii() else len(key.encode()), key)
    if type(key) is int and _NEGATIVE_MIN <= key <= _UINT64_MAX:
        return (0, key, "") if key >= 0 else (1, -1 - key, "")
    raise BadCbor(_UNUSUAL)


def read_foreign(data: bytes, *, max_depth: int = MAX_DEPTH) -> CborValue:
    """Read CBOR that somebody else wrote, in any order of keys and with any length of heads.

    Everything else is as strict as `decode`: the same types, no tags, no indefinite lengths, no key twice. For bytes that are
    only read and never written again; what Troth keeps is read by `decode`.

    Raises:
        BadCbor: anything else, trailing bytes included.
        TooLarge: more than 16 MiB.
    """
    if len(data) > MAX_INPUT_BYTES:
        raise TooLarge(_TOO_LARGE)
    stream = io.BytesIO(data)
    try:
        value: CborValue = cbor2.load(
            stream,
            read_size=1,
            max_depth=max_depth,
            allow_indefinite=False,
            allow_duplicate_keys=False,
            semantic_decoders=_NO_TAGS,
        )
    except (cbor2.CBORError, *_UNREADABLE) as cause:
        raise BadCbor("this is not CBOR that can be read") from cause
    if stream.tell() != len(data):  # with a read size of 1 the stream stands right behind the value
        raise BadCbor("something stands behind the value")
    encode(value, max_depth=max_depth)  # refuses every type and key that these formats do not have
    return value


def _write(value: Encodable, put: Callable[[bytes], None], depth: int) -> None:
    # `type(...) is` keeps subclasses out: an enum in the place of an integer would read back as something else.
    kind = type(value)
    if kind is str or kind is int or kind is bytes:
        put(_scalar(value))
    elif value is None:
        put(b"\xf6")
    elif value is True:
        put(b"\xf5")
    elif value is False:
        put(b"\xf4")
    elif isinstance(value, float):
        put(_float(value))
    elif depth <= 0:
        raise BadCbor("this CBOR is nested too deeply")
    elif isinstance(value, list | tuple):
        put(_head(_ARRAY, len(value)))
        for item in value:
            _write(item, put, depth - 1)
    elif isinstance(value, dict):
        put(_head(_MAP, len(value)))
        for key, item in sorted((_key(key), item) for key, item in _pairs(value)):
            put(key)
            _write(item, put, depth - 1)
    else:
        raise BadCbor("a value of a type that the formats do not use")


def _pairs(value: Mapping[CborKey, Encodable]) -> Iterator[tuple[CborKey, Encodable]]:
    yield from value.items()


def _key(key: CborKey) -> bytes:
    if type(key) is str or type(key) is int:
        return _scalar(key)
    raise BadCbor("a map key here is text or an integer")


def _scalar(value: Encodable) -> bytes:
    if isinstance(value, str):
        try:
            text = value.encode("utf-8")
        except UnicodeEncodeError as cause:
            raise BadCbor("text holds half of a surrogate pair") from cause
        return _head(_TEXT, len(text)) + text
    if isinstance(value, bytes):
        return _head(_BYTES, len(value)) + value
    if not isinstance(value, int):
        raise BadCbor("a value of a type that the formats do not use")
    return _head(_UINT, value) if value >= 0 else _head(_NEGATIVE, -1 - value)


def _head(major: int, number: int) -> bytes:
    if number < 24:  # RFC 8949 §3: below 24 the number stands in the first byte
        return bytes((major | number,))
    if number <= 0xFF:  # one byte
        return bytes((major | 24, number))
    if number <= 0xFFFF:  # two bytes
        return struct.pack(">BH", major | 25, number)
    if number <= 0xFFFF_FFFF:  # four bytes
        return struct.pack(">BI", major | 26, number)
    if number <= _UINT64_MAX:
        return struct.pack(">BQ", major | 27, number)
    raise BadCbor("an integer here has at most 64 bits and a sign")


def _float(value: float) -> bytes:
    if math.isnan(value):
        raise BadCbor("NaN is not a value here")
    for layout in (">Be", ">Bf"):
        try:
            short = struct.pack(layout, 0xF9 if layout == ">Be" else 0xFA, value)
        except OverflowError:
            continue
        if struct.unpack(layout, short)[1] == value:
            return short
    return struct.pack(">Bd", 0xFB, value)


def _refuse_tag(_inner: object, _immutable: object) -> NoReturn:
    raise BadCbor("tags are not used here")


class _NoTags(dict[int, Callable[[object, object], NoReturn]]):
    """A mapping in which every tag number leads to a refusal, so that no decoder of cbor2's own ever runs."""

    def __contains__(self, _tag: object) -> bool:
        return True

    def __missing__(self, _tag: int) -> Callable[[object, object], NoReturn]:
        return _refuse_tag

    def get(self, _tag: int, _default: object = None) -> Callable[[object, object], NoReturn]:
        return _refuse_tag


_NO_TAGS: Final = _NoTags()
