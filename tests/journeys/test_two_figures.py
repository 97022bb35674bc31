"""Two figures over the same homes: nobody is taken out of one of them by the other. Each of these gave a home exactly."""

from tests.journeys.test_small_groups import STREET, STUDY, TOGETHER, Lane, lane, lanes
from troth.spans import HOUR_NS
from troth.statements.choice import Decision
from troth.testing.people import RESEARCH
from troth.wire.times import print_time

__all__ = ["lanes"]  # the fixture

LATER = "mean=PT15M,delay=PT2H,homes=3"
HOURLY = "mean=PT1H,homes=3"
SECRET = 101.5


def both(lanes: object, other: str, *, for_all: bool = False, homes: int = 4) -> Lane:
    """Homes that are in the quarters of the first figure, and in another one; just after an hour began."""
    if for_all:
        found = lane(lanes, homes, views=(other,), for_all=(TOGETHER,))
        found.choose(Decision.GIVE, *range(homes), view=other)
        found.choose(Decision.GIVE, *range(homes), purpose=STREET)
    else:
        found = lane(lanes, homes, views=(TOGETHER,), study=(other,))
        found.choose(Decision.GIVE, *range(homes))
        found.choose(Decision.GIVE, *range(homes), view=other, purpose=STUDY)
    now = found.world.clock.now()
    found.world.advance((HOUR_NS - now % HOUR_NS) / 10**9 + 0.001)
    return found


def test_a_figure_that_closes_later_does_not_stand_beside_one_that_closes_earlier(lanes: object) -> None:
    four = both(lanes, LATER)
    at_ns = four.world.clock.now()
    four.quarter(1.0, 2.0, 6.0, None)
    four.world.advance(180)
    assert isinstance(four.things[3].says(SECRET, at_ns=at_ns), int), "three minutes late"
    four.world.advance(2 * 3_600 + 1_000)
    assert ([3.0], "small-group") == (four.reads(0), four.reads(0, STUDY))
    told = four.shows(0, token=four.university.token(STUDY))
    assert (403, "small-group") == (told.status, told.json["reason_code"])
    assert str(SECRET) not in told.text


def test_a_figure_by_name_that_closes_later_does_not_stand_beside_one_for_anybody(lanes: object) -> None:
    four = both(lanes, LATER, for_all=True)
    at_ns = four.world.clock.now()
    four.quarter(1.0, 2.0, 6.0, None)
    four.world.advance(180)
    assert isinstance(four.things[3].says(SECRET, at_ns=at_ns), int)
    four.world.advance(2 * 3_600 + 1_000)
    assert [3.0] == [row["result"] for row in four.shows(0).json["value"]]
    assert "small-group" == four.reads(0, RESEARCH)


def test_hours_do_not_stand_beside_quarters_in_three_of_which_somebody_is_silent(lanes: object) -> None:
    four = both(lanes, HOURLY)
    for values in ((1.0, 2.0, 6.0, SECRET), (3.0, 4.0, 5.0, None), (2.0, 2.0, 8.0, None), (7.0, 1.0, 1.0, None)):
        four.quarter(*values)
    four.closed()
    assert ([27.625, 4.0, 4.0, 3.0], "small-group") == (four.reads(0), four.reads(0, STUDY))


def test_hours_do_not_stand_beside_quarters_for_which_somebody_is_late(lanes: object) -> None:
    four = both(lanes, HOURLY)
    for values in ((1.0, 2.0, 6.0), (3.0, 4.0, 5.0), (2.0, 2.0, 8.0), (7.0, 1.0, 1.0)):
        at_ns = four.world.clock.now()
        four.quarter(*values, None)
        four.world.advance(200)
        assert isinstance(four.things[3].says(SECRET, at_ns=at_ns), int)
    four.until_quarter()
    four.closed()
    assert ([3.0, 4.0, 4.0, 3.0], "small-group") == (four.reads(0), four.reads(0, STUDY))


def test_the_same_figure_for_another_purpose_gives_the_same_cells_and_no_others(lanes: object) -> None:
    rounded = "mean=PT15M,round=5,homes=3"
    four = both(lanes, rounded)
    at_ns = four.world.clock.now()
    four.quarter(1.0, 2.0, 6.0, None)
    four.world.advance(180)
    assert isinstance(four.things[3].says(SECRET, at_ns=at_ns), int)
    four.quarter(1.0, 2.0, None, None)
    four.quarter(10.0, 20.0, 60.0, 10.0)
    four.closed()
    assert ([3.0, 25.0], [0.0, 25.0]) == (four.reads(0), four.reads(0, STUDY))


def test_what_goes_on_behind_the_end_of_a_window_is_in_no_figure_however_late_it_is_asked_for(lanes: object) -> None:
    four = lane(lanes, 4, views=(LATER,))
    four.choose(Decision.GIVE, 0, 1, 2, 3, view=LATER)
    four.until_quarter()
    begins_ns = four.world.clock.now()
    four.quarter(1.0, 2.0, 6.0, None)
    four.world.advance(6_000)
    last = four.things[3]
    times = f"{print_time(begins_ns)}/{print_time(four.world.clock.now())}"
    target, body = f"/v1.1/Datastreams({last.number})/Observations", {"phenomenonTime": times, "result": SECRET}
    assert 201 == four.world.post(target, body, token=last.credential).status
    four.world.advance(1_500)
    assert [3.0] == four.reads(0), "the answer reaches two hours back, and that row lies beyond"
    four.world.advance(3 * 3_600)
    assert [3.0] == four.reads(0), "and it is in no figure when the answer reaches behind it, too"
