"""What a person may say yes or no to, and what they have said of it last.

Rules
- One offer is one purpose of one stream of their home that rests on choice, with the notice that is shown now.
- With each stands how far a yes of theirs carries; whether everybody has said yes is asked of one that they have said.
- A page costs what is on it, and one look at the things that are here and at what the person has said; a text is made once for
  all streams that it is the same for.

Source: gate.md, "Eight grounds"; people.md, "Rules".
Owner: the event loop; nothing is kept here.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum
from itertools import chain

import msgspec

from troth.gate.agreed import Carries, agreed, carries
from troth.gate.functions import Function, functions_of, stops_with
from troth.gate.question import Ground
from troth.gate.rules.sensitivity import special_of
from troth.names import HouseholdId, PersonId, PurposeId, StreamId
from troth.state.belonging import homes_of, left_homes
from troth.state.directory import Directory, KnownStream, KnownThing
from troth.state.in_force import InForce, Reading
from troth.state.scopes import PersonScope, person_scope
from troth.statements.choice import ChoiceBody, Decision
from troth.statements.disclosure import DisclosedPurpose, DisclosureBody
from troth.statements.notice import Notice, notice_of
from troth.statements.terms import Terms, counts, terms_of
from troth.things.variants import Variant

__all__ = ["Lapsed", "LastChoice", "Offer", "Offers"]


class Lapsed(StrEnum):
    """Why a yes does not count any more, though nobody took it back."""

    ENDED = "ended"
    OTHER_TEXT = "other-text"


class LastChoice(msgspec.Struct, frozen=True):
    """The latest choice of a person on an offer, since when it holds and until when (ns UTC).

    `variant`: the most revealing view of a yes. `lapsed`: set where a yes does not count any more, so that the answer is no.
    """

    decision: Decision
    from_ns: int
    to_ns: int | None = None
    variant: Variant | None = None
    lapsed: Lapsed | None = None


class Offer(msgspec.Struct, frozen=True):
    """Something a person may say yes or no to: one purpose of one stream, with what they are told, and the terms of a yes.

    `stops`: functions of the thing that a no to this would stop, never essential ones; `goes_on`: those that no no stops, as
    declared.
    `carries`: how far a yes of theirs carries now.
    `left`: it is in a home that they have left; then what they said about their time there can be taken back, and no more.
    """

    thing: KnownThing
    stream: KnownStream
    purpose: DisclosedPurpose
    notice: Notice
    last: LastChoice | None
    terms: Terms
    left: bool = False
    stops: tuple[str, ...] = ()
    goes_on: tuple[str, ...] = ()
    carries: Carries = Carries.ALONE

    @property
    def stands(self) -> bool:
        """Whether they have said yes, and that yes counts as theirs now."""
        return self.last is not None and self.last.decision is Decision.GIVE and self.last.lapsed is None


class Offers:
    """Finds them.

    Args:
        directory: what exists and is disclosed.
        in_force: what was chosen.
        now: UTC, ns.
    """

    def __init__(self, directory: Directory, in_force: InForce, *, now: Callable[[], int]) -> None:
        self._directory = directory
        self._in_force = in_force
        self._now = now

    def all(self, person: PersonId, *, by: PersonId | None = None) -> tuple[Offer, ...]:
        """Everything this person may choose about, in order of streams; `by`: with what this guardian has said for them."""
        return tuple(chain.from_iterable(self._made(person, self._streams(person), by=by)))

    def page(self, person: PersonId, *, after: int, top: int) -> tuple[tuple[Offer, ...], int | None]:
        """The offers of the first streams above a number, some `top` of them, and the number after which there is more."""
        found: list[Offer] = []
        streams = [each for each in self._streams(person) if each[1].number > after]
        for at, some in enumerate(self._made(person, streams), 1):
            found += some
            if len(found) >= top and at < len(streams):
                return tuple(found), streams[at - 1][1].number
        return tuple(found), None

    def of_stream(self, person: PersonId, number: int) -> tuple[Offer, ...]:
        """The offers about one stream, by its number."""
        streams = [each for each in self._streams(person) if each[1].number == number]
        return tuple(chain.from_iterable(self._made(person, streams)))

    def about(self, person: PersonId, stream: StreamId, purpose: PurposeId) -> Offer | None:
        """The offer about one stream for one purpose, or None."""
        known = self._directory.streams.get(stream)
        found = () if known is None else self.of_stream(person, known.number)
        return next((each for each in found if each.purpose.purpose == purpose), None)

    def opens(self, offer: Offer) -> bool:
        """Whether a yes that was said opens something now: everybody whose yes it needs has said theirs."""
        if not offer.stands or offer.carries is Carries.ALONE:
            return offer.stands  # nobody else is asked, so nothing is looked at
        reading = Reading(self._in_force)
        told = offer.notice.digest
        return agreed(offer.stream.stream, offer.purpose.purpose, reading, told=told, at_ns=self._now())

    def homes(self, person: PersonId) -> tuple[HouseholdId, ...]:
        """Where this person lives now."""
        return homes_of(person, self._directory, self._in_force, at_ns=self._now())

    def _special(self, stream: KnownStream, thing: KnownThing) -> str | None:
        """What especially protected matter a stream tells about, in words; None of any other."""
        product = self._directory.products.get(thing.body.product)
        found = special_of(stream.declared, None if product is None else product.sector)
        return None if found is None else found.words

    def _streams(self, person: PersonId) -> Sequence[tuple[KnownThing, KnownStream]]:
        homes = (*self.homes(person), *self._left(person))
        return sorted(self._of_homes(homes), key=lambda each: each[1].number) if homes else ()

    def _left(self, person: PersonId) -> tuple[HouseholdId, ...]:
        """Where they have lived: what they said yes to there can still be taken back, and nothing else be said."""
        return left_homes(person, self._directory, self._in_force, at_ns=self._now())

    def _of_homes(self, homes: Sequence[HouseholdId]) -> Iterable[tuple[KnownThing, KnownStream]]:
        for thing in self._directory.things.values():
            if thing.body.household in homes:
                for stream in thing.streams.values():
                    yield thing, stream

    def _made(
        self, person: PersonId, streams: Sequence[tuple[KnownThing, KnownStream]], *, by: PersonId | None = None
    ) -> Iterator[tuple[Offer, ...]]:
        """The offers of each of these streams."""
        names = {uri: body.name for uri, body in self._directory.organisations.items()}
        told: dict[tuple[int, int, str], tuple[Notice, Terms]] = {}  # by the identity of purpose and disclosure
        said = _Said(self._in_force.value(person_scope(person)), by=by)

        def texts(
            purpose: DisclosedPurpose, stream: KnownStream, body: DisclosureBody, special: str | None
        ) -> tuple[Notice, Terms]:
            key = (id(purpose), id(body), stream.installed.name)
            if key not in told:
                limits, measured = body.by_name[stream.installed.name].limits, stream.declared
                notice = notice_of(purpose, limits, body, measured=measured, parties=names, special=special)
                told[key] = notice, terms_of(purpose, limits, measured=measured, parties=names)
            return told[key]

        functions: dict[tuple[int, int], tuple[Function, ...]] = {}  # by the identity of disclosure and passport

        def after_no(
            thing: KnownThing, stream: KnownStream, purpose: PurposeId, body: DisclosureBody
        ) -> tuple[tuple[str, ...], tuple[str, ...]]:
            passport = self._directory.products.get(thing.body.product)
            key = (id(body), id(passport))
            if key not in functions:
                functions[key] = functions_of(body, passport)
            return stops_with(purpose, stream.installed.name, functions[key])

        reading, far = Reading(self._in_force), dict[HouseholdId | None, Carries]()
        left = self._left(person)
        for thing, stream in streams:
            home = thing.body.household
            gone = home in left
            if home not in far:
                far[home] = carries(person, home, reading, at_ns=self._now(), by=by)
            disclosed = self._directory.disclosure_of(thing.body.product, thing.body.household)
            found: list[Offer] = []
            for one in () if disclosed is None else disclosed[0].streams:
                if disclosed is None or one.name != stream.installed.name:
                    continue
                for purpose in one.purposes:
                    if any(view.ground == Ground.CHOICE for view in purpose.variants):
                        notice, terms = texts(purpose, stream, disclosed[0], self._special(stream, thing))
                        body = said.last(purpose.purpose, stream.stream)
                        last = None if body is None else self._last(body, notice=notice, terms=terms)
                        offer = Offer(thing, stream, purpose, notice, last, terms, gone, carries=far[home])
                        if offer.stands or not gone:
                            stops, goes_on = after_no(thing, stream, purpose.purpose, disclosed[0])
                            found.append(msgspec.structs.replace(offer, stops=stops, goes_on=goes_on))
            yield tuple(found)

    def _last(self, last: ChoiceBody, *, notice: Notice, terms: Terms) -> LastChoice:
        lapsed = None
        if last.decision is Decision.GIVE and last.to_ns is not None and last.to_ns <= self._now():
            lapsed = Lapsed.ENDED
        elif last.decision is Decision.GIVE and not counts(last.notice.digest, last.terms, notice.digest, terms):
            lapsed = Lapsed.OTHER_TEXT
        variant = None if last.variant is None else Variant.named(last.variant)
        return LastChoice(last.decision, last.from_ns, last.to_ns, variant, lapsed)


class _Said:
    """What a person (or `by`, a guardian, for them) has said last about each purpose: of a stream, and of their whole home.

    With its place in the order.
    """

    def __init__(self, value: object, *, by: PersonId | None) -> None:
        self._streams: dict[tuple[PurposeId, StreamId], tuple[int, ChoiceBody]] = {}
        self._home: dict[PurposeId, tuple[int, ChoiceBody]] = {}
        for at, each in enumerate(value.choices if isinstance(value, PersonScope) else ()):
            if each.body.by != by:
                continue
            for stream in each.body.streams:
                self._streams[each.body.purpose, stream] = (at, each.body)
            if each.body.household is not None:
                self._home[each.body.purpose] = (at, each.body)

    def last(self, purpose: PurposeId, stream: StreamId) -> ChoiceBody | None:
        """The later of what was said of the stream and of the home."""
        found = [each for each in (self._streams.get((purpose, stream)), self._home.get(purpose)) if each is not None]
        return max(found, key=lambda each: each[0])[1] if found else None
