"""Who lives in a test world: homes, their things and people, organisations that ask, and what each of them can do.

Rules
- A verb in the third person (`says`, `reads`) is done when it returns: it drives the world. The same verb in the imperative
  (`say`, `read`) is a coroutine, for use inside a run.
- Everything goes through the journeys of the world's node as it is now, so it goes on after a restart.

Source: style.md, "Tests".
Left out: whatever a test wants otherwise; it then speaks to `world.node` itself.
"""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, Final, Protocol, TypeVar

from troth.app.node import Node
from troth.errors import Conflict
from troth.gate.question import OWN_PURPOSE, Asker, Standing
from troth.journeys.accept import Accepted
from troth.journeys.book import BookPage
from troth.journeys.book_lines import Place
from troth.journeys.join import Join, JoinedThing, StreamRequest, ThingRequest
from troth.journeys.outlet import Outlet
from troth.journeys.recognise import MEMBER
from troth.names import HouseholdId, PersonId, PurposeId, StreamId, Uri
from troth.statements.choice import Decision
from troth.statements.disclosure import DisclosedPurpose, DisclosedStream, DisclosedVariant, DisclosureBody
from troth.statements.installation import Answering, Consideration, Contract
from troth.statements.organisation import OrganisationBody
from troth.statements.passport import PassportBody, PassportStream
from troth.things.observations import Outcome, Result
from troth.things.query import PAGE_MAX, ObservationQuery
from troth.things.variants import Variant
from troth.things.windows import Shown

__all__ = [
    "HOUSE",
    "OPEN",
    "RESEARCH",
    "UNIVERSITY",
    "Around",
    "Hearing",
    "Home",
    "Org",
    "WorldPerson",
    "WorldThing",
    "install",
    "look_and_join",
    "open_to_anyone",
    "own_use",
    "research",
]

T = TypeVar("T")

RESEARCH: Final = PurposeId("https://university.example/research")
HOUSE: Final = PurposeId("https://maker.example/your-own-use")
OPEN: Final = PurposeId("https://maker.example/open-data")
ANYONE: Final = Uri("urn:troth:anyone")
MAKER: Final = "Maker"
SUPPLIER: Final = "Supplier"
UNIVERSITY: Final = "University"


class Around(Protocol):
    """What everybody here needs of their world."""

    node: Node

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Drive the world until `work` is done."""
        ...

    def organisation(self, name: str) -> "Org":
        """A registered organisation of this name."""
        ...


async def look_and_join(join: Join, request: ThingRequest) -> JoinedThing:
    """Look at a thing's sheet as the operator, and connect it."""
    looked = join.look(request, standing=Standing.OPERATOR)
    return await join.thing(request, shown=looked.sheet.digest, standing=Standing.OPERATOR)


def own_use() -> DisclosedPurpose:
    """What a household reads of its own things."""
    return DisclosedPurpose(HOUSE, "Your own use", "you see it", (), (DisclosedVariant(Variant.RAW.value, "own"),), 365)


def open_to_anyone() -> DisclosedPurpose:
    """What concerns nobody and everybody may read."""
    return DisclosedPurpose(
        OPEN, "Open data", "unknown", (ANYONE,), (DisclosedVariant(Variant.RAW.value, "nobody"),), 365
    )


def research(*, coarse: str = "choice", to: str = UNIVERSITY) -> DisclosedPurpose:
    """Research by choice; `coarse` is the ground of the hourly mean, which may be another one."""
    views = (DisclosedVariant(Variant.RAW.value, "choice"), DisclosedVariant(Variant.HOURLY_MEAN.value, coarse))
    return DisclosedPurpose(RESEARCH, "Research", "unknown", (_uri(to),), views, 365)


