"""Who may connect things where: whoever runs the place, or an owner of a home, invites a firm until a date, and ends that.

Rules
- An invitation is a statement, and the gate looks at it whenever the firm asks. Here nobody is let in.
- An owner invites into their own home alone. Who does not live there is told of no such home; who owns nothing there, that they
  may not. Any owner of the home ends any invitation into it; whoever runs the place ends every one.
- A firm comes in by a link that whoever runs the place makes for it (`Parties.desk`): an owner gets none, for it would open
  what the firm does elsewhere.
- What ends takes with it the labels that were not used yet: nothing that the firm holds lets a thing in any more.
- Everybody who lives in a home sees who is invited there and by whom. What was handed over is taken over by an owner, and
  where a home has none, or in public, by whoever runs the place.

Source: gate.md (connect); docs/decisions/0116-an-installer-is-invited-to-a-place.md.
Left out: people of a firm, who are its own affair; and what a firm has read of a label and kept.
"""

from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Final

import msgspec

from troth.clock import Clock
from troth.errors import NotFound, Refused
from troth.gate.invited import invitation_holds
from troth.gate.question import Code
from troth.journeys.accounts import AccountStore, Bearer
from troth.journeys.asking import denied_as
from troth.journeys.logins import DESKS, Holder
from troth.journeys.party_names import party_name
from troth.journeys.recognise import Recognise
from troth.journeys.say import Say
from troth.names import HouseholdId, InstallerId, PersonId, ThingId, Uri, print_id
from troth.spans import DAY_NS
from troth.state.belonging import OWNER, homes_of, members_of
from troth.state.directory import Directory
from troth.state.in_force import InForce, Reading
from troth.statements.installer import DAYS_MAX, Because, InstallerBody
from troth.statements.kinds import KindName

__all__ = ["OPEN_MAX", "Installers", "InvitedHome", "SeenInstaller", "Stands"]

OPEN_MAX: Final = 16  # invitations that stand in one home: what one session could fill the record with


class Stands(StrEnum):
    """How an invitation stands."""

    OPEN = "open"
    OVER = "over"
    REVOKED = "revoked"
    CLOSED = "closed"
    MOVED = "changed-hands"
    HANDED_OVER = "handed-over"
    ACCEPTED = "accepted"


class SeenInstaller(msgspec.Struct, frozen=True):
    """An invitation. `where`: the home's name or the public place; times in ns UTC.

    `by`, `accepted_by`: name of the owner, None for whoever runs the place or somebody who is not known any more.
    `things`: names and places of what was connected under it and stands.
    """

    invitation: InstallerId
    party: Uri
    name: str
    household: HouseholdId | None
    where: str
    from_ns: int
    to_ns: int
    by: str | None
    stands: Stands
    things: tuple[tuple[str, str], ...]
    accepted_ns: int | None = None
    accepted_by: str | None = None

    @property
    def id(self) -> str:
        """The invitation as it is printed."""
        return print_id("iv", self.invitation)


class InvitedHome(msgspec.Struct, frozen=True):
    """A home of whoever looks, whether they may invite there, and who is invited, newest first."""

    household: HouseholdId
    name: str
    owner: bool
    installers: tuple[SeenInstaller, ...]


