"""A person brings somebody of their own to share with: says who it is, gets a link to pass on, and the party comes in by it.

Rules
- Nobody at the place has to register anybody. Whoever brings states that it is no designated gatekeeper.
- The link works once, until INVITATION_S have passed. Accepting it gives a token for this party and the purpose of the share:
  what was shared with nobody else can be read with it.
- Whoever runs the place sees who was brought, and not by whom, nor what is shared. They can refuse it, and say why.
- What stands against a share stands against this one: everybody concerned, places, red lines, what is withheld.

Source: Data Act, Articles 5(1), 5(3) and 6; docs/decisions/0076-a-person-brings-somebody-to-share-with.md.
Owner: the event loop.
"""

from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from troth.clock import Clock
from troth.errors import Conflict, NotFound, Refused, WrongToken
from troth.gate.rules.duties import Duty, duties_at
from troth.gate.rules.share_terms import term_of
from troth.journeys.accept import Accepted
from troth.journeys.accounts import Account, AccountStore, Bearer
from troth.journeys.in_hand import InHand
from troth.journeys.pressed import Press
from troth.journeys.recognise import Recognise
from troth.journeys.say import Say
from troth.journeys.share import Share
from troth.journeys.share_values import Wanted
from troth.journeys.voice import NO_VISIT
from troth.names import PersonId, PurposeId, ShareId, Uri, print_id
from troth.state.directory import Directory
from troth.state.shares import Brought
from troth.state.sharing import stands
from troth.statements.kinds import KindName
from troth.statements.site import Site
from troth.statements.third_party import BROUGHT, ThirdPartyBody, ThirdPartyRefusalBody, brought_uri

__all__ = ["BROUGHT_MAX", "Bring", "BroughtMade", "BroughtSeen", "Invited", "Newcomer"]

BROUGHT_MAX: Final = 10  # of one person at a time, with whom they share something and who were not refused
INVITATION_S: Final = 7 * 24 * 3600  # as every link here
TOKEN_S: Final = 366 * 24 * 3600  # as the longest token that whoever runs the place gives; the share ends by itself
APP: Final = "brought"


class Newcomer(msgspec.Struct, frozen=True):
    """Whom a person brings, as they say it."""

    name: str
    contact: str
    country: str


class BroughtMade(msgspec.Struct, frozen=True):
    """Somebody was brought. `token`: what stands in the link, shown once."""

    party: Uri
    share: ShareId
    token: str
    accepted: Accepted


class BroughtSeen(msgspec.Struct, frozen=True):
    """Somebody who was brought. `came`: a token was given; `refused`: why whoever runs the place said no."""

    party: Uri
    name: str
    contact: str
    country: str
    at_ns: int
    came: bool
    refused: str | None


class Invited(msgspec.Struct, frozen=True):
    """What a link shows before it is accepted: to whom, what for, and what is owed for it."""

    name: str
    what_for: str
    duties: tuple[Duty, ...]


