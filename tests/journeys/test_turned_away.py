"""Who was turned away is in the book of whom it concerns at once, and in nobody else's; the tick adds the proof."""

from collections.abc import Iterator

import msgspec
import pytest

from tests.journeys.test_book import checked, lane, session
from troth.errors import Denied
from troth.journeys.book_lines import TurnedAway
from troth.testing.people import Org, WorldPerson, WorldThing
from troth.testing.world import World
from troth.web.sessions import COOKIES


@pytest.fixture
def world() -> Iterator[World]:
    with World(seed=113) as made:
        yield made


def refused(lab: Org, meter: WorldThing, times: int = 1) -> None:
    for _ in range(times):
        with pytest.raises(Denied):
            lab.reads(meter)


def away(person: WorldPerson) -> list[TurnedAway]:
    return [each for each in person.book().lines if isinstance(each, TurnedAway)]


def test_it_is_there_at_once_with_her_own_no_and_is_proved_from_the_tick_on(world: World) -> None:
    home, meter, ana, lab = lane(world)
    ben, cleo = home.person("Ben", role="member"), world.home("Harbour Lane 14").person("Cleo")
    ben.gives(meter)
    ana.withdraws(meter)
    world.settle()
    assert [] == away(ana)
    refused(lab, meter, 2)
    (line,) = away(ana)
    assert (None, "University", "flow", 2) == (line.place, line.who.party_name, line.who.stream_name, line.count)
    assert 1 == len(line.yours), "what she said against it herself"
    assert [()] == [each.yours for each in away(ben)], "and he does not read whose no it was"
    assert [] == away(cleo)
    refused(lab, meter)
    assert [3] == [each.count for each in away(ana)], "it grows until the tick"
    world.settle()
    (proved,) = away(ana)
    assert (3, line.who, line.reason, line.yours) == (proved.count, proved.who, proved.reason, proved.yours)
    assert proved.place is not None
    assert checked(world, world.run(world.node.book.proof(ana.asker(), proved.place))).passed
    refused(lab, meter)
    assert [(None, 1), (proved.place, 3)] == [(each.place, each.count) for each in away(ana)], "the newest first"


def test_while_the_tick_makes_it_durable_it_stands_there_once(world: World) -> None:
    _, meter, ana, lab = lane(world)
    ana.withdraws(meter)
    world.settle()
    refused(lab, meter)
    closing = world.loop.create_task(world.node.access.close_all())
    counted: list[int] = []
    while not closing.done():
        counted.append(len(away(ana)))
    counted.append(len(away(ana)))
    assert {1} == set(counted)


def test_a_crash_before_the_tick_loses_the_count(world: World) -> None:
    _, meter, ana, lab = lane(world)
    ana.withdraws(meter)
    world.settle()
    refused(lab, meter)
    assert 1 == len(away(ana))
    world.crash()
    world.restart()
    assert [] == away(ana)


def test_the_page_and_the_interface_say_that_the_proof_follows(world: World) -> None:
    _, meter, ana, lab = lane(world)
    ana.withdraws(meter)
    world.settle()
    refused(lab, meter)
    token = world.run(session(world, ana))
    line = msgspec.json.decode(world.get("/api/book", token=token).body)["lines"][0]
    assert ("turned-away", True, None, 1) == (line["kind"], line["waiting"], line.get("place"), line["count"])
    page = world.get("/mine/book", headers={"cookie": f"{COOKIES['person']}={token}"}).body.decode()
    assert "and got nothing, 1 time: " in page
    assert "Just now: its proof follows with the next tick." in page
