"""People of a home are told what was ordered there, what takes its place, goes on and ends; everybody of a public place."""

from collections.abc import Iterator

import pytest

from tests.journeys.test_contracts import DAY_NS, USES, installs, order
from tests.journeys.test_joining_told import counted
from tests.journeys.test_object import session
from troth.journeys.installing import StreamRequest, ThingRequest
from troth.journeys.news import Item, Sort
from troth.statements.installation import Contract
from troth.testing.people import Home, WorldPerson, WorldThing, install, look_and_join
from troth.testing.world import World
from troth.web.sessions import COOKIES


@pytest.fixture
def world() -> Iterator[World]:
    with World(seed=97) as made:
        yield made


class Lane:
    """Ana has lived here for some days, with a meter that rests on no contract; Ben lives elsewhere."""

    def __init__(self, world: World, *, days: float = 2) -> None:
        self.world = world
        self.home: Home = world.home("Harbour Lane 12")
        self.ana: WorldPerson = self.home.person("Ana")
        self.ben: WorldPerson = world.home("Harbour Lane 14").person("Ben")
        self.meter: WorldThing = self.home.thing("meter", purposes=USES)
        self.days(days)

    def days(self, days: float) -> None:
        self.world.clock.step(days * 86_400)
        self.world.advance(1)

    def items(self, person: WorldPerson | None = None) -> tuple[Item, ...]:
        return self.world.node.grounding.tellings.news.of((person or self.ana).person)

    def newest(self) -> tuple[Sort, str, str]:
        return (self.items()[0].sort, self.items()[0].title, self.items()[0].words)


def test_what_is_ordered_looked_at_again_and_ended_is_told_and_others_hear_nothing(world: World) -> None:
    lane = Lane(world)
    assert () == lane.items()
    contract = order(world)
    installs(world, lane.meter, contract)
    sort, title, words = lane.newest()
    assert (Sort.CHANGED, "Ordered: Order") == (sort, title)
    assert "“Order” with Coop, from " in words
    assert "to be looked at again by" in words
    alter, slug = world.node.joining.alter, lane.meter.joined.slug
    lane.days(1)
    world.run(alter.contract_stands(slug, "flow", review_ns=world.clock.now() + 200 * DAY_NS))
    assert (Sort.CHANGED, "What was ordered goes on: Order") == lane.newest()[:2]
    lane.days(1)
    world.run(alter.contract_ends(slug, "flow", to_ns=world.clock.now() + 20 * DAY_NS))
    assert (Sort.NARROWED, "What was ordered ends: Order") == lane.newest()[:2]
    assert " until " in lane.newest()[2]
    lane.days(1)
    world.run(alter.contract_ends(slug, "flow"))
    assert (Sort.ENDED, "What was ordered ends: Order") == lane.newest()[:2]
    assert 4 == len(lane.items())
    assert () == lane.items(lane.ben) == world.node.grounding.tellings.news.public()
    before = lane.items()
    world.crash()
    world.restart()
    assert before == lane.items()


def test_it_is_on_her_page_and_in_her_book_and_with_nobody_else(world: World) -> None:
    lane = Lane(world)
    installs(world, lane.meter, order(world))
    world.advance(70)
    (said,) = world.node.directory.told.tellings[lane.ana.person]
    assert "Ordered: Order (meter: flow). It is “Order” with Coop" in said.body.text
    assert lane.ben.person not in world.node.directory.told.tellings
    for person, there in ((lane.ana, True), (lane.ben, False)):
        cookie = {"cookie": f"{COOKIES['person']}={session(world, person)}"}
        page = world.get("/mine/news", headers=cookie).body.decode()
        assert there == ("Ordered: Order" in page)


def test_another_contract_and_none_are_told_by_what_they_take_the_place_of(world: World) -> None:
    lane = Lane(world)
    first = order(world)
    installs(world, lane.meter, first)
    lane.days(1)
    later_ns = world.clock.now() + 30 * DAY_NS
    installs(world, lane.meter, Contract(bytes(32), "Another order", later_ns))
    sort, title, words = lane.newest()
    assert (Sort.STARTS, "Ordered: Another order", later_ns) == (sort, title, lane.items()[0].starts_ns)
    assert words.startswith("This begins on ")
    assert "It takes the place of “Order” with Coop" in words
    lane.days(1)
    installs(world, lane.meter, None)
    assert (Sort.ENDED, "Not ordered any more: Another order") == lane.newest()[:2]
    (announced,) = (each for each in lane.items() if each.title == "Ordered: Another order")
    assert Sort.CHANGED is announced.sort, "what does not begin any more is not told as if it would"


def test_what_joins_says_what_it_rests_on_and_takes_it_along(world: World) -> None:
    lane = Lane(world)
    heater = lane.home.thing("heater", purposes=USES, contract=order(world))
    (item,) = lane.items()
    assert "Something new: heater" == item.title
    assert "It was ordered: “Order” with Coop" in item.words
    lane.days(1)
    world.run(world.node.joining.alter.end(heater.joined.slug, because="It broke."))
    (item,) = lane.items()
    assert "It is not here any more." in item.words, "what it rested on went with it, and is no item of its own"


def test_while_a_home_is_being_set_up_its_pages_tell_it(world: World) -> None:
    lane = Lane(world, days=0.1)
    installs(world, lane.meter, order(world))
    assert () == lane.items()


def another(lane: Lane, name: str) -> WorldThing:
    """One more meter of the same product in the same home."""
    body = lane.world.node.directory.things[lane.meter.joined.thing].body
    stream = StreamRequest(lane.meter.stream_name, "carried", None)
    request = ThingRequest(
        name, body.product, "attic", body.answers, (stream,), body.consideration, household=lane.home.household
    )
    joined = lane.world.run(look_and_join(lane.world.node.join, request))
    return WorldThing(lane.world, joined, "", stream=lane.meter.stream_name)


def test_many_things_of_a_product_are_one_item_a_day(world: World) -> None:
    lane = Lane(world)
    things = [lane.meter, *(another(lane, f"meter {number}") for number in range(4))]
    contract, before = order(world), len(lane.items())
    for thing in things:
        installs(world, thing, contract)
        lane.days(1)
    assert before + 1 == len(lane.items()), "one more of the same is nothing new, whenever it comes"
    for day in (things[:3], things[3:]):
        for thing in day:
            installs(world, thing, None)
        lane.days(1)
    assert before + 3 == len(lane.items()), "one item for each day on which some of them rest on it no more"


def test_of_a_public_place_everybody_is_told(world: World) -> None:
    lane = Lane(world)
    uses = (counted(),)
    gauge = install(world, "gauge", stream="flow", type_="number", purposes=uses, household=None, contract=order(world))
    lane.days(2)
    news = world.node.grounding.tellings.news
    assert () == news.public(), "a place that is being set up is told by its pages"
    world.run(world.node.joining.alter.contract_ends(gauge.joined.slug, "flow"))
    (item,) = news.public()
    assert (Sort.ENDED, "What was ordered ends: Order") == (item.sort, item.title)
    assert "What was ordered ends: Order" in world.get("/news").body.decode()
