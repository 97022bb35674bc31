"""Every no, to those who read and to what comes in: the reason of the gate names a statement, whether it is spoken or not."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.hostile.cases import CASES, Case, View
from tests.hostile.street import Asking, Street
from tests.hostile.test_every_way_in import REFUSALS, Lane
from troth.gate.decide import decide
from troth.gate.question import OWN_PURPOSE, Action, Answer, Asker, Code, Question, Verdict
from troth.journeys.book_lines import TurnedAway
from troth.names import StatementId
from troth.state.in_force import Reading

DENIED: Final = {name: case for name, case in CASES.items() if case.view in {View.SPOKEN, View.NOTHING}}
# What is refused before the gate is asked (its unit, its time, its place among values) has a code of another kind, and of a
# stream or member that is none the gate is not asked.
COLLECTED: Final = [
    name for name, each in REFUSALS.items() if each.code in set(Code) and each.stream == "heat" and not each.only
]
# Who is not known here has said nothing, and nothing was said of them: there is no statement to name.
NAMELESS: Final = {Code.UNKNOWN}
ASKED: Final = {
    name: case for name, case in DENIED.items() if case.asks not in {"owner", "thing"}
}  # these read nothing


# Codes that come at no read of a table, and why; each stands in a table of what comes in, or of what joins or is shared.
NOT_READ: Final = {
    Code.TOO_WEAK: "asked of who connects a thing",
    Code.NOT_SHOWN: "asked of who connects a thing",
    Code.NOT_INVITED: "asked of a firm that connects a thing",
    Code.OVER: "what a thing said before its end is read; only what it would still say, or a new share, is refused",
    Code.TOO_OLD: "a read without a time of its own leaves old rows out, and says no to none",
    Code.NOT_THEN: "a read without a time of its own leaves such rows out, and says no to none",
}
# And at no way in of the table.
NOT_SAID: Final = {
    Code.TOO_WEAK: "asked of who connects a thing",
    Code.NOT_SHOWN: "asked of who connects a thing",
    Code.NOT_INVITED: "asked of a firm that connects a thing",
    Code.OVER: "a thing that is over is not let in (tests/journeys/test_alter.py); its gateway is told (test_gateways.py)",
    Code.UNKNOWN: "a thing that is not known is not let in",
    Code.NOT_OFFERED: "of a stream whose ground has more statements than can be named (tests/journeys/test_hostile_choices.py)",
    Code.SMALL_GROUP: "asked of who reads",
    Code.GATEKEEPER: "asked of who reads what is shared",
    Code.WITHHELD: "asked of who reads what is shared",
}
# Where the codes stand that are in neither table: a test that expects one of its name in each file.
ELSEWHERE: Final = {
    Code.TOO_WEAK: "tests/journeys/test_connect.py",
    Code.NOT_SHOWN: "tests/journeys/test_connect.py",
    Code.NOT_INVITED: "tests/journeys/test_installer.py",
    Code.OVER: "tests/journeys/test_gateways.py",
}


@pytest.fixture(scope="module")
def street() -> Iterator[Street]:
    street = Street(ASKED)
    yield street
    street.world.close()


@pytest.fixture(scope="module")
def lane() -> Iterator[Lane]:
    lane = Lane()
    yield lane
    lane.world.close()


def asker_of(asking: Asking, case: Case) -> Asker:
    if case.asks == "nobody":
        return asking.world.node.tell.anyone(asking.number)
    if case.asks in {"cleo", "kim"}:
        return (asking.kim if case.asks == "kim" else asking.around.cleo).asker()
    return asking.asker_of(case.asks)


def answer_of(asking: Asking) -> Answer:
    node = asking.world.node
    question = Question(Action.READ, asking.thing.stream, asker_of(asking, asking.case), asking.world.clock.now())
    return decide(question, Reading(node.leases.in_force))


def test_every_code_of_the_gate_stands_in_each_table_or_is_said_why_not() -> None:
    read, said = {case.code for case in CASES.values()} - {""}, {each.code for each in REFUSALS.values()}
    assert set(Code) == (read & set(Code)) ^ NOT_READ.keys()
    assert set(Code) == (said & set(Code)) ^ NOT_SAID.keys()
    assert read <= set(Code)
    assert set(Code) - read - said == ELSEWHERE.keys()
    for code, path in ELSEWHERE.items():
        text = (Path(__file__).parents[2] / path).read_text()
        assert f"Code.{code.name}" in text or f'"{code.value}' in text


@pytest.mark.parametrize("name", ASKED)
def test_a_no_names_at_least_one_statement_that_is_known(street: Street, name: str) -> None:
    asking = street.cases[name]
    answer = answer_of(asking)
    assert Verdict.DENY == answer.verdict
    assert asking.case.code in {reason.code for reason in answer.reasons}
    for reason in answer.reasons:
        assert bool(reason.statements) is (reason.code not in NAMELESS), reason
        assert None not in map(asking.world.journal.find, reason.statements)


@pytest.mark.parametrize("name", COLLECTED)
def test_a_no_to_what_comes_in_names_at_least_one_statement_that_is_known(lane: Lane, name: str) -> None:
    refused, place, node = REFUSALS[name], lane.places[name], lane.world.node
    supplier = node.directory.things[place.thing.joined.thing].body.answers.organisation
    now_ns, at_ns = lane.world.clock.now(), refused.at_ns(place)
    asker = Asker(supplier, "things", OWN_PURPOSE)
    question = Question(Action.COLLECT, place.thing.stream, asker, now_ns, now_ns if at_ns is None else at_ns)
    answer = decide(question, Reading(node.leases.in_force))
    assert Verdict.DENY == answer.verdict
    assert refused.code in {reason.code for reason in answer.reasons}
    for reason in answer.reasons:
        assert reason.statements, reason
        assert None not in map(lane.world.journal.find, reason.statements)


@pytest.mark.parametrize(
    ("name", "people"),
    [
        ("a recipient with a no", ("ana", "ben")),
        ("a recipient after it was taken back", ("ana", "ben")),
        ("a recipient that lost half of it", ("ben",)),
        ("a third party that lost half of it", ("ben",)),
        ("a recipient with half a yes", ()),
        ("a recipient that a rule stops", ()),
    ],
)
def test_each_finds_in_their_book_what_they_said_against_it_and_nothing_of_the_other(
    street: Street, name: str, people: tuple[str, ...]
) -> None:
    asking = street.cases[name]
    assert 403 == asking.get(f"/v1.1/Datastreams({asking.number})/Observations").status
    asking.world.settle()
    named: dict[str, set[StatementId]] = {}
    for who, person in (("ana", asking.ana), ("ben", asking.ben)):
        own = {each.statement for each in asking.world.run(asking.world.node.book.statements(person.asker()))[1]}
        away = [each for each in person.book().lines if isinstance(each, TurnedAway)]
        assert away
        named[who] = {each.statement for line in away for each in line.yours}
        assert named[who] <= own
    assert set(people) == {who for who, found in named.items() if found}
