"""Step 3 of the gate, ground by ground, at the moments at which they begin and end."""

import pytest

from tests.made_town import (
    BILLED,
    BILLING,
    HOURLY,
    HOUSE,
    OWNED,
    RAW,
    RESEARCH,
    RESEARCHED,
    STRANGER,
    SUPPLIER,
    UNIVERSITY,
    Town,
    ns,
    purpose,
    reads,
    reads_own,
    view,
)
from troth.gate.decide import ANYONE
from troth.gate.question import OWN_PURPOSE, Answer, Code, Ground, Verdict
from troth.gate.words import outer
from troth.names import PersonId, StreamId, Uri
from troth.statements.choice import Decision
from troth.things.intervals import FOREVER, Interval

GIVE, REFUSE, WITHDRAW = Decision.GIVE, Decision.REFUSE, Decision.WITHDRAW


def lane(*names: str) -> tuple[Town, StreamId, list[PersonId]]:
    """A home with a meter where these people live, billed by contract until minute 100."""
    town = Town()
    town.organisations(SUPPLIER, UNIVERSITY, STRANGER)
    town.product()
    town.disclose(RESEARCHED, BILLED, OWNED)
    home = town.household("h")
    people = [town.person(name, home) for name in names]
    return town, town.install(home, contract=(0, 100)), people


def code(answer: Answer) -> Code | None:
    """Why the gate says no; fails where it says yes."""
    assert Verdict.DENY == answer.verdict
    assert () == answer.covered
    return answer.reasons[0].code


def span(from_: float, to: float) -> Interval:
    return Interval(ns(from_), ns(to))


def from_on(minute: float) -> Interval:
    return Interval(ns(minute), FOREVER)


# choice


def test_step_3_grounded_denies_when_a_choice_was_withdrawn() -> None:
    town, meter, (ana,) = lane("Ana")
    town.choose(ana, GIVE, meter, 1)
    town.choose(ana, WITHDRAW, meter, 5)
    assert Code.WITHDRAWN == code(town.ask(reads(meter, 5)))


def test_step_3_grounded_denies_when_it_was_refused() -> None:
    town, meter, (ana,) = lane("Ana")
    town.choose(ana, REFUSE, meter, 1)
    assert Code.REFUSED == code(town.ask(reads(meter, 1)))


def test_step_3_grounded_denies_from_the_very_end_of_an_expiring_choice() -> None:
    town, meter, (ana,) = lane("Ana")
    town.choose(ana, GIVE, meter, 1, to=10)
    assert ns(10) == town.ask(reads(meter, 9)).until_ns
    assert Verdict.ALLOW == town.ask(reads(meter, 10 - 1e-9)).verdict
    assert Code.EXPIRED == code(town.ask(reads(meter, 10)))


def test_step_3_a_choice_begins_at_its_own_moment_and_not_before() -> None:
    town, meter, (ana,) = lane("Ana")
    town.choose(ana, GIVE, meter, 5)
    before = town.ask(reads(meter, 5 - 1e-9))
    assert Code.NO_GROUND == code(before)
    assert ns(5) == before.until_ns
    assert (from_on(5),) == town.ask(reads(meter, 5)).covered


def test_step_3_withdrawn_and_given_again_leaves_the_gap() -> None:
    town, meter, (ana,) = lane("Ana")
    town.choose(ana, GIVE, meter, 1)
    town.choose(ana, WITHDRAW, meter, 5)
    town.choose(ana, GIVE, meter, 9)
    assert (span(1, 5), from_on(9)) == town.ask(reads(meter, 10)).covered


def test_step_3_since_covers_earlier_data_only_where_the_person_says_so() -> None:
    town, meter, (ana,) = lane("Ana")
    town.choose(ana, GIVE, meter, 10)
    assert (from_on(10),) == town.ask(reads(meter, 11)).covered
    town.choose(ana, GIVE, meter, 12, since=3)
    assert (from_on(3),) == town.ask(reads(meter, 13)).covered