class Installers:
    """Invites, shows and ends. Owner: the event loop."""

    def __init__(
        self,
        say: Say,
        accounts: AccountStore,
        *,
        recognise: Recognise,
        directory: Directory,
        in_force: InForce,
        clock: Clock,
        entropy: Callable[[int], bytes],
    ) -> None:
        self._say = say
        self._accounts = accounts
        self._recognise = recognise
        self._directory = directory
        self._in_force = in_force
        self._clock = clock
        self._entropy = entropy

    def firms(self) -> tuple[tuple[Uri, str], ...]:
        """Whom one can invite: URI and name of each registered organisation, by name."""
        found = ((uri, body.name) for uri, body in self._directory.organisations.items())
        return tuple(sorted(found, key=lambda each: (each[1].casefold(), each[0])))

    async def invite(
        self,
        party: Uri,
        *,
        days: int,
        household: HouseholdId | None = None,
        place: str | None = None,
        by: PersonId | None = None,
    ) -> SeenInstaller:
        """Invite a firm into a home or to a public place, from now on for so many days. `by`: the owner who does.

        Raises:
            NotFound: the firm or the home is not registered, or the person does not live there.
            Denied: they live there and own nothing.
            Refused: too many days, or as many invitations into this home stand as may.
        """
        if by is not None:
            self._check_owner(by, household)
        if not 1 <= days <= DAYS_MAX:
            raise Refused(f"a firm is invited for 1 to {DAYS_MAX} days")
        stand = [each for each in self._all() if each.household is not None and each.household == household]
        if sum(self.stands(each) is Stands.OPEN for each in stand) >= OPEN_MAX:
            raise Refused(f"at most {OPEN_MAX} invitations into one home stand at a time")
        now = self._clock.now()
        invitation = InstallerId(self._entropy(16))
        body = InstallerBody(invitation, party, now, now + days * DAY_NS, household, place, by)
        await self._said(body)
        return self._seen(body)

    def all(self) -> tuple[SeenInstaller, ...]:
        """All invitations, newest first, for whoever runs the place."""
        return tuple(map(self._seen, self._all()))

    def homes(self, person: PersonId) -> tuple[InvitedHome, ...]:
        """Who is invited into the homes of somebody."""
        homes = homes_of(person, self._directory, self._in_force, at_ns=self._clock.now())
        return tuple(
            InvitedHome(
                home,
                self._directory.households.get(home, ""),
                person in self._owners(home),
                tuple(self._seen(each) for each in self._all() if each.household == home),
            )
            for home in homes
        )

    def of(self, party: Uri) -> tuple[SeenInstaller, ...]:
        """The invitations of a firm that stand, newest first. Others are no affair of it any more."""
        return tuple(self._seen(each) for each in self._of(party) if self._open(each))

    def standing(self, party: Uri, *, household: HouseholdId | None, place: str) -> InstallerBody:
        """The newest invitation under which a firm may ask to connect something there now.

        Raises:
            Denied: there is none; the same whether there is such a home or not.
        """
        for each in self._of(party):
            if each.household == household and each.place in {None, place} and self._open(each):
                return each
        raise denied_as(Code.NOT_INVITED.value)

    def stands(self, body: InstallerBody) -> Stands:
        """How an invitation stands now."""
        if body.because is Because.HANDED_OVER:
            return Stands.HANDED_OVER if body.accepted_ns is None else Stands.ACCEPTED
        if body.because is not None:
            return Stands.REVOKED if body.because is Because.REVOKED else Stands.CLOSED
        now = self._clock.now()
        if body.to_ns <= now:
            return Stands.OVER
        return Stands.OPEN if invitation_holds(body, Reading(self._in_force), at_ns=now) else Stands.MOVED

    async def end(self, invitation: InstallerId, *, by: PersonId | None = None) -> None:
        """End an invitation at once; labels of it that were not used yet let nothing in any more. `by`: the owner who does.

        Raises:
            NotFound: there is no such invitation, or it is into a home that the person does not own.
            Refused: it has ended.
        """
        await self._end(self._mine(invitation, by), Because.REVOKED)

    async def hand_over(self, invitation: InstallerId, *, party: Uri) -> None:
        """A firm hands over what it has connected under an invitation; from then on it has no way in there.

        Raises:
            NotFound: it has no such invitation.
            Refused: it has ended.
        """
        known = self._directory.invited.said.get(invitation)
        if known is None or known.body.party != party:
            raise NotFound("this firm has no such invitation")
        await self._end(known.body, Because.HANDED_OVER)

    async def accept(self, invitation: InstallerId, *, by: PersonId | None = None) -> None:
        """Take over what was handed over. `by`: the owner of the home; None for whoever runs the place.

        Raises:
            NotFound: there is no such invitation, or it is into a home that the person does not own.
            Denied: whoever runs the place asks, and the home has an owner.
            Refused: nothing waits to be taken over.
        """
        body = self._mine(invitation, by)
        if by is None and body.household is not None and self._owners(body.household):
            raise denied_as(Code.TOO_WEAK.value)
        if self.stands(body) is not Stands.HANDED_OVER:
            raise Refused("nothing waits here to be taken over")
        await self._said(msgspec.structs.replace(body, accepted_ns=self._clock.now(), accepted_by=by))

    async def close(self, party: Uri) -> None:
        """Close the door of a firm: its invitations end, and its links, sessions and logins open nothing any more."""
        for each in [each for each in self._of(party) if self._open(each)]:
            await self._end(each, Because.CLOSED)
        holder = Holder(None, party, None, DESKS["installer"])
        going = [e.digest for kind in (Bearer.SESSION, Bearer.INVITATION) for e in self._accounts.held(holder, kind)]
        await self._recognise.close(*going, words="Whoever runs this place has closed this door.")
        await self._accounts.logins.drop(holder)

    def things(self, invitation: InstallerId) -> Iterator[ThingId]:
        """What was connected under an invitation and stands, in order of joining."""
        for thing in self._directory.invited.things.get(invitation, ()):
            known = self._directory.things.get(thing)
            if known is not None and known.body.to_ns is None:
                yield thing

    async def _end(self, body: InstallerBody, because: Because) -> None:
        if not self._open(body) and self.stands(body) is not Stands.MOVED:
            raise Refused("this invitation has ended")
        now = min(max(self._clock.now(), body.from_ns + 1), body.to_ns)
        await self._said(msgspec.structs.replace(body, to_ns=now, because=because))
        unused = [
            each.digest
            for thing in self._directory.invited.things.get(body.invitation, ())
            for each in self._accounts.of(Bearer.CLAIM, thing=thing)
        ]
        await self._accounts.remove(*unused)

    def _mine(self, invitation: InstallerId, by: PersonId | None) -> InstallerBody:
        known = self._directory.invited.said.get(invitation)
        if known is None:
            raise NotFound("there is no such invitation")
        if by is not None:
            home = known.body.household
            if home is None or by not in self._owners(home):
                raise NotFound("there is no such invitation")
        return known.body

    def _check_owner(self, person: PersonId, home: HouseholdId | None) -> None:
        if home not in homes_of(person, self._directory, self._in_force, at_ns=self._clock.now()):
            raise NotFound("there is no such home for this person")
        if person not in self._owners(home):
            raise denied_as(Code.TOO_WEAK.value)

    def _owners(self, home: HouseholdId) -> frozenset[PersonId]:
        now = self._clock.now()
        members = members_of(home, self._in_force)
        return frozenset(each.person for each in members if each.role == OWNER and each.here(now))

    def _open(self, body: InstallerBody) -> bool:
        return self.stands(body) is Stands.OPEN

    def _all(self) -> list[InstallerBody]:
        return [each.body for each in reversed(self._directory.invited.said.values())]

    def _of(self, party: Uri) -> list[InstallerBody]:
        """All invitations of a firm, newest first."""
        invited = self._directory.invited
        return [invited.said[each].body for each in reversed(invited.firms.get(party, {}))]

    def _seen(self, body: InstallerBody) -> SeenInstaller:
        home = body.household
        return SeenInstaller(
            body.invitation,
            body.party,
            party_name(body.party, self._directory),
            home,
            str(body.place) if home is None else self._directory.households.get(home, ""),
            body.from_ns,
            body.to_ns,
            self._name(body.by),
            self.stands(body),
            tuple(
                (self._directory.things[each].body.name, self._directory.things[each].body.place)
                for each in self.things(body.invitation)
            ),
            body.accepted_ns,
            self._name(body.accepted_by),
        )

    def _name(self, person: PersonId | None) -> str | None:
        known = None if person is None else self._directory.persons.get(person)
        return None if known is None else known.name

    async def _said(self, body: InstallerBody) -> None:
        await self._say.say(KindName.INSTALLER, body, subject=print_id("sy", self._entropy(16)))
