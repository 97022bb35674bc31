"""Who lives together: they see each other and how each came, anybody leaves, an owner removes, a stay is ended.

Rules
- Leaving and removing are statements in the own voice of whoever does it (`voice`). What a removal takes is said by the
  node as well, so that it stands when whoever removed them is erased.
- On return every path of theirs into the home has ended, as for a withdrawal: what they are shown, what they listen to, what
  waits for them. Their visit goes on, for their book and for what they can still take back.
- Who works in a home sees themself only.
- Who was removed reads that they were, and not that they left.
- Nobody is told that somebody left, or why; they see who lives there. Everybody is told of each stay and of each link to
  somebody's pages that whoever runs the place has made, and goes on being told when that stay has ended: else whoever comes
  and goes again would have come unnoticed. No end is told, and nobody reads of those who were gone before they came.

Source: people.md, "Accounts"; gate.md, "The barrier"; docs/decisions/0051, 0102.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from troth.clock import NS_PER_S, Clock
from troth.errors import NotFound, Refused
from troth.gate.agreed import nobody_answers
from troth.journeys.accept import Accept, Accepted
from troth.journeys.say import Say
from troth.journeys.voice import Voice
from troth.names import HouseholdId, PersonId, print_id
from troth.signing.cose import Signed
from troth.spans import DAY_NS
from troth.state.belonging import BACK_NS, OWNER, Ended, check_departure, ended_how, homes_of, left_homes, members_of
from troth.state.directory import Directory
from troth.state.in_force import InForce, Reading
from troth.state.scopes import Member
from troth.statements.kinds import KindName
from troth.statements.person import DepartureBody, MembershipBody, Role
from troth.things.intervals import FOREVER, Interval

__all__ = ["Belong", "Dweller", "LivedIn", "Made", "Parted", "Together"]

NEW_NS: Final = 30 * DAY_NS  # for how long what was made for a home is new to those who live there


class Dweller(msgspec.Struct, frozen=True):
    """Somebody of a home, as the others see them. `you`: whoever looks. Times are ns UTC; `to_ns` None while it lasts.

    `guardians`: who answers for them, of a child, by name; `unanswered`: nobody does, and somebody must. `shift`: of whoever
    looks, the one that is or the next.
    """

    person: PersonId
    name: str
    role: str
    from_ns: int
    to_ns: int | None
    you: bool
    removable: bool
    guardians: tuple[str, ...] = ()
    shift: Interval | None = None
    unanswered: bool = False


class Made(msgspec.Struct, frozen=True):
    """A stay or a link to somebody's pages that whoever runs the place has made, and when.

    `from_ns`: since when a stay was said to be; None for a link. `back`: it was said of a time before.
    """

    name: str
    at_ns: int
    from_ns: int | None
    back: bool
    new: bool


class LivedIn(msgspec.Struct, frozen=True):
    """A home of whoever looks: who lives there now or will, and what was made for it while they did, newest first."""

    household: HouseholdId
    name: str
    owner: bool
    dwellers: tuple[Dweller, ...]
    made: tuple[Made, ...]


class Parted(msgspec.Struct, frozen=True):
    """A home in which somebody lives no more, and how that came."""

    name: str
    how: Ended


class Together(msgspec.Struct, frozen=True):
    """All homes of somebody, and those in which they have lived and do not any more."""

    name: str
    homes: tuple[LivedIn, ...]
    parted: tuple[Parted, ...]

    @property
    def left(self) -> tuple[str, ...]:
        """The names of the homes in which they live no more, however that came."""
        return tuple(each.name for each in self.parted)

    @property
    def removed(self) -> tuple[str, ...]:
        """The names of those from which they were removed."""
        return tuple(each.name for each in self.parted if each.how is Ended.REMOVED)

    @property
    def over(self) -> tuple[str, ...]:
        """The names of those where their time was over, or whoever runs the place ended it."""
        return tuple(each.name for each in self.parted if each.how is Ended.OVER)


class Belong:
    """Shows who lives where, and ends it."""

    def __init__(
        self,
        accept: Accept,
        say: Say,
        *,
        voice: Voice,
        directory: Directory,
        in_force: InForce,
        clock: Clock,
        entropy: Callable[[int], bytes],
    ) -> None:
        self._accept = accept
        self._say = say
        self._voice = voice
        self._directory = directory
        self._in_force = in_force
        self._clock = clock
        self._entropy = entropy

    def together(self, person: PersonId) -> Together:
        """With whom somebody lives, and what was made for their homes.

        Raises:
            NotFound: there is no such person here.
        """
        known = self._directory.persons.get(person)
        if known is None:
            raise NotFound("there is no such person here")
        now = self._clock.now()
        homes = homes_of(person, self._directory, self._in_force, at_ns=now)
        left = left_homes(person, self._directory, self._in_force, at_ns=now)
        return Together(
            known.name,
            tuple(self._lived_in(home, person, at_ns=now) for home in homes),
            tuple(
                Parted(
                    self._directory.households.get(home, ""), ended_how(home, person, self._directory, self._in_force)
                )
                for home in left
            ),
        )

    async def leave(self, person: PersonId, household: HouseholdId) -> Accepted:
        """Somebody leaves a home. On return nothing of it reaches them any more.

        Raises:
            NotFound: they do not live there.
        """
        signed = self._signed(person, household, leaves=person)
        return await self._accept.accept(signed)

    async def remove(self, owner: PersonId, household: HouseholdId, person: PersonId) -> None:
        """An owner removes somebody. On return nothing of the home reaches them any more.

        Raises:
            NotFound: one of them does not live there, or is no owner.
            Refused: they remove an owner.
        """
        now, members = self._clock.now(), members_of(household, self._in_force)
        check_departure(DepartureBody(household, owner, person, now), members, at_ns=now)
        signed = self._signed(owner, household, leaves=person)
        kept, _ = self._say.sign(
            KindName.MEMBERSHIP, self._ended(members, person, household, at_ns=now), subject=self._fresh("sm")
        )
        await self._accept.accept_together((signed, kept))

    async def move_out(self, person: PersonId, household: HouseholdId) -> None:
        """Whoever runs the place ends a stay, now: they moved out.

        Raises:
            NotFound: they do not live there.
        """
        now, members = self._clock.now(), members_of(household, self._in_force)
        check_departure(DepartureBody(household, person, person, now), members, at_ns=now)
        await self._say.say(
            KindName.MEMBERSHIP, self._ended(members, person, household, at_ns=now), subject=self._fresh("sm")
        )

    def _ended(
        self, members: tuple[Member, ...], person: PersonId, household: HouseholdId, *, at_ns: int
    ) -> MembershipBody:
        """The stay that lasts, with its end."""
        last = [each for each in members if each.person == person and not each.gone(at_ns)]
        from_ns = min(each.from_ns for each in last)
        if from_ns >= at_ns:
            raise Refused("a stay that has not begun yet is ended by whoever would begin it")
        return MembershipBody(household, person, last[-1].role, from_ns, at_ns, left=True)

    def _signed(self, person: PersonId, household: HouseholdId, *, leaves: PersonId) -> Signed:
        now = self._clock.now()
        body = DepartureBody(household, person, leaves, now)
        return self._voice.sign(KindName.DEPARTURE, body, person=person, prefix="sp", at_ns=now)

    def _fresh(self, prefix: str) -> str:
        return print_id(prefix, self._entropy(16))

    def _lived_in(self, home: HouseholdId, person: PersonId, *, at_ns: int) -> LivedIn:
        members = [each for each in self._seen(home, person, at_ns=at_ns) if not each.gone(at_ns)]
        owner = any(each.person == person and each.role == OWNER and each.here(at_ns) for each in members)
        dwellers = tuple(
            Dweller(
                each.person,
                self._name(each.person),
                each.role,
                each.from_ns,
                None if each.to_ns == FOREVER else each.to_ns,
                each.person == person,
                owner and each.role != OWNER,
                self._guardians(each),
                _shift(each, at_ns) if each.person == person else None,
                each.role == Role.CHILD and nobody_answers(each.person, Reading(self._in_force), at_ns=at_ns),
            )
            for each in members
        )
        return LivedIn(
            home,
            self._directory.households.get(home, ""),
            owner,
            dwellers,
            self._made(home, person, at_ns=at_ns),
        )

    def _guardians(self, member: Member) -> tuple[str, ...]:
        """Those who answer for a child: everybody who lives with it sees who that is."""
        held = Reading(self._in_force).person_of(member.person).guardianship
        if member.role != Role.CHILD or held is None:
            return ()
        return tuple(self._name(each) for each in held.body.guardians)

    def _seen(self, home: HouseholdId, person: PersonId, *, at_ns: int) -> tuple[Member, ...]:
        """The stays that somebody who belongs there is told of, past ones too; who works there is told of their own."""
        members = members_of(home, self._in_force)
        own = tuple(each for each in members if each.person == person)
        lasting = [each for each in own if not each.gone(at_ns)]
        return own if all(each.role == Role.WORKER for each in lasting) else members

    def _made(self, home: HouseholdId, person: PersonId, *, at_ns: int) -> tuple[Made, ...]:
        """Stays that were begun, and links: of those who belong there or will, or did at the same time as whoever looks.

        Links that were made after somebody's stay are of no home that they have left.
        """
        seen = self._seen(home, person, at_ns=at_ns)
        own = [each for each in seen if each.person == person]
        ends: dict[PersonId, int] = {}
        for each in seen:
            if not each.gone(at_ns) or any(max(one.from_ns, each.from_ns) < min(one.to_ns, each.to_ns) for one in own):
                ends[each.person] = max(each.to_ns, ends.get(each.person, 0))
        found = [
            Made(
                self._name(each.body.person),
                each.said_s * NS_PER_S,
                each.body.from_ns,
                each.body.from_ns < each.said_s * NS_PER_S - BACK_NS,
                self._is_new(each.said_s * NS_PER_S, at_ns),
            )
            for each in self._directory.stays.get(home, ())
            if each.body.person in ends and not each.body.left
        ]
        found += [
            Made(self._name(who), each.at_ns, None, back=False, new=self._is_new(each.at_ns, at_ns))
            for who, end_ns in ends.items()
            for each in self._directory.invitations.get(who, ())
            if each.at_ns < end_ns
        ]
        return tuple(sorted(found, key=lambda each: (each.at_ns, each.name), reverse=True))

    @staticmethod
    def _is_new(made_ns: int, at_ns: int) -> bool:
        return made_ns > at_ns - NEW_NS

    def _name(self, person: PersonId) -> str:
        known = self._directory.persons.get(person)
        return "" if known is None else known.name


def _shift(member: Member, at_ns: int) -> Interval | None:
    """The shift that is, or the next; None for who has none."""
    return None if member.shifts is None else next((each for each in member.times if each.to_ns > at_ns), None)
