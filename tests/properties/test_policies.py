"""Rules of a place, alone: what may be written, what can never apply, and that they are asked as Cedar would be."""

import json
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Final

import msgspec
import pytest
from cedarpy import Decision, Entities, PolicySet, is_authorized
from hypothesis import given
from hypothesis import strategies as st

from tests.made_town import (
    BILLED,
    BILLING,
    HOURLY,
    METER,
    OWNED,
    RAW,
    RESEARCH,
    RESEARCHED,
    STRANGER,
    SUPPLIER,
    UNIVERSITY,
    Town,
    collects,
    reads,
    reads_own,
)
from troth.errors import BadPolicies
from troth.gate.policies.facts import NOT_SPECIAL, Facts
from troth.gate.policies.lint import Registered, check_policies, lint
from troth.gate.policies.reading import COMPARED
from troth.gate.policies.ruleset import Ruled, Ruleset, ruleset_of
from troth.gate.policies.schema import SCHEMA, compared, entities_of, request_of, schema
from troth.gate.question import Action, Code, Ground, Question, Verdict
from troth.names import StreamId, print_stream
from troth.statements.choice import Decision as Said
from troth.statements.operator_policies import OperatorPoliciesBody
from troth.things.intervals import FOREVER

PUBLIC: Final = print_stream(StreamId(b"\x07" * 16))
TERM: Final = "https://w3id.org/dpv#Marketing"
CLASS: Final = "urn:troth:class:broker"
KNOWN: Final = Registered({UNIVERSITY, STRANGER}, {METER}, {PUBLIC}.__contains__)
HEADS: Final = (
    "principal, action, resource",
    f'principal in Party::"{UNIVERSITY}", action, resource',
    f'principal in Party::"{STRANGER}", action == Action::"read", resource',
    f'principal is Asker in Purpose::"{RESEARCH}", action in [Action::"read", Action::"collect"], resource',
    f'principal in Class::"{CLASS}", action, resource',
    f'principal in Term::"{TERM}", action, resource is Stream',
    f'principal, action == Action::"connect", resource in Product::"{METER}"',
    f'principal, action, resource == Stream::"{PUBLIC}"',
    'principal is Asker, action == Action::"collect", resource in Product::"https://maker.example/other"',
)
CONDITIONS: Final = (
    "",
    'when { context.ground == Ground::"choice" }',
    'when { context.view == View::"raw" } unless { context.essential }',
    "when { resource.home && context.kept_days > 30 }",
    'when { resource.senses like "pul*" || resource.special != Special::"none" }',
    'unless { principal.app == "curves" }',
    f'when {{ context.recipients.contains("{STRANGER}") }}',
    "when { context.kept_days * 9223372036854775807 > 3 }",
    f'when {{ principal in Purpose::"{BILLING}" }}',
    "when { resource.home && context.kept_days * 9223372036854775807 > 3 }",
    "when { context.kept_days * 9223372036854775807 > 3 && resource.home }",
    'when { !resource.home && (context.ground == Ground::"choice" && resource.senses == "pulse") }',
    'when { context.kept_days == 30 } when { resource.special == Special::"health" }',
    "unless { resource.home }",
    'when { context.rows } unless { context.view == View::"mean=PT1H,round=0.5" }',
    'when { principal.app == "it\\"s \\\\ odd\\n" }',
    f'unless {{ principal in Term::"{TERM}" }}',
    f'when {{ resource.home }} unless {{ principal is Asker in Term::"{TERM}" || context.essential }}',
)


def rule(name: str, head: str = HEADS[0], condition: str = "", *, cites: str = "House rules, 4") -> str:
    return f'@id("{name}") @cites("{cites}") @says("Not here.") forbid({head}) {condition};'


def texts() -> st.SearchStrategy[str]:
    """Up to six rules of these heads and conditions."""
    one = st.tuples(st.sampled_from(HEADS), st.sampled_from(CONDITIONS))
    return st.lists(one, min_size=1, max_size=6).map(
        lambda made: "\n".join(rule(f"r{at}", head, condition) for at, (head, condition) in enumerate(made))
    )


