"""What may not be kept is refused by every way in, under the same code; it is counted once, and nothing of it is kept."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import count
from typing import Final, NamedTuple

import cbor2
import msgspec
import pytest

from tests.hostile.ways_in import WAYS, Result, Said, connected
from tests.journeys.test_object import INTEREST, asserts
from troth.errors import Denied, NotFound
from troth.gate.question import Standing
from troth.journeys.join import JoinedThing, StreamRequest, ThingRequest
from troth.journeys.object import Saying
from troth.journeys.privately import Wanted as Hushed
from troth.names import LineId, PurposeId, Slug, Uri
from troth.spans import DAY_NS
from troth.statements.choice import Decision
from troth.statements.disclosure import DisclosedPurpose, DisclosedStream, DisclosedVariant, DisclosureBody
from troth.statements.ground import Asserted
from troth.statements.installation import Answering, Consideration
from troth.statements.organisation import OrganisationBody
from troth.statements.passport import PassportBody, PassportStream
from troth.statements.red_line import RedLineBody
from troth.testing.people import RESEARCH, Home, WorldPerson, WorldThing, look_and_join, own_use, research
from troth.testing.world import World
from troth.web.saying import refusal
from troth.wire.mqtt import Packet, Puback, Publish, Version, encode

NS: Final = 10**9
OWN_DAYS: Final = 3
SCORES: Final = PurposeId("https://university.example/scores")
HIGHEST: Final = 1_000_000.0


class Place:
    """One home with Ana and a thing, of which one line of the table is about. `then_ns`: a moment of that line."""

    def __init__(self, lane: "Lane", name: str, purposes: Sequence[DisclosedPurpose]) -> None:
        self.world = lane.world
        self.home: Home = self.world.home(f"home of {name}")
        self.ana: WorldPerson = self.home.person("Ana")
        self.thing = _installed(self.home, name, purposes, of=REFUSALS[name])
        self.then_ns = 0

    def chooses(self, decision: Decision) -> None:
        self.world.run(self.ana.choose(decision, self.thing))
        self.world.advance(2)

    def moment(self) -> int:
        """A whole second that is over now, of which everything that is so now was so, too."""
        self.world.advance(30)
        now_ns = self.world.clock.now()
        self.world.advance(30)
        return now_ns // NS * NS

    @property
    def cookie(self) -> str:
        """Ana, as a browser."""
        node = self.world.node
        return f"troth_person={self.world.run(node.recognise.enter(self.world.run(node.join.invite(self.ana.person))))}"

    def tally(self) -> tuple[int, dict[str, int]]:
        tally = self.world.node.hear.tally(self.thing.joined.thing)
        return tally.stored + tally.repeated, {str(reason): times for reason, times in tally.refused.items()}

    def kept(self) -> list[object]:
        """What those who may read of it find: Ana, and the laboratory where she says yes."""
        found: list[object] = []
        for reads in (self.ana.reads, self.world.organisation("University").reads):
            with suppress(Denied, NotFound):
                found += [_read(row.result) for row in reads(self.thing)]
        return found


def _read(result: object) -> object:
    return cbor2.loads(result) if isinstance(result, bytes) else result


def _installed(home: Home, name: str, purposes: Sequence[DisclosedPurpose], *, of: "Refused") -> WorldThing:
    """A thermometer that says what it can measure."""
    world, maker = home.around, home.around.organisation("Maker")
    supplier = world.organisation(of.answers)
    product = Uri(f"{maker.uri}{name.replace(' ', '-')}")
    heat = PassportStream("heat", "Heat", "temperature", Uri("urn:x:heat"), "number", "Cel", -100.0, HIGHEST)
    if of.type_ != "number":
        heat = PassportStream("heat", "Heat", "temperature", Uri("urn:x:heat"), of.type_)
    request = ThingRequest(
        name=name,
        product=product,
        place="here",
        answers=Answering(supplier.uri, f"mailto:office@{of.answers.lower()}.example"),
        streams=(StreamRequest("heat", "carried"),),
        consideration=Consideration("2026-03-01", "Mo", "Nobody is harmed by it."),
        household=home.household,
        owner=supplier.uri if of.rests == "objectable" else None,  # a home's own equipment collects nothing on that
    )

    async def joined() -> tuple[JoinedThing, str]:
        join = world.node.join
        await join.product(PassportBody(product, name, maker.uri, (heat,)))
        await join.disclosure(DisclosureBody(product, maker.uri, "en", 1, (DisclosedStream("heat", tuple(purposes)),)))
        joined = await look_and_join(join, request)
        _, credential = await world.node.recognise.claim(joined.claim)
        return joined, credential

    return WorldThing(world, *world.run(joined()), stream="heat")


def _spoken_for(world: World, thing: WorldThing, gateway: WorldThing) -> None:
    gateways, of, by = world.node.joining.gateways, Slug(thing.slug), Slug(gateway.slug)
    looked = gateways.look(of, by, standing=Standing.OPERATOR)
    assert looked.no is None
    world.run(gateways.name(of, by, shown=looked.sheet.digest, standing=Standing.OPERATOR))


class Lane:
    """All places of the table in one world, each of which has been there for 100 days."""

    def __init__(self) -> None:
        self.world = World(seed=73, jitter_s=0.0)
        self.world.organisation("University")
        self.values = count(10_001)
        self.places = {name: Place(self, name, self._purposes(each)) for name, each in REFUSALS.items()}
        self.gateway = self.world.thing("network server")
        for name, place in self.places.items():
            if REFUSALS[name].answers == "Supplier":
                _spoken_for(self.world, place.thing, self.gateway)
        for name, each in REFUSALS.items():
            if each.rests == "objectable":
                asserts(self.places[name].thing, Asserted.OBJECTABLE, RESEARCH, INTEREST)
        self.world.clock.step(100 * DAY_NS / NS)
        self.world.advance(2)
        for name, place in self.places.items():
            REFUSALS[name].begins(place)
        self.world.advance(2)

    def _purposes(self, each: "Refused") -> list[DisclosedPurpose]:
        """What is disclosed where a line is about."""
        replace = msgspec.structs.replace
        own = replace(own_use(), retention_days=OWN_DAYS)
        if each.only:
            return [replace(own, variants=(DisclosedVariant(f"only={each.only}", "own"),), fields=(each.only,))]
        starts_ns = self.world.clock.now() + each.starts_days * DAY_NS if each.starts_days else None
        views = (DisclosedVariant("raw", each.rests), *(research().variants[1:] if each.rests == "choice" else ()))
        read = replace(research(), purpose=each.purpose, variants=views, starts_ns=starts_ns)
        return [own, read] if each.own else [read]


class Refused(NamedTuple):
    """One line: what is so, what is said then and of which time, and the code under which it is refused.

    `own`: people may read what is their own for OWN_DAYS, and research by choice; else there is research alone, for `purpose`
    (of the line alone where another line would be stopped with it), on the ground on which it `rests`, and beginning
    `starts_days` after all has been installed. `only`: the one member that is declared of values of JSON. `answers`: who does.
    """

    code: str
    begins: Callable[[Place], None] = lambda _place: None
    at_ns: Callable[[Place], int | None] = lambda _place: None
    result: Callable[[int], Result] = float
    stream: str = "heat"
    unit: str | None = None
    own: bool = True
    purpose: PurposeId = RESEARCH
    rests: str = "choice"
    starts_days: int = 0
    only: str = ""
    answers: str = "Supplier"

    @property
    def type_(self) -> str:
        """Of which type the stream is."""
        return "json" if self.only else "number"


def _private(place: Place) -> None:
    privately = place.world.node.choosing.privately
    place.world.run(privately.begin(place.ana.person, Hushed(place.home.household), made_by="session"))


def _was_private(place: Place) -> None:
    _private(place)
    place.then_ns = place.moment()
    privately = place.world.node.choosing.privately
    (home,) = privately.homes(place.ana.person)
    (standing,) = home.standing
    assert standing.mine is not None
    place.world.run(privately.end(place.ana.person, standing.mine))


def _gap(place: Place) -> None:
    for decision in (Decision.GIVE, Decision.WITHDRAW):
        place.chooses(decision)
    place.then_ns = place.moment()
    place.chooses(Decision.GIVE)


def _yes_before(place: Place) -> None:
    place.chooses(Decision.GIVE)
    place.then_ns = place.moment()
    place.chooses(Decision.WITHDRAW)


def _yes_for_a_minute(place: Place) -> None:
    until_ns = place.world.clock.now() + 60 * NS
    place.world.run(place.ana.choose(Decision.GIVE, place.thing, to_ns=until_ns))
    place.moment()
    place.world.advance(60)


def _decided(*decisions: Decision) -> Callable[[Place], None]:
    def begins(place: Place) -> None:
        for each in decisions:
            place.chooses(each)

    return begins


def _forbidden(place: Place) -> None:
    place.chooses(Decision.GIVE)
    world, policies = place.world, place.world.node.grounding.policies
    product = world.node.directory.things[place.thing.joined.thing].body.product
    text = f"""@id("rule") @cites("House rules, 4") @says("Nothing is collected here.")
        forbid(principal, action == Action::"collect", resource in Product::"{product}");"""
    looked = world.run(policies.look(text))
    assert looked.look is not None, looked.findings
    world.run(policies.put_in_force(text, "Agreed.", look=looked.look, even_essential=True))


def _placed(place: Place) -> None:
    place.chooses(Decision.GIVE)
    places = place.world.node.places
    meant = places.meant(place.ana.person, within=("FR",), purposes=(), made_by="session")
    place.world.run(places.count(meant))


def _objected(place: Place) -> None:
    objects = place.world.node.grounding.object
    said = objects.say(place.ana.person, Saying.OBJECT, purpose=RESEARCH, stream=place.thing.stream, made_by="session")
    place.world.run(said)


def _lined(place: Place) -> None:
    place.world.run(place.world.node.pledge.draw(RedLineBody(LineId(b""), "Never scores.", 0, 90, purposes=(SCORES,))))


def _unreached(place: Place) -> None:
    body = OrganisationBody(
        Uri("https://fitter.example/"), "Fitter", "mailto:f@fitter.example", reach_by_ns=place.world.clock.now() + NS
    )
    place.world.run(place.world.node.join.organisation(body))


def _taken(place: Place) -> None:
    place.then_ns = place.moment()
    assert isinstance(place.thing.says(1.5, at_ns=place.then_ns), int)


def _then(place: Place) -> int:
    return place.then_ns


def _from_now(days: float) -> Callable[[Place], int]:
    return lambda place: place.world.clock.now() // NS * NS + round(days * 86_400) * NS


REFUSALS: Final = {
    "what comes late of a private time": Refused("not-then", _was_private, _then),
    "what comes in a private time": Refused("not-then", _private),
    "what comes late of a time without a yes": Refused("not-then", _gap, _then, own=False),
    "what nobody was asked about": Refused("no-ground", own=False),
    "what there was a yes to": Refused("withdrawn", _decided(Decision.GIVE, Decision.WITHDRAW), own=False),
    "what comes late of the time of such a yes": Refused("withdrawn", _yes_before, _then, own=False),
    "what there was a yes to for a time": Refused("expired", _yes_for_a_minute, own=False),
    "what there is a no to": Refused("refused", _decided(Decision.REFUSE), own=False),
    "what a rule of the place stops": Refused("policy", _forbidden, own=False),
    "what would go where a rule of Ana lets nothing go": Refused("place", _placed, own=False),
    "what somebody has objected to": Refused("objected", _objected, own=False, rests="objectable"),
    "what is for what a red line forbids": Refused("red-line", _lined, own=False, purpose=SCORES),
    "what is for a use that has not begun": Refused("not-yet", own=False, starts_days=400),
    "what nobody answers for any more": Refused("unanswered", _unreached, answers="Fitter"),
    "a member that nobody declared": Refused(
        "undeclared", result=lambda value: {"air": 1, "voices": value}, only="air"
    ),
    "what is older than any use of it": Refused("too-old", at_ns=_from_now(-OWN_DAYS - 1)),
    "what was before the installation": Refused("before-installation", at_ns=_from_now(-101)),
    "what is still to come": Refused("ahead", at_ns=_from_now(1)),
    "what another value stands at": Refused("time-taken", _taken, _then),
    "a stream that nobody declared": Refused("undeclared", stream="nothing"),
    "what is no number": Refused("wrong-type", result="warm {}".format),
    "what cannot be measured": Refused("out-of-range", result=lambda value: HIGHEST + value),
    "what is in a unit of something else": Refused("wrong-unit", unit="kW.h"),
}
UNDECLARED: Final = 4_000_000
CASES: Final = [
    (name, way)
    for name, each in REFUSALS.items()
    for way, said in WAYS.items()
    # What is not theirs is counted of whoever says it: of the gateway (tests/journeys/test_gateways.py).
    if (each.unit is None or said.units) and (each.stream == "heat" or said.own) and (not each.only or said.objects)
    # The gateway is another's than who answers for this one, which it may not hand on (tests/journeys/test_gateways_said.py).
    if each.answers == "Supplier" or "gateway" not in way
]


@pytest.fixture(scope="module")
def lane() -> Iterator[Lane]:
    lane = Lane()
    yield lane
    lane.world.close()


@pytest.mark.parametrize(("name", "way"), CASES)
def test_by_every_way_in_it_is_refused_under_its_code_and_counted_once(lane: Lane, name: str, way: str) -> None:
    refused, place = REFUSALS[name], lane.places[name]
    stored, counted = place.tally()
    is_there = refused.stream == place.thing.stream_name
    number = place.thing.number if is_there else UNDECLARED
    result = refused.result(next(lane.values))
    said = Said(
        lane.world, place.thing, refused.stream, number, result, refused.at_ns(place), refused.unit, lane.gateway
    )
    # Of a Datastream that is not theirs a thing hears what anybody hears; it is counted all the same.
    single = not is_there and not WAYS[way].names and way != "a data array"
    assert ("not-found" if single else refused.code) == WAYS[way].tell(said)
    lane.world.advance(1)
    assert (stored, counted | {refused.code: counted.get(refused.code, 0) + 1}) == place.tally()
    assert result not in place.kept()


# Who reads nothing of a thing has no page of it, and who reads a part of its values no counts.
@pytest.mark.parametrize("name", [name for name, each in REFUSALS.items() if each.own and not each.only])
def test_what_was_refused_is_counted_in_plain_words_where_people_look_at_the_thing(lane: Lane, name: str) -> None:
    refused, place = REFUSALS[name], lane.places[name]
    number = place.thing.number if refused.stream == place.thing.stream_name else UNDECLARED
    result, at_ns = refused.result(next(lane.values)), refused.at_ns(place)
    said = Said(lane.world, place.thing, refused.stream, number, result, at_ns, refused.unit, lane.gateway)
    WAYS["CSV"].tell(said)
    lane.world.advance(1)
    times = place.tally()[1][refused.code]
    page = lane.world.get(f"/things/{place.thing.slug}", headers={"accept": "text/html", "cookie": place.cookie})
    assert f"<li>{times}: {refusal(refused.code)}</li>" in page.text
    shown = lane.world.get(f"/api/things/{place.thing.slug}/tally", token=place.thing.credential)
    assert times == shown.json["refused"][refused.code]


@pytest.mark.parametrize("way", WAYS)
def test_by_every_way_in_what_may_be_kept_is(lane: Lane, way: str) -> None:
    place = lane.places["what comes late of a private time"]
    unit = "Cel" if WAYS[way].units else None
    for at_ns in (None, place.moment()):
        stored, counted = place.tally()
        result = float(next(lane.values))
        said = Said(lane.world, place.thing, "heat", place.thing.number, result, at_ns, unit, lane.gateway)
        assert "" == WAYS[way].tell(said)
        lane.world.advance(1)
        assert (stored + 1, counted) == place.tally()
        assert result in place.kept()


@pytest.mark.parametrize("version", [Version.V5, Version.V311])
def test_what_comes_with_qos_2_ends_the_connection_and_is_not_kept(lane: Lane, version: Version) -> None:
    place = lane.places["what comes late of a private time"]
    before = place.tally()
    publish = bytearray(encode(Publish(f"things/{place.thing.slug}/heat", b"1.5", 1, packet_id=7), version))
    publish[0] += 0x02  # QoS 2 in the place of 1 (§3.3.1.2)
    assert [] == [each for each in place.world.run(_after(place, version, bytes(publish))) if isinstance(each, Puback)]
    place.world.advance(1)
    assert before == place.tally()


async def _after(place: Place, version: Version, data: bytes) -> list[Packet]:
    """All that comes after these bytes, until the connection is closed."""
    client = await connected(place.world, place.thing, version)
    client.send_bytes(data)
    came = await client.rest()
    client.cut()
    return came
