"""Step 2, red lines: what crosses one is a no for collecting and reading, whatever was chosen, exactly while it stands."""

from collections.abc import Mapping
from itertools import combinations
from typing import Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.made_town import (
    BILLED,
    BILLING,
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
    ns,
    purpose,
    reads,
    reads_own,
    view,
)
from troth.errors import Conflict, CrossesRedLine, Refused
from troth.gate.lines import check_disclosure, check_line, next_turn
from troth.gate.question import ANYONE, Answer, Code, Question, Step, Verdict
from troth.names import LineId, PersonId, PurposeId, StreamId, Uri
from troth.state.in_force import Reading
from troth.state.scopes import DEPLOYMENT, DeploymentScope, StandingLine, product_scope
from troth.statements.choice import Decision
from troth.statements.kinds import KindName
from troth.statements.red_line import NOTICE_DAYS_MIN, RedLineBody
from troth.things.intervals import FOREVER

FLOW: Final = Uri("urn:x:flow")
LISTS: Final = {
    "senses": ("water", "camera"),
    "properties": (FLOW, Uri("urn:x:faces")),
    "purposes": (RESEARCH, PurposeId("urn:x:sale")),
    "recipients": (UNIVERSITY, STRANGER),
}
DAY_MIN: Final = 24 * 60


def line(number: int = 1, *, since: float = 0, to: float | None = None, days: int = 90, **lists: object) -> RedLineBody:
    """A line from a minute on."""
    body = RedLineBody(LineId(bytes([number]) * 16), "Never here.", ns(since), days)
    ended = {} if to is None else {"to_ns": ns(to), "because": "The law has changed."}
    return msgspec.structs.replace(body, **lists, **ended)


def listed(lists: Mapping[str, object], number: int = 1) -> RedLineBody:
    """A line with these lists."""
    return msgspec.structs.replace(line(number), **lists)


def draw(town: Town, body: RedLineBody) -> bytes:
    return town.say(KindName.RED_LINE, body).signed.id


def lived_in() -> tuple[Town, StreamId, PersonId]:
    """Ana has said yes to research, has a contract, and uses her own: everything is allowed."""
    town = Town()
    town.organisations(SUPPLIER, UNIVERSITY, STRANGER)
    town.product()
    home = town.household("h")
    ana = town.person("Ana", home)
    town.disclose(RESEARCHED, BILLED, OWNED)
    meter = town.install(home, contract=(0, None))
    town.choose(ana, Decision.GIVE, meter, 1)
    return town, meter, ana


def code(answer: Answer) -> tuple[Step, Code | None] | None:
    """Step and code of a no, None for a yes."""
    return None if answer.verdict is not Verdict.DENY else (answer.reasons[0].step, answer.reasons[0].code)


CROSSED: Final = (Step.DECLARED, Code.RED_LINE)


@pytest.mark.parametrize("names", [each for size in range(1, 5) for each in combinations(LISTS, size)], ids="+".join)
def test_a_use_that_meets_every_list_crosses_and_one_that_misses_one_does_not(names: tuple[str, ...]) -> None:
    given_: dict[str, object] = {name: LISTS[name] for name in names}
    town, meter, _ = lived_in()
    draw(town, listed(given_))
    assert CROSSED == code(town.ask(reads(meter, 2)))
    for missed in names:
        town, meter, _ = lived_in()
        draw(town, listed(given_ | {missed: LISTS[missed][1:]}))
        assert code(town.ask(reads(meter, 2))) is None, missed


def test_a_line_about_what_is_sensed_holds_for_everybody_and_own_use_and_collecting() -> None:
    town, meter, ana = lived_in()
    id_ = draw(town, line(senses=("water",)))
    for question in (reads(meter, 2), reads(meter, 2, party=SUPPLIER, why=BILLING), reads_own(meter, 2, ana)):
        answer = town.ask(question)
        assert CROSSED == code(answer)
        assert (id_,) == answer.reasons[0].statements
    assert CROSSED == code(town.ask(collects(meter, 2)))


