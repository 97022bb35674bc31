"""Guardians: whoever runs the place says who speaks for a child; they choose for it, as far as that has not faded.

Rules
- What a guardian says for a child is signed by the guardian and names both; everybody can see that it was not the child.
- It takes the same one call as a choice about oneself, under the same text. Objecting for a child too.
- A guardian sees what may be chosen about and what they and the child have said; never the child's book, and no reading of
  theirs that is not the guardian's own as well.
- A child sees who speaks for them, what was said, and from which day on that fades.

Source: people.md, "Accounts"; docs/decisions/0063.
Left out: other rights of a child than to choose and to object (`wards`).
"""

from collections.abc import Callable, Sequence

import msgspec

from troth.clock import Clock
from troth.errors import NotFound, Refused
from troth.gate.guardians import Stage, stage_of
from troth.gate.rules.ages import AGES, ALONGSIDE_YEARS, FULL_YEARS, Age, age_of, turns_of
from troth.journeys.accept import Accepted
from troth.journeys.choose import Choose
from troth.journeys.object import Object, Objectable, Saying
from troth.journeys.offers import LastChoice, Offer
from troth.journeys.say import Say
from troth.journeys.voice import NO_VISIT
from troth.names import PersonId, PurposeId, StreamId, print_id
from troth.state.directory import Directory
from troth.state.in_force import InForce, Reading
from troth.state.scopes import Guardianship
from troth.statements.choice import Decision
from troth.statements.guardianship import GuardianshipBody
from troth.statements.kinds import KindName
from troth.things.observations import Variant

__all__ = ["Fading", "Guard", "Ward", "WardOffer"]


class Fading(msgspec.Struct, frozen=True):
    """Who speaks for a child, and when that changes (ns UTC)."""

    guardians: tuple[str, ...]
    stage: Stage
    alongside_ns: int
    own_ns: int
    ends_ns: int
    country: str


class WardOffer(msgspec.Struct, frozen=True):
    """Something that is chosen about for a child: `offer.last` is what this guardian said last, `child` what the child did."""

    offer: Offer
    child: LastChoice | None


class Ward(msgspec.Struct, frozen=True):
    """A child as one of their guardians sees them. No offers once they speak for themselves."""

    child: PersonId
    name: str
    fading: Fading
    offers: tuple[WardOffer, ...]
    objectables: tuple[Objectable, ...]


class Guard:
    """Says who guards whom, and takes what guardians say."""

    def __init__(
        self,
        say: Say,
        choose: Choose,
        object_: Object,
        *,
        directory: Directory,
        in_force: InForce,
        clock: Clock,
        entropy: Callable[[int], bytes],
    ) -> None:
        self._say = say
        self._choose = choose
        self._object = object_
        self._directory = directory
        self._in_force = in_force
        self._clock = clock
        self._entropy = entropy

    async def state(
        self, child: PersonId, guardians: Sequence[PersonId], *, year: int, month: int, country: str
    ) -> Fading:
        """Say who speaks for a child who was born in this month; the month itself is not kept. Gives the days that are.

        Raises:
            NotFound: a person is not known here.
            Refused: not a child, not grown up, or a country whose law is not in the list.
            Conflict: the child would be younger than was said.
        """
        age = age_of(country)
        if age is None:
            raise Refused("the law of this country is not in the list", hint="The list: troth person ages.")
        if child not in self._directory.persons:
            raise NotFound("there is no such person here")
        turns = turns_of(year, month, age)
        body = GuardianshipBody(child, tuple(guardians), country, turns.alongside_ns, turns.own_ns, turns.ends_ns)
        await self._say.say(KindName.GUARDIANSHIP, body, subject=print_id("sw", self._entropy(16)))
        fading = self.fading(child)
        if fading is None:
            raise NotFound("there is no such person here")
        return fading

    @staticmethod
    def ages() -> tuple[Age, ...]:
        """The dated list of ages."""
        return AGES

    @staticmethod
    def years() -> tuple[int, int]:
        """From how many years on a yes needs both, and from how many on somebody is grown up."""
        return ALONGSIDE_YEARS, FULL_YEARS

    def fading(self, child: PersonId) -> Fading | None:
        """Who speaks for somebody, or None for whom nobody does or has."""
        held = Reading(self._in_force).person_of(child).guardianship
        if held is None:
            return None
        body = held.body
        names = tuple(known.name for each in body.guardians if (known := self._directory.persons.get(each)))
        stage = stage_of(held, at_ns=self._clock.now())
        return Fading(names, stage, body.alongside_ns, body.own_ns, body.ends_ns, body.country)

    def concerns(self, person: PersonId) -> bool:
        """Whether somebody is, or has, a guardian."""
        return self._held(person) is not None or bool(self.wards(person))

    def wards(self, guardian: PersonId) -> tuple[Ward, ...]:
        """The children for whom somebody speaks, or did until they were old enough; not those who are grown up."""
        found = []
        for child in sorted(self._directory.guarded):
            known, held, fading = self._directory.persons.get(child), self._held(child), self.fading(child)
            if known is None or held is None or fading is None or fading.stage is Stage.GROWN:
                continue
            if guardian not in held.body.guardians:
                continue
            speaks = fading.stage in {Stage.FOR, Stage.ALONGSIDE}
            offers = self._offers(child, guardian) if speaks else ()
            objectables = self._object.objectables(child, by=guardian) if speaks else ()
            found.append(Ward(child, known.name, fading, offers, objectables))
        return tuple(found)

    async def choose(
        self,
        guardian: PersonId,
        child: PersonId,
        decision: Decision,
        *,
        purpose: PurposeId,
        stream: StreamId,
        notice: bytes,
        variant: Variant = Variant.RAW,
        visit: bytes = NO_VISIT,
    ) -> Accepted:
        """Give, refuse or withdraw for a child. On return it is in effect, as far as it counts. `visit`: the guardian's.

        Raises:
            NotFound: this child is not theirs, or is offered no such choice.
            Refused: the child speaks for themselves.
            Conflict: another text is shown now.
            KeyClosed: as `Voice.say`.
        """
        self._check(guardian, child)
        body = self._choose.meant(
            child, decision, purpose=purpose, stream=stream, notice=notice, made_by="guardian", variant=variant
        )
        return await self._choose.count(msgspec.structs.replace(body, by=guardian), visit=visit)

    async def object(
        self,
        guardian: PersonId,
        child: PersonId,
        saying: Saying,
        *,
        purpose: PurposeId,
        stream: StreamId,
        visit: bytes = NO_VISIT,
    ) -> Accepted:
        """Object for a child, or take it back. Raises as `choose`."""
        self._check(guardian, child)
        return await self._object.say(
            child, saying, purpose=purpose, stream=stream, made_by="guardian", by=guardian, visit=visit
        )

    def _check(self, guardian: PersonId, child: PersonId) -> None:
        """Whose child it is stands before everything else that could be told about it."""
        held = self._held(child)
        if held is None or guardian not in held.body.guardians:
            raise NotFound("there is no such child of this person")

    def _held(self, child: PersonId) -> Guardianship | None:
        return Reading(self._in_force).person_of(child).guardianship

    def _offers(self, child: PersonId, guardian: PersonId) -> tuple[WardOffer, ...]:
        own = {(each.stream.stream, each.purpose.purpose): each.last for each in self._choose.offers.all(child)}
        return tuple(
            WardOffer(each, own.get((each.stream.stream, each.purpose.purpose)))
            for each in self._choose.offers.all(child, by=guardian)
            if not each.left
        )
