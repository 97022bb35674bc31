"""Views that are disclosed as data: each path shows what the view says, says what was done, and shows nothing else."""

import json
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from tests.journeys.mqtt_house import Client
from troth.errors import Denied, NotFound, Refused
from troth.signing import cbor
from troth.spans import HOUR_NS
from troth.statements.choice import Decision
from troth.statements.disclosure import DisclosedPurpose, DisclosedVariant
from troth.testing.asgi import Told
from troth.testing.people import RESEARCH, UNIVERSITY, Hearing, WorldPerson, WorldThing, own_use
from troth.testing.world import MQTT_PORT, World
from troth.things.observations import Result
from troth.things.variants import Variant
from troth.wire.mqtt import Connack, Connect, Publish, Subscribe, Subscription, Version

_NS = 10**9


class Lane:
    """Ana's home with one thing, about which the university may read in the views of one purpose."""

    def __init__(self, *views: str, type_: str = "number") -> None:
        self.world = World(seed=68, jitter_s=0.0)
        self.university = self.world.organisation(UNIVERSITY)
        home = self.world.home("Harbour Lane 12")
        self.ana: WorldPerson = home.person("Ana")
        disclosed = tuple(DisclosedVariant(each, "choice") for each in views)
        uri = self.university.uri
        purpose = DisclosedPurpose(RESEARCH, "Research", "unknown", (uri,), disclosed, 365)
        self.thing: WorldThing = home.thing("meter", type_=type_, purposes=(own_use(), purpose))
        self.token = self.university.token()

    def until_hour(self) -> None:
        """Go on to the beginning of the next hour."""
        now = self.world.clock.now()
        self.world.advance((HOUR_NS - now % HOUR_NS) / _NS)

    def gives(self, view: str) -> None:
        self.world.run(self.ana.choose(Decision.GIVE, self.thing, view=Variant(view)))

    def say(self, *results: Result, every_s: float = 600.0) -> None:
        for each in results:
            assert isinstance(self.thing.says(each), int)
            self.world.advance(every_s)

    def get(self, target: str) -> Told:
        return self.world.get(target, token=self.token)

    def rows(self, options: str = "") -> list[dict[str, object]]:
        told = self.get(f"/v1.1/Datastreams({self.thing.number})/Observations?$count=true{options}")
        assert told.status == 200, told.body
        assert told.json["@iot.count"] == len(told.json["value"])
        found: list[dict[str, object]] = told.json["value"]
        return found

    def results(self, options: str = "") -> list[object]:
        return [row["result"] for row in self.rows(options)]

    def last(self) -> object:
        """The property's value over the Web of Things."""
        number = next(
            each.number for each in self.world.node.directory.things.values() if each.thing == self.thing.joined.thing
        )
        told = self.get(f"/wot/things/{number}/properties/{self.thing.stream_name}")
        return told.json if told.status == 200 else told.status


@pytest.fixture
def lanes() -> Iterator[list[Lane]]:
    made: list[Lane] = []
    yield made
    for each in made:
        each.world.close()


def lane(lanes: list[Lane], *views: str, type_: str = "number") -> Lane:
    lanes.append(Lane(*views, type_=type_))
    return lanes[-1]


@pytest.mark.parametrize(
    ("view", "expected"),
    [
        ("mean=PT15M", [1.5, 10.0]),
        ("min=PT30M", [1.0]),
        ("max=PT30M", [10.0]),
        ("sum=PT30M", [13.0]),
        ("count=PT30M", [3]),
        ("mean=PT30M,round=0.5", [4.0]),
        ("mean=PT30M,round=3", [3.0]),
    ],
)
def test_windows_tell_one_figure_each(lanes: list[Lane], view: str, expected: list[float]) -> None:
    home = lane(lanes, view)
    home.until_hour()
    home.gives(view)
    home.say(1.0, 2.0, 10.0)
    home.until_hour()
    assert expected == home.results()
    assert expected[::-1] == home.results("&$orderby=phenomenonTime%20desc")
    assert expected[-1] == home.last()
    row = home.rows()[0]
    assert view == row["troth.view"]
    assert home.get(f"/v1.1/Observations({row['@iot.id']})").json == row


def test_what_was_done_to_a_result_stands_beside_it(lanes: list[Lane]) -> None:
    view = "mean=PT30M,round=0.5,delay=PT30M"
    home = lane(lanes, "raw", view)
    home.until_hour()
    home.gives(view)
    home.say(21.3, 21.9)
    home.world.advance(3600)
    [row] = home.rows()
    assert 21.5 == row["result"]
    assert {
        "troth.shown": "one mean for each 30 minutes, rounded down to 0.5, 30 minutes late",
        "statistic": "mean",
        "window": "PT30M",
        "roundedDownTo": 0.5,
        "delay": "PT30M",
    } == row["parameters"]
    stream = home.get(f"/v1.1/Datastreams({home.thing.number})").json
    assert view == stream["troth.view"]
    assert stream["troth.because"]


