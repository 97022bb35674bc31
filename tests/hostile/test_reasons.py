"""Every no, to those who read and to what comes in: the reason of the gate names a statement, whether it is spoken or not."""

from collections.abc import Iterator
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
# stream that is none the gate is not asked.
COLLECTED: Final = [name for name, each in REFUSALS.items() if each.code in set(Code) and each.stream == "heat"]
# Who is not known here has said nothing, and nothing was said of them: there is no statement to name.
NAMELESS: Final = {Code.UNKNOWN}
ASKED: Final = {
    name: case for name, case in DENIED.items() if case.asks not in {"owner", "thing"}
}  # these read nothing


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
