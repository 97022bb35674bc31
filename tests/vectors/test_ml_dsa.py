"""ML-DSA-44 as COSE has it: numbers, key and thumbprint of RFC 9964, and what a second suite must not let through."""

import pytest

from tests.vectors.made_signing import seed_of
from troth.errors import BadCose
from troth.names import ckt_uri
from troth.signing import cbor
from troth.signing.cose import ML_DSA_44, KeyKind, PublicKey, Signed, Signer, parse, sign, verify
from troth.signing.keys import Ed25519Signer, MlDsa44Signer, fresh, signer_of

# RFC 9964, appendix A.2: the key made of 32 zero bytes, by its thumbprint over kty (7), alg (-48) and pub.
ZEROS = "b8969ab4b37da9f0684e42647eb8a0be8b5b661ebf5d76f0583bf5b8d3a8059a"
ED, ML = Ed25519Signer.from_seed(seed_of("ed")), MlDsa44Signer.from_seed(seed_of("ml"))


def signed_by(signer: Signer) -> Signed:
    return sign(signer, b"\xa0", content_type="a/b", issuer="urn:i", subject="urn:s", issued_at_s=1)


def headers_of(signer: Signer, alg: int) -> bytes:
    return cbor.encode({1: alg, 3: "a/b", 4: signer.public.thumbprint, 15: {1: "urn:i", 2: "urn:s", 6: 1}})


def test_the_key_of_the_rfc_is_named_as_the_rfc_names_it() -> None:
    key = MlDsa44Signer.from_seed(bytes(32)).public
    assert ZEROS == key.thumbprint.hex()
    assert {1: 7, 3: -48, -1: key.raw} == cbor.decode_map(key.cose_key)
    assert key == PublicKey.from_cose_key(key.cose_key)
    assert (-48, 2_420, 1_312) == (ML_DSA_44.number, ML_DSA_44.signature_bytes, len(key.raw))


def test_what_is_signed_verifies_and_its_id_does_not_depend_on_the_signature() -> None:
    one, other = signed_by(ML), signed_by(ML)
    for each in (one, other):
        verify(parse(each.data), ML.public)
    assert one.signature != other.signature
    assert one.id == other.id


@pytest.mark.parametrize("at", [0, 1_000, 2_419])
def test_a_changed_byte_of_the_signature_is_refused(at: int) -> None:
    data = bytearray(signed_by(ML).data)
    data[len(data) - 2_420 + at] ^= 1
    with pytest.raises(BadCose):
        verify(parse(bytes(data)), ML.public)


@pytest.mark.parametrize(("signer", "alg"), [(ML, -8), (ML, -7), (ED, -48), (ML, -49)])
def test_a_signature_under_the_number_of_another_suite_is_refused(signer: Signer, alg: int) -> None:
    protected = headers_of(signer, alg)
    signature = signer.sign(cbor.encode(["Signature1", protected, b"", b"\xa0"]))
    with pytest.raises(BadCose):
        verify(parse(b"\xd2" + cbor.encode([protected, {}, b"\xa0", signature])), signer.public)


@pytest.mark.parametrize(
    "fields",
    [
        {1: 7, -1: bytes(1_312)},
        {1: 7, 3: -48, -1: bytes(1_311)},
        {1: 7, 3: -49, -1: bytes(1_312)},
        {1: 1, 3: -48, -1: bytes(1_312)},
        {1: 7, 3: -48, -1: bytes(1_312), -2: bytes(32)},
        {1: 7, 3: -8, -1: bytes(32)},
    ],
)
def test_what_is_no_key_of_its_kind_is_refused(fields: dict[int, cbor.Encodable]) -> None:
    with pytest.raises(BadCose):
        PublicKey.from_cose_key(cbor.encode(fields))


def test_a_store_makes_both_kinds_from_their_seeds() -> None:
    made = signer_of(fresh(KeyKind.ML_DSA_44, bytes))
    assert ckt_uri(made.public.thumbprint).endswith("uJaatLN9qfBoTkJkfrigvotbZh6_XXbwWDv1uNOoBZo")
    assert ED.public == signer_of(fresh(KeyKind.ED25519, lambda _: seed_of("ed"))).public
