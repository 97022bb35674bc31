"""Any mix of sharing, agreeing, ending, running out, cutting, moving in and leaving: the gate says what a naive sheet says."""

from collections.abc import Iterable
from typing import Final

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.made_town import HOURLY, MAKER, OWNED, RAW, SUPPLIER, Town, ns
from troth.gate.decide import decide
from troth.gate.leases import Lease
from troth.gate.question import Action, Answer, Asker, Question, Verdict
from troth.gate.rules.share_terms import SHARE
from troth.names import OrderId, PersonId, PurposeId, ShareId, Uri
from troth.state.in_force import InForce, Reading
from troth.statements.choice import Decision, NoticeShown
from troth.statements.erase_order import Because, EraseOrderBody
from troth.statements.kinds import KindName
from troth.statements.share import ShareBody
from troth.things.intervals import covers
from troth.tlog.trace import basis_id

ADVISER: Final = Uri("https://adviser.example/")
ENERGY: Final = PurposeId(f"{SHARE}energy")
ASKER: Final = Asker(ADVISER, "app", ENERGY)
MINUTES: Final = 60
NOTICE: Final = NoticeShown(bytes(32), 1, "en")
SHARES: Final = tuple(ShareId(bytes([each]) * 16) for each in (1, 2))
NAMES: Final = ("Ana", "Ben")
VIEWS: Final = (RAW, HOURLY)

names = st.sampled_from(NAMES)
shares = st.sampled_from(SHARES)


class Sheet:
    """What each has shared, minute by minute: {person: {share: {view: minutes}}}; and who lived there when."""

    def __init__(self) -> None:
        self.said: dict[str, dict[ShareId, dict[str, set[int]]]] = {name: {} for name in NAMES}
        self.ends: dict[tuple[str, ShareId], int] = {}
        self.cut: dict[ShareId, int] = {}
        self.stays: dict[str, set[int]] = {"Ana": set(range(MINUTES)), "Ben": set()}
        self.present: set[str] = {"Ana"}
        self.known: set[str] = {"Ana"}

    def gives(self, name: str, share: ShareId, view: str, minutes: Iterable[int], *, from_: int) -> None:
        by_view = self.said[name].setdefault(share, {each: set() for each in VIEWS})
        for each, kept in by_view.items():
            kept -= set(range(from_, MINUTES))
            if each == HOURLY or view == RAW:
                kept |= set(minutes)

    def no(self, name: str, share: ShareId, now: int) -> None:
        for kept in self.said[name].get(share, {}).values():
            kept -= set(range(now, MINUTES))

    def times(self, view: str, now: int) -> set[int]:
        """The minutes that everybody concerned shares in this view, seen from now."""
        found = set(range(MINUTES))
        for name in self.known:
            mine = {
                minute
                for share, by_view in self.said[name].items()
                for minute in by_view[view]
                if minute < self.cut.get(share, MINUTES)
            }
            stay = self.stays[name]
            stands = name in self.present or now in mine
            found -= stay - (mine if stands else set())
        return found


