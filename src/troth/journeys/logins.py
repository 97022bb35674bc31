"""How people come back without a link: the port for sign-in names, passwords and passkeys.

Rules
- A holder (a person, a recipient's screen, or the operator) has at most one login, and a sign-in name has at most one.
- A password is kept as what argon2 made of it, a passkey as its public half; neither lets anybody in who reads the file.
- A key that a person keeps themselves is here only wrapped (`wrapping`).
- Failed tries are counted durably for names that are known, so that a restart forgives nobody.

Source: people.md, "Accounts"; WebAuthn level 3 §5.4.3 (user handle), §6.1.1 (signature counter).
"""

from collections.abc import Callable, Sequence
from typing import Final, Protocol

import msgspec

from troth.names import PersonId, PurposeId, Uri

__all__ = ["DESKS", "UNKNOWN", "Holder", "Login", "LoginStore", "OwnKey", "Passkey", "Tries", "Wrapped"]

DESKS: Final = {
    "maker": PurposeId("urn:troth:desk:maker"),
    "authority": PurposeId("urn:troth:desk:authority"),
    "installer": PurposeId("urn:troth:desk:installer"),
}
"""Doors of organisations that ask for no data: what stands in an account in place of the purpose, which has no app then."""

UNKNOWN = bytes(16)
"""Stands for every name that nobody has, where tries are kept."""


class Holder(msgspec.Struct, frozen=True):
    """Whose login or session: a person's, a recipient's screen (party, app, purpose), or with nothing set the operator's.

    A maker's, an authority's or an installer's has the party, no app, and in place of the purpose which it is (DESKS).
    """

    person: PersonId | None = None
    party: Uri | None = None
    app: str | None = None
    purpose: PurposeId | None = None

    @property
    def role(self) -> str:
        """Which pages: `person`, `recipient`, `maker`, `authority`, `installer` or `operator`."""
        if self.person is not None:
            return "person"
        if self.party is None:
            return "operator"
        return "recipient" if self.app is not None else _DESK_OF.get(self.purpose or PurposeId(""), "recipient")


_DESK_OF: Final = {purpose: desk for desk, purpose in DESKS.items()}


class Passkey(msgspec.Struct, frozen=True):
    """One passkey.

    `credential` is its id, `public` its COSE key, `count` the highest signature counter it showed (0: it has none).
    """

    credential: bytes
    public: bytes
    count: int
    name: str
    made_ns: int
    used_ns: int | None = None


class Tries(msgspec.Struct, frozen=True):
    """Failed tries in a row, and when the last one was (ns)."""

    failed: int = 0
    at_ns: int = 0


class Wrapped(msgspec.Struct, frozen=True):
    """A private key under one secret of its person: Argon2id with this salt and cost gives the key that opens `box`.

    `by`: what the secret is called, phrase or code.
    """

    by: str
    salt: bytes
    memory_kib: int
    passes: int
    nonce: bytes
    box: bytes


class OwnKey(msgspec.Struct, frozen=True):
    """The key that a person keeps themselves: its COSE_Key, and the private half under each of their secrets."""

    key: bytes
    wrapped: tuple[Wrapped, ...]
    made_ns: int


class Login(msgspec.Struct, frozen=True):
    """How a holder signs in.

    `id`: 16 random bytes, the user handle of passkeys. `name` as it was typed, `key` as it is compared; both empty without
    one. `password`: in the PHC string form; empty without one. `changed_ns`: when name or password were set. `missed`: the
    tries that had failed before the password was right the last time, for its holder to see.
    `own`: the key that a person keeps themselves.
    """

    id: bytes
    holder: Holder
    name: str = ""
    key: str = ""
    password: str = ""
    changed_ns: int | None = None
    passkeys: tuple[Passkey, ...] = ()
    missed: Tries = Tries()
    own: OwnKey | None = None


class LoginStore(Protocol):
    """Logins and tries: all in memory for finding, durable when a change returns."""

    def named(self, key: str) -> Login | None:
        """The login with this sign-in name, as it is compared."""
        ...

    def of(self, holder: Holder) -> Login | None:
        """The login of a holder."""
        ...

    def every(self) -> Sequence[Login]:
        """All logins, in no order."""
        ...

    def with_passkey(self, credential: bytes) -> Login | None:
        """The login that has this passkey."""
        ...

    async def change(self, otherwise: Login, work: Callable[[Login], Login]) -> Login:
        """Put `work` of a holder's login in its place, or of `otherwise` where the holder has none; returns what is kept.

        Args:
            otherwise: says the holder.
            work: pure; keeps `id` and `holder`; called on any thread, on what is durable then.

        Raises:
            Conflict: another holder has the sign-in name or the passkey.
            Refused: what `work` raises; nothing has changed.
        """
        ...

    async def drop(self, holder: Holder) -> None:
        """Forget a login and its tries."""
        ...

    def tries(self, login: bytes) -> Tries:
        """Failed tries of a login, by id."""
        ...

    async def tried(self, login: bytes, tries: Tries) -> None:
        """Keep tries; for UNKNOWN it takes as long and means nothing."""
        ...
