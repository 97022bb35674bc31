"""A private key that only its person's secret opens: what is kept of it, and how it is opened.

Rules
- Argon2id of the secret gives the key under which the private half is sealed (AES-256-GCM, bound to person and public half).
- The cost is higher than for signing in: whoever has the file can try secrets without asking anybody. So a phrase is longer
  than a password must be, and a recovery code has 128 random bits.
- Where no secret opens it, nothing does. Why it does not open is never told apart.
- Slow on purpose (some 100 ms and 64 MiB): never on the event loop, one at a time.

Source: RFC 9106 §4 (Argon2id, 64 MiB and three passes); NIST SP 800-38D (96 bits of random nonce, used once per wrapping key);
record.md, "Personal ledgers" (custody *own*); docs/decisions/0060.
Left out: overwriting memory; what is forgotten is referred to no more.
"""

import base64
import unicodedata
from collections.abc import Callable
from typing import Final

import msgspec
from argon2 import Type
from argon2.low_level import hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from troth.errors import Refused, WrongToken
from troth.journeys.logins import OwnKey, Wrapped
from troth.journeys.passwords import LENGTH_MAX, check_password
from troth.names import PersonId
from troth.signing.cose import PublicKey, Signer
from troth.signing.keys import SEED_BYTES, Ed25519Signer

__all__ = ["CODE", "PHRASE", "PHRASE_MIN", "Cost", "check_phrase", "fresh_code", "make", "unwrap", "wrap"]

PHRASE: Final = "phrase"
CODE: Final = "code"
PHRASE_MIN: Final = 16  # characters; four words in a row. Longer than a password: here nobody counts wrong tries
_CODE_BYTES: Final = 16
_SALT_BYTES: Final = 16  # RFC 9106 §3.1
_NONCE_BYTES: Final = 12  # SP 800-38D §5.2.1.1
_KEY_BYTES: Final = 32  # AES-256
_ABOUT: Final = b"troth/own-key/v1\x00"
_WRONG: Final = "this does not open your key"


class Cost(msgspec.Struct, frozen=True):
    """What Argon2id takes: KiB of memory, and passes over them."""

    memory_kib: int = 65_536
    passes: int = 3


def check_phrase(phrase: str, *, name: str) -> None:
    """Return if this may open a key of whoever signs in as `name`.

    Raises:
        Refused: it may not, and why.
    """
    if len(_plain(phrase)) < PHRASE_MIN:
        raise Refused(f"a phrase has {PHRASE_MIN} characters at least", hint="Four words in a row are easy to keep.")
    check_password(phrase, name=name)


def fresh_code(entropy: Callable[[int], bytes]) -> str:
    """A recovery code: 26 letters and digits, in groups so that it can be copied by hand."""
    letters = base64.b32encode(entropy(_CODE_BYTES)).decode().rstrip("=").lower()
    return "-".join(letters[at : at + 5] for at in range(0, len(letters), 5))


def make(
    person: PersonId, secrets: dict[str, str], *, at_ns: int, cost: Cost, entropy: Callable[[int], bytes]
) -> OwnKey:
    """A new key of a person, wrapped under each of these secrets (by what they are called)."""
    return wrap(person, entropy(SEED_BYTES), secrets, at_ns=at_ns, cost=cost, entropy=entropy)


def wrap(
    person: PersonId, seed: bytes, secrets: dict[str, str], *, at_ns: int, cost: Cost, entropy: Callable[[int], bytes]
) -> OwnKey:
    """The key of these 32 bytes under each of these secrets."""
    public = Ed25519Signer.from_seed(seed).public
    wrapped = []
    for by, secret in secrets.items():
        salt, nonce = entropy(_SALT_BYTES), entropy(_NONCE_BYTES)
        key = _key(secret, salt, by=by, cost=cost)
        box = AESGCM(key).encrypt(nonce, seed, _ABOUT + person + public.thumbprint)
        wrapped.append(Wrapped(by, salt, cost.memory_kib, cost.passes, nonce, box))
    return OwnKey(public.cose_key, tuple(wrapped), at_ns)


def unwrap(person: PersonId, own: OwnKey, secret: str) -> tuple[Signer, bytes]:
    """The signer, and the 32 bytes it is made of, for wrapping them anew.

    Raises:
        WrongToken: the secret does not open it.
    """
    about = _ABOUT + person + PublicKey.from_cose_key(own.key).thumbprint
    for each in own.wrapped:
        key = _key(secret, each.salt, by=each.by, cost=Cost(each.memory_kib, each.passes))
        try:
            seed = AESGCM(key).decrypt(each.nonce, each.box, about)
        except InvalidTag:
            continue
        return Ed25519Signer.from_seed(seed), seed
    raise WrongToken(_WRONG, hint="The recovery code opens it too. Without either, the house can speak for you again.")


def _key(secret: str, salt: bytes, *, by: str, cost: Cost) -> bytes:
    return hash_secret_raw(
        _plain(secret, by=by).encode("utf-8", "surrogatepass"),
        salt,
        time_cost=cost.passes,
        memory_cost=cost.memory_kib,
        parallelism=1,
        hash_len=_KEY_BYTES,
        type=Type.ID,
    )


def _plain(secret: str, *, by: str = PHRASE) -> str:
    """A secret as it is hashed: of a code neither case nor the signs between its groups count."""
    plain = unicodedata.normalize("NFC", secret)[: LENGTH_MAX + 1]
    return "".join(each for each in plain.lower() if each.isalnum()) if by == CODE else plain
