"""Which signature algorithms are known, and what a public key is.

Rules
- Algorithms are rows of `ALGORITHMS`, and kinds of key are rows of `KeyKind`: another suite is another row in each, and one
  case in `check`.
- Written: -8 (Ed25519 keys only), -7 (P-256) and -48 (ML-DSA-44, with an empty context). Read as well: -19 and -9, the fully
  specified twins of the first two.
- Holding a PublicKey means holding a usable one: length, curve and order are checked when it is made.
- A key is named by its RFC 9679 thumbprint, the SHA-256 of its COSE_Key with the required parameters only.

Source: IANA "COSE Algorithms"; RFC 9053 §2, §7; RFC 9864 §2; RFC 9679 §3-4; RFC 8032 §5.1; RFC 9964 and FIPS 204
(ML-DSA; key type 7, AKP, whose thumbprint is over kty, alg and pub).
Left out: private keys (`keys`), key ids other than thumbprints, COSE_Key parameters that are not required.
"""

import hashlib
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Final, Protocol, assert_never

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from troth.errors import BadCbor, BadCose, TooLarge
from troth.signing import cbor

__all__ = [
    "ALGORITHMS",
    "ED25519",
    "EDDSA",
    "ES256",
    "ESP256",
    "ML_DSA_44",
    "Algorithm",
    "KeyKind",
    "KeyShape",
    "PublicKey",
    "Signer",
]


@dataclass(frozen=True, slots=True)
class KeyShape:
    """How a public key of a kind is written as a COSE_Key.

    Args:
        kty: the COSE key type, under label 1.
        fixed: label and value of the parameter that says which curve (label -1) or algorithm (label 3) it is.
        parts: label and bytes of each part of the key itself, in order.
    """

    kty: int
    fixed: tuple[int, int]
    parts: tuple[tuple[int, int], ...]

    @property
    def raw_bytes(self) -> int:
        """Bytes of all parts together."""
        return sum(size for _, size in self.parts)


class KeyKind(Enum):
    """The kinds of key (RFC 9053 §7; RFC 9964 for AKP)."""

    ED25519 = KeyShape(1, (-1, 6), ((-2, 32),))
    P256 = KeyShape(2, (-1, 1), ((-2, 32), (-3, 32)))
    ML_DSA_44 = KeyShape(7, (3, -48), ((-1, 1_312),))


@dataclass(frozen=True, slots=True)
class Algorithm:
    """A row of the registry: COSE number, name, the only kind of key it goes with, and whether Troth signs with it."""

    number: int
    name: str
    kind: KeyKind
    signature_bytes: int
    written: bool


EDDSA: Final = Algorithm(-8, "EdDSA", KeyKind.ED25519, 64, written=True)
ES256: Final = Algorithm(-7, "ES256", KeyKind.P256, 64, written=True)
ED25519: Final = Algorithm(-19, "Ed25519", KeyKind.ED25519, 64, written=False)
ESP256: Final = Algorithm(-9, "ESP256", KeyKind.P256, 64, written=False)
ML_DSA_44: Final = Algorithm(-48, "ML-DSA-44", KeyKind.ML_DSA_44, 2_420, written=True)
ALGORITHMS: Final = MappingProxyType({row.number: row for row in (EDDSA, ES256, ED25519, ESP256, ML_DSA_44)})