def facts() -> st.SearchStrategy[Facts]:
    return st.builds(
        Facts,
        action=st.sampled_from([Action.COLLECT, Action.READ, Action.CONNECT]),
        party=st.sampled_from([UNIVERSITY, STRANGER, SUPPLIER]),
        app=st.sampled_from(["curves", 'it"s \\ odd\n']),
        purpose=st.sampled_from([RESEARCH, BILLING]),
        product=st.sampled_from([METER, "https://maker.example/other"]),
        name=st.just("flow"),
        home=st.booleans(),
        ground=st.sampled_from([each.value for each in Ground]),
        view=st.sampled_from(["raw", "hourly-mean", "mean=PT1H,round=0.5"]),
        classes=st.sampled_from([(), (CLASS,)]),
        terms=st.sampled_from([(), (TERM,)]),
        said_terms=st.sampled_from([(), (TERM,)]),
        stream=st.sampled_from(["", PUBLIC, print_stream(StreamId(b"\x08" * 16))]),
        senses=st.sampled_from(["pulse", "level", ""]),
        sector=st.sampled_from(["health", ""]),
        special=st.sampled_from([NOT_SPECIAL, "health"]),
        place=st.sampled_from(["", "Bridge"]),
        essential=st.booleans(),
        kept_days=st.integers(1, 400),
        recipients=st.sampled_from([(), (STRANGER,)]),
        rows=st.booleans(),
    )


def made(text: str) -> Ruleset:
    found = ruleset_of(text)
    assert found is not None
    return found


# --- asked


@given(texts(), facts(), st.integers(0, 2_000_000_000))
def test_rules_are_asked_as_cedar_would_be_of_all_of_them_with_the_schema(text: str, asked: Facts, at_s: int) -> None:
    rules = made(text)
    # What a head may meet differs from what a condition may: for Cedar the terms of heads are classes here.
    heads = text.replace(f'in Term::"{TERM}", action', f'in Class::"{TERM}", action')
    whole = PolicySet.from_str(f"permit(principal, action, resource);\n{heads}")
    at_ns = at_s * 1_000_000_000
    told = msgspec.structs.replace(asked, classes=(*asked.classes, *asked.terms))
    entities = Entities.from_json_str(json.dumps(entities_of(told)), schema())
    said = is_authorized(request_of(asked, at_ns=at_ns), whole, entities, schema())
    ours = rules.ask(asked, at_ns=at_ns)
    assert (said.decision is Decision.Allow and not said.diagnostics.errors) is ours.passes
    named = said.diagnostics.id_annotations_by_reason
    forbidding = {named[each] for each in said.diagnostics.reasons if each in named}
    assert forbidding == {each.id for each in ours.forbidding}
    assert len(said.diagnostics.errors) == len(ours.failed)
    assert ours == rules.ask(asked, at_ns=at_ns), "what is remembered is what was said"


@given(st.lists(st.tuples(st.sampled_from(HEADS), st.sampled_from(CONDITIONS)), min_size=1, max_size=5), facts())
def test_a_further_rule_never_lets_through_what_fewer_stop(parts: list[tuple[str, str]], asked: Facts) -> None:
    whole = [rule(f"r{at}", head, condition) for at, (head, condition) in enumerate(parts)]
    passes = made("\n".join(whole)).ask(asked, at_ns=0).passes
    for fewer in combinations(whole, len(whole) - 1):
        assert (made("\n".join(fewer)).ask(asked, at_ns=0).passes if fewer else True) >= passes


def test_a_rule_that_reads_the_time_holds_for_its_minute_and_is_asked_again() -> None:
    rules = made(rule("night", condition='when { context.at.toTime() < duration("6h") }'))
    asked = Facts(Action.READ, UNIVERSITY, "app", RESEARCH, METER, "flow", home=True, ground="choice", view="raw")
    six = 6 * 3_600 * 1_000_000_000
    minute = 60 * 1_000_000_000
    assert (False, six) == ((before := rules.ask(asked, at_ns=six - 1)).passes, before.until_ns)
    assert (True, six + minute) == ((after := rules.ask(asked, at_ns=six)).passes, after.until_ns)
    assert FOREVER == made(rule("never", HEADS[2])).ask(asked, at_ns=six).until_ns


