"""Private mode: somebody has it on for their home, a room or a thing; now, until, or week by week; and ends it.

Rules
- A restriction is a statement in the person's own voice (`voice`). On return it is in effect, as a refusal is.
- Everybody who lives there sees that it is on, since when, and what it does not stop; that it is theirs stands on their own
  page only.
- It is ended by whoever said it, with one press.
- A guardian has it on for a child, where the child lives; it is the guardian's to end, and the child sees whose it is.

Source: people.md, "Rules"; mission.md (F4); gate.md, "The barrier"; docs/decisions/0059, 0077.
"""

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from troth.clock import Clock
from troth.errors import BadName, NotFound, Refused
from troth.gate.guardians import Stage, stage_of
from troth.gate.private_mode import about, spared
from troth.gate.question import Ground
from troth.journeys.accept import Accepted
from troth.journeys.voice import NO_VISIT, Voice
from troth.names import HouseholdId, PersonId, StreamId
from troth.spans import DAY_NS
from troth.state.belonging import homes_of, members_of
from troth.state.directory import Directory, KnownStream, KnownThing
from troth.state.in_force import InForce, Reading
from troth.state.scopes import StandingRestriction, StreamScope, person_scope, stream_scope
from troth.statements.kinds import KindName
from troth.statements.person import HUSHES_NOTHING, Role
from troth.statements.restriction import RestrictionBody
from troth.things.intervals import FOREVER, around
from troth.things.weekly import Weekly, times_of

__all__ = ["PrivateHome", "Privately", "Standing", "StandingHome", "Wanted", "private_named"]

STANDING_MAX: Final = 20  # of one person at a time: more would be pressing a button, not wanting something


class Wanted(msgspec.Struct, frozen=True):
    """What is to be private: the whole home without `stream` and `room`. Times are ns UTC; `to_ns` None until it is ended."""

    household: HouseholdId
    room: str | None = None
    stream: StreamId | None = None
    weekly: Weekly | None = None
    to_ns: int | None = None


class Standing(msgspec.Struct, frozen=True):
    """One private mode as those of the home see it. `mine`: its name, where the asker has said it, and None otherwise.

    `child`: for whom they have; `by`: the name of the guardian who has, where it is for the asker.
    `now`: whether it is on at this moment, since `since_ns`, until `until_ns` (None: until it is ended).
    """

    what: str
    streams: tuple[StreamId, ...]
    body: RestrictionBody
    now: bool
    since_ns: int
    until_ns: int | None
    mine: bytes | None
    child: PersonId | None = None
    by: str = ""


class PrivateHome(msgspec.Struct, frozen=True):
    """What can be private in a home: its rooms, and its streams with what they are called; and what goes on nevertheless."""

    household: HouseholdId
    name: str
    rooms: tuple[str, ...]
    streams: tuple[tuple[KnownThing, KnownStream], ...]
    goes_on: tuple[tuple[str, str], ...]


class StandingHome(msgspec.Struct, frozen=True):
    """A home of the asker and the private modes in it that have not ended. `may`: whether the asker can turn one on there."""

    home: PrivateHome
    standing: tuple[Standing, ...]
    may: bool = True


