"""What pages show of homes, screens and things, as values; why one observation is here stands in `why`.

Rules
- Everything about data goes through `tell`, so a page shows nothing its reader may not read.
- What a thing is, what is declared of it and who answers are facts about the thing; a home's are shown to its members and to
  those a disclosure names, a public place's to anyone. What was counted of a thing is shown to whoever may read all of it.
- No page value holds another person's choice.
- Each value says by `holds()` whether what is in it may still be handed over; whoever shows it asks in the step in which it
  leaves, and makes it anew where the answer is no (gate.md, "The barrier").

Source: people.md; mission.md, "Three words, made testable".
"""

from collections.abc import Callable
from typing import Final

import msgspec

from troth.clock import Clock
from troth.errors import Denied, NotFound
from troth.gate.question import OWN_PURPOSE, Answer, Asker, Code, Verdict
from troth.gate.rules.share_terms import term_of
from troth.journeys.accounts import AccountStore
from troth.journeys.choose import Choose
from troth.journeys.handing_on import GatewayShown, HandingOn
from troth.journeys.offers import Offer
from troth.journeys.party_names import party_name
from troth.journeys.presence import Copied
from troth.journeys.rates import Louder, expected_of, louder
from troth.journeys.recognise import MEMBER
from troth.journeys.tell import StreamView, Tell
from troth.journeys.uses import Use, limits_of, purposes_of, uses_of
from troth.names import PersonId, Slug, ThingId, Uri
from troth.spans import DAY_NS, HOUR_NS
from troth.state.directory import Directory, KnownStream, KnownThing
from troth.statements.disclosure import Limits
from troth.statements.passport import PassportBody
from troth.things.intervals import FOREVER, Interval, holds_all
from troth.things.query import PAGE_MAX, ObservationQuery, Order
from troth.things.stores import Tally
from troth.things.windows import Shown

__all__ = [
    "CURVE_NS",
    "Detail",
    "Explain",
    "Home",
    "Screen",
    "ScreenStream",
    "StreamCard",
    "ThingFacts",
]

STREET_MAX: Final = 60  # things of the first page: what can be looked at; the page stays under 60 KB (people.md)
CURVE_NS: Final = DAY_NS  # a curve shows the last day


class Detail:
    """How much of each stream a page needs: its newest value, or the curve of the last day."""

    NEWEST: Final = 1
    CURVE: Final = PAGE_MAX


class StreamCard(msgspec.Struct, frozen=True):
    """One stream on its household's page. `points` are in order of time; `latest` is the last of them.

    `days`: for how long what it says is shown to them; `since_ns`: from when on that is, ns UTC.
    `hidden`: what it says is not shown to this person, who may choose about it.
    """

    thing: KnownThing
    stream: KnownStream
    slug: Slug | None
    points: tuple[Shown, ...]
    offers: tuple[Offer, ...]
    uses: tuple[Use, ...]
    days: int
    since_ns: int
    holds: Callable[[], bool]
    hidden: bool = False

    @property
    def latest(self) -> Shown | None:
        """The newest observation, or None."""
        return self.points[-1] if self.points else None


class Home(msgspec.Struct, frozen=True):
    """What a person sees of their homes. `household`: their names; empty for who lives nowhere here (any more)."""

    person: PersonId
    name: str
    household: str
    streams: tuple[StreamCard, ...]
    same: Callable[[], bool]

    def holds(self) -> bool:
        """Whether all of it may still be handed over."""
        return self.same() and all(each.holds() for each in self.streams)


class ScreenStream(msgspec.Struct, frozen=True):
    """One stream on a recipient's screen: what is granted, or the outer reason why nothing is. `code`: why it is not more."""

    thing: KnownThing
    stream: KnownStream
    view: StreamView | None
    points: tuple[Shown, ...]
    ground: str | None
    code: str | None
    holds: Callable[[], bool]

    @property
    def latest(self) -> Shown | None:
        """The newest observation that is granted, or None."""
        return self.points[-1] if self.points else None


class Screen(msgspec.Struct, frozen=True):
    """What a recipient sees: every stream on which a disclosure names them for their purpose."""

    party: str
    purpose: str
    streams: tuple[ScreenStream, ...]

    def holds(self) -> bool:
        """Whether all of it may still be handed over."""
        return all(each.holds() for each in self.streams)


class ThingFacts(msgspec.Struct, frozen=True):
    """What may be known of a thing: what it senses, why, who answers, who gets it, other ways out.

    `tally` is None for whoever may not read all its streams as they are: counts would tell them about rows they may not see.
    `silent`: streams that may be read, of which there is nothing to show. `objected`: those in public of which nothing is shown
    while somebody objects; who it is, nobody is told. `gateway`: what may speak for it; `speaks_for`: for how many it speaks.
    """

    thing: KnownThing
    slug: Slug
    product: PassportBody
    maker: str
    answers: str
    uses: dict[str, tuple[Use, ...]]
    tally: Tally | None
    latest: dict[str, Shown]
    silent: frozenset[str]
    pages: tuple[Callable[[], bool], ...]
    copied: Copied | None = None
    loud: dict[str, Louder] = {}
    limits: dict[str, Limits] = {}
    objected: frozenset[str] = frozenset()
    gateway: GatewayShown | None = None
    speaks_for: int = 0

    def holds(self) -> bool:
        """Whether all of it may still be handed over."""
        return all(each() for each in self.pages)