def test_a_rule_that_takes_the_context_whole_forgets_neither_the_time_nor_what_is_in_it() -> None:
    asked = Facts(
        Action.READ, UNIVERSITY, "app", RESEARCH, METER, "flow", home=True, ground="choice", view="raw", kept_days=30
    )
    minute = 60 * 1_000_000_000
    whole = """{"ground": Ground::"choice", "view": View::"raw", "rows": true, "essential": false, "kept_days": 30,
        "recipients": [], "at": datetime("1970-01-01T00:01:00Z")}"""
    rules = made(rule("r", condition=f"when {{ context == {whole} }}"))
    stopped = (
        rules.ask(asked, at_ns=0),
        rules.ask(asked, at_ns=minute),
        rules.ask(msgspec.structs.replace(asked, kept_days=31), at_ns=minute),
        rules.ask(asked, at_ns=2 * minute),
    )
    assert [True, False, True, True] == [each.passes for each in stopped]
    assert minute == stopped[0].until_ns


def test_every_fact_that_is_compared_here_has_a_value_that_is() -> None:
    asked = Facts(Action.READ, "a", "b", "c", "d", "e", home=True, ground="own", view="raw")
    assert COMPARED == compared(asked).keys()


def test_what_is_not_met_costs_no_call_and_passes() -> None:
    asked = Facts(Action.READ, SUPPLIER, "app", BILLING, METER, "flow", home=True, ground="contract", view="raw")
    assert Ruled() == made(rule("r", HEADS[1], CONDITIONS[7])).ask(asked, at_ns=0)


# --- in the gate


@st.composite
def streets(draw: st.DrawFn) -> tuple[Town, list[Question]]:
    town = Town()
    town.organisations(SUPPLIER, UNIVERSITY, STRANGER)
    town.product()
    town.disclose(RESEARCHED, BILLED, OWNED)
    home = town.household("h")
    ana = town.person("Ana", home)
    meter = town.install(home, contract=(0, None) if draw(st.booleans()) else None)
    for at, decision in enumerate(draw(st.lists(st.sampled_from(list(Said)), max_size=3)), 1):
        town.choose(ana, decision, meter, at, variant=draw(st.sampled_from([RAW, HOURLY])))
    questions = [reads(meter, 9), reads(meter, 9, party=STRANGER), collects(meter, 9), reads_own(meter, 9, ana)]
    return town, questions


def order(verdict: Verdict) -> int:
    return [Verdict.DENY, Verdict.TRANSFORM, Verdict.ALLOW].index(verdict)


@given(streets(), texts())
def test_rules_never_allow_what_was_denied_and_never_stop_people_reading_their_own(
    street: tuple[Town, list[Question]], text: str
) -> None:
    town, questions = street
    before = [town.ask(each) for each in questions]
    town.ruled(text)
    after = [town.ask(each) for each in questions]
    for ours, theirs in zip(after, before, strict=True):
        assert order(ours.verdict) <= order(theirs.verdict)
        stopped = ours.reasons[0].code is Code.POLICY
        assert (ours.verdict is Verdict.DENY) == (theirs.verdict is Verdict.DENY) or stopped
    assert before[3].verdict is after[3].verdict
    assert order(before[2].verdict) == order(after[2].verdict), "own is collected here, and rules do not stop that"
    town.ruled(None, version=2)
    assert [each.verdict for each in before] == [town.ask(each).verdict for each in questions]


# --- written


@given(texts())
def test_what_is_asked_here_is_valid_where_it_can_apply(text: str) -> None:
    wrong = [each.wrong for each in lint(text, KNOWN)]
    assert all("two things at once" in each or "no product of this name" in each for each in wrong), wrong


