"""A person shares with a third party, for a purpose, until a date; everybody concerned says so; anybody ends it with one press.

Rules
- A share is a statement under the person's key (custody *house*). On return it is in effect, as far as it is theirs.
- Who lives there too is asked with an equal yes and no; nothing is read before everybody has said yes, and silence is a no.
- The duties of the third party are shown before, to both sides, and their text is named in the statement.
- A third party asks by the kind of thing, and is not told who has one. Each person is asked once; a no holds for as long as the
  dated rule says.

Source: people.md, "Rules"; gate.md, "The barrier"; Data Act, Articles 4 to 6;
docs/decisions/0070-a-share-is-a-choice-with-a-name.md.
Left out: third parties that people bring themselves (`bring`), and registering others; payment.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from troth.clock import Clock
from troth.errors import Conflict, NotFound, Refused
from troth.gate.rules.duties import LANGUAGE, VERSION
from troth.journeys.accept import Accepted
from troth.journeys.in_hand import InHand
from troth.journeys.pressed import Press
from troth.journeys.share_values import Wanted
from troth.journeys.shares_seen import NOBODY, SeenShares
from troth.journeys.voice import NO_VISIT, Voice
from troth.names import PersonId, PurposeId, ShareId, WishId
from troth.spans import DAY_NS
from troth.state.directory import Directory
from troth.state.in_force import InForce
from troth.state.sharing import stands
from troth.statements.choice import Decision, NoticeShown
from troth.statements.kinds import KindName
from troth.statements.share import ShareBody

__all__ = ["SHARES_MAX", "YEARS_MAX", "Share"]

SHARES_MAX: Final = 50  # of one person at a time
YEARS_MAX: Final = 5  # docs/decisions/0070: what lasts longer is shared anew, by who still wants it


class Share:
    """Shows what is shared and can be; shares, agrees, refuses and ends."""

    def __init__(
        self,
        voice: Voice,
        *,
        directory: Directory,
        in_force: InForce,
        clock: Clock,
        entropy: Callable[[int], bytes],
    ) -> None:
        self._voice = voice
        self._clock = clock
        self.seen = SeenShares(directory, in_force, now=clock.now)
        self._entropy = entropy
        self._in_hand: InHand[PersonId] = InHand()

    async def begin(
        self,
        person: PersonId,
        wanted: Wanted,
        *,
        notice: bytes,
        made_by: str,
        visit: bytes = NO_VISIT,
        first: Press | None = None,
    ) -> tuple[ShareId, Accepted]:
        """Share, and give the name of the share. On return it is in effect, where nobody else is concerned.

        Args:
            person: who shares; the caller has recognised them.
            wanted: what, with whom, what for, until when.
            notice: SHA-256 of the duties as they were shown.
            made_by: passkey, session, token, paper or guardian.
            visit: digest of the session in which it is said.
            first: what is to count before it, and not without it being said.

        Raises:
            NotFound: they do not live where these streams are.
            Conflict: other duties hold now than were shown.
            Refused: it would not end within YEARS_MAX years, or they share SHARES_MAX already.
            Denied: the gate lets nobody share this, or not with this party, and why.
            KeyClosed, PasskeyAsked: as `Voice.say`.
        """
        now = self._clock.now()
        household = self.seen.household_of(wanted.streams, self.seen.homes(person))
        standing = [said for said in self.seen.mine(person).values() if stands(said, at_ns=now) is not None]
        if len(standing) + self._in_hand.of(person) >= SHARES_MAX:
            raise Refused(f"at most {SHARES_MAX} shares of one person stand at a time; end one first")
        body = ShareBody(
            ShareId(self._entropy(16)),
            person,
            household,
            wanted.party,
            PurposeId(wanted.purpose),
            Decision.GIVE,
            now if wanted.from_ns is None else max(now, wanted.from_ns),
            self._notice(notice),
            made_by,
            tuple(sorted(set(wanted.streams))),
            wanted.variant.value,
            wanted.to_ns,
            wanted.since_ns,
            wanted.words,
        )
        self._check_end(body, at_ns=now)
        with self._in_hand.one(person):
            return body.share, await self._say(body, visit, first)

    def check(self, person: PersonId, wanted: Wanted, *, notice: bytes) -> None:
        """Return if these streams are of one home of this person, and the duties are those that hold. Raises as `begin`."""
        self.seen.household_of(wanted.streams, self.seen.homes(person))
        self._notice(notice)

    async def agree(
        self, person: PersonId, share: ShareId, *, notice: bytes, made_by: str, visit: bytes = NO_VISIT
    ) -> Accepted:
        """Say yes to what somebody else of the home shares; as much as that, and no longer.

        Raises:
            NotFound: this person is not asked about such a share.
            Conflict: other duties hold now than were shown.
            Denied: the gate lets nobody share this any more.
            KeyClosed, PasskeyAsked: as `Voice.say`.
        """
        first = self.seen.proposal(person, share)
        now = self._clock.now()
        body = msgspec.structs.replace(
            first,
            person=person,
            from_ns=max(now, first.from_ns),
            notice=self._notice(notice),
            made_by=made_by,
            words=None,
            asked=None,
        )
        return await self._say(body, visit)

    async def refuse(self, person: PersonId, share: ShareId, *, made_by: str, visit: bytes = NO_VISIT) -> Accepted:
        """Say no to what somebody else of the home shares.

        Raises:
            NotFound: this person is not asked about such a share.
        """
        body = self._no(self.seen.proposal(person, share), person, Decision.REFUSE, made_by=made_by)
        return await self._say(body, visit)

    async def end(self, person: PersonId, share: ShareId, *, made_by: str, visit: bytes = NO_VISIT) -> Accepted:
        """End what this person shares. On return nothing of it leaves any more; what was got is ordered to be erased.

        Raises:
            NotFound: they share nothing under this name that has not ended.
        """
        standing = stands(self.seen.mine(person).get(share, ()), at_ns=self._clock.now())
        if standing is None:
            raise NotFound(NOBODY)
        return await self._say(self._no(standing, person, Decision.WITHDRAW, made_by=made_by), visit)

    async def answer(
        self,
        person: PersonId,
        request: WishId,
        decision: Decision,
        *,
        notice: bytes,
        made_by: str,
        visit: bytes = NO_VISIT,
    ) -> tuple[ShareId, Accepted]:
        """Say yes or no to a party that asks. A yes shares all that it asked of this person, from now on.

        Raises:
            NotFound: this person is not asked that.
            Conflict: other duties hold now than were shown.
            Denied: the gate lets nobody share this.
            KeyClosed, PasskeyAsked: as `Voice.say`.
        """
        now, asked = self._clock.now(), self.seen.asked(person, request)
        if decision is Decision.WITHDRAW:
            raise NotFound("nobody asks that of this person")
        streams = tuple(sorted(stream.stream for _, stream in asked.streams))
        body = ShareBody(
            ShareId(self._entropy(16)),
            person,
            self.seen.household_of(streams, self.seen.homes(person)),
            asked.body.party,
            asked.body.purpose,
            decision,
            now,
            self._notice(notice),
            made_by,
            streams,
            asked=request,
        )
        if decision is Decision.GIVE:
            body = msgspec.structs.replace(body, variant=asked.body.variant, to_ns=now + asked.body.days * DAY_NS)
        return body.share, await self._say(body, visit)

    def _no(self, body: ShareBody, person: PersonId, decision: Decision, *, made_by: str) -> ShareBody:
        return ShareBody(
            body.share,
            person,
            body.household,
            body.party,
            body.purpose,
            decision,
            self._clock.now(),
            self._notice(self.seen.offered().notice),
            made_by,
            body.streams,
            asked=body.asked,
        )

    def _notice(self, digest: bytes) -> NoticeShown:
        if digest != self.seen.offered().notice:
            raise Conflict("the duties have changed since they were shown", hint="Read them again and choose again.")
        return NoticeShown(digest, VERSION, LANGUAGE)

    def _check_end(self, body: ShareBody, *, at_ns: int) -> None:
        to_ns = 0 if body.to_ns is None else body.to_ns
        if to_ns <= at_ns or to_ns - at_ns > YEARS_MAX * 366 * DAY_NS:
            raise Refused(f"a share ends after now, and within {YEARS_MAX} years")

    async def _say(self, body: ShareBody, visit: bytes, first: Press | None = None) -> Accepted:
        now = self._clock.now()
        return await self._voice.say(
            KindName.SHARE, body, person=body.person, prefix="ss", at_ns=now, visit=visit, first=first
        )
