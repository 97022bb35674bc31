"""Whoever reads under a shorter purpose gets what is as young as that, by every path, while a longer one keeps more."""

from collections.abc import Iterator

import msgspec
import pytest

from tests.journeys.mqtt_house import Client
from tests.journeys.test_hostile_listening import connected, topic
from troth.clock import NS_PER_S
from troth.errors import NotFound
from troth.journeys.accounts import Account, Bearer
from troth.names import PurposeId, Slug
from troth.spans import DAY_NS
from troth.statements.disclosure import DisclosedPurpose, DisclosedVariant
from troth.testing.people import (
    RESEARCH,
    Hearing,
    Home,
    Org,
    WorldPerson,
    WorldThing,
    install,
    open_to_anyone,
    own_use,
    research,
)
from troth.testing.world import World
from troth.things.intervals import Interval
from troth.things.observations import Variant
from troth.things.query import ObservationQuery, Order
from troth.wire.mqtt import Publish, Suback, Subscribe, Subscription

DAY_S = 86_400
HOUR_NS = 3_600_000_000_000
AGES = (100, 40, 31, 29, 2)
"""How many days ago each value is from, which is the value too; research may use thirty days, the home a year."""


class Lane:
    """A meter that was put up 200 days ago, its values, Ana who said yes then, and the university."""

    def __init__(self, *, view: Variant = Variant.RAW, kept: int = 30, own: int = 365, seed: int = 45) -> None:
        self.world = World(seed=seed)
        self.home: Home = self.world.home("Harbour Lane 12")
        self.ana: WorldPerson = self.home.person("Ana")
        purposes = (
            msgspec.structs.replace(own_use(), retention_days=own),
            msgspec.structs.replace(research(), retention_days=kept),
        )
        self.meter: WorldThing = self.home.thing("meter", purposes=purposes)
        self.lab: Org = self.world.organisation("University")
        self.ana.gives(self.meter, view=view)
        self.pass_days(200)
        self.now_ns = self.world.clock.now()
        self.ids = {age: self.said(age) for age in AGES}
        self.world.settle()
        self.world.settle()

    def pass_days(self, days: float) -> None:
        self.world.clock.step(days * DAY_S)
        self.world.advance(2)

    def said(self, age: float) -> int:
        kept = self.meter.says(float(age), at_ns=self.now_ns - round(age * DAY_NS))
        assert isinstance(kept, int), kept
        return kept

    @property
    def path(self) -> str:
        return f"/v1.1/Datastreams({self.meter.number})/Observations"


@pytest.fixture
def lane() -> Iterator[Lane]:
    made = Lane()
    yield made
    made.world.close()


def results(rows: "list[dict[str, float]]") -> list[float]:
    return [row["result"] for row in rows]


def test_a_page_holds_what_the_purpose_reaches_and_the_home_sees_all(lane: Lane) -> None:
    assert [29.0, 2.0] == [row.result for row in lane.lab.reads(lane.meter)]
    assert [100.0, 40.0, 31.0, 29.0, 2.0] == [row.result for row in lane.ana.reads(lane.meter)]


def test_the_home_sees_no_more_than_its_own_purpose_where_that_is_the_shorter() -> None:
    lane = Lane(kept=365, own=30)
    assert [29.0, 2.0] == [row.result for row in lane.ana.reads(lane.meter)]
    assert [100.0, 40.0, 31.0, 29.0, 2.0] == [row.result for row in lane.lab.reads(lane.meter)]
    points = lane.world.run(lane.world.node.explain.home(lane.ana.person)).streams[0].points
    assert [2.0] == [row.result for row in points]
    lane.world.close()


def test_of_two_purposes_of_the_home_the_longer_counts() -> None:
    with World(seed=46) as world:
        short = DisclosedPurpose(PurposeId("urn:x:leaks"), "Leaks", "", (), (DisclosedVariant("raw", "own"),), 7)
        home = world.home("Harbour Lane 12")
        ana, meter = home.person("Ana"), home.thing("meter", purposes=(short, own_use()))
        meter.says(1.0)
        world.clock.step(20 * DAY_S)
        world.advance(2)
        assert [1.0] == [row.result for row in ana.reads(meter)]


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_pages_counts_and_next_links_over_http_know_of_nothing_older(lane: Lane, order: str) -> None:
    token = lane.lab.token()
    target: str | None = f"{lane.path}?$count=true&$top=1&$orderby=phenomenonTime%20{order}"
    found: list[float] = []
    while target is not None:
        told = lane.world.get(target, token=token)
        assert (200, 2) == (told.status, told.json["@iot.count"])
        found += results(told.json["value"])
        target = told.json.get("@iot.nextLink")
        target = None if target is None else target.removeprefix("http://localhost:8080")
    assert (sorted(found, reverse=order == "asc")) == found
    assert {29.0, 2.0} == set(found)