def test_step_3_since_never_reaches_before_the_installation() -> None:
    town = Town()
    town.organisations(UNIVERSITY)
    town.product()
    town.disclose(RESEARCHED)
    home = town.household("h")
    ana = town.person("Ana", home)
    meter = town.install(home, since=6)
    town.choose(ana, GIVE, meter, 10, since=1)
    assert (from_on(6),) == town.ask(reads(meter, 11)).covered


def test_step_3_a_yes_about_another_stream_purpose_or_home_is_not_a_yes() -> None:
    town, meter, (ana,) = lane("Ana")
    second = town.install(town.household("other"), name="second")
    town.choose(ana, GIVE, second, 1)
    town.choose(ana, GIVE, meter, 1, purpose=BILLING)
    town.choose(ana, GIVE, town.household("elsewhere"), 1, whole_home=True)
    assert Code.NO_GROUND == code(town.ask(reads(meter, 2)))


def test_step_3_a_choice_for_the_whole_home_covers_its_streams() -> None:
    town, meter, (ana,) = lane("Ana")
    town.choose(ana, GIVE, town.household("h"), 1, whole_home=True)
    assert Verdict.ALLOW == town.ask(reads(meter, 2)).verdict


def test_step_3_a_yes_to_a_view_nobody_knows_covers_nothing() -> None:
    town, meter, (ana,) = lane("Ana")
    town.choose(ana, GIVE, meter, 1, variant="each-litre")
    assert Code.NO_GROUND == code(town.ask(reads(meter, 2)))


def test_step_3_a_yes_to_less_replaces_a_yes_to_more_from_then_on() -> None:
    town, meter, (ana,) = lane("Ana")
    town.choose(ana, GIVE, meter, 1)
    town.choose(ana, GIVE, meter, 5, variant=HOURLY)
    answer = town.ask(reads(meter, 6))
    assert (Verdict.TRANSFORM, HOURLY, (from_on(1),)) == (answer.verdict, answer.variant, answer.covered)


def test_step_3_reading_one_observation_asks_about_its_own_time() -> None:
    town, meter, (ana,) = lane("Ana")
    town.choose(ana, GIVE, meter, 5)
    then = reads(meter, 9)
    early = type(then)(then.action, then.stream, then.asker, then.at_ns, ns(4))
    assert Code.NOT_THEN == code(town.ask(early))


# several people


def test_step_3_every_member_must_say_yes() -> None:
    town, meter, (ana, ben, cem) = lane("Ana", "Ben", "Cem")
    town.choose(ana, GIVE, meter, 1)
    town.choose(ben, GIVE, meter, 2)
    assert Code.NO_GROUND == code(town.ask(reads(meter, 3)))
    town.choose(cem, GIVE, meter, 4)
    answer = town.ask(reads(meter, 5))
    assert (Verdict.ALLOW, (from_on(4),)) == (answer.verdict, answer.covered)
    assert (ana, ben, cem) == answer.concerned


@pytest.mark.parametrize("who", [0, 1])
def test_step_3_one_refusal_among_several_is_refused_whoever_it_was(who: int) -> None:
    town, meter, people = lane("Ana", "Ben")
    town.choose(people[who], REFUSE, meter, 1)
    answer = town.ask(reads(meter, 2))
    assert Code.REFUSED == code(answer)
    assert outer("refused") == outer(code(answer) or "")


def test_step_3_nobody_living_there_is_nobody_who_said_yes() -> None:
    town, meter, _ = lane()
    assert Code.NO_GROUND == code(town.ask(reads(meter, 2)))


def test_step_3_who_moves_in_and_has_not_said_yes_ends_the_reading() -> None:
    town, meter, (ana,) = lane("Ana")
    town.choose(ana, GIVE, meter, 1)
    ben = town.person("Ben", town.household("h"), since=10)
    assert ns(10) == town.ask(reads(meter, 9)).until_ns
    assert Code.NO_GROUND == code(town.ask(reads(meter, 10)))
    town.choose(ben, GIVE, meter, 15)
    assert (span(1, 10), from_on(15)) == town.ask(reads(meter, 16)).covered