def test_rounded_rows_keep_their_times_and_handles(lanes: list[Lane]) -> None:
    home = lane(lanes, "raw", "round=0.5")
    home.gives("round=0.5")
    home.say(21.3, -0.2)
    assert [21.0, -0.5] == home.results()
    row = home.rows()[0]
    assert home.get(f"/v1.1/Observations({row['@iot.id']})").json == row
    assert 404 == home.get(f"/api/proofs/{row['@iot.id']}").status, (
        "what is proved is what was said, and that is not shown"
    )
    assert b"21.3" not in home.get(f"/v1.1/Datastreams({home.thing.number})/Observations").body


def test_what_is_late_is_nowhere_before_its_time(lanes: list[Lane]) -> None:
    home = lane(lanes, "raw", "delay=PT1H")
    home.gives("delay=PT1H")
    home.say(1.0, 2.0, every_s=1800)
    id_ = int(str(home.rows()[0]["@iot.id"]))
    assert [1.0] == home.results()
    assert 1.0 == home.last()
    hidden = [each for each in range(id_ - 40, id_ + 40) if home.get(f"/v1.1/Observations({each})").status == 200]
    assert [id_] == hidden
    border = quote(f"phenomenonTime ge {home.world.clock.now() // _NS}")
    assert 400 == home.get(f"/v1.1/Datastreams({home.thing.number})/Observations?$filter={border}").status
    home.world.advance(1800)
    assert [1.0, 2.0] == home.results()


def test_a_listener_gets_what_is_late_when_it_is_old_enough_and_not_before(lanes: list[Lane]) -> None:
    home = lane(lanes, "raw", "delay=PT1H")
    home.gives("delay=PT1H")
    hearing: Hearing = home.university.listens(home.thing)
    home.say(1.0, 2.0, 3.0, every_s=600)
    assert [] == hearing.rows
    home.world.advance(1800 + 5)
    assert [1.0] == [row.result for row in hearing.rows]
    home.world.advance(1200)
    assert [1.0, 2.0, 3.0] == [row.result for row in hearing.rows]


def test_a_late_view_of_windows_comes_by_itself_also_when_the_thing_falls_silent(lanes: list[Lane]) -> None:
    view = "max=PT15M,delay=PT30M"
    home = lane(lanes, view)
    home.until_hour()
    home.gives(view)
    hearing = home.university.listens(home.thing)
    home.say(1.0, 5.0, every_s=60)
    home.world.advance(900 - 120 + 1800 - 10)
    assert [] == hearing.rows
    home.world.advance(20)
    assert [5.0] == [row.result for row in hearing.rows]


def test_looking_for_what_is_late_stands_in_nobodys_book(lanes: list[Lane]) -> None:
    home = lane(lanes, "delay=PT15M")
    home.gives("delay=PT15M")
    home.university.listens(home.thing)
    home.world.advance(20)
    home.world.settle()
    before = len(home.ana.book().lines)
    home.say(1.0, every_s=1)
    home.world.advance(60)
    home.world.settle()
    assert before == len(home.ana.book().lines)
    home.world.advance(900)
    home.world.settle()
    assert before < len(home.ana.book().lines)


@pytest.mark.parametrize("version", [Version.V5, Version.V311])
def test_mqtt_says_what_was_done_in_either_version(lanes: list[Lane], version: Version) -> None:
    home = lane(lanes, "raw", "round=0.5")
    home.gives("round=0.5")
    home.say(21.3)

    async def listened() -> list[Publish]:
        reader, writer = await home.world.network.open(MQTT_PORT)
        client = Client(reader, writer, version)
        client.send(Connect(version=version, client_id="c", username="x", password=home.token.encode()))
        assert isinstance(await client.next(), Connack)
        client.send(Subscribe(1, (Subscription("#"),)))
        came = []
        while not await client.silent(1.0):
            packet = await client.next()
            if isinstance(packet, Publish):
                came.append(packet)
        await home.thing.say(33.9)
        while not await client.silent(1.0):
            packet = await client.next()
            if isinstance(packet, Publish):
                came.append(packet)
        client.cut()
        return came

    came = home.world.run(listened())
    assert [21.0, 33.5] == [json.loads(each.payload)["v"] for each in came]
    assert ["round=0.5"] * 2 == [json.loads(each.payload)["view"] for each in came]
    user = (("view", "round=0.5"),) if version is Version.V5 else ()
    assert [user] * 2 == [each.properties.user for each in came]


def test_members_that_are_not_named_are_nowhere(lanes: list[Lane]) -> None:
    home = lane(lanes, "only=a;b", "only=a", type_="json")
    home.gives("only=a")
    said: list[cbor.CborMap] = [{"a": 1, "b": "secret-b", "c": "secret-c"}, {"b": "secret-b"}, {"a": 2}]
    for value in said:
        home.thing.says(cbor.encode(value))
        home.world.advance(10)
    assert [{"a": 1}, {"a": 2}] == home.results()
    assert [{"a": 1}, {"a": 2}] == _page_by_page(home)
    everything = home.get(f"/v1.1/Datastreams({home.thing.number})/Observations?$count=true").body
    assert b"secret" not in everything


