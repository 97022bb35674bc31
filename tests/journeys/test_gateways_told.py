"""People are told what may speak for a thing of theirs, what takes its place, and when nothing does; everybody in public."""

from collections.abc import Iterator

import msgspec
import pytest

from tests.journeys.test_object import session
from troth.errors import Conflict
from troth.gate.connecting import sheet_now
from troth.gate.question import Standing
from troth.journeys.installing import StreamRequest, ThingRequest
from troth.journeys.news import Item, Sort
from troth.names import Slug, print_id
from troth.state.in_force import Reading
from troth.statements.installation import Gateway
from troth.statements.kinds import KindName
from troth.testing.people import Home, WorldPerson, WorldThing, look_and_join
from troth.testing.world import World
from troth.web.sessions import COOKIES


@pytest.fixture
def world() -> Iterator[World]:
    with World(seed=107) as made:
        yield made


class Lane:
    """Ana has lived here for some days with a meter; Ben lives elsewhere; two servers stand in public, and a gauge."""

    def __init__(self, world: World, *, days: float = 2) -> None:
        self.world = world
        self.home: Home = world.home("Harbour Lane 12")
        self.ana: WorldPerson = self.home.person("Ana")
        self.ben: WorldPerson = world.home("Harbour Lane 14").person("Ben")
        self.meter: WorldThing = self.home.thing("meter")
        self.server, self.other, self.gauge = (world.thing(name) for name in ("server", "other server", "gauge"))
        self.days(days)

    def days(self, days: float) -> None:
        self.world.clock.step(days * 86_400)
        self.world.advance(1)

    def named(self, thing: WorldThing, gateway: WorldThing) -> None:
        gateways, of, by = self.world.node.joining.gateways, Slug(thing.slug), Slug(gateway.slug)
        looked = gateways.look(of, by, standing=Standing.OPERATOR)
        self.world.run(gateways.name(of, by, shown=looked.sheet.digest, standing=Standing.OPERATOR))

    def ended(self, thing: WorldThing) -> None:
        self.world.run(self.world.node.joining.gateways.end(Slug(thing.slug)))

    def items(self, person: WorldPerson | None = None) -> tuple[Item, ...]:
        return self.world.node.grounding.tellings.news.of((person or self.ana).person)

    def public(self) -> tuple[Item, ...]:
        return self.world.node.grounding.tellings.news.public()


def test_what_may_speak_for_a_thing_of_hers_is_told_and_others_hear_nothing(world: World) -> None:
    lane = Lane(world)
    assert () == lane.items()
    lane.named(lane.meter, lane.server)
    (item,) = lane.items()
    assert (Sort.CHANGED, "What is measured may arrive through a gateway") == (item.sort, item.title)
    assert "through “server”, for which Supplier answers. That gateway sees it" in item.words
    lane.days(1)
    lane.named(lane.meter, lane.other)
    assert "It takes the place of “server”, for which Supplier answers." in lane.items()[0].words
    lane.days(1)
    lane.ended(lane.meter)
    assert Sort.ENDED is lane.items()[0].sort
    assert "“other server”" in lane.items()[0].words
    assert 3 == len(lane.items())
    assert () == lane.items(lane.ben) == lane.public()
    before = lane.items()
    world.crash()
    world.restart()
    assert before == lane.items()


def test_it_is_on_her_page_and_in_her_book_and_with_nobody_else(world: World) -> None:
    lane = Lane(world)
    lane.named(lane.meter, lane.server)
    world.advance(70)
    (said,) = world.node.directory.told.tellings[lane.ana.person]
    assert "may arrive through “server”" in said.body.text
    assert lane.ben.person not in world.node.directory.told.tellings
    for person, there in ((lane.ana, True), (lane.ben, False)):
        cookie = {"cookie": f"{COOKIES['person']}={session(world, person)}"}
        page = world.get("/mine/news", headers=cookie).body.decode()
        assert there == ("may arrive through a gateway" in page)


def test_of_a_public_thing_everybody_is_told_in_order_and_what_ends_with_its_thing_is_no_item(world: World) -> None:
    lane = Lane(world)
    lane.named(lane.gauge, lane.server)
    (item,) = lane.public()
    assert "gauge" == item.about
    assert () == lane.items()
    for _ in range(2):
        lane.days(0.01)
        lane.ended(lane.gauge)
        lane.days(0.01)
        lane.named(lane.gauge, lane.server)
    assert [Sort.CHANGED, Sort.ENDED] * 2 + [Sort.CHANGED] == [each.sort for each in lane.public()]
    world.run(world.node.joining.alter.end(lane.gauge.joined.slug))
    assert 5 == len(lane.public())


def test_many_things_of_a_product_are_one_item(world: World) -> None:
    lane = Lane(world)
    meters = [lane.meter, *(another(lane, f"meter {number}") for number in range(2))]
    before = len(lane.items())
    for meter in meters:
        lane.named(meter, lane.server)
    assert before + 1 == len(lane.items())
    lane.days(1)
    lane.ended(meters[0])
    assert before + 2 == len(lane.items())


def another(lane: Lane, name: str) -> WorldThing:
    """One more meter of the same product in the same home."""
    body = lane.world.node.directory.things[lane.meter.joined.thing].body
    stream = StreamRequest(lane.meter.stream_name, "carried", None)
    request = ThingRequest(
        name, body.product, "attic", body.answers, (stream,), body.consideration, household=lane.home.household
    )
    joined = lane.world.run(look_and_join(lane.world.node.join, request))
    return WorldThing(lane.world, joined, "", stream=lane.meter.stream_name)


def test_while_a_home_is_being_set_up_its_pages_tell_it(world: World) -> None:
    lane = Lane(world, days=0.1)
    lane.named(lane.meter, lane.server)
    assert () == lane.items()


def test_it_is_signed_lately_so_that_nobody_is_told_of_it_as_of_something_long_known(world: World) -> None:
    lane = Lane(world)
    node, clock = world.node, world.clock
    server = node.directory.things[lane.server.joined.thing].body
    named = Gateway(server.thing, server.name, server.answers.organisation)
    stands = node.directory.things[lane.meter.joined.thing].body
    bare = msgspec.structs.replace(stands, gateway=named, sheet=None)
    sheet = sheet_now(bare, Reading(node.leases.in_force), at_ns=clock.now())
    body = msgspec.structs.replace(bare, sheet=sheet.digest)
    early, ends = (
        node.say.sign(KindName.HOME_INSTALLATION, each, subject=print_id("si", bytes([number]) * 16))
        for number, each in enumerate((body, stands))
    )
    lane.days(1.1 / 24)
    with pytest.raises(Conflict, match="too long before it was brought"):
        world.run(node.accept.accept(early[0], preimage=early[1]))
    assert () == lane.items()
    lane.named(lane.meter, lane.server)
    world.run(node.accept.accept(ends[0], preimage=ends[1]))
    assert node.directory.things[stands.thing].body.gateway is None, "that nothing speaks for it is never too old"
