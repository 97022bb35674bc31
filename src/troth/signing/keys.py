"""What a store of private keys promises, and the signer it hands out.

Rules
- A key has a name (`operator`, `gate`, `gate-2`, `log`, `person-...`): 1 to 64 of a-z, 0-9 and hyphens.
- A private key never leaves its store except inside a Signer, and a Signer never shows it.
- Keys are Ed25519 unless another kind is asked for: P-256 for receipts, ML-DSA-44 as the second suite.
- An ES256 signature depends on key and data only (RFC 6979), as EdDSA's does. ML-DSA-44 signs with fresh randomness: the same
  data gives another signature each time, and all of them verify.
- A key that opens what was sealed is X25519, inside an Opener, and signs nothing; both kinds share one space of names.

Source: RFC 8032; FIPS 204 (seeds of 32 bytes, hedged signing).
Left out: rotation and custody, which are statements; where keys lie, which is the adapter's.
"""

from collections.abc import Callable
from typing import Final, Protocol, Self, TypeAlias, assert_never

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from troth.signing.boxes import Opener
from troth.signing.cose import EDDSA, ES256, ML_DSA_44, KeyKind, PublicKey, Signer

__all__ = [
    "P256_SEED_BYTES",
    "SEED_BYTES",
    "Ed25519Signer",
    "KeyStore",
    "MlDsa44Signer",
    "P256Signer",
    "PrivateKey",
    "fresh",
    "signer_of",
]

SEED_BYTES: Final = 32  # RFC 8032 §5.1.5; FIPS 204, algorithm 6
P256_SEED_BYTES: Final = (
    40  # FIPS 186-5 A.2.1: 64 bits more than the order has, so that no scalar is likelier than another
)
_P256_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # SEC 2 §2.4.2

PrivateKey: TypeAlias = Ed25519PrivateKey | ec.EllipticCurvePrivateKey | MLDSA44PrivateKey


class Ed25519Signer:
    """Signs with one Ed25519 key."""

    __slots__ = ("_private", "_public")

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self._public = PublicKey(EDDSA, private.public_key().public_bytes_raw())

    @classmethod
    def from_seed(cls, seed: bytes) -> Self:
        """The signer whose private key is these 32 bytes; the same seed gives the same key."""
        return cls(Ed25519PrivateKey.from_private_bytes(seed))

    @property
    def public(self) -> PublicKey:
        """The public half."""
        return self._public

    def sign(self, data: bytes) -> bytes:
        """Return the 64-byte signature over `data` (RFC 8032 §5.1.6; the same data gives the same signature)."""
        return self._private.sign(data)


class P256Signer:
    """Signs with one P-256 key."""

    __slots__ = ("_private", "_public")

    def __init__(self, private: ec.EllipticCurvePrivateKey) -> None:
        numbers = private.public_key().public_numbers()
        self._private = private
        self._public = PublicKey(ES256, numbers.x.to_bytes(32) + numbers.y.to_bytes(32))

    @classmethod
    def from_seed(cls, seed: bytes) -> Self:
        """The signer whose private key these 40 random bytes give (FIPS 186-5 A.2.1); the same seed gives the same key."""
        return cls(_p256_of(seed))

    @property
    def public(self) -> PublicKey:
        """The key that verifies."""
        return self._public

    def sign(self, data: bytes) -> bytes:
        """Return the 64-byte signature over `data` (RFC 9053 §2.1; nonce of RFC 6979, so the same data gives the same)."""
        r, s = decode_dss_signature(self._private.sign(data, ec.ECDSA(SHA256(), deterministic_signing=True)))
        return r.to_bytes(32) + s.to_bytes(32)


class MlDsa44Signer:
    """Signs with one ML-DSA-44 key."""

    __slots__ = ("_private", "_public")

    def __init__(self, private: MLDSA44PrivateKey) -> None:
        self._private = private
        self._public = PublicKey(ML_DSA_44, private.public_key().public_bytes_raw())

    @classmethod
    def from_seed(cls, seed: bytes) -> Self:
        """The signer whose private key is made of these 32 bytes; the same seed gives the same key."""
        return cls(MLDSA44PrivateKey.from_seed_bytes(seed))

    @property
    def public(self) -> PublicKey:
        """The public half."""
        return self._public

    def sign(self, data: bytes) -> bytes:
        """Return a signature of 2,420 bytes over `data`; each call gives another."""
        return self._private.sign(data)


def fresh(kind: KeyKind, randomness: Callable[[int], bytes]) -> PrivateKey:
    """A new private key of this kind from random bytes."""
    match kind:
        case KeyKind.ED25519:
            return Ed25519PrivateKey.from_private_bytes(randomness(SEED_BYTES))
        case KeyKind.P256:
            return _p256_of(randomness(P256_SEED_BYTES))
        case KeyKind.ML_DSA_44:
            return MLDSA44PrivateKey.from_seed_bytes(randomness(SEED_BYTES))
        case unknown:
            assert_never(unknown)


def signer_of(private: PrivateKey) -> Signer:
    """The signer that holds this key."""
    match private:
        case Ed25519PrivateKey():
            return Ed25519Signer(private)
        case MLDSA44PrivateKey():
            return MlDsa44Signer(private)
        case _:
            return P256Signer(private)


class KeyStore(Protocol):
    """A place where private keys lie. Every method may be called from any thread; two calls never interleave."""

    def create(self, name: str, *, kind: KeyKind = KeyKind.ED25519) -> Signer:
        """Make a new key of this kind and return its signer. Durable on return.

        Raises:
            Conflict: a key of this name exists; it is untouched.
            BadName: not a key name.
            StorageFailed: it could not be kept; a key of this name may or may not exist afterwards.
        """
        ...

    def signer(self, name: str) -> Signer:
        """Return the signer of this name.

        Raises:
            NotFound: there is none.
            BadName: not a key name.
            StorageFailed: it is there and cannot be read, opens instead of signing, or was wrapped with another passphrase.
        """
        ...

    def create_opener(self, name: str) -> Opener:
        """Make a new key that opens and return its opener. Durable on return.

        Raises:
            Conflict, BadName, StorageFailed: as `create`.
        """
        ...

    def opener(self, name: str) -> Opener:
        """Return the opener of this name.

        Raises:
            NotFound: there is none.
            BadName: not a key name.
            StorageFailed: it is there and cannot be read, or is a key that signs.
        """
        ...

    def names(self) -> tuple[str, ...]:
        """The names of all keys, sorted.

        Raises:
            StorageFailed: the store cannot be read.
        """
        ...

    def forget(self, name: str) -> None:
        """Delete the key. Durable on return: it cannot be had again. Signers and openers already handed out still work.

        Raises:
            NotFound: there is none.
            BadName: not a key name.
            StorageFailed: it may or may not be gone.
        """
        ...


def _p256_of(seed: bytes) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(seed) % (_P256_ORDER - 1) + 1, ec.SECP256R1())
