"""Signs go up and down, people pass and object: the gate covers exactly the minutes that a sheet of paper does."""

from typing import Final

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.journeys.test_gate_public import COUNTING, END, PLANNING, Square
from tests.made_town import HOURLY, ns
from troth.gate.question import Verdict
from troth.names import PurposeId
from troth.things.intervals import covers

PLACES: Final = ("hall", "bridge")
PURPOSES: Final = (PLANNING, COUNTING)
DAY: Final = 1_440
STEP: Final = 60  # minutes between two looks at the sheet


class Passing(RuleBasedStateMachine):
    """One thing that stands in one of two places. `signs` and `said` are [place, from, to, ...]; times in minutes."""

    @initialize()
    def begin(self) -> None:
        self.now = 10.0
        self.square = Square(sign=False)
        self.place, self.stood = "hall", ["hall"]
        self.signs: list[list[object]] = []
        self.said: list[tuple[int, str, float, float, tuple[PurposeId, ...]]] = []
        self.names = 0

    def _later(self) -> float:
        self.now += 7
        return self.now

    def _sign(self, place: str) -> list[object] | None:
        return next((each for each in self.signs if each[1] == place and each[3] is None), None)

    @rule(by=st.sampled_from((30, 700, DAY, 3 * DAY)))
    def time_goes_on(self, by: int) -> None:
        self.now += by

    @rule(place=st.sampled_from(PLACES))
    def a_sign_is_put_up(self, place: str) -> None:
        if self._sign(place) is None:
            self.names += 1
            self.square.sign(self._later(), name=self.names, place=place)
            self.signs.append([self.names, place, self.now, None])

    @rule(place=st.sampled_from(PLACES))
    def a_sign_is_taken_down(self, place: str) -> None:
        sign = self._sign(place)
        if sign is not None:
            name, since = sign[0], sign[2]
            assert isinstance(name, int)
            assert isinstance(since, float)
            sign[3] = self._later()
            self.square.sign(self.now, name=name, place=place, since=since, to=self.now)

    @rule(place=st.sampled_from(PLACES), to=st.integers(1, DAY), about=st.sets(st.sampled_from(PURPOSES)))
    def somebody_passes(self, place: str, to: int, about: set[PurposeId]) -> None:
        purposes = tuple(each for each in PURPOSES if each in about)
        self.names += 1
        self.square.passes(self.names, self._later(), *purposes, to=self.now + to, place=place)
        self.said.append((self.names, place, self.now, self.now + to, purposes))

    @rule(which=st.integers(0, 30))
    def somebody_takes_it_back(self, which: int) -> None:
        standing = [at for at, each in enumerate(self.said) if each[3] > self.now + 7]
        if standing:
            at = standing[which % len(standing)]
            name, place, since, _, purposes = self.said[at]
            self.square.passes(name, self._later(), *purposes, since=since, to=self.now, place=place)
            self.said[at] = (name, place, since, self.now, purposes)

    @rule(place=st.sampled_from(PLACES))
    def the_place_is_called_otherwise(self, place: str) -> None:
        self._later()
        self.square.install(None, place=place)
        self.place = place
        if place not in self.stood:
            self.stood.append(place)

    def _open(self, minute: float, purpose: PurposeId) -> bool:
        """What the sheet says of one minute, seen from now."""
        shown = any(
            place == self.place and _number(since) <= minute and (to is None or minute < _number(to))
            for _, place, since, to in self.signs
        )
        closed = any(
            place in self.stood and since <= minute < to and (not purposes or purpose in purposes)
            for _, place, since, to, purposes in self.said
        )
        return shown and not closed

    @invariant()
    def the_gate_covers_what_the_sheet_does(self) -> None:
        if not hasattr(self, "square"):
            return
        for purpose in PURPOSES:
            answer = self.square.plan(self.now, why=purpose)
            fine = answer.verdict is Verdict.ALLOW and answer.variant != HOURLY
            assert fine is self._open(self.now, purpose), purpose
            if not fine:
                continue
            for minute in range(0, min(int(self.now) + DAY, END), STEP):
                assert covers(answer.covered, ns(minute + 0.5)) is self._open(minute + 0.5, purpose), (purpose, minute)

    @invariant()
    def it_is_the_same_after_a_replay(self) -> None:
        if hasattr(self, "square") and len(self.square.said) % 5 == 0:
            assert self.square.replayed().scopes() == self.square.in_force.scopes()


def _number(value: object) -> float:
    assert isinstance(value, float)
    return value


TestPassing = Passing.TestCase
TestPassing.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