def test_a_line_about_a_purpose_leaves_the_other_purposes() -> None:
    town, meter, ana = lived_in()
    draw(town, line(purposes=(RESEARCH,)))
    assert CROSSED == code(town.ask(reads(meter, 2)))
    assert code(town.ask(reads(meter, 2, party=SUPPLIER, why=BILLING))) is None
    assert code(town.ask(reads_own(meter, 2, ana))) is None
    assert code(town.ask(collects(meter, 2))) is None


def test_no_choice_unlocks_a_line() -> None:
    town, meter, ana = lived_in()
    draw(town, line(purposes=(RESEARCH,)))
    for at, decision in enumerate((Decision.GIVE, Decision.WITHDRAW, Decision.GIVE), 3):
        town.choose(ana, decision, meter, at)
        assert CROSSED == code(town.ask(reads(meter, at)))


def test_a_line_about_a_recipient_stops_it_and_the_collecting_only_when_nobody_is_left() -> None:
    town, meter, ana = lived_in()
    town.disclose(purpose(RESEARCH, view(RAW, "choice"), to=(UNIVERSITY, STRANGER)))
    town.choose(ana, Decision.GIVE, meter, 1)
    draw(town, line(recipients=(UNIVERSITY,)))
    assert CROSSED == code(town.ask(reads(meter, 2)))
    assert code(town.ask(reads(meter, 2, party=STRANGER))) is None
    assert code(town.ask(collects(meter, 2))) is None
    draw(town, line(2, recipients=(STRANGER, UNIVERSITY)))
    assert CROSSED == code(town.ask(reads(meter, 2, party=STRANGER)))
    assert CROSSED == code(town.ask(collects(meter, 2)))


def test_a_line_about_anyone_is_not_walked_round_with_a_name() -> None:
    town = Town()
    town.organisations(SUPPLIER, UNIVERSITY)
    town.product(concerns_nobody=True)
    town.disclose(purpose(RESEARCH, view(RAW, "nobody"), to=(ANYONE,)))
    gauge = town.install(None)
    assert code(town.ask(reads(gauge, 2))) is None
    draw(town, line(recipients=(ANYONE,)))
    assert CROSSED == code(town.ask(reads(gauge, 2, party=ANYONE)))
    assert CROSSED == code(town.ask(reads(gauge, 2)))


def test_who_is_named_by_no_disclosure_learns_nothing_of_lines() -> None:
    town, meter, _ = lived_in()
    before = town.ask(reads(meter, 2, party=STRANGER))
    draw(town, line(senses=("water",)))
    after = town.ask(reads(meter, 2, party=STRANGER))
    assert (before.reasons[0].code, before.named) == (after.reasons[0].code, after.named) == (Code.UNDECLARED, False)
    assert town.ask(reads(meter, 2)).named


def test_a_line_holds_from_its_beginning_to_its_end_and_an_answer_never_outlives_either() -> None:
    town, meter, _ = lived_in()
    body = line(since=10, senses=("water",))
    draw(town, body)
    lease = town.lease(reads(meter, 9))
    assert (None, ns(10)) == (code(lease.answer), lease.until_ns)
    draw(town, line(since=10, to=20, senses=("water",)))
    assert not lease.live
    assert [None, CROSSED, CROSSED, None] == [code(town.ask(reads(meter, at))) for at in (9, 10, 19, 20)]
    assert ns(20) == town.ask(reads(meter, 15)).until_ns
    draw(town, body)  # said again without an end
    assert CROSSED == code(town.ask(reads(meter, 25)))


def test_saying_a_line_again_cannot_make_it_weaker() -> None:
    town, meter, _ = lived_in()
    draw(town, line(senses=("water",)))
    draw(town, line(senses=("camera",), since=30, days=365))
    assert CROSSED == code(town.ask(reads(meter, 2)))
    held = town.in_force.value(DEPLOYMENT)
    assert isinstance(held, DeploymentScope)
    assert ("water",) == held.lines[0].body.senses


some = {name: st.sets(st.sampled_from(each)).map(tuple) for name, each in LISTS.items()}
lists = st.fixed_dictionaries({}, optional=some)


