"""Step 3 of the gate: *objectable* holds until somebody concerned objects, *settled* while the agreement does."""

import pytest

from tests.made_town import (
    BILLED,
    HOURLY,
    OWNED,
    RAW,
    RESEARCH,
    RESEARCHED,
    SUPPLIER,
    UNIVERSITY,
    Town,
    collects,
    ns,
    purpose,
    reads,
    view,
)
from troth.gate.grounds.holding import CHANGES_MAX
from troth.gate.question import Answer, Code, Ground, Verdict
from troth.gate.words import outer
from troth.names import HouseholdId, PersonId, PurposeId, StreamId
from troth.statements.choice import Decision
from troth.statements.erasure import Asked, ErasureBody
from troth.statements.ground import Asserted
from troth.statements.kinds import KindName
from troth.things.intervals import Interval

LEAKS = PurposeId("https://supplier.example/leaks")
WATCHED = purpose(LEAKS, view(HOURLY, "objectable"), to=(SUPPLIER,))
ROOMS = PurposeId("https://works.example/rooms")
PLANNED = purpose(ROOMS, view(RAW, "settled"), to=(SUPPLIER,))
END = 5_000


def lane(*names: str) -> tuple[Town, StreamId, HouseholdId, list[PersonId]]:
    """A home whose supplier watches for leaks until somebody objects, from minute 5 to the end."""
    town = Town()
    town.organisations(SUPPLIER, UNIVERSITY)
    town.product()
    town.disclose(WATCHED, PLANNED, OWNED)
    home = town.household("h")
    people = [town.person(name, home) for name in names]
    town.asserts(LEAKS, 5, ground=Asserted.OBJECTABLE, to=END)
    return town, town.install(home, owner=SUPPLIER), home, people


def watch(town: Town, meter: StreamId, at: float) -> Answer:
    return town.ask(reads(meter, at, party=SUPPLIER, why=LEAKS))


def code(answer: Answer) -> Code | None:
    assert Verdict.DENY == answer.verdict
    return answer.reasons[0].code


def span(from_: float, to: float) -> Interval:
    return Interval(ns(from_), ns(to))


# --- objectable


def test_it_holds_while_it_is_asserted_and_nobody_objects() -> None:
    town, meter, _, people = lane("Ana", "Ben")
    answer = watch(town, meter, 6)
    assert (Verdict.TRANSFORM, (span(5, END),), tuple(people)) == (answer.verdict, answer.covered, answer.concerned)
    assert [Ground.OBJECTABLE] == [each.ground for each in answer.reasons]
    assert Code.NO_GROUND == code(watch(town, meter, 4))
    assert Code.EXPIRED == code(watch(town, meter, END))


@pytest.mark.parametrize("who", [0, 1])
def test_one_objection_stops_it_and_nobody_is_told_whose(who: int) -> None:
    town, meter, _, people = lane("Ana", "Ben")
    said = town.objects(people[who], meter, 10, purpose=LEAKS)
    answer = watch(town, meter, 10)
    assert Code.OBJECTED == code(answer)
    assert said.signed.id in answer.reasons[0].statements
    assert "There is an objection to this." == outer(Code.OBJECTED)


def test_an_objection_taken_back_leaves_the_gap() -> None:
    town, meter, _, (ana,) = lane("Ana")
    town.objects(ana, meter, 10, purpose=LEAKS)
    town.objects(ana, meter, 20, purpose=LEAKS, withdrawn=True)
    assert (span(5, 10), span(20, END)) == watch(town, meter, 25).covered


def test_an_objection_is_gone_at_once_also_when_the_clock_stepped_back() -> None:
    town, meter, _, (ana,) = lane("Ana")
    town.objects(ana, meter, 10, purpose=LEAKS)
    assert Code.OBJECTED == code(watch(town, meter, 8))


def test_an_objection_about_the_home_covers_its_streams_and_another_purpose_none() -> None:
    town, meter, home, (ana,) = lane("Ana")
    town.objects(ana, meter, 10, purpose=RESEARCH)
    town.objects(ana, town.household("another"), 10, purpose=LEAKS, whole_home=True)
    assert Verdict.TRANSFORM == watch(town, meter, 11).verdict
    town.objects(ana, home, 12, purpose=LEAKS, whole_home=True)
    assert Code.OBJECTED == code(watch(town, meter, 12))


