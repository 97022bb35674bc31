"""Step 3 of the gate: what is especially protected, what a sector accepts, and what a home's own thing is collected on."""

from datetime import date
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.made_town import (
    BILLED,
    BILLING,
    HOUSE,
    METER,
    OPERATOR,
    OWNED,
    RAW,
    RESEARCH,
    RESEARCHED,
    SUPPLIER,
    UNIVERSITY,
    Town,
    collects,
    purpose,
    reads,
    reads_own,
    view,
)
from troth.errors import GroundNotAccepted, UnknownLaw
from troth.gate.protected import check_accepted, check_condition
from troth.gate.question import Answer, Code, Ground, Verdict
from troth.gate.rules.sensitivity import CONDITIONS, OWN_EQUIPMENT, SECTORS, SPECIAL, accepted, special_of
from troth.names import Uri
from troth.state.in_force import Reading
from troth.state.scopes import product_scope
from troth.statements.choice import Decision
from troth.statements.disclosure import DisclosedPurpose, DisclosedStream, DisclosureBody, Limits
from troth.statements.ground import Asserted, GroundBody
from troth.statements.notice import notice_of
from troth.statements.passport import PassportBody, PassportStream

ROOT = Path(__file__).parents[2]
ASSERTED = (Asserted.REQUIRED, Asserted.SETTLED, Asserted.OBJECTABLE)


def town(*purposes: DisclosedPurpose, senses: str = "water", sector: str | None = None) -> Town:
    made = Town()
    made.organisations(SUPPLIER, UNIVERSITY, OPERATOR)
    made.product(senses=senses, sector=sector)
    made.disclose(*purposes)
    return made


def code(answer: Answer) -> Code | None:
    assert Verdict.DENY == answer.verdict
    return answer.reasons[0].code


def billed(made: Town, stream: bytes, at: float = 6) -> Answer:
    return made.ask(reads(stream, at, party=SUPPLIER, why=BILLING))  # type: ignore[arg-type]  # a stream


# --- own equipment


@pytest.mark.parametrize("ground", ASSERTED)
def test_what_is_a_home_s_own_is_not_collected_without_its_people(ground: Asserted) -> None:
    made = town(purpose(BILLING, view(RAW, ground.value), to=(SUPPLIER,)))
    home = made.household("h")
    made.person("Ana", home)
    own, theirs = made.install(home, name="own"), made.install(home, name="theirs", owner=SUPPLIER)
    made.asserts(BILLING, 5, ground=ground, to=1_000)
    assert Code.NO_GROUND == code(made.ask(collects(own, 6)))
    assert Verdict.ALLOW == made.ask(collects(theirs, 6)).verdict
    assert Verdict.ALLOW == billed(made, own).verdict, "what was kept for another reason may be read on this one"


def test_what_is_a_home_s_own_is_collected_on_contract_choice_and_own() -> None:
    made = town(BILLED, OWNED, RESEARCHED)
    home = made.household("h")
    made.person("Ana", home)
    assert Verdict.ALLOW == made.ask(collects(made.install(home), 6)).verdict
    made.disclose(BILLED)
    assert Verdict.ALLOW == made.ask(collects(made.install(home, name="b", contract=(0, 100)), 6)).verdict


def test_what_stands_in_public_is_nobody_s_own_equipment() -> None:
    made = town(purpose(BILLING, view(RAW, "required"), to=(SUPPLIER,)))
    made.asserts(BILLING, 5)
    assert Verdict.ALLOW == made.ask(collects(made.install(None), 6)).verdict


# --- special categories


@pytest.mark.parametrize("special", SPECIAL)
def test_a_contract_an_interest_and_nobody_lift_no_prohibition(special: object) -> None:
    for senses in special.senses:  # type: ignore[attr-defined]  # a row of the table
        made = town(BILLED, purpose(RESEARCH, view(RAW, "objectable"), to=(UNIVERSITY,)), senses=senses)
        home = made.household("h")
        made.person("Ana", home)
        stream = made.install(home, contract=(0, None))
        made.asserts(RESEARCH, 5, ground=Asserted.OBJECTABLE, condition="9(2)(g)")
        assert Code.NO_GROUND == code(billed(made, stream))
        assert Code.NO_GROUND == code(made.ask(reads(stream, 6)))


def test_a_yes_counts_under_a_text_that_says_what_is_protected() -> None:
    made = town(RESEARCHED, senses="heart")
    home = made.household("h")
    ana = made.person("Ana", home)
    stream = made.install(home)
    made.choose(ana, Decision.GIVE, stream, 5)  # the plain text, which says nothing of it
    assert Code.NO_GROUND == code(made.ask(reads(stream, 6)))
    product = Reading(made.in_force).product(product_scope(METER))
    disclosure, known = product.disclosure, product.passport
    assert disclosure is not None
    assert known is not None
    parties = {UNIVERSITY: UNIVERSITY}
    flow, words = known.by_name["flow"], SPECIAL[0].words
    explicit = notice_of(RESEARCHED, Limits(), disclosure, measured=flow, parties=parties, special=words)
    assert "somebody's health" in explicit.text
    made.choose(ana, Decision.GIVE, stream, 7, notice=explicit.shown())
    assert Verdict.ALLOW == made.ask(reads(stream, 8)).verdict


