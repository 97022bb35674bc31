"""What a store of private keys promises, and the signer it hands out.

Rules
- A key has a name (`operator`, `gate`, `log`, `person-...`): 1 to 64 of a-z, 0-9 and hyphens.
- A private key never leaves its store except inside a Signer, and a Signer never shows it.
- Keys are Ed25519 here; P-256 comes with receipts.

Left out: rotation and custody, which are statements; where keys lie, which is the adapter's.
"""

from typing import Final, Protocol, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from troth.signing.cose import EDDSA, PublicKey, Signer

__all__ = ["SEED_BYTES", "Ed25519Signer", "KeyStore"]

SEED_BYTES: Final = 32  # RFC 8032 §5.1.5


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


class KeyStore(Protocol):
    """A place where private keys lie. Every method may be called from any thread; two calls never interleave."""

    def create(self, name: str) -> Signer:
        """Make a new key and return its signer. Durable on return.

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
            StorageFailed: it is there and cannot be read, or the passphrase is not the one it was wrapped with.
        """
        ...

    def names(self) -> tuple[str, ...]:
        """The names of all keys, sorted.

        Raises:
            StorageFailed: the store cannot be read.
        """
        ...

    def forget(self, name: str) -> None:
        """Delete the key. Durable on return: no Signer can be had again. Signers already handed out still sign.

        Raises:
            NotFound: there is none.
            BadName: not a key name.
            StorageFailed: it may or may not be gone.
        """
        ...
