"""When a word ends, whoever has read under it is ordered to erase, answers, or is seen to be silent; nobody else is told."""

from collections.abc import Iterator
from typing import Final

import pytest

from troth.errors import Conflict, Denied, NotFound, Refused
from troth.gate.question import Asker
from troth.gate.rules.share_terms import SHARE
from troth.gate.rules.sharing_clocks import clocks_at
from troth.journeys.erase_orders import EraseOrders, OrderSeen, OrderState
from troth.journeys.read_days import day_of
from troth.journeys.share_values import Standing, Wanted
from troth.names import OrderId, PurposeId, ShareId, Uri
from troth.spans import DAY_NS
from troth.statements.erase_order import Answered, Because
from troth.statements.erasure import Asked
from troth.statements.kinds import KindName
from troth.testing.people import RESEARCH, Org, WorldPerson, WorldThing
from troth.testing.world import World
from troth.things.variants import Variant

ENERGY: Final = PurposeId(f"{SHARE}energy")
TOKEN: Final = bytes(32)
DAY_S: Final = 86_400


class Orders:
    """Ana and Ben live together with a meter; Cleo lives alone with a heater; a university and an adviser read."""

    def __init__(self) -> None:
        self.world = World(seed=71, jitter_s=0.0)
        home, other = self.world.home("Harbour Lane 12"), self.world.home("Hill 3")
        self.meter: WorldThing = home.thing("meter")
        self.heater: WorldThing = other.thing("heater")
        self.ana, self.ben = home.person("Ana"), home.person("Ben", role="member")
        self.cleo = other.person("Cleo")
        self.university: Org = self.world.organisation("University")
        self.adviser: Org = self.world.organisation("Adviser")
        self.world.advance(1)

    @property
    def orders(self) -> EraseOrders:
        return self.world.node.sharing.orders

    def given(self, party: Org, purpose: PurposeId = RESEARCH) -> tuple[OrderSeen, ...]:
        """The orders of a party, when every beat has looked."""
        self.world.advance(31)
        return self.orders.of_party(party.asker(purpose))

    def answers(self, seen: OrderSeen, answered: Answered, **more: str) -> OrderSeen:
        asker = Asker(seen.body.party, "app", seen.body.purpose)
        return self.world.run(self.orders.answer(asker, seen.order, answered, token=TOKEN, **more))

    def later(self, days: float) -> None:
        self.world.clock.step(days * DAY_S)
        self.world.advance(31)

    def shares(self, who: WorldPerson, thing: WorldThing, *, days: int = 300) -> ShareId:
        share = self.world.node.sharing.share
        wanted = Wanted(self.adviser.uri, ENERGY, (thing.stream,), self.world.clock.now() + days * DAY_NS)
        notice = share.seen.offered().notice
        name, _ = self.world.run(share.begin(who.person, wanted, notice=notice, made_by="session"))
        self.world.advance(1)
        return name

    def ends(self, who: WorldPerson, name: ShareId) -> None:
        self.world.run(self.world.node.sharing.share.end(who.person, name, made_by="session"))


@pytest.fixture
def at() -> Iterator[Orders]:
    made = Orders()
    yield made
    made.world.close()


def read_by_university(at: Orders) -> None:
    at.ana.gives(at.meter)
    at.ben.gives(at.meter)
    at.meter.says(1.0)
    assert 1 == len(at.university.reads(at.meter))


def test_a_withdrawn_choice_reaches_who_has_read_and_its_answer_reaches_who_withdrew(at: Orders) -> None:
    read_by_university(at)
    assert () == at.given(at.university)
    at.ana.withdraws(at.meter)
    (order,) = at.given(at.university)
    assert (OrderState.OPEN, Because.WITHDRAWN, (at.meter.number,), None) == (
        *(order.state, order.body.because, order.body.datastreams),
        order.body.variant,
    )
    assert ("Research", (f"flow (stream {at.meter.number})",)) == (order.what_for, order.streams)
    assert [OrderState.OPEN] == [each.state for each in at.orders.of_person(at.ana.person)]
    assert () == at.orders.of_person(at.ben.person), "nobody reads another's choices"
    assert OrderState.ERASED is at.answers(order, Answered.ERASED).state
    assert [OrderState.ERASED] == [each.state for each in at.orders.of_person(at.ana.person)]
    at.world.restart()
    assert [OrderState.ERASED] == [each.state for each in at.given(at.university)]


