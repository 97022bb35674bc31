"""Signed statements: one shape of COSE_Sign1, made and read strictly.

Rules
- Tag 18; protected {1: alg, 3: content type, 4: kid, 15: {1: iss, 2: sub, 6: iat}}; unprotected {}; payload present.
- A payload that is a digest (hash envelope) has {258: -16 (SHA-256), 259: content type of the preimage} in place of 3.
- `kid` is the RFC 9679 thumbprint of the key that signed; `verify` refuses another key before it checks the signature.
- The id of a statement is the SHA-256 of its Sig_structure: the COSE bytes can be altered and still verify.
- At most 65,535 bytes. Deterministic CBOR throughout. Which algorithms are written and read: `algorithms`.

Source: RFC 9052 §4.2, §4.4; RFC 9597 and RFC 8392 (header 15); RFC 9679; RFC 9995 (258, 259; it forbids 3 beside them).
Left out: other COSE messages, detached payloads, countersignatures, receipts, header 260 (location), private keys.
"""

import hashlib
from dataclasses import dataclass
from enum import Enum
from typing import Final, assert_never

from troth.errors import BadCbor, BadCose, TooLarge, UnknownAlgorithm
from troth.names import StatementId
from troth.signing import cbor
from troth.signing.algorithms import (
    ALGORITHMS,
    ED25519,
    EDDSA,
    ES256,
    ESP256,
    ML_DSA_44,
    Algorithm,
    KeyKind,
    PublicKey,
    Signer,
)

__all__ = [
    "ALGORITHMS",
    "ED25519",
    "EDDSA",
    "ES256",
    "ESP256",
    "MAX_STATEMENT_BYTES",
    "ML_DSA_44",
    "SALT_BYTES",
    "Algorithm",
    "Headers",
    "KeyKind",
    "PayloadForm",
    "PublicKey",
    "Signed",
    "Signer",
    "envelope_digest",
    "envelope_preimage",
    "open_envelope",
    "parse",
    "sign",
    "verify",
]

MAX_STATEMENT_BYTES: Final = 65_535  # C2SP tlog-tiles: an entry's length is a uint16
MAX_NAME_CHARS: Final = 512  # issuer and subject; as for a URI in names
MAX_TYPE_CHARS: Final = 127  # RFC 6838 §4.2: a media type name and a subtype name
SALT_BYTES: Final = 16  # formats.md, hash envelope and traces
DIGEST_BYTES: Final = 32
MAX_IAT_S: Final = 253_402_300_799  # the last second of the year 9999

_TAG_SIGN1: Final = b"\xd2"  # CBOR tag 18
_ALG: Final = 1
_CONTENT_TYPE: Final = 3
_KID: Final = 4
_CWT: Final = 15
_HASH_ALG: Final = 258
_PREIMAGE_TYPE: Final = 259
_SHA_256: Final = -16
_ISS: Final = 1
_SUB: Final = 2
_IAT: Final = 6


class PayloadForm(Enum):
    """How a payload stands in its statement: as itself, or as the SHA-256 of a preimage kept elsewhere (RFC 9995)."""

    INLINE = "inline"
    DIGEST = "digest"


@dataclass(frozen=True, slots=True)
class Headers:
    """The protected headers. `content_type` is the payload's, or the preimage's where `form` is DIGEST."""

    alg: Algorithm
    content_type: str
    kid: bytes
    issuer: str
    subject: str
    issued_at_s: int
    form: PayloadForm = PayloadForm.INLINE


@dataclass(frozen=True, slots=True)
class Signed:
    """A COSE_Sign1 that has the right shape. That it verifies is another question: `verify`."""

    data: bytes
    headers: Headers
    payload: bytes
    signature: bytes
    sig_structure: bytes
    id: StatementId


def parse(data: bytes) -> Signed:
    """Read a statement without checking its signature.

    Raises:
        BadCose: not a COSE_Sign1 of exactly this shape.
        TooLarge: more than 65,535 bytes.
    """
    if len(data) > MAX_STATEMENT_BYTES:
        raise TooLarge("a statement has at most 65,535 bytes")
    if data[:1] != _TAG_SIGN1:
        raise BadCose("a statement begins with CBOR tag 18 (COSE_Sign1)")
    try:
        parts = cbor.decode(data[1:])
        if not isinstance(parts, list) or len(parts) != 4:
            raise BadCose("a COSE_Sign1 has four parts")
        protected, unprotected, payload, signature = parts
        if unprotected != {} or not isinstance(unprotected, dict):
            raise BadCose("a statement has no unprotected headers")
        if not isinstance(protected, bytes) or not isinstance(payload, bytes) or not isinstance(signature, bytes):
            raise BadCose("protected headers, payload and signature are byte strings")
        headers = _read_headers(cbor.decode_map(protected))
        if _write_headers(headers) != protected:  # 258: -16.0 equals -16 in Python and is another header
            raise BadCose("the protected headers are not in the form that Troth writes")
    except BadCbor as cause:
        raise BadCose("a statement is deterministic CBOR") from cause
    if len(signature) != headers.alg.signature_bytes:
        raise BadCose("a signature of the wrong length")
    if headers.form is PayloadForm.DIGEST and len(payload) != DIGEST_BYTES:
        raise BadCose("the payload of a hash envelope is a SHA-256")
    structure = _sig_structure(protected, payload)
    return Signed(data, headers, payload, signature, structure, StatementId(hashlib.sha256(structure).digest()))


