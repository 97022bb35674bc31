"""Step 3 where a child lives: whose word counts at which age; and people who work in a home."""

from datetime import UTC, datetime

import msgspec
import pytest

from tests.made_town import (
    OWNED,
    RAW,
    RESEARCHED,
    START_NS,
    SUPPLIER,
    UNIVERSITY,
    Town,
    collects,
    ns,
    purpose,
    reads,
    reads_own,
    view,
)
from troth.gate.question import Answer, Code, Verdict
from troth.gate.rules.ages import AGES, ALONGSIDE_YEARS, FULL_YEARS, Age, age_of, turns_of
from troth.names import HouseholdId, PersonId, PurposeId, StreamId
from troth.statements.choice import ChoiceBody, Decision
from troth.statements.ground import Asserted
from troth.statements.guardianship import GuardianshipBody
from troth.statements.kinds import KindName
from troth.statements.objection import ObjectionBody
from troth.statements.statement import Statement
from troth.things.intervals import Interval
from troth.things.weekly import Offset, Weekly, Window

BOTH, ALONE, GROWN = 1_000, 2_000, 3_000  # minutes at which a guardian's power changes
LEAKS = PurposeId("https://supplier.example/leaks")
WATCHED = purpose(LEAKS, view(RAW, "objectable"), to=(SUPPLIER,))
YES, NO, BACK = Decision.GIVE, Decision.REFUSE, Decision.WITHDRAW


class Family(Town):
    """Ana (owner) and Kim (child), whose guardian is Ana, in a home with a meter; Ana has said yes about herself."""

    def __init__(self, *, guarded: bool = True) -> None:
        super().__init__()
        self.organisations(SUPPLIER, UNIVERSITY)
        self.product()
        self.disclose(RESEARCHED, OWNED, WATCHED)
        self.home: HouseholdId = self.household("h")
        self.ana = self.person("Ana", self.home)
        self.member(self.ana, self.home, since=0, role="owner")
        self.kim = self.person("Kim", self.home)
        self.member(self.kim, self.home, since=0, role="child")
        self.ben = PersonId(bytes(16))
        if guarded:
            self.guards(self.ana)
        self.meter: StreamId = self.install(self.home, owner=SUPPLIER)
        self.choose(self.ana, YES, self.meter, 1)

    def guards(self, *guardians: PersonId) -> Statement:
        body = GuardianshipBody(self.kim, guardians, "DE", ns(BOTH), ns(ALONE), ns(GROWN))
        return self.say(KindName.GUARDIANSHIP, body)

    def for_kim(
        self, decision: Decision, at: float, *, by: PersonId | None = None, child: PersonId | None = None
    ) -> Statement:
        guardian = by or self.ana
        body = ChoiceBody(
            person=child or self.kim,
            purpose=RESEARCHED.purpose,
            decision=decision,
            from_ns=ns(at),
            notice=self.told(self.meter, RESEARCHED.purpose),
            made_by="guardian",
            streams=(self.meter,),
            variant=RAW if decision is YES else None,
            by=guardian,
        )
        return self.say(KindName.CHOICE, body, by=self.key_of(guardian), at=at)

    def objects_for_kim(self, at: float, *, withdrawn: bool = False) -> Statement:
        body = ObjectionBody(self.kim, LEAKS, ns(at), "guardian", (self.meter,), withdrawn=withdrawn, by=self.ana)
        return self.say(KindName.OBJECTION, body, by=self.key_of(self.ana), at=at)

    def kim_says(self, decision: Decision, at: float) -> Statement:
        return self.choose(self.kim, decision, self.meter, at)

    def lab(self, at: float) -> Answer:
        return self.ask(reads(self.meter, at))


def span(from_: float, to: float | None = None) -> Interval:
    return Interval(ns(from_), 2**63 - 1 if to is None else ns(to))


def code(answer: Answer) -> Code | None:
    assert Verdict.DENY == answer.verdict
    return answer.reasons[0].code


def test_while_a_child_is_small_the_guardian_answers_for_them() -> None:
    family = Family()
    assert Code.NO_GROUND == code(family.lab(5))
    said = family.for_kim(YES, 10)
    answer = family.lab(11)
    assert (Verdict.ALLOW, (span(10, BOTH),)) == (answer.verdict, answer.covered)
    assert said.signed.id in answer.rests_on
    assert ns(BOTH) == answer.until_ns
    family.for_kim(BACK, 20)
    assert Code.WITHDRAWN == code(family.lab(21))


def test_a_child_s_own_no_counts_at_any_age_and_a_small_child_s_own_yes_alone_does_not() -> None:
    family = Family()
    family.kim_says(YES, 5)
    assert Code.NO_GROUND == code(family.lab(6))
    family.for_kim(YES, 10)
    family.kim_says(NO, 20)
    assert Code.REFUSED == code(family.lab(21))
    family.kim_says(YES, 30)
    assert (span(10, 20), span(30, BOTH)) == family.lab(31).covered