@pytest.mark.parametrize("condition", [None, "9(2)(c)", "9(2)(z)"])
def test_a_law_needs_a_condition_beside_it_and_one_that_fits(condition: str | None) -> None:
    made = town(purpose(BILLING, view(RAW, "required"), to=(SUPPLIER,)), senses="heart")
    stream = made.install(made.household("h"), owner=SUPPLIER)
    made.asserts(BILLING, 5, condition=condition)
    assert Code.NO_GROUND == code(billed(made, stream))
    made.asserts(BILLING, 5, name="another", condition="9(2)(h)")
    assert Verdict.ALLOW == billed(made, stream).verdict


def test_the_health_sector_is_protected_whatever_a_stream_senses() -> None:
    made = town(BILLED, OWNED, sector="health")
    home = made.household("h")
    ana = made.person("Ana", home)
    stream = made.install(home, contract=(0, None))
    assert Code.NO_GROUND == code(billed(made, stream))
    assert Verdict.ALLOW == made.ask(reads_own(stream, 6, ana)).verdict


def test_on_a_farm_nothing_rests_on_an_interest_of_somebody_else() -> None:
    made = town(BILLED, purpose(RESEARCH, view(RAW, "objectable"), to=(UNIVERSITY,)), sector="farm")
    home = made.household("h")
    made.person("Mo", home)
    stream = made.install(home, contract=(0, None))
    made.asserts(RESEARCH, 5, ground=Asserted.OBJECTABLE)
    assert Code.NO_GROUND == code(made.ask(reads(stream, 6)))
    assert Verdict.ALLOW == billed(made, stream).verdict


# --- when it is written


def passport(*, senses: str = "water", sector: str | None = None) -> PassportBody:
    flow = PassportStream("flow", "Flow", senses, Uri("urn:x:flow"), "number")
    return PassportBody(METER, "Meter", SUPPLIER, (flow,), sector=sector)


def disclosure(ground: str) -> DisclosureBody:
    stream = DisclosedStream("flow", (purpose(HOUSE, view(RAW, ground)),))
    return DisclosureBody(METER, SUPPLIER, "en", 1, (stream,))


@pytest.mark.parametrize("ground", Ground)
def test_a_disclosure_is_refused_exactly_where_the_gate_would_never_allow_it(ground: Ground) -> None:
    for senses, sector in (("water", None), ("heart", None), ("water", "health"), ("moisture", "farm")):
        stream = passport(senses=senses, sector=sector).streams[0]
        said, known = disclosure(ground.value), passport(senses=senses, sector=sector)
        if ground in accepted(stream, sector):
            check_accepted(said, known)
            continue
        with pytest.raises(GroundNotAccepted):
            check_accepted(said, known)


def test_an_essential_function_never_depends_on_a_choice_whoever_writes_it() -> None:
    said = purpose(HOUSE, view(RAW, "own"), view(RAW, "choice"))
    for essential in (False, True):
        stream = DisclosedStream("flow", (replace(said, essential=essential),))
        body = DisclosureBody(METER, SUPPLIER, "en", 1, (stream,))
        if essential:
            with pytest.raises(GroundNotAccepted):
                check_accepted(body, passport())
        else:
            check_accepted(body, passport())


def assertion(ground: Asserted, condition: str | None) -> GroundBody:
    made = Town()
    said = made.asserts(BILLING, 5, ground=ground, condition=condition).body
    assert isinstance(said, GroundBody)
    return said


@pytest.mark.parametrize("condition", CONDITIONS)
def test_an_assertion_names_a_condition_of_the_list_for_its_ground(condition: object) -> None:
    name, grounds = condition.name, condition.grounds  # type: ignore[attr-defined]  # a row of the table
    for ground in ASSERTED:
        if ground in grounds:
            check_condition(assertion(ground, name), passport(senses="heart"))
        else:
            with pytest.raises(UnknownLaw):
                check_condition(assertion(ground, name), passport(senses="heart"))


@pytest.mark.parametrize("ground", ASSERTED)
def test_an_assertion_about_something_protected_without_a_condition_is_refused(ground: Asserted) -> None:
    check_condition(assertion(ground, None), passport())
    with pytest.raises(GroundNotAccepted):
        check_condition(assertion(ground, None), passport(senses="pulse"))


def test_the_tables_say_where_they_were_read() -> None:
    assert all(each.source.startswith("https://") and each.read_on for each in (*SPECIAL, *CONDITIONS))
    assert len({sense for each in SPECIAL for sense in each.senses}) == sum(len(each.senses) for each in SPECIAL)
    assert OWN_EQUIPMENT == {Ground.CHOICE, Ground.CONTRACT, Ground.OWN, Ground.URGENT}
    assert special_of(None, "health") is None


def test_what_a_sector_accepts_is_dated_and_on_the_page() -> None:
    page = (ROOT / "docs" / "reference" / "gate.md").read_text(encoding="utf-8")
    for each in SECTORS:
        assert date.fromisoformat(each.from_) < date.fromisoformat(each.read_on)
        where = each.source.split(" ")[0].rstrip(";")
        row = next(line for line in page.split("\n") if line.startswith(f"| `{each.name}` | {each.words} |"))
        assert [True] * 3 == [text in row for text in (where, f"| {each.from_} |", f"| {each.read_on} |")]
        assert each.grounds == accepted(None, each.name)
        assert each.grounds < frozenset(Ground)
    assert frozenset(Ground) == accepted(None, "toys")