def sign(
    signer: Signer,
    payload: bytes,
    *,
    content_type: str,
    issuer: str,
    subject: str,
    issued_at_s: int,
    form: PayloadForm = PayloadForm.INLINE,
) -> Signed:
    """Make a statement. With `form` DIGEST the payload is `envelope_digest` of a preimage that the caller keeps.

    Raises:
        BadCose: a header that `parse` would not read back.
        TooLarge: the statement would have more than 65,535 bytes.
    """
    key = signer.public
    headers = Headers(key.alg, content_type, key.thumbprint, issuer, subject, issued_at_s, form)
    protected = _write_headers(headers)
    structure = _sig_structure(protected, payload)
    return parse(_TAG_SIGN1 + cbor.encode([protected, {}, payload, signer.sign(structure)]))


def verify(signed: Signed, key: PublicKey) -> None:
    """Return if `key` is the one the statement names and its signature verifies.

    Raises:
        BadCose: another key, an algorithm that is not for this kind of key, or a signature that does not fit.
    """
    if signed.headers.alg.kind is not key.alg.kind:
        raise UnknownAlgorithm("the statement's algorithm is not for this kind of key")
    if signed.headers.kid != key.thumbprint:
        raise BadCose("the statement names another key")
    key.check(signed.signature, signed.sig_structure)


def envelope_preimage(salt: bytes, payload: bytes) -> bytes:
    """What a hash envelope hashes: deterministic CBOR [salt, payload]; the 16 random bytes die with the payload."""
    if len(salt) != SALT_BYTES:
        raise ValueError("a salt has 16 bytes")
    return cbor.encode([salt, payload])


def envelope_digest(preimage: bytes) -> bytes:
    """SHA-256 of a preimage: the payload of the statement."""
    return hashlib.sha256(preimage).digest()


def open_envelope(preimage: bytes) -> tuple[bytes, bytes]:
    """Split a preimage into salt and payload.

    Raises:
        BadCose: not what `envelope_preimage` makes.
    """
    try:
        parts = cbor.decode(preimage)
    except (BadCbor, TooLarge) as cause:
        raise BadCose("a preimage is deterministic CBOR") from cause
    match parts:
        case [bytes() as salt, bytes() as payload] if len(salt) == SALT_BYTES:
            return salt, payload
        case _:
            raise BadCose("a preimage is a salt of 16 bytes and a payload")


def _sig_structure(protected: bytes, payload: bytes) -> bytes:
    return cbor.encode(["Signature1", protected, b"", payload])  # RFC 9052 §4.4, no external data


def _write_headers(headers: Headers) -> bytes:
    cwt: dict[int, str | int] = {_ISS: headers.issuer, _SUB: headers.subject, _IAT: headers.issued_at_s}
    shared: dict[int, cbor.Encodable] = {_ALG: headers.alg.number, _KID: headers.kid, _CWT: cwt}
    match headers.form:
        case PayloadForm.INLINE:
            return cbor.encode({**shared, _CONTENT_TYPE: headers.content_type})
        case PayloadForm.DIGEST:
            return cbor.encode({**shared, _HASH_ALG: _SHA_256, _PREIMAGE_TYPE: headers.content_type})
        case unknown:
            assert_never(unknown)


def _read_headers(fields: cbor.CborMap) -> Headers:
    match fields:
        case {1: int() as alg, 3: str() as content_type, 4: bytes() as kid, 15: dict() as cwt} if len(fields) == 4:
            form = PayloadForm.INLINE
        case {1: int() as alg, 4: bytes() as kid, 15: dict() as cwt, 258: -16, 259: str() as content_type} if (
            len(fields) == 5
        ):
            form = PayloadForm.DIGEST
        case _:
            raise BadCose("the protected headers are alg, content type, kid and CWT claims, and no others")
    match cwt:
        case {1: str() as issuer, 2: str() as subject, 6: int() as issued_at_s} if len(cwt) == 3:
            pass
        case _:
            raise BadCose("the CWT claims are iss, sub and iat, and no others")
    algorithm = ALGORITHMS.get(alg)
    if algorithm is None:
        raise UnknownAlgorithm("a signature algorithm that is not known here")
    if len(kid) != DIGEST_BYTES:
        raise BadCose("kid is a thumbprint of 32 bytes")
    if (
        not _printable(content_type, MAX_TYPE_CHARS)
        or not _printable(issuer, MAX_NAME_CHARS)
        or not _printable(subject, MAX_NAME_CHARS)
    ):
        raise BadCose("content type, issuer and subject are printable ASCII without spaces")
    if isinstance(issued_at_s, bool) or not 0 <= issued_at_s <= MAX_IAT_S:
        raise BadCose("iat is in whole seconds between 1970 and 9999")
    return Headers(algorithm, content_type, kid, issuer, subject, issued_at_s, form)


def _printable(text: str, limit: int) -> bool:
    return 0 < len(text) <= limit and text.isascii() and text.isprintable() and " " not in text
