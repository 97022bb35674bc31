"""Who comes to live somewhere is told what is still to begin there, and nothing of what was said among those before them."""

from collections.abc import Iterator

import pytest

from tests.journeys.test_contracts import DAY_NS, USES, installs, order
from tests.journeys.test_contracts_told import Lane
from tests.journeys.test_telling import billing
from troth.statements.installation import Contract
from troth.testing.people import own_use
from troth.testing.world import World


@pytest.fixture
def world() -> Iterator[World]:
    with World(seed=109) as made:
        yield made


def titles(lane: Lane, person: object) -> list[str]:
    return [each.title for each in lane.items(person)]  # type: ignore[arg-type]  # a WorldPerson


def test_what_joined_went_and_was_ordered_before_somebody_came_is_not_told_to_them(world: World) -> None:
    lane = Lane(world)
    pump = lane.home.thing("insulin pump", purposes=(own_use(),))
    installs(world, lane.meter, order(world))
    lane.days(1)
    world.run(world.node.joining.alter.end(pump.joined.slug))
    installs(world, lane.meter, None)
    lane.days(1)
    cleo = lane.home.person("Cleo")
    world.advance(130)
    assert 3 == len(titles(lane, lane.ana))
    assert [] == titles(lane, cleo)
    assert cleo.person not in world.node.directory.told.tellings
    assert lane.ana.person in world.node.directory.told.tellings
    lane.days(1)
    lane.home.thing("boiler", purposes=USES)
    assert ["Something new: boiler"] == titles(lane, cleo)
    world.advance(130)
    (said,) = world.node.directory.told.tellings[cleo.person]
    assert "Something new: boiler" in said.body.text
    assert "insulin" not in said.body.text


def test_what_is_still_to_begin_is_told_to_who_comes_before_it_does(world: World) -> None:
    lane = Lane(world)
    lane.home.thing("heater", purposes=(own_use(), billing()), contract=Contract(bytes(32), "Heat", 0))
    lane.days(1)
    cleo = lane.home.person("Cleo")
    assert ["Something new: heater"] == titles(lane, cleo)
    world.advance(130)
    assert cleo.person in world.node.directory.told.tellings
    begins = lane.items(cleo)[0].starts_ns
    assert begins is not None
    assert world.clock.now() < begins < world.clock.now() + 15 * DAY_NS


def test_who_has_left_and_comes_back_is_told_nothing_of_the_time_between(world: World) -> None:
    lane = Lane(world)
    lane.home.person("Cleo")
    lane.home.thing("boiler", purposes=(own_use(),))
    lane.days(1)
    world.run(world.node.choosing.belong.leave(lane.ana.person, lane.home.household))
    lane.days(1)
    lane.home.thing("insulin pump", purposes=(own_use(),))
    lane.days(1)
    world.run(world.node.join.come_back(lane.ana.person, lane.home.household, role="member"))
    assert ["Something new: boiler"] == titles(lane, lane.ana)
