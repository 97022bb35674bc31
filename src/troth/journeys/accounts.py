"""Who holds which credential: the port for tokens, sessions, invitations and short names.

Rules
- A token is 256 random bits; only its SHA-256 is kept. No shared, default or guessable credential can exist.
- A claim token and an invitation are spent once; spending is atomic and durable before it is answered.
- Slugs (short names of things) are kept here because they are never signed and may be renamed.
- Who connected a thing into their home stands as CONNECTED, which recognises nobody: those who live there see it, until that
  person is erased.
- A spent invitation stays as SPENT, which recognises nobody: whoever it was for can see that somebody came in with it.

Source: things.md, "A thing joins"; people.md, "Accounts".
Left out: passwords and passkeys, which are `logins`; addresses and letters, which are `mail`.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Final, Protocol

import msgspec

from troth.journeys.asked import AskedStore
from troth.journeys.logins import Holder, LoginStore
from troth.journeys.mail import MailStore
from troth.journeys.read_days import ReadDays
from troth.names import PersonId, PurposeId, Slug, ThingId, Uri

__all__ = ["TOKEN_BYTES", "Account", "AccountStore", "Bearer", "Way", "holder_of", "token_digest"]

TOKEN_BYTES: Final = 32


class Bearer(StrEnum):
    """What a token lets its holder be."""

    OPERATOR = "operator"
    THING = "thing"
    CERTIFICATE = "certificate"
    RECIPIENT = "recipient"
    SESSION = "session"
    CLAIM = "claim"
    INVITATION = "invitation"
    SPENT = "spent"
    FEED = "feed"
    CONNECTED = "connected"


class Way(StrEnum):
    """What a session was opened with."""

    LINK = "link"
    PASSWORD = "password"  # noqa: S105 - the word for it
    PASSKEY = "passkey"


class Account(msgspec.Struct, frozen=True):
    """One credential. `digest` is the SHA-256 of the token, or of a certificate's DER; what else is set follows from `bearer`.

    THING, CERTIFICATE, CLAIM: thing. CONNECTED: thing and person, at `made_ns`.
    FEED: person. RECIPIENT: party, app, purpose. SESSION, INVITATION, SPENT: person, or party + app +
    purpose (a recipient's screen), or neither (the operator's). `until_ns`: None for no end. `made_ns`, `used_ns`: when it was
    made and last used, None where nobody knows. `way` and `browser`: what a session was opened with, and by which browser, in
    words; of a SPENT one the browser that spent it.
    """

    digest: bytes
    bearer: Bearer
    thing: ThingId | None = None
    party: Uri | None = None
    app: str | None = None
    purpose: PurposeId | None = None
    person: PersonId | None = None
    until_ns: int | None = None
    made_ns: int | None = None
    used_ns: int | None = None
    way: Way | None = None
    browser: str = ""


class AccountStore(Protocol):
    """Credentials and slugs: all in memory for finding, durable when a change returns."""

    def find(self, digest: bytes) -> Account | None:
        """The unspent account of this digest, or None. Expiry is the caller's to check."""
        ...

    def of(self, bearer: Bearer, *, thing: ThingId | None = None) -> tuple[Account, ...]:
        """All unspent accounts of this bearer and thing (None: of no thing), in no order."""
        ...

    def held(self, holder: Holder, bearer: Bearer) -> tuple[Account, ...]:
        """All accounts of this bearer that belong to a person, a recipient or the operator, in no order."""
        ...

    @property
    def logins(self) -> LoginStore:
        """Sign-in names, passwords and passkeys, in the same file."""
        ...

    @property
    def mail(self) -> MailStore:
        """Addresses for mail and letters on their way, in the same file."""
        ...

    @property
    def reads(self) -> ReadDays:
        """On which days organisations read what, in the same file."""
        ...

    @property
    def asked(self) -> AskedStore:
        """What organisations asked lately, in the same file."""
        ...

    async def add(self, account: Account) -> None:
        """Keep an account; Conflict if the digest is there."""
        ...

    async def spend(self, digest: bytes, *gained: Account, ends: Sequence[bytes] = ()) -> None:
        """Remove `digest` and whatever of `ends` is there, and keep all `gained` (one may have `digest` again), all or none.

        Raises:
            WrongToken: `digest` is not there (any more).
            Conflict: what would be gained is there already.
        """
        ...

    async def remove(self, *digests: bytes) -> None:
        """Forget accounts, all or none; nothing happens where one is not there."""
        ...

    async def used(self, times: Mapping[bytes, int]) -> None:
        """Keep when accounts were last used, by digest; what is not there any more stays forgotten."""
        ...

    async def name(self, slug: Slug, thing: ThingId) -> None:
        """Give a thing its short name (the thing's former one is freed); Conflict if another thing has it."""
        ...

    async def join(self, named: Sequence[tuple[Slug, ThingId]], accounts: Sequence[Account]) -> None:
        """Name things that have no name yet and keep accounts, all or none; those of the same bearer and thing are forgotten.

        Raises:
            Conflict: another thing has one of the names, or a digest is there.
        """
        ...

    async def erase(self, gone: Callable[[bytes], bool]) -> None:
        """Forget credentials, logins, short names and days of reading of a person, thing or stream for which `gone` says so.

        On return nothing of it is in any file: freed pages and logs included. `gone` is pure and called on any thread.
        """
        ...

    def slugs(self) -> Mapping[Slug, ThingId]:
        """All short names: a view that follows every change, for reading within one step."""
        ...

    def slug_of(self, thing: ThingId) -> Slug | None:
        """The short name of a thing, or None."""
        ...

    async def close(self) -> None:
        """Stop; everything acknowledged is durable already."""
        ...


def token_digest(token: str) -> bytes:
    """SHA-256 of a token's text; tokens have 256 random bits, so no salt or slow hash is needed."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def holder_of(account: Account) -> Holder:
    """Whom a session, an invitation or a recipient's token belongs to."""
    return Holder(account.person, account.party, account.app, account.purpose)
