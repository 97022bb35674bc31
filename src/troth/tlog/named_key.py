"""A key with a name, as notes and cosignatures write it: `name+id+base64(type || key)`.

Rules
- The id is the first four bytes of SHA-256(name || newline || type || key); the type says what the key signs.
- A text whose id is not that of its name and key is refused, so that one letter of a key cannot be mistyped.

Source: C2SP signed-note, "Verifier keys" and "Signature types".
"""

import hashlib
from dataclasses import dataclass
from typing import ClassVar, Final, Self

from troth.errors import BadCose, BadNote
from troth.signing.cose import EDDSA, KeyKind, PublicKey
from troth.tlog.spelling import decode64, encode64, is_key_name

__all__ = ["ID_BYTES", "NamedKey"]

ID_BYTES: Final = 4


@dataclass(frozen=True, slots=True)
class NamedKey:
    """A name and an Ed25519 public key.

    Raises:
        BadNote: the name is empty, too long, no text, or holds a space, a plus sign or a control character; or the key is of
            another kind.
    """

    signature_type: ClassVar[bytes]
    whose: ClassVar[str]

    name: str
    public: PublicKey

    def __post_init__(self) -> None:
        """Refuse names that a signature line could not carry."""
        if not is_key_name(self.name):
            raise BadNote("a key name has no spaces, plus signs or control characters and is not empty")
        if self.public.alg.kind is not KeyKind.ED25519:
            raise BadNote("notes and cosignatures here are signed with Ed25519")

    @property
    def key_id(self) -> bytes:
        """Four bytes."""
        return hashlib.sha256(self.name.encode() + b"\n" + self.signature_type + self.public.raw).digest()[:ID_BYTES]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{encode64(self.signature_type + self.public.raw)}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `str` gives.

        Raises:
            BadNote: not a verifier key, of another signature type, or with an id that is not this key's.
        """
        parts = text.split("+", 2)  # base64 may hold a plus sign, the name and the id may not
        if len(parts) != 3:
            raise BadNote("a verifier key is a name, an id and a key with plus signs between")
        name, key_id, encoded = parts
        raw = decode64(encoded)
        if raw[:1] != cls.signature_type:
            raise BadNote(f"a verifier key of another type than {cls.whose} ({cls.signature_type[0]})")
        try:
            key = cls(name, PublicKey(EDDSA, raw[1:]))
        except BadCose as cause:
            raise BadNote("a verifier key that holds no Ed25519 key") from cause
        if key.key_id.hex() != key_id:
            raise BadNote("a verifier key whose id is not that of its name and key")
        return key
