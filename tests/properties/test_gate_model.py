"""Any mix of saying, asserting, expiring, moving, makers, private mode, late data and clocks that step: as a sheet says.

After every step: gate ≡ sheet for reading and collecting, minute by minute; what a replay folds is what is in force live;
every lease that is live says what a fresh question would get; no restriction turns a no into a yes.
"""

import itertools

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from tests.emergencies import first, key_of, provided, second
from tests.made_town import (
    BILLING,
    HOUSE,
    METER,
    RAW,
    RESEARCHED,
    START_NS,
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
from tests.properties.maker_speaks import OURS, PASSPORT, WITHOUT_ASKING, uses
from tests.properties.naive_gate import MINUTES, VIEWS, Quiet, Sheet
from tests.properties.rows_live import RowsLive
from troth.gate.decide import decide
from troth.gate.leases import Lease
from troth.gate.question import OWN_PURPOSE, Answer, Code, Question, Verdict
from troth.names import PersonId
from troth.state.in_force import Reading
from troth.statements.choice import Decision
from troth.statements.ground import Asserted
from troth.statements.kinds import KindName
from troth.things.intervals import FOREVER, Interval, covers
from troth.things.weekly import Offset, Weekly, Window

NAMES = ["Ana", "Ben", "Cem"]
FIRST_MINUTE = START_NS // 60_000_000_000 % 1440  # of the day, UTC
FOREWARNED = 3  # the sheet ends; nothing is asked in its last minutes

PLAIN = (Asserted.SETTLED, Asserted.OBJECTABLE, Asserted.REQUIRED)

names = st.sampled_from(NAMES)
decisions = st.sampled_from(list(Decision))
views = st.sampled_from(VIEWS)
ahead = st.none() | st.integers(0, 12)


def minutes(answer: Answer) -> set[int] | None:
    """Which minutes of the sheet an answer covers; None for a no."""
    if answer.verdict is Verdict.DENY:
        return None
    return {minute for minute in range(MINUTES) if covers(answer.covered, ns(minute))}


class GateAndSheet(RowsLive):
    @initialize(
        contract=st.tuples(st.integers(0, 20), st.integers(20, MINUTES)),
        installed=st.integers(0, 5),
        living=st.sets(names),
        clocks=st.tuples(st.integers(0, MINUTES), st.sampled_from([(0, 0), (0, 60), (60, 0), (330, 300)])),
        maker=st.booleans(),
    )
    def begin(
        self,
        contract: tuple[int, int],
        installed: int,
        living: set[str],
        clocks: tuple[int, tuple[int, int]],
        maker: bool,  # noqa: FBT001 - Hypothesis gives it by name
    ) -> None:
        self.maker_speaks = maker
        self.now = self.latest = installed
        self.town = Town()
        self.town.organisations(SUPPLIER, UNIVERSITY)
        self.town.say(KindName.PASSPORT, PASSPORT)
        self.town.disclose(*uses(postponed=False))
        self.said_grounds = 0
        self.home = self.town.household("h")
        self.meter = self.town.install(self.home, contract=contract, since=installed, owner=SUPPLIER)
        self.change, self.ahead = clocks
        self.sheet = Sheet(NAMES, contract, installed, self.local)
        self.hushes: list[
            tuple[str, int, int, tuple[int, int] | None]
        ] = []  # whose, number, since when, in which window
        self.ids: dict[str, PersonId] = {}
        self.leases: list[Lease] = []
        for name in NAMES:
            # Everybody is known; only some live here. Who does not yet has lived here for no time at all.
            self.ids[name] = self.town.person(name, self.home, to=None if name in living else 0)
            self.sheet.moves(name, 0, None if name in living else 0)
        for ground in PLAIN:
            self.town.asserts(
                WITHOUT_ASKING[ground], installed, ground=ground, name=f"the first {ground}", to=MINUTES - 1
            )
            self.sheet.asserts(ground.value, installed, MINUTES - 1)
        why = WITHOUT_ASKING[Asserted.URGENT]
        openers = (SUPPLIER, UNIVERSITY)
        self.provision = provided(METER, why, openers=openers, recipient=SUPPLIER, at_ns=ns(installed))
        self.town.say(KindName.GROUND, self.provision, at=installed)

    def local(self, minute: int) -> int:
        """The minute of the first day that the clocks of the home show; they are changed once."""
        return FIRST_MINUTE + minute + self.ahead[minute >= self.change]

    def _until(self, ahead_: int | None) -> int | None:
        return None if ahead_ is None else min(self.now + ahead_, MINUTES - 1)

    @rule(name=names, decision=decisions, view_=views, to=ahead, since=ahead)
    def choose(self, name: str, decision: Decision, view_: str, to: int | None, since: int | None) -> None:
        back = None if since is None or decision is not Decision.GIVE else max(self.now - since, 0)
        until = self._until(to)
        self.town.choose(self.ids[name], decision, self.meter, self.now, variant=view_, to=until, since=back)
        self.sheet.chooses(name, decision, view_, self.now, until, back)

    @rule(name=names, decision=decisions, to=ahead, about=st.sampled_from([OWN_PURPOSE, HOUSE]))
    def object_to_own_use(self, name: str, decision: Decision, to: int | None, about: str) -> None:
        until = self._until(to)
        chosen = OWN_PURPOSE if about == OWN_PURPOSE else HOUSE
        self.town.choose(self.ids[name], decision, self.home, self.now, purpose=chosen, to=until, whole_home=True)
        self.sheet.objects(name, decision, self.now, until)

    @rule(ground=st.sampled_from(PLAIN), wait=st.integers(0, 5), stay=st.integers(1, 20), here=st.booleans())
    def assert_a_ground(self, ground: Asserted, wait: int, stay: int, here: bool) -> None:  # noqa: FBT001 - Hypothesis gives it by name
        since = min(self.now + wait, MINUTES - 2)
        until = min(since + stay, MINUTES - 1)
        self.said_grounds += 1
        name = f"ground {self.said_grounds}"
        home = self.home if here else None
        why = WITHOUT_ASKING[ground]
        self.town.asserts(why, since, ground=ground, name=name, to=until, home=home, said_again=self.now)
        self.sheet.asserts(ground.value, since, until)

    @precondition(lambda self: self.now >= self.sheet.installed)  # before what provides for it, none is accepted
    @rule(stay=st.integers(1, 20), confirmed=st.booleans(), here=st.booleans())
    def emergency(self, stay: int, confirmed: bool, here: bool) -> None:  # noqa: FBT001 - Hypothesis gives it by name
        self.said_grounds += 1
        minutes_, home = min(stay, MINUTES - 1 - self.now), self.home if here else None
        name = f"emergency {self.said_grounds}"
        body = first(self.provision, by=SUPPLIER, at_ns=ns(self.now), minutes=minutes_, home=home, name=name)
        kind = KindName.EMERGENCY if home is None else KindName.HOME_EMERGENCY
        said = self.town.say(kind, body, by=key_of(SUPPLIER), at=self.now)
        if confirmed:
            second_ = second(body, said.signed.id, by=UNIVERSITY, at_ns=ns(self.now))
            self.town.say(kind, second_, by=key_of(UNIVERSITY), at=self.now)
        if confirmed and here:
            self.sheet.open_from.append((self.now, self.now + minutes_))

    @rule(name=names, still=st.booleans(), everything=st.booleans())
    def object_or_no_longer(self, name: str, still: bool, everything: bool) -> None:  # noqa: FBT001 - Hypothesis gives it by name
        about = self.home if everything else self.meter
        why = WITHOUT_ASKING[Asserted.OBJECTABLE]
        self.town.objects(self.ids[name], about, self.now, purpose=why, withdrawn=not still, whole_home=everything)
        self.sheet.objects_to_the_interest(name, self.now, still=still)

    @rule(name=names, wait=st.integers(0, 6), stay=ahead, role=st.sampled_from(["member", "owner", "guest"]))
    def move_in_or_out(self, name: str, wait: int, stay: int | None, role: str) -> None:
        since = min(self.now + wait, MINUTES - 1)
        until = None if stay is None else min(since + stay, MINUTES - 1)
        self.town.member(self.ids[name], self.home, since=since, to=until, role=role)
        self.sheet.moves(name, since, until, role=role)

    @rule(name=names, begin=st.integers(-90, 90), long=st.integers(1, 120), stay=ahead, planned=st.integers(1, 40))
    def work_in_shifts(self, name: str, begin: int, long: int, stay: int | None, planned: int) -> None:
        shift = (FIRST_MINUTE + begin, FIRST_MINUTE + begin + long)
        until, to = min(self.now + planned, MINUTES), None if stay is None else min(self.now + stay + 1, MINUTES - 1)
        self.town.member(
            self.ids[name],
            self.home,
            since=self.now,
            to=to,
            role="worker",
            shifts=self._daily(shift),
            shifts_until=until,
        )
        self.sheet.moves(name, self.now, to, role="worker", shift=shift, until=until)

    def _daily(self, window: tuple[int, int]) -> Weekly:
        offsets = (Offset(-(2**60), self.ahead[0] * 60), Offset(ns(self.change), self.ahead[1] * 60))
        return Weekly("Somewhere", (Window(tuple(range(1, 8)), window[0] % 1440, window[1] % 1440),), offsets)

    @rule(name=names)
    def leave(self, name: str) -> None:
        self.town.departs(self.ids[name], self.home, self.now)
        self.sheet.departs(name, self.now)

    @rule(name=names, wait=st.sampled_from([0, 0, 3]), to=ahead)
    def private_mode(self, name: str, wait: int, to: int | None) -> None:
        since = min(self.now + wait, MINUTES - 2)
        until = None if to is None else min(since + 1 + to, MINUTES - 1)
        self.town.restricts(self.ids[name], self.home, len(self.hushes), self.now, since=since, to=until)
        self.sheet.hushes[name][len(self.hushes)] = Quiet(since, until, None, at_once=wait == 0)
        self.hushes.append((name, since, until or MINUTES, None))

    @rule(name=names, begin=st.integers(-90, 90), long=st.integers(1, 120))
    def private_week_by_week(self, name: str, begin: int, long: int) -> None:
        window = ((FIRST_MINUTE + begin) % 1440, (FIRST_MINUTE + begin + long) % 1440)
        weekly = self._daily((FIRST_MINUTE + begin, FIRST_MINUTE + begin + long))
        until = MINUTES - 1
        self.town.restricts(self.ids[name], self.home, len(self.hushes), self.now, to=until, weekly=weekly)
        self.sheet.hushes[name][len(self.hushes)] = Quiet(
            self.now, until, (FIRST_MINUTE + begin, FIRST_MINUTE + begin + long), at_once=True
        )
        self.hushes.append((name, self.now, until, window))

    @rule(which=st.integers(0, 5))
    def end_private_mode(self, which: int) -> None:
        if which >= len(self.hushes):
            return
        name, since, to, window = self.hushes[which]
        if window is not None or not since < self.now < to:
            return
        self.town.restricts(self.ids[name], self.home, which, self.now, since=since, to=self.now)
        self.sheet.hushes[name][which] = Quiet(since, self.now, None, at_once=False)
        self.hushes[which] = (name, since, self.now, None)

    @rule(by=st.integers(1, 12))
    def the_clock_steps_back(self, by: int) -> None:
        self.now = max(self.now - by, 0)
        self.town.leases.end_all()

    @rule(by=st.integers(1, 9))
    def time_passes(self, by: int) -> None:
        self.now = min(self.now + by, MINUTES - FOREWARNED)
        self.latest = max(self.latest, self.now)

    @rule(which=st.integers(0, 7))
    def hold_a_lease(self, which: int) -> None:
        self.leases.append(self.town.lease(self._questions()[which]))

    @rule(late=st.integers(0, MINUTES - FOREWARNED))
    def late_data(self, late: int) -> None:
        answer = self.town.ask(collects(self.meter, self.now, data=late))
        allowed = self.sheet.collected(self.now)
        assert (allowed is not None and late in allowed) == (answer.verdict is Verdict.ALLOW)
        if allowed is not None and late not in allowed:
            assert Code.NOT_THEN == answer.reasons[0].code

    @rule(which=st.integers(0, 8))
    def restrict_and_compare(self, which: int) -> None:
        before = [self.town.ask(each) for each in self._questions()]
        town = self._copied()
        self._restrict(town, which)
        after = [town.ask(each) for each in self._questions()]
        for was, is_ in zip(before, after, strict=True):
            if was.verdict is Verdict.DENY:
                assert Verdict.DENY == is_.verdict
            elif was.variant is not RAW:
                assert is_.variant is not RAW, "less may be shown after a restriction, never more"

    def _restrict(self, town: Town, which: int) -> None:
        ana, group, said = self.ids["Ana"], self.sheet.homes or None, uses(postponed=self.sheet.postponed)
        match which:
            case 0:
                town.choose(ana, Decision.WITHDRAW, self.meter, self.now)
            case 1:
                town.choose(ana, Decision.REFUSE, self.meter, self.now)
            case 2:
                town.choose(ana, Decision.REFUSE, self.home, self.now, purpose=OWN_PURPOSE, whole_home=True)
            case 3:
                research = purpose(RESEARCHED.purpose, view("hourly-mean", "choice"), to=(UNIVERSITY,))
                town.disclose(research, *said[1:], group_size=group)
            case 4:
                town.disclose(OURS, group_size=group)
            case 5:
                town.disclose(*said, places=("eu",), group_size=group or 3)
            case 6:
                why = WITHOUT_ASKING[Asserted.OBJECTABLE]
                town.objects(ana, self.home, self.now, purpose=why, whole_home=True)
            case 7:
                town.restricts(ana, self.home, 1_000, self.now)
            case _:
                town.ruled("forbid(principal, action, resource);")

    def _copied(self) -> Town:
        town = Town()
        town.said = list(self.town.said)
        town.in_force = self.town.replayed()
        town.leases.in_force = town.in_force
        return town

    def _questions(self) -> list[Question]:
        return [
            reads(self.meter, self.now),
            reads(self.meter, self.now, party=SUPPLIER, why=BILLING),
            collects(self.meter, self.now),
            reads_own(self.meter, self.now, self.ids["Ana"]),
            reads_own(self.meter, self.now, self.ids["Ben"]),
            *(reads(self.meter, self.now, party=SUPPLIER, why=why) for why in WITHOUT_ASKING.values()),
        ]

    @invariant()
    def reading_is_as_painted(self) -> None:
        answer = self.town.ask(reads(self.meter, self.now))
        painted = self.sheet.research(self.now)
        assert (None if painted is None else painted[1]) == minutes(answer)
        assert (None if painted is None else painted[0]) == answer.variant
        bill = self.town.ask(reads(self.meter, self.now, party=SUPPLIER, why=BILLING))
        assert self.sheet.billing(self.now) == minutes(bill)
        for ground, why in WITHOUT_ASKING.items():
            read = self.town.ask(reads(self.meter, self.now, party=SUPPLIER, why=why))
            urgent = ground is Asserted.URGENT
            painted_ = self.sheet.helped(self.now) if urgent else self.sheet.without_asking(ground.value, self.now)
            assert painted_ == minutes(read)
        for name in NAMES:
            own = self.town.ask(reads_own(self.meter, self.now, self.ids[name]))
            assert self.sheet.own(self.now, name) == minutes(own)

    @invariant()
    def collecting_is_as_painted(self) -> None:
        answer = self.town.ask(collects(self.meter, self.now))
        assert self.sheet.collected(self.now) == minutes(answer)

    @invariant()
    def a_replay_folds_what_is_in_force(self) -> None:
        assert self.town.in_force.scopes() == self.town.replayed().scopes()

    @invariant()
    def leased_is_asked_anew(self) -> None:
        """A lease that is live says what a fresh question would be told at this moment."""
        for lease in self.leases:
            if not lease.holds(ns(self.now)):
                continue
            anew = Question(lease.question.action, lease.question.stream, lease.question.asker, ns(self.now))
            self._agrees(lease.answer, decide(anew, Reading(self.town.in_force)))

    def _agrees(self, held: Answer, anew: Answer) -> None:
        """The same answer; behind what was said already, what was taken away is gone from the moment of asking on, so less."""
        if self.now >= self.latest:
            assert held == anew
            return
        assert (held.verdict, held.variant) == (anew.verdict, anew.variant)
        assert set(minutes(held) or ()) <= set(minutes(anew) or ())

    @invariant()
    def an_answer_holds_to_its_last_nanosecond_and_not_one_longer(self) -> None:
        for question in self._questions():
            answer = self.town.ask(question)
            if answer.until_ns == FOREVER:
                continue
            last = Question(question.action, question.stream, question.asker, answer.until_ns - 1)
            self._agrees(answer, self.town.ask(last))
            lease = self.town.lease(question)
            assert lease.holds(answer.until_ns - 1)
            assert not lease.holds(answer.until_ns)

    @invariant()
    def nothing_changes_between_two_whole_minutes(self) -> None:
        """The sheet sees whole minutes only, so an answer must not know any others."""
        for question in self._questions():
            answer = self.town.ask(question)
            turns = [turn for each in answer.covered for turn in (each.from_ns, each.to_ns)]
            assert all((turn - START_NS) % 60_000_000_000 == 0 for turn in turns if abs(turn) < 2**63 - 1)
            assert answer.until_ns > question.at_ns
            assert all(isinstance(each, Interval) for each in answer.covered)


@pytest.mark.parametrize("groups", list(itertools.product((0, 3, 5), repeat=2)))
@pytest.mark.parametrize("titles", list(itertools.product(("Flow", "Flow of water"), repeat=2)))
@pytest.mark.parametrize("postponed", [False, True])
def test_what_the_maker_says_after_everybody_s_yes_opens_nothing(
    groups: tuple[int, int],
    titles: tuple[str, str],
    postponed: bool,  # noqa: FBT001 - a case of the table
) -> None:
    machine = GateAndSheet()
    machine.begin(contract=(0, MINUTES), installed=0, living=set(NAMES), clocks=(0, (0, 0)), maker=True)
    machine.time_passes(by=9)
    machine.agreed_and_then_another(groups, titles, postponed=postponed)
    machine.reading_is_as_painted()
    machine.collecting_is_as_painted()
    machine.no_read_begins_that_the_person_was_not_shown_or_told_of()


GateAndSheet.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
test_gate_is_what_a_naive_sheet_says = GateAndSheet.TestCase
