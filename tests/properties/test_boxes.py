"""Boxes and sealed day keys: what goes in comes out, under its own key only, and nothing else does anything but fail."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.errors import BadCose, Malformed
from troth.signing import cbor
from troth.signing.boxes import DayKeyInUse, Opener, open_box, seal_to

ANA = Opener.from_seed(bytes(range(32)))
ENTROPY = random.Random(7).randbytes
PARTS = st.tuples(st.binary(max_size=40), st.binary(max_size=16_384), st.binary(max_size=800))


def made() -> tuple[DayKeyInUse, bytes]:
    """A day key of Ana's in use, and its bytes as only she gets them."""
    key, sealed = DayKeyInUse.make(ANA.cose_key, day=20_000, entropy=ENTROPY)
    return key, ANA.open(sealed, key=key.id, day=20_000)


@given(PARTS)
def test_what_is_put_into_a_box_comes_out_and_its_size_is_a_class(parts: tuple[bytes, bytes, bytes]) -> None:
    key, secret = made()
    box = key.box(*parts)
    assert parts == open_box(box, secret, key=key.id, parts=3)
    size = len(box) - 28
    assert size >= 512
    assert size & (size - 1) == 0
    assert size < 2 * max(257, sum(map(len, parts)) + 12)


@given(PARTS, st.integers(0, 10_000), st.integers(0, 7))
def test_any_flipped_bit_of_a_box_is_refused(parts: tuple[bytes, bytes, bytes], at: int, bit: int) -> None:
    key, secret = made()
    box = bytearray(key.box(*parts))
    box[at % len(box)] ^= 1 << bit
    with pytest.raises(Malformed):
        open_box(bytes(box), secret, key=key.id, parts=3)


@given(st.binary(max_size=700))
def test_no_bytes_but_a_box_open_and_none_does_anything_but_fail(data: bytes) -> None:
    key, secret = made()
    with pytest.raises(Malformed):
        open_box(data, secret, key=key.id, parts=3)
    with pytest.raises(Malformed):
        ANA.open(data, key=key.id, day=20_000)


def test_a_box_opens_under_its_own_key_and_id_only() -> None:
    (one, secret), (other, other_secret) = made(), made()
    box = one.box(b"salt", b"trace")
    assert (b"salt", b"trace") == open_box(box, secret, key=one.id, parts=2)
    for wrong, id_ in ((other_secret, one.id), (secret, other.id), (other_secret, other.id)):
        with pytest.raises(Malformed):
            open_box(box, wrong, key=id_, parts=2)
    with pytest.raises(Malformed):
        open_box(box, secret, key=one.id, parts=200)  # there are not as many bytes


def test_equal_traces_are_never_equal_boxes() -> None:
    key, _ = made()
    assert 1_000 == len({key.box(b"salt", b"trace") for _ in range(1_000)})
    assert made()[0].id != key.id


@given(st.binary(max_size=60))
def test_what_is_no_ledger_key_is_sealed_nothing_to(data: bytes) -> None:
    with pytest.raises(BadCose):
        seal_to(data, bytes(32), key=bytes(16), day=0)


@pytest.mark.parametrize(
    "fields",
    [
        {1: 1, -1: 4, -2: bytes(32)},  # a point that keeps no secret
        {1: 1, -1: 4, -2: bytes(31)},
        {1: 1, -1: 6, -2: bytes(range(32))},  # Ed25519 signs
        {1: 2, -1: 4, -2: bytes(range(32))},
        {1: 1, -1: 4, -2: bytes(range(32)), 2: b"kid"},
        {1: 1, -1: 4},
    ],
)
def test_a_key_of_another_kind_is_refused(fields: dict[int, int | bytes]) -> None:
    with pytest.raises(BadCose):
        seal_to(cbor.encode(dict(fields)), bytes(32), key=bytes(16), day=0)
