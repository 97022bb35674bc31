"""Where data are, where they go, and where they may not go: said by the operator, ruled by people, shown to everybody.

Rules
- What is shown comes from what is in force: where it is kept, and hop by hop who gets it for which purpose, with place and law.
- A home is never named: what is shown to everybody speaks of products, as their disclosures do.
- A person's rule narrows, is theirs alone, and is in effect when they are told so. Ending it takes one call.
- A guardian makes and ends rules for a child; neither of them ends the other's.

Source: mission.md (S15 to S17, F5); gate.md, step 4; Regulation (EU) 2023/2854, Article 28
(jurisdiction of the infrastructure).
"""

from collections.abc import Callable, Iterator, Sequence

import msgspec

from troth.clock import Clock
from troth.errors import Conflict, NotFound, Refused
from troth.gate.guardians import Stage, stage_of
from troth.journeys.accept import Accepted
from troth.journeys.party_names import parties_named, party_name
from troth.journeys.say import Say
from troth.journeys.voice import NO_VISIT, Voice
from troth.names import PersonId, PurposeId, Uri, print_id
from troth.state.directory import Directory
from troth.state.in_force import InForce, Reading
from troth.state.placing import PLACE_RULES_MAX
from troth.state.scopes import person_scope
from troth.statements.disclosure import DisclosedPurpose, DisclosedStream
from troth.statements.keeping import KeepingBody
from troth.statements.kinds import KindName
from troth.statements.place_rule import PlaceRuleBody
from troth.statements.site import Site
from troth.things.intervals import FOREVER

__all__ = ["PLACE_RULES_MAX", "Hop", "KeptAt", "Places", "Sent", "SentStream", "Where"]


class Hop(msgspec.Struct, frozen=True):
    """Somebody who handles data, what they do with it, and where; `site` is None where they have not said."""

    name: str
    party: Uri
    does: str
    site: Site | None


class KeptAt(msgspec.Struct, frozen=True):
    """Where this deployment keeps what it stores, and each copy."""

    here: Hop
    copies: tuple[Hop, ...]


class Sent(msgspec.Struct, frozen=True):
    """One declared purpose, and every hop on the way to whoever gets it; no hops where it stays in the house."""

    purpose: DisclosedPurpose
    hops: tuple[Hop, ...]


class SentStream(msgspec.Struct, frozen=True):
    """One stream of a product: where it may go at most (empty: nobody has said), and where it does."""

    product: str
    stream: str
    places: tuple[str, ...]
    sent: tuple[Sent, ...]


class Where(msgspec.Struct, frozen=True):
    """Everything about places that is in force; `kept` is None where nobody has said where it is kept."""

    kept: KeptAt | None
    streams: tuple[SentStream, ...]