def test_under_a_policy_of_before_orders_they_stay_owed_and_the_node_goes_on(at: Orders) -> None:
    read_by_university(at)
    at.shares(at.cleo, at.heater, days=400)
    operator, path = at.world.operator_token(), "/api/registration-policy"
    rules = at.world.get(path, token=operator).json["rules"]
    before = [rule | {"kinds": [each for each in rule["kinds"] if each != KindName.ERASE_ORDER]} for rule in rules]
    assert 201 == at.world.post(path, {"rules": [rule for rule in before if rule["kinds"]]}, token=operator).status
    at.ana.withdraws(at.meter)
    assert () == at.given(at.university)
    at.later(130)  # and nobody has used the share
    assert () == at.given(at.adviser, ENERGY)
    assert 201 == at.world.post(path, {"rules": rules}, token=operator).status
    assert [Because.WITHDRAWN] == [each.body.because for each in at.given(at.university)]
    at.later(1)
    assert [Because.STALE] == [each.body.because for each in at.given(at.adviser, ENERGY)]


def test_who_has_not_read_is_told_nothing(at: Orders) -> None:
    at.ana.gives(at.meter)
    at.meter.says(1.0)
    with pytest.raises(Denied):
        at.university.reads(at.meter)
    at.ana.withdraws(at.meter)
    assert () == at.given(at.university)
    name = at.shares(at.ana, at.meter)
    at.ends(at.ana, name)
    assert () == at.given(at.adviser, ENERGY), "Ben never agreed, so the adviser knows of no such stream"


def test_a_share_that_ends_or_is_over_is_ordered_by_its_name(at: Orders) -> None:
    first, second = at.shares(at.cleo, at.heater), at.shares(at.cleo, at.heater, days=3)
    at.heater.says(1.0)
    assert 1 == len(at.adviser.reads(at.heater, ENERGY))
    at.later(4)
    assert () == at.given(at.adviser, ENERGY), "the other share still gives as much"
    at.ends(at.cleo, first)
    (order,) = at.given(at.adviser, ENERGY)
    assert (first, Because.WITHDRAWN) == (order.body.share, order.body.because)
    assert second != first


def test_the_end_of_time_is_ordered_too(at: Orders) -> None:
    name = at.shares(at.cleo, at.heater, days=3)
    at.heater.says(1.0)
    at.adviser.reads(at.heater, ENERGY)
    at.later(4)
    (order,) = at.given(at.adviser, ENERGY)
    assert (name, Because.ENDED) == (order.body.share, order.body.because)


def test_an_order_is_given_once_whatever_crashes_between(at: Orders) -> None:
    read_by_university(at)
    at.ana.withdraws(at.meter)
    at.world.crash()
    assert 1 == len(at.given(at.university)), "what was owed when the power went is given after"
    at.world.crash()
    at.world.restart()
    assert 1 == len(at.given(at.university))


def test_what_is_still_granted_is_not_ordered_away(at: Orders) -> None:
    read_by_university(at)
    at.ana.gives(at.meter, view=Variant.HOURLY_MEAN)
    (order,) = at.given(at.university)
    assert ("hourly-mean", (at.meter.number,)) == (order.body.variant, order.body.datastreams)


def test_silence_is_reminded_shown_and_counted_from_its_day(at: Orders) -> None:
    read_by_university(at)
    at.ana.withdraws(at.meter)
    (order,) = at.given(at.university)
    clocks = clocks_at(order.body.at_ns)
    for count, days in enumerate(clocks.remind[:-1], 1):
        at.later(days - (at.world.clock.now() - order.body.at_ns) / DAY_NS + 0.01)
        (seen,) = at.given(at.university)
        assert (OrderState.REMINDED, count, None) == (seen.state, seen.reminders, seen.silent_ns)
    at.later(clocks.answer - (at.world.clock.now() - order.body.at_ns) / DAY_NS + 0.01)
    (seen,) = at.orders.of_person(at.ana.person)
    assert (OrderState.SILENT, order.body.due_ns) == (seen.state, seen.silent_ns)
    assert "mailto:office@university.example" == at.orders.every()[0].contact
    at.answers(seen, Answered.ERASED)
    (seen,) = at.orders.of_person(at.ana.person)
    assert (OrderState.ERASED, 0, None) == (seen.state, seen.reminders, seen.silent_ns)


def test_what_is_kept_says_what_and_cites_and_may_be_erased_later(at: Orders) -> None:
    read_by_university(at)
    at.ana.withdraws(at.meter)
    (order,) = at.given(at.university)
    for words, citation in (("", "DE/HGB, 257"), ("The invoices.", ""), ("x" * 1_001, "DE/HGB, 257")):
        with pytest.raises(Refused):
            at.answers(order, Answered.KEPT, words=words, citation=citation)
    kept = at.answers(order, Answered.KEPT, words="The invoices.", citation="DE/HGB, 257")
    assert (OrderState.KEPT, "The invoices.") == (kept.state, kept.body.answer and kept.body.answer.words)
    assert OrderState.ERASED is at.answers(order, Answered.ERASED).state
    with pytest.raises(Conflict):
        at.answers(order, Answered.KEPT, words="The invoices.", citation="DE/HGB, 257")