class Bring:
    """Brings, invites, lets in, lists and refuses."""

    def __init__(
        self,
        say: Say,
        *,
        share: Share,
        recognise: Recognise,
        accounts: AccountStore,
        directory: Directory,
        clock: Clock,
        entropy: Callable[[int], bytes],
    ) -> None:
        self._say = say
        self._share = share
        self._recognise = recognise
        self._accounts = accounts
        self._directory = directory
        self._clock = clock
        self._entropy = entropy
        self._in_hand: InHand[PersonId] = InHand()

    async def bring(
        self,
        person: PersonId,
        who: Newcomer,
        wanted: Wanted,
        *,
        notice: bytes,
        made_by: str,
        visit: bytes = NO_VISIT,
    ) -> BroughtMade:
        """Say who it is, share with them, and make the link. `wanted.party` is replaced by the party's own name.

        Args:
            person: who brings; the caller has recognised them, and they have stated that it is no gatekeeper.
            who: name, contact and country.
            wanted: what is shared.
            notice: SHA-256 of the duties as they were shown.
            made_by: session or passkey.
            visit: digest of the session in which it is said.

        Raises:
            Refused: they have brought BROUGHT_MAX, or what is said of the party cannot be meant.
            Denied: it is a gatekeeper, or the gate lets nobody share this, and why.
            NotFound, Conflict, KeyClosed: as `Share.begin`.
            PasskeyAsked: as `Share.begin`. Who it is is said with the share, and then `invite` makes the link.
        """
        now, party = self._clock.now(), brought_uri(self._entropy(16))
        said = self._share.seen.mine(person).values()
        shared_with = {share.party for each in said if (share := stands(each, at_ns=now)) is not None}
        standing = [each for each in self._of(person) if each.refused is None and each.body.party in shared_with]
        if len(standing) + self._in_hand.of(person) >= BROUGHT_MAX:
            raise Refused(f"at most {BROUGHT_MAX} that one person has brought stand at a time")
        # What cannot be shared brings nobody: the streams and the duties are looked at first.
        self._share.check(person, wanted, notice=notice)
        body = ThirdPartyBody(party, person, who.name, who.contact, Site(who.country), now, made_by)
        with self._in_hand.one(person):
            brings = Press(person, KindName.THIRD_PARTY, body, "sb", now)
            shared = msgspec.structs.replace(wanted, party=party)
            name, accepted = await self._share.begin(
                person, shared, notice=notice, made_by=made_by, visit=visit, first=brings
            )
            token = await self._invite(party, PurposeId(wanted.purpose))
        return BroughtMade(party, name, token, accepted)

    async def invite(self, person: PersonId, party: Uri) -> str:
        """A new link for somebody whom this person has brought; one that was not used opens nothing any more.

        Raises:
            NotFound: they have brought nobody of this name, or share nothing with it.
            Conflict: it has come in already, or was refused.
        """
        known = self._directory.shares.brought.get(party)
        if known is None or known.body.person != person:
            raise NotFound("this person has brought nobody of this name")
        if known.refused is not None or self._came(party):
            raise Conflict("it was refused, or has come in already")
        shares = self._directory.shares.with_party.get(party, ())
        first = next((self._directory.shares.first(each) for each in shares), None)
        if first is None:
            raise NotFound("nothing is shared with it")
        former = [each.digest for each in self._accounts.of(Bearer.INVITATION) if each.party == party]
        token = await self._invite(party, first.purpose)
        await self._accounts.remove(*former)
        return token

    def invited(self, token: str) -> Invited:
        """What a link is for; it is spent by nothing that is only looked at.

        Raises:
            WrongToken: it is unknown, used, over, or of something else.
        """
        account, known = self._spendable(token)
        term = term_of(account.purpose or PurposeId(""))
        what_for = (account.purpose or "") if term is None else term.title
        return Invited(known.body.name, what_for, duties_at(self._clock.now()))

    async def accept(self, token: str) -> tuple[str, Uri, PurposeId]:
        """The party accepts its duties: its token, shown once, its name here, and what for.

        Raises:
            WrongToken: the link is unknown, used, over, or of something else.
        """
        account, known = self._spendable(token)
        purpose = account.purpose or PurposeId("")
        holder = Account(b"", Bearer.RECIPIENT, party=known.body.party, app=APP, purpose=purpose)
        return await self._recognise.accept(token, holder, seconds=TOKEN_S), known.body.party, purpose

    def of_person(self, person: PersonId) -> tuple[BroughtSeen, ...]:
        """Whom a person has brought, newest first."""
        return self._seen(self._of(person))

    def every(self) -> tuple[BroughtSeen, ...]:
        """Who was brought here, newest first; not by whom, and not what is shared."""
        return self._seen(self._directory.shares.brought.values())

    async def refuse(self, party: Uri, because: str) -> None:
        """The place says no: on return nothing is read by it. Its token stays, so that it can answer erase orders.

        Raises:
            NotFound: nobody of this name was brought.
            Conflict: it was refused already.
            Refused: it is not said why.
        """
        body = ThirdPartyRefusalBody(party, because, self._clock.now())
        await self._say.say(KindName.THIRD_PARTY_REFUSAL, body, subject=print_id("sn", self._entropy(16)))

    def _of(self, person: PersonId) -> list[Brought]:
        return [each for each in self._directory.shares.brought.values() if each.body.person == person]

    def _seen(self, found: Iterable[Brought]) -> tuple[BroughtSeen, ...]:
        came = {each.party for each in self._accounts.of(Bearer.RECIPIENT)}
        seen = [
            BroughtSeen(
                *(each.body.party, each.body.name, each.body.contact, each.body.site.country, each.body.at_ns),
                came=each.body.party in came,
                refused=None if each.refused is None else each.refused.because,
            )
            for each in found
            if self._directory.shares.with_party.get(each.body.party)  # else the gate let nobody share with it
        ]
        return tuple(sorted(seen, key=lambda each: -each.at_ns))

    async def _invite(self, party: Uri, purpose: PurposeId) -> str:
        holder = Account(b"", Bearer.INVITATION, party=party, app=APP, purpose=purpose)
        return await self._recognise.give(Bearer.INVITATION, holder, seconds=INVITATION_S)

    def _came(self, party: Uri) -> bool:
        return any(each.party == party for each in self._accounts.of(Bearer.RECIPIENT))

    def _spendable(self, token: str) -> tuple[Account, Brought]:
        account = self._recognise.invitation(token)
        party = account.party or Uri("")
        known = self._directory.shares.brought.get(party)
        if not party.startswith(BROUGHT) or known is None or known.refused is not None:
            raise WrongToken("this link is unknown, used or over")
        return account, known