class Places:
    """Says, rules and shows."""

    def __init__(
        self,
        voice: Voice,
        *,
        say: Say,
        directory: Directory,
        in_force: InForce,
        clock: Clock,
        entropy: Callable[[int], bytes],
    ) -> None:
        self._voice = voice
        self._say = say
        self._directory = directory
        self._in_force = in_force
        self._clock = clock
        self._entropy = entropy

    async def keep(self, body: KeepingBody) -> None:
        """Say where this deployment keeps what it stores, from now on.

        Raises:
            NotFound: an organisation that is not registered.
            Refused: a country that is none.
        """
        for party in (body.by, *(copy.by for copy in body.copies)):
            if party not in self._directory.organisations:
                raise NotFound("this organisation is not registered here: a party that cannot be reached cannot answer")
        await self._say.say(KindName.KEEPING, body, subject=print_id("kp", self._entropy(16)))

    def where(self) -> Where:
        """Where data are and go now, by the open disclosure of every product: whether one stands in a home is not told."""
        streams = []
        for product, (disclosure, _) in self._directory.disclosures.items():
            passport = self._directory.products.get(product)
            if passport is None:
                continue
            titles = {each.name: each.title for each in passport.streams}
            streams += [
                SentStream(passport.name, titles.get(each.name, each.name), each.places, self._sent(each))
                for each in disclosure.streams
            ]
        return Where(self._kept(), tuple(streams))

    def rules(self, person: PersonId, *, by: PersonId | None = None) -> tuple[PlaceRuleBody, ...]:
        """A person's rules that hold now or later, in the order in which they were said last; those of a guardian with `by`."""
        now = self._clock.now()
        held = Reading(self._in_force).person(person_scope(person)).place_rules
        said = (each.body for each in held if each.body.by == by)
        return tuple(each for each in said if each.to_ns is None or each.to_ns > now)

    def rules_for(self, child: PersonId) -> tuple[tuple[str, PlaceRuleBody], ...]:
        """What guardians rule for a child: by whom, and what. Only what counts now."""
        person = Reading(self._in_force).person_of(child)
        if stage_of(person.guardianship, at_ns=self._clock.now()) in {Stage.OWN, Stage.GROWN}:
            return ()
        guardians = () if person.guardianship is None else person.guardianship.body.guardians
        return tuple(
            (known.name, each)
            for by in guardians
            if (known := self._directory.persons.get(by)) is not None
            for each in self.rules(child, by=by)
        )

    def meant(
        self,
        person: PersonId,
        *,
        within: Sequence[str] = (),
        not_under: Sequence[str] = (),
        purposes: Sequence[PurposeId] = (),
        to_ns: int | None = None,
        made_by: str,
        by: PersonId | None = None,
    ) -> PlaceRuleBody:
        """A person's rule from now on, or that of a guardian for them (`by`), not said yet.

        Raises:
            Refused: it ends before it begins.
            Conflict: the person has as many rules as one may have.
        """
        if len(self.rules(person, by=by)) >= PLACE_RULES_MAX:
            raise Conflict(f"one person has at most {PLACE_RULES_MAX} rules about places; end one first")
        now = self._clock.now()
        if to_ns is not None and to_ns <= now:
            raise Refused("a rule ends after it begins")
        return PlaceRuleBody(
            self._entropy(16), person, now, made_by, tuple(within), tuple(not_under), tuple(purposes), to_ns, by
        )

    async def count(self, body: PlaceRuleBody, *, visit: bytes = NO_VISIT) -> Accepted:
        """Say a rule under its person's key, or their guardian's. On return it is in effect.

        Raises:
            Refused: it rules nothing out, or names a place that is none.
            NotFound: there is no such person.
        """
        now = self._clock.now()
        says = body.person if body.by is None else body.by
        return await self._voice.say(KindName.PLACE_RULE, body, person=says, prefix="pr", at_ns=now, visit=visit)

    async def end(
        self, person: PersonId, rule: bytes, *, by: PersonId | None = None, visit: bytes = NO_VISIT
    ) -> Accepted:
        """End one of a person's own rules now, or one that a guardian (`by`) made for them.

        Raises:
            KeyClosed: as `Voice.say`.
            NotFound: they have no such rule that holds.
        """
        known = next((each for each in self.rules(person, by=by) if each.rule == rule), None)
        if known is None:
            raise NotFound("there is no such rule of yours")
        now = max(self._clock.now(), known.from_ns + 1)
        return await self.count(msgspec.structs.replace(known, to_ns=min(now, known.to_ns or FOREVER)), visit=visit)

    def _kept(self) -> KeptAt | None:
        keeping = Reading(self._in_force).deployment().keeping
        if keeping is None:
            return None
        body = keeping.body
        here = Hop(self._name(body.by), body.by, "keeps it", body.site)
        return KeptAt(here, tuple(Hop(self._name(each.by), each.by, each.what, each.site) for each in body.copies))

    def _sent(self, stream: DisclosedStream) -> tuple[Sent, ...]:
        return tuple(Sent(each, self._hops(each)) for each in stream.purposes)

    def _hops(self, purpose: DisclosedPurpose) -> tuple[Hop, ...]:
        on_the_way = (
            Hop(self._name(each.organisation), each.organisation, each.does, each.site) for each in purpose.processors
        )
        return (*on_the_way, *(hop for each in purpose.recipients for hop in self._getters(each)))

    def _getters(self, recipient: Uri) -> Iterator[Hop]:
        """The party, or whoever belongs to the class now."""
        for party in parties_named(recipient, self._directory):
            body = self._directory.organisations.get(party)
            yield Hop(self._name(party), party, "gets it", None if body is None else body.site)

    def _name(self, party: Uri) -> str:
        return party_name(party, self._directory)
