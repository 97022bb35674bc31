"""Who lives in a home in which role, and whose word counts for whom: after any mix of deeds the gate is as a list has it."""

from dataclasses import dataclass, field
from typing import Final

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.made_town import OWNED, RAW, RESEARCHED, SUPPLIER, UNIVERSITY, Town, ns, reads, reads_own
from troth.gate.question import Verdict
from troth.names import PersonId
from troth.statements.choice import ChoiceBody, Decision
from troth.statements.guardianship import GuardianshipBody
from troth.statements.kinds import KindName

NAMES: Final = ("Ana", "Ben", "Gus", "Kim", "Mila")
ROLES: Final = ("owner", "member", "guest", "child", "worker")
BOTH, ALONE, GROWN = 40, 80, 120  # minutes at which a guardian's word fades
GUARDIANS: Final = ("Ana", "Ben")


@dataclass
class Soul:
    """What is known of one person, as a list would have it. `word`: their own last word about research, `at` when."""

    role: str = "member"
    here: bool = False
    word: str = ""
    at: float = -1
    own_no: bool = False
    for_them: dict[str, str] = field(default_factory=dict)


class Roles(RuleBasedStateMachine):
    """One home, five people, a meter. Time goes on by a minute with each deed."""

    @initialize()
    def begin(self) -> None:
        self.now = 1.0
        self.town = Town()
        self.town.organisations(SUPPLIER, UNIVERSITY)
        self.town.product()
        self.town.disclose(RESEARCHED, OWNED)
        self.home = self.town.household("h")
        other = self.town.household("elsewhere")
        self.ids: dict[str, PersonId] = {name: self.town.person(name, other) for name in NAMES}
        self.souls = {name: Soul() for name in NAMES}
        self.meter = self.town.install(self.home, owner=SUPPLIER)
        guarded = GuardianshipBody(
            self.ids["Kim"], tuple(self.ids[each] for each in GUARDIANS), "DE", ns(BOTH), ns(ALONE), ns(GROWN)
        )
        self.town.say(KindName.GUARDIANSHIP, guarded)
        self.comes("Ana", "owner")
        self.comes("Kim", "child")

    def _later(self, by: float = 1) -> float:
        self.now += by
        return self.now

    @rule(by=st.integers(1, 15))
    def time_goes_on(self, by: int) -> None:
        self._later(by)

    @rule(name=st.sampled_from(NAMES), role=st.sampled_from(ROLES))
    def comes(self, name: str, role: str) -> None:
        role = "child" if name == "Kim" else "member" if role == "child" else role
        self.town.member(self.ids[name], self.home, since=self._later(), role=role)
        self.souls[name].role, self.souls[name].here = role, True

    @rule(name=st.sampled_from(NAMES), by=st.sampled_from(NAMES))
    def goes(self, name: str, by: str) -> None:
        if self.souls[name].here:
            self.town.departs(self.ids[by], self.home, self._later(), leaves=self.ids[name])
            self.souls[name].here = False

    @rule(name=st.sampled_from(NAMES), decision=st.sampled_from(Decision))
    def says(self, name: str, decision: Decision) -> None:
        self.town.choose(self.ids[name], decision, self.meter, self._later())
        self.souls[name].word, self.souls[name].at = decision.value, self.now

    @rule(name=st.sampled_from(NAMES), decision=st.sampled_from((Decision.GIVE, Decision.REFUSE)))
    def says_about_own_use(self, name: str, decision: Decision) -> None:
        self.town.choose(self.ids[name], decision, self.meter, self._later(), purpose=OWNED.purpose)
        self.souls[name].own_no = decision is Decision.REFUSE

    @rule()
    def everybody_here_says_yes(self) -> None:
        for name in NAMES:
            if self.souls[name].here and name != "Kim":
                self.says(name, Decision.GIVE)

    @rule(by=st.sampled_from(GUARDIANS), decision=st.sampled_from(Decision))
    def a_guardian_says(self, by: str, decision: Decision) -> None:
        self.says_for_another(by, "Kim", decision)

    @rule(decision=st.sampled_from(Decision))
    def the_child_says(self, decision: Decision) -> None:
        self.says("Kim", decision)

    @rule(by=st.sampled_from(NAMES), about=st.sampled_from(NAMES), decision=st.sampled_from(Decision))
    def says_for_another(self, by: str, about: str, decision: Decision) -> None:
        """Also by whom it is not to say, and about whom nobody is to say it."""
        if by == about:
            return
        body = ChoiceBody(
            person=self.ids[about],
            purpose=RESEARCHED.purpose,
            decision=decision,
            from_ns=ns(self._later()),
            notice=self.town.told(self.meter, RESEARCHED.purpose),
            made_by="guardian",
            streams=(self.meter,),
            variant=RAW if decision is Decision.GIVE else None,
            by=self.ids[by],
        )
        self.town.say(KindName.CHOICE, body, by=self.town.key_of(self.ids[by]), at=self.now)
        self.souls[about].for_them[by] = decision.value

    # --- what a list would say

    def _yes(self, name: str) -> bool:
        soul = self.souls[name]
        own_no = soul.word in {"refuse", "withdraw"}
        if name != "Kim":
            return soul.word == "give"
        guardians = [soul.for_them.get(each, "") for each in GUARDIANS]
        given = "give" in guardians and not {"refuse", "withdraw"} & set(guardians)
        own_yes = soul.word == "give" and soul.at >= BOTH
        if self.now < BOTH:
            return given and not own_no
        return own_yes and given if self.now < ALONE else own_yes

    def _old_enough_to_close(self, name: str) -> bool:
        return name != "Kim" or self.now >= BOTH

    @invariant()
    def research_is_read_exactly_when_everybody_here_is_a_yes(self) -> None:
        if not hasattr(self, "town"):
            return
        here = [name for name in NAMES if self.souls[name].here]
        read = self.town.ask(reads(self.meter, self.now)).verdict is Verdict.ALLOW
        assert read is (bool(here) and all(map(self._yes, here)))

    @invariant()
    def own_is_read_by_those_who_live_there_and_by_nobody_else(self) -> None:
        if not hasattr(self, "town"):
            return
        here = [name for name in NAMES if self.souls[name].here]
        closed = any(self.souls[each].own_no and self._old_enough_to_close(each) for each in here)
        for name in NAMES:
            soul = self.souls[name]
            reach = soul.role in {"owner", "member"} or (name == "Kim" and self.now >= GROWN)
            may = soul.here and reach and not closed
            alone = soul.here and [name] == here and soul.role in {"guest", "child"} and not closed
            read = self.town.ask(reads_own(self.meter, self.now, self.ids[name])).verdict is not Verdict.DENY
            assert read is (may or alone), name

    @invariant()
    def it_is_the_same_after_a_replay(self) -> None:
        if hasattr(self, "town") and len(self.town.said) % 7 == 0:
            assert self.town.replayed().scopes() == self.town.in_force.scopes()


TestRoles = Roles.TestCase
TestRoles.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