_WRITTEN: Final = MappingProxyType({row.kind: row for row in ALGORITHMS.values() if row.written})
# Points of order 1, 2, 4 and 8 on edwards25519, sign bit cleared, with their non-canonical forms (RFC 8032 §5.1.3 says
# how they decode). Under such a key one signature can fit many messages, so none of them may stand for anybody.
_SMALL_ORDER: Final = frozenset(
    bytes.fromhex(point)
    for point in (
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    )
)


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key; `alg` is what it signs with. `raw`: 32 bytes (Ed25519), x and y of 32 each (P-256), 1,312 (ML-DSA-44).

    `cose_key` is the deterministic COSE_Key with the required parameters only, and `thumbprint` its SHA-256 (RFC 9679 §3, 32
    bytes). Both follow from the rest and are made once: every statement that is checked asks for them.

    Raises:
        BadCose: the length is wrong, the point is not on the curve, or it is one of small order.
    """

    alg: Algorithm
    raw: bytes
    cose_key: bytes = field(init=False, repr=False, compare=False)
    thumbprint: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Refuse what is not a key; done once, so that holding a PublicKey means holding a usable one."""
        if len(self.raw) != self.alg.kind.value.raw_bytes:
            raise BadCose("a public key of the wrong length")
        match self.alg.kind:
            case KeyKind.ED25519:
                if self.raw[:31] + bytes((self.raw[31] & 0x7F,)) in _SMALL_ORDER:
                    raise BadCose("a public key of small order, under which a signature means nothing")
            case KeyKind.P256:
                _p256(self.raw)
            case KeyKind.ML_DSA_44:  # every string of that length is a key (FIPS 204, pkDecode)
                pass
            case unknown:
                assert_never(unknown)
        shape = self.alg.kind.value
        fields: dict[int, cbor.Encodable] = {1: shape.kty, shape.fixed[0]: shape.fixed[1]}
        at = 0
        for label, size in shape.parts:
            fields[label] = self.raw[at : at + size]
            at += size
        object.__setattr__(self, "cose_key", cbor.encode(fields))
        object.__setattr__(self, "thumbprint", hashlib.sha256(self.cose_key).digest())

    @classmethod
    def from_cose_key(cls, data: bytes) -> "PublicKey":
        """Read what `cose_key` returns.

        Raises:
            BadCose: another kind of key, other parameters, or bytes that are no key.
        """
        try:
            fields = cbor.decode_map(data)
        except (BadCbor, TooLarge) as cause:
            raise BadCose("a key is a COSE_Key in deterministic CBOR") from cause
        for kind, alg in _WRITTEN.items():
            shape = kind.value
            if (fields.get(1), fields.get(shape.fixed[0])) == (shape.kty, shape.fixed[1]):
                parts = (fields.get(label) for label, _ in shape.parts)
                key = cls(alg, b"".join(part for part in parts if isinstance(part, bytes)))
                if key.cose_key == data:
                    return key
        raise BadCose("a key here is Ed25519, P-256 or ML-DSA-44 with its required parameters and no others")

    def check(self, signature: bytes, data: bytes) -> None:
        """Return if `signature` is this key's over `data`.

        Raises:
            BadCose: it is not.
        """
        if len(signature) != self.alg.signature_bytes:
            raise BadCose("a signature of the wrong length")
        try:
            match self.alg.kind:
                case KeyKind.ED25519:
                    ed25519.Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, data)
                case KeyKind.P256:
                    pair = encode_dss_signature(int.from_bytes(signature[:32]), int.from_bytes(signature[32:]))
                    _p256(self.raw).verify(pair, data, ec.ECDSA(SHA256()))
                case KeyKind.ML_DSA_44:
                    mldsa.MLDSA44PublicKey.from_public_bytes(self.raw).verify(signature, data)
                case unknown:
                    assert_never(unknown)
        except UnsupportedAlgorithm as cause:
            raise BadCose(f"this computer's cryptography knows no {self.alg.name}") from cause
        except (InvalidSignature, ValueError) as cause:
            raise BadCose("the signature does not verify under this key") from cause


class Signer(Protocol):
    """Something that holds a private key and signs with it. It never shows the key."""

    @property
    def public(self) -> PublicKey:
        """The public half."""
        ...

    def sign(self, data: bytes) -> bytes:
        """Return the raw signature over `data`, as `public.alg` says."""
        ...


def _p256(raw: bytes) -> ec.EllipticCurvePublicKey:
    try:
        return ec.EllipticCurvePublicNumbers(
            int.from_bytes(raw[:32]), int.from_bytes(raw[32:]), ec.SECP256R1()
        ).public_key()
    except ValueError as cause:
        raise BadCose("a public key that is no point of P-256") from cause