def test_filtering_for_older_times_gives_nothing_and_no_next_page(lane: Lane) -> None:
    query = ObservationQuery(times=(Interval(0, lane.now_ns - 30 * DAY_NS),))
    page = lane.world.run(lane.world.node.tell.observations(lane.meter.number, query, asker=lane.lab.asker()))
    assert ((), None) == (page.rows, page.after)
    count = lane.world.node.tell.count(lane.meter.number, query, asker=lane.lab.asker())
    assert 0 == lane.world.run(count)


def test_one_that_is_older_is_as_one_that_never_was(lane: Lane) -> None:
    token = lane.lab.token()
    gone = lane.world.get(f"/v1.1/Observations({lane.ids[31]})", token=token)
    never = lane.world.get(f"/v1.1/Observations({lane.ids[31] + 4096 * 4096})", token=token)
    assert (404, gone.status, bytes(gone.body)) == (never.status, never.status, bytes(never.body))
    assert 200 == lane.world.get(f"/v1.1/Observations({lane.ids[29]})", token=token).status


def test_neither_proof_nor_reason_is_given_of_what_is_older(lane: Lane) -> None:
    node, lab, ana = lane.world.node, lane.lab.asker(), lane.ana.asker()
    for asker, age in ((lab, 29), (ana, 100)):
        assert lane.world.run(node.prove.observation(lane.ids[age], asker))
        assert lane.world.run(node.why.because(lane.ids[age], asker=asker)).row.result == age
    with pytest.raises(NotFound):
        lane.world.run(node.prove.observation(lane.ids[31], lab))
    with pytest.raises(NotFound):
        lane.world.run(node.why.because(lane.ids[31], asker=lab))


def test_means_are_over_whole_hours_in_reach_only() -> None:
    lane = Lane(view=Variant.HOURLY_MEAN)
    rows = lane.lab.reads(lane.meter)
    assert [29.0, 2.0] == [row.result for row in rows]
    assert all(row.from_ns >= lane.now_ns - 30 * DAY_NS for row in rows)
    lane.world.close()


