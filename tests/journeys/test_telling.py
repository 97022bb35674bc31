"""People are told before a use that does not ask them begins: on their page, in a feed, by mail, and in their own book."""

import asyncio
import re
from collections.abc import Iterator
from typing import Final
from xml.parsers import expat

import msgspec
import pytest

from tests.journeys.test_object import session
from troth.errors import Conflict, NotFound, Refused, TooSoon
from troth.gate.rules.periods import PERIODS, Rule, period_of
from troth.journeys.feeds import FEEDS_MAX
from troth.journeys.news import Sort
from troth.names import PurposeId, Uri
from troth.statements.disclosure import DisclosedPurpose, DisclosedStream, DisclosedVariant, DisclosureBody
from troth.statements.installation import Contract
from troth.statements.telling import Way
from troth.testing.people import Home, WorldPerson, WorldThing, own_use, research
from troth.testing.world import World
from troth.web.sessions import COOKIES

DAY_NS: Final = 86_400_000_000_000
BILLING: Final = PurposeId("https://supplier.example/billing")


@pytest.fixture
def world() -> Iterator[World]:
    with World(seed=64) as made:
        yield made


def billing(*, days: int = 30, to: str = "Supplier", starts_ns: int | None = None) -> DisclosedPurpose:
    """What was ordered: it asks nobody."""
    getters = (Uri(f"https://{to.lower()}.example/"),)
    views = (DisclosedVariant("hourly-mean", "contract"),)
    return DisclosedPurpose(BILLING, "Billing", "a right bill", getters, views, days, starts_ns=starts_ns)


class Lane:
    """Ana's home with a meter, and what is disclosed of it."""

    def __init__(self, world: World, *purposes: DisclosedPurpose) -> None:
        self.world = world
        self.home: Home = world.home("Harbour Lane 12")
        self.ana: WorldPerson = self.home.person("Ana")
        contract = Contract(bytes(32), "Water", 0)
        self.meter: WorldThing = self.home.thing(
            "water meter", purposes=purposes or (own_use(), research()), contract=contract
        )
        self.product = world.node.directory.things[self.meter.joined.thing].body.product
        self.version = 1

    def disclose(
        self, *purposes: DisclosedPurpose, places: tuple[str, ...] = (), group_size: int | None = None
    ) -> None:
        """Say it anew."""
        self.version += 1
        stream = DisclosedStream(self.meter.stream_name, purposes, places, group_size)
        maker = self.world.organisation("Maker")
        body = DisclosureBody(self.product, maker.uri, "en", self.version, (stream,))
        self.world.run(self.world.node.join.disclosure(body))

    def in_days(self, days: float) -> int:
        return self.world.clock.now() + round(days * DAY_NS)

    def items(self, person: WorldPerson | None = None) -> dict[str, Sort]:
        """Titles of what is new for somebody, and what it means."""
        found = self.world.node.grounding.tellings.news.of((person or self.ana).person)
        return {each.title: each.sort for each in reversed(found)}


def test_a_use_that_asks_nobody_begins_only_after_people_were_told_long_enough(world: World) -> None:
    lane = Lane(world)
    days = period_of(Rule.BEFORE_A_START, at_ns=world.clock.now()).days
    for starts_ns in (None, lane.in_days(0), lane.in_days(days - 0.001)):
        with pytest.raises(TooSoon):
            lane.disclose(own_use(), research(), billing(starts_ns=starts_ns))
    lane.disclose(own_use(), research(), billing(starts_ns=lane.in_days(days + 0.001)))
    assert {"Billing": Sort.STARTS} == lane.items()
    supplier = world.organisation("Supplier")
    lane.meter.says(1.0)
    with pytest.raises(Refused) as refused:
        supplier.reads(lane.meter, BILLING)
    assert "announced" in refused.value.message
    world.clock.step((days + 0.01) * 86_400)
    world.advance(1)
    lane.meter.says(2.0)
    world.clock.step(3_600)
    world.advance(1)
    assert supplier.reads(lane.meter, BILLING)
    with pytest.raises(TooSoon):
        lane.disclose(own_use(), research(), billing(days=60))
    lane.disclose(own_use(), research(), billing(days=20))
    assert Sort.NARROWED is lane.items()["Billing"], "what narrowed applies at once"


def test_a_start_is_not_drawn_nearer_by_saying_it_again(world: World) -> None:
    lane = Lane(world)
    lane.disclose(own_use(), billing(starts_ns=lane.in_days(20)))
    with pytest.raises(TooSoon):
        lane.disclose(own_use(), billing(starts_ns=lane.in_days(10)))
    lane.disclose(own_use(), billing(starts_ns=lane.in_days(15)))
    lane.disclose(own_use())
    with pytest.raises(TooSoon):
        lane.disclose(own_use(), billing(starts_ns=lane.in_days(10)))