def test_then_a_yes_needs_both_and_one_no_is_a_no() -> None:
    family = Family()
    family.for_kim(YES, 10)
    assert Code.NO_GROUND == code(family.lab(BOTH))  # asked themselves from that day on
    family.kim_says(YES, BOTH + 10)
    assert (span(10, BOTH), span(BOTH + 10, ALONE)) == family.lab(BOTH + 11).covered
    family.for_kim(NO, BOTH + 20)
    assert Code.REFUSED == code(family.lab(BOTH + 21))
    family.for_kim(YES, BOTH + 30)
    family.kim_says(BACK, BOTH + 40)
    assert Code.WITHDRAWN == code(family.lab(BOTH + 41))


def test_then_the_child_answers_alone_and_what_was_allowed_for_them_opens_nothing_any_more() -> None:
    family = Family()
    family.for_kim(YES, 10)
    family.kim_says(YES, BOTH + 10)
    answer = family.lab(ALONE)
    assert (span(BOTH + 10),) == answer.covered  # nothing of the years in which others answered
    family.for_kim(NO, ALONE + 5)  # too late: a no of a guardian carries nothing either
    assert Verdict.ALLOW == family.lab(ALONE + 6).verdict
    family.kim_says(NO, ALONE + 10)
    assert Code.REFUSED == code(family.lab(ALONE + 11))


def test_a_yes_that_only_a_guardian_gave_ends_with_their_power_also_when_the_child_is_grown_up() -> None:
    family = Family()
    family.for_kim(YES, 10)
    for at in (BOTH, ALONE, GROWN, GROWN + 500):
        assert Verdict.DENY == family.lab(at).verdict


def test_without_guardians_nobody_says_yes_for_a_child_and_of_two_one_no_is_a_no() -> None:
    alone = Family(guarded=False)
    alone.for_kim(YES, 10)
    alone.kim_says(YES, 10)
    assert Code.NO_GROUND == code(alone.lab(11))
    family = Family()
    cem = family.person("Cem", family.home)
    family.choose(cem, YES, family.meter, 2)
    family.guards(family.ana, cem)
    family.for_kim(YES, 10, by=cem)
    assert Verdict.ALLOW == family.lab(11).verdict
    family.for_kim(NO, 20)
    assert Code.REFUSED == code(family.lab(21))


def test_nobody_but_a_guardian_and_nobody_s_guardian_counts_for_an_adult() -> None:
    family = Family()
    cem = family.person("Cem", family.home)
    family.choose(cem, YES, family.meter, 2)
    family.for_kim(YES, 10, by=cem)
    assert Code.NO_GROUND == code(family.lab(11))
    family.for_kim(YES, 12)
    family.for_kim(NO, 13, child=cem)
    assert Verdict.ALLOW == family.lab(14).verdict


def test_a_child_reaches_what_concerns_them_alone_and_everything_when_grown_up() -> None:
    family = Family()
    assert Verdict.DENY == family.ask(reads_own(family.meter, 10, family.kim)).verdict
    assert Verdict.DENY == family.ask(reads_own(family.meter, GROWN - 1, family.kim)).verdict
    assert Verdict.ALLOW == family.ask(reads_own(family.meter, GROWN, family.kim)).verdict
    assert Verdict.ALLOW == family.ask(reads_own(family.meter, 10, family.ana)).verdict


def test_a_small_child_s_no_closes_the_home_to_nobody_and_later_it_does() -> None:
    family = Family()
    family.choose(family.kim, NO, family.meter, 10, purpose=OWNED.purpose)
    assert Verdict.ALLOW == family.ask(reads_own(family.meter, 11, family.ana)).verdict
    assert Verdict.DENY == family.ask(reads_own(family.meter, BOTH, family.ana)).verdict


def test_objections_for_a_child_hold_for_the_time_in_which_one_could_make_them() -> None:
    family = Family()
    family.asserts(LEAKS, 5, ground=Asserted.OBJECTABLE, review=9_000, to=9_000)

    def watch(at: float) -> Answer:
        return family.ask(reads(family.meter, at, party=SUPPLIER, why=LEAKS))

    family.objects_for_kim(10)
    assert Code.OBJECTED == code(watch(11))
    assert Code.OBJECTED == code(watch(ALONE - 1))
    assert (span(5, 10), span(ALONE, 9_000)) == watch(ALONE).covered
    family.objects(family.kim, family.meter, ALONE + 10, purpose=LEAKS)
    assert Code.OBJECTED == code(watch(ALONE + 11))


def test_it_is_the_same_after_a_replay() -> None:
    family = Family()
    family.for_kim(YES, 10)
    family.objects_for_kim(20)
    assert family.replayed().scopes() == family.in_force.scopes()


# --- people who work there


def test_a_worker_is_asked_and_reads_nothing_of_the_home() -> None:
    family = Family()
    family.for_kim(YES, 2)
    mila = family.person("Mila", family.home, since=20)
    family.member(mila, family.home, since=20, to=60, role="worker")
    assert Code.NO_GROUND == code(family.lab(21))
    family.choose(mila, YES, family.meter, 22)
    assert Verdict.ALLOW == family.lab(23).verdict
    assert mila in family.lab(23).concerned
    assert Verdict.DENY == family.ask(reads_own(family.meter, 23, mila)).verdict
    family.choose(mila, NO, family.meter, 30)
    assert Code.REFUSED == code(family.lab(31))
    assert Verdict.ALLOW == family.lab(60).verdict  # who has gone is not concerned by what comes


