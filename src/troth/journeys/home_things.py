"""An owner brings a thing into their home: one more of a kind that is declared here, after they were shown what it would do.

Rules
- The question is asked in the owner's own name. Who does not live there is told of no such home; who lives there and is no
  owner, that they may not.
- They say what people call it and where it is; the rest is what whoever runs the place has said of the kind. They declare
  nothing, and connect nothing elsewhere.
- Its short name tells nothing of what else stands here: it ends with some letters of chance.
- Everybody who lives there sees what was connected, when and by whom, until whoever it was is erased.
- What a firm has connected that an owner had invited, an owner ends: it is over, as if whoever runs the place had said so.
- At most CONNECTED_MAX things that one person has connected stand.

Source: things.md, "A thing joins"; gate.md (connect); docs/decisions/0090-an-owner-connects-in-their-own-name.md.
Left out: descriptions of makers, which would declare something new.
"""

import base64
from collections.abc import Callable, Collection, Sequence
from typing import Final

import msgspec

from troth.clock import Clock
from troth.errors import NotFound, Refused
from troth.gate.question import Standing
from troth.journeys.accounts import Account, AccountStore, Bearer
from troth.journeys.alter import Alter
from troth.journeys.inherit import Inherit, TypedThing
from troth.journeys.installing import JoinedThing, Looked, ThingRequest, stem_of
from troth.journeys.join import Join
from troth.journeys.logins import Holder
from troth.journeys.party_names import party_name
from troth.names import HouseholdId, PersonId, ThingId, print_thing
from troth.state.belonging import OWNER, homes_of, members_of
from troth.state.directory import Directory, KnownThing
from troth.state.in_force import InForce
from troth.statements.installation import InstallationBody

__all__ = ["CONNECTED_MAX", "HomeThing", "HomeThings", "KindHere", "ThingsHome"]

CONNECTED_MAX: Final = 64  # more than a home has; what one session could fill the place with
_ENDED: Final = "An owner of the home has ended it."
_CHANCE_BYTES: Final = 5  # eight letters: short names are no secret, and must not meet


class HomeThing(msgspec.Struct, frozen=True):
    """A thing that stands in a home. `by`: name of who connected it and is known still; None for whoever runs the place.

    `firm`: the invited firm that did; `ends`: whether an owner of the home can end it.
    """

    name: str
    place: str
    from_ns: int
    by: str | None
    thing: ThingId
    firm: str | None = None
    ends: bool = False

    @property
    def id(self) -> str:
        """The thing as it is printed."""
        return print_thing(self.thing)


class ThingsHome(msgspec.Struct, frozen=True):
    """A home of whoever looks, what stands there, newest first, and whether they may connect something."""

    household: HouseholdId
    name: str
    owner: bool
    things: tuple[HomeThing, ...]


class KindHere(msgspec.Struct, frozen=True):
    """A kind of which one more can be connected."""

    type: str
    title: str