def test_nobody_answers_an_order_of_another_party_or_purpose(at: Orders) -> None:
    read_by_university(at)
    at.ana.withdraws(at.meter)
    (order,) = at.given(at.university)
    for asker in (at.adviser.asker(), at.university.asker(ENERGY)):
        assert () == at.orders.of_party(asker)
        with pytest.raises(NotFound):
            at.world.run(at.orders.answer(asker, order.order, Answered.ERASED, token=TOKEN))
    with pytest.raises(NotFound):
        at.world.run(at.orders.answer(at.university.asker(), OrderId(bytes(16)), Answered.ERASED, token=TOKEN))


def test_when_somebody_is_erased_who_has_read_is_told_and_the_order_stays_and_names_nobody(at: Orders) -> None:
    at.cleo.gives(at.heater)
    at.heater.says(1.0)
    at.university.reads(at.heater)
    number, stream = at.heater.number, at.heater.stream
    erase = at.world.node.erase
    at.world.run(erase.confirm(at.cleo.person, erase.preview(at.cleo.person).digest, made_by=Asked.SESSION))
    (order,) = at.given(at.university)
    assert (Because.ERASED, (number,), None, None) == (
        *(order.body.because, order.body.datastreams, order.body.share),
        order.body.after,
    )
    assert OrderState.ERASED is at.answers(order, Answered.ERASED).state
    at.world.restart()
    assert [OrderState.ERASED] == [each.state for each in at.given(at.university)]
    assert () == tuple(at.world.node.ports.accounts.reads.of(stream))


def test_days_of_reading_are_kept_once_a_day_and_not_of_people(at: Orders) -> None:
    read_by_university(at)
    reads = at.world.node.ports.accounts.reads
    today = day_of(at.world.clock.now())
    (days,) = reads.of(at.meter.stream)
    assert (at.university.uri, RESEARCH, today, today) == (days.party, days.purpose, days.first, days.last)
    at.later(1)
    at.university.reads(at.meter)
    at.ana.reads(at.meter)
    (days,) = reads.of(at.meter.stream)
    assert (today, today + 1) == (days.first, days.last)
    at.world.crash()
    (days,) = at.world.node.ports.accounts.reads.of(at.meter.stream)
    assert (today, today + 1) == (days.first, days.last)


def test_a_share_that_nobody_reads_is_listed_and_then_over(at: Orders) -> None:
    stale = at.world.node.sharing.stale
    name = at.shares(at.cleo, at.heater)
    clocks = clocks_at(at.world.clock.now())
    at.later(clocks.unused - 1)
    assert () == stale.of_person(at.cleo.person)
    at.later(1)
    (unused,) = stale.of_person(at.cleo.person)
    assert (name, False, unused.last + clocks.cut) == (unused.share, unused.used, unused.ends)
    assert () == stale.of_person(at.ana.person)
    at.heater.says(1.0)
    at.adviser.reads(at.heater, ENERGY)
    assert () == stale.of_person(at.cleo.person), "it is in use again"
    at.later(clocks.cut - 1)
    assert [Standing.IN_EFFECT] == [
        each.standing for each in at.world.node.sharing.share.seen.page(at.cleo.person).mine
    ]
    at.later(1)
    with pytest.raises(Denied) as no:
        at.adviser.reads(at.heater, ENERGY)
    assert "expired" == no.value.reason_code
    (shown,) = at.world.node.sharing.share.seen.page(at.cleo.person).mine
    assert (Standing.ENDED, "stale") == (shown.standing, shown.code)
    (order,) = at.given(at.adviser, ENERGY)
    assert (Because.STALE, name) == (order.body.because, order.body.share)
    assert [Because.STALE] == [each.body.because for each in at.orders.of_person(at.cleo.person)]
    at.world.restart()
    with pytest.raises(Denied):
        at.adviser.reads(at.heater, ENERGY)
    assert 1 == len(at.given(at.adviser, ENERGY)), "it is cut once"


def test_a_token_that_nobody_uses_is_listed_and_then_over(at: Orders) -> None:
    stale, recognise = at.world.node.sharing.stale, at.world.node.recognise
    token = at.adviser.token(ENERGY)
    used = at.university.token()
    clocks = clocks_at(at.world.clock.now())
    at.later(clocks.unused)
    recognise.token(used)
    assert [(Uri(at.adviser.uri), False)] == [(each.party, each.used) for each in stale.tokens()]
    at.later(clocks.notice)
    assert recognise.token(token) is None
    assert recognise.token(used) is not None
