"""A party asks in the open, once, and is not told whom it reached; a holder withholds with reasons, and only from others."""

import asyncio
from collections.abc import Iterator
from typing import Final

import pytest
from msgspec.structs import replace

from troth.errors import Conflict, Denied, NotFound, Refused, Undeclared
from troth.gate.question import Asker
from troth.gate.rules.share_terms import SHARE
from troth.gate.rules.sharing_clocks import clocks_at
from troth.journeys.recipient import REQUEST_DAYS, REQUESTS_MAX, Recipient, Wish
from troth.journeys.share import Share
from troth.journeys.share_values import Standing, Wanted
from troth.journeys.withhold import Withhold
from troth.names import PurposeId, Uri, WishId, WithholdingId
from troth.spans import DAY_NS
from troth.statements.choice import Decision
from troth.statements.organisation import GATEKEEPER, OrganisationBody
from troth.statements.withholding import Notified, Rung, WithholdingBody
from troth.testing.people import Org, WorldPerson, WorldThing
from troth.testing.world import World
from troth.things.variants import Variant

ENERGY: Final = PurposeId(f"{SHARE}energy")
DAY_S: Final = 86_400
TOLD: Final = Notified("Bundesnetzagentur", "2026-03-01", "DA-2026-17")


class Asking:
    """Cleo has a heater; Ana has none; an adviser asks, and the maker of heaters holds data."""

    def __init__(self) -> None:
        self.world = World(seed=72, jitter_s=0.0)
        home = self.world.home("Hill 3")
        self.heater: WorldThing = home.thing("heater")
        self.cleo = home.person("Cleo")
        self.ana = self.world.home("Harbour Lane 12").person("Ana")
        self.adviser: Org = self.world.organisation("Adviser")
        self.maker: Org = self.world.organisation("Maker")
        self.asker = Asker(self.adviser.uri, "app", ENERGY)
        self.world.advance(1)

    @property
    def product(self) -> Uri:
        return self.world.node.directory.things[self.heater.joined.thing].body.product

    @property
    def share(self) -> Share:
        return self.world.node.sharing.share

    @property
    def recipient(self) -> Recipient:
        return self.world.node.sharing.recipient

    @property
    def withhold(self) -> Withhold:
        return self.world.node.sharing.withhold

    def wish(self) -> Wish:
        return Wish(self.product, (self.heater.stream_name,), Variant.RAW, 30, "We compare how homes heat.")

    def asks(self, wish: Wish | None = None) -> WishId:
        return self.world.run(self.recipient.ask(self.asker, wish or self.wish()))

    def asked(self, who: WorldPerson) -> list[WishId]:
        return [each.request for each in self.share.seen.page(who.person).asked]

    def answers(self, who: WorldPerson, request: WishId, decision: Decision) -> None:
        notice = self.share.seen.offered().notice
        self.world.run(self.share.answer(who.person, request, decision, notice=notice, made_by="session"))
        self.world.advance(1)

    def shares(self, who: WorldPerson) -> None:
        to_ns = self.world.clock.now() + 300 * DAY_NS
        wanted = Wanted(self.adviser.uri, ENERGY, (self.heater.stream,), to_ns)
        notice = self.share.seen.offered().notice
        self.world.run(self.share.begin(who.person, wanted, notice=notice, made_by="session"))
        self.world.advance(1)

    def reads(self) -> list[object]:
        return [row.result for row in self.adviser.reads(self.heater, ENERGY)]

    def withholding(self, rung: Rung, **more: object) -> WithholdingBody:
        body = WithholdingBody(
            WithholdingId(b""),
            self.maker.uri,
            self.product,
            rung,
            "How it burns can be read from it.",
            0,
            self.world.clock.now() + 30 * DAY_NS,
            notified=TOLD,
        )
        return replace(body, **more)

    def later(self, days: float) -> None:
        self.world.clock.step(days * DAY_S)
        self.world.advance(2)


@pytest.fixture
def at() -> Iterator[Asking]:
    made = Asking()
    yield made
    made.world.close()


def test_who_has_such_a_thing_is_asked_and_nothing_is_read_before_a_yes(at: Asking) -> None:
    request = at.asks()
    assert [request] == at.asked(at.cleo)
    assert [] == at.asked(at.ana)
    at.heater.says(1.0)
    with pytest.raises(NotFound):
        at.reads()
    at.answers(at.cleo, request, Decision.GIVE)
    at.heater.says(2.0)
    assert [2.0] == at.reads()
    assert [] == at.asked(at.cleo)
    page = at.world.run(at.recipient.page(at.asker))
    assert ((at.heater.number,), (at.heater.number,)) == (page.readable, page.given[0].datastreams)


def test_a_no_is_not_told_and_holds_for_half_a_year_also_for_another_request(at: Asking) -> None:
    at.answers(at.cleo, at.asks(), Decision.REFUSE)
    before = at.world.run(at.recipient.page(at.asker))
    assert () == before.given
    at.asks()
    assert [] == at.asked(at.cleo)
    at.later(clocks_at(at.world.clock.now()).again)
    at.asks()
    assert 1 == len(at.asked(at.cleo))
    assert [Standing.REFUSED] == [each.standing for each in at.share.seen.page(at.cleo.person).mine]