def test_step_3_who_has_left_does_not_stop_what_comes_after_but_what_was_before() -> None:
    town, meter, (ana, ben) = lane("Ana", "Ben")
    town.choose(ana, GIVE, meter, 1)
    town.choose(ben, REFUSE, meter, 1)
    town.member(ben, town.household("h"), since=0, to=20)
    assert Code.REFUSED == code(town.ask(reads(meter, 19)))
    answer = town.ask(reads(meter, 20))
    assert ((from_on(20),), (ana,)) == (answer.covered, answer.concerned)


def test_step_3_who_comes_back_still_has_their_no_for_the_time_before() -> None:
    town, meter, (ana, ben) = lane("Ana", "Ben")
    town.choose(ana, GIVE, meter, 1)
    town.choose(ben, REFUSE, meter, 1)
    town.member(ben, town.household("h"), since=0, to=20)
    town.member(ben, town.household("h"), since=30)
    town.choose(ben, GIVE, meter, 31)
    answer = town.ask(reads(meter, 32))
    assert ((span(20, 30), from_on(31)), (ana, ben)) == (answer.covered, answer.concerned)


def test_step_3_who_left_is_still_concerned_by_what_is_read_of_their_time() -> None:
    town, meter, (ana, ben) = lane("Ana", "Ben")
    town.choose(ana, GIVE, meter, 1)
    town.choose(ben, GIVE, meter, 1)
    town.member(ben, town.household("h"), since=0, to=20)
    assert (ana, ben) == town.ask(reads(meter, 25)).concerned


def test_an_answer_ends_when_somebody_who_agreed_before_moves_in() -> None:
    town, meter, (ana,) = lane("Ana")
    town.choose(ana, GIVE, meter, 1)
    ben = town.person("Ben", town.household("h"), since=10)
    town.choose(ben, GIVE, meter, 2)
    before = town.ask(reads(meter, 9))
    assert ((from_on(1),), ns(10)) == (before.covered, before.until_ns)
    assert (ana, ben) == before.concerned, "rows of the time after 10 are in reach, and concern him"


# contract


def test_step_3_a_contract_covers_its_own_time_and_names_who_is_concerned() -> None:
    town, meter, (ana,) = lane("Ana")
    answer = town.ask(reads(meter, 50, party=SUPPLIER, why=BILLING))
    assert ((span(0, 100),), ns(100), (ana,)) == (answer.covered, answer.until_ns, answer.concerned)
    assert Ground.CONTRACT == answer.reasons[0].ground


def test_step_3_grounded_denies_from_the_end_of_a_contract_on() -> None:
    town, meter, _ = lane("Ana")
    assert Code.EXPIRED == code(town.ask(reads(meter, 100, party=SUPPLIER, why=BILLING)))


def test_step_3_a_contract_that_has_not_begun_is_no_ground() -> None:
    town, _, _ = lane("Ana")
    later = town.install(town.household("h"), name="later", contract=(10, None))
    answer = town.ask(reads(later, 9, party=SUPPLIER, why=BILLING))
    assert Code.NO_GROUND == code(answer)
    assert ns(10) == answer.until_ns


def test_step_3_grounded_denies_when_there_is_no_contract() -> None:
    town, _, _ = lane("Ana")
    bare = town.install(town.household("h"), name="bare")
    assert Code.NO_GROUND == code(town.ask(reads(bare, 1, party=SUPPLIER, why=BILLING)))


def test_step_3_a_choice_does_not_move_a_contract() -> None:
    town, meter, (ana,) = lane("Ana")
    town.choose(ana, REFUSE, meter, 1, purpose=BILLING)
    assert Verdict.ALLOW == town.ask(reads(meter, 2, party=SUPPLIER, why=BILLING)).verdict


# own


def test_step_3_a_member_reads_their_own_without_asking_anybody() -> None:
    town, meter, (ana,) = lane("Ana")
    answer = town.ask(reads_own(meter, 2, ana))
    assert (Verdict.ALLOW, RAW, (ana,)) == (answer.verdict, answer.variant, answer.concerned)


def test_step_3_own_reading_of_a_shared_stream_concerns_the_others_too() -> None:
    town, meter, (ana, ben) = lane("Ana", "Ben")
    assert (ana, ben) == town.ask(reads_own(meter, 2, ana)).concerned