class Explain:
    """Makes page values."""

    def __init__(
        self,
        tell: Tell,
        choose: Choose,
        *,
        directory: Directory,
        accounts: AccountStore,
        tally: Callable[[ThingId], Tally],
        copied: Callable[[ThingId], Copied | None],
        clock: Clock,
    ) -> None:
        self._tell = tell
        self._choose = choose
        self._directory = directory
        self._handing_on = HandingOn(directory)
        self._accounts = accounts
        self._tally = tally
        self._copied = copied
        self._clock = clock

    async def home(self, person: PersonId, *, top: int = Detail.CURVE, only: int | None = None) -> Home:
        """A person's home. `top` is one of Detail; `only` one Datastream, or all of them.

        Raises:
            NotFound: there is no such person.
        """
        known = self._directory.persons.get(person)
        if known is None:
            raise NotFound("there is no such home here")
        homes = self._choose.homes(person)
        asker = Asker(MEMBER, "pages", OWN_PURPOSE, person)
        offers: dict[int, list[Offer]] = {}
        for offer in self._choose.offers.all(person):
            offers.setdefault(offer.stream.number, []).append(offer)
        cards = []
        for number in (await self._tell.listing.readable(asker)).streams:
            if only is not None and number != only:
                continue
            points, holds = await self._points(number, asker, top=top)
            try:
                view = self._tell.view(number, asker)
            except (Denied, NotFound):
                continue  # it ended while others were read
            card = StreamCard(
                view.thing,
                view.stream,
                self._slug(view.thing),
                points,
                tuple(offers.get(number, ())),
                self._uses(view.thing, view.stream, asker),
                view.days,
                view.since_ns,
                holds,
            )
            cards.append(card)
        shown = {each.stream.number for each in cards}
        for number, about in offers.items():
            if number not in shown and only in {None, number}:  # a guest chooses about what they are not shown
                thing, stream = about[0].thing, about[0].stream
                uses = () if about[0].left else self._uses(thing, stream, asker)
                cards.append(
                    StreamCard(thing, stream, self._slug(thing), (), tuple(about), uses, 0, 0, _always, hidden=True)
                )
        names = ", ".join(self._directory.households.get(each, "") for each in homes)
        return Home(person, known.name, names, tuple(cards), lambda: self._choose.homes(person) == homes)

    async def screen(self, asker: Asker, *, top: int = Detail.CURVE, only: int | None = None) -> Screen:
        """A recipient's screen. `top` is one of Detail; `only` one Datastream, or all of them."""
        streams = []
        term = term_of(asker.purpose)
        title = "" if term is None else term.title
        for number in (await self._tell.listing.readable(asker)).named:
            stream = self._directory.by_number.get(number)
            if stream is None or (only is not None and number != only):
                continue
            answer = self._tell.lease(number, asker).answer
            if not answer.named:
                continue  # it was, when the list was made
            known = self._directory.streams[stream]
            thing = self._directory.things[known.thing]
            purposes = purposes_of(thing, known, self._directory)
            title = next((each.title for each in purposes if each.purpose == asker.purpose), title)
            streams.append(await self._on_screen(thing, known, asker, answer=answer, top=top))
        return Screen(self._party(asker.party), title, tuple(streams))

    async def facts(self, slug: Slug, *, asker: Asker | None) -> ThingFacts:
        """What may be known of a thing.

        Raises:
            NotFound: there is none of that name, or it is in a home and the asker has nothing to do with it.
        """
        thing = self._directory.things.get(self._accounts.slugs().get(slug, ThingId(b"")))
        if thing is None or not self._may_know(thing, asker):
            raise NotFound("there is no such thing here")
        latest, pages, silent = {}, [], set[str]()
        for name, stream in thing.streams.items():
            rows, holds = await self._points(stream.number, asker, top=Detail.NEWEST)
            pages.append(holds)
            if rows:
                latest[name] = rows[-1]
            elif holds is not _always:
                silent.add(name)
        loud = {
            name: found for name, stream in thing.streams.items() if (found := await self._loud(thing, stream, asker))
        }
        product = self._directory.products[thing.body.product]
        return ThingFacts(
            thing,
            slug,
            product,
            self._party(product.maker),
            self._party(thing.body.answers.organisation),
            {name: self._uses(thing, stream, asker) for name, stream in thing.streams.items()},
            self._tally(thing.thing) if self._reads_all(thing, asker) else None,
            latest,
            frozenset(silent),
            tuple(pages),
            None if thing.body.to_ns is not None else self._copied(thing.thing),
            loud,
            {name: limits_of(thing, stream, self._directory) for name, stream in thing.streams.items()},
            frozenset(
                name for name, each in thing.streams.items() if name not in latest and self._objected(thing, each)
            ),
            self._handing_on.gateway(thing),
            self._handing_on.beside(thing.thing),
        )

    def _objected(self, thing: KnownThing, stream: KnownStream) -> bool:
        """Whether an objection in a public place is why everybody gets less of a stream, or nothing."""
        if thing.body.household is not None:
            return False
        answer = self._tell.lease(stream.number, self._tell.anyone(stream.number)).answer
        return any(each.code is Code.OBJECTED for each in answer.reasons)

    async def _loud(self, thing: KnownThing, stream: KnownStream, asker: Asker | None) -> Louder | None:
        """Whether a stream that may be read as it is said more in the last hour than is declared."""
        expected = expected_of(purposes_of(thing, stream, self._directory))
        lease = self._tell.lease(stream.number, asker or self._tell.anyone(stream.number))
        if expected is None or lease.answer.verdict is not Verdict.ALLOW:
            return None
        query = ObservationQuery(times=(Interval(self._clock.now() - HOUR_NS, FOREVER),), top=PAGE_MAX)
        try:
            page = await self._tell.observations(stream.number, query, asker=asker)
        except (Denied, NotFound):
            return None
        return louder(expected, len(page.rows), most=PAGE_MAX)

    async def street(self) -> tuple[tuple[ThingFacts, ...], int]:
        """The first things in public places that are not over, by name, and how many more there are."""
        slugs = sorted(self._accounts.slugs().items())
        public = [slug for slug, thing in slugs if self._is_public(thing)]
        return tuple([await self.facts(slug, asker=None) for slug in public[:STREET_MAX]]), len(public[STREET_MAX:])

    def homes(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """How many things of which senses homes have, without which home: (product name, senses) per thing.

        For a demonstration, which presents itself. Where people really live it would tell a stranger too much.
        """
        things = [thing for thing in self._directory.things.values() if thing.body.household is not None]
        return tuple(
            (
                self._directory.products[thing.body.product].name,
                tuple(each.declared.senses for each in thing.streams.values()),
            )
            for thing in things
        )

    async def _on_screen(
        self, thing: KnownThing, stream: KnownStream, asker: Asker, *, answer: Answer, top: int
    ) -> ScreenStream:
        code = next((each.code.value for each in answer.reasons if each.code is not None), None)
        nothing = ScreenStream(thing, stream, None, (), None, code or "withdrawn", _always)
        if answer.verdict is Verdict.DENY:
            return nothing
        ground = next((each.ground.value for each in answer.reasons if each.code is None and each.ground), None)
        points, holds = await self._points(stream.number, asker, top=top)
        try:
            view = self._tell.view(stream.number, asker)
        except (Denied, NotFound):  # withdrawn between the question and the rows
            return nothing
        return ScreenStream(thing, stream, view, points, ground, code, holds)

    async def _points(
        self, number: int, asker: Asker | None, *, top: int
    ) -> tuple[tuple[Shown, ...], Callable[[], bool]]:
        """The newest `top` rows of the last day (of all times for a single one), in order of time; none where none may be."""
        query = ObservationQuery(order=Order.DESCENDING, top=top)
        if top > Detail.NEWEST:
            query = msgspec.structs.replace(query, times=(Interval(self._clock.now() - CURVE_NS, FOREVER),))
        try:
            page = await self._tell.observations(number, query, asker=asker)
        except (Denied, NotFound):
            return (), _always  # the page says in its own words who may see it
        if not page.rows and top > Detail.NEWEST:
            return await self._points(number, asker, top=Detail.NEWEST)
        return tuple(reversed(page.rows)), page.holds

    def _uses(self, thing: KnownThing, stream: KnownStream, asker: Asker | None) -> tuple[Use, ...]:
        return uses_of(thing, stream, asker, tell=self._tell, directory=self._directory)

    def _may_know(self, thing: KnownThing, asker: Asker | None) -> bool:
        if thing.body.household is None:
            return True
        if asker is None:
            return False
        return any(self._tell.lease(each.number, asker).answer.named for each in thing.streams.values())

    def _reads_all(self, thing: KnownThing, asker: Asker | None) -> bool:
        askers = {each.number: asker or self._tell.anyone(each.number) for each in thing.streams.values()}
        return all(self._reads_whole(thing, *each) for each in askers.items())

    def _reads_whole(self, thing: KnownThing, number: int, asker: Asker) -> bool:
        """Whether an asker reads a stream as it is; a stranger to the home also from its first row to the last that is kept."""
        answer = self._tell.lease(number, asker).answer
        if answer.verdict is not Verdict.ALLOW or asker.person is not None:
            return answer.verdict is Verdict.ALLOW
        stream = self._directory.streams[self._directory.by_number[number]]
        longest = max(each.retention_days for each in purposes_of(thing, stream, self._directory))
        return answer.days >= longest and holds_all(answer.covered, thing.body.from_ns, FOREVER)

    def _is_public(self, thing: ThingId) -> bool:
        known = self._directory.things.get(thing)
        return known is not None and known.body.household is None and known.body.to_ns is None

    def _party(self, uri: Uri) -> str:
        return party_name(uri, self._directory)

    def _slug(self, thing: KnownThing) -> Slug | None:
        return self._accounts.slug_of(thing.thing)


def _always() -> bool:
    """Of what holds no row."""
    return True
