"""Whatever people say and things measure, in any order: what a party got once is the same for ever, or is withheld.

The university reads under its own name, for two purposes, and as anybody; each figure with windows and a delay of its own, and
beside them other kinds of figures of one home.

Two answers about the same time that differ would be a home: that is all a differencing attack needs. Every home says the same
value whenever it speaks, so a mean tells whose values are in it, however long its window is.
"""

from datetime import datetime
from itertools import combinations

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.journeys.test_small_groups import STREET, STUDY, TOGETHER, Lane
from troth.gate.decide import decide
from troth.gate.question import Action, Question
from troth.names import PurposeId
from troth.state.in_force import Reading
from troth.statements.choice import Decision
from troth.testing.people import RESEARCH
from troth.things.rounding import down
from troth.things.variants import Variant

HOMES = 5
LATER = "mean=PT15M,delay=PT30M,homes=3"
HALVES = "mean=PT30M,homes=3"
ROUNDED = "mean=PT15M,round=1,homes=3"
who = st.integers(0, HOMES - 1)
purposes = st.sampled_from([RESEARCH, STUDY, STREET])
figures = st.sampled_from([TOGETHER, TOGETHER, LATER, HALVES, ROUNDED])
views = st.tuples(figures, figures | st.sampled_from(["max=PT15M", "count=PT30M"]), figures)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("gives"), who, purposes),
        st.tuples(st.just("gives-raw"), who, st.just(RESEARCH)),
        st.tuples(st.sampled_from(["refuses", "withdraws"]), who, purposes),
        st.tuples(st.just("quarter"), st.integers(0, 2**HOMES - 1), st.just(RESEARCH)),
        st.tuples(st.just("late"), who, st.just(RESEARCH)),
    ),
    min_size=4,
    max_size=7,
)
_VALUES = (
    1.0,
    20.0,
    300.0,
    4_000.0,
    50_000.0,
)  # no two sets have the same mean, nor one that is rounded down to the same
_EVERYBODY = 2**HOMES - 1
_NS = 10**9

Deed = tuple[str, int, PurposeId]
Cell = tuple[PurposeId, int, int]  # what for, from when, to when


class Got:
    """All that the university got so far, and from which homes each figure must have been made."""

    def __init__(self, lane: Lane, shown: dict[PurposeId, str]) -> None:
        self.lane = lane
        self.shown = {purpose: Variant(view) for purpose, view in shown.items()}
        self.cells: dict[Cell, float] = {}
        self.alone: set[tuple[int, int, int]] = set()

    def look(self) -> None:
        """Ask by every stream for every purpose; nothing may contradict what was got, or tell a home."""
        for purpose in (RESEARCH, STUDY):
            for number in range(HOMES):
                self._look_at(number, purpose)
        for number in range(HOMES):
            told = self.lane.shows(number)
            for row in told.json["value"] if told.status == 200 else ():
                begins, ends = (_time_ns(each) for each in row["phenomenonTime"].split("/"))
                self._keep((STREET, begins, ends), row["result"])
        self._nobody_is_alone()

    def _keep(self, cell: Cell, figure: float) -> None:
        assert figure == self.cells.setdefault(cell, figure), "a cell that was given once is another one now"

    def _look_at(self, number: int, purpose: PurposeId) -> None:
        self._is_as_anew(number, purpose)
        if isinstance(self.lane.reads(number, purpose), str):
            return
        for row in self.lane.university.reads(self.lane.things[number], purpose):
            if row.from_ns == row.to_ns or not self.shown[purpose].homes:
                self.alone.add((number, row.from_ns, row.to_ns))
            else:
                self._keep((purpose, row.from_ns, row.to_ns), float(row.result))

    def _is_as_anew(self, number: int, purpose: PurposeId) -> None:
        """What the gate finds again of homes that it has looked at is what it would find anew."""
        leases, lane = self.lane.world.node.leases, self.lane
        question = Question(
            Action.READ, lane.things[number].stream, lane.university.asker(purpose), lane.world.clock.now()
        )
        again = decide(question, Reading(leases.in_force, leases.memory))
        assert decide(question, Reading(leases.in_force)) == again

    def _nobody_is_alone(self) -> None:
        """Figures of times that meet are the same one, or of no home in common; and what is read alone leaves no few."""
        groups = [(cell, _homes(value, self.shown[cell[0]])) for cell, value in self.cells.items()]
        for ((_, begins, ends), group), ((_, from_ns, to_ns), other) in combinations(groups, 2):
            if begins < to_ns and from_ns < ends and group & other:
                assert (begins, ends, group) == (from_ns, to_ns, other)
        for (_, begins, ends), group in groups:
            assert len(group) >= 3
            read = {one for one, at, to in self.alone if at < ends and (begins < to or begins == at)}
            left = group - read
            assert not left or len(left) >= 3 or not group & read, (group, read)


