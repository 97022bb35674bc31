"""Every step of the gate by its number: what passes it, and each way in which it fails."""

import pytest

from tests.made_town import (
    BILLED,
    BILLING,
    HOURLY,
    HOUSE,
    METER,
    OPERATOR,
    OWNED,
    RAW,
    RESEARCH,
    RESEARCHED,
    STRANGER,
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
from troth.gate.decide import ANYONE
from troth.gate.question import OWN_PURPOSE, Action, Answer, Asker, Code, Ground, NamedRule, Question, Step, Verdict
from troth.names import PersonId, PurposeId, StreamId, Uri
from troth.statements.choice import Decision


class Lane(Town):
    """A home with a meter where Ana lives; billing by contract, research by choice, own use."""

    def __init__(self) -> None:
        super().__init__()
        self.organisations(SUPPLIER, UNIVERSITY, STRANGER, OPERATOR)
        self.product()
        self.disclose(RESEARCHED, BILLED, OWNED)
        self.home = self.household("Harbour Lane 12")
        self.ana = self.person("Ana", self.home)
        self.meter = self.install(self.home, contract=(0, None))

    def gives(self, at: float, *, to: float | None = None, variant: str = RAW) -> None:
        self.choose(self.ana, Decision.GIVE, self.meter, at, to=to, variant=variant)


def failed(answer: Answer) -> tuple[Verdict, Step, Code | None]:
    """The verdict and the reason in front."""
    return answer.verdict, answer.reasons[0].step, answer.reasons[0].code


def denied(step: Step, code: Code) -> tuple[Verdict, Step, Code | None]:
    return Verdict.DENY, step, code


# Step 1: known


def test_step_1_known_passes_for_a_registered_party() -> None:
    lane = Lane()
    lane.gives(1)
    assert Verdict.ALLOW == lane.ask(reads(lane.meter, 2)).verdict


def test_step_1_known_denies_an_unknown_stream() -> None:
    lane = Lane()
    assert denied(Step.KNOWN, Code.UNKNOWN) == failed(lane.ask(reads(StreamId(bytes(16)), 2)))


def test_step_1_known_denies_an_unknown_party_and_does_not_name_it() -> None:
    lane = Lane()
    lane.gives(1)
    answer = lane.ask(reads(lane.meter, 2, party=Uri("https://nobody-registered.example/")))
    assert denied(Step.KNOWN, Code.UNKNOWN) == failed(answer)
    assert not answer.named


def test_step_1_known_denies_collecting_for_a_party_that_was_never_registered() -> None:
    town = Town()
    town.product()
    town.disclose(OWNED)
    home = town.household("h")
    town.person("Ana", home)
    assert denied(Step.KNOWN, Code.UNKNOWN) == failed(town.ask(collects(town.install(home), 1)))


def test_step_1_known_denies_a_person_of_another_house_and_does_not_name_them() -> None:
    lane = Lane()
    neighbour = lane.person("Ben", lane.household("Harbour Lane 14"))
    answer = lane.ask(reads_own(lane.meter, 2, neighbour))
    assert denied(Step.KNOWN, Code.UNKNOWN) == failed(answer)
    assert not answer.named


def test_step_1_known_denies_a_person_nobody_knows() -> None:
    lane = Lane()
    answer = lane.ask(reads_own(lane.meter, 2, PersonId(bytes(16))))
    assert denied(Step.KNOWN, Code.UNKNOWN) == failed(answer)


@pytest.mark.parametrize("action", [Action.SHARE, Action.CONNECT])
def test_step_1_denies_actions_this_version_does_not_offer(action: Action) -> None:
    lane = Lane()
    question = Question(action, lane.meter, Asker(UNIVERSITY, "app", RESEARCH), ns(1))
    assert denied(Step.KNOWN, Code.NOT_OFFERED) == failed(lane.ask(question))


# Step 2: declared


def test_step_2_declared_denies_when_there_is_no_disclosure() -> None:
    town = Town()
    town.organisations(SUPPLIER)
    town.product()
    home = town.household("h")
    stream = town.install(home)
    assert denied(Step.DECLARED, Code.UNDECLARED) == failed(town.ask(collects(stream, 1)))


def test_step_2_declared_denies_when_there_is_no_passport() -> None:
    town = Town()
    town.organisations(SUPPLIER)
    town.disclose(OWNED)
    home = town.household("h")
    town.person("Ana", home)
    stream = town.install(home)
    assert denied(Step.DECLARED, Code.UNDECLARED) == failed(town.ask(collects(stream, 1)))


def test_step_2_declared_denies_a_stream_the_disclosure_leaves_out() -> None:
    lane = Lane()
    lane.disclose(RESEARCHED, name="another-stream")
    assert denied(Step.DECLARED, Code.UNDECLARED) == failed(lane.ask(collects(lane.meter, 1)))


def test_step_2_declared_denies_a_purpose_nobody_disclosed() -> None:
    lane = Lane()
    lane.gives(1)
    answer = lane.ask(reads(lane.meter, 2, why=PurposeId("https://university.example/sale")))
    assert denied(Step.DECLARED, Code.UNDECLARED) == failed(answer)
    assert not answer.named


def test_step_2_declared_denies_a_recipient_that_is_not_named_even_after_a_yes() -> None:
    lane = Lane()
    lane.gives(1)
    answer = lane.ask(reads(lane.meter, 2, party=STRANGER))
    assert denied(Step.DECLARED, Code.UNDECLARED) == failed(answer)
    assert not answer.named


def test_step_2_declared_denies_the_operator_like_everybody_else() -> None:
    lane = Lane()
    lane.gives(1)
    assert denied(Step.DECLARED, Code.UNDECLARED) == failed(lane.ask(reads(lane.meter, 2, party=OPERATOR)))
    assert denied(Step.DECLARED, Code.UNDECLARED) == failed(
        lane.ask(reads(lane.meter, 2, party=OPERATOR, why=OWN_PURPOSE))
    )


def test_step_2_declared_denies_a_party_that_calls_its_purpose_own() -> None:
    lane = Lane()
    answer = lane.ask(reads(lane.meter, 2, party=SUPPLIER, why=OWN_PURPOSE))
    assert denied(Step.DECLARED, Code.UNDECLARED) == failed(answer)


def test_step_2_declared_denies_collecting_by_a_party_that_does_not_answer_for_the_stream() -> None:
    lane = Lane()
    assert denied(Step.DECLARED, Code.UNDECLARED) == failed(lane.ask(collects(lane.meter, 1, party=UNIVERSITY)))


def test_step_2_declared_denies_a_purpose_without_any_view() -> None:
    lane = Lane()
    lane.disclose(purpose(RESEARCH, to=(UNIVERSITY,)))
    assert denied(Step.DECLARED, Code.UNDECLARED) == failed(lane.ask(reads(lane.meter, 1)))
    assert denied(Step.DECLARED, Code.UNDECLARED) == failed(lane.ask(collects(lane.meter, 1)))


@pytest.mark.parametrize("unknown", [view("every-second", "choice"), view(RAW, "because")])
def test_step_2_declared_denies_a_view_or_ground_this_version_does_not_know(unknown: object) -> None:
    lane = Lane()
    lane.gives(1)
    lane.disclose(purpose(RESEARCH, unknown, to=(UNIVERSITY,)))  # type: ignore[arg-type]  # two views, parametrized
    assert denied(Step.DECLARED, Code.NOT_OFFERED) == failed(lane.ask(reads(lane.meter, 2)))


def test_step_2_a_newer_disclosure_without_the_recipient_ends_the_reading() -> None:
    lane = Lane()
    lane.gives(1)
    assert Verdict.ALLOW == lane.ask(reads(lane.meter, 2)).verdict
    lane.disclose(purpose(RESEARCH, view(RAW, "choice"), to=(STRANGER,)), OWNED)
    assert denied(Step.DECLARED, Code.UNDECLARED) == failed(lane.ask(reads(lane.meter, 2)))


def test_step_2_what_is_open_to_anyone_still_needs_the_disclosed_purpose() -> None:
    lane = Lane()
    lane.disclose(purpose(BILLING, view(RAW, "contract"), to=(ANYONE,)))
    assert Verdict.ALLOW == lane.ask(reads(lane.meter, 2, party=ANYONE, why=BILLING)).verdict
    assert Verdict.ALLOW == lane.ask(reads(lane.meter, 2, party=STRANGER, why=BILLING)).verdict
    assert denied(Step.DECLARED, Code.UNDECLARED) == failed(lane.ask(reads(lane.meter, 2, party=ANYONE)))


# Step 3: grounded (each ground has its own file: test_gate_grounds.py)


def test_step_3_grounded_denies_when_nobody_has_said_yes() -> None:
    lane = Lane()
    answer = lane.ask(reads(lane.meter, 2))
    assert denied(Step.GROUNDED, Code.NO_GROUND) == failed(answer)
    assert answer.named, "the university is a disclosed recipient, so it may be told"
    assert () == answer.covered


# Steps 4 to 7 pass only where there is nothing to settle


def test_step_4_placed_denies_place_when_a_hop_has_not_said_that_it_lies_where_the_disclosure_lets_it() -> None:
    lane = Lane()
    lane.gives(1)
    lane.disclose(RESEARCHED, BILLED, OWNED, places=("EU",))
    for question in (reads(lane.meter, 2), collects(lane.meter, 2)):
        assert denied(Step.PLACED, Code.PLACE) == failed(lane.ask(question))
    assert Verdict.ALLOW == lane.ask(reads_own(lane.meter, 2, lane.ana)).verdict, "nobody gets what is one's own"


def test_step_5_permitted_denies_what_a_rule_forbids_and_names_it() -> None:
    lane = Lane()
    lane.gives(1)
    said = lane.ruled(
        '@id("no-research") @cites("House rules, 4") @says("No research.")'
        f'forbid(principal in Purpose::"{RESEARCH}", action == Action::"read", resource);'
    )
    answer = lane.ask(reads(lane.meter, 2))
    assert denied(Step.PERMITTED, Code.POLICY) == failed(answer)
    assert (NamedRule("no-research", "House rules, 4", "No research."),) == answer.reasons[0].rules
    assert (said.signed.id,) == answer.reasons[0].statements
    assert Verdict.ALLOW == lane.ask(collects(lane.meter, 2)).verdict


def test_step_5_permitted_denies_not_offered_what_rules_that_cannot_be_read_could_be_about() -> None:
    lane = Lane()
    lane.disclose(RESEARCHED, BILLED)
    lane.gives(1)
    lane.ruled("forbid(principal, action, resource) when { resource like nothing };")
    for question in (reads(lane.meter, 2), collects(lane.meter, 2)):
        assert denied(Step.PERMITTED, Code.NOT_OFFERED) == failed(lane.ask(question))


def test_step_5_permitted_is_lifted_by_own_for_collecting_and_reading() -> None:
    lane = Lane()
    lane.ruled("forbid(principal, action, resource);")
    assert Verdict.ALLOW == lane.ask(reads_own(lane.meter, 2, lane.ana)).verdict
    collected = lane.ask(collects(lane.meter, 2))
    assert Verdict.ALLOW == collected.verdict
    assert {Ground.OWN} == {each.ground for each in collected.reasons}


def test_step_5_permitted_denies_what_a_rule_that_cannot_be_evaluated_is_about() -> None:
    lane = Lane()
    lane.gives(1)
    lane.ruled(
        '@id("huge") @cites("x") @says("y") forbid(principal, action, resource)'
        "when { context.kept_days * 9223372036854775807 > 3 };"
    )
    assert denied(Step.PERMITTED, Code.POLICY) == failed(lane.ask(reads(lane.meter, 2)))


def test_step_5_permitted_shows_a_coarser_view_where_only_the_finer_one_is_forbidden() -> None:
    lane = Lane()
    lane.gives(1)
    lane.ruled('forbid(principal, action == Action::"read", resource) when { context.view == View::"raw" };')
    answer = lane.ask(reads(lane.meter, 2))
    assert (Verdict.TRANSFORM, HOURLY) == (answer.verdict, answer.variant)


def test_step_5_permitted_holds_for_the_minute_where_a_rule_reads_the_time() -> None:
    lane = Lane()
    lane.gives(1)
    lane.ruled(
        'forbid(principal, action == Action::"read", resource) when { context.at >= datetime("2026-03-01T08:03:00Z") };'
    )
    before = lane.ask(reads(lane.meter, 2.5))
    assert (Verdict.ALLOW, ns(3)) == (before.verdict, before.until_ns)
    assert denied(Step.PERMITTED, Code.POLICY) == failed(lane.ask(reads(lane.meter, 3)))


def test_step_6_small_groups_denies_what_is_of_one_home_where_the_disclosure_states_a_group_size() -> None:
    lane = Lane()
    lane.gives(1)
    lane.disclose(RESEARCHED, BILLED, OWNED, group_size=5)
    assert denied(Step.SMALL_GROUPS, Code.SMALL_GROUP) == failed(lane.ask(reads(lane.meter, 2)))
    assert Verdict.ALLOW == lane.ask(collects(lane.meter, 2)).verdict, "nothing leaves by it"
    assert Verdict.ALLOW == lane.ask(reads_own(lane.meter, 2, lane.ana)).verdict, "nothing leaves towards somebody else"


def test_step_7_safe_denies_not_offered_for_every_act() -> None:
    lane = Lane()
    lane.gives(1)
    question = Question(Action.ACT, lane.meter, Asker(UNIVERSITY, "app", RESEARCH), ns(2))
    assert denied(Step.SAFE, Code.NOT_OFFERED) == failed(lane.ask(question))


def test_an_earlier_step_speaks_before_a_later_one() -> None:
    lane = Lane()
    lane.disclose(RESEARCHED, places=("EU",), group_size=5)
    lane.ruled("forbid(principal, action, resource);")
    assert denied(Step.GROUNDED, Code.NO_GROUND) == failed(lane.ask(reads(lane.meter, 2)))
    lane.gives(1)
    assert denied(Step.PLACED, Code.PLACE) == failed(lane.ask(reads(lane.meter, 2)))


# Step 8: narrowed


def test_step_8_narrowed_gives_the_raw_stream_after_a_yes_to_it() -> None:
    lane = Lane()
    lane.gives(1)
    answer = lane.ask(reads(lane.meter, 2))
    assert (Verdict.ALLOW, RAW, Step.NARROWED) == (answer.verdict, answer.variant, answer.reasons[-1].step)


def test_step_8_narrowed_gives_the_coarser_view_after_a_yes_to_that_only() -> None:
    lane = Lane()
    lane.gives(1, variant=HOURLY)
    answer = lane.ask(reads(lane.meter, 2))
    assert (Verdict.TRANSFORM, HOURLY) == (answer.verdict, answer.variant)
    assert [Code.NO_GROUND, None] == [reason.code for reason in answer.reasons], "it says why it is not more"


def test_step_8_narrowed_tries_views_from_the_most_revealing_whatever_their_order_on_paper() -> None:
    lane = Lane()
    lane.disclose(purpose(RESEARCH, view(HOURLY, "choice"), view(RAW, "choice"), to=(UNIVERSITY,)))
    lane.gives(1)
    assert RAW == lane.ask(reads(lane.meter, 2)).variant


def test_step_8_narrowed_never_goes_below_what_was_disclosed() -> None:
    lane = Lane()
    lane.disclose(purpose(RESEARCH, view(RAW, "choice"), to=(UNIVERSITY,)))
    lane.gives(1, variant=HOURLY)
    assert denied(Step.GROUNDED, Code.NO_GROUND) == failed(lane.ask(reads(lane.meter, 2)))


def test_step_8_a_raw_view_that_fails_leaves_the_coarser_one_on_its_own_ground() -> None:
    lane = Lane()
    views = (view(RAW, "choice"), view(HOURLY, "contract"))
    lane.disclose(purpose(RESEARCH, *views, to=(UNIVERSITY,)))
    lane.gives(1)
    assert RAW == lane.ask(reads(lane.meter, 2)).variant
    lane.choose(lane.ana, Decision.WITHDRAW, lane.meter, 3)
    answer = lane.ask(reads(lane.meter, 4))
    assert (Verdict.TRANSFORM, HOURLY) == (answer.verdict, answer.variant)
    assert Code.WITHDRAWN == answer.reasons[0].code


def test_the_reasons_of_a_denial_are_those_of_the_least_revealing_view() -> None:
    lane = Lane()
    views = (view(RAW, "settled"), view(HOURLY, "choice"))
    lane.disclose(purpose(RESEARCH, *views, to=(UNIVERSITY,)))
    lane.choose(lane.ana, Decision.REFUSE, lane.meter, 1)
    assert denied(Step.GROUNDED, Code.REFUSED) == failed(lane.ask(reads(lane.meter, 2)))


def test_an_answer_rests_on_installation_passport_disclosure_and_the_choices() -> None:
    lane = Lane()
    lane.gives(1)
    ids = {each.signed.id: each.kind.name for each in lane.said}
    answer = lane.ask(reads(lane.meter, 2))
    assert ["choice", "disclosure", "home-installation", "membership", "passport", "person"] == sorted(
        ids[each] for each in answer.rests_on
    )
    assert sorted(answer.rests_on) == list(answer.rests_on)


def test_deciding_twice_gives_the_same_answer() -> None:
    lane = Lane()
    lane.gives(1)
    for question in (reads(lane.meter, 2), collects(lane.meter, 2), reads(lane.meter, 2, why=HOUSE)):
        assert lane.ask(question) == lane.ask(question)


def test_another_product_with_the_same_stream_name_changes_nothing() -> None:
    lane = Lane()
    lane.gives(1)
    before = lane.ask(reads(lane.meter, 2))
    other = Uri("https://maker.example/other")
    lane.product(other)
    lane.disclose(purpose(RESEARCH, view(RAW, "nobody"), to=(ANYONE,)), product=other)
    assert before == lane.ask(reads(lane.meter, 2))
    assert METER != other