@given(st.lists(lists, max_size=3))
def test_more_lines_never_allow_more(drawn: list[dict[str, object]]) -> None:
    town, meter, ana = lived_in()
    questions: list[Question] = [reads(meter, 2), reads_own(meter, 2, ana), collects(meter, 2)]
    before = [town.ask(question) for question in questions]
    for number, each in enumerate(drawn):
        draw(town, listed(each, number))
        after = [town.ask(question) for question in questions]
        for one, other in zip(before, after, strict=True):
            assert one.verdict is not Verdict.DENY or other.verdict is Verdict.DENY
            assert set(other.covered) <= set(one.covered) or other.verdict is Verdict.DENY
        before = after
    assert town.in_force.scopes() == town.replayed().scopes()


# --- the door


def standing(body: RedLineBody, *, to_ns: int = FOREVER) -> StandingLine:
    return StandingLine(body.line, body, to_ns, Town().say(KindName.RED_LINE, body).signed.id)


def test_a_line_is_taken_back_with_its_notice_and_not_sooner() -> None:
    body = line(senses=("camera",), days=NOTICE_DAYS_MIN)
    known = standing(body)
    soonest = 5 + NOTICE_DAYS_MIN * DAY_MIN
    check_line(line(senses=("camera",), to=soonest), known, at_ns=ns(5))
    for to in (6, soonest - 1):
        with pytest.raises(Refused, match="90 days"):
            check_line(line(senses=("camera",), to=to), known, at_ns=ns(5))


def test_an_end_that_was_said_may_be_moved_away_and_never_nearer() -> None:
    known = standing(line(senses=("camera",)), to_ns=ns(100))
    check_line(line(senses=("camera",)), known, at_ns=ns(99))
    check_line(line(senses=("camera",), to=101), known, at_ns=ns(99))
    with pytest.raises(Refused):
        check_line(line(senses=("camera",), to=99.5), known, at_ns=ns(99))


@pytest.mark.parametrize(
    "other",
    [
        line(senses=("sound",)),
        line(senses=("camera",), days=91),
        line(senses=("camera",), since=1),
        line(senses=("camera",), purposes=(RESEARCH,)),
        msgspec.structs.replace(line(senses=("camera",)), never="Something else."),
    ],
    ids=["another list", "another notice", "another beginning", "a list more", "other words"],
)
def test_what_a_line_forbids_never_changes(other: RedLineBody) -> None:
    with pytest.raises(Conflict):
        check_line(other, standing(line(senses=("camera",))), at_ns=ns(5))


def test_a_line_that_has_ended_stays_ended() -> None:
    with pytest.raises(Conflict, match="ended"):
        check_line(line(senses=("camera",)), standing(line(senses=("camera",)), to_ns=ns(5)), at_ns=ns(5))


def test_a_line_is_not_drawn_with_its_end() -> None:
    with pytest.raises(Refused):
        check_line(line(senses=("camera",), to=10_000_000), None, at_ns=ns(5))


def test_a_disclosure_that_crosses_a_line_in_force_is_refused() -> None:
    town, _, _ = lived_in()
    product = Reading(town.in_force).product(product_scope(METER))
    assert product.disclosure is not None
    cases: list[tuple[dict[str, object], bool]] = [
        ({"senses": ("water",)}, True),
        ({"senses": ("camera",)}, False),
        ({"purposes": (RESEARCH,)}, True),
        ({"purposes": (RESEARCH,), "recipients": (SUPPLIER,)}, False),
        ({"recipients": (UNIVERSITY,)}, True),
    ]
    for lists_, crosses in cases:
        lines = (standing(listed(lists_)),)
        try:
            check_disclosure(product.disclosure, product.passport, lines=lines, at_ns=ns(2))
        except CrossesRedLine:
            assert crosses, lists_
        else:
            assert not crosses, lists_
        check_disclosure(product.disclosure, product.passport, lines=(), at_ns=ns(2))


def test_no_turn_is_no_end() -> None:
    assert FOREVER == next_turn((), 0)
    assert ns(3) == next_turn((standing(line(since=3, senses=("camera",))),), ns(2))
