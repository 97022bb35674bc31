"""What the gate says around a yes and a no: when collecting is covered, and the two wordings of a reason."""

import pytest

from tests.made_town import (
    BILLED,
    OWNED,
    RESEARCHED,
    STRANGER,
    SUPPLIER,
    UNIVERSITY,
    Town,
    collects,
    ns,
    reads,
)
from troth.gate.question import OWN_PURPOSE, Answer, Code, Ground, Step, Verdict
from troth.gate.words import CAN_DO, WORDS, can_do, outer
from troth.names import PersonId, StreamId
from troth.statements.choice import Decision
from troth.things.intervals import BEGINNING, Interval

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


# collecting


def test_collecting_needs_one_ground_and_covers_the_times_of_all_that_hold() -> None:
    town, meter, (ana,) = lane("Ana")
    town.choose(ana, REFUSE, meter, 5, purpose=OWN_PURPOSE)
    answer = town.ask(collects(meter, 6))
    assert ((span(0, 100),), [Ground.CONTRACT]) == (answer.covered, [each.ground for each in answer.reasons])


def test_collecting_stops_when_no_ground_is_left() -> None:
    town, meter, (ana,) = lane("Ana")
    town.choose(ana, REFUSE, meter, 5, purpose=OWN_PURPOSE)
    assert Verdict.DENY == town.ask(collects(meter, 100)).verdict


def test_late_data_of_a_private_time_is_refused_as_not_then() -> None:
    town, meter, (ana,) = lane("Ana")
    town.disclose(RESEARCHED)
    town.choose(ana, GIVE, meter, 1)
    town.choose(ana, WITHDRAW, meter, 5)
    again = town.choose(ana, GIVE, meter, 9)
    late = town.ask(collects(meter, 10, data=6))
    assert Code.NOT_THEN == code(late)
    assert again.signed.id in late.reasons[0].statements
    assert Verdict.ALLOW == town.ask(collects(meter, 10, data=4)).verdict


@pytest.mark.parametrize("data", [-1, -1e-9])
def test_data_from_before_the_installation_is_never_collected(data: float) -> None:
    town, meter, _ = lane("Ana")
    early = town.ask(collects(meter, 1, data=data))
    assert Code.NOT_THEN == code(early)
    assert early.reasons[0].statements
    assert BEGINNING < ns(data)


# two wordings


def test_the_outer_wording_of_every_code_is_plain_and_names_nobody() -> None:
    for each in Code:
        words = WORDS[each.value]
        assert words.endswith(".")
        assert words == outer(each)
        assert not {"ana", "ben", "person", "household"} & set(words.lower().strip(".").split())


def test_every_code_says_what_can_be_done_and_names_nobody() -> None:
    assert set(WORDS) == set(CAN_DO)
    for code in WORDS:
        words = can_do(code)
        assert words.startswith("You can ")
        assert words.endswith(".")
        assert words not in {outer(code), can_do("")}
        assert not {"ana", "ben", "person", "household", "home"} & set(words.lower().strip(".").split())


def test_the_inner_wording_names_the_statements_that_a_person_can_change() -> None:
    town, meter, (ana, _) = lane("Ana", "Ben")
    no = town.choose(ana, REFUSE, meter, 1)
    reason = town.ask(reads(meter, 2)).reasons[0]
    assert no.signed.id in reason.statements
    assert (Step.GROUNDED, Ground.CHOICE) == (reason.step, reason.ground)


def test_a_denial_says_nothing_about_whose_choice_it_was() -> None:
    answers = []
    for who in (0, 1):
        town, meter, people = lane("Ana", "Ben")
        for person in people:
            town.choose(person, GIVE, meter, 1)
        town.choose(people[who], WITHDRAW, meter, 2)
        answer = town.ask(reads(meter, 3))
        answers.append([(each.step, each.code, outer(each.code or "")) for each in answer.reasons])
        assert () == answer.concerned
        assert () == answer.rests_on
    assert answers[0] == answers[1]