class Org:
    """An organisation; as a recipient it reads and listens under one purpose."""

    def __init__(self, around: Around, name: str) -> None:
        self.around = around
        self.name = name
        self.uri = _uri(name)
        body = OrganisationBody(self.uri, name, f"mailto:office@{name.lower()}.example")
        around.run(around.node.join.organisation(body))

    def asker(self, purpose: PurposeId = RESEARCH) -> Asker:
        """How the gate knows it."""
        return Asker(self.uri, "app", purpose)

    def token(self, purpose: PurposeId = RESEARCH) -> str:
        """A credential for its app."""
        return self.around.run(self.around.node.join.recipient(self.uri, "app", purpose))

    def reads(self, thing: "WorldThing", purpose: PurposeId = RESEARCH) -> tuple[Shown, ...]:
        """What it is shown of a thing's observations.

        Raises:
            Denied, NotFound: it may not.
        """
        return self.around.run(self.read(thing, purpose))

    async def read(self, thing: "WorldThing", purpose: PurposeId = RESEARCH) -> tuple[Shown, ...]:
        """The same, inside a run."""
        return await _read(self.around, thing, self.asker(purpose))

    def listens(
        self, thing: "WorldThing", purpose: PurposeId = RESEARCH, *, hearing: "Hearing | None" = None
    ) -> "Hearing":
        """Listen to a thing from now on, with a listener of one's own if given."""
        return self.around.run(self.listen(thing, purpose, hearing=hearing))

    async def listen(
        self, thing: "WorldThing", purpose: PurposeId = RESEARCH, *, hearing: "Hearing | None" = None
    ) -> "Hearing":
        """The same, inside a run."""
        hearing = hearing or Hearing()
        hearing.outlet = self.around.node.tell.listen(thing.number, self.asker(purpose), hearing)
        return hearing


class Hearing:
    """A listener that takes everything at once. `rows` is what was handed over to it, in order."""

    def __init__(self) -> None:
        self.rows: list[Shown] = []
        self.drops = 0
        self.ended: tuple[str, str] | None = None
        self.hint: str | None = None
        self.outlet: Outlet | None = None

    def last(self, row: Shown) -> None:
        self.rows.append(row)

    def give(self, rows: Sequence[Shown]) -> None:
        self.rows += rows

    def drop(self) -> None:
        self.drops += 1

    def end(self, code: str, words: str, *, hint: str | None = None) -> None:
        self.ended = (code, words)
        self.hint = hint


class Home:
    """A household."""

    def __init__(self, around: Around, name: str) -> None:
        self.around = around
        self.name = name
        self.household: HouseholdId = around.run(around.node.join.household(name))

    def person(self, name: str, *, role: str = "owner") -> "WorldPerson":
        """Somebody who lives here from now on."""
        person = self.around.run(self.around.node.join.person(name, self.household, role=role))
        return WorldPerson(self.around, person, name)

    def thing(
        self,
        name: str,
        *,
        stream: str = "flow",
        type_: str = "number",
        purposes: Sequence[DisclosedPurpose] | None = None,
        contract: Contract | None = None,
    ) -> "WorldThing":
        """A thing of this household, of a product of its own; by default for own use and for research by choice."""
        given = (own_use(), research()) if purposes is None else tuple(purposes)
        return install(
            self.around, name, stream=stream, type_=type_, purposes=given, household=self.household, contract=contract
        )


def install(  # noqa: PLR0913 - everything a test may want to be different, named
    around: Around,
    name: str,
    *,
    stream: str,
    type_: str,
    purposes: Sequence[DisclosedPurpose],
    household: HouseholdId | None,
    contract: Contract | None = None,
    place: str = "here",
    answers: str = SUPPLIER,
) -> "WorldThing":
    """Register product and disclosure, install the thing, and claim its credential. `answers`: the name of who does."""
    maker, supplier = around.organisation(MAKER), around.organisation(answers)
    for purpose in purposes:
        for uri in purpose.recipients:
            if uri.startswith("https://"):
                around.organisation(uri.removeprefix("https://").removesuffix(".example/").capitalize())
    product = Uri(f"{maker.uri}{name.replace(' ', '-')}")
    nobody = household is None
    said = PassportStream(stream, stream, "level", Uri(f"urn:x:{stream}"), type_, concerns_nobody=nobody)
    disclosed = DisclosureBody(product, maker.uri, "en", 1, (DisclosedStream(stream, tuple(purposes)),))
    request = ThingRequest(
        name=name,
        product=product,
        place=place,
        answers=Answering(supplier.uri, f"mailto:office@{answers.lower()}.example"),
        streams=(StreamRequest(stream, "carried", None, contract),),
        consideration=Consideration("2026-03-01", "Mo", "Nobody is harmed by it."),
        household=household,
    )

    async def joined() -> tuple[JoinedThing, str]:
        join = around.node.join
        await join.product(PassportBody(product, name, maker.uri, (said,)))
        await join.disclosure(disclosed)
        joined = await look_and_join(join, request)
        _, credential = await around.node.recognise.claim(joined.claim)
        return joined, credential

    return WorldThing(around, *around.run(joined()), stream=stream)


