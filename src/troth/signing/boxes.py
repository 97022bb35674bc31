"""Sealing: a day key to a person's ledger key, and traces under a day key.

Rules
- A ledger key is an X25519 key pair. A day key is sealed to its public half by HPKE in base mode (DHKEM(X25519, HKDF-SHA256),
  HKDF-SHA256, AES-256-GCM); `info` names the use, the day key's id and its day, so that no sealed key passes for another.
- A box is AES-256-GCM under a day key, bound to that key's id: 12 bytes of nonce, then ciphertext and tag. What is in it is
  parts, each after its length, padded with zeros to a power of two of at least 512 bytes: its length names no recipient.
- A day key lives in one `DayKeyInUse` and nowhere else; nonces are counted, so none comes twice under a key.
- What does not open is Malformed; why it does not is never told apart.

Source: RFC 9180 §5.1.1, §7.1 to §7.3; NIST SP 800-38D §8.2.1 (nonces by counting); RFC 9053 §7 (COSE_Key of X25519);
record.md, "Personal ledgers".
Left out: overwriting memory. What is forgotten is referred to no more; where it stood may be read until it is used again.
"""

from collections.abc import Callable
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from troth.errors import BadCbor, BadCose, Malformed, TooLarge
from troth.signing import cbor

__all__ = ["DAY_KEY_BYTES", "KEY_ID_BYTES", "DayKeyInUse", "Opener", "open_box", "seal_to"]

DAY_KEY_BYTES: Final = 32  # AES-256
KEY_ID_BYTES: Final = 16
RAW_BYTES: Final = 32  # RFC 7748 §5
SMALLEST_BYTES: Final = 512  # of what is in a box: an access window with two long names fits

_SUITE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_DAY_KEY: Final = b"troth/day-key/v1\x00"
_BOX: Final = b"troth/ledger-box/v1\x00"
_NONCE_BYTES: Final = 12  # NIST SP 800-38D §5.2.1.1
_LENGTH_BYTES: Final = 4
_OKP: Final = 1  # RFC 9053 §7, key type of curves that have one coordinate
_X25519: Final = 4  # RFC 9053 §7.1


class Opener:
    """Opens what was sealed to one ledger key."""

    __slots__ = ("_private",)

    def __init__(self, private: X25519PrivateKey) -> None:
        self._private = private

    @classmethod
    def from_seed(cls, seed: bytes) -> Self:
        """The opener whose private key is these 32 bytes."""
        return cls(X25519PrivateKey.from_private_bytes(seed))

    @property
    def cose_key(self) -> bytes:
        """The public half as a deterministic COSE_Key with the required parameters only."""
        return cbor.encode({1: _OKP, -1: _X25519, -2: self._private.public_key().public_bytes_raw()})

    def open(self, sealed: bytes, *, key: bytes, day: int) -> bytes:
        """The day key in what `seal_to` gave for this key id and day.

        Raises:
            Malformed: it was sealed to another key, for another id or day, or is damaged.
        """
        try:
            return _SUITE.decrypt(sealed, self._private, info=_info(key, day))
        except (InvalidTag, ValueError) as cause:
            raise Malformed("a sealed day key does not open") from cause


class DayKeyInUse:
    """A day key while it is open: it seals, and never shows itself. Made by `make`. Owner: the event loop."""

    __slots__ = ("_cipher", "_count", "day", "id")

    def __init__(self, id_: bytes, day: int, *, cipher: AESGCM) -> None:
        self.id = id_
        self.day = day
        self._cipher = cipher
        self._count = 0

    @classmethod
    def make(cls, ledger_key: bytes, *, day: int, entropy: Callable[[int], bytes]) -> tuple[Self, bytes]:
        """A fresh day key, and the same sealed to a person's ledger key.

        Args:
            ledger_key: a COSE_Key.
            day: days since 1970-01-01 UTC.
            entropy: gives that many random bytes.

        Raises:
            BadCose: the ledger key is no X25519 key.
        """
        id_, key = entropy(KEY_ID_BYTES), entropy(DAY_KEY_BYTES)
        return cls(id_, day, cipher=AESGCM(key)), seal_to(ledger_key, key, key=id_, day=day)

    def box(self, *parts: bytes) -> bytes:
        """Parts, sealed together; `open_box` gives them back."""
        inside = b"".join(len(part).to_bytes(_LENGTH_BYTES) + part for part in parts)
        size = max(SMALLEST_BYTES, 1 << (len(inside) - 1).bit_length())
        self._count += 1
        nonce = self._count.to_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, inside.ljust(size, b"\x00"), _BOX + self.id)


def open_box(box: bytes, day_key: bytes, *, key: bytes, parts: int) -> tuple[bytes, ...]:
    """The first `parts` parts of a box; `key` is the id of its day key.

    Raises:
        Malformed: it was sealed under another key, or is damaged.
    """
    try:
        inside = AESGCM(day_key).decrypt(box[:_NONCE_BYTES], box[_NONCE_BYTES:], _BOX + key)
    except (InvalidTag, ValueError) as cause:
        raise Malformed("a sealed trace does not open") from cause
    found: list[bytes] = []
    at = 0
    for _ in range(parts):
        start = at + _LENGTH_BYTES
        at = start + int.from_bytes(inside[at:start])
        found.append(inside[start:at])
    if at > len(inside):
        raise Malformed("a sealed trace is shorter than it says")
    return tuple(found)


def seal_to(ledger_key: bytes, day_key: bytes, *, key: bytes, day: int) -> bytes:
    """A day key sealed to a ledger key: 32 bytes of encapsulation, then ciphertext and tag.

    Raises:
        BadCose: `ledger_key` is no COSE_Key of an X25519 key in its one form.
    """
    public = _public(ledger_key)
    try:
        return _SUITE.encrypt(day_key, public, info=_info(key, day))
    except ValueError as cause:  # a point with which everybody would share the same secret (RFC 9180 §7.1.4)
        raise BadCose("a ledger key that keeps no secret") from cause


def _public(ledger_key: bytes) -> X25519PublicKey:
    try:
        raw = cbor.decode_map(ledger_key).get(-2)
    except (BadCbor, TooLarge) as cause:
        raise BadCose("a ledger key is a COSE_Key in deterministic CBOR") from cause
    if not isinstance(raw, bytes) or len(raw) != RAW_BYTES:
        raise BadCose("a ledger key is an X25519 key")
    if cbor.encode({1: _OKP, -1: _X25519, -2: raw}) != ledger_key:
        raise BadCose("a ledger key is an X25519 key with its required parameters and no others")
    return X25519PublicKey.from_public_bytes(raw)


def _info(key: bytes, day: int) -> bytes:
    return _DAY_KEY + key + day.to_bytes(8, signed=True)
