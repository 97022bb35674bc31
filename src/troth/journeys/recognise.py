"""Who is it? From the token somebody shows to what they may call themselves.

Rules
- A token is found by its digest; an expired one is as unknown as a wrong one.
- A claim token is spent for a thing's own credential, an invitation for a session; both once.
- Being recognised allows nothing: the gate is asked for everything that follows.

Source: things.md, "A thing joins"; people.md, "Accounts".
"""

import base64
from collections.abc import Callable
from typing import Final

import msgspec

from troth.clock import NS_PER_S, Clock
from troth.errors import WrongToken
from troth.gate.question import OWN_PURPOSE, Asker
from troth.journeys.accounts import TOKEN_BYTES, Account, AccountStore, Bearer, token_digest
from troth.names import PersonId, PurposeId, ThingId, Uri

__all__ = ["MEMBER", "SESSION_S", "Principal", "Recognise"]

MEMBER: Final = Uri("urn:troth:member")
SESSION_S: Final = 30 * 24 * 3600  # a session ends after 30 days
CLAIM_S: Final = 7 * 24 * 3600  # a claim token ends after 7 days
INVITATION_S: Final = 7 * 24 * 3600
_MAX_TOKEN: Final = 200


class Principal(msgspec.Struct, frozen=True):
    """Who shows a valid token. `thing` for things; `asker` for recipients and persons; neither for the operator."""

    bearer: Bearer
    thing: ThingId | None = None
    person: PersonId | None = None
    asker: Asker | None = None

    @property
    def operator(self) -> bool:
        """Whether this is the operator, by token or in a session. It allows running things, and no reading of data."""
        return self.bearer is Bearer.OPERATOR or (
            self.bearer is Bearer.SESSION and self.person is None and self.asker is None
        )


class Recognise:
    """Tokens in, principals out. `parted`: closes the connections of a thing, with words."""

    def __init__(
        self,
        accounts: AccountStore,
        *,
        clock: Clock,
        entropy: Callable[[int], bytes],
        parted: Callable[[ThingId, str], object] = lambda _thing, _words: None,
    ) -> None:
        self._accounts = accounts
        self._parted = parted
        self._clock = clock
        self._entropy = entropy

    def token(self, token: str) -> Principal | None:
        """Who shows this token, or None. Claim tokens and invitations recognise nobody: they can only be spent."""
        if not 0 < len(token) <= _MAX_TOKEN:
            return None
        account = self._accounts.find(token_digest(token))
        if account is None or not self._valid(account) or account.bearer in {Bearer.CLAIM, Bearer.INVITATION}:
            return None
        return Principal(account.bearer, account.thing, account.person, _asker(account))

    async def give(self, bearer: Bearer, holder: Account, *, seconds: int | None) -> str:
        """Make a token for `holder` (its digest, bearer and end are replaced); shown once, kept as a digest only."""
        token = self._fresh()
        await self._accounts.add(self._account(holder, bearer, token, seconds))
        return token

    async def claim(self, token: str) -> tuple[ThingId, str]:
        """Spend a claim token for the thing's own credential; the one it had before recognises nobody any more.

        Connections that were let in with the former credential are closed.

        Raises:
            WrongToken: unknown, used, expired, or not a claim token.
        """
        account = self._spendable(token, Bearer.CLAIM)
        if account.thing is None:
            raise WrongToken("this token is not for a thing")
        credential = self._fresh()
        former = self._accounts.of(Bearer.THING, thing=account.thing)
        await self._accounts.spend(account.digest, self._account(account, Bearer.THING, credential, None))
        for each in former:
            await self._accounts.remove(each.digest)
        if former:
            self._parted(account.thing, "This thing has a new credential.")
        return account.thing, credential

    async def end(self, thing: ThingId, words: str) -> None:
        """A thing's credential and claim tokens recognise nobody any more, and its connections are closed."""
        for bearer in (Bearer.THING, Bearer.CLAIM):
            for each in self._accounts.of(bearer, thing=thing):
                await self._accounts.remove(each.digest)
        self._parted(thing, words)

    def claim_for(self, thing: ThingId) -> tuple[str, Account]:
        """A fresh claim token and what must be kept of it; it recognises nobody before that is kept."""
        token = self._fresh()
        return token, self._account(Account(b"", Bearer.CLAIM, thing=thing), Bearer.CLAIM, token, CLAIM_S)

    async def operator(self) -> str:
        """A new token for the operator's commands; the former one recognises nobody any more."""
        former = self._accounts.of(Bearer.OPERATOR)
        token = await self.give(Bearer.OPERATOR, Account(b"", Bearer.OPERATOR), seconds=None)
        for each in former:
            await self._accounts.remove(each.digest)
        return token

    async def enter(self, token: str) -> str:
        """Spend an invitation for a session.

        Raises:
            WrongToken: unknown, used, expired, or not an invitation.
        """
        account = self._spendable(token, Bearer.INVITATION)
        session = self._fresh()
        await self._accounts.spend(account.digest, self._account(account, Bearer.SESSION, session, SESSION_S))
        return session

    async def leave(self, token: str) -> None:
        """End a session."""
        await self._accounts.remove(token_digest(token))

    def _spendable(self, token: str, bearer: Bearer) -> Account:
        account = self._accounts.find(token_digest(token)) if 0 < len(token) <= _MAX_TOKEN else None
        if account is None or account.bearer is not bearer or not self._valid(account):
            raise WrongToken(
                "this token is unknown, used or expired", hint="Ask whoever runs this place for a new one."
            )
        return account

    def _valid(self, account: Account) -> bool:
        return account.until_ns is None or self._clock.now() < account.until_ns

    def _fresh(self) -> str:
        # Base32: no token begins with a hyphen, and a double click takes it whole.
        return base64.b32encode(self._entropy(TOKEN_BYTES)).decode("ascii").rstrip("=").lower()

    def _account(self, holder: Account, bearer: Bearer, token: str, seconds: int | None) -> Account:
        until_ns = None if seconds is None else self._clock.now() + seconds * NS_PER_S
        return msgspec.structs.replace(holder, digest=token_digest(token), bearer=bearer, until_ns=until_ns)


def _asker(account: Account) -> Asker | None:
    if account.person is not None:
        return Asker(MEMBER, "pages", OWN_PURPOSE, account.person)
    if account.party is not None:
        return Asker(account.party, account.app or "app", PurposeId(account.purpose or "urn:troth:purpose:none"))
    return None
