"""Figures over several homes: as long as enough of them are in, nobody can be taken out of them, and nobody is by their no."""

import pytest

from tests.made_town import MAKER, RAW, SUPPLIER, Town, purpose, reads, view
from tests.made_town import RESEARCH as STUDIED
from tests.made_town import UNIVERSITY as STUDIES
from troth.errors import Denied
from troth.gate.question import Code, Step
from troth.journeys.book_lines import Seen
from troth.journeys.share_values import Wanted
from troth.names import PurposeId, Uri
from troth.spans import HOUR_NS
from troth.statements.choice import Decision
from troth.statements.disclosure import DisclosedPurpose, DisclosedVariant
from troth.testing.asgi import Told
from troth.testing.people import ANYONE, RESEARCH, UNIVERSITY, Home, WorldPerson, WorldThing, own_use
from troth.testing.world import World
from troth.things.variants import Variant

_NS = 10**9
TOGETHER = "mean=PT15M,homes=3"
QUARTER_S = 900.0
STUDY = PurposeId("https://university.example/study")
STREET = PurposeId("https://council.example/the-street")  # for anybody
ENERGY = "urn:troth:share:energy"


class Lane:
    """Homes of one person each with a meter of the same product; the university reads for one or two purposes."""

    def __init__(
        self,
        homes: int = 3,
        *,
        views: tuple[str, ...] = ("raw", TOGETHER),
        study: tuple[str, ...] = (),
        for_all: tuple[str, ...] = (),
    ) -> None:
        self.world = World(seed=69, jitter_s=0.0)
        self.university = self.world.organisation(UNIVERSITY)
        purposes = [own_use(), self._purpose(RESEARCH, views)]
        purposes += [self._purpose(STUDY, study)] if study else []
        purposes += [self._purpose(STREET, for_all, to=ANYONE)] if for_all else []
        self.homes: list[Home] = []
        self.people: list[WorldPerson] = []
        self.things: list[WorldThing] = []
        for number in range(homes):
            home = self.world.home(f"Harbour Lane {number}")
            self.homes.append(home)
            self.people.append(home.person(f"person {number}"))
            self.things.append(home.thing("meter", purposes=purposes))
        self.until_quarter()

    def _purpose(self, purpose: PurposeId, views: tuple[str, ...], *, to: Uri | None = None) -> DisclosedPurpose:
        disclosed = tuple(DisclosedVariant(each, "choice") for each in views)
        return DisclosedPurpose(purpose, str(purpose), "unknown", (to or self.university.uri,), disclosed, 365)

    def until_quarter(self) -> None:
        """Go on to just after the beginning of the next quarter of an hour."""
        now = self.world.clock.now()
        self.world.advance((HOUR_NS // 4 - now % (HOUR_NS // 4)) / _NS + 0.001)

    def choose(self, decision: Decision, *who: int, view: str = TOGETHER, purpose: PurposeId = RESEARCH) -> None:
        for number in who:
            stream = self.things[number].stream
            offer = self.world.node.choose.offers.about(self.people[number].person, stream, purpose)
            assert offer is not None
            self.world.run(
                self.world.node.choose.say(
                    self.people[number].person,
                    decision,
                    purpose=purpose,
                    stream=stream,
                    notice=offer.notice.digest,
                    made_by="session",
                    variant=Variant(view),
                )
            )

    def quarter(self, *values: float | None) -> None:
        """Everybody says their value, and the quarter passes."""
        for thing, value in zip(self.things, values, strict=True):
            if value is not None:
                assert isinstance(thing.says(value), int)
        self.until_quarter()

    def closed(self) -> None:
        """The last quarter is closed."""
        self.world.advance(61)

    def reads(self, number: int, purpose: PurposeId = RESEARCH) -> list[float] | str:
        """What the university gets by a home's stream, or why not."""
        try:
            return [float(row.result) for row in self.university.reads(self.things[number], purpose)]
        except Denied as no:
            return no.reason_code

    def shows(self, number: int, *, token: str | None = None) -> Told:
        """What anybody gets by a home's stream, as a page."""
        return self.world.get(f"/v1.1/Datastreams({self.things[number].number})/Observations?$count=true", token=token)


@pytest.fixture
def lanes() -> object:
    made: list[Lane] = []

    class Made:
        def __call__(self, *args: object, **given: object) -> Lane:
            made.append(Lane(*args, **given))  # type: ignore[arg-type]  # passed on as they are
            return made[-1]

    yield Made()
    for each in made:
        each.world.close()


def lane(lanes: object, homes: int = 3, **given: object) -> Lane:
    found = lanes(homes, **given)  # type: ignore[operator]  # the fixture
    assert isinstance(found, Lane)
    return found


def test_the_mean_over_three_homes_is_given_by_each_of_their_streams(lanes: object) -> None:
    three = lane(lanes)
    three.choose(Decision.GIVE, 0, 1, 2)
    three.until_quarter()
    three.quarter(1.0, 2.0, 6.0)
    three.quarter(3.0, 3.0, 9.0)
    three.closed()
    assert [[3.0, 5.0]] * 3 == [three.reads(number) for number in range(3)]
    token = three.university.token()
    told = three.world.get(f"/v1.1/Datastreams({three.things[1].number})/Observations?$count=true", token=token).json
    assert 2 == told["@iot.count"]
    assert 3 == told["value"][0]["parameters"]["homes"]
    first = told["value"][0]
    assert first == three.world.get(f"/v1.1/Observations({first['@iot.id']})", token=token).json


def test_when_ana_says_no_no_figure_of_three_is_left(lanes: object) -> None:
    three = lane(lanes)
    three.choose(Decision.GIVE, 0, 1, 2)
    three.until_quarter()
    three.quarter(1.0, 2.0, 6.0)
    three.closed()
    assert [3.0] == three.reads(1)
    three.choose(Decision.WITHDRAW, 0)
    assert "withdrawn" == three.reads(0)
    assert ["small-group"] * 2 == [three.reads(1), three.reads(2)]


def test_after_a_no_cells_of_before_are_withheld_and_the_next_whole_one_is_given(lanes: object) -> None:
    four = lane(lanes, 4)
    four.choose(Decision.GIVE, 0, 1, 2, 3)
    four.until_quarter()
    four.quarter(1.0, 2.0, 6.0, 11.0)
    four.closed()
    assert [5.0] == four.reads(1)
    four.choose(Decision.WITHDRAW, 3)
    assert [] == four.reads(1), "the mean of three beside that of four would be the fourth"
    four.quarter(1.0, 1.0, 1.0, None)
    four.quarter(2.0, 2.0, 5.0, None)
    four.closed()
    assert [3.0] == four.reads(1), "the quarter in which somebody left is withheld too"
    four.choose(Decision.GIVE, 3)
    four.closed()
    assert [] == four.reads(1), "and what was said in between is not compared with what comes"


def test_who_says_yes_for_the_first_time_changes_no_cell_of_before(lanes: object) -> None:
    four = lane(lanes, 4)
    four.choose(Decision.GIVE, 0, 1, 2)
    four.until_quarter()
    four.quarter(1.0, 2.0, 6.0, None)
    four.closed()
    four.choose(Decision.GIVE, 3)
    four.until_quarter()
    four.quarter(1.0, 2.0, 6.0, 11.0)
    four.closed()
    assert [3.0, 5.0] == four.reads(1)
    assert [5.0] == four.reads(3)


def test_a_cell_in_which_too_few_spoke_is_withheld_and_counted(lanes: object) -> None:
    three = lane(lanes)
    three.choose(Decision.GIVE, 0, 1, 2)
    three.until_quarter()
    three.quarter(1.0, 2.0, None)
    three.quarter(1.0, 2.0, 6.0)
    three.closed()
    assert [3.0] == three.reads(0)
    assert 1 == three.world.node.tell.rows.withheld


def test_what_comes_after_a_cell_was_closed_changes_it_no_more(lanes: object) -> None:
    four = lane(lanes, 4)
    four.choose(Decision.GIVE, 0, 1, 2, 3)
    four.until_quarter()
    at_ns = four.world.clock.now()
    four.quarter(1.0, 2.0, 6.0, None)
    four.closed()
    assert [3.0] == four.reads(1)
    assert isinstance(four.things[3].says(11.0, at_ns=at_ns), int)
    assert [3.0] == four.reads(1)


def test_a_home_that_is_read_by_itself_is_in_no_figure(lanes: object) -> None:
    four = lane(lanes, 4)
    four.choose(Decision.GIVE, 0, 1, 2)
    four.choose(Decision.GIVE, 3, view="raw")
    four.until_quarter()
    four.quarter(1.0, 2.0, 6.0, 11.0)
    four.closed()
    assert [11.0] == four.reads(3)
    assert [3.0] == four.reads(0)
    four.choose(Decision.GIVE, 2, view="raw")
    assert ["small-group"] * 2 == [four.reads(0), four.reads(1)], "two are left"


def test_a_home_that_is_read_by_itself_for_another_purpose_is_in_no_figure_either(lanes: object) -> None:
    three = lane(lanes, 3, views=(TOGETHER,), study=("hourly-mean",))
    three.choose(Decision.GIVE, 0, 1, 2)
    three.until_quarter()
    three.quarter(1.0, 2.0, 6.0)
    three.closed()
    assert [3.0] == three.reads(0)
    three.choose(Decision.GIVE, 1, view="hourly-mean", purpose=STUDY)
    assert ["small-group"] * 3 == [three.reads(number) for number in range(3)]


def test_of_two_purposes_whose_figures_differ_by_one_home_only_the_first_is_given(lanes: object) -> None:
    five = lane(lanes, 5, views=(TOGETHER,), study=(TOGETHER,))
    five.choose(Decision.GIVE, 0, 1, 2, 3, 4)
    five.choose(Decision.GIVE, 0, 1, 2, 3, purpose=STUDY)
    five.until_quarter()
    five.quarter(1.0, 2.0, 6.0, 11.0, 5.0)
    five.closed()
    assert [5.0] == five.reads(0)
    assert "small-group" == five.reads(0, STUDY)
    five.choose(Decision.GIVE, 4, purpose=STUDY)
    five.until_quarter()
    five.quarter(1.0, 2.0, 6.0, 11.0, 5.0)
    five.closed()
    assert [5.0] == five.reads(0)
    assert [5.0] == five.reads(0, STUDY), "the same homes for both: nothing can be taken from the other"


def test_of_two_views_of_one_purpose_whose_homes_differ_by_one_only_the_first_is_given(lanes: object) -> None:
    five = lane(lanes, 5, views=(TOGETHER, "mean=PT1H,homes=3"))
    five.choose(Decision.GIVE, 0, 1, 2, 3)
    five.choose(Decision.GIVE, 4, view="mean=PT1H,homes=3")
    five.until_quarter()
    for _ in range(8):
        five.quarter(1.0, 2.0, 6.0, 11.0, 30.0)
    five.closed()
    assert [5.0] * 8 == five.reads(0)
    assert "small-group" == five.reads(4), "the hour over five less its quarters over four would be the fifth"


def test_a_home_with_a_rule_about_places_is_in_no_figure_and_ends_those_of_before(lanes: object) -> None:
    four = lane(lanes, 4)
    four.choose(Decision.GIVE, 0, 1, 2, 3)
    four.until_quarter()
    four.quarter(1.0, 2.0, 6.0, 11.0)
    four.closed()
    assert [5.0] == four.reads(0)
    places = four.world.node.choosing.places
    four.world.run(places.count(places.meant(four.people[3].person, not_under=("US",), made_by="session")))
    assert [] == four.reads(0)
    four.until_quarter()
    four.quarter(1.0, 2.0, 6.0, None)
    four.closed()
    assert [3.0] == four.reads(0)
    assert isinstance(four.reads(3), str)


def test_a_home_that_shares_its_stream_with_the_party_is_in_no_figure_of_it(lanes: object) -> None:
    four = lane(lanes, 4)
    four.choose(Decision.GIVE, 0, 1, 2, 3)
    four.until_quarter()
    four.quarter(1.0, 2.0, 6.0, 11.0)
    four.closed()
    assert [5.0] == four.reads(0)
    share = four.world.node.sharing.share
    to_ns = four.world.clock.now() + 24 * HOUR_NS
    wanted = Wanted(four.university.uri, ENERGY, (four.things[3].stream,), to_ns)
    notice = share.seen.offered().notice
    four.world.run(share.begin(four.people[3].person, wanted, notice=notice, made_by="session"))
    assert [] == four.reads(0), "and the mean of the three is not compared with that of the four"
    four.until_quarter()
    four.quarter(1.0, 2.0, 6.0, 11.0)
    four.closed()
    assert [3.0] == four.reads(0)


def test_who_moves_out_takes_the_cells_of_before_along(lanes: object) -> None:
    four = lane(lanes, 4)
    other = four.homes[3].person("other", role="member")
    four.choose(Decision.GIVE, 0, 1, 2)
    four.until_quarter()
    four.quarter(1.0, 2.0, 6.0, None)
    four.closed()
    assert [3.0] == four.reads(0)
    four.choose(Decision.GIVE, 3)
    assert [3.0] == four.reads(0), "who has said the first yes was in no cell of before"
    four.world.run(four.world.node.choosing.belong.leave(other.person, four.homes[3].household))
    assert [] == four.reads(0), "and who has moved out of that home was, as far as the gate can tell"


def test_every_book_names_its_own_stream_and_nobody_elses(lanes: object) -> None:
    three = lane(lanes)
    three.choose(Decision.GIVE, 0, 1, 2)
    three.until_quarter()
    three.quarter(1.0, 2.0, 6.0)
    three.closed()
    three.reads(0)
    three.world.settle()
    for person, thing in zip(three.people, three.things, strict=True):
        streams = {each.who.stream for each in person.book().lines if isinstance(each, Seen)}
        assert 1 == len(streams)
        others = [each.number for each in three.things if each is not thing]
        assert all(str(number) not in streams for number in others)
    first = [three.people[number].book().lines[0] for number in range(3)]
    books = [each.who.stream for each in first if isinstance(each, Seen)]
    assert 3 == len(set(books))


def test_why_a_figure_is_here_does_not_say_how_many_others_are_in_it(lanes: object) -> None:
    three = lane(lanes)
    three.choose(Decision.GIVE, 0, 1, 2)
    three.until_quarter()
    three.quarter(1.0, 2.0, 6.0)
    three.closed()
    [row] = three.university.reads(three.things[0])
    because = three.world.run(three.world.node.why.because(row.id, asker=three.university.asker()))
    assert TOGETHER == because.view
    assert because.rests_on
    assert not [each for each in because.rests_on if each.private]


def test_a_listener_is_given_each_cell_once_it_is_closed(lanes: object) -> None:
    three = lane(lanes)
    three.choose(Decision.GIVE, 0, 1, 2)
    three.until_quarter()
    hearing = three.university.listens(three.things[0])
    three.quarter(1.0, 2.0, 6.0)
    assert [] == hearing.rows
    three.closed()
    assert isinstance(three.things[0].says(4.0), int)
    three.world.advance(1)
    assert [3.0] == [row.result for row in hearing.rows]
    three.choose(Decision.WITHDRAW, 2)
    three.world.advance(1)
    assert ("small-group" == hearing.ended[0]) if hearing.ended else False


def test_no_row_of_a_group_leaves_by_itself(lanes: object) -> None:
    three = lane(lanes)
    three.choose(Decision.GIVE, 0, 1, 2)
    three.until_quarter()
    three.quarter(1.5, 2.5, 6.5)
    three.closed()
    token, number = three.university.token(), three.things[0].number
    everything = b""
    for target in (
        f"/v1.1/Datastreams({number})",
        f"/v1.1/Datastreams({number})/Observations?$count=true",
        *(f"/v1.1/Observations({id_})" for id_ in range(1, 60)),
        *(f"/api/proofs/{id_}" for id_ in range(1, 20)),
    ):
        everything += bytes(three.world.get(target, token=token).body)
    assert b"3.5" in everything
    assert not [value for value in (b"1.5", b"2.5", b"6.5") if b'"result":' + value in everything]


def test_step_6_small_groups_denies_not_offered_where_nobody_can_count_the_people() -> None:
    town = Town()
    town.organisations(MAKER, SUPPLIER, STUDIES)
    town.product(concerns_nobody=True)
    town.disclose(purpose(STUDIED, view(RAW, "nobody"), to=(STUDIES,)), group_size=2)
    gauge = town.install(None)
    reason = town.ask(reads(gauge, 2)).reasons[0]
    assert (Step.SMALL_GROUPS, Code.NOT_OFFERED) == (reason.step, reason.code)
