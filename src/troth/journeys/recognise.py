"""Who is it? From the token somebody shows to what they may call themselves.

Rules
- A token is found by its digest; an expired one is as unknown as a wrong one.
- A claim token is spent for a thing's own credential or certificate, an invitation for a session; both once.
- A session ends after a while, and sooner when it is not used. What a page does by itself is no use of it.
- Being recognised allows nothing: the gate is asked for everything that follows.

Source: things.md, "A thing joins"; people.md, "Accounts"; NIST SP 800-63B-4 §2.1.3 and §2.2.3 (how long sessions may be).
"""

import base64
from collections.abc import Callable, Mapping
from enum import Enum, auto
from typing import Final

import msgspec

from troth.clock import NS_PER_S, Clock
from troth.errors import WrongToken
from troth.gate.question import NO_PURPOSE, OWN_PURPOSE, Asker, Standing
from troth.journeys.accounts import TOKEN_BYTES, Account, AccountStore, Bearer, Way, holder_of, token_digest
from troth.journeys.lines import Lines
from troth.journeys.logins import DESKS, Holder
from troth.names import PersonId, PurposeId, Slug, ThingId, Uri

__all__ = ["LASTS", "MEMBER", "Lasting", "Principal", "Recognise", "Use"]

MEMBER: Final = Uri("urn:troth:member")
DAY_S: Final = 24 * 3600
CLAIM_S: Final = 7 * 24 * 3600  # a claim token ends after 7 days
INVITATION_S: Final = 7 * 24 * 3600
SPENT_S: Final = 365 * DAY_S  # for so long it can be seen that somebody came in with a link
SPENT_MAX: Final = 100  # of one holder: a demonstration spends many
_USED_S: Final = 60  # what is kept of when something was used is no older than this
_MAX_TOKEN: Final = 200
_NO_TOKENS: Final = frozenset(
    {Bearer.CLAIM, Bearer.INVITATION, Bearer.SPENT, Bearer.CERTIFICATE, Bearer.FEED, Bearer.CONNECTED}
)  # these recognise nobody as tokens
_FOLLOWED: Final = frozenset({Bearer.SESSION, Bearer.RECIPIENT})  # it is kept when these were last used


class Lasting(msgspec.Struct, frozen=True):
    """How long a session lasts in all, and unused, in seconds."""

    whole_s: int
    idle_s: int


LASTS: Final[Mapping[str, Lasting]] = {
    "person": Lasting(30 * DAY_S, 14 * DAY_S),  # SP 800-63B-4 §2.1.3 (AAL1): 30 days at most
    "recipient": Lasting(30 * DAY_S, 14 * DAY_S),
    "maker": Lasting(30 * DAY_S, 14 * DAY_S),
    "authority": Lasting(30 * DAY_S, 14 * DAY_S),
    "installer": Lasting(30 * DAY_S, 14 * DAY_S),
    "operator": Lasting(DAY_S, 3600),  # §2.2.3 (AAL2): 24 hours, and one hour unused
}


class Principal(msgspec.Struct, frozen=True):
    """Who shows a valid token. `thing` for things; `asker` for recipients and persons; neither for the operator.

    `desk`: a maker, authority or installer, and `party` which one; they ask for no data, so they are no asker, and run nothing.

    `digest` is that of a session or a recipient's token: what is open under it ends with it, also if another says the same.
    """

    bearer: Bearer
    thing: ThingId | None = None
    person: PersonId | None = None
    asker: Asker | None = None
    digest: bytes = b""
    desk: str = ""
    party: Uri | None = None

    @property
    def operator(self) -> bool:
        """Whether this is the operator, by token or in a session. It allows running things, and no reading of data."""
        return self.bearer is Bearer.OPERATOR or (
            self.bearer is Bearer.SESSION and self.person is None and self.asker is None and self.party is None
        )

    @property
    def standing(self) -> Standing:
        """As what the gate knows whoever wants to connect a thing."""
        return Standing.OPERATOR if self.operator else Standing.OTHER


