"""Somebody shares with a third party: it reads what was shared while everybody concerned agrees, and no more after."""

import asyncio
from collections.abc import Iterator
from typing import Final

import pytest
from msgspec.structs import replace

from tests.journeys.test_children import family, guards
from troth.errors import Conflict, Denied, NotFound, Refused
from troth.gate.question import Asker
from troth.gate.rules.share_terms import SHARE
from troth.gate.rules.sharing_clocks import clocks_at
from troth.journeys.share import SHARES_MAX, YEARS_MAX, Share
from troth.journeys.share_values import Standing, Wanted
from troth.names import PurposeId, ShareId, Uri
from troth.spans import DAY_NS
from troth.statements.organisation import GATEKEEPER, OrganisationBody
from troth.testing.people import Org, WorldPerson, WorldThing
from troth.testing.world import World
from troth.things.variants import Variant

ENERGY: Final = PurposeId(f"{SHARE}energy")


class Sharing:
    """Ana and Ben live together with a meter; Cleo lives alone with a heater; an adviser would like to read."""

    def __init__(self) -> None:
        self.world = World(seed=70, jitter_s=0.0)
        home, other = self.world.home("Harbour Lane 12"), self.world.home("Hill 3")
        self.meter: WorldThing = home.thing("meter")
        self.heater: WorldThing = other.thing("heater")
        self.ana, self.ben = home.person("Ana"), home.person("Ben", role="member")
        self.cleo = other.person("Cleo")
        self.adviser: Org = self.world.organisation("Adviser")
        self.world.advance(1)

    @property
    def share(self) -> Share:
        return self.world.node.sharing.share

    @property
    def notice(self) -> bytes:
        return self.share.seen.offered().notice

    def wanted(self, thing: WorldThing, **more: object) -> Wanted:
        to_ns = self.world.clock.now() + 30 * DAY_NS
        given = Wanted(self.adviser.uri, ENERGY, (thing.stream,), to_ns)
        return replace(given, **more)

    def begins(self, who: WorldPerson, thing: WorldThing, **more: object) -> ShareId:
        wanted = self.wanted(thing, **more)
        name, _ = self.world.run(self.share.begin(who.person, wanted, notice=self.notice, made_by="session"))
        self.world.advance(1)
        return name

    def agrees(self, who: WorldPerson, name: ShareId) -> None:
        self.world.run(self.share.agree(who.person, name, notice=self.notice, made_by="session"))
        self.world.advance(1)

    def ends(self, who: WorldPerson, name: ShareId) -> None:
        self.world.run(self.share.end(who.person, name, made_by="session"))

    def reads(self, thing: WorldThing) -> list[object]:
        return [row.result for row in self.adviser.reads(thing, ENERGY)]

    def standing(self, who: WorldPerson) -> list[Standing]:
        return [each.standing for each in self.share.seen.page(who.person).mine]


@pytest.fixture
def sharing() -> Iterator[Sharing]:
    made = Sharing()
    yield made
    made.world.close()


def test_what_one_person_shares_is_read_until_it_ends_and_its_end_is_at_its_nanosecond(sharing: Sharing) -> None:
    sharing.heater.says(1.0)
    with pytest.raises(NotFound):
        sharing.reads(sharing.heater)
    end = sharing.world.clock.now() + 3_600 * 10**9
    sharing.begins(sharing.cleo, sharing.heater, to_ns=end)
    assert [Standing.IN_EFFECT] == sharing.standing(sharing.cleo)
    sharing.heater.says(2.0)
    assert [2.0] == sharing.reads(sharing.heater), "what was before was not shared"
    sharing.world.clock.step((end - sharing.world.clock.now()) / 10**9 - 2)
    sharing.world.advance(1)
    assert [2.0] == sharing.reads(sharing.heater)
    sharing.world.advance((end - sharing.world.clock.now()) / 10**9)
    with pytest.raises(Denied) as no:
        sharing.reads(sharing.heater)
    assert "expired" == no.value.reason_code
    assert [Standing.ENDED] == sharing.standing(sharing.cleo)


