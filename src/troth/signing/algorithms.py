"""Which signature algorithms are known, and what a public key is.

Rules
- Algorithms are rows of `ALGORITHMS`, so that another suite (a post-quantum one) is another row and another `KeyKind`.
- Written: -8 (Ed25519 keys only) and -7 (P-256). Read as well: -19 and -9, their fully specified twins.
- Holding a PublicKey means holding a usable one: length, curve and order are checked when it is made.
- A key is named by its RFC 9679 thumbprint, the SHA-256 of its COSE_Key with the required parameters only.

Source: IANA "COSE Algorithms"; RFC 9053 §2, §7; RFC 9864 §2; RFC 9679 §3-4; RFC 8032 §5.1.
Left out: private keys (`keys`), key ids other than thumbprints, COSE_Key parameters that are not required.
"""

import hashlib
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Final, Protocol, assert_never

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from troth.errors import BadCbor, BadCose, TooLarge
from troth.signing import cbor

__all__ = ["ALGORITHMS", "ED25519", "EDDSA", "ES256", "ESP256", "Algorithm", "KeyKind", "PublicKey", "Signer"]


class KeyKind(Enum):
    """The kinds of key, with their COSE key type and curve (RFC 9053 §7)."""

    ED25519 = (1, 6)
    P256 = (2, 1)


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
ALGORITHMS: Final = MappingProxyType({row.number: row for row in (EDDSA, ES256, ED25519, ESP256)})

_RAW_BYTES: Final = MappingProxyType({KeyKind.ED25519: 32, KeyKind.P256: 64})
_WRITTEN: Final = MappingProxyType({row.kind: row for row in (EDDSA, ES256)})
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
    """A public key: `raw` is 32 bytes (Ed25519) or x and y of 32 bytes each (P-256); `alg` is what it signs with.

    Raises:
        BadCose: the length is wrong, the point is not on the curve, or it is one of small order.
    """

    alg: Algorithm
    raw: bytes

    def __post_init__(self) -> None:
        """Refuse what is not a key; done once, so that holding a PublicKey means holding a usable one."""
        if len(self.raw) != _RAW_BYTES[self.alg.kind]:
            raise BadCose("a public key of the wrong length")
        match self.alg.kind:
            case KeyKind.ED25519:
                if self.raw[:31] + bytes((self.raw[31] & 0x7F,)) in _SMALL_ORDER:
                    raise BadCose("a public key of small order, under which a signature means nothing")
            case KeyKind.P256:
                _p256(self.raw)
            case unknown:
                assert_never(unknown)

    @property
    def cose_key(self) -> bytes:
        """The deterministic COSE_Key with the required parameters only: what RFC 9679 §3 hashes."""
        kty, crv = self.alg.kind.value
        match self.alg.kind:
            case KeyKind.ED25519:
                return cbor.encode({1: kty, -1: crv, -2: self.raw})
            case KeyKind.P256:
                return cbor.encode({1: kty, -1: crv, -2: self.raw[:32], -3: self.raw[32:]})
            case unknown:
                assert_never(unknown)

    @property
    def thumbprint(self) -> bytes:
        """SHA-256 COSE Key Thumbprint, 32 bytes (RFC 9679 §3)."""
        return hashlib.sha256(self.cose_key).digest()

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
            if (fields.get(1), fields.get(-1)) == kind.value:
                raw = b"".join(part for part in (fields.get(-2), fields.get(-3)) if isinstance(part, bytes))
                key = cls(alg, raw)
                if key.cose_key == data:
                    return key
        raise BadCose("a key here is Ed25519 or P-256 with its required parameters and no others")

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
                case unknown:
                    assert_never(unknown)
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
