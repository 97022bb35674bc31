"""Any mix of keeping, opening, closing, giving back, waiting and saying: a yes counts exactly when the naive model says so."""

from dataclasses import dataclass

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.journeys.keeping_world import Keeping
from troth.errors import Conflict, KeyClosed, NotFound, TrothError
from troth.journeys.open_keys import OPEN_S
from troth.journeys.own_key import BACK_S
from troth.statements.choice import Decision
from troth.statements.custody import Custody

ACTS = (
    "keep",
    "open",
    "close",
    "back",
    "stop",
    "yes",
    "no",
    "elsewhere",
    "restart",
    "a minute",
    "past open",
    "past back",
)
MOVES = (
    *((act,) for act in ACTS),
    ("keep", "close", "back"),
    ("keep", "close"),
    ("past back", "yes"),
    ("stop", "past back", "yes"),
)
WAITS = {"a minute": 60, "past open": OPEN_S, "past back": BACK_S}


@dataclass
class Model:
    """What a person would expect, in seconds since the beginning."""

    now: float = 0.0
    own: bool = False
    open_until: float | None = None
    back_at: float | None = None
    answer: Decision | None = None

    def waits(self, seconds: float) -> None:
        self.now += seconds
        if self.back_at is not None and self.now >= self.back_at:
            self.own, self.back_at = False, None

    @property
    def is_open(self) -> bool:
        return self.open_until is not None and self.now < self.open_until

    def refuses(self, act: str) -> type[TrothError] | None:
        """As what it is refused, if it is."""
        refused: dict[str, tuple[bool, type[TrothError]]] = {
            "keep": (self.own, Conflict),
            "open": (not self.own, NotFound),
            "back": (not self.own or (self.back_at is not None and not self.is_open), Conflict),
            "stop": (self.back_at is None, Conflict),
            "yes": (self.own and not self.is_open, KeyClosed),
        }
        is_refused, error = refused.get(act, (False, Conflict))
        return error if is_refused else None

    def does(self, act: str) -> None:
        """Do what is not refused."""
        match act:
            case "keep":
                self.own, self.open_until, self.back_at = True, self.now + OPEN_S, None
            case "open":
                self.open_until = self.now + OPEN_S
            case "close" | "elsewhere" | "restart":
                self.open_until = None
            case "back" if self.is_open:
                self.own, self.open_until, self.back_at = False, None, None
            case "back":
                self.back_at = self.now + BACK_S
            case "stop":
                self.back_at = None
            case "yes" | "no":
                self.answer = Decision.GIVE if act == "yes" else Decision.REFUSE
            case _:
                self.waits(WAITS[act])
                self.open_until = None if act == "past back" else self.open_until


def done(keeping: Keeping, act: str) -> type[TrothError] | None:
    """The same with the real node."""
    try:
        match act:
            case "keep":
                keeping.keeps()
            case "open":
                keeping.opens()
            case "close":
                keeping.keys.close(keeping.session)
            case "back":
                keeping.run(keeping.keys.give_back(keeping.session))
            case "stop":
                keeping.run(keeping.keys.stop(keeping.session))
            case "yes" | "no":
                keeping.says(Decision.GIVE if act == "yes" else Decision.REFUSE)
            case "elsewhere":
                keeping.session = keeping.comes_in(keeping.ana)
            case "restart":
                keeping.again()
            case _:
                keeping.world.clock.step(WAITS[act])
                if act == "past back":
                    keeping.session = keeping.comes_in(keeping.ana)
    except (Conflict, KeyClosed, NotFound) as refused:
        return type(refused)
    return None


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example(["keep", "close", "back", "past back", "yes", "keep", "yes"])
@example(["keep", "close", "back", "stop", "past back", "yes", "open", "yes"])
@given(st.lists(st.sampled_from(MOVES), max_size=6).map(lambda moves: [act for move in moves for act in move]))
def test_any_mix_says_yes_exactly_when_the_key_that_speaks_is_there(acts: list[str]) -> None:
    keeping, model = Keeping(), Model()
    try:
        for act in acts:
            if act == "keep":
                keeping.session = keeping.comes_in(keeping.ana)  # a key is made within an hour of coming in
                model.open_until = None
            refused = model.refuses(act)
            assert refused is done(keeping, act), (act, acts)
            if refused is None:
                model.does(act)
            keeping.world.clock.step(1)
            model.waits(1)
            standing = keeping.keys.standing(keeping.session)
            assert (standing.custody == Custody.OWN) is model.own, (act, acts)
            assert (standing.coming is not None) is (model.back_at is not None), (act, acts)
            assert keeping.answer_now() is model.answer, (act, acts)
    finally:
        keeping.world.close()