def test_earlier_data_are_shared_where_it_says_so(sharing: Sharing) -> None:
    sharing.heater.says(1.0)
    sharing.world.advance(60)
    since = sharing.world.clock.now() - 30 * 10**9
    sharing.heater.says(2.0)
    sharing.world.advance(60)
    sharing.begins(sharing.cleo, sharing.heater, since_ns=since)
    assert [2.0] == sharing.reads(sharing.heater)


def test_nothing_is_read_before_everybody_concerned_has_said_yes(sharing: Sharing) -> None:
    name = sharing.begins(sharing.ana, sharing.meter)
    sharing.meter.says(1.0)
    assert [Standing.WAITING] == sharing.standing(sharing.ana)
    with pytest.raises(NotFound):
        sharing.reads(sharing.meter)
    (asked,) = sharing.share.seen.page(sharing.ben.person).proposed
    assert name == asked.share
    assert asked.mine is None
    sharing.agrees(sharing.ben, name)
    sharing.meter.says(2.0)
    assert [2.0] == sharing.reads(sharing.meter), "what was said while one had not agreed stays closed"
    assert () == sharing.share.seen.page(sharing.ben.person).proposed


def test_one_no_keeps_it_closed_is_not_told_and_is_not_asked_again_for_half_a_year(sharing: Sharing) -> None:
    name = sharing.begins(sharing.ana, sharing.meter, to_ns=sharing.world.clock.now() + 400 * DAY_NS)
    sharing.world.run(sharing.share.refuse(sharing.ben.person, name, made_by="session"))
    sharing.meter.says(1.0)
    with pytest.raises(NotFound):
        sharing.reads(sharing.meter)
    assert [Standing.WAITING] == sharing.standing(sharing.ana), "it does not say who has refused"
    assert [Standing.REFUSED] == sharing.standing(sharing.ben)
    assert () == sharing.share.seen.page(sharing.ben.person).proposed
    sharing.world.clock.step(clocks_at(sharing.world.clock.now()).again * 86_400)
    sharing.world.advance(1)
    assert 1 == len(sharing.share.seen.page(sharing.ben.person).proposed)


@pytest.mark.parametrize("whose", ["ana", "ben"])
def test_whoever_gave_it_ends_it_for_all(sharing: Sharing, whose: str) -> None:
    name = sharing.begins(sharing.ana, sharing.meter)
    sharing.agrees(sharing.ben, name)
    sharing.meter.says(1.0)
    assert [1.0] == sharing.reads(sharing.meter)
    sharing.ends(getattr(sharing, whose), name)
    with pytest.raises(Denied) as no:
        sharing.reads(sharing.meter)
    assert "withdrawn" == no.value.reason_code
    sharing.world.restart()
    with pytest.raises(Denied):
        sharing.reads(sharing.meter)


def test_somebody_who_moves_in_is_asked_first(sharing: Sharing) -> None:
    sharing.begins(sharing.cleo, sharing.heater)
    sharing.heater.says(1.0)
    assert [1.0] == sharing.reads(sharing.heater)
    join, home = sharing.world.node.join, sharing.world.node.directory.persons[sharing.cleo.person].homes[0]
    dora = sharing.world.run(join.person("Dora", home, role="member"))
    sharing.world.advance(1)
    with pytest.raises(Denied):
        sharing.reads(sharing.heater)
    assert 1 == len(sharing.share.seen.page(dora).proposed)


def test_who_has_left_can_end_what_they_shared_and_say_nothing_new(sharing: Sharing) -> None:
    name = sharing.begins(sharing.ana, sharing.meter)
    sharing.agrees(sharing.ben, name)
    sharing.meter.says(1.0)
    sharing.world.advance(1)
    home = sharing.world.node.directory.persons[sharing.ben.person].homes[0]
    sharing.world.run(sharing.world.node.choosing.belong.leave(sharing.ben.person, home))
    sharing.world.advance(1)
    assert [1.0] == sharing.reads(sharing.meter)
    sharing.ends(sharing.ben, name)
    assert [] == sharing.reads(sharing.meter), "the time they lived there is closed; Ana's own goes on"
    with pytest.raises(NotFound):
        sharing.begins(sharing.ben, sharing.meter)


