"""Whoever changes their mind as often as they can breaks nothing, and a clock that steps back gives nothing back."""

import pytest

from tests.made_town import OWNED, RESEARCHED, Town, collects, ns, reads, reads_own
from tests.made_town import UNIVERSITY as ASKS
from troth.errors import Denied, Refused
from troth.gate.question import OWN_PURPOSE, Code, Verdict
from troth.names import HouseholdId, PersonId, StreamId, Uri
from troth.statements.choice import Decision
from troth.testing.people import research
from troth.testing.world import World
from troth.things.intervals import covers
from troth.tlog.trace import BASIS_IDS_MAX

MANY = 600  # more changes of mind than one basis has room for


def town(*purposes: object) -> tuple[Town, HouseholdId, PersonId, StreamId]:
    made = Town()
    made.organisations(Uri("https://maker.example/"), Uri("https://supplier.example/"), ASKS)
    made.product()
    made.disclose(*purposes)  # type: ignore[arg-type]  # purposes
    home = made.household("h")
    ana = made.person("Ana", home)
    return made, home, ana, made.install(home)


def test_a_thing_is_heard_however_often_its_people_changed_their_mind() -> None:
    with World(seed=1) as world:
        home = world.home("h")
        meter, ana = home.thing("water meter", purposes=(research(),)), home.person("Ana")
        for _ in range(MANY // 2):
            ana.gives(meter)
            ana.withdraws(meter)
        ana.gives(meter)
        assert isinstance(meter.says(1.0), int)
        world.settle()
        assert [1.0] == [row.result for row in world.organisation("University").reads(meter)]


def test_collecting_rests_on_the_latest_choices_and_reaches_no_further_back_than_they_do() -> None:
    made, _, ana, stream = town(RESEARCHED)
    for minute in range(0, MANY, 2):
        made.choose(ana, Decision.GIVE, stream, minute)
        made.choose(ana, Decision.WITHDRAW, stream, minute + 1)
    made.choose(ana, Decision.GIVE, stream, MANY)
    answer = made.ask(collects(stream, MANY))
    assert Verdict.ALLOW == answer.verdict
    assert BASIS_IDS_MAX >= len(answer.rests_on)
    assert covers(answer.covered, ns(MANY - 2))
    assert not covers(answer.covered, ns(0))
    assert covers(made.ask(reads(stream, MANY)).covered, ns(0)), "reading what was kept then is another question"


def test_a_refusal_too_old_to_be_named_still_keeps_its_time_from_being_collected() -> None:
    made, home, ana, stream = town(OWNED)
    for minute in range(0, MANY, 2):
        made.choose(ana, Decision.REFUSE, home, minute, purpose=OWN_PURPOSE, whole_home=True)
        made.choose(ana, Decision.GIVE, home, minute + 1, purpose=OWN_PURPOSE, whole_home=True)
    answer = made.ask(collects(stream, MANY))
    assert BASIS_IDS_MAX >= len(answer.rests_on)
    assert not covers(answer.covered, ns(0))
    assert covers(answer.covered, ns(MANY))


def test_what_rests_on_more_statements_than_a_basis_can_name_is_not_collected() -> None:
    made, home, ana, stream = town(RESEARCHED)
    made.choose(ana, Decision.GIVE, stream, 1)
    for number in range(BASIS_IDS_MAX // 2):
        other = made.person(f"p{number}", home)
        made.choose(other, Decision.GIVE, stream, 2)
    answer = made.ask(collects(stream, 3))
    assert (Verdict.DENY, Code.NOT_OFFERED) == (answer.verdict, answer.reasons[0].code)


@pytest.mark.parametrize("decision", [Decision.WITHDRAW, Decision.REFUSE])
def test_a_no_stays_a_no_when_the_clock_steps_back_behind_it(decision: Decision) -> None:
    made, _, ana, stream = town(RESEARCHED)
    made.choose(ana, Decision.GIVE, stream, 1)
    made.choose(ana, decision, stream, 100)
    assert Verdict.DENY == made.ask(reads(stream, 40)).verdict
    assert Verdict.DENY == made.ask(collects(stream, 40)).verdict
    made.choose(ana, Decision.GIVE, stream, 41)
    assert Verdict.ALLOW == made.ask(reads(stream, 42)).verdict


def test_a_yes_to_less_does_not_become_a_yes_to_all_when_the_clock_steps_back_behind_it() -> None:
    made, _, ana, stream = town(RESEARCHED)
    made.choose(ana, Decision.GIVE, stream, 1)
    made.choose(ana, Decision.GIVE, stream, 100, variant="hourly-mean")
    assert made.ask(reads(stream, 40)).verdict is not Verdict.ALLOW
    assert Verdict.TRANSFORM == made.ask(reads(stream, 101)).verdict


def test_an_objection_to_own_use_stays_when_the_clock_steps_back_behind_it() -> None:
    made, home, ana, stream = town(OWNED)
    made.choose(ana, Decision.REFUSE, home, 100, purpose=OWN_PURPOSE, whole_home=True)
    assert Verdict.DENY == made.ask(reads_own(stream, 40, ana)).verdict
    assert Verdict.DENY == made.ask(collects(stream, 40)).verdict


def test_a_choice_that_would_end_before_it_begins_is_refused() -> None:
    with World(seed=1) as world:
        home = world.home("h")
        meter, ana = home.thing("water meter"), home.person("Ana")
        with pytest.raises(Refused, match="ends after it begins"):
            ana.gives(meter, to_ns=world.clock.now() - 1)
        with pytest.raises(Denied):
            world.organisation("University").reads(meter)
