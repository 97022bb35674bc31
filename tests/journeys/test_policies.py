"""Whoever runs a place writes its rules: looked at, tried, put in force, taken back; and what each does on a whole node."""

from collections.abc import Iterator
from typing import Final

import msgspec
import pytest

from troth.errors import BadPolicies, Conflict, Denied, NotFound, Refused
from troth.gate.decide import kept_days
from troth.gate.question import Action
from troth.gate.rules.share_terms import SHARE
from troth.gate.words import RULES_SAID
from troth.journeys.policies import LOOK_HOLDS_S, Looked
from troth.journeys.share_values import Wanted
from troth.names import print_stream
from troth.state.in_force import Reading
from troth.statements.disclosure import DisclosedPurpose, DisclosedVariant
from troth.statements.erasure import Asked
from troth.statements.kinds import KindName
from troth.statements.operator_policies import OperatorPoliciesBody
from troth.statements.passport import ProductFunction
from troth.testing.people import HOUSE, RESEARCH, Home, Org, WorldPerson, WorldThing, own_use, research
from troth.testing.world import World
from troth.things.observations import Refusal, Variant

NO_RESEARCH: Final = f"""
@id("no-research") @cites("House rules, 4") @says("Nothing of a home is given to research.")
forbid (principal in Purpose::"{RESEARCH}", action == Action::"read", resource) when {{ resource.home }};
"""
NO_KEEPING: Final = f"""
@id("no-keeping") @cites("House rules, 5") @says("Nothing is kept for research.")
forbid (principal in Purpose::"{RESEARCH}", action == Action::"collect", resource);
"""
NO_SHARING: Final = """
@id("no-sharing") @cites("House rules, 6") @says("Nothing of a home is shared with others.")
forbid (principal, action == Action::"share", resource) when { resource.home };
"""
ALARM: Final = DisclosedPurpose(
    HOUSE,
    "The alarm",
    "it wakes you",
    (),
    (DisclosedVariant(Variant.RAW, "contract"),),
    30,
    essential=True,
    function="the smoke alarm",
)


