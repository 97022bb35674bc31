"""Small things that people stumble over: words run together, a number that does not fit its noun, the same said twice."""

import json
import re

from tests.journeys.test_book import session
from troth.harbour.parties import Sense, disclosure
from troth.testing.people import WorldPerson
from troth.testing.world import World
from troth.web.drawing import axis_of
from troth.web.saying import sense_name

HOUR_NS = 3_600 * 10**9


def words(world: World, path: str, person: WorldPerson) -> str:
    """A page as it is read: without its tags, one space where a browser shows one."""
    cookie = f"troth_person={world.run(session(world, person))}"
    text = world.get(path, headers={"accept": "text/html", "cookie": cookie}).body.decode()
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", text))


def test_what_somebody_is_and_since_when_are_two_words() -> None:
    with World(seed=26) as world:
        ana = world.home("Harbour Lane 12").person("Ana", role="owner")
        assert re.search(r"Ana \(you\), owner since \d", words(world, "/mine/people", ana))


def test_one_link_opens_and_two_links_open() -> None:
    with World(seed=27) as world:
        home = world.home("Harbour Lane 12")
        home.thing("meter")
        ana = home.person("Ana", role="owner")
        world.run(world.node.join.invite(ana.person))
        assert "made 1 link that opens pages of Ana" in words(world, "/mine", ana)
        world.run(world.node.join.invite(ana.person))
        assert "made 2 links that open pages of Ana" in words(world, "/mine", ana)


def test_a_sense_that_is_no_other_is_said_in_words() -> None:
    assert "something of its own kind" == sense_name("other")


def test_no_time_of_an_axis_stands_where_now_does() -> None:
    for minute in range(0, 24 * 60, 7):
        ticks = axis_of([], now_ns=minute * 60 * 10**9 + 10 * HOUR_NS).ticks
        assert all(float(each.at.rstrip("%")) <= 90 for each in ticks)
        assert [each.is_late for each in ticks] == [float(each.at.rstrip("%")) > 78 for each in ticks]


def test_a_benefit_does_not_say_twice_that_it_is_not_measured() -> None:
    sense = Sense("level", "Water level", "level", "m", None, None, "To see how high it is", together=True)
    declared = json.dumps(disclosure("gauge", "https://works.example", streams=[sense], shared=False))
    found = re.findall(r'"benefit": "(.*?)"', declared)
    assert "Anybody can look." in found
    assert not [each for each in found if "measured" in each], "the page says so where nothing is measured"