def test_an_hour_through_which_the_edge_goes_is_not_given() -> None:
    lane = Lane(view=Variant.HOURLY_MEAN)
    edge_ns = lane.world.clock.now() - 30 * DAY_NS
    into_ns = (edge_ns // HOUR_NS + 1) * HOUR_NS - 1  # the last moment of the hour in which the edge lies
    assert isinstance(lane.meter.says(30.0, at_ns=into_ns), int)
    assert isinstance(lane.meter.says(31.0, at_ns=into_ns + 1), int)
    assert [31.0, 29.0, 2.0] == [row.result for row in lane.lab.reads(lane.meter)]
    lane.world.close()


def test_a_listener_is_told_no_last_value_and_no_late_one_that_is_older() -> None:
    lane = Lane(kept=1)
    theirs, hers = lane.lab.listens(lane.meter), Hearing()
    lane.world.run(listening(lane, hers))
    lane.world.advance(1)
    assert ([], [2.0]) == (told(theirs), told(hers))
    lane.said(1.5)
    lane.said(0.5)
    lane.world.advance(1)
    assert ([0.5], [2.0, 1.5, 0.5]) == (told(theirs), told(hers))
    assert (0, None, 0, None) == (theirs.drops, theirs.ended, hers.drops, hers.ended)
    lane.world.close()


async def listening(lane: Lane, hearing: Hearing) -> None:
    """Ana listens to her own."""
    lane.world.node.tell.listen(lane.meter.number, lane.ana.asker(), hearing)


def told(hearing: Hearing) -> list[float]:
    return [float(row.result) for row in hearing.rows]


def test_the_property_of_a_thing_description_is_not_older(lane: Lane) -> None:
    token = lane.lab.token()
    known = lane.world.node.directory.things[lane.meter.joined.thing]
    path = f"/wot/things/{known.number}/properties/{lane.meter.stream_name}"
    assert 2.0 == lane.world.get(path, token=token).json
    lane.pass_days(29)
    assert 404 == lane.world.get(path, token=token).status


def test_a_screen_shows_nothing_older_and_says_since_when(lane: Lane) -> None:
    lane.pass_days(29)
    (stream,) = lane.world.run(lane.world.node.explain.screen(lane.lab.asker())).streams
    assert ((), None) == (stream.points, stream.latest)
    assert stream.view is not None
    assert (30, lane.world.clock.now() - 30 * DAY_NS) == (stream.view.days, stream.view.since_ns)


def test_since_when_stands_in_the_datastream_and_for_how_long_in_the_description(lane: Lane) -> None:
    token = lane.lab.token()
    told = lane.world.get(f"/v1.1/Datastreams({lane.meter.number})", token=token).json
    assert told["troth.since"].startswith("2026-08-18T")
    known = lane.world.node.directory.things[lane.meter.joined.thing]
    description = lane.world.get(f"/wot/things/{known.number}", token=token).json
    assert 30 == description["properties"][lane.meter.stream_name]["troth:days"]


def test_the_edge_moves_and_ends_no_lease() -> None:
    lane = Lane(kept=1)
    soon = lane.said(1 - 1 / 24)
    tell, world = lane.world.node.tell, lane.world
    lease = tell.granted(lane.meter.number, lane.lab.asker())
    newest = ObservationQuery(order=Order.DESCENDING, top=1)

    def seen() -> list[int]:
        page = world.run(tell.observations(lane.meter.number, newest, asker=lane.lab.asker()))
        return [row.id for row in page.rows]

    assert [soon] == seen()
    world.advance(3_500)
    assert [soon] == seen()
    world.advance(150)
    assert [] == seen()
    assert tell.granted(lane.meter.number, lane.lab.asker()) is lease
    assert lease.live
    lane.world.close()


def test_how_much_came_in_is_not_told_to_whoever_may_not_see_all_of_it() -> None:
    with World(seed=47) as world:
        university = world.organisation("University")
        short = msgspec.structs.replace(open_to_anyone(), retention_days=30)
        to_all = (DisclosedVariant("raw", "nobody"),)
        long = DisclosedPurpose(RESEARCH, "Research", "unknown", (university.uri,), to_all, 365)
        gauge = install(world, "gauge", stream="level", type_="number", purposes=(short, long), household=None)
        gauge.says(1.0)
        asked = {None: False, university.asker(): True}
        for asker, told in asked.items():
            facts = world.run(world.node.explain.facts(Slug(gauge.slug), asker=asker))
            assert told == (facts.tally is not None)


def test_a_home_is_told_since_when_it_sees_what_is_said(lane: Lane) -> None:
    account = Account(b"", Bearer.SESSION, person=lane.ana.person)
    session = lane.world.run(lane.world.node.recognise.give(Bearer.SESSION, account, seconds=60))
    page = lane.world.get("/mine", headers={"cookie": f"troth_person={session}", "accept": "text/html"})
    assert "in the last 365 days, since 17 September 2025" in page.text


@pytest.mark.parametrize("handed_over", [False, True])
def test_what_waits_in_a_session_until_it_is_older_is_not_handed_over(*, handed_over: bool) -> None:
    lane = Lane(kept=1)
    world, token = lane.world, lane.lab.token()

    async def come_back() -> list[float]:
        client = await connected(world, token)
        client.send(Subscribe(1, (Subscription(topic(lane.meter), 1),)))
        assert isinstance(await client.next(), Suback)
        if not handed_over:
            client.cut()
            await world.loop.passes(1)
        for left_s in (60, 600):
            at_ns = world.clock.now() - DAY_NS + left_s * NS_PER_S
            assert isinstance(await lane.meter.say(float(left_s), at_ns=at_ns), int)
        if handed_over:
            assert [60.0, 600.0] == [await value(client) for _ in range(2)]
            client.cut()
        await world.loop.passes(120)
        client = await connected(world, token)
        assert client.present
        assert isinstance(await lane.meter.say(7.0), int)
        told = [await value(client) for _ in range(2)]
        client.cut()
        return told

    assert [600.0, 7.0] == world.run(come_back())
    lane.world.close()


async def value(client: Client) -> float:
    packet = await client.next()
    assert isinstance(packet, Publish), packet
    return float(msgspec.json.decode(packet.payload)["v"])
