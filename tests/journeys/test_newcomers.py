"""Who comes to live somewhere reads nothing of what was ordered, asserted or ended among those who lived there before."""

from collections.abc import Iterator

import pytest

from tests.journeys.test_contracts import USES, installs, order
from tests.journeys.test_emergency import Lane as Emergencies
from tests.journeys.test_grounds import body, metering
from troth.testing.people import Home, WorldPerson, WorldThing
from troth.testing.world import World


@pytest.fixture
def world() -> Iterator[World]:
    with World(seed=118) as made:
        yield made


class Lane:
    """Ana has lived here for some days with a meter that rests on an order for a day."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.home: Home = world.home("Harbour Lane 12")
        self.ana: WorldPerson = self.home.person("Ana")
        self.meter: WorldThing = self.home.thing("meter", purposes=USES)
        self.days(1)
        installs(world, self.meter, order(world, review=None, to=1))

    def days(self, days: float) -> None:
        self.world.clock.step(days * 86_400)
        self.world.advance(31)


def test_a_contract_that_ended_before_somebody_came_is_none_of_theirs(world: World) -> None:
    lane = Lane(world)
    contracts = world.node.grounding.contracts
    cleo = lane.home.person("Cleo")
    assert ["Order"] == [each.contract.title for each in contracts.at_home(cleo.person)], "it holds, and concerns her"
    lane.days(2)
    ben = lane.home.person("Ben")
    for person, there in ((lane.ana, True), (cleo, True), (ben, False)):
        assert there == bool(contracts.at_home(person.person))
        thing = world.node.directory.things[lane.meter.joined.thing]
        assert there == bool(contracts.of_thing(thing, person.person))


def test_an_order_to_erase_of_before_somebody_came_is_none_of_theirs(world: World) -> None:
    lane = Lane(world)
    world.clock.step(3_600)
    lane.meter.says(1.0)
    world.clock.step(2 * 3_600)
    world.advance(1)
    assert world.organisation("University").reads(lane.meter)
    lane.days(2)
    orders = world.node.sharing.orders
    assert 1 == len(orders.of_person(lane.ana.person))
    assert () == orders.of_person(lane.home.person("Ben").person)


def test_an_emergency_stays_with_who_lived_there_then_when_they_have_left(world: World) -> None:
    lane = Emergencies(world)
    ana = lane.home.person("Ana")
    lane.confirms(lane.opens(home=lane.home.household))
    emergencies = world.node.grounding.emergencies
    assert 1 == len(emergencies.at_home(ana.person))
    world.clock.step(86_400)
    world.advance(1)
    world.run(world.node.choosing.belong.leave(ana.person, lane.home.household))
    assert 1 == len(emergencies.at_home(ana.person))
    assert () == emergencies.at_home(lane.home.person("Ben").person)


def test_what_was_asserted_of_a_home_and_ended_before_somebody_came_is_none_of_theirs(world: World) -> None:
    home, meter = metering(world)
    ana = home.person("Ana")
    grounds = world.node.grounding.grounds
    said = world.run(grounds.say(body(meter, household=home.household)))
    world.advance(60)
    cleo = home.person("Cleo")
    world.run(grounds.end(said, "Whoever was cared for here is not any more."))
    world.advance(60)
    ben = home.person("Ben")
    for person, there in ((ana, True), (cleo, True), (ben, False)):
        assert there == any(each.body.household is not None for each in grounds.at_home(person.person))