BAD: Final = {
    "is empty": ("", "no rule in it"),
    "is no Cedar": ("forbid(principal, action, resource", "Cedar cannot read rule number 1"),
    "is no Cedar in its second rule": (rule("r") + "forbid(principal);", "Cedar cannot read rule number 2"),
    "closes what was not opened": ("forbid(principal, action, resource));", "a bracket is closed that was not opened"),
    "has words behind its rules": (rule("r") + " forbid", "Cedar cannot read rule number 2"),
    "permits": (rule("r").replace("forbid", "permit"), "rules here only forbid"),
    "has no name": (rule("").replace('@id("") ', ""), "no short name"),
    "has no short name": (rule("No Research"), "no short name"),
    "has a name twice": (rule("r") + rule("r", HEADS[1]), "another rule has the same @id"),
    "cites nothing": (rule("r", cites=" "), "it cites nothing"),
    "says nothing": (rule("r").replace("Not here.", ""), "it says nothing to people"),
    "says what cannot be seen": (rule("r").replace("Not here.", "Not \\u{202e}here."), "cannot be seen"),
    "is annotated otherwise": ('@cite("x")' + rule("r"), "@cite means nothing here"),
    "names a ground that is none": (rule("r", condition='when { context.ground == Ground::"chioce" }'), "chioce"),
    "names a view that is none": (rule("r", condition='when { context.view == View::"PT1H" }'), "no such view: PT1H"),
    "names a view by its other name": (
        rule("r", condition='when { context.view == View::"mean=PT1H" }'),
        "this view is written hourly-mean in rules, not mean=PT1H",
    ),
    "excepts a view by its other name": (
        rule("r", condition='unless { context.view == View::"mean=PT1H" }'),
        "this view is written hourly-mean",
    ),
    "names an attribute that is none": (rule("r", condition='when { resource.sense == "x" }'), "sense"),
    "names an action that is none": (rule("r", 'principal, action == Action::"raed", resource'), "raed"),
    "compares what cannot be": (rule("r", condition="when { resource.senses == 3 }"), "not compatible"),
    "names a party that is not registered": (
        rule("r", 'principal in Party::"https://univresity.example/", action, resource'),
        "no organisation of this name",
    ),
    "names a product that is not registered": (rule("r", HEADS[8]), "no product of this name"),
    "names a stream of a home": (
        rule("r", f'principal, action, resource == Stream::"{print_stream(StreamId(b"h" * 16))}"'),
        "no stream in a public place",
    ),
    "names what no stream is called": (
        rule("r", 'principal, action, resource == Stream::"flow"'),
        "no stream in a public place",
    ),
    "names an asker": (rule("r", 'principal == Asker::"x", action, resource'), "whom it is about is said with"),
    "is a template": (rule("r", "principal == ?principal, action, resource"), "a template"),
    "is never true": (rule("r", condition="when { false }"), "never true"),
    "is never true in the end": (rule("r", condition="when { resource.home } unless { !(1 == 2) }"), "never true"),
    "wants two grounds": (
        rule("r", condition='when { context.ground == Ground::"choice" && context.ground == Ground::"own" }'),
        "two things at once",
    ),
    "wants and does not": (
        rule("r", condition='when { resource.senses == "x" } unless { resource.senses == "x" }'),
        "to be and not to be",
    ),
    "wants home and not home": (rule("r", condition="when { resource.home && !resource.home }"), "to be and not to be"),
    "wants two purposes": (
        rule("r", HEADS[3], f'when {{ principal in Purpose::"{BILLING}" }}'),
        "two things at once",
    ),
    "is about somebody's own": (
        rule("r", 'principal, action == Action::"read", resource', 'when { context.ground == Ground::"own" }'),
        "somebody's own",
    ),
    "is about a term by a condition": (
        rule("r", condition=f'when {{ principal in Term::"{TERM}" }}'),
        "a Term stands in the head",
    ),
    "is about what is none of a list of terms": (
        rule("r", condition=f'when {{ !(principal in [Term::"urn:x:y", Term::"{TERM}"]) }}'),
        "a Term stands in the head",
    ),
    "excepts what is no term": (
        rule("r", condition=f'unless {{ resource.home && !(principal is Asker in Term::"{TERM}") }}'),
        "a Term stands in the head",
    ),
    "compares a term": (
        rule("r", condition=f'unless {{ (principal in Term::"{TERM}") == false }}'),
        "a Term stands in the head",
    ),
    "counts a term among others": (
        rule("r", condition=f'unless {{ resource.home || [principal in Term::"{TERM}"].contains(false) }}'),
        "a Term stands in the head",
    ),
    "keeps by the time of day": (
        rule("r", condition='when { context.at.toTime() < duration("6h") }'),
        "depend on the time",
    ),
    "is about what is not asked": (rule("r", 'principal, action == Action::"act", resource'), "nothing is asked here"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_text_is_refused_that(name: str) -> None:
    text, wrong = BAD[name]
    found = lint(text, KNOWN)
    assert any(wrong in each.wrong for each in found), found
    with pytest.raises(BadPolicies):
        check_policies(OperatorPoliciesBody(1, "So.", text), version=0, registered=KNOWN)


@pytest.mark.parametrize(
    "text",
    [
        rule("r"),
        rule("r", condition='unless { context.view == View::"hourly-mean" }'),
        rule("r", 'principal in Purpose::"https://nobody.example/sells-it", action, resource'),
        rule("r", condition='when { context.ground == Ground::"own" }'),
        rule("r", HEADS[5], f'unless {{ principal in Term::"{TERM}" }}'),
        rule("r", condition=f'unless {{ resource.home && (principal in [Term::"{TERM}"] || context.essential) }}'),
        rule("r", HEADS[7], "// a comment; with a mark \U0001f512\n"),
        "\n\n" + rule("a") + rule("b"),
    ],
)
def test_a_text_may_be_in_force(text: str) -> None:
    assert () == lint(text, KNOWN)
    check_policies(OperatorPoliciesBody(3, "So.", text), version=2, registered=KNOWN)
    check_policies(OperatorPoliciesBody(3, "So.", None), version=2, registered=KNOWN)


@pytest.mark.parametrize("version", [1, 2, 4])
def test_versions_have_no_gap(version: int) -> None:
    with pytest.raises(BadPolicies, match="the next one is 3"):
        check_policies(OperatorPoliciesBody(version, "So.", None), version=2, registered=KNOWN)


def test_the_example_of_the_documentation_may_be_in_force_and_does_what_it_says() -> None:
    text = (Path(__file__).parents[2] / "docs" / "examples" / "house.cedar").read_text(encoding="utf-8")
    assert () == lint(text, Registered((), (), bool))
    heart = Facts(
        Action.READ,
        UNIVERSITY,
        "app",
        RESEARCH,
        METER,
        "flow",
        home=True,
        ground="contract",
        view="raw",
        special="health",
    )
    change = partial(msgspec.structs.replace, heart)
    ten_at_night = 22 * 3_600 * 1_000_000_000
    cases = (
        (heart, 0, "health-only-by-choice"),
        (change(ground="choice"), 0, None),
        (change(special=NOT_SPECIAL, terms=(TERM,)), 0, "no-marketing"),
        (change(special=NOT_SPECIAL, classes=("urn:troth:class:data-broker",)), 0, "no-brokers"),
        (change(special=NOT_SPECIAL, senses="camera", action=Action.CONNECT), 0, "no-cameras-join"),
        (change(special=NOT_SPECIAL, senses="sound"), ten_at_night, "quiet-nights"),
        (change(special=NOT_SPECIAL, senses="sound"), ten_at_night - 1, None),
    )
    for asked, at_ns, name in cases:
        assert ([name] if name else []) == [each.id for each in made(text).ask(asked, at_ns=at_ns).forbidding]


def test_the_schema_names_every_ground_and_action() -> None:
    for each in (*Ground, *Action):
        assert f'"{each}"' in SCHEMA