def test_what_was_announced_and_taken_back_is_told_as_over(world: World) -> None:
    lane = Lane(world)
    lane.disclose(own_use(), research(), billing(starts_ns=lane.in_days(20)))
    assert {"Billing": Sort.STARTS} == lane.items()
    lane.disclose(own_use(), research())
    found = world.node.grounding.tellings.news.of(lane.ana.person)
    assert [Sort.CHANGED, Sort.ENDED] == sorted(each.sort for each in found)
    assert any("does not hold any more" in each.words for each in found)


def test_two_changes_of_one_purpose_are_two_things_to_know(world: World) -> None:
    lane = Lane(world, own_use(), billing(days=30), billing(days=60))
    lane.disclose(own_use(), billing(days=20), billing(days=50))
    found = world.node.grounding.tellings.news.of(lane.ana.person)
    assert [Sort.NARROWED, Sort.NARROWED] == [each.sort for each in found]


def test_what_goes_on_stands_beside_what_it_will_become(world: World) -> None:
    lane = Lane(world, own_use(), billing(days=30))
    lane.disclose(own_use(), billing(days=30), billing(days=60, starts_ns=lane.in_days(15)))
    supplier = world.organisation("Supplier")
    world.clock.step(3_600)  # the hour in which it was installed is not whole
    world.advance(1)
    lane.meter.says(1.0)
    world.clock.step(7_200)
    world.advance(1)
    assert supplier.reads(lane.meter, BILLING), "announcing does not interrupt it"
    assert {"Billing": Sort.STARTS} == lane.items()


def test_a_use_that_asks_needs_no_notice_and_says_that_it_asks(world: World) -> None:
    lane = Lane(world, own_use())
    world.organisation("University")
    lane.disclose(own_use(), research())
    assert {"Research": Sort.ASKED} == lane.items()
    lane.ana.gives(lane.meter)
    wider = msgspec.structs.replace(research(), retention_days=700)
    lane.disclose(own_use(), wider)
    (item,) = (each for each in world.node.grounding.tellings.news.of(lane.ana.person) if "700" in each.words)
    assert Sort.ASKED is item.sort
    assert "700 days instead of 365 days" in item.words


def test_what_asked_may_not_go_on_without_asking(world: World) -> None:
    lane = Lane(world)
    views = (DisclosedVariant("raw", "contract"),)
    with pytest.raises(TooSoon):
        lane.disclose(own_use(), msgspec.structs.replace(research(), variants=views))


def test_only_those_concerned_are_told_and_each_finds_it_in_their_own_book(world: World) -> None:
    lane = Lane(world)
    ben = world.home("Harbour Lane 14").person("Ben")
    lane.disclose(own_use(), research(), billing(starts_ns=lane.in_days(20)))
    world.advance(10)
    told = world.node.directory.told.tellings
    assert [lane.ana.person] == list(told)
    (said,) = told[lane.ana.person]
    assert (Way.PAGE, True) == (Way(said.body.way), "Billing" in said.body.text)
    world.advance(70)
    assert 1 == len(told[lane.ana.person]), "once"
    world.restart()
    world.advance(70)
    assert 1 == len(world.node.directory.told.tellings[lane.ana.person]), "also over a restart"
    _, statements = world.run(world.node.book.statements(lane.ana.asker()))
    assert "telling" in {each.kind for each in statements}
    assert {} == lane.items(ben)
    _, others = world.run(world.node.book.statements(ben.asker()))
    assert "telling" not in {each.kind for each in others}


def test_the_page_shows_it_to_her_and_to_nobody_else(world: World) -> None:
    lane = Lane(world)
    ben = world.home("Harbour Lane 14").person("Ben")
    lane.disclose(own_use(), research(), billing(starts_ns=lane.in_days(20)))
    world.advance(10)
    pages = {}
    for person in (lane.ana, ben):
        cookie = {"cookie": f"{COOKIES['person']}={session(world, person)}"}
        pages[person.name] = world.get("/mine/news", headers=cookie).body.decode()
    assert "Billing" in pages["Ana"]
    assert "On your page since" in pages["Ana"]
    assert "Billing" not in pages["Ben"]
    for path in ("/news", "/mine/news", "/news.atom", "/api/news"):
        assert "Billing" not in world.get(path).body.decode(), path