NINE_TO_FIVE = Weekly("UTC", (Window((1, 2, 3, 4, 5, 6, 7), 0, 20),), (Offset(-(2**60), 0),))


def at_work() -> tuple[Town, PersonId, StreamId]:
    """Mila works in a hall from minute 5 on, for the first 20 minutes of each day by the clocks there, planned for 1,000."""
    town = Town()
    town.organisations(SUPPLIER, UNIVERSITY)
    town.product()
    town.disclose(RESEARCHED, WATCHED)
    hall = town.workplace("Press hall")
    start = START_NS // 60_000_000_000 % 1440
    shifts = msgspec.structs.replace(NINE_TO_FIVE, offsets=(Offset(-(2**60), -start * 60),))
    boss, mila = town.person("Boss", hall), town.person("Mila", hall, to=0)
    town.member(mila, hall, since=5, role="worker", shifts=shifts, shifts_until=1_000)
    press = town.install(hall, owner=SUPPLIER)
    town.choose(boss, YES, press, 1)
    return town, mila, press


def test_a_worker_is_concerned_in_their_shifts_to_the_edge_and_all_the_time_when_the_plan_is_over() -> None:
    town, mila, press = at_work()
    assert [Verdict.ALLOW, Verdict.DENY, Verdict.DENY, Verdict.ALLOW, Verdict.DENY] == [
        town.ask(reads(press, at)).verdict for at in (4.999, 5, 19.999, 20, 1_000)
    ]
    answer = town.ask(reads(press, 30))
    assert (span(1, 5), span(20, 1_000)) == answer.covered
    assert ns(1_000) == answer.until_ns
    assert mila not in answer.concerned


def test_what_was_measured_in_a_shift_and_comes_late_needs_the_worker_s_yes_for_that_time() -> None:
    town, mila, press = at_work()
    late = collects(press, 30, data=10)
    assert Code.NOT_THEN == code(town.ask(late))
    town.choose(mila, YES, press, 31)
    assert Code.NOT_THEN == code(town.ask(collects(press, 32, data=10)))
    town.choose(mila, YES, press, 33, since=8)
    assert Verdict.ALLOW == town.ask(collects(press, 34, data=10)).verdict
    assert Code.NOT_THEN == code(town.ask(collects(press, 34, data=7)))
    town.choose(mila, BACK, press, 40)  # at home, and still nobody's but theirs
    assert Code.NOT_THEN == code(town.ask(collects(press, 41, data=10)))
    assert Verdict.ALLOW == town.ask(collects(press, 41, data=25)).verdict
    assert town.replayed().scopes() == town.in_force.scopes()


def test_where_people_work_nothing_is_anybody_s_own() -> None:
    town = Town()
    town.organisations(SUPPLIER)
    town.product()
    town.disclose(OWNED, WATCHED)
    hall = town.workplace("Press hall")
    mila, boss = town.person("Mila", hall), town.person("Boss", hall)
    town.member(mila, hall, since=0, role="worker")
    town.member(boss, hall, since=0, role="owner")
    press = town.install(hall, owner=SUPPLIER)
    for person in (mila, boss):
        assert Verdict.DENY == town.ask(reads_own(press, 5, person)).verdict
    town.asserts(LEAKS, 6, ground=Asserted.OBJECTABLE, to=500)
    watch = reads(press, 7, party=SUPPLIER, why=LEAKS)
    assert (Verdict.ALLOW, True) == (town.ask(watch).verdict, mila in town.ask(watch).concerned)
    town.objects(mila, press, 7, purpose=LEAKS)
    assert Code.OBJECTED == code(town.ask(watch))
    town.household("Press hall")  # said again without it, it stays a workplace
    assert Verdict.DENY == town.ask(reads_own(press, 8, boss)).verdict


# --- the list of ages


@pytest.mark.parametrize("age", AGES, ids=lambda age: age.country)
def test_every_age_lies_where_the_law_lets_it_and_says_where_it_was_read(age: Age) -> None:
    assert ALONGSIDE_YEARS <= age.own_years <= 16 < FULL_YEARS
    assert age.source.startswith("https://")
    assert datetime.fromisoformat(age.read_on).year >= 2026
    turns = turns_of(2015, 4, age)
    assert turns.alongside_ns <= turns.own_ns < turns.ends_ns
    assert age_of(age.country) is age


def test_the_days_are_the_first_of_the_month_of_birth() -> None:
    age = age_of("DE")
    assert age is not None
    turns = turns_of(2015, 4, age)
    days = [datetime.fromtimestamp(each // 10**9, UTC) for each in (turns.alongside_ns, turns.own_ns, turns.ends_ns)]
    assert ["2028-04-01", "2031-04-01", "2033-04-01"] == [f"{each:%Y-%m-%d}" for each in days]
