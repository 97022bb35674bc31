"""Who is it? From the token somebody shows to what they may call themselves.

Rules
- A token is found by its digest; an expired one is as unknown as a wrong one.
- A claim token is spent for a thing's own credential or certificate, an invitation for a session; both once.
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
_NO_TOKENS: Final = frozenset({Bearer.CLAIM, Bearer.INVITATION, Bearer.CERTIFICATE})  # these recognise nobody as tokens


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
        if account is None or not self._valid(account) or account.bearer in _NO_TOKENS:
            return None
        return Principal(account.bearer, account.thing, account.person, _asker(account))

    async def give(self, bearer: Bearer, holder: Account, *, seconds: int | None) -> str:
        """Make a token for `holder` (its digest, bearer and end are replaced); shown once, kept as a digest only."""
        token = self._fresh()
        await self._accounts.add(self._account(holder, bearer, token, seconds))
        return token

    def certificate(self, digest: bytes) -> Principal | None:
        """Which thing shows the certificate with this digest, as if it had shown its credential; or None."""
        account = self._accounts.find(digest)
        if account is None or account.bearer is not Bearer.CERTIFICATE or not self._valid(account):
            return None
        return Principal(Bearer.THING, account.thing)

    def certificate_left_s(self, digest: bytes) -> float:
        """For how many seconds a certificate still counts; 0 for one that is not known."""
        account = self._accounts.find(digest)
        return 0.0 if account is None or account.until_ns is None else (account.until_ns - self._clock.now()) / NS_PER_S

    def claimant(self, token: str) -> ThingId:
        """The thing of a claim token, which stays unspent.

        Raises:
            WrongToken: unknown, used, expired, or not a claim token.
        """
        thing = self._spendable(token, Bearer.CLAIM).thing
        if thing is None:
            raise WrongToken("this token is not for a thing")
        return thing

    async def claim(self, token: str) -> tuple[ThingId, str]:
        """Spend a claim token for the thing's own credential; what it had before recognises nobody any more.

        Connections that were let in with what it had are closed.

        Raises:
            WrongToken: unknown, used, expired, or not a claim token.
        """
        thing = self.claimant(token)
        credential = self._fresh()
        await self._claimed(token, Account(token_digest(credential), Bearer.THING, thing=thing))
        return thing, credential

    async def claim_for_certificate(self, token: str, digest: bytes, *, until_ns: int) -> None:
        """Spend a claim token for the certificate with this digest; the rest is as in `claim`."""
        held = Account(digest, Bearer.CERTIFICATE, thing=self.claimant(token), until_ns=until_ns)
        await self._claimed(token, held)

    async def _claimed(self, token: str, gained: Account) -> None:
        former = self._of_thing(gained.thing, Bearer.THING, Bearer.CERTIFICATE)
        await self._accounts.spend(token_digest(token), gained, ends=[each.digest for each in former])
        for each in self._of_thing(gained.thing, Bearer.THING, Bearer.CERTIFICATE):
            if each.digest != gained.digest:  # a renewal that was on its way has been kept meanwhile
                await self._accounts.remove(each.digest)
        if former and gained.thing is not None:
            words = "credential" if gained.bearer is Bearer.THING else "certificate"
            self._parted(gained.thing, f"This thing has a new {words}.")

    async def renew(self, digest: bytes, gained: Account, *, until_ns: int) -> None:
        """A certificate is followed by another one: it holds until `until_ns` at most, and every third one ends.

        Raises:
            WrongToken: it is not there (any more).
        """
        held = self._accounts.find(digest)
        if held is None:
            raise WrongToken("this certificate is unknown, revoked or over")
        end_ns = until_ns if held.until_ns is None else min(held.until_ns, until_ns)
        others = [each.digest for each in self._of_thing(held.thing, Bearer.CERTIFICATE) if each.digest != digest]
        await self._accounts.spend(digest, msgspec.structs.replace(held, until_ns=end_ns), gained, ends=others)

    async def end(self, thing: ThingId, words: str) -> None:
        """A thing's credential, certificates and claim tokens recognise nobody any more; its connections are closed."""
        while left := self._of_thing(thing, Bearer.THING, Bearer.CERTIFICATE, Bearer.CLAIM):
            for each in left:  # and once more: a renewal that was on its way has been kept meanwhile
                await self._accounts.remove(each.digest)
        self._parted(thing, words)

    def _of_thing(self, thing: ThingId | None, *bearers: Bearer) -> list[Account]:
        return [each for bearer in bearers for each in self._accounts.of(bearer, thing=thing)]

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
