"""A recipient hears of an erase order as it is given, hears nothing of others, and nothing after its token has ended."""

from collections.abc import Iterator
from typing import Any, Final

import pytest

from tests.journeys.test_events import Listening, events
from troth.api.events import BEAT_S
from troth.api.order_events import OPEN_MAX
from troth.errors import AnsweredEnough
from troth.gate.rules.sharing_clocks import clocks_at
from troth.journeys.accounts import token_digest
from troth.journeys.erase_orders import KEPT_MAX, OrderSeen
from troth.names import OrderId, PurposeId, print_order
from troth.statements.erase_order import Answered
from troth.testing.people import WorldThing
from troth.testing.world import World

PATH: Final = "/api/erase-orders/events"
OTHER: Final = PurposeId("https://university.example/other")
DAY_S: Final = 86_400


class Scene:
    """Ana's meter and her heater, which a university has read, and its token."""

    def __init__(self) -> None:
        self.world = World(seed=752, jitter_s=0.0)
        home = self.world.home("Harbour Lane 12")
        self.meter, self.heater = home.thing("meter"), home.thing("heater")
        self.ana = home.person("Ana")
        self.university = self.world.organisation("University")
        self.token = self.university.token()
        for thing in (self.meter, self.heater):
            self.ana.gives(thing)
            thing.says(1.0)
            self.university.reads(thing)

    def ordered(self, thing: WorldThing) -> OrderSeen:
        """Ana takes her yes back; the newest order."""
        self.ana.withdraws(thing)
        self.world.advance(16)
        return self.world.node.sharing.orders.every()[0]

    def answers(self, order: OrderId, answered: Answered) -> OrderSeen:
        asker, words = self.university.asker(), None if answered is Answered.ERASED else "The invoices."
        said = self.world.node.sharing.orders.answer(
            asker, order, answered, token=token_digest(self.token), words=words, citation=words
        )
        return self.world.run(said)

    def listens(self, more: str = "", token: str | None = None) -> Listening:
        return Listening(self.world, PATH + more, token or self.token)

    def heard(self, listening: Listening) -> list[tuple[str, str, int]]:
        self.world.advance(1)
        told: list[Any] = [each.data for each in events(listening.told)]
        return [(each["order"], each["state"], each.get("reminders", 0)) for each in told]


@pytest.fixture
def at() -> Iterator[Scene]:
    made = Scene()
    yield made
    made.world.close()


def test_what_is_open_comes_first_and_then_each_order_and_what_becomes_of_it(at: Scene) -> None:
    first = at.ordered(at.meter)
    listening, other = at.listens(), at.listens(token=at.university.token(OTHER))
    second = at.ordered(at.heater)
    at.answers(first.order, Answered.KEPT)
    names = [print_order(each.order) for each in (first, second)]
    assert [(names[0], "open", 0), (names[1], "open", 0), (names[0], "kept", 0)] == at.heard(listening)
    assert (200, "text/event-stream; charset=utf-8") == (listening.told.status, listening.told.header("content-type"))
    at.world.clock.step(clocks_at(second.body.at_ns).remind[0] * DAY_S)
    at.world.advance(BEAT_S + 1)
    assert (names[1], "reminded", 1) == at.heard(listening)[-1]
    again = at.listens()
    assert [(names[1], "reminded", 1)] == at.heard(again), "what is answered is not told again"
    assert [] == at.heard(other)
    assert ":" in other.told.text, "a client that says nothing is spoken to"


def test_of_one_order_the_answer_ends_when_it_is_erased(at: Scene) -> None:
    order, name = at.ordered(at.meter).order, print_order(at.world.node.sharing.orders.every()[0].order)
    listening = at.listens(f"?order={name}")
    at.ordered(at.heater)
    at.answers(order, Answered.ERASED)
    assert [(name, "open", 0), (name, "erased", 0)] == at.heard(listening)
    assert not listening.told.broken
    assert 404 == at.listens(f"?order=eo{'a' * 26}").told.status
    assert 404 == at.listens(f"?order={name}", at.university.token(OTHER)).told.status


def test_nothing_is_told_after_the_token_has_ended_and_only_so_many_are_open(at: Scene) -> None:
    open_ = [at.listens() for _ in range(OPEN_MAX)]
    assert 429 == at.listens().told.status
    at.world.run(at.world.node.recognise.close(token_digest(at.token), words="It has ended."))
    at.ordered(at.meter)
    assert [[]] * OPEN_MAX == [at.heard(each) for each in open_]
    assert not any(each.told.broken for each in open_)
    assert 200 == at.listens(token=at.university.token()).told.status


def test_an_order_is_answered_so_often_and_its_erasure_always(at: Scene) -> None:
    order = at.ordered(at.meter).order
    for _ in range(KEPT_MAX):
        at.answers(order, Answered.KEPT)
    at.world.restart()
    with pytest.raises(AnsweredEnough):
        at.answers(order, Answered.KEPT)
    assert "erased" == at.answers(order, Answered.ERASED).state