class HomeThings:
    """Shows, and connects what was shown. `most`: things that one person has connected and that stand."""

    def __init__(  # noqa: PLR0913 - the wiring of one node, named
        self,
        inherit: Inherit,
        join: Join,
        accounts: AccountStore,
        *,
        alter: Alter,
        directory: Directory,
        in_force: InForce,
        clock: Clock,
        entropy: Callable[[int], bytes],
        most: int = CONNECTED_MAX,
    ) -> None:
        self._inherit = inherit
        self._join = join
        self._alter = alter
        self._accounts = accounts
        self._directory = directory
        self._in_force = in_force
        self._clock = clock
        self._entropy = entropy
        self._most = most

    def kinds(self) -> Sequence[KindHere]:
        """Kinds that are declared here, by short name."""
        return tuple(KindHere(body.type, body.title) for body, _ in self._inherit.types())

    def homes(self, person: PersonId) -> tuple[ThingsHome, ...]:
        """What stands in the homes of somebody."""
        now = self._clock.now()
        return tuple(
            ThingsHome(
                home,
                self._directory.households.get(home, ""),
                self._owns(person, home, at_ns=now),
                self._things(home),
            )
            for home in homes_of(person, self._directory, self._in_force, at_ns=now)
        )

    def look(self, person: PersonId, typed: TypedThing) -> Looked:
        """What such a thing would do there, and whether it may. Nothing is said and nothing kept.

        Raises:
            NotFound: they do not live there, or there is no such kind.
            Refused, Undeclared, BadName: something of it cannot be said.
        """
        return self._join.look(self._request(person, typed), standing=Standing.HOUSEMATE, by=person)

    async def connect(self, person: PersonId, typed: TypedThing, *, shown: bytes) -> JoinedThing:
        """Connect it, if its sheet is the one that was shown and the gate lets them.

        Raises:
            As `look`, and
            Denied: another sheet was shown, or the gate says no.
            Refused: as many of theirs stand as may.
        """
        request = self._request(person, typed)
        held = self._accounts.held(Holder(person), Bearer.CONNECTED)
        if sum(self._stands(each.thing) for each in held) >= self._most:
            raise Refused(f"at most {self._most} things that one person has connected stand at a time")
        joined = await self._join.thing(request, shown=shown, standing=Standing.HOUSEMATE, by=person)
        # A crash before this leaves a thing of which nobody can say who connected it; it is shown as the place's.
        await self._accounts.add(
            Account(self._entropy(32), Bearer.CONNECTED, thing=joined.thing, person=person, made_ns=self._clock.now())
        )
        return joined

    async def end(self, person: PersonId, thing: ThingId) -> None:
        """End a thing that a firm connected which an owner of the home had invited. On return nothing more of it is kept.

        Raises:
            NotFound: there is no such thing, or the person is no owner of its home.
            Refused: it is over already.
        """
        known, slug = self._directory.things.get(thing), self._accounts.slug_of(thing)
        home = None if known is None else known.body.household
        if known is None or slug is None or home is None or not self._owns(person, home, at_ns=self._clock.now()):
            raise NotFound("there is no such thing for this person")
        if not self._undone(known.body):
            raise NotFound("there is no such thing for this person")
        await self._alter.end(slug, because=_ENDED)

    def _undone(self, body: InstallationBody) -> bool:
        """Whether an owner can end it. Who is not known any more was an owner: the invitation went with them."""
        if body.installed is None:
            return False
        invited = self._directory.invited.said.get(body.installed.invitation)
        return invited is None or invited.body.by is not None

    def _request(self, person: PersonId, typed: TypedThing) -> ThingRequest:
        homes = homes_of(person, self._directory, self._in_force, at_ns=self._clock.now())
        if typed.household not in homes:
            raise NotFound("there is no such home for this person")
        if not typed.name.strip() or not typed.place.strip():
            raise Refused("a thing has a name and a place")
        chance = base64.b32encode(self._entropy(_CHANCE_BYTES)).decode().lower()
        plain = TypedThing(typed.type, typed.name, typed.place, f"{stem_of(typed.name)[:48]}-{chance}", typed.household)
        return self._inherit.request(plain)

    def _owns(self, person: PersonId, home: HouseholdId, *, at_ns: int) -> bool:
        members = members_of(home, self._in_force)
        return any(each.person == person and each.role == OWNER and each.here(at_ns) for each in members)

    def _things(self, home: HouseholdId) -> tuple[HomeThing, ...]:
        lived = {each.person for each in members_of(home, self._in_force)}
        found = [
            self._thing(known, lived)
            for known in self._directory.things.values()
            if known.body.household == home and known.body.to_ns is None
        ]
        return tuple(sorted(found, key=lambda each: each.from_ns, reverse=True))

    def _thing(self, known: KnownThing, lived: Collection[PersonId]) -> HomeThing:
        body = known.body
        firm = None if body.installed is None else party_name(body.installed.party, self._directory)
        return HomeThing(
            body.name, body.place, body.from_ns, self._who(known.thing, lived), known.thing, firm, self._undone(body)
        )

    def _who(self, thing: ThingId, lived: Collection[PersonId]) -> str | None:
        """Name of the person who connected it, where they have lived in that home."""
        for each in self._accounts.of(Bearer.CONNECTED, thing=thing):
            known = self._directory.persons.get(each.person) if each.person is not None else None
            if known is not None and each.person in lived:
                return known.name
        return None

    def _stands(self, thing: ThingId | None) -> bool:
        known = None if thing is None else self._directory.things.get(thing)
        return known is not None and known.body.to_ns is None
