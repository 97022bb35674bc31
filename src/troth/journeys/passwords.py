"""Passwords: what may be one, and what is kept of it.

Rules
- 10 to 128 characters after normalisation (NFC); no rule about which characters, but not the sign-in name, not one character
  again and again, and none of the best known ones.
- What is kept is Argon2id in the PHC string form. Parameters that change are noticed when somebody signs in, and hashed anew.
- Hashing takes some 20 ms of a processor and 19 MiB: never on the event loop, one at a time (`sign_in` sees to it).

Source: NIST SP 800-63B-4 §3.1.1.2 (length, no composition, a list of known ones); OWASP Password Storage Cheat Sheet (Argon2id
with 19 MiB, t=2, p=1); RFC 9106 §4 (salt and tag lengths); RFC 8265 §4 (normalisation) and §3.3 (sign-in names).
"""

import base64
import unicodedata
from typing import Final

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from troth.errors import Refused

__all__ = [
    "LENGTH_MAX",
    "LENGTH_MIN",
    "SALT_BYTES",
    "TAG_BYTES",
    "Passwords",
    "check_name",
    "check_password",
    "name_key",
]

LENGTH_MIN: Final = 10
LENGTH_MAX: Final = 128
SALT_BYTES: Final = 16  # RFC 9106 §4
NAME_MAX: Final = 64
_MEMORY_KIB: Final = 19_456  # OWASP: 19 MiB, two passes, one lane
_PASSES: Final = 2
_LANES: Final = 1
TAG_BYTES: Final = 32
_NAME_SIGNS: Final = frozenset(" .-_@+'")
# Of the best known passwords those that are long enough to get this far; the shorter ones never do.
_KNOWN: Final = frozenset(
    (
        "1234567890",
        "12345678910",
        "0123456789",
        "0987654321",
        "9876543210",
        "1q2w3e4r5t",
        "1q2w3e4r5t6y",
        "1qaz2wsx3edc",
        "qwertyuiop",
        "qwerty12345",
        "qwerty123456",
        "qwertyuiop123",
        "asdfghjkl1",
        "asdfghjkl;",
        "zaq12wsxcde3",
        "password10",
        "password12",
        "password123",
        "password1234",
        "passwort123",
        "motdepasse",
        "letmein123",
        "welcome123",
        "administrator",
        "adminadmin",
        "iloveyou123",
        "changeme123",
        "abcdefghij",
        "abcdefghijk",
        "abc1234567",
    )
)


class Passwords:
    """Makes and checks what is kept of passwords. Everything here is slow on purpose, and safe on any thread."""

    def __init__(self, *, memory_kib: int = _MEMORY_KIB, passes: int = _PASSES) -> None:
        self._hasher = PasswordHasher(
            time_cost=passes,
            memory_cost=memory_kib,
            parallelism=_LANES,
            hash_len=TAG_BYTES,
            salt_len=SALT_BYTES,
            type=Type.ID,
        )

    def made(self, password: str, *, salt: bytes) -> str:
        """What is kept of a password."""
        return self._hasher.hash(_normal(password), salt=salt)

    def nobodys(self, *, tag: bytes) -> str:
        """What no password fits, and costs as much to try."""
        kept = _HEAD.format(self._hasher.memory_cost, self._hasher.time_cost, self._hasher.parallelism)
        return kept + f"${_bare(bytes(SALT_BYTES))}${_bare(tag)}"

    def fits(self, kept: str, password: str) -> bool:
        """Whether this is the password; the work is the same for every one."""
        try:
            return self._hasher.verify(kept, _normal(password)[: LENGTH_MAX + 1])
        except (VerificationError, InvalidHashError):
            return False

    def outdated(self, kept: str) -> bool:
        """Whether it was made with other parameters than those of now."""
        return self._hasher.check_needs_rehash(kept)


_HEAD: Final = "$argon2id$v=19$m={},t={},p={}"


def _bare(data: bytes) -> str:
    return base64.b64encode(data).decode().rstrip("=")


def check_password(password: str, *, name: str) -> None:
    """Return if this may be a password of whoever signs in as `name`.

    Raises:
        Refused: it may not, and why.
    """
    plain = _normal(password)
    if len(plain) < LENGTH_MIN:
        raise Refused(f"a password has {LENGTH_MIN} characters at least", hint="A few words in a row are easy to keep.")
    if len(plain) > LENGTH_MAX:
        raise Refused(f"a password has {LENGTH_MAX} characters at most")
    folded = plain.casefold()
    if folded in _KNOWN or len(set(plain)) == 1 or folded == name_key(name):
        raise Refused("this password is among the first that are tried", hint="Choose another one.")


def name_key(name: str) -> str:
    """A sign-in name as it is compared: width and case do not count, nor spaces around it."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name.strip()).casefold())


def check_name(name: str) -> str:
    """The sign-in name as it is kept.

    Raises:
        Refused: it is none.
    """
    plain = " ".join(unicodedata.normalize("NFC", name).split())
    fine = all(unicodedata.category(each)[0] in "LMN" or each in _NAME_SIGNS for each in plain)
    if not 0 < len(plain) <= NAME_MAX or not fine or len(name_key(plain)) > 2 * NAME_MAX:
        raise Refused(f"a sign-in name has 1 to {NAME_MAX} letters, digits, spaces, dots, hyphens or @")
    return plain


def _normal(password: str) -> str:
    return unicodedata.normalize("NFC", password)