def test_a_coarser_view_is_what_the_least_generous_gave(sharing: Sharing) -> None:
    wide = sharing.begins(sharing.ana, sharing.meter)
    coarse = sharing.begins(sharing.ben, sharing.meter, variant=Variant.HOURLY_MEAN)
    asker = Asker(sharing.adviser.uri, "app", ENERGY)
    assert Variant.HOURLY_MEAN is sharing.world.node.tell.view(sharing.meter.number, asker).variant
    sharing.ends(sharing.ben, coarse)
    with pytest.raises(Denied):
        sharing.world.node.tell.view(sharing.meter.number, asker)
    sharing.agrees(sharing.ben, wide)
    assert Variant.RAW is sharing.world.node.tell.view(sharing.meter.number, asker).variant


def test_another_party_or_purpose_reads_nothing(sharing: Sharing) -> None:
    sharing.begins(sharing.cleo, sharing.heater)
    sharing.heater.says(1.0)
    other = sharing.world.organisation("Bakery")
    with pytest.raises(NotFound):
        other.reads(sharing.heater, ENERGY)
    with pytest.raises(NotFound):
        sharing.adviser.reads(sharing.heater, PurposeId(f"{SHARE}science"))


GATEKEEPERS = {
    "by its class": OrganisationBody(Uri("https://big.example/"), "Big", "mailto:a@big.example", classes=(GATEKEEPER,)),
    "by its name": OrganisationBody(Uri("https://www.google.com/"), "Search", "mailto:a@b.example"),
    "by a name below": OrganisationBody(Uri("https://ads.business.facebook.com/x"), "Ads", "mailto:a@b.example"),
    "in upper case": OrganisationBody(Uri("https://WWW.TikTok.COM/"), "Short", "mailto:a@b.example"),
    "with a port": OrganisationBody(Uri("https://apple.com:8443/"), "Fruit", "mailto:a@b.example"),
    "with its last dot": OrganisationBody(Uri("https://www.amazon.de./"), "Shop", "mailto:a@b.example"),
}


@pytest.mark.parametrize("known", GATEKEEPERS)
def test_nothing_is_shared_with_a_gatekeeper(sharing: Sharing, known: str) -> None:
    body = GATEKEEPERS[known]
    sharing.world.run(sharing.world.node.join.organisation(body))
    with pytest.raises(Denied) as no:
        sharing.begins(sharing.cleo, sharing.heater, party=body.organisation)
    assert "gatekeeper" == no.value.reason_code
    assert "Article 5(3)" in no.value.message
    assert [True] == [
        each.gatekeeper for each in sharing.share.seen.offered().parties if each.party == body.organisation
    ]


def test_a_name_that_only_ends_like_one_is_none(sharing: Sharing) -> None:
    body = OrganisationBody(Uri("https://pineapple.com/"), "Pineapple", "mailto:a@pineapple.example")
    sharing.world.run(sharing.world.node.join.organisation(body))
    assert sharing.begins(sharing.cleo, sharing.heater, party=body.organisation)


def test_who_becomes_a_gatekeeper_reads_nothing_more(sharing: Sharing) -> None:
    sharing.begins(sharing.cleo, sharing.heater)
    sharing.heater.says(1.0)
    assert [1.0] == sharing.reads(sharing.heater)
    uri = sharing.adviser.uri
    body = OrganisationBody(uri, "Adviser", "mailto:office@adviser.example", classes=(GATEKEEPER,))
    sharing.world.run(sharing.world.node.join.organisation(body))
    with pytest.raises(Denied) as no:
        sharing.reads(sharing.heater)
    assert "gatekeeper" == no.value.reason_code
    assert [Standing.STOPPED] == sharing.standing(sharing.cleo)