class Use(Enum):
    """Whether somebody meant to ask, or a page did by itself."""

    MEANT = auto()
    BY_ITSELF = auto()


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
        self._used: dict[bytes, int] = {}
        self.lines = Lines()

    def token(self, token: str, *, use: Use = Use.MEANT) -> Principal | None:
        """Who shows this token, or None. Claim tokens and invitations recognise nobody: they can only be spent."""
        if not 0 < len(token) <= _MAX_TOKEN:
            return None
        account = self._accounts.find(token_digest(token))
        if account is None or not self.counts(account) or account.bearer in _NO_TOKENS:
            return None
        if account.bearer not in _FOLLOWED:
            return Principal(account.bearer, account.thing, account.person, _asker(account))
        if use is Use.MEANT:
            self._used[account.digest] = self._clock.now()
        role = holder_of(account).role
        desk, party = (role, account.party) if role in DESKS else ("", None)
        asker = None if desk else _asker(account)
        return Principal(account.bearer, account.thing, account.person, asker, account.digest, desk, party)

    def thing(self, digest: bytes) -> ThingId | None:
        """Whose credential has this digest; None where it is none of a thing, or no more."""
        account = self._accounts.find(digest)
        return (
            None if account is None or account.bearer is not Bearer.THING or not self.counts(account) else account.thing
        )

    def session(self, token: str) -> Account:
        """The account of a session that is open.

        Raises:
            WrongToken: it is none, or has ended.
        """
        account = self._accounts.find(token_digest(token))
        if account is None or account.bearer is not Bearer.SESSION or self.token(token) is None:
            raise WrongToken("your visit here has ended", hint="Sign in, or open a link that you were given.")
        return account

    def still(self, who: Principal) -> bool:
        """Whether what was recognised as this may go on: its session or token has not ended."""
        if not who.digest:
            return True
        account = self._accounts.find(who.digest)
        return account is not None and account.bearer is who.bearer and self.counts(account)

    async def give(self, bearer: Bearer, holder: Account, *, seconds: int | None) -> str:
        """Make a token for `holder` (its digest, bearer and end are replaced); shown once, kept as a digest only."""
        token = self._fresh()
        await self._accounts.add(self._account(holder, bearer, token, seconds))
        return token

    def certificate(self, digest: bytes) -> Principal | None:
        """Which thing shows the certificate with this digest, as if it had shown its credential; or None."""
        account = self._accounts.find(digest)
        if account is None or account.bearer is not Bearer.CERTIFICATE or not self.counts(account):
            return None
        return Principal(Bearer.THING, account.thing)

    def certificates(self, thing: ThingId) -> list[Account]:
        """The certificates of a thing that count, the one that ends last first."""
        held = [each for each in self._of_thing(thing, Bearer.CERTIFICATE) if self.counts(each)]
        return sorted(held, key=lambda each: (-(each.until_ns or 0), each.digest))

    def named(self) -> Mapping[Slug, ThingId]:
        """All short names of things, now."""
        return self._accounts.slugs()

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

    def claim_for(self, thing: ThingId, *, seconds: int = CLAIM_S) -> tuple[str, Account]:
        """A fresh claim token and what must be kept of it; it recognises nobody before that is kept, nor after `seconds`."""
        token = self._fresh()
        return token, self._account(Account(b"", Bearer.CLAIM, thing=thing), Bearer.CLAIM, token, seconds)

    async def operator(self) -> str:
        """A new token for the operator's commands; the former one recognises nobody any more."""
        former = self._accounts.of(Bearer.OPERATOR)
        token = await self.give(Bearer.OPERATOR, Account(b"", Bearer.OPERATOR), seconds=None)
        for each in former:
            await self._accounts.remove(each.digest)
        return token

    async def enter(self, token: str, *, browser: str = "") -> str:
        """Spend an invitation for a session. It stays as spent, for whoever it was for to see.

        Raises:
            WrongToken: unknown, used, expired, or not an invitation.
        """
        account = self._spendable(token, Bearer.INVITATION)
        session, kept = self._session(holder_of(account), Way.LINK, browser)
        now_ns = self._clock.now()
        spent = msgspec.structs.replace(
            account, bearer=Bearer.SPENT, until_ns=now_ns + SPENT_S * NS_PER_S, used_ns=now_ns, browser=browser
        )
        await self._accounts.spend(account.digest, kept, spent)
        return session

    def invitation(self, token: str) -> Account:
        """What an invitation is for; it stays unspent.

        Raises:
            WrongToken: unknown, used, expired, or not an invitation.
        """
        return self._spendable(token, Bearer.INVITATION)

    async def accept(self, token: str, holder: Account, *, seconds: int) -> str:
        """Spend an invitation for a token of its holder (its digest, bearer and end are replaced).

        Raises:
            WrongToken: unknown, used, expired, or not an invitation.
        """
        given = self._fresh()
        await self._accounts.spend(
            self.invitation(token).digest, self._account(holder, Bearer.RECIPIENT, given, seconds)
        )
        return given

    async def open(self, holder: Holder, way: Way, *, browser: str = "") -> str:
        """A session of somebody who has shown who they are in another way."""
        session, kept = self._session(holder, way, browser)
        await self._accounts.add(kept)
        return session

    async def leave(self, token: str) -> None:
        """End a session."""
        await self.close(token_digest(token), words="This session has ended.")

    async def close(self, *digests: bytes, words: str) -> None:
        """Sessions or tokens recognise nobody any more, and what is open under them is closed."""
        await self._accounts.remove(*digests)
        for each in digests:
            self.lines.part(each, words)

    async def tidy(self) -> None:
        """Keep when sessions and recipients' tokens were last used, and forget what has ended. To be called now and then."""
        times: dict[bytes, int] = {}
        for digest, at_ns in tuple(self._used.items()):
            account = self._accounts.find(digest)
            if account is None:
                del self._used[digest]
            elif account.used_ns is None or at_ns - account.used_ns >= _USED_S * NS_PER_S:
                times[digest] = at_ns
        if times:
            await self._accounts.used(times)
        for digest, at_ns in times.items():  # until it is kept it is known here, or a token in use would look unused
            if self._used.get(digest) == at_ns:
                del self._used[digest]
        over = [
            each.digest
            for bearer in (Bearer.SESSION, Bearer.INVITATION, Bearer.SPENT, Bearer.RECIPIENT)
            for each in self._accounts.of(bearer)
            if not self.counts(each)
        ]
        over += self._crowded()
        if over:
            await self.close(*over, words="This token has ended.")

    def _crowded(self) -> list[bytes]:
        """Of each holder's spent invitations those beyond the newest SPENT_MAX."""
        by_holder: dict[Holder, list[Account]] = {}
        for each in self._accounts.of(Bearer.SPENT):
            by_holder.setdefault(holder_of(each), []).append(each)
        gone: list[bytes] = []
        for many in by_holder.values():
            many.sort(key=lambda each: each.used_ns or 0, reverse=True)
            gone += [each.digest for each in many[SPENT_MAX:]]
        return gone

    def last_used_ns(self, account: Account) -> int | None:
        """When it was last used, as far as this node knows."""
        return max(filter(None, (account.used_ns, self._used.get(account.digest))), default=None)

    def _session(self, holder: Holder, way: Way, browser: str) -> tuple[str, Account]:
        token, now_ns = self._fresh(), self._clock.now()
        kept = Account(
            token_digest(token),
            Bearer.SESSION,
            party=holder.party,
            app=holder.app,
            purpose=holder.purpose,
            person=holder.person,
            until_ns=now_ns + LASTS[holder.role].whole_s * NS_PER_S,
            made_ns=now_ns,
            used_ns=now_ns,
            way=way,
            browser=browser,
        )
        return token, kept

    def _spendable(self, token: str, bearer: Bearer) -> Account:
        account = self._accounts.find(token_digest(token)) if 0 < len(token) <= _MAX_TOKEN else None
        if account is None or account.bearer is not bearer or not self.counts(account):
            raise WrongToken(
                "this token is unknown, used or expired", hint="Ask whoever runs this place for a new one."
            )
        return account

    def counts(self, account: Account) -> bool:
        """Whether it has not ended yet."""
        now_ns = self._clock.now()
        if account.until_ns is not None and now_ns >= account.until_ns:
            return False
        if account.bearer is not Bearer.SESSION:
            return True
        used_ns = self.last_used_ns(account)
        return used_ns is None or now_ns - used_ns < LASTS[holder_of(account).role].idle_s * NS_PER_S

    def _fresh(self) -> str:
        # Base32: no token begins with a hyphen, and a double click takes it whole.
        return base64.b32encode(self._entropy(TOKEN_BYTES)).decode("ascii").rstrip("=").lower()

    def _account(self, holder: Account, bearer: Bearer, token: str, seconds: int | None) -> Account:
        now_ns = self._clock.now()
        until_ns = None if seconds is None else now_ns + seconds * NS_PER_S
        digest = token_digest(token)
        return msgspec.structs.replace(holder, digest=digest, bearer=bearer, until_ns=until_ns, made_ns=now_ns)


def _asker(account: Account) -> Asker | None:
    if account.person is not None:
        return Asker(MEMBER, "pages", OWN_PURPOSE, account.person)
    if account.party is not None:
        return Asker(account.party, account.app or "app", PurposeId(account.purpose) if account.purpose else NO_PURPOSE)
    return None
