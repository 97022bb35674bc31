"""A figure over homes that is declared for anybody: whoever asks gets the same one, and no party can take a home out of it."""

import re

from tests.journeys.test_events import Listening, results
from tests.journeys.test_small_groups import STREET, TOGETHER, Lane, lane, lanes
from troth.gate.decide import beforehand
from troth.gate.question import Action, Question
from troth.spans import HOUR_NS
from troth.statements.choice import Decision
from troth.testing.asgi import Told
from troth.testing.people import RESEARCH
from troth.wire.times import print_time

__all__ = ["lanes"]  # the fixture


def street(lanes: object, homes: int = 3, *, views: tuple[str, ...] = ("raw",), yes: int | None = None) -> Lane:
    """Homes of which the first so many are in the figure for anybody."""
    found = lane(lanes, homes, views=views, for_all=(TOGETHER,))
    found.choose(Decision.GIVE, *range(homes if yes is None else yes), purpose=STREET)
    found.until_quarter()
    return found


def figures(told: Told) -> list[float] | int:
    return [row["result"] for row in told.json["value"]] if told.status == 200 else told.status


def test_anybody_reads_the_figure_by_every_path(lanes: object) -> None:
    three = street(lanes)
    three.quarter(1.0, 2.0, 6.0)
    three.quarter(3.0, 3.0, 9.0)
    three.closed()
    told = three.shows(1)
    assert ([3.0, 5.0], 2) == (figures(told), told.json["@iot.count"])
    said = told.json["value"][0]["parameters"]
    assert (3, "mean", "PT15M") == (said["homes"], said["statistic"], said["window"])
    assert "3 homes" in said["troth.shown"]
    number = three.things[0].number
    rows = three.world.get(f"/v1.1/Datastreams({number})/Observations?$resultFormat=CSV").text.splitlines()
    assert 2 == len([each for each in rows if TOGETHER in each])
    one = told.json["value"][0]
    assert one == three.world.get(f"/v1.1/Observations({one['@iot.id']})").json
    heard = Listening(three.world, f"/api/events?datastreams={number}", None)
    three.world.advance(1)
    heard.hang_up()
    assert [5.0] == results(heard.told)
    listed = three.world.get("/v1.1/Datastreams?$count=true").json
    assert 3 == listed["@iot.count"]
    assert all(each["name"].startswith("Thing ") for each in three.world.get("/v1.1/Things").json["value"])


def test_a_recipient_gets_the_same_figure_as_anybody(lanes: object) -> None:
    four = street(lanes, 4)
    four.choose(Decision.GIVE, 3, view="raw")
    four.until_quarter()
    four.quarter(1.0, 2.0, 6.0, 11.0)
    four.closed()
    named = four.shows(0, token=four.university.token(STREET))
    assert [3.0] == figures(four.shows(0)) == figures(named)


def test_a_home_that_any_party_reads_by_itself_is_in_no_figure_for_anybody(lanes: object) -> None:
    four = street(lanes, 4)
    four.quarter(1.0, 2.0, 6.0, 11.0)
    four.closed()
    assert [5.0] == figures(four.shows(0))
    four.choose(Decision.GIVE, 3, view="raw")
    assert ([], 404) == (figures(four.shows(0)), figures(four.shows(3)))
    four.until_quarter()
    four.quarter(1.0, 2.0, 6.0, 11.0)
    four.closed()
    assert ([11.0], [3.0]) == (four.reads(3), figures(four.shows(0)))
    four.choose(Decision.GIVE, 2, view="raw")
    assert 404 == figures(four.shows(0)), "two are left"


def test_what_is_withheld_after_somebody_has_left_is_said(lanes: object) -> None:
    four = street(lanes, 4)
    begins = four.world.clock.now()
    four.quarter(1.0, 2.0, 6.0, 11.0)
    four.quarter(1.0, 2.0, None, None)
    four.quarter(1.0, 2.0, 6.0, 11.0)
    four.closed()
    told = four.shows(0)
    assert [5.0, 5.0] == figures(told)
    [withheld] = told.json["troth.withheld"]
    assert f"{_quarter(begins, 1)}/{_quarter(begins, 2)}" == withheld
    four.choose(Decision.WITHDRAW, 3, purpose=STREET)
    four.quarter(1.0, 2.0, 6.0, None)
    four.quarter(1.0, 2.0, 6.0, None)
    four.closed()
    told = four.shows(0)
    assert [3.0] == figures(told)
    [withheld] = told.json["troth.withheld"]
    assert f"{_quarter(begins, 0)}/{_quarter(begins, 4)}" == withheld
    assert 404 == figures(four.shows(3)), "and nobody is told who it was"


def test_a_figure_for_a_recipient_that_differs_from_the_one_for_anybody_by_a_home_is_not_given(lanes: object) -> None:
    four = street(lanes, 4, views=(TOGETHER,), yes=3)
    four.choose(Decision.GIVE, 0, 1, 2, 3)
    four.until_quarter()
    four.quarter(1.0, 2.0, 6.0, 11.0)
    four.closed()
    assert ([3.0], "small-group") == (figures(four.shows(0)), four.reads(0, RESEARCH))
    four.choose(Decision.GIVE, 3, purpose=STREET)
    four.until_quarter()
    four.quarter(1.0, 2.0, 6.0, 11.0)
    four.closed()
    assert ([5.0], [5.0]) == (figures(four.shows(0)), four.reads(0, RESEARCH)), "the same homes in both"


def test_a_no_of_too_few_is_asked_again_when_a_home_is_read_by_itself_no_more(lanes: object) -> None:
    three = street(lanes)
    ends_ns = three.world.clock.now() + HOUR_NS
    three.people[2].gives(three.things[2], to_ns=ends_ns)
    assert 404 == figures(three.shows(0))
    lease = three.world.node.tell.lease(three.things[0].number, three.world.node.tell.anyone(three.things[0].number))
    assert ends_ns == lease.until_ns
    three.world.advance(HOUR_NS // 10**9)
    assert [] == figures(three.shows(0))


def _quarter(begins_ns: int, number: int) -> str:
    return print_time((begins_ns // (HOUR_NS // 4) + number) * (HOUR_NS // 4))


def test_before_a_decision_each_home_is_looked_at_in_a_step_of_its_own_and_found_again(lanes: object) -> None:
    four = street(lanes, 4)
    node, asker = four.world.node, four.university.asker(STREET)
    question = Question(Action.READ, four.things[0].stream, asker, four.world.clock.now())
    steps = beforehand(question, node.leases.in_force, node.leases.memory)
    assert 4 == len(list(steps))
    assert [] == list(beforehand(question, node.leases.in_force, node.leases.memory)), "all of it is known"
    four.choose(Decision.WITHDRAW, 2, purpose=STREET)
    assert 1 == len(list(beforehand(question, node.leases.in_force, node.leases.memory)))


def test_a_page_shows_the_figure_its_withheld_cells_and_why(lanes: object) -> None:
    three = street(lanes)
    three.quarter(1.0, 2.0, 6.0)
    three.quarter(1.0, None, 6.0)
    three.quarter(2.0, 2.0, 8.0)
    three.closed()
    shown = page(three)
    assert ["4", "withheld", "3"] == re.findall(r"</td><td>(withheld|[\d.]+)", shown)
    assert "Fewer than 3 homes said something in that time" in shown
    three.choose(Decision.REFUSE, 0, purpose=STREET)
    gone = page(three)
    assert "Fewer than 3 homes are in it" in gone
    assert "<td>" not in gone


def page(lane: Lane) -> str:
    return lane.world.get("/figures", headers={"accept": "text/html"}).text