def test_an_objection_stays_when_the_use_is_asserted_anew() -> None:
    town, meter, _, (ana,) = lane("Ana")
    town.objects(ana, meter, 10, purpose=LEAKS)
    town.asserts(LEAKS, 20, ground=Asserted.OBJECTABLE, name="again", to=END)
    assert Code.OBJECTED == code(watch(town, meter, 21))


def test_who_left_stops_only_their_own_time() -> None:
    town, meter, home, (ana, ben) = lane("Ana", "Ben")
    town.objects(ben, meter, 10, purpose=LEAKS)
    town.member(ben, home, since=0, to=20)
    answer = watch(town, meter, 21)
    assert ((span(5, 10), span(20, END)), (ana, ben)) == (answer.covered, answer.concerned)


def test_a_refused_choice_is_no_objection_and_an_objection_no_refusal() -> None:
    town, meter, _, (ana,) = lane("Ana")
    town.disclose(WATCHED, RESEARCHED, OWNED)
    town.choose(ana, Decision.REFUSE, meter, 10, purpose=LEAKS)
    assert Verdict.TRANSFORM == watch(town, meter, 11).verdict
    town.choose(ana, Decision.GIVE, meter, 10)
    town.objects(ana, meter, 11, purpose=RESEARCH)
    assert Verdict.ALLOW == town.ask(reads(meter, 12)).verdict


def test_what_was_said_before_an_erasure_is_closed() -> None:
    town, meter, home, _ = lane("Ana")
    town.say(KindName.ERASURE, ErasureBody(Asked.SESSION, ns(10), households=(home,)))
    assert (span(10, END),) == watch(town, meter, 11).covered


def test_in_a_public_place_without_a_sign_nobody_can_object_so_it_does_not_hold() -> None:
    town, _, _, _ = lane("Ana")
    assert Code.NO_GROUND == code(watch(town, town.install(None, name="street"), 6))


def test_collecting_looks_at_the_last_objections_and_what_lies_before_them_is_closed() -> None:
    town, meter, _, (ana,) = lane("Ana")
    town.disclose(WATCHED)
    for change in range(CHANGES_MAX + 1):
        town.objects(ana, meter, 10 + change, purpose=LEAKS, withdrawn=change % 2 == 0)
    answer = town.ask(collects(meter, 100))
    assert (Verdict.ALLOW, span(12, 13)) == (answer.verdict, answer.covered[0])
    assert span(5, 11) == watch(town, meter, 100).covered[0], "a reader's answer names all of them"


def test_a_lease_ends_in_the_step_in_which_somebody_objects() -> None:
    town, meter, _, (ana,) = lane("Ana")
    lease = town.lease(reads(meter, 6, party=SUPPLIER, why=LEAKS))
    assert lease.holds(ns(7))
    town.objects(ana, meter, 7, purpose=LEAKS)
    assert not lease.live


# --- settled


def test_what_is_settled_ends_with_the_agreement() -> None:
    town, meter, _, _ = lane("Ana")
    assert Code.NO_GROUND == code(town.ask(reads(meter, 6, party=SUPPLIER, why=ROOMS)))
    town.asserts(ROOMS, 10, ground=Asserted.SETTLED, name="rooms", to=20)
    answer = town.ask(reads(meter, 11, party=SUPPLIER, why=ROOMS))
    assert (Verdict.ALLOW, (span(10, 20),), ns(20)) == (answer.verdict, answer.covered, answer.until_ns)
    assert Code.EXPIRED == code(town.ask(reads(meter, 20, party=SUPPLIER, why=ROOMS)))


def test_what_is_settled_holds_in_a_public_place_too_and_no_objection_moves_it() -> None:
    town, meter, _, (ana,) = lane("Ana")
    hall = town.install(None, name="hall")
    town.asserts(ROOMS, 10, ground=Asserted.SETTLED, name="rooms", to=20)
    town.objects(ana, meter, 11, purpose=ROOMS)
    for stream in (hall, meter):
        assert Verdict.ALLOW == town.ask(reads(stream, 12, party=SUPPLIER, why=ROOMS)).verdict


@pytest.mark.parametrize("other", [Asserted.REQUIRED, Asserted.OBJECTABLE])
def test_one_ground_is_not_another(other: Asserted) -> None:
    town, meter, _, _ = lane("Ana")
    town.disclose(WATCHED, PLANNED, BILLED, OWNED)
    town.asserts(ROOMS, 5, ground=other, name="rooms")
    assert Code.NO_GROUND == code(town.ask(reads(meter, 6, party=SUPPLIER, why=ROOMS)))