def test_what_cannot_be_shared_is_refused(sharing: Sharing) -> None:
    now = sharing.world.clock.now()
    cases: list[tuple[WorldPerson, dict[str, object], type[Exception]]] = [
        (sharing.cleo, {"purpose": "urn:troth:share:advertising"}, Denied),
        (sharing.cleo, {"party": Uri("https://nobody.example/")}, Denied),
        (sharing.cleo, {"streams": (sharing.meter.stream,)}, NotFound),
        (sharing.cleo, {"streams": (sharing.heater.stream, sharing.meter.stream)}, NotFound),
        (sharing.ana, {}, NotFound),
        (sharing.cleo, {"to_ns": now}, Refused),
        (sharing.cleo, {"to_ns": now + YEARS_MAX * 400 * DAY_NS}, Refused),
        (sharing.cleo, {"words": " "}, Refused),
        (sharing.cleo, {"since_ns": now + DAY_NS}, Refused),
    ]
    for who, more, error in cases:
        with pytest.raises(error):
            sharing.begins(who, sharing.heater, **more)
    wanted = sharing.wanted(sharing.heater)
    with pytest.raises(Conflict):
        sharing.world.run(sharing.share.begin(sharing.cleo.person, wanted, notice=bytes(32), made_by="session"))
    assert () == sharing.share.seen.page(sharing.cleo.person).mine


def test_there_is_an_edge_to_how_many_shares_stand(sharing: Sharing) -> None:
    for _ in range(SHARES_MAX):
        sharing.begins(sharing.cleo, sharing.heater)
    with pytest.raises(Refused):
        sharing.begins(sharing.cleo, sharing.heater)


def test_many_shares_at_once_are_no_way_around_the_edge(sharing: Sharing) -> None:
    for _ in range(SHARES_MAX - 1):
        sharing.begins(sharing.cleo, sharing.heater)
    person, wanted = sharing.cleo.person, sharing.wanted(sharing.heater)

    async def at_once() -> list[object]:
        begun = [sharing.share.begin(person, wanted, notice=sharing.notice, made_by="session") for _ in range(4)]
        return list(await asyncio.gather(*begun, return_exceptions=True))

    assert 3 == sum(isinstance(each, Refused) for each in sharing.world.run(at_once()))


def test_nobody_ends_or_answers_for_another(sharing: Sharing) -> None:
    name = sharing.begins(sharing.ana, sharing.meter)
    for who in (sharing.ben, sharing.cleo):
        with pytest.raises(NotFound):
            sharing.ends(who, name)
    with pytest.raises(NotFound):
        sharing.agrees(sharing.cleo, name)
    with pytest.raises(NotFound):
        sharing.agrees(sharing.ana, name)


def test_what_is_open_closes_when_it_ends(sharing: Sharing) -> None:
    name = sharing.begins(sharing.cleo, sharing.heater)
    hearing = sharing.adviser.listens(sharing.heater, ENERGY)
    sharing.heater.says(1.0)
    sharing.world.settle()
    assert [1.0] == [row.result for row in hearing.rows]
    sharing.ends(sharing.cleo, name)
    sharing.heater.says(2.0)
    sharing.world.settle()
    assert [1.0] == [row.result for row in hearing.rows]
    assert hearing.ended is not None


@pytest.mark.parametrize(("years", "needs_the_child"), [(9, False), (14, True), (17, True)])
def test_what_a_guardian_shares_counts_for_a_child_until_it_is_old_enough(years: int, needs_the_child: bool) -> None:  # noqa: FBT001 - a column
    with World(seed=74, jitter_s=0.0) as world:
        home, meter, ana, kim = family(world)
        guards(world, kim, ana, years=years)
        assert home.household
        adviser, share = world.organisation("Adviser"), world.node.sharing.share
        notice = share.seen.offered().notice
        wanted = Wanted(adviser.uri, ENERGY, (meter.stream,), world.clock.now() + 30 * DAY_NS)
        name, _ = world.run(share.begin(ana.person, wanted, notice=notice, made_by="session"))
        world.advance(1)
        if needs_the_child:
            with pytest.raises(NotFound):
                adviser.reads(meter, ENERGY)
            world.run(share.agree(kim.person, name, notice=notice, made_by="session"))
            world.advance(1)
        meter.says(1.0)
        assert [1.0] == [row.result for row in adviser.reads(meter, ENERGY)]
        world.run(share.end(ana.person, name, made_by="session"))
        with pytest.raises(Denied):
            adviser.reads(meter, ENERGY)