class WorldThing:
    """An installed thing with one stream. `number` is its Datastream's handle, `credential` its own."""

    def __init__(self, around: Around, joined: JoinedThing, credential: str, *, stream: str) -> None:
        self.around = around
        self.joined = joined
        self.credential = credential
        self.stream_name = stream
        self.number = joined.datastreams[stream]

    @property
    def slug(self) -> str:
        """Its short name."""
        return self.joined.slug

    @property
    def stream(self) -> StreamId:
        """Its stream."""
        return self.around.node.directory.by_number[self.number]

    def says(self, result: Result, *, at_ns: int | None = None, key: bytes = b"") -> Outcome:
        """Say one observation; the outcome is durable."""
        return self.around.run(self.say(result, at_ns=at_ns, key=key))

    async def say(self, result: Result, *, at_ns: int | None = None, key: bytes = b"") -> Outcome:
        """The same, inside a run."""
        told: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        hear = self.around.node.hear
        hear.inlets(self.joined.thing)[self.stream_name].offer(result, time_ns=at_ns, done=told.set_result, key=key)
        hear.flush()
        return await told


class WorldPerson:
    """A person who chooses, and reads what is theirs."""

    def __init__(self, around: Around, person: PersonId, name: str) -> None:
        self.around = around
        self.person = person
        self.name = name

    def gives(self, thing: WorldThing, *, view: Variant = Variant.RAW, to_ns: int | None = None) -> Accepted:
        """Say yes; in effect on return."""
        return self.around.run(self.choose(Decision.GIVE, thing, view=view, to_ns=to_ns))

    def refuses(self, thing: WorldThing) -> Accepted:
        """Say no; in effect on return."""
        return self.around.run(self.choose(Decision.REFUSE, thing))

    def withdraws(self, thing: WorldThing) -> Accepted:
        """Take a yes back; in effect on return."""
        return self.around.run(self.choose(Decision.WITHDRAW, thing))

    async def choose(
        self,
        decision: Decision,
        thing: WorldThing,
        *,
        purpose: PurposeId = RESEARCH,
        view: Variant = Variant.RAW,
        to_ns: int | None = None,
        since_ns: int | None = None,
    ) -> Accepted:
        """The same, inside a run. The notice is the one that is shown now.

        Raises:
            Conflict: this person is offered no such choice.
        """
        choose = self.around.node.choose
        for offer in choose.offers.all(self.person):
            if offer.stream.stream == thing.stream and offer.purpose.purpose == purpose:
                return await choose.say(
                    self.person,
                    decision,
                    purpose=purpose,
                    stream=thing.stream,
                    notice=offer.notice.digest,
                    made_by="session",
                    variant=view,
                    to_ns=to_ns,
                    since_ns=since_ns,
                )
        raise Conflict(f"{self.name} is offered no such choice")

    def asker(self) -> Asker:
        """How the gate knows somebody who reads their own."""
        return Asker(MEMBER, "pages", OWN_PURPOSE, self.person)

    def book(self, before: Place | None = None) -> BookPage:
        """A page of their book: what was moved into it so far."""
        return self.around.run(self.around.node.book.page(self.asker(), before=before))

    def reads(self, thing: WorldThing) -> tuple[Shown, ...]:
        """What they see of a thing of their home.

        Raises:
            Denied, NotFound: they may not.
        """
        return self.around.run(_read(self.around, thing, self.asker()))


async def _read(around: Around, thing: WorldThing, asker: Asker) -> tuple[Shown, ...]:
    page = await around.node.tell.observations(thing.number, ObservationQuery(top=PAGE_MAX), asker=asker)
    return page.rows


def _uri(name: str) -> Uri:
    return Uri(f"https://{name.lower()}.example/")
