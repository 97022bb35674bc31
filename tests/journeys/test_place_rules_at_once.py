"""How many rules about places one person may have holds at every door, however many are said at once."""

import asyncio
from collections.abc import Iterator
from typing import Final

import pytest

from troth.errors import Conflict
from troth.journeys.places import PLACE_RULES_MAX
from troth.statements.place_rule import PlaceRuleBody
from troth.testing.people import WorldPerson
from troth.testing.world import World

LEFT: Final = 2


@pytest.fixture
def world() -> Iterator[World]:
    with World(seed=17) as made:
        yield made


def nearly_full(world: World) -> WorldPerson:
    """Ana, who may say LEFT rules more."""
    ana = world.home("Harbour Lane 12").person("Ana")
    places = world.node.places

    async def said() -> None:
        for _ in range(PLACE_RULES_MAX - LEFT):
            await places.count(places.meant(ana.person, within=("EU",), made_by="session"))

    world.run(said())
    return ana


def test_rules_that_are_said_at_once_are_no_way_around_how_many_there_may_be(world: World) -> None:
    ana, places = nearly_full(world), world.node.places

    async def at_once() -> list[object]:
        meant = [places.meant(ana.person, not_under=("US",), made_by="session") for _ in range(LEFT + 5)]
        return list(await asyncio.gather(*map(places.count, meant), return_exceptions=True))

    told = world.run(at_once())
    assert 5 == sum(isinstance(each, Conflict) for each in told)
    assert PLACE_RULES_MAX == len(places.rules(ana.person))
    world.restart()
    assert PLACE_RULES_MAX == len(world.node.places.rules(ana.person))


def test_a_full_list_takes_a_rule_that_stands_and_its_end_and_then_another(world: World) -> None:
    ana, places = nearly_full(world), world.node.places
    for _ in range(LEFT):
        world.run(places.count(places.meant(ana.person, within=("EU",), made_by="session")))
    one = places.rules(ana.person)[0]
    world.run(places.count(one))
    another = PlaceRuleBody(bytes(16), ana.person, world.clock.now(), "session", ("EU",))
    with pytest.raises(Conflict):
        world.run(places.count(another))
    world.run(places.end(ana.person, one.rule))
    world.run(places.count(another))
    assert PLACE_RULES_MAX == len(places.rules(ana.person))