def test_nobody_is_asked_when_its_time_is_over_or_answers_for_another(at: Asking) -> None:
    request = at.asks()
    with pytest.raises(NotFound):
        at.answers(at.ana, request, Decision.GIVE)
    with pytest.raises(NotFound):
        at.answers(at.cleo, request, Decision.WITHDRAW)
    at.later(REQUEST_DAYS)
    assert [] == at.asked(at.cleo)
    with pytest.raises(NotFound):
        at.answers(at.cleo, request, Decision.GIVE)


def test_what_cannot_be_asked_is_refused(at: Asking) -> None:
    wish = at.wish()
    for wrong, error in (
        (replace(wish, streams=()), NotFound),
        (replace(wish, streams=("smell",)), NotFound),
        (replace(wish, product=Uri("https://maker.example/none")), NotFound),
        (replace(wish, days=0), Refused),
        (replace(wish, days=367), Refused),
        (replace(wish, words=" "), Refused),
    ):
        with pytest.raises(error):
            at.asks(wrong)
    with pytest.raises(Undeclared):
        at.world.run(at.recipient.ask(at.adviser.asker(), wish))
    for _ in range(REQUESTS_MAX):
        at.asks()
    with pytest.raises(Refused):
        at.asks()
    body = OrganisationBody(at.adviser.uri, "Adviser", "mailto:a@adviser.example", classes=(GATEKEEPER,))
    at.world.run(at.world.node.join.organisation(body))
    with pytest.raises(Denied):
        at.asks()


def test_asking_many_times_at_once_is_no_way_around_the_edge(at: Asking) -> None:
    async def at_once() -> list[object]:
        asked = [at.recipient.ask(at.asker, at.wish()) for _ in range(REQUESTS_MAX + 5)]
        return list(await asyncio.gather(*asked, return_exceptions=True))

    assert 5 == sum(isinstance(each, Refused) for each in at.world.run(at_once()))


@pytest.mark.parametrize("rung", [Rung.WITHHELD, Rung.REFUSED, Rung.SECURITY])
def test_what_is_withheld_is_not_shared_and_people_read_their_own(at: Asking, rung: Rung) -> None:
    at.shares(at.cleo)
    at.heater.says(1.0)
    assert [1.0] == at.reads()
    name = at.world.run(at.withhold.say(at.withholding(rung)))
    with pytest.raises(Denied) as no:
        at.reads()
    assert "withheld" == no.value.reason_code
    with pytest.raises(Denied):
        at.shares(at.cleo)
    assert [1.0] == [row.result for row in at.cleo.reads(at.heater)]
    assert [Standing.STOPPED] == [each.standing for each in at.share.seen.page(at.cleo.person).mine]
    assert [rung] == [each.rung for home in at.share.seen.page(at.cleo.person).homes for each in home.withheld]
    at.world.restart()
    with pytest.raises(Denied):
        at.reads()
    at.world.run(at.withhold.end(name, because="Measures were agreed."))
    at.world.advance(1)
    assert [1.0] == at.reads()
    with pytest.raises(Conflict):
        at.world.run(at.withhold.end(name, because="Again."))


def test_it_ends_by_itself_and_reaches_its_stream_and_party_alone(at: Asking) -> None:
    at.shares(at.cleo)
    at.heater.says(1.0)
    other = at.world.organisation("Bakery").uri
    at.world.run(at.withhold.say(at.withholding(Rung.WITHHELD, party=other)))
    assert [1.0] == at.reads()
    at.world.run(at.withhold.say(at.withholding(Rung.WITHHELD, party=at.adviser.uri)))
    with pytest.raises(Denied):
        at.reads()
    at.later(30)
    assert [1.0] == at.reads()
    assert [False, False] == [each.holds for each in at.withhold.every()]


def test_measures_are_named_and_stop_nothing(at: Asking) -> None:
    at.shares(at.cleo)
    at.heater.says(1.0)
    agreed = at.withholding(Rung.MEASURES, measures="Single values are not published.", notified=None)
    at.world.run(at.withhold.say(agreed))
    assert [1.0] == at.reads()
    assert ["5(9)"] == [each.paragraph for each in at.withhold.every()]


def test_what_has_no_reason_authority_or_end_is_refused(at: Asking) -> None:
    now = at.world.clock.now()
    for more, error in (
        ({"words": " "}, Refused),
        ({"notified": None}, Refused),
        ({"notified": Notified("", "2026-03-01")}, Refused),
        ({"notified": Notified("Bundesnetzagentur", "yesterday")}, Refused),
        ({"to_ns": now}, Refused),
        ({"to_ns": now + 367 * DAY_NS}, Refused),
        ({"by": Uri("https://nobody.example/")}, NotFound),
        ({"party": Uri("https://nobody.example/")}, NotFound),
        ({"product": Uri("https://maker.example/none")}, NotFound),
        ({"streams": ("smell",)}, NotFound),
    ):
        with pytest.raises(error):
            at.world.run(at.withhold.say(at.withholding(Rung.WITHHELD, **more)))
    assert () == at.withhold.every()
    with pytest.raises(NotFound):
        at.world.run(at.withhold.end(WithholdingId(bytes(16)), because="None."))
