"""Another title of what is measured is told to those it concerns, also where nothing of it asks them."""

from collections.abc import Iterator
from typing import Final

import msgspec
import pytest

from tests.journeys.test_joining_told import public_thing
from tests.journeys.test_measured import passport, say
from tests.journeys.test_object import session
from tests.journeys.test_telling import Lane, billing
from troth.journeys.news import Item, Sort
from troth.statements.disclosure import DisclosureBody
from troth.statements.kinds import KindName
from troth.statements.passport import PassportStream
from troth.testing.people import WorldPerson, own_use, research
from troth.testing.world import World
from troth.web.sessions import COOKIES

TITLE: Final = "What is measured has another name"


@pytest.fixture
def lane() -> Iterator[Lane]:
    """A meter that asks nobody stands in a home that was set up some days ago."""
    with World(seed=99) as world:
        made = Lane(world, own_use(), billing())
        world.clock.step(2 * 86_400)
        world.advance(1)
        yield made


def told(lane: Lane, person: WorldPerson | None = None) -> list[Item]:
    news = lane.world.node.grounding.tellings.news
    found = news.public() if person is None else news.of(person.person)
    return [each for each in found if each.title == TITLE]


def test_it_is_told_to_the_people_of_the_home_and_to_nobody_else(lane: Lane) -> None:
    world = lane.world
    ben = world.home("Harbour Lane 14").person("Ben")
    say(lane, passport(lane, title="Hot water"))
    (item,) = told(lane, lane.ana)
    assert (Sort.CHANGED, "water meter", world.clock.now() // 10**11) == (
        *(item.sort, item.about, item.said_ns // 10**11),
    )
    assert "“flow” is called “Hot water” now." in item.words
    assert [] == told(lane, ben) == told(lane)
    world.advance(70)
    (said,) = world.node.directory.told.tellings[lane.ana.person]
    assert "“flow” is called “Hot water” now." in said.body.text
    assert ben.person not in world.node.directory.told.tellings
    for person, there in ((lane.ana, True), (ben, False)):
        cookie = {"cookie": f"{COOKIES['person']}={session(world, person)}"}
        assert there == (TITLE in world.get("/mine/news", headers=cookie).body.decode())
    before = told(lane, lane.ana)
    world.crash()
    world.restart()
    assert before == told(lane, lane.ana)


def test_what_a_maker_signed_long_ago_is_told_as_of_the_day_on_which_it_came() -> None:
    with World(seed=99) as world:
        lane = Lane(world, own_use(), research(), billing())
        titled = msgspec.structs.replace(passport(lane), streams=(lane_stream(lane, "Hot water"),))
        say = world.node.say
        early = [say.sign(KindName.DISCLOSURE, ended(lane), subject=lane.product)[0]]
        early.append(say.sign(KindName.PASSPORT, titled, subject=lane.product)[0])
        world.clock.step(400 * 86_400)
        world.advance(1)
        world.organisation("Repair")  # somebody says something on the day before
        world.clock.step(86_400)
        world.advance(1)
        for each in early:
            world.run(world.node.accept.accept(each))
        before = {each.title: each for each in lane_news(lane)}
        assert {TITLE: Sort.CHANGED, research().title: Sort.ENDED} == {each: item.sort for each, item in before.items()}
        world.advance(70)
        assert 2 == len(world.node.directory.told.tellings[lane.ana.person])
        told = lane_news(lane)
        world.crash()
        world.restart()
        assert told == lane_news(lane)


def lane_news(lane: Lane) -> tuple[Item, ...]:
    return lane.world.node.grounding.tellings.news.of(lane.ana.person)


def ended(lane: Lane) -> DisclosureBody:
    """What is disclosed, without research."""
    known, _ = lane.world.node.directory.disclosures[lane.product]
    uses = tuple(each for each in known.streams[0].purposes if each.purpose != research().purpose)
    stream = msgspec.structs.replace(known.streams[0], purposes=uses)
    return msgspec.structs.replace(known, version=known.version + 1, streams=(stream,))


def test_each_change_is_told_by_what_it_was_called_last(lane: Lane) -> None:
    say(lane, passport(lane, title="Hot water"))
    cold = lane_stream(lane, "Cold water")
    said = passport(lane)
    say(lane, msgspec.structs.replace(said, streams=(msgspec.structs.replace(cold, name="heat"),)))
    say(lane, msgspec.structs.replace(said, streams=(cold,)))
    newest, first = told(lane, lane.ana)
    assert "“Hot water” is called “Cold water” now." in newest.words
    assert "“flow” is called “Hot water” now." in first.words


def lane_stream(lane: Lane, title: str) -> PassportStream:
    return msgspec.structs.replace(lane.world.node.directory.standing.declared[lane.product]["flow"], title=title)


def test_another_unit_the_same_title_and_a_new_stream_are_not(lane: Lane) -> None:
    say(lane, passport(lane, unit="L/s"))
    more = msgspec.structs.replace(lane_stream(lane, "Heat"), name="heat")
    known = passport(lane)
    say(lane, msgspec.structs.replace(known, streams=(*known.streams, more)))
    assert [] == told(lane, lane.ana)


def test_while_a_home_is_being_set_up_and_where_it_is_over_nobody_is_told(lane: Lane) -> None:
    world = lane.world
    other = world.home("Harbour Lane 16")
    cleo = other.person("Cleo")
    world.run(world.node.joining.alter.end(lane.meter.joined.slug))
    say(lane, passport(lane, title="Hot water"))
    assert [] == told(lane, cleo) == told(lane, lane.ana)


def test_of_a_public_place_everybody_is_told(lane: Lane) -> None:
    world = lane.world
    gauge = public_thing(world, "gauge", place="Quay")
    world.clock.step(2 * 86_400)
    world.advance(1)
    product = world.node.directory.things[gauge.joined.thing].body.product
    known = world.node.directory.products[product]
    stream = msgspec.structs.replace(known.streams[0], title="People who pass")
    world.run(world.node.join.product(msgspec.structs.replace(known, streams=(stream,))))
    (item,) = told(lane)
    assert "“flow” is called “People who pass” now." in item.words
    assert TITLE in world.get("/news").body.decode()
    assert [] == told(lane, lane.ana)
