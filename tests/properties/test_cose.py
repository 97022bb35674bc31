"""Statements: any bytes give a value or a refusal, and any byte flipped breaks what was signed."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.vectors.made_signing import P256Signer, seed_of
from troth.errors import BadCose, Malformed, TooLarge
from troth.signing import cbor
from troth.signing.cose import (
    ED25519,
    EDDSA,
    ES256,
    ESP256,
    MAX_STATEMENT_BYTES,
    Algorithm,
    PayloadForm,
    PublicKey,
    Signed,
    Signer,
    envelope_digest,
    envelope_preimage,
    parse,
    sign,
    verify,
)
from troth.signing.keys import Ed25519Signer

ED = Ed25519Signer.from_seed(seed_of("ed"))
EC = P256Signer("ec")
signers = st.sampled_from((ED, EC))
printable = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=60)
payloads = st.binary(max_size=300)


def signed_by(signer: Signer, payload: bytes = b"\xa0") -> Signed:
    return sign(signer, payload, content_type="a/b", issuer="urn:i", subject="urn:s", issued_at_s=1)


def built(signer: Signer, headers: cbor.Encodable, *, unprotected: cbor.Encodable = None) -> bytes:
    """A statement with any headers, truly signed."""
    protected = cbor.encode(headers)
    signature = signer.sign(cbor.encode(["Signature1", protected, b"", b"\xa0"]))
    outer = {} if unprotected is None else unprotected
    return b"\xd2" + cbor.encode([protected, outer, b"\xa0", signature])


def headers_of(signer: Signer) -> dict[int, cbor.Encodable]:
    cwt: dict[int, cbor.Encodable] = {1: "urn:i", 2: "urn:s", 6: 1}
    return {1: signer.public.alg.number, 3: "a/b", 4: signer.public.thumbprint, 15: cwt}


@given(signers, payloads, printable, printable, printable, st.integers(0, 253_402_300_799))
def test_what_is_signed_reads_back_and_verifies(
    signer: Signer, payload: bytes, kind: str, issuer: str, subject: str, iat: int
) -> None:
    signed = sign(signer, payload, content_type=kind, issuer=issuer, subject=subject, issued_at_s=iat)
    assert signed == parse(signed.data)
    verify(signed, signer.public)
    assert (payload, kind, issuer, subject, iat) == (
        signed.payload,
        signed.headers.content_type,
        signed.headers.issuer,
        signed.headers.subject,
        signed.headers.issued_at_s,
    )
    assert signed.id == hashlib.sha256(signed.sig_structure).digest()


@given(signers, payloads, st.data())
def test_any_byte_flipped_breaks_the_statement(signer: Signer, payload: bytes, data: st.DataObject) -> None:
    whole = bytearray(signed_by(signer, payload).data)
    whole[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(Malformed):
        verify(parse(bytes(whole)), signer.public)


def test_every_bit_of_one_statement_counts() -> None:
    whole = signed_by(ED).data
    for at in range(len(whole) * 8):
        turned = bytearray(whole)
        turned[at // 8] ^= 1 << at % 8
        with pytest.raises(Malformed):
            verify(parse(bytes(turned)), ED.public)


@given(st.binary(max_size=300) | st.binary(max_size=300).map(lambda data: b"\xd2\x84" + data))
def test_any_bytes_give_a_statement_or_a_refusal(data: bytes) -> None:
    try:
        signed = parse(data)
    except Malformed:
        return
    assert data == signed.data


@given(st.binary(max_size=120))
def test_any_bytes_give_a_key_or_a_refusal(data: bytes) -> None:
    try:
        key = PublicKey.from_cose_key(data)
    except Malformed:
        return
    assert data == key.cose_key


def test_another_key_does_not_verify_even_under_the_same_headers() -> None:
    other = Ed25519Signer.from_seed(seed_of("other"))
    with pytest.raises(BadCose, match="another key"):
        verify(signed_by(ED), other.public)
    with pytest.raises(BadCose, match="not for this kind"):
        verify(signed_by(ED), EC.public)


def test_a_statement_that_names_a_key_and_is_signed_by_another_does_not_verify() -> None:
    forged = parse(built(EC, headers_of(EC) | {4: ED.public.thumbprint, 1: EDDSA.number}))
    with pytest.raises(BadCose, match="does not verify"):
        verify(forged, ED.public)


@pytest.mark.parametrize(("signer", "alg"), [(ED, ED25519), (EC, ESP256)])
def test_the_fully_specified_numbers_are_read_as_well(signer: Signer, alg: Algorithm) -> None:
    signed = parse(built(signer, headers_of(signer) | {1: alg.number}))
    verify(signed, signer.public)
    assert alg == signed.headers.alg


@pytest.mark.parametrize("number", [-7, -9])
def test_an_algorithm_for_another_kind_of_key_is_refused(number: int) -> None:
    with pytest.raises(BadCose, match="not for this kind"):
        verify(parse(built(ED, headers_of(ED) | {1: number})), ED.public)


FINE = headers_of(ED)
CWT: dict[int, cbor.Encodable] = {1: "urn:i", 2: "urn:s", 6: 1}
ENVELOPE: dict[int, cbor.Encodable] = {1: -8, 4: ED.public.thumbprint, 15: CWT, 258: -16, 259: "a/b"}


@pytest.mark.parametrize(
    "headers",
    [
        {key: item for key, item in FINE.items() if key != 1},
        {key: item for key, item in FINE.items() if key != 3},
        {key: item for key, item in FINE.items() if key != 4},
        {key: item for key, item in FINE.items() if key != 15},
        FINE | {2: [3]},
        FINE | {16: "a/b"},
        FINE | {258: -16},
        FINE | {1: -35},
        FINE | {1: "EdDSA"},
        FINE | {1: True},
        FINE | {3: 60},
        FINE | {3: ""},
        FINE | {3: "a b"},
        FINE | {3: "a" * 128},
        FINE | {4: b"short"},
        FINE | {4: "text"},
        FINE | {15: {1: "urn:i", 2: "urn:s"}},
        FINE | {15: {1: "urn:i", 6: 1}},
        FINE | {15: {2: "urn:s", 6: 1}},
        FINE | {15: CWT | {5: 1}},
        FINE | {15: CWT | {1: ""}},
        FINE | {15: CWT | {1: "ü"}},
        FINE | {15: CWT | {2: "a\nb"}},
        FINE | {15: CWT | {2: "a" * 513}},
        FINE | {15: CWT | {6: -1}},
        FINE | {15: CWT | {6: 1.0}},
        FINE | {15: CWT | {6: True}},
        FINE | {15: CWT | {6: 253_402_300_800}},
        FINE | {15: []},
        ENVELOPE,  # its payload is not 32 bytes
        ENVELOPE | {258: -43},
        ENVELOPE | {258: -16.0},
        ENVELOPE | {3: "a/b"},
        ENVELOPE | {260: "https://example.org"},
        [],
        {},
    ],
)
def test_other_protected_headers_are_refused(headers: cbor.Encodable) -> None:
    with pytest.raises(BadCose):
        parse(built(ED, headers))


@pytest.mark.parametrize("unprotected", [{4: b"x"}, {"a": 1}, [], 0, b""])
def test_unprotected_headers_are_refused(unprotected: cbor.Encodable) -> None:
    with pytest.raises(BadCose):
        parse(built(ED, FINE, unprotected=unprotected))


def test_other_shapes_of_the_same_message_are_refused() -> None:
    whole = signed_by(ED).data
    for other in (whole[1:], b"\xd8\x12" + whole[1:], b"\xd3" + whole[1:], whole + b"\x00", b"", b"\xd2", b"\xd2\x80"):
        with pytest.raises(BadCose):
            parse(other)
    protected, _, payload, signature = parts_of(whole)
    others: tuple[cbor.Encodable, ...] = (
        [protected, {}, None, signature],
        [protected, {}, payload],
        [protected, {}, payload, signature, b""],
        [protected, {}, payload, signature[:-1]],
        [protected, {}, "text", signature],
    )
    for parts in others:
        with pytest.raises(BadCose):
            parse(b"\xd2" + cbor.encode(parts))


def parts_of(whole: bytes) -> tuple[bytes, object, bytes, bytes]:
    match cbor.decode(whole[1:]):
        case [bytes() as protected, unprotected, bytes() as payload, bytes() as signature]:
            return protected, unprotected, payload, signature
    raise AssertionError


def test_a_statement_too_long_for_an_entry_is_neither_made_nor_read() -> None:
    room = MAX_STATEMENT_BYTES - len(signed_by(ED, bytes(60_000)).data) + 60_000
    fits = signed_by(ED, bytes(room))
    assert MAX_STATEMENT_BYTES == len(fits.data)
    with pytest.raises(TooLarge):
        signed_by(ED, bytes(room + 1))
    with pytest.raises(TooLarge):
        parse(fits.data + b"\x00")


@given(st.binary(min_size=16, max_size=16), payloads)
def test_a_hash_envelope_carries_the_digest_only(salt: bytes, payload: bytes) -> None:
    digest = envelope_digest(envelope_preimage(salt, payload))
    signed = sign(
        ED, digest, content_type="a/b", issuer="urn:i", subject="urn:s", issued_at_s=1, form=PayloadForm.DIGEST
    )
    assert (PayloadForm.DIGEST, digest) == (signed.headers.form, signed.payload)
    verify(parse(signed.data), ED.public)


@pytest.mark.parametrize(
    ("alg", "raw"),
    [
        (EDDSA, b""),
        (EDDSA, bytes(31)),
        (EDDSA, bytes(32)),
        (EDDSA, b"\x01" + bytes(31)),
        (EDDSA, b"\x01" + bytes(30) + b"\x80"),
        (EDDSA, b"\xed" + b"\xff" * 30 + b"\x7f"),
        (ES256, bytes(64)),
        (ES256, b"\x01" * 64),
        (ES256, b"\x04" * 65),
    ],
)
def test_what_is_no_usable_key_is_refused(alg: Algorithm, raw: bytes) -> None:
    with pytest.raises(BadCose):
        PublicKey(alg, raw)


def test_a_key_of_order_one_would_sign_anything_and_is_therefore_none() -> None:
    with pytest.raises(BadCose, match="small order"):
        PublicKey.from_cose_key(cbor.encode({1: 1, -1: 6, -2: b"\x01" + bytes(31)}))


@pytest.mark.parametrize(
    "fields",
    [
        {1: 1, -1: 6, -2: ED.public.raw, 3: -8},
        {1: 1, -1: 6, -2: ED.public.raw, -4: bytes(32)},
        {1: 1, -1: 6},
        {1: 1, -1: 7, -2: ED.public.raw},
        {1: 2, -1: 1, -2: EC.public.raw[:32]},
        {1: 2, -1: 1, -2: EC.public.raw[:32], -3: True},
        {1: 2, -1: 1, -2: EC.public.raw},
        {1: 2, -1: 1, -3: EC.public.raw},
        {1: 3, -1: 1, -2: EC.public.raw[:32], -3: EC.public.raw[32:]},
        {1: 1.0, -1: 6, -2: ED.public.raw},
    ],
)
def test_another_form_of_a_key_is_refused(fields: dict[int, cbor.Encodable]) -> None:
    with pytest.raises(BadCose):
        PublicKey.from_cose_key(cbor.encode(fields))
