"""A file sealed slice by slice under a key that is kept nowhere: whoever drops the key has deleted the file.

Rules
- A slice is AES-256-GCM under the file's own key, its number being nonce and associated data: no slice passes for another, and
  none is sealed twice. Any slice is opened alone, so a file can be read from anywhere.
- What does not open is Malformed; why it does not is never told apart.

Source: NIST SP 800-38D §8.2.1 (nonces by counting; one key per file, one nonce per slice).
Left out: overwriting memory; saying how many slices there are, which whoever holds the key knows.
"""

from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from troth.errors import Malformed

__all__ = ["KEY_BYTES", "SEALED_MORE", "SLICE_BYTES", "SliceKey"]

KEY_BYTES: Final = 32  # AES-256
SLICE_BYTES: Final = 64 * 1024  # of text; every slice but the last is full
SEALED_MORE: Final = 16  # the tag
_USE: Final = b"troth/prepared-file/v1\x00"
_NONCE_BYTES: Final = 12  # NIST SP 800-38D §5.2.1.1


class SliceKey:
    """The key of one file; it never shows itself."""

    __slots__ = ("_cipher",)

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(self, number: int, text: bytes) -> bytes:
        """Slice `number`, sealed; each number once."""
        return self._cipher.encrypt(number.to_bytes(_NONCE_BYTES), text, _USE)

    def open(self, number: int, sealed: bytes) -> bytes:
        """What `seal` was given.

        Raises:
            Malformed: it is another slice, of another file, or damaged.
        """
        try:
            return self._cipher.decrypt(number.to_bytes(_NONCE_BYTES), sealed, _USE)
        except (InvalidTag, ValueError) as cause:
            raise Malformed("a sealed slice does not open") from cause
