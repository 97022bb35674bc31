"""Whatever people say and things measure, in any order: what a party got once is the same for ever, or is withheld.

The university reads under its own name, for two purposes, and as anybody.

Two answers about the same cell that differ would be a home: that is all a differencing attack needs.
"""

from datetime import datetime

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.journeys.test_small_groups import STREET, STUDY, TOGETHER, Lane
from troth.gate.decide import decide
from troth.gate.question import Action, Question
from troth.names import PurposeId
from troth.state.in_force import Reading
from troth.statements.choice import Decision
from troth.testing.people import RESEARCH

HOMES = 5
who = st.integers(0, HOMES - 1)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("gives"), who, st.sampled_from([RESEARCH, STUDY, STREET])),
        st.tuples(st.just("gives-raw"), who, st.just(RESEARCH)),
        st.tuples(st.sampled_from(["refuses", "withdraws"]), who, st.sampled_from([RESEARCH, STUDY, STREET])),
        st.tuples(st.just("quarter"), st.integers(0, 2**HOMES - 1), st.just(RESEARCH)),
        st.tuples(st.just("late"), who, st.just(RESEARCH)),
    ),
    min_size=4,
    max_size=7,
)
_VALUES = (1.0, 20.0, 300.0, 4_000.0, 50_000.0)  # so that every mean tells whose values are in it
_EVERYBODY = 2**HOMES - 1


class Got:
    """All that the university got so far, and from which homes each figure must have been made."""

    def __init__(self, lane: Lane) -> None:
        self.lane = lane
        self.cells: dict[tuple[PurposeId, int], float] = {}
        self.alone: set[tuple[int, int]] = set()

    def look(self) -> None:
        """Ask by every stream for every purpose; nothing may contradict what was got, or tell a home."""
        for purpose in (RESEARCH, STUDY):
            for number in range(HOMES):
                self._look_at(number, purpose)
        for number in range(HOMES):
            told = self.lane.shows(number)
            for row in told.json["value"] if told.status == 200 else ():
                begins = int(datetime.fromisoformat(row["phenomenonTime"].split("/")[0]).timestamp()) // 900
                known = self.cells.setdefault((STREET, begins), row["result"])
                assert known == row["result"], "a cell that was given to anybody once is another one now"
        for _, begins in dict.fromkeys(self.cells):
            self._nobody_is_alone(begins)

    def _look_at(self, number: int, purpose: PurposeId) -> None:
        self._is_as_anew(number, purpose)
        if isinstance(self.lane.reads(number, purpose), str):
            return
        for row in self.lane.university.reads(self.lane.things[number], purpose):
            if row.from_ns == row.to_ns:
                self.alone.add((number, row.from_ns // _QUARTER_NS))
                continue
            key = (purpose, row.from_ns // _QUARTER_NS)
            known = self.cells.setdefault(key, float(row.result))
            assert known == float(row.result), "a cell that was given once is another one now"

    def _is_as_anew(self, number: int, purpose: PurposeId) -> None:
        """What the gate finds again of homes that it has looked at is what it would find anew."""
        leases, lane = self.lane.world.node.leases, self.lane
        question = Question(
            Action.READ, lane.things[number].stream, lane.university.asker(purpose), lane.world.clock.now()
        )
        again = decide(question, Reading(leases.in_force, leases.memory))
        assert decide(question, Reading(leases.in_force)) == again

    def _nobody_is_alone(self, begins: int) -> None:
        """Of the homes in the figures of one quarter, those that can be told apart are no fewer than three, or none."""
        groups = [_homes(value) for (_, at), value in self.cells.items() if at == begins]
        read = {number for number, at in self.alone if at == begins}
        for group in groups:
            assert len(group) >= 3
            for other in [*groups, read]:
                left = group - other
                assert not left or len(left) >= 3 or not group & other, (group, other)


_QUARTER_NS = 900 * 10**9


def _homes(mean: float) -> frozenset[int]:
    """Whose values a mean is of: no two sets have the same one."""
    for chosen in range(1, 2**HOMES):
        values = [value for at, value in enumerate(_VALUES) if chosen >> at & 1]
        if abs(sum(values) / len(values) - mean) < 1e-6:
            return frozenset(at for at in range(HOMES) if chosen >> at & 1)
    raise AssertionError(f"{mean} is no mean of these homes")


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps)
def test_no_two_answers_differ_by_a_home(deeds: list[tuple[str, int, PurposeId]]) -> None:
    lane = Lane(HOMES, views=("raw", TOGETHER), study=(TOGETHER,), for_all=(TOGETHER,))
    try:
        got = Got(lane)
        everybody = range(HOMES)
        lane.choose(Decision.GIVE, *everybody)
        lane.choose(Decision.GIVE, *everybody, purpose=STUDY)
        lane.choose(Decision.GIVE, *everybody, purpose=STREET)
        lane.until_quarter()
        begins = lane.world.clock.now()
        lane.quarter(*_VALUES[:-1], None)
        lane.closed()
        got.look()
        assert {RESEARCH, STUDY, STREET} == {purpose for purpose, _ in got.cells}
        for deed, number, purpose in [*deeds, ("quarter", _EVERYBODY, RESEARCH)]:
            match deed:
                case "gives":
                    lane.choose(Decision.GIVE, number, purpose=purpose)
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
    finally:
        lane.world.close()
