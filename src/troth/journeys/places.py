"""Where data are, where they go, and where they may not go: said by the operator, ruled by people, shown to everybody.

Rules
- What is shown comes from what is in force: where it is kept, and hop by hop who gets it for which purpose, with place and law.
- A home is never named: what is shown to everybody speaks of products, as their disclosures do. That something of a product
  stands here is said of public places, and of homes from TOLD_FROM on; so many third parties are counted too, and none named.
- A person is shown their own homes and shares as they are, and nobody else's.
- A person's rule narrows, is theirs alone, and is in effect when they are told so. Ending it takes one call.
- A guardian makes and ends rules for a child; neither of them ends the other's.

Source: mission.md (S15 to S17, F5); gate.md, step 4; Regulation (EU) 2023/2854, Article 28
(jurisdiction of the infrastructure).
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

import msgspec

from troth.clock import Clock
from troth.errors import Conflict, NotFound, Refused
from troth.gate.demanding import is_withheld
from troth.gate.guardians import Stage, stage_of
from troth.journeys.accept import Accepted
from troth.journeys.handed import is_shared_with, sharers
from troth.journeys.moving import with_keeping_put_off
from troth.journeys.party_names import parties_named, party_name
from troth.journeys.say import Say
from troth.journeys.voice import NO_VISIT, Voice
from troth.names import PersonId, PurposeId, Uri, print_id
from troth.state.belonging import homes_of
from troth.state.directory import Directory
from troth.state.in_force import InForce, Reading
from troth.state.kept import kept_at
from troth.state.placing import PLACE_RULES_MAX
from troth.state.scopes import Keeping, person_scope
from troth.statements.disclosure import DisclosedPurpose, DisclosedStream, DisclosureBody
from troth.statements.keeping import KeepingBody
from troth.statements.kinds import KindName
from troth.statements.place_rule import PlaceRuleBody
from troth.statements.site import Moving, Site, site_at
from troth.things.intervals import FOREVER

__all__ = ["PLACE_RULES_MAX", "TOLD_FROM", "Beside", "Hop", "KeptAt", "Places", "Sent", "SentStream", "Where"]

TOLD_FROM: Final = 5  # our own number: below it a count could tell of one home, or one person's choice


class Hop(msgspec.Struct, frozen=True):
    """Somebody who handles data, what they do with it, and where; `site` is None where they have not said.

    `moving`: where they will be, where that was said before.
    """

    name: str
    party: Uri
    does: str
    site: Site | None
    moving: Moving | None = None


class KeptAt(msgspec.Struct, frozen=True):
    """Where this deployment keeps what it stores, and each copy. `from_ns`: since when, where that is announced (ns UTC)."""

    here: Hop
    copies: tuple[Hop, ...]
    from_ns: int | None = None


class Sent(msgspec.Struct, frozen=True):
    """One declared purpose, and every hop on the way to whoever gets it; no hops where it stays in the house."""

    purpose: DisclosedPurpose
    hops: tuple[Hop, ...]


class SentStream(msgspec.Struct, frozen=True):
    """One stream of a product: where it may go at most (empty: nobody has said), and where it does.

    `stands`: whether something of it stands here, as far as that may be told.
    """

    product: str
    stream: str
    places: tuple[str, ...]
    sent: tuple[Sent, ...]
    stands: bool = True


class Beside(msgspec.Struct, frozen=True):
    """Who gets something besides what is disclosed.

    `shared_with`: third parties with which people share, counted; None for fewer than TOLD_FROM. `authorities`: requests
    under which one may read now, but for those of which nobody may be told yet; None where it is one person's own page, which
    their news stand beside. `relay`: the mail server that letters go
    through. `shares`: with whom one person shares, where it is their own page.
    """

    shared_with: int | None = None
    authorities: int | None = None
    relay: str | None = None
    shares: tuple[Hop, ...] = ()


class Where(msgspec.Struct, frozen=True):
    """Everything about places that is in force; `kept` is None where nobody has said where it is kept.

    `then`: where it will be kept, as it was announced.
    """

    kept: KeptAt | None
    streams: tuple[SentStream, ...]
    then: KeptAt | None = None
    beside: Beside = Beside()


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
        relay: str | None = None,
    ) -> None:
        self._relay = relay
        self._voice = voice
        self._say = say
        self._directory = directory
        self._in_force = in_force
        self._clock = clock
        self._entropy = entropy

    async def keep(self, body: KeepingBody) -> KeepingBody:
        """Say where this deployment keeps what it stores: from now on, or where people are told first with when that begins.

        Raises:
            NotFound: an organisation that is not registered.
            Refused: a country that is none.
        """
        for party in (body.by, *(copy.by for copy in body.copies)):
            if party not in self._directory.organisations:
                raise NotFound("this organisation is not registered here: a party that cannot be reached cannot answer")
        said = with_keeping_put_off(body, self._in_force, self._directory, at_ns=self._clock.now())
        await self._say.say(KindName.KEEPING, said, subject=print_id("kp", self._entropy(16)))
        return said

    def where(self) -> Where:
        """Where data are and go now, by the open disclosure of every product: in which home one stands is not told."""
        streams = [
            each
            for product, (disclosure, _) in self._directory.disclosures.items()
            for each in self._streams(product, disclosure, stands=self._stands(product))
        ]
        now = self._clock.now()
        parties = sum(is_shared_with(each, self._directory, at_ns=now) for each in self._shared_with())
        beside = Beside(parties if parties >= TOLD_FROM else None, self._authorities(), self._relay)
        return Where(self._kept(), tuple(streams), self._then(), beside)

    def where_of(self, person: PersonId) -> Where:
        """Where what is of a person's own homes is and goes now, and with whom they share."""
        now, found = self._clock.now(), []
        for home in homes_of(person, self._directory, self._in_force, at_ns=now):
            for product in self._directory.products:
                said = self._directory.disclosure_of(product, home)
                if said is not None and self._directory.standing.stands(home, product):
                    found += [each for each in self._streams(product, said[0]) if each not in found]
        shares = tuple(
            msgspec.structs.replace(hop, does="gets what you share")
            for party in self._shared_with()
            if person in sharers(party, self._directory, at_ns=now)
            for hop in self._getters(party)
        )
        return Where(self._kept(), tuple(found), self._then(), Beside(relay=self._relay, shares=shares))

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

    def _streams(self, product: Uri, said: DisclosureBody, *, stands: bool = True) -> Iterator[SentStream]:
        passport = self._directory.products.get(product)
        if passport is None:
            return
        titles = {each.name: each.title for each in passport.streams}
        for each in said.streams:
            title = titles.get(each.name, each.name)
            yield SentStream(passport.name, title, each.places, self._sent(each), stands)

    def _stands(self, product: Uri) -> bool:
        places = self._directory.standing.places(product)
        return len(places) >= TOLD_FROM or any(isinstance(each, str) for each in places)

    def _shared_with(self) -> tuple[Uri, ...]:
        return tuple(self._directory.shares.with_party)

    def _authorities(self) -> int:
        """Requests under which an authority may read now."""
        now, told = self._clock.now(), self._directory.told
        reading = {
            reach.body.request
            for reach in told.reaches.values()
            if reach.body.variant is not None and now < reach.body.until_ns
        }
        known = (told.requests[each].body for each in reading if each in told.requests)
        return sum(not is_withheld(each, at_ns=now) for each in known)

    def _kept(self) -> KeptAt | None:
        deployment = Reading(self._in_force).deployment()
        return self._kept_at(kept_at(deployment.keeping, deployment.moving, at_ns=self._clock.now()))

    def _then(self) -> KeptAt | None:
        moving = Reading(self._in_force).deployment().moving
        announced = moving is not None and (moving.body.from_ns or 0) > self._clock.now()
        return self._kept_at(moving) if announced else None

    def _kept_at(self, keeping: Keeping | None) -> KeptAt | None:
        if keeping is None:
            return None
        body = keeping.body
        here = Hop(self._name(body.by), body.by, "keeps it", body.site)
        copies = tuple(Hop(self._name(each.by), each.by, each.what, each.site) for each in body.copies)
        return KeptAt(here, copies, body.from_ns)

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
            if body is None:
                brought = self._directory.shares.brought.get(party)
                yield Hop(self._name(party), party, "gets it", None if brought is None else brought.body.site)
                continue
            now = self._clock.now()
            moving = body.moving if body.moving is not None and now < body.moving.from_ns else None
            yield Hop(self._name(party), party, "gets it", site_at(body.site, body.moving, at_ns=now), moving)

    def _name(self, party: Uri) -> str:
        return party_name(party, self._directory)