class Lane:
    """A home with a meter, where Ana lives and has said yes; a university that reads."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.home: Home = world.home("Harbour Lane 12")
        self.meter: WorldThing = self.home.thing("water meter")
        self.ana: WorldPerson = self.home.person("Ana")
        self.university: Org = world.organisation("University")
        self.ana.gives(self.meter)
        self.meter.says(1.0)

    def looks(self, text: str | None) -> Looked:
        return self.world.run(self.world.node.grounding.policies.look(text))

    def puts(self, text: str | None, *, even_essential: bool = False) -> int:
        looked = self.looks(text)
        assert looked.look is not None, looked.findings
        policies = self.world.node.grounding.policies
        return self.world.run(
            policies.put_in_force(text, "Agreed in May.", look=looked.look, even_essential=even_essential)
        )


@pytest.fixture
def lane() -> Iterator[Lane]:
    with World(seed=23) as world:
        yield Lane(world)


# --- in force


def test_a_rule_stops_a_reading_with_its_words_and_taking_it_back_lets_it_go_on(lane: Lane) -> None:
    assert 1 == len(lane.university.reads(lane.meter))
    assert 1 == lane.puts(NO_RESEARCH)
    with pytest.raises(Denied) as denied:
        lane.university.reads(lane.meter)
    assert "policy" == denied.value.reason_code
    assert "Nothing of a home is given to research." in denied.value.message
    assert "Ana" not in denied.value.message
    assert 1 == len(lane.ana.reads(lane.meter))
    assert isinstance(lane.meter.says(2.0), int)
    lane.world.restart()
    with pytest.raises(Denied):
        lane.university.reads(lane.meter)
    assert 2 == lane.puts(None)
    assert 2 == len(lane.university.reads(lane.meter))
    now = lane.world.node.grounding.policies.now()
    assert (2, (), None, "Agreed in May.") == (now.version, now.rules, now.text, now.because)


def test_who_listens_hears_nothing_any_more_once_a_rule_is_acknowledged(lane: Lane) -> None:
    hearing = lane.university.listens(lane.meter)
    lane.meter.says(2.0)
    lane.world.advance(1)
    heard = len(hearing.rows)
    assert heard
    lane.puts(NO_RESEARCH)
    lane.meter.says(3.0)
    lane.world.advance(1)
    assert heard == len(hearing.rows)
    assert hearing.ended is not None
    assert "policy" == hearing.ended[0]
    assert "Nothing of a home is given to research." in hearing.ended[1]


def test_what_a_rule_forbids_to_keep_is_refused_and_counted_while_nobody_keeps_it_for_themselves(lane: Lane) -> None:
    other = lane.home.thing("rain gauge", purposes=(research(),))
    lane.ana.gives(other)
    assert isinstance(other.says(1.0), int)
    lane.puts(NO_KEEPING)
    assert Refusal.POLICY is other.says(2.0)
    assert isinstance(lane.meter.says(2.0), int), "own use is not stopped"
    assert 1 == lane.world.node.hear.tally(other.joined.thing).refused["policy"]
    lane.puts(None)
    assert isinstance(other.says(3.0), int)


def test_what_is_kept_for_less_long_is_told_before_and_is_so_after(lane: Lane) -> None:
    short = msgspec.structs.replace(own_use(), retention_days=30)
    gauge = lane.home.thing("rain gauge", purposes=(short, research()))
    lane.ana.gives(gauge)

    assert 365 == _kept_days(lane, gauge)
    looked = lane.looks(NO_KEEPING)
    assert looked.tried is not None
    assert [("rain gauge", 365, 30)] == [(each.product, each.before, each.after) for each in looked.tried.shorter]
    lane.puts(NO_KEEPING)
    assert 30 == _kept_days(lane, gauge)


def test_the_journal_is_replayed_to_the_same_rules(lane: Lane) -> None:
    lane.puts(NO_RESEARCH)
    before = Reading(lane.world.node.leases.in_force).deployment()
    lane.world.restart()
    assert before == Reading(lane.world.node.leases.in_force).deployment()
    assert before.policies is not None
    assert NO_RESEARCH == before.policies.text


# --- looked at


def test_nothing_holds_by_being_looked_at_and_what_would_change_is_named(lane: Lane) -> None:
    lane.university.reads(lane.meter)
    looked = lane.looks(NO_RESEARCH)
    assert looked.tried is not None
    assert ["no-research"] == [each.id for each in looked.rules]
    changed = [each for each in looked.tried.changed if each.asked]
    assert {("University", "Research", "water meter", "flow", True)} == {
        (each.party, each.what_for, each.product, each.stream, each.stopped) for each in changed
    }
    assert {Variant.RAW, Variant.HOURLY_MEAN} == {each.facts.view for each in changed}
    assert all(each.facts.home and not each.facts.stream and not each.facts.place for each in changed)
    assert 1 == len(lane.university.reads(lane.meter))
    assert 0 == lane.world.node.grounding.policies.now().version


def test_what_was_not_asked_is_tried_as_declared_and_after_a_restart_all_of_it_is(lane: Lane) -> None:
    lane.world.restart()
    looked = lane.looks(NO_RESEARCH)
    assert looked.tried is not None
    assert looked.tried.changed
    assert not any(each.asked for each in looked.tried.changed)
    assert {Action.READ} == {each.facts.action for each in looked.tried.changed}


def test_what_was_asked_before_a_restart_is_tried_after_it_whether_it_was_allowed_or_not(lane: Lane) -> None:
    lane.university.reads(lane.meter)
    shop = lane.world.organisation("Supplier")
    with pytest.raises((Denied, NotFound)):
        shop.reads(lane.meter)
    lane.world.advance(6)
    before = lane.looks(NO_RESEARCH).tried
    for start in (lane.world.restart, lane.world.crash):
        start()
        after = lane.looks(NO_RESEARCH).tried
        assert after == before
        assert after is not None
        assert any(each.asked for each in after.changed)
        lane.world.advance(6)
    lane.world.clock.step(32 * 86_400)
    lane.world.restart()
    late = lane.looks(NO_RESEARCH).tried
    assert late is not None
    assert late.changed
    assert not any(each.asked for each in late.changed)


def test_what_could_be_shared_is_tried_and_nobodys_share_changes_it(lane: Lane) -> None:
    text = NO_SHARING
    before = lane.looks(text).tried
    assert before is not None
    assert before.changed
    assert {True} == {each.could for each in before.changed}
    assert {"share"} == {each.facts.action.value for each in before.changed}
    assert before.shareable
    assert not before.more_shareable
    sharing = lane.world.node.sharing.share
    to_ns = lane.world.clock.now() + 10 * 86_400_000_000_000
    wanted = Wanted(lane.university.uri, f"{SHARE}science", (lane.meter.stream,), to_ns)
    notice = sharing.seen.offered().notice
    lane.world.run(sharing.begin(lane.ana.person, wanted, notice=notice, made_by="session"))
    assert before == lane.looks(text).tried


def test_a_rule_that_meets_nothing_is_named_and_changes_nothing(lane: Lane) -> None:
    slip = NO_RESEARCH.replace("resource.home", 'resource.senses == "hart"')
    looked = lane.looks(slip)
    assert looked.tried is not None
    assert not looked.tried.changed
    assert ["no-research"] == [each.id for each in looked.tried.idle]


def test_a_rule_that_depends_on_the_time_is_named_as_such(lane: Lane) -> None:
    night = 'context.at.toTime() < duration("6h")'
    looked = lane.looks(NO_RESEARCH.replace("resource.home", f"resource.home && {night}"))
    assert looked.tried is not None
    assert (["no-research"], ()) == ([each.id for each in looked.tried.timed], looked.tried.idle)
    assert lane.looks(NO_KEEPING.replace("resource)", f"resource) when {{ {night} }}")).findings


def test_whether_somebody_has_said_yes_changes_nothing_of_what_is_told(lane: Lane) -> None:
    lane.university.reads(lane.meter)
    before = lane.looks(NO_RESEARCH).tried
    lane.ana.refuses(lane.meter)
    with pytest.raises(Denied):
        lane.university.reads(lane.meter)
    assert before == lane.looks(NO_RESEARCH).tried


def test_another_home_of_the_same_kind_changes_nothing_of_what_is_told(lane: Lane) -> None:
    lane.university.reads(lane.meter)
    before = lane.looks(NO_RESEARCH).tried
    other = lane.world.home("Harbour Lane 14")
    ben, second = other.person("Ben"), other.thing("water meter")
    ben.gives(second)
    lane.university.reads(second)
    assert before == lane.looks(NO_RESEARCH).tried


def test_what_somebody_erased_was_asked_about_is_forgotten(lane: Lane) -> None:
    lane.university.reads(lane.meter)
    stream = lane.meter.stream
    assert stream in {each.stream for each in lane.world.node.leases.lately.questions()}
    erase = lane.world.node.erase
    digest = erase.preview(lane.ana.person).digest
    lane.world.run(erase.confirm(lane.ana.person, digest, made_by=Asked.SESSION))
    assert stream not in {each.stream for each in lane.world.node.leases.lately.questions()}


def test_what_people_ask_about_their_own_is_never_noted(lane: Lane) -> None:
    lane.ana.reads(lane.meter)
    assert all(each.asker.person is None for each in lane.world.node.leases.lately.questions())


# --- put in force


def test_rules_hold_only_by_a_look_that_is_fresh_and_of_the_same_text(lane: Lane) -> None:
    policies, world = lane.world.node.grounding.policies, lane.world
    looked = lane.looks(NO_RESEARCH)
    assert looked.look is not None
    for text, look in ((NO_RESEARCH, bytes(32)), (NO_KEEPING, looked.look), (None, looked.look)):
        with pytest.raises(Conflict):
            world.run(policies.put_in_force(text, "So.", look=look))
    with pytest.raises(Refused):
        world.run(policies.put_in_force(NO_RESEARCH, " ", look=looked.look))
    other = lane.looks(NO_KEEPING)
    assert other.look is not None
    world.run(policies.put_in_force(NO_KEEPING, "So.", look=other.look))
    with pytest.raises(Conflict):
        world.run(policies.put_in_force(NO_RESEARCH, "So.", look=looked.look))
    again = lane.looks(NO_RESEARCH)
    assert again.look is not None
    world.advance(LOOK_HOLDS_S + 1)
    with pytest.raises(Conflict):
        world.run(policies.put_in_force(NO_RESEARCH, "So.", look=again.look))
    assert 1 == policies.now().version


def test_what_a_thing_needs_to_work_is_stopped_only_where_that_is_said(lane: Lane) -> None:
    lane.home.thing("smoke alarm", purposes=(ALARM,), contract=None)
    text = f"""@id("none") @cites("House rules, 6") @says("No alarm.")
        forbid (principal in Purpose::"{HOUSE}", action == Action::"collect", resource)
        when {{ context.ground == Ground::"contract" }};"""
    looked = lane.looks(text)
    assert looked.look is not None
    assert looked.tried is not None
    assert ["the smoke alarm"] == [each.function for each in looked.tried.changed if each.essential]
    with pytest.raises(BadPolicies, match="essential function"):
        lane.puts(text)
    assert 1 == lane.puts(text, even_essential=True)


def test_what_the_passport_says_a_thing_is_there_for_counts_as_essential_too(lane: Lane) -> None:
    node = lane.world.node
    used = msgspec.structs.replace(ALARM, essential=False)
    alarm = lane.home.thing("smoke alarm", purposes=(used,))
    text = NO_KEEPING.replace(RESEARCH, HOUSE)
    product = node.directory.products[node.directory.things[alarm.joined.thing].body.product]
    for functions, essential in ((), False), ((ProductFunction("the smoke alarm", essential=True),), True):
        lane.world.run(node.join.product(msgspec.structs.replace(product, functions=functions)))
        looked = lane.looks(text)
        assert looked.tried is not None
        assert essential is looked.tried.stops_essential


def test_of_many_rules_that_stop_something_the_first_are_said(lane: Lane) -> None:
    rules = [NO_RESEARCH.replace('"no-research"', f'"r{at}"').replace("Nothing", f"{at}: nothing") for at in range(9)]
    lane.puts("".join(rules))
    with pytest.raises(Denied) as denied:
        lane.university.reads(lane.meter)
    said = denied.value.message
    assert all(f"{at}: nothing of a home is given to research." in said for at in range(RULES_SAID))
    assert said.endswith("And 6 more rules.")


def test_rules_that_are_signed_elsewhere_are_linted_all_the_same(lane: Lane) -> None:
    say = lane.world.node.say
    for body in (
        OperatorPoliciesBody(1, "So.", "permit(principal, action, resource);"),
        OperatorPoliciesBody(2, "So.", NO_RESEARCH),
        OperatorPoliciesBody(1, "So.", NO_RESEARCH.replace("House rules, 4", "")),
        OperatorPoliciesBody(1, "So.", "(" * 30_000),
    ):
        with pytest.raises(BadPolicies):
            lane.world.run(say.say(KindName.OPERATOR_POLICIES, body, subject="rules"))
    assert 0 == lane.world.node.grounding.policies.now().version


def test_a_stream_of_a_home_is_never_named_in_the_open(lane: Lane) -> None:
    named = NO_RESEARCH.replace("resource)", f'resource == Stream::"{print_stream(lane.meter.stream)}")')
    assert ["no-research"] == [each.rule for each in lane.looks(named).findings]
    public = lane.world.thing("gauge")
    assert () == lane.looks(named.replace(print_stream(lane.meter.stream), print_stream(public.stream))).findings


def values(lane: Lane, meter: WorldThing) -> list[object]:
    return [each.result for each in lane.university.reads(meter)]


def _kept_days(lane: Lane, thing: WorldThing) -> int | None:
    node = lane.world.node
    return kept_days(thing.stream, Reading(node.leases.in_force), at_ns=lane.world.clock.now())
