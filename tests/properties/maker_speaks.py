"""The maker says a disclosure again, with another group, and a passport, with another stream: rules for the gate's machine.

What a door refuses (`gate/announcing`, `gate/measured`) is not said. By hand: nothing that asks nobody is read of a home of
which a group was ever stated, because there are fourteen days of notice and the sheet has an hour.
"""

import msgspec
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.made_town import (
    BILLED,
    BILLING,
    MAKER,
    METER,
    OWNED,
    RAW,
    RESEARCHED,
    SUPPLIER,
    Town,
    ns,
    purpose,
    reads,
    view,
)
from tests.properties.naive_gate import DAYS, MINUTES, Sheet
from troth.errors import Conflict, TooSoon
from troth.gate.announcing import check_announced
from troth.gate.measured import check_measured
from troth.gate.question import Verdict
from troth.names import PersonId, PurposeId, StreamId, Uri
from troth.state.in_force import Reading
from troth.state.scopes import ProductScope, product_scope
from troth.statements.choice import Decision
from troth.statements.disclosure import DisclosedPurpose, DisclosedStream, DisclosureBody
from troth.statements.ground import Asserted
from troth.statements.kinds import KindName
from troth.statements.passport import PassportBody, PassportStream
from troth.things.intervals import covers

ESSENTIAL = msgspec.structs.replace(BILLED, essential=True, retention_days=DAYS["contract"])
OURS = msgspec.structs.replace(OWNED, retention_days=DAYS["own"])
WITHOUT_ASKING = {each: PurposeId(f"https://supplier.example/{each.value}") for each in Asserted}
ASSERTED = tuple(
    msgspec.structs.replace(purpose(id_, view(RAW, each.value), to=(SUPPLIER,)), retention_days=DAYS[each.value])
    for each, id_ in WITHOUT_ASKING.items()
)
LATER_NS = ns(MINUTES) + 15 * 86_400_000_000_000
FLOW = PassportStream("flow", "Flow", "water", Uri("urn:x:flow"), "number")
PASSPORT = PassportBody(METER, "Meter", MAKER, (FLOW,), sector="waterworks")
ANOTHER: dict[str, object] = {
    "senses": "sound",
    "property": Uri("urn:x:voices"),
    "type": "text",
    "concerns_nobody": True,
    "sector": None,
}
GROUPS = st.sampled_from([0, 0, 0, 3, 5])
TITLES = st.sampled_from(["Flow", "Flow of water"])


def uses(*, postponed: bool) -> tuple[DisclosedPurpose, ...]:
    """Everything that is declared of the stream; `postponed`: what asks nobody begins long after the sheet ends."""
    unasked = (ESSENTIAL, *(each for each in ASSERTED if each.purpose != WITHOUT_ASKING[Asserted.URGENT]))
    if postponed:
        unasked = tuple(msgspec.structs.replace(each, starts_ns=LATER_NS) for each in unasked)
    return (RESEARCHED, *unasked, OURS, ASSERTED[list(WITHOUT_ASKING).index(Asserted.URGENT)])


class MakerSpeaks(RuleBasedStateMachine):
    """Its rules; who inherits them sets up the town, the sheet and the time, and says whether the maker speaks at all."""

    town: Town
    sheet: Sheet
    meter: StreamId
    now: int
    ids: dict[str, PersonId]
    maker_speaks: bool
    promised = 0  # the largest group that was ever stated

    def _product(self) -> ProductScope:
        return Reading(self.town.in_force).product(product_scope(METER))

    def _everybody_says_yes(self) -> None:
        for name, person in self.ids.items():
            self.town.choose(person, Decision.GIVE, self.meter, self.now)
            self.sheet.chooses(name, Decision.GIVE, "raw", self.now, None, None)

    @precondition(lambda self: self.maker_speaks)
    @rule(first=GROUPS, then=GROUPS, postponed=st.booleans())
    def discloses_again(self, first: int, then: int, postponed: bool) -> None:  # noqa: FBT001 - Hypothesis gives it by name
        self._discloses(first, postponed=self.sheet.postponed)
        self._discloses(then, postponed=postponed)

    @precondition(lambda self: self.maker_speaks)
    @rule(title=TITLES, another=st.sampled_from([None, None, *ANOTHER]))
    def describes_again(self, title: str, another: str | None) -> None:
        self._describes(title, another)

    @precondition(lambda self: self.maker_speaks)
    @rule(first=GROUPS, then=GROUPS, called=TITLES, later=TITLES)
    def everybody_says_yes_and_then_it_is_another(self, first: int, then: int, called: str, later: str) -> None:
        self.agreed_and_then_another((first, then), (called, later), postponed=True)

    def agreed_and_then_another(self, groups: tuple[int, int], titles: tuple[str, str], *, postponed: bool) -> None:
        """Everybody says yes to the first group and title; then the maker states the second ones."""
        self._discloses(groups[0], postponed=self.sheet.postponed)
        self._describes(titles[0], None)
        self._everybody_says_yes()
        self._discloses(groups[1], postponed=postponed)
        self._describes(titles[1], None)

    def _discloses(self, homes: int, *, postponed: bool) -> None:
        said = uses(postponed=postponed)
        body = DisclosureBody(METER, MAKER, "en", 1, (DisclosedStream("flow", said, group_size=homes or None),))
        sooner = not postponed and (homes < self.sheet.homes or self.sheet.postponed)
        try:
            check_announced(body, self._product().disclosure, installed=True, at_ns=ns(self.now))
        except TooSoon:
            assert sooner
            return
        assert not sooner
        self.town.disclose(*said, group_size=homes or None)
        self.sheet.homes, self.sheet.postponed = homes, postponed
        self.promised = max(self.promised, homes)

    def _describes(self, title: str, another: str | None) -> None:
        flow, body = msgspec.structs.replace(FLOW, title=title, unit="L/min"), PASSPORT
        if another == "sector":
            body = msgspec.structs.replace(body, sector=None)
        elif another is not None:
            flow = msgspec.structs.replace(flow, **{another: ANOTHER[another]})
        body = msgspec.structs.replace(body, streams=(flow,))
        try:
            check_measured(body, self._product().passport, [FLOW])
        except Conflict:
            assert another is not None
            return
        assert another is None
        self.town.say(KindName.PASSPORT, body)
        self.sheet.title = title

    @precondition(lambda self: self.maker_speaks)
    @invariant()
    def no_read_begins_that_the_person_was_not_shown_or_told_of(self) -> None:
        """Each yes that is read under was shown this title, and no larger group; of what asks nobody, no group was promised."""
        answer = self.town.ask(reads(self.meter, self.now))
        if answer.verdict is not Verdict.DENY:
            for minute in (each for each in range(MINUTES) if covers(answer.covered, ns(each))):
                for person in (each for each in self.sheet.people if self.sheet.lives[each][minute]):
                    shown = [each[5] for each in self.sheet.said[person]]
                    assert any(title == self.sheet.title and homes <= self.sheet.homes for title, homes in shown)
        unasked = (BILLING, *(why for ground, why in WITHOUT_ASKING.items() if ground is not Asserted.URGENT))
        for why in unasked if self.promised else ():
            read = self.town.ask(reads(self.meter, self.now, party=SUPPLIER, why=why))
            assert Verdict.DENY == read.verdict
