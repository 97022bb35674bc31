"""Step 3 in public places: *objectable* holds where a sign stands, until somebody who passes objects."""

import hashlib
from itertools import pairwise

import pytest

from tests.made_town import BILLED, HOURLY, PAPER, RAW, SUPPLIER, Town, collects, ns, purpose, reads, view
from troth.gate.question import Answer, Code, Verdict
from troth.names import PurposeId, SignId, StreamId
from troth.state.in_force import Reading
from troth.state.public import CLOSED_MAX
from troth.statements.ground import Asserted
from troth.statements.kinds import KindName
from troth.statements.sign import PassingObjectionBody, SignBody
from troth.statements.statement import Statement
from troth.things.intervals import Interval

PLANNING = PurposeId("https://supplier.example/planning")
COUNTING = PurposeId("https://supplier.example/counting")
PLANNED = purpose(PLANNING, view(RAW, "objectable"), view(HOURLY, "settled"), to=(SUPPLIER,))
COUNTED = purpose(COUNTING, view(RAW, "objectable"), to=(SUPPLIER,))
END = 50_000
DAY = 1_440


class Square(Town):
    """A counter in a public place, from minute 0; asserted from 0, with a sign from minute 5."""

    def __init__(self, *, sign: bool = True) -> None:
        super().__init__()
        self.organisations(SUPPLIER)
        self.product()
        self.disclose(PLANNED, COUNTED)
        self.asserts(PLANNING, 0, ground=Asserted.OBJECTABLE, name="plan", to=END, review=END)
        self.asserts(COUNTING, 0, ground=Asserted.OBJECTABLE, name="count", to=END, review=END)
        self.asserts(PLANNING, 0, ground=Asserted.SETTLED, name="agreed", to=END, review=END, cited=PAPER)
        self.counter = self.install(None)
        if sign:
            self.sign(5)

    def sign(
        self, at: float, *, to: float | None = None, name: int = 1, place: str = "hall", since: float | None = None
    ) -> Statement:
        body = SignBody(_sign(name), place, ns(at if since is None else since), None if to is None else ns(to))
        return self.say(KindName.SIGN, body, at=at)

    def passes(
        self,
        name: int,
        at: float,
        *purposes: PurposeId,
        to: float | None = None,
        since: float | None = None,
        place: str = "hall",
    ) -> Statement:
        from_ = at if since is None else since
        body = PassingObjectionBody(
            name.to_bytes(16, "big"),
            _sign(1),
            place,
            ns(from_),
            ns(from_ + DAY if to is None else to),
            bytes(32),
            purposes,
        )
        return self.say(KindName.PASSING_OBJECTION, body, at=at)

    def plan(self, at: float, *, stream: StreamId | None = None, why: PurposeId = PLANNING) -> Answer:
        return self.ask(reads(stream or self.counter, at, party=SUPPLIER, why=why))


def _sign(name: int) -> SignId:
    return SignId(hashlib.sha256(b"sign %d" % name).digest()[:16])


def code(answer: Answer) -> Code | None:
    assert Verdict.DENY == answer.verdict
    return answer.reasons[0].code


def span(from_: float, to: float) -> Interval:
    return Interval(ns(from_), ns(to))


def test_without_a_sign_nobody_could_object_so_it_does_not_hold() -> None:
    square = Square(sign=False)
    assert Code.NO_GROUND == code(square.plan(6, why=COUNTING))
    assert Verdict.TRANSFORM == square.plan(6).verdict  # the mean was agreed, and needs no sign


def test_it_holds_for_the_times_in_which_a_sign_stood() -> None:
    square = Square()
    assert (Verdict.ALLOW, (span(5, END),)) == (square.plan(6).verdict, square.plan(6).covered)
    square.sign(20, to=20, since=5)
    assert Code.NO_GROUND == code(square.plan(20, why=COUNTING))
    square.sign(30, name=2)
    assert (span(5, 20), span(30, END)) == square.plan(31).covered


def test_one_who_passes_narrows_it_to_what_rests_on_something_else_for_a_day() -> None:
    square = Square()
    said = square.passes(1, 10)
    answer = square.plan(10)
    assert Verdict.TRANSFORM == answer.verdict
    assert Code.OBJECTED == answer.reasons[0].code
    assert said.signed.id in answer.reasons[0].statements
    assert ns(10 + DAY) == answer.until_ns
    assert Code.OBJECTED == code(square.plan(10, why=COUNTING))
    assert Code.OBJECTED == square.plan(10 + DAY - 1).reasons[0].code
    after = square.plan(10 + DAY)
    assert (Verdict.ALLOW, (span(5, 10), span(10 + DAY, END))) == (after.verdict, after.covered)