def titles_of(feed: bytes | bytearray) -> list[str]:
    """The titles of the entries of a well-formed feed."""
    expat.ParserCreate().Parse(bytes(feed), True)  # noqa: FBT003 - the name of the library's parameter
    return re.findall(r"<entry>.*?<title>(.*?)</title>", feed.decode())


def feed_of(world: World, person: WorldPerson) -> str:
    """The path of a new feed."""
    token, _ = world.run(world.node.grounding.tellings.feeds.make(person.person))
    return f"/feeds/{token}.atom"


def test_many_feeds_at_once_are_no_way_around_how_many_there_may_be(world: World) -> None:
    lane, feeds = Lane(world), world.node.grounding.tellings.feeds

    async def at_once() -> list[object]:
        made = [feeds.make(lane.ana.person) for _ in range(FEEDS_MAX + 3)]
        return list(await asyncio.gather(*made, return_exceptions=True))

    assert 3 == sum(isinstance(each, Conflict) for each in world.run(at_once()))
    assert FEEDS_MAX == len(feeds.of(lane.ana.person))


def test_a_feed_of_ones_own_is_read_by_its_link_until_it_is_ended(world: World) -> None:
    lane = Lane(world)
    lane.disclose(own_use(), research(), billing(starts_ns=lane.in_days(20)))
    path = feed_of(world, lane.ana)
    answer = world.get(path)
    assert ["Billing (water meter: flow)"] == titles_of(answer.body)
    assert "private, no-cache" == dict(answer.headers)["cache-control"]
    tag = dict(answer.headers)["etag"]
    again = world.get(path, headers={"if-none-match": f'"other", W/{tag}'})
    assert (304, b"", tag) == (again.status, bytes(again.body), dict(again.headers)["etag"])
    lane.disclose(own_use(), research())
    changed = world.get(path, headers={"if-none-match": tag})
    assert 200 == changed.status, "what is new is another document"
    feeds = world.node.grounding.tellings.feeds
    (link,) = feeds.of(lane.ana.person)
    ben = world.home("Harbour Lane 14").person("Ben")
    with pytest.raises(NotFound):
        world.run(feeds.end(ben.person, link.name))
    world.run(feeds.end(lane.ana.person, link.name))
    gone, never = world.get(path), world.get("/feeds/" + "a" * 52 + ".atom")
    assert (404, never.body) == (gone.status, gone.body)


def test_the_link_of_a_feed_opens_nothing_else(world: World) -> None:
    lane = Lane(world)
    token = feed_of(world, lane.ana).removeprefix("/feeds/").removesuffix(".atom")
    assert 401 == world.get("/api/told", token=token).status
    cookie = {"cookie": f"{COOKIES['person']}={token}"}
    assert "This opens in your own home" in world.get("/mine/news", headers=cookie).body.decode()
    for _ in range(4):
        feed_of(world, lane.ana)
    with pytest.raises(Conflict):
        feed_of(world, lane.ana)


def test_who_left_finds_nothing_of_the_home_in_their_feed(world: World) -> None:
    lane = Lane(world)
    ben = lane.home.person("Ben", role="member")
    path = feed_of(world, ben)
    lane.disclose(own_use(), research(), billing(starts_ns=lane.in_days(20)))
    assert b"Billing" in world.get(path).body
    world.run(world.node.choosing.belong.leave(ben.person, lane.home.household))
    assert b"Billing" not in world.get(path).body


def test_what_is_about_public_places_is_in_a_feed_for_everybody(world: World) -> None:
    counter = world.thing("street counter")
    body, _ = world.node.directory.disclosures[world.node.directory.things[counter.joined.thing].body.product]
    (stream,) = body.streams
    shorter = tuple(msgspec.structs.replace(each, retention_days=7) for each in stream.purposes)
    narrow = msgspec.structs.replace(stream, purposes=shorter)
    world.run(world.node.join.disclosure(msgspec.structs.replace(body, version=2, streams=(narrow,))))
    answer = world.get("/news.atom")
    titles = titles_of(answer.body)
    assert ["Open data (street counter: level)"] == titles
    assert 304 == world.get("/news.atom", headers={"if-none-match": dict(answer.headers)["etag"]}).status
    assert "Open data" in world.get("/news").body.decode()


def test_every_period_is_a_positive_number_of_days_from_a_day_on() -> None:
    assert set(Rule) == {each.rule for each in PERIODS}
    assert all(each.days > 0 for each in PERIODS)
    assert PERIODS[0] == period_of(Rule.BEFORE_A_START, at_ns=0), "of a moment before all of them the first"
