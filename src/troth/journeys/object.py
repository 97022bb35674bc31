"""A person objects to a use that needs no yes: it is in effect when they are told so, and one press takes it back.

Rules
- It is said in the person's own voice (`voice`), under their key.
- Objecting and taking it back are one call each, with no reason asked.
- What may be objected to is what is declared on the ground *objectable*; who asserts it and why stands beside it.

Source: gate.md, "Eight grounds" and "The barrier"; people.md, "Rules".
Left out: objecting without an account (`signs`).
"""

from enum import StrEnum

import msgspec

from troth.clock import Clock
from troth.errors import NotFound
from troth.gate.question import Ground
from troth.journeys.accept import Accepted
from troth.journeys.grounds import AssertedGround, Grounds
from troth.journeys.party_names import party_name
from troth.journeys.voice import NO_VISIT, Voice
from troth.names import PersonId, PurposeId, StreamId
from troth.state.belonging import homes_of
from troth.state.directory import Directory, KnownStream, KnownThing
from troth.state.in_force import InForce
from troth.state.scopes import PersonScope, person_scope
from troth.statements.disclosure import DisclosedPurpose
from troth.statements.kinds import KindName
from troth.statements.objection import ObjectionBody

__all__ = ["Object", "Objectable", "Saying"]


class Saying(StrEnum):
    """What the person says."""

    OBJECT = "object"
    TAKE_BACK = "take-back"


class Objectable(msgspec.Struct, frozen=True):
    """A use of a stream of the person's home that they may object to.

    `grounds`: who asserts it, ended ones too. `objected_ns`: since when the person objects, None if they do not.
    """

    thing: KnownThing
    stream: KnownStream
    purpose: DisclosedPurpose
    recipients: tuple[str, ...]
    grounds: tuple[AssertedGround, ...]
    objected_ns: int | None = None


class Object:
    """Lists what may be objected to, and takes objections."""

    def __init__(
        self,
        voice: Voice,
        *,
        grounds: Grounds,
        directory: Directory,
        in_force: InForce,
        clock: Clock,
    ) -> None:
        self._voice = voice
        self._grounds = grounds
        self._directory = directory
        self._in_force = in_force
        self._clock = clock

    def objectables(self, person: PersonId, *, by: PersonId | None = None) -> tuple[Objectable, ...]:
        """Everything this person may object to, by thing and stream; `by`: with what this guardian has said for them."""
        known = self._directory.persons.get(person)
        homes = () if known is None else homes_of(person, self._directory, self._in_force, at_ns=self._clock.now())
        if known is None or not homes:
            return ()
        asserted = self._grounds.at_home(person)
        found = []
        for thing in self._directory.things.values():
            disclosed = self._directory.disclosure_of(thing.body.product, thing.body.household)
            if thing.body.household not in homes or disclosed is None:
                continue
            for stream in thing.streams.values():
                purposes = [p for s in disclosed[0].streams if s.name == stream.installed.name for p in s.purposes]
                found += [
                    self._objectable(person, thing, stream, purpose, asserted=asserted, by=by)
                    for purpose in purposes
                    if any(view.ground == Ground.OBJECTABLE for view in purpose.variants)
                ]
        return tuple(found)

    async def say(
        self,
        person: PersonId,
        saying: Saying,
        *,
        purpose: PurposeId,
        stream: StreamId,
        made_by: str,
        words: str | None = None,
        by: PersonId | None = None,
        visit: bytes = NO_VISIT,
    ) -> Accepted:
        """Object, or take it back. On return it is in effect; `effect_ns` says how long that took.

        Args:
            person: who objects; the caller has recognised them.
            saying: which of the two.
            purpose: to which use.
            stream: of which stream.
            made_by: passkey, session, token, paper or guardian.
            words: why, if they want to say so.
            by: their guardian, who says it for them.
            visit: digest of the session in which it is said.

        Raises:
            NotFound: this person has nothing of that kind to object to.
            Refused: the words hide something.
            KeyClosed: as `Voice.say`, where it is taken back.
        """
        if not any(
            each.purpose.purpose == purpose and each.stream.stream == stream for each in self.objectables(person)
        ):
            raise NotFound("there is no such use that this person may object to")
        now = self._clock.now()
        body = ObjectionBody(
            person=person,
            purpose=purpose,
            from_ns=now,
            made_by=made_by,
            streams=(stream,),
            withdrawn=saying is Saying.TAKE_BACK,
            words=words,
            by=by,
        )
        says = person if by is None else by
        return await self._voice.say(KindName.OBJECTION, body, person=says, prefix="ob", at_ns=now, visit=visit)

    def _objectable(
        self,
        person: PersonId,
        thing: KnownThing,
        stream: KnownStream,
        purpose: DisclosedPurpose,
        *,
        asserted: tuple[AssertedGround, ...],
        by: PersonId | None,
    ) -> Objectable:
        grounds = tuple(
            each
            for each in asserted
            if each.body.ground == Ground.OBJECTABLE
            and each.body.product == thing.body.product
            and purpose.purpose in each.body.purposes
            and (not each.body.streams or stream.installed.name in each.body.streams)
        )
        names = tuple(party_name(uri, self._directory) for uri in purpose.recipients)
        return Objectable(
            thing, stream, purpose, names, grounds, self._objected(person, purpose.purpose, stream, by=by)
        )

    def _objected(
        self, person: PersonId, purpose: PurposeId, stream: KnownStream, *, by: PersonId | None
    ) -> int | None:
        value = self._in_force.value(person_scope(person))
        if not isinstance(value, PersonScope):
            return None
        said = [
            each.body
            for each in value.objections
            if each.body.by == by
            and each.body.purpose == purpose
            and (stream.stream in each.body.streams or each.body.household is not None)
        ]
        return None if not said or said[-1].withdrawn else said[-1].from_ns