def test_it_is_about_the_purposes_that_were_named() -> None:
    square = Square()
    square.passes(1, 10, COUNTING)
    assert Verdict.ALLOW == square.plan(11).verdict
    assert Code.OBJECTED == code(square.plan(11, why=COUNTING))


def test_taken_back_it_leaves_the_gap_and_is_named_no_more() -> None:
    square = Square()
    said = square.passes(1, 10)
    square.passes(1, 20, since=10, to=20)
    answer = square.plan(21)
    assert (span(5, 10), span(20, END)) == answer.covered
    assert said.signed.id not in answer.rests_on
    square.passes(2, 20 + 2 * DAY, to=20 + 2 * DAY + 1)
    assert (span(5, 10), span(20, 20 + 2 * DAY), span(20 + 2 * DAY + 1, END)) == square.plan(3 * DAY + 30).covered


def test_what_is_measured_meanwhile_is_not_collected_where_nothing_else_keeps_it() -> None:
    square = Square()
    square.disclose(COUNTED)
    assert Verdict.ALLOW == square.ask(collects(square.counter, 10)).verdict
    square.passes(1, 10)
    assert Code.OBJECTED == code(square.ask(collects(square.counter, 10)))
    assert Code.NOT_THEN == code(square.ask(collects(square.counter, 11 + DAY, data=11)))
    assert Verdict.ALLOW == square.ask(collects(square.counter, 11 + DAY, data=9)).verdict


def test_it_is_there_at_once_also_when_the_clock_has_stepped_back() -> None:
    square = Square()
    square.passes(1, 10)
    assert Code.OBJECTED == code(square.plan(8, why=COUNTING))


def test_it_reaches_no_other_place_no_home_and_no_other_ground() -> None:
    square = Square()
    square.disclose(PLANNED, COUNTED, BILLED)
    home = square.household("h")
    square.person("Ana", home)
    at_home = square.install(home, name="at home", owner=SUPPLIER, contract=(0, None))
    square.passes(1, 10)
    assert Verdict.ALLOW == square.plan(11, stream=at_home, why=COUNTING).verdict
    assert Verdict.ALLOW == square.ask(reads(at_home, 11, party=SUPPLIER, why=BILLED.purpose)).verdict
    square.passes(2, 12, place="another place")
    square.passes(1, 13, since=10, to=13)
    assert Verdict.ALLOW == square.plan(14).verdict


def test_what_is_essential_does_not_rest_on_it_in_public() -> None:
    square = Square()
    essential = purpose(COUNTING, view(RAW, "objectable"), to=(SUPPLIER,))
    square.disclose(
        type(essential)(**{f: getattr(essential, f) for f in essential.__struct_fields__} | {"essential": True})
    )
    assert Code.NO_GROUND == code(square.plan(6, why=COUNTING))


def test_calling_the_place_otherwise_opens_nothing_that_was_objected_to() -> None:
    square = Square()
    square.passes(1, 10, to=20)
    square.sign(0, name=2, place="Harbour bridge")
    square.install(None, place="Harbour bridge")
    assert (span(0, 10), span(20, END)) == square.plan(30).covered
    square.passes(3, 40)  # at the former place, by its former sign
    assert Code.OBJECTED == code(square.plan(41, why=COUNTING))


def test_the_state_is_the_same_after_a_replay_and_stays_small() -> None:
    square = Square()
    for each in range(CLOSED_MAX + 40):
        at = 10 + each * 2 * DAY
        square.passes(each + 1, at, COUNTING, to=at + 1)
    assert square.replayed().scopes() == square.in_force.scopes()
    place = Reading(square.in_force).public_of("hall")
    assert [CLOSED_MAX] == [len(each.times) for each in place.closed]
    assert 1 == len(place.passing)
    for each in range(CLOSED_MAX + 39):  # every one of them is closed still
        assert any(i.from_ns <= ns(10 + each * 2 * DAY) < i.to_ns for i in place.closed[0].times)


@pytest.mark.parametrize("more", range(1, 4))
def test_another_objection_never_allows_more(more: int) -> None:
    square = Square()
    seen: list[tuple[Interval, ...]] = []
    for each in range(more + 1):
        seen.append(square.plan(100).covered if Verdict.ALLOW == square.plan(100).verdict else ())
        square.passes(each + 1, 10 + each, to=30 + each * 7)
    for before, after in pairwise(seen):
        assert all(any(b.from_ns <= a.from_ns and a.to_ns <= b.to_ns for b in before) for a in after)