class Sharing(RuleBasedStateMachine):
    """One home with one stream; Ana lives there, and Ben comes and goes once."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1
        self.sheet = Sheet()
        self.leases: list[Lease] = []
        self.views: set[str] = set()

    @initialize()
    def begins(self) -> None:
        self.town = Town()
        self.town.organisations(MAKER, SUPPLIER, ADVISER)
        self.town.product()
        self.town.disclose(OWNED)
        self.home = self.town.household("home")
        self.people: dict[str, PersonId] = {"Ana": self.town.person("Ana", self.home)}
        self.stream = self.town.install(self.home)

    @rule(name=names, share=shares, view=st.sampled_from(VIEWS), later=st.integers(0, 4), length=st.integers(1, 12))
    def shares_it(self, name: str, share: ShareId, view: str, later: int, length: int) -> None:
        if name not in self.people or self.sheet.ends.get((name, share), 0) > self.now:
            return
        from_, to = self.now + later, min(self.now + later + length, MINUTES)
        if from_ < to:
            self._say(name, share, Decision.GIVE, from_, variant=view, to=to)
            self.sheet.gives(name, share, view, range(from_, to), from_=from_)
            self.sheet.ends[name, share] = to
            self.views.add(view)

    @rule(name=names, share=shares, back=st.integers(1, 6))
    def shares_what_was(self, name: str, share: ShareId, back: int) -> None:
        since, to = self.now - back, min(self.now + 5, MINUTES)
        if name in self.people and self.sheet.ends.get((name, share), 0) <= self.now and since >= 0:
            self._say(name, share, Decision.GIVE, self.now, variant=RAW, to=to, since=since)
            self.sheet.gives(name, share, RAW, range(since, to), from_=self.now)
            self.sheet.ends[name, share] = to
            self.views.add(RAW)

    @rule(name=names, share=shares, decision=st.sampled_from([Decision.REFUSE, Decision.WITHDRAW]))
    def says_no(self, name: str, share: ShareId, decision: Decision) -> None:
        if name in self.people:
            self._say(name, share, decision, self.now)
            self.sheet.no(name, share, self.now)
            self.sheet.ends[name, share] = 0

    @rule(share=shares)
    def nobody_uses_it(self, share: ShareId) -> None:
        body = EraseOrderBody(
            OrderId(bytes(16)), ADVISER, ENERGY, (1,), Because.STALE, ns(self.now), ns(self.now + 1), share=share
        )
        self.town.say(KindName.ERASE_ORDER, body, at=self.now)
        self.sheet.cut.setdefault(share, self.now)

    @precondition(lambda self: "Ben" not in self.people)
    @rule()
    def ben_moves_in(self) -> None:
        self.people["Ben"] = self.town.person("Ben", self.home, since=self.now)
        self.sheet.stays["Ben"] = set(range(self.now, MINUTES))
        self.sheet.present.add("Ben")
        self.sheet.known.add("Ben")

    @precondition(lambda self: "Ben" in self.sheet.present and min(self.sheet.stays["Ben"]) < self.now)
    @rule()
    def ben_leaves(self) -> None:
        self.town.departs(self.people["Ben"], self.home, self.now)
        self.sheet.stays["Ben"] -= set(range(self.now, MINUTES))
        self.sheet.present.discard("Ben")

    @precondition(lambda self: self.now < MINUTES - 8)
    @rule(minutes=st.integers(1, 6))
    def time_passes(self, minutes: int) -> None:
        self.now += minutes

    @invariant()
    def the_gate_says_what_the_sheet_says(self) -> None:
        if not hasattr(self, "stream"):
            return
        answer = self._asked()
        expected = [
            (view, times) for view in VIEWS if view in self.views and (times := self.sheet.times(view, self.now))
        ]
        allowed = next(((view, times) for view, times in expected if self.now in times), None)
        assert bool(expected) == answer.named, "whoever was never given anything by all is not named"
        if allowed is None:
            assert Verdict.DENY is answer.verdict
            return
        assert allowed[0] == answer.variant
        assert allowed[1] == {minute for minute in range(MINUTES) if covers(answer.covered, ns(minute + 0.5))}

    @invariant()
    def a_replay_and_every_lease_that_lives_say_the_same(self) -> None:
        if not hasattr(self, "stream"):
            return
        replayed = InForce()
        for each in self.town.said:
            replayed.move(each)
        assert replayed.scopes() == self.town.in_force.scopes()
        fresh = self._asked()
        at_ns = ns(self.now + 0.5)
        for lease in self.leases:
            if lease.holds(at_ns):
                assert (fresh.verdict, fresh.covered, fresh.variant) == (
                    *(lease.answer.verdict, lease.answer.covered),
                    lease.answer.variant,
                )
        reading = Reading(self.town.in_force)
        question = Question(Action.READ, self.stream, ASKER, at_ns)
        answer = decide(question, reading)
        lease = self.town.leases.hold(question, answer, basis=basis_id(answer.rests_on), scopes=reading.looked_at)
        self.leases = [*self.leases[-8:], lease]

    def _asked(self) -> Answer:
        question = Question(Action.READ, self.stream, ASKER, ns(self.now + 0.5))
        return decide(question, Reading(self.town.in_force))

    def _say(
        self,
        name: str,
        share: ShareId,
        decision: Decision,
        from_: int,
        *,
        variant: str | None = None,
        to: int | None = None,
        since: int | None = None,
    ) -> None:
        body = ShareBody(
            share,
            self.people[name],
            self.home,
            ADVISER,
            ENERGY,
            decision,
            ns(from_),
            NOTICE,
            "session",
            (self.stream,),
            variant,
            None if to is None else ns(to),
            None if since is None else ns(since),
        )
        self.town.say(KindName.SHARE, body, by=self.town.key_of(self.people[name]), at=self.now)


TestSharing = Sharing.TestCase
TestSharing.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
