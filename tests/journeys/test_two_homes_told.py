"""Who lives in two homes, or shares besides, is told once of what one statement changes, and of all of it."""

from collections.abc import Iterator

import msgspec
import pytest

from tests.journeys.test_joining_told import BOARD, CLASS, board, for_class
from tests.journeys.test_moving_told import FAR, HERE, SETTINGS, SUPPLIER, Lane, share
from tests.journeys.test_telling import billing
from troth.names import HouseholdId
from troth.statements.installation import Contract
from troth.statements.organisation import OrganisationBody
from troth.testing.people import own_use
from troth.testing.world import World


@pytest.fixture
def world() -> Iterator[World]:
    with World(seed=94, settings=SETTINGS) as made:
        yield made


def another_home(lane: Lane) -> HouseholdId:
    """Ana lives in a second home, too: with a gas meter, and Ben."""
    world = lane.world
    home = world.home("Hill 3")
    home.person("Ben")
    world.run(world.node.join.come_back(lane.ana.person, home.household, role="member"))
    home.thing("gas meter", purposes=(own_use(), billing()), contract=Contract(bytes(32), "Gas", 0))
    lane.hours(48)
    world.advance(70)
    return home.household


def told_of(lane: Lane, word: str) -> list[str]:
    """What people were told with this word in it, one for each time and person."""
    tellings = lane.world.node.directory.told.tellings
    return [said.body.text for each in tellings.values() for said in each if word in said.body.text]


def test_a_move_is_told_once_with_what_is_handled_of_each_home(world: World) -> None:
    lane = Lane(world)
    another_home(lane)
    lane.registers(site=FAR)
    (item,) = (each for each in lane.items() if "elsewhere" in each.title)
    assert "Billing (water meter), Billing (gas meter)." in item.words
    assert item in world.node.grounding.tellings.news.page(lane.ana.person).items
    assert (item.name,) == tuple(each.name for each in lane.public()), "it is the same in every list"
    world.advance(70)
    texts = told_of(lane, "elsewhere")
    assert 2 == len(texts)
    assert [False, True] == sorted("water meter" in each for each in texts), "Ben is told of his home alone"
    assert all("gas meter" in each for each in texts)
    lane.registers(name="Supplier Ltd")
    world.advance(70)
    world.crash()
    world.restart()
    world.advance(70)
    assert texts == told_of(lane, "elsewhere"), "nobody is told twice"


def test_a_move_is_told_once_with_what_is_shared_beside_a_home(world: World) -> None:
    lane = Lane(world)
    share(lane, SUPPLIER)
    lane.registers(site=FAR)
    (item,) = (each for each in lane.items() if "elsewhere" in each.title)
    assert "It gets or handles: Billing (water meter), what you share with it." in item.words
    world.advance(70)
    (text,) = told_of(lane, "elsewhere")
    assert "Billing (water meter), what you share with it." in text


def test_what_is_only_shared_is_told_where_a_home_is_not_concerned(world: World) -> None:
    lane = Lane(world)
    repair = world.organisation("Repair").uri
    body = OrganisationBody(repair, "Repair", "mailto:office@repair.example", site=HERE)
    world.run(world.node.join.organisation(body))
    another_home(lane)
    share(lane, repair)
    world.run(world.node.join.organisation(msgspec.structs.replace(body, site=FAR)))
    world.advance(70)
    (text,) = told_of(lane, "Repair handles data elsewhere")
    assert "It gets or handles: what you share with it." in text


def test_what_was_told_of_a_statement_stays_told_when_somebody_moves_into_another_home(world: World) -> None:
    lane = Lane(world)
    lane.registers(site=FAR)
    world.advance(70)
    (text,) = told_of(lane, "elsewhere")
    another_home(lane)
    assert any("water meter" in each and "gas meter" not in each for each in told_of(lane, "elsewhere"))
    assert 1 == told_of(lane, "elsewhere").count(text), "she finds the rest on her page"
    (item,) = (each for each in lane.items() if "elsewhere" in each.title)
    assert "Billing (water meter)" in item.words


def test_who_comes_into_a_class_is_told_once_with_what_it_gets_of_each_home(world: World) -> None:
    homes = [world.home(name) for name in ("Harbour Lane 12", "Hill 3")]
    ana = homes[0].person("Ana")
    world.run(world.node.join.come_back(ana.person, homes[1].household, role="member"))
    for home, name in zip(homes, ("water meter", "heat meter"), strict=True):
        home.thing(name, purposes=(own_use(), for_class("contract")), contract=Contract(bytes(32), "Water", 0))
    world.clock.step(2 * 86_400)
    world.advance(1)
    world.run(world.node.join.organisation(board(CLASS)))
    assert CLASS in world.node.directory.organisations[BOARD].classes
    (item,) = world.node.grounding.tellings.news.of(ana.person)
    assert "water meter" in item.words
    assert "heat meter" in item.words
    world.advance(70)
    (said,) = world.node.directory.told.tellings[ana.person]
    assert "heat meter" in said.body.text
    assert "water meter" in said.body.text