class Privately:
    """Shows private modes, begins and ends them."""

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
        self._directory = directory
        self._in_force = in_force
        self._clock = clock
        self._entropy = entropy

    def homes(self, person: PersonId) -> tuple[StandingHome, ...]:
        """What is private, and can be, in the homes of somebody; none for who lives nowhere here."""
        now = self._clock.now()
        homes = homes_of(person, self._directory, self._in_force, at_ns=now)
        return tuple(
            StandingHome(self._home(each), self._standing(each, person, at_ns=now), self._may(person, each, at_ns=now))
            for each in homes
        )

    def _may(self, person: PersonId, home: HouseholdId, *, at_ns: int) -> bool:
        """Whether somebody belongs there in a role, and is of an age, whose private mode is everybody's."""
        here = [each for each in members_of(home, self._in_force) if each.person == person and each.here(at_ns)]
        small = stage_of(Reading(self._in_force).person_of(person).guardianship, at_ns=at_ns) is Stage.FOR
        return any(each.role not in HUSHES_NOTHING and not (each.role == Role.CHILD and small) for each in here)

    def homes_of_child(self, child: PersonId, by: PersonId) -> tuple[StandingHome, ...]:
        """Where a child lives as a child, and what this guardian of it has on for it there."""
        now = self._clock.now()
        found = []
        for home in homes_of(child, self._directory, self._in_force, at_ns=now):
            here = [each for each in members_of(home, self._in_force) if each.person == child and each.here(now)]
            if any(each.role == Role.CHILD for each in here):
                standing = self._standing(home, by, at_ns=now)
                found.append(StandingHome(self._home(home), tuple(each for each in standing if each.child == child)))
        return tuple(found)

    async def begin(
        self, person: PersonId, wanted: Wanted, *, made_by: str, by: PersonId | None = None, visit: bytes = NO_VISIT
    ) -> tuple[bytes, Accepted]:
        """Private mode on, from now; gives its name. On return nothing of it is collected any more, but for what goes on.

        `by`: their guardian, who says it for them; the visit is the guardian's then.

        Raises:
            NotFound: they do not live there, or there is no such room or stream in that home.
            Refused: it would end before it begins, or they have STANDING_MAX already.
        """
        now = self._clock.now()
        homes = self.homes(person) if by is None else self.homes_of_child(person, by)
        found = next((each for each in homes if each.home.household == wanted.household), None)
        if found is None:
            raise NotFound("there is no such home for this person")
        if wanted.to_ns is not None and wanted.to_ns <= now:
            raise Refused("private mode ends after it begins")
        if (
            sum(each.mine is not None and (by is not None or each.child is None) for each in found.standing)
            >= STANDING_MAX
        ):
            raise Refused(f"at most {STANDING_MAX} private modes of one person stand at a time; end one first")
        body = RestrictionBody(
            self._entropy(16),
            person,
            wanted.household,
            now,
            made_by,
            streams=_streams_of(found.home, wanted),
            room=wanted.room,
            weekly=wanted.weekly,
            to_ns=wanted.to_ns,
            by=by,
        )
        return body.restriction, await self._say(body, visit)

    async def end(
        self, person: PersonId, restriction: bytes, *, by: PersonId | None = None, visit: bytes = NO_VISIT
    ) -> Accepted:
        """Private mode off, now. What was private stays so. `by`: the guardian who had it on for them, and ends it.

        Raises:
            NotFound: this person, or guardian, has no such private mode that has not ended.
            KeyClosed: as `Voice.say`.
        """
        now = self._clock.now()
        for each in self._said(person):
            if each.body.restriction == restriction and each.body.by == by and not _over(each.body, now):
                ended = msgspec.structs.replace(each.body, to_ns=max(now, each.body.from_ns + 1))
                return await self._say(ended, visit)
        raise NotFound("there is no such private mode of this person")

    def _said(self, person: PersonId) -> Sequence[StandingRestriction]:
        return Reading(self._in_force).person(person_scope(person)).restrictions

    async def _say(self, body: RestrictionBody, visit: bytes = NO_VISIT) -> Accepted:
        now = self._clock.now()
        says = body.person if body.by is None else body.by
        return await self._voice.say(KindName.RESTRICTION, body, person=says, prefix="pm", at_ns=now, visit=visit)

    def _home(self, household: HouseholdId) -> PrivateHome:
        things = [
            each
            for each in self._directory.things.values()
            if each.body.household == household and each.body.to_ns is None
        ]
        streams = tuple((thing, stream) for thing in things for stream in thing.streams.values())
        goes_on: dict[tuple[str, str], None] = {}
        for thing, stream in streams:
            disclosed = self._directory.disclosure_of(thing.body.product, household)
            declared = () if disclosed is None else [d for d in disclosed[0].streams if d.name == stream.installed.name]
            for purpose in (each for one in declared for each in one.purposes):
                grounds = [Ground.named(view.ground) for view in purpose.variants]
                if any(each is not None and spared(purpose, each) for each in grounds):
                    goes_on[stream.declared.title, purpose.title] = None
        rooms = tuple(sorted({each.body.place for each in things}))
        return PrivateHome(household, self._directory.households.get(household, ""), rooms, streams, tuple(goes_on))

    def _standing(self, household: HouseholdId, asker: PersonId, *, at_ns: int) -> tuple[Standing, ...]:
        found: list[Standing] = []
        for member in members_of(household, self._in_force):
            if member.gone(at_ns) or member.role in HUSHES_NOTHING:
                continue
            found += [
                self._shown(each.body, asker, at_ns=at_ns)
                for each in self._said(member.person)
                if each.body.household == household
                and not _over(each.body, at_ns)
                and (each.body.by is None or member.role == Role.CHILD)
            ]
        return tuple(sorted(found, key=lambda each: each.since_ns))

    def _shown(self, body: RestrictionBody, asker: PersonId, *, at_ns: int) -> Standing:
        readings = Reading(self._in_force)
        streams = tuple(
            stream
            for stream in self._directory.streams
            if isinstance(value := readings.stream(stream_scope(stream)), StreamScope) and about(body, value)
        )
        named = [
            self._directory.streams[each].declared.title for each in body.streams if each in self._directory.streams
        ]
        what = body.room or ", ".join(named) or self._directory.households.get(body.household, "")
        since_ns, until_ns, now = body.from_ns, body.to_ns, body.from_ns <= at_ns
        if body.weekly is not None:
            end_ns = FOREVER if body.to_ns is None else body.to_ns
            times = times_of(body.weekly, from_ns=body.from_ns, to_ns=min(end_ns, at_ns + 9 * DAY_NS))
            window = around(times, at_ns)
            now = window is not None
            if window is not None:
                since_ns, until_ns = window.from_ns, window.to_ns
        mine = body.restriction if asker == (body.by or body.person) else None
        child = body.person if body.by is not None and mine is not None else None
        guardian = self._directory.persons.get(body.by) if body.by is not None and asker == body.person else None
        by = "" if guardian is None else guardian.name
        return Standing(what, streams, body, now, since_ns, until_ns, mine, child, by)


def private_named(text: str) -> bytes:
    """A private mode by its printed name; BadName where it is none."""
    try:
        return bytes.fromhex(text)
    except ValueError as cause:
        raise BadName("a private mode is named by 32 hexadecimal digits") from cause


def _over(body: RestrictionBody, at_ns: int) -> bool:
    return body.to_ns is not None and body.to_ns <= at_ns


def _streams_of(home: PrivateHome, wanted: Wanted) -> tuple[StreamId, ...]:
    """The streams that are meant now; none for the whole home."""
    if wanted.stream is not None:
        if wanted.stream not in {stream.stream for _, stream in home.streams}:
            raise NotFound("there is no such stream in this home")
        return (wanted.stream,)
    if wanted.room is None:
        return ()
    found = tuple(stream.stream for thing, stream in home.streams if thing.body.place == wanted.room)
    if not found:
        raise NotFound("there is no such room in this home")
    return found
