"""Vectors of deterministic CBOR, keys, statements and hash envelopes."""

import hashlib
import json
from collections.abc import Mapping
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from troth.names import ckt_uri
from troth.signing import cbor
from troth.signing.cose import (
    ES256,
    PayloadForm,
    PublicKey,
    Signed,
    Signer,
    envelope_digest,
    envelope_preimage,
    sign,
)
from troth.signing.keys import Ed25519Signer

MIXED: Final[Mapping[str | int, cbor.Encodable]] = {
    1: "a", -1: "b", "a": 1, "b": 2, "aa": 3, 10: 4, 100: 5, -100: 6
}  # fmt: skip
ACCEPTED: Final[tuple[cbor.Encodable, ...]] = (
    0, 23, 24, 255, 256, 65_535, 65_536, (1 << 32) - 1, 1 << 32, (1 << 64) - 1, -1, -24, -25, -256, -257, -(1 << 64),
    0.0, -0.0, 1.0, 1.5, 65_504.0, 65_505.0, 5.960464477539063e-08, 1e-08, 3.4028234663852886e38, 1.1, 1e300,
    float("inf"), float("-inf"), b"", b"\x00" * 24, "", "ü", "\U0001f4a1", True, False, None,
    [], [1, [2, [3]]], {}, MIXED,
)  # fmt: skip
REFUSED: Final = {
    "1800": "a head longer than it needs to be",
    "190001": "a head longer than it needs to be",
    "1a00000001": "a head longer than it needs to be",
    "1b0000000000000001": "a head longer than it needs to be",
    "3800": "a head longer than it needs to be",
    "5800": "a length longer than it needs to be",
    "fa3f800000": "a float longer than it needs to be",
    "fb3ff0000000000000": "a float longer than it needs to be",
    "f97e00": "NaN",
    "fb7ff8000000000001": "NaN",
    "f7": "undefined",
    "f0": "a simple value",
    "f8ff": "a simple value",
    "f818": "a simple value in two bytes below 32",
    "5f4100ff": "an indefinite length",
    "7f6161ff": "an indefinite length",
    "9f00ff": "an indefinite length",
    "bf0000ff": "an indefinite length",
    "ff": "a break alone",
    "c000": "a tag",
    "c249010000000000000000": "a big integer",
    "d81c80": "a shareable value",
    "d9d9f700": "self-described CBOR",
    "a2616200616100": "keys out of order",
    "a2200000": "a map cut short",
    "a220000000": "keys out of order",
    "a2000000": "a map cut short",
    "a200000000": "a key twice",
    "a14000": "a key of bytes",
    "a18000": "a key that is an array",
    "a1f500": "a key that is a boolean",
    "a1f9000000": "a key that is a float",
    "61ff": "text that is not UTF-8",
    "63eda080": "half of a surrogate pair",
    "": "nothing",
    "0000": "something behind the value",
    "82": "an array cut short",
    "9bffffffffffffffff": "an array of more than there can be",
    "5b7fffffffffffffff": "bytes of more than there can be",
    "81" * 17 + "00": "arrays nested 17 deep",
    "1c": "a reserved head",
    "fc": "a reserved head",
}


def seed_of(name: str) -> bytes:
    """32 bytes that belong to a name; known to everybody, good for nothing but vectors."""
    return hashlib.sha256(b"troth vectors: " + name.encode()).digest()


class P256Signer:
    """ES256 with a nonce that depends on key and data only (RFC 6979), so that vectors stay the same."""

    def __init__(self, name: str) -> None:
        self._private = ec.derive_private_key(int.from_bytes(seed_of(name)), ec.SECP256R1())
        numbers = self._private.public_key().public_numbers()
        self._public = PublicKey(ES256, numbers.x.to_bytes(32) + numbers.y.to_bytes(32))

    @property
    def public(self) -> PublicKey:
        return self._public

    def sign(self, data: bytes) -> bytes:
        r, s = decode_dss_signature(self._private.sign(data, ec.ECDSA(SHA256(), deterministic_signing=True)))
        return r.to_bytes(32) + s.to_bytes(32)


def as_json(value: object) -> bytes:
    """One spelling of a vector file."""
    return (json.dumps(value, indent=1, ensure_ascii=True) + "\n").encode()


def key_of(signer: Signer) -> dict[str, object]:
    key = signer.public
    return {
        "alg": key.alg.number,
        "cose_key": key.cose_key.hex(),
        "thumbprint": key.thumbprint.hex(),
        "uri": ckt_uri(key.thumbprint),
    }


def statement(name: str, signer: Signer, payload: bytes, *, form: PayloadForm = PayloadForm.INLINE) -> Signed:
    return sign(
        signer,
        payload,
        content_type=f"application/vnd.troth.{name}.v1+cbor",
        issuer=str(ckt_uri(signer.public.thumbprint)),
        subject="https://example.org/things/water-meter",
        issued_at_s=1_767_225_600,
        form=form,
    )


def statement_of(name: str, signed: Signed, key: str) -> dict[str, object]:
    return {
        "name": name,
        "key": key,
        "content_type": signed.headers.content_type,
        "issuer": signed.headers.issuer,
        "subject": signed.headers.subject,
        "issued_at_s": signed.headers.issued_at_s,
        "form": signed.headers.form.value,
        "payload": signed.payload.hex(),
        "sig_structure": signed.sig_structure.hex(),
        "id": signed.id.hex(),
        "statement": signed.data.hex(),
    }


def build() -> Mapping[str, bytes]:
    """cbor.json and statements.json."""
    ed25519, p256 = Ed25519Signer.from_seed(seed_of("operator")), P256Signer("receipts")
    payload = cbor.encode({"made_ns": 1_767_225_600_000_000_000, "name": "Water meter", "share": 0.5})
    preimage = envelope_preimage(seed_of("salt")[:16], payload)
    enveloped = statement("disclosure", ed25519, envelope_digest(preimage), form=PayloadForm.DIGEST)
    return {
        "cbor.json": as_json(
            {
                "accepted": [{"value": repr(value), "hex": cbor.encode(value).hex()} for value in ACCEPTED],
                "refused": [{"hex": data, "why": why} for data, why in REFUSED.items()],
            }
        ),
        "statements.json": as_json(
            {
                "keys": {"ed25519": key_of(ed25519), "p256": key_of(p256)},
                "statements": [
                    statement_of("inline, EdDSA", statement("passport", ed25519, payload), "ed25519"),
                    statement_of("inline, ES256", statement("passport", p256, payload), "p256"),
                    {**statement_of("hash envelope", enveloped, "ed25519"), "preimage": preimage.hex()},
                ],
            }
        ),
    }
