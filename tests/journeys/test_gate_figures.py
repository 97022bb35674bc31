"""Step 6: of the figures that one party could get, those that share a home are one and the same, or only the first is given."""

import pytest

from tests.made_town import MAKER, SUPPLIER, UNIVERSITY, Town, ns, reads, view
from troth.gate.decide import decide
from troth.gate.question import ANYONE, Action, Answer, Asker, Code, Question, Step, Verdict
from troth.names import PurposeId, StreamId, Uri
from troth.state.in_force import Reading
from troth.statements.choice import Decision
from troth.statements.disclosure import DisclosedPurpose, Processor
from troth.statements.keeping import KeepingBody
from troth.statements.kinds import KindName
from troth.statements.organisation import OrganisationBody
from troth.statements.site import Site

QUARTERS = "mean=PT15M,homes=3"
STREET, CURVES, HEAT = (PurposeId(f"https://university.example/{name}") for name in ("street", "curves", "heat"))
RESEARCHERS = Uri("urn:troth:class:research")
CLOUD = Uri("https://cloud.example/")


class Street(Town):
    """Homes of one person each, with a meter of one product, and what is disclosed of it."""

    def __init__(self, *purposes: DisclosedPurpose, homes: int = 4, places: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.organisations(MAKER, SUPPLIER, CLOUD)
        self.university()
        self.say(KindName.KEEPING, KeepingBody(SUPPLIER, Site("DE"), ()))
        self.product()
        self.disclose(*purposes, places=places)
        self.households = [self.household(f"Harbour Lane {number}") for number in range(homes)]
        self.people = [self.person(f"person {at}", home) for at, home in enumerate(self.households)]
        self.meters = [self.install(home, name=f"meter {at}") for at, home in enumerate(self.households)]

    def university(self, *classes: Uri, at: float = 0) -> None:
        body = OrganisationBody(UNIVERSITY, UNIVERSITY, "mailto:a@b.example", site=Site("DE"), classes=classes)
        self.say(KindName.ORGANISATION, body, at=at)

    def yes(self, why: PurposeId, what: str, *who: int, at: float = 1) -> None:
        for number in who:
            self.choose(self.people[number], Decision.GIVE, self.meters[number], at, purpose=why, variant=what)

    def reading(
        self, why: PurposeId, at: float, *, app: str = "app", party: Uri = UNIVERSITY, number: int = 0
    ) -> Answer:
        question = Question(Action.READ, self.meters[number], Asker(party, app, why), ns(at))
        return self.ask(question)


def figure(
    why: PurposeId, what: str = QUARTERS, *, to: Uri = UNIVERSITY, starts: float | None = None
) -> DisclosedPurpose:
    starts_ns = None if starts is None else ns(starts)
    return DisclosedPurpose(why, "a figure", "unknown", (to,), (view(what, "choice"),), 30, starts_ns=starts_ns)


def over(answer: Answer) -> int | Code | None:
    """How many homes an answer is over, or why there is none."""
    if answer.verdict is Verdict.DENY:
        assert Step.SMALL_GROUPS is answer.reasons[0].step
        return answer.reasons[0].code
    return None if answer.group is None else len(answer.group.members)


@pytest.mark.parametrize(
    "other",
    [
        "mean=PT30M,homes=3",
        "mean=PT1H,homes=3",
        "mean=PT15M,delay=PT2M,homes=3",
        "mean=PT15M,delay=P1D,homes=3",
        "mean=PT15M,homes=4",
        "mean=PT15M,round=5,homes=2",
    ],
)
def test_over_the_same_homes_another_window_closing_or_size_is_not_given_beside_the_first(other: str) -> None:
    street = Street(figure(STREET), figure(CURVES, other))
    street.yes(STREET, QUARTERS, 0, 1, 2, 3)
    street.yes(CURVES, other, 0, 1, 2, 3)
    assert (4, Code.SMALL_GROUP) == (over(street.reading(STREET, 5)), over(street.reading(CURVES, 5)))


@pytest.mark.parametrize("other", ["mean=PT15M,round=5,homes=3", "mean=PT15M,delay=PT1M,homes=3"])
def test_the_same_figure_rounded_or_with_a_delay_that_is_none_is_given_beside_it(other: str) -> None:
    street = Street(figure(STREET), figure(CURVES, other))
    street.yes(STREET, QUARTERS, 0, 1, 2, 3)
    street.yes(CURVES, other, 0, 1, 2, 3)
    assert (4, 4) == (over(street.reading(STREET, 5)), over(street.reading(CURVES, 5)))


def test_figures_that_share_no_home_are_both_given_whatever_their_windows() -> None:
    hours = "mean=PT1H,delay=P1D,homes=3"
    street = Street(figure(STREET), figure(CURVES, hours), homes=6)
    street.yes(STREET, QUARTERS, 0, 1, 2)
    street.yes(CURVES, hours, 3, 4, 5)
    assert (3, 3) == (over(street.reading(STREET, 5)), over(street.reading(CURVES, 5, number=3)))


def test_three_homes_more_are_no_more_than_one_where_two_of_them_are_silent() -> None:
    street = Street(figure(STREET), figure(CURVES), homes=6)
    street.yes(STREET, QUARTERS, 0, 1, 2)
    street.yes(CURVES, QUARTERS, *range(6))
    assert (3, Code.SMALL_GROUP) == (over(street.reading(STREET, 5)), over(street.reading(CURVES, 5)))


def test_a_figure_of_too_few_stands_in_nobodys_way_and_where_it_is_given_what_was_before_is_over() -> None:
    hours = "mean=PT1H,homes=3"
    street = Street(figure(STREET), figure(CURVES, hours))
    street.yes(STREET, QUARTERS, 0)
    street.yes(CURVES, hours, 0, 1, 2, 3)
    assert (Code.SMALL_GROUP, 4) == (over(street.reading(STREET, 5)), over(street.reading(CURVES, 5)))
    street.yes(STREET, QUARTERS, 1, 2, at=300)
    first = street.reading(STREET, 305)
    assert (3, Code.SMALL_GROUP) == (over(first), over(street.reading(CURVES, 305)))
    assert first.group is not None
    assert ns(300) == first.group.from_ns, "no quarter of an hour of which the hour was given"


def test_what_one_that_is_not_given_would_keep_away_is_given() -> None:
    hours, days = "mean=PT1H,homes=3", "mean=P1D,homes=3"
    street = Street(figure(STREET), figure(CURVES, hours), figure(HEAT, days), homes=6)
    street.yes(STREET, QUARTERS, 0, 1, 2)
    street.yes(CURVES, hours, 2, 3, 4, 5)
    street.yes(HEAT, days, 3, 4, 5)
    asked = [(STREET, 0), (CURVES, 3), (HEAT, 3)]
    assert [3, Code.SMALL_GROUP, 3] == [over(street.reading(why, 5, number=number)) for why, number in asked]


def test_two_apps_of_one_party_are_one_party() -> None:
    hours = "mean=PT1H,homes=3"
    street = Street(figure(STREET), figure(CURVES, hours))
    street.yes(STREET, QUARTERS, 0, 1, 2, 3)
    street.yes(CURVES, hours, 0, 1, 2, 3)
    assert 4 == over(street.reading(STREET, 5, app="one"))
    assert Code.SMALL_GROUP == over(street.reading(CURVES, 5, app="other"))


def test_what_is_for_anybody_stands_first_also_while_a_rule_of_the_operator_stops_it() -> None:
    hours = "mean=PT1H,homes=3"
    street = Street(figure(CURVES, hours), figure(STREET, to=ANYONE))
    street.yes(STREET, QUARTERS, 0, 1, 2, 3)
    street.yes(CURVES, hours, 0, 1, 2, 3)
    assert 4 == over(street.reading(STREET, 5, party=ANYONE))
    assert Code.SMALL_GROUP == over(street.reading(CURVES, 5))
    nobody = f'forbid(principal in Party::"{ANYONE}", action == Action::"read", resource);'
    street.ruled(f'@id("r") @cites("House") @says("Not for everybody.") {nobody}', at=6)
    assert Verdict.DENY is street.reading(STREET, 7, party=ANYONE).verdict
    assert Code.SMALL_GROUP == over(street.reading(CURVES, 7)), "tomorrow the rule is lifted"


def test_who_said_yes_to_raw_values_that_are_announced_is_in_no_figure_already() -> None:
    street = Street(figure(STREET), figure(CURVES, "raw", starts=100))
    street.yes(STREET, QUARTERS, 0, 1, 2, 3)
    assert 4 == over(street.reading(STREET, 5))
    street.yes(CURVES, "raw", 3, at=10)
    assert 3 == over(street.reading(STREET, 20)), "from 100 on its values of now can be read"
    assert Code.SMALL_GROUP == over(street.reading(STREET, 20, number=3))


def test_what_is_announced_stands_already_and_no_cell_is_of_before_it_began() -> None:
    hours = "mean=PT1H,homes=3"
    street = Street(figure(STREET, starts=100), figure(CURVES, hours))
    street.yes(STREET, QUARTERS, 0, 1, 2, 3)
    street.yes(CURVES, hours, 0, 1, 2, 3)
    assert Code.SMALL_GROUP == over(street.reading(CURVES, 50))
    begun = street.reading(STREET, 101)
    assert begun.group is not None
    assert ns(100) == begun.group.from_ns


def test_raw_values_that_may_not_go_where_they_would_today_count_as_read() -> None:
    raw = DisclosedPurpose(
        CURVES, "curves", "unknown", (UNIVERSITY,), (view("raw", "choice"),), 30,
        processors=(Processor(CLOUD, "computes", Site("US")),),
    )  # fmt: skip
    street = Street(figure(STREET), raw, places=("EU",))
    street.yes(STREET, QUARTERS, 0, 1, 2, 3)
    street.yes(CURVES, "raw", 3, at=10)
    answer = street.reading(CURVES, 20, number=3)
    assert (Verdict.DENY, Step.PLACED) == (answer.verdict, answer.reasons[0].step)
    assert 3 == over(street.reading(STREET, 20))


def test_who_comes_into_a_class_gets_no_cell_of_before() -> None:
    hours = "mean=PT1H,homes=3"
    street = Street(figure(STREET, to=RESEARCHERS), figure(CURVES, hours))
    street.yes(STREET, QUARTERS, 0, 1, 2, 3)
    street.yes(CURVES, hours, 0, 1, 2, 3)
    assert 4 == over(street.reading(CURVES, 50))
    street.university(RESEARCHERS, at=60)
    came = street.reading(STREET, 70)
    assert (4, Code.SMALL_GROUP) == (over(came), over(street.reading(CURVES, 70)))
    assert came.group is not None
    assert ns(60) < came.group.from_ns <= ns(61)
    street.university(RESEARCHERS, at=65)
    again = street.reading(STREET, 70).group
    assert again == came.group, "said again, it is of the same class"


def test_what_is_found_again_is_what_would_be_found_anew() -> None:
    street = Street(figure(STREET, starts=100), figure(CURVES, "mean=PT1H,homes=3"), homes=4)
    street.yes(STREET, QUARTERS, 0, 1, 2, 3)
    street.yes(CURVES, "mean=PT1H,homes=3", 0, 1, 2)
    for at in (50, 99, 100, 150):
        for number, why in ((0, STREET), (1, CURVES), (3, CURVES)):
            question = reads(StreamId(street.meters[number]), at, why=why)
            again = decide(question, Reading(street.leases.in_force, street.leases.memory))
            assert again == decide(question, Reading(street.leases.in_force))