def _time_ns(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) * _NS


def _homes(figure: float, view: Variant) -> frozenset[int]:
    """Whose values a figure is of."""
    for chosen in range(1, 2**HOMES):
        values = [value for at, value in enumerate(_VALUES) if chosen >> at & 1]
        mean = sum(values) / len(values)
        if abs((mean if view.step is None else down(mean, view.step)) - figure) < 1e-6:
            return frozenset(at for at in range(HOMES) if chosen >> at & 1)
    raise AssertionError(f"{figure} is no figure of these homes")


_LATE: list[Deed] = [("late", 4, RESEARCH), *[("quarter", _EVERYBODY, RESEARCH)] * 3]
_SILENT: list[Deed] = [
    ("quarter", 0b01111, RESEARCH),
    ("quarter", 0b11011, RESEARCH),
    ("quarter", _EVERYBODY, RESEARCH),
]


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example((TOGETHER, LATER, TOGETHER), _LATE)
@example((LATER, TOGETHER, TOGETHER), _LATE)
@example((HALVES, TOGETHER, TOGETHER), _SILENT)
@example((TOGETHER, TOGETHER, HALVES), _LATE)
@example((ROUNDED, "count=PT30M", TOGETHER), [("gives", 4, STUDY), *_SILENT])
@given(views, steps)
def test_no_two_answers_differ_by_a_home(shown: tuple[str, str, str], deeds: list[Deed]) -> None:
    research, study, street = shown
    lane = Lane(HOMES, views=("raw", research), study=(study,), for_all=(street,))
    view_of = {RESEARCH: research, STUDY: study, STREET: street}
    try:
        got = Got(lane, view_of)
        together = [purpose for purpose in view_of if Variant(view_of[purpose]).homes]
        for purpose in together:
            lane.choose(Decision.GIVE, *range(HOMES), view=view_of[purpose], purpose=purpose)
        begins = quarters(lane)
        got.look()
        same = {each for each in together if Variant(view_of[each]).same_cells(Variant(street))}
        assert ({each for each, _, _ in got.cells} == same) if street != LATER else not got.cells
        for deed, number, purpose in [*deeds, ("quarter", _EVERYBODY, RESEARCH)]:
            match deed:
                case "gives":
                    lane.choose(Decision.GIVE, number, view=view_of[purpose], purpose=purpose)
                case "gives-raw":
                    lane.choose(Decision.GIVE, number, view="raw", purpose=purpose)
                case "refuses" | "withdraws":
                    decision = Decision.REFUSE if deed == "refuses" else Decision.WITHDRAW
                    lane.choose(decision, number, purpose=purpose)
                case "late":
                    lane.things[number].says(_VALUES[number], at_ns=begins + number)
                case _:
                    begins = lane.world.clock.now()
                    lane.quarter(*(value if number >> at & 1 else None for at, value in enumerate(_VALUES)))
                    lane.closed()
            got.look()
        lane.world.advance(Variant(LATER).late_ns / _NS)
        got.look()
    finally:
        lane.world.close()


def quarters(lane: Lane) -> int:
    """Half an hour in which the last home says nothing. Gives when its second quarter began."""
    lane.until_quarter()
    if lane.world.clock.now() // (900 * _NS) % 2:
        lane.until_quarter()
    lane.quarter(*_VALUES[:-1], None)
    begins = lane.world.clock.now()
    lane.quarter(*_VALUES[:-1], None)
    lane.closed()
    return begins