def test_step_3_own_reaches_only_the_time_one_lived_there() -> None:
    town, meter, _ = lane("Ana")
    ben = town.person("Ben", town.household("h"), since=10, to=20)
    answer = town.ask(reads_own(meter, 15, ben))
    assert ((span(10, 20),), ns(20)) == (answer.covered, answer.until_ns)
    late = town.ask(reads_own(meter, 20, ben))
    assert Code.UNKNOWN == code(late)
    assert not late.named, "for who has left, nothing of the home exists: a thing's page would tell who gets what now"


@pytest.mark.parametrize("about", [OWN_PURPOSE, HOUSE])
def test_step_3_an_adults_refusal_stops_own_reading_of_a_shared_stream(about: str) -> None:
    town, meter, (ana, ben) = lane("Ana", "Ben")
    town.choose(ben, REFUSE, meter, 5, purpose=type(HOUSE)(about) if about is HOUSE else OWN_PURPOSE)
    assert Code.REFUSED == code(town.ask(reads_own(meter, 6, ana)))


def test_step_3_a_refusal_of_own_use_can_be_taken_back_and_leaves_its_gap() -> None:
    town, meter, (ana, ben) = lane("Ana", "Ben")
    town.choose(ben, REFUSE, meter, 5, purpose=OWN_PURPOSE)
    town.choose(ben, GIVE, meter, 9, purpose=OWN_PURPOSE)
    assert (span(0, 5), from_on(9)) == town.ask(reads_own(meter, 10, ana)).covered


def test_step_3_the_refusal_of_somebody_who_left_stops_only_their_time() -> None:
    town, meter, (ana, ben) = lane("Ana", "Ben")
    town.choose(ben, REFUSE, meter, 5, purpose=OWN_PURPOSE)
    town.member(ben, town.household("h"), since=0, to=9)
    assert (span(0, 5), from_on(9)) == town.ask(reads_own(meter, 10, ana)).covered


@pytest.mark.parametrize("recipient", [UNIVERSITY, ANYONE])
def test_step_3_own_gives_nothing_to_anybody_but_the_people_who_live_there(recipient: Uri) -> None:
    town, meter, (ana,) = lane("ana")
    town.disclose(purpose(RESEARCH, view(RAW, "own"), view(HOURLY, "own"), to=(recipient,)))
    assert Code.NO_GROUND == code(town.ask(reads(meter, 20, party=recipient)))
    assert Verdict.ALLOW == town.ask(reads_own(meter, 20, ana)).verdict


def test_step_3_own_gives_a_person_nothing_that_rests_on_other_grounds() -> None:
    town, meter, (ana,) = lane("Ana")
    town.disclose(RESEARCHED, BILLED)
    town.choose(ana, GIVE, meter, 1)
    assert Code.UNDECLARED == code(town.ask(reads_own(meter, 2, ana)))


# nobody


def test_step_3_nobody_is_open_in_a_public_place_where_the_maker_says_so() -> None:
    town = Town()
    town.product(concerns_nobody=True)
    town.disclose(purpose(RESEARCH, view(RAW, "nobody"), to=(ANYONE,)))
    gauge = town.install(None)
    answer = town.ask(reads(gauge, 1, party=ANYONE))
    assert (Verdict.ALLOW, (from_on(0),), ()) == (answer.verdict, answer.covered, answer.concerned)


def test_step_3_grounded_denies_nobody_in_a_home() -> None:
    town = Town()
    town.product(concerns_nobody=True)
    town.disclose(purpose(RESEARCH, view(RAW, "nobody"), to=(ANYONE,)))
    home = town.household("h")
    town.person("Ana", home)
    assert Code.NO_GROUND == code(town.ask(reads(town.install(home), 1, party=ANYONE)))


def test_step_3_grounded_denies_nobody_when_the_maker_does_not_say_so() -> None:
    town = Town()
    town.product()
    town.disclose(purpose(RESEARCH, view(RAW, "nobody"), to=(ANYONE,)))
    assert Code.NO_GROUND == code(town.ask(reads(town.install(None), 1, party=ANYONE)))