@pytest.mark.parametrize(
    ("view", "value"),
    [
        ("only=lat;lon,grid=0.1", {"lat": 51.501234, "lon": -0.123456}),
        ("only=coordinates;type,grid=0.1", {"type": "Point", "coordinates": [-0.123456, 51.501234]}),
    ],
)
def test_who_may_see_the_cell_never_gets_the_position_that_is_in_it(
    lanes: list[Lane], view: str, value: cbor.CborMap
) -> None:
    home = lane(lanes, view, type_="json")
    home.gives(view)
    hearing = home.university.listens(home.thing)
    home.thing.says(cbor.encode(value))
    home.world.advance(10)
    [shown] = home.results()
    assert [[[-0.2, 51.5], [-0.1, 51.5], [-0.1, 51.6], [-0.2, 51.6], [-0.2, 51.5]]] == shown["coordinates"]  # type: ignore[index]  # a JSON object
    number = home.thing.number
    ways = (
        "Observations",
        "Observations?$resultFormat=CSV",
        "Observations?$resultFormat=dataArray",
        "Observations?$select=result",
    )
    everything = [bytes(home.get(f"/v1.1/Datastreams({number})/{way}").body) for way in ways]
    everything += [
        repr(home.last()).encode(),
        *(each.result for each in hearing.rows if isinstance(each.result, bytes)),
    ]
    assert all(b"501234" not in each and b"123456" not in each for each in everything)
    assert [shown] == [cbor.decode(each.result) for each in hearing.rows if isinstance(each.result, bytes)]


def _page_by_page(home: Lane) -> list[object]:
    found, target = [], f"/v1.1/Datastreams({home.thing.number})/Observations?$top=1"
    while target:
        told = home.get(target).json
        found += [row["result"] for row in told["value"]]
        link = told.get("@iot.nextLink", "").partition("/v1.1/")[2]
        target = f"/v1.1/{link}" if link else ""
    return found


def test_a_yes_opens_the_view_it_names_and_what_is_within_it(lanes: list[Lane]) -> None:
    home = lane(lanes, "raw", "mean=PT15M", "mean=PT1H,round=0.5")
    home.gives("mean=PT30M,round=0.5")
    home.say(1.25, 1.75)
    home.until_hour()
    with pytest.raises(Denied):
        home.university.reads(home.thing)
    home.gives("mean=PT30M")
    home.until_hour()
    home.say(1.25, 1.75)
    home.until_hour()
    assert [1.5] == home.results()


def test_a_yes_to_nothing_that_is_offered_is_refused(lanes: list[Lane]) -> None:
    home = lane(lanes, "mean=PT1H", "mean=PT1H,round=1")
    with pytest.raises(Refused, match="nothing that is offered"):
        home.gives("max=PT1H")


@pytest.mark.parametrize(
    ("views", "type_"),
    [
        (("mean=PT1H", "raw"), "number"),
        (("mean=PT1H", "max=PT1H"), "number"),
        (("raw", "round=2", "round=3"), "number"),
        (("mean=PT1H", "mean=PT1H"), "text"),
        (("only=a",), "number"),
        (("grid=0.1",), "text"),
        (("only=lat,grid=0.1",), "json"),
        (("only=at/lon;lat;lon,grid=0.1",), "json"),
        (("only=Latitude;lat;lon,grid=0.1",), "json"),
        (("round=0.5",), "integer"),
        (("median=PT1H",), "number"),
    ],
)
def test_views_without_an_order_or_that_cannot_be_made_are_not_disclosed(views: tuple[str, ...], type_: str) -> None:
    with pytest.raises((Refused, NotFound)):
        Lane(*views, type_=type_)


def test_an_open_window_is_nowhere_and_what_comes_late_changes_one_that_was_given(lanes: list[Lane]) -> None:
    lane = Lane("raw", "mean=PT15M")
    lanes.append(lane)
    lane.gives("mean=PT15M")
    lane.until_hour()
    begins_ns = lane.world.clock.now()
    hearing = lane.university.listens(lane.thing)
    lane.say(1.0, 3.0, every_s=300.0)
    assert ([], [], 404) == (lane.results(), hearing.rows, lane.last())
    assert 2 == len(
        lane.get(f"/v1.1/Datastreams({lane.thing.number})/Observations?$resultFormat=CSV").text.split("\r\n")
    )
    lane.world.advance(301)
    lane.say(5.0, every_s=1.0)  # the next window has begun
    [given] = lane.rows()
    assert (2.0, 2.0) == (given["result"], lane.last())
    assert isinstance(lane.thing.says(8.0, at_ns=begins_ns + _NS), int)
    lane.world.advance(1)
    assert [4.0] == lane.results()
    late = lane.get(f"/v1.1/Observations({given['@iot.id']})").json
    assert (given["phenomenonTime"], 4.0) == (late["phenomenonTime"], late["result"])
    assert [2.0] == [row.result for row in hearing.rows], "who listened was told once"
