"""Deterministic CBOR: any bytes give a value or BadCbor, and a value has one encoding."""

import math
import struct
from contextlib import suppress

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.errors import BadCbor, TooLarge
from troth.signing import cbor

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(1 << 64), (1 << 64) - 1),
    st.floats(allow_nan=False),
    st.binary(max_size=40),
    st.text(max_size=40),
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=8) | st.integers(-300, 300), inner),
    max_leaves=20,
)


def same(one: object, other: object) -> bool:
    """Equal in value and type all the way down (1, 1.0 and True are three values; so are 0.0 and -0.0)."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, float) and isinstance(other, float):
        return one == other and math.copysign(1, one) == math.copysign(1, other)
    return type(one) is type(other) and one == other


@given(values)
def test_what_is_written_is_read_back(value: cbor.CborValue) -> None:
    data = cbor.encode(value)
    assert same(value, cbor.decode(data))
    assert same(value, cbor2.loads(data))


def written_out(value: object) -> bytes:
    """The encoding by the letter of RFC 8949, one value after the other, nothing shared with the program."""

    def head(major: int, number: int) -> bytes:
        if number < 24:
            return bytes((major << 5 | number,))
        size = next(size for size in (1, 2, 4, 8) if number < 1 << 8 * size)
        return bytes((major << 5 | 24 + size.bit_length() - 1,)) + number.to_bytes(size)

    if value is None or isinstance(value, bool):
        return {None: b"\xf6", True: b"\xf5", False: b"\xf4"}[value]
    if isinstance(value, int):
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        return head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return head(4, len(value)) + b"".join(map(written_out, value))
    if isinstance(value, dict):
        pairs = sorted((written_out(key), written_out(item)) for key, item in value.items())
        return head(5, len(value)) + b"".join(key + item for key, item in pairs)
    assert isinstance(value, float)
    sizes = ((b"\xf9", ">e"), (b"\xfa", ">f"), (b"\xfb", ">d"))
    for first, layout in sizes:
        with suppress(OverflowError):
            if struct.unpack(layout, struct.pack(layout, value))[0] == value:
                return first + struct.pack(layout, value)
    raise AssertionError(value)


@given(values)
def test_every_value_is_written_by_the_letter(value: cbor.CborValue) -> None:
    assert written_out(value) == cbor.encode(value)


@given(values)
def test_the_order_of_keys_in_memory_does_not_show(value: cbor.CborValue) -> None:
    def turned(each: cbor.CborValue) -> cbor.CborValue:
        if isinstance(each, dict):
            return {key: turned(item) for key, item in reversed(each.items())}
        return [turned(item) for item in each] if isinstance(each, list) else each

    assert cbor.encode(value) == cbor.encode(turned(value))


@given(st.binary(max_size=200))
def test_any_bytes_give_a_value_or_a_refusal(data: bytes) -> None:
    try:
        value = cbor.decode(data)
    except BadCbor:
        return
    assert data == cbor.encode(value)


@given(values, st.data())
def test_one_changed_byte_gives_another_value_or_a_refusal(value: cbor.CborValue, data: st.DataObject) -> None:
    encoded = cbor.encode(value)
    at = data.draw(st.integers(0, len(encoded) - 1))
    changed = bytearray(encoded)
    changed[at] ^= data.draw(st.integers(1, 255))
    try:
        other = cbor.decode(bytes(changed))
    except BadCbor:
        return
    assert not same(value, other)


@given(values)
def test_the_library_s_own_loose_encodings_are_refused_where_they_differ(value: cbor.CborValue) -> None:
    loose = cbor2.dumps(value)
    if loose == cbor.encode(value):
        assert same(value, cbor.decode(loose))
    else:
        with pytest.raises(BadCbor):
            cbor.decode(loose)


@pytest.mark.parametrize(
    "value",
    [float("nan"), 1 << 64, -(1 << 64) - 1, "\ud800", {1.5: 0}, {True: 0}, {b"a": 0}, {None: 0}, {1, 2}, object()],
)
def test_what_the_formats_do_not_use_is_not_written(value: object) -> None:
    with pytest.raises(BadCbor):
        cbor.encode(value)  # type: ignore[arg-type]  # the point: a caller that does not check its types


@pytest.mark.parametrize(
    "tag", [0, 1, 2, 3, 4, 5, 24, 25, 28, 29, 30, 35, 36, 37, 100, 256, 258, 260, 261, 1004, 55799]
)
def test_no_tag_is_ever_interpreted(tag: int) -> None:
    for inner in ("(a+)+$", b"\x01", [1, 2], 0):
        with pytest.raises(BadCbor):
            cbor.decode(cbor2.dumps(cbor2.CBORTag(tag, inner)))


def test_more_than_is_ever_read_is_not_looked_at() -> None:
    with pytest.raises(TooLarge):
        cbor.decode(b"\x00" * (cbor.MAX_INPUT_BYTES + 1))


@given(st.binary(max_size=30))
def test_a_map_is_asked_for_and_nothing_else_is_taken(data: bytes) -> None:
    try:
        fields = cbor.decode_map(data)
    except BadCbor:
        return
    assert data == cbor.encode(fields)
