"""An MQTT session outlives the node, over an orderly end and over a loss of power at any moment: subscriptions and will."""

import asyncio
import os
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.faults.real_house import RealHouse, furnish
from tests.faults.test_kill import STREAMS
from tests.faults.test_kill import furnish as furnish_victim
from tests.journeys.mqtt_house import Client, said, value
from troth.errors import NotFound
from troth.gate.question import Asker
from troth.journeys.accounts import Bearer
from troth.journeys.kept_sessions import KeptSession, KeptSubscription, KeptWill
from troth.journeys.recognise import Principal
from troth.names import Uri
from troth.testing.people import OPEN, WorldThing
from troth.testing.program import NodeProgram
from troth.testing.world import MQTT_PORT, World
from troth.wire.mqtt import (
    Connack,
    Connect,
    Disconnect,
    Properties,
    Puback,
    Publish,
    Suback,
    Subscribe,
    Subscription,
    Unsuback,
    Unsubscribe,
    Version,
)
from troth.wire.mqtt.packets import NO_PROPERTIES, Will

ENDS: Final = ("restart", "crash")
HOUR: Final = 3_600


@dataclass
class Place:
    """A gauge that anyone may read, a reader, and a client of each when it is asked for."""

    world: World
    gauge: WorldThing
    token: str
    clients: list[Client] = field(default_factory=list)  # who is let go of is closed

    @classmethod
    def of(cls, world: World) -> "Place":
        return cls(world, world.thing("gauge"), world.organisation("Library").token(OPEN))

    @property
    def topic(self) -> str:
        return f"things/{self.gauge.slug}/{self.gauge.stream_name}"

    def end(self, how: str) -> None:
        """The node ends and starts again."""
        self.world.restart() if how == "restart" else self.world.crash()

    def client(
        self,
        *,
        token: str | None = None,
        clean: bool = False,
        expiry_s: int = HOUR,
        version: Version = Version.V5,
        will: Will | None = None,
        name: str = "reader",
    ) -> tuple[Client, bool]:
        """A client that has come in, and whether a session was present."""

        async def comes() -> tuple[Client, bool]:
            client = Client(*await self.world.network.open(MQTT_PORT), version)
            self.clients.append(client)
            asked = Properties(session_expiry_s=expiry_s) if version is Version.V5 else NO_PROPERTIES
            password = (token or self.token).encode()
            client.send(
                Connect(
                    version=version,
                    client_id=name,
                    clean_start=clean,
                    username="x",
                    password=password,
                    will=will,
                    properties=asked,
                )
            )
            answer = await client.next()
            assert isinstance(answer, Connack)
            assert 0 == answer.reason
            return client, answer.session_present

        return self.world.run(comes())

    def thing(self, will: Will | None = None, *, expiry_s: int = 0, name: str = "gauge") -> Client:
        """The gauge itself."""
        return self.client(token=self.gauge.credential, clean=True, expiry_s=expiry_s, will=will, name=name)[0]

    def subscribe(self, client: Client, *filters: str, qos: int = 1) -> Suback:
        client.send(Subscribe(1, tuple(Subscription(each, qos) for each in filters)))
        answer = self.world.run(client.next())
        assert isinstance(answer, Suback)
        return answer

    def hears(self, client: Client) -> list[object]:
        """Every value that comes within a second, each acknowledged."""
        found: list[object] = []
        while not self.world.run(client.silent()):
            message = self.world.run(client.next())
            assert isinstance(message, Publish)
            found.append(value(message))
            if message.packet_id:
                client.send(Puback(message.packet_id))
        return found

    def rows(self) -> list[object]:
        reader = self.world.organisation("Library")
        return [row.result for row in reader.reads(self.gauge, OPEN)]

    def kept(self) -> list[KeptSession]:
        return list(self.world.run(self.world.sessions.load()))


@pytest.mark.parametrize("how", ENDS)
@pytest.mark.parametrize("version", [Version.V5, Version.V311])
@pytest.mark.parametrize("topic_filter", ["things/gauge/level", "things/+/level", "#"])
def test_a_session_has_its_subscriptions_after_the_node_ended(how: str, version: Version, topic_filter: str) -> None:
    with World(3) as world:
        at = Place.of(world)
        reader, present = at.client(version=version)
        assert not present
        at.subscribe(reader, topic_filter)
        at.gauge.says(1.0)
        assert [1.0] == at.hears(reader)
        at.end(how)
        at.gauge.says(2.0)
        reader, present = at.client(version=version)
        assert present
        assert [2.0] == at.hears(reader)[-1:]
        at.gauge.says(3.0)
        assert [3.0] == at.hears(reader)


@pytest.mark.parametrize("how", ENDS)
def test_what_was_said_in_between_comes_and_what_waited_before_does_not(how: str) -> None:
    with World(5) as world:
        at = Place.of(world)
        reader, _ = at.client()
        at.subscribe(reader, at.topic)
        reader.cut()
        world.advance(1)
        for each in (1.0, 2.0, 3.0):
            at.gauge.says(each)
        at.end(how)
        world.advance(1)
        at.gauge.says(4.0)
        at.gauge.says(5.0)
        reader, present = at.client()
        assert present
        assert [3.0, 4.0, 5.0] == at.hears(reader), "the last value as it was at the start, and everything after it"


@pytest.mark.parametrize("how", ENDS)
def test_a_session_that_ends_with_its_connection_is_never_written(how: str) -> None:
    with World(7) as world:
        at = Place.of(world)
        reader, _ = at.client(expiry_s=0, clean=True)
        at.subscribe(reader, at.topic)
        assert [] == at.kept()
        at.end(how)
        _, present = at.client(expiry_s=0)
        assert not present


@settings(max_examples=25)
@given(seed=st.integers(0, 2**32), moment=st.floats(0.0, 0.03))
def test_a_subscription_that_was_acknowledged_is_never_lost(seed: int, moment: float) -> None:
    """Present is honest: who is told that the session is there has what it was told it has."""
    with World(seed) as world:
        at = Place.of(world)
        reader, _ = at.client()
        told: list[str] = []

        async def subscribes() -> None:
            for number, each in enumerate((at.topic, "things/+/other", "things/gauge/+"), 1):
                reader.send(Subscribe(number, (Subscription(each, 1),)))
            for each in (at.topic, "things/+/other", "things/gauge/+"):
                while not isinstance(await reader.next(), Suback):
                    pass
                told.append(each)

        world.start(_until_cut(subscribes()))
        world.advance(moment)
        world.crash()
        kept = {wish.topic_filter for each in at.kept() for wish in each.subscriptions}
        assert set(told) <= kept
        _, present = at.client()
        assert present


async def _until_cut(work: Coroutine[None, None, None]) -> None:
    with suppress(EOFError, ConnectionError):
        await work


@pytest.mark.parametrize("how", ENDS)
def test_what_was_unsubscribed_stays_so(how: str) -> None:
    with World(11) as world:
        at = Place.of(world)
        reader, _ = at.client()
        at.subscribe(reader, at.topic, "things/gauge/refused")
        reader.send(Unsubscribe(2, (at.topic,)))
        assert isinstance(world.run(reader.next()), Unsuback)
        at.end(how)
        at.gauge.says(1.0)
        reader, present = at.client()
        assert present
        assert [] == at.hears(reader)


@pytest.mark.parametrize("how", ENDS)
def test_a_clean_start_is_for_good(how: str) -> None:
    with World(13) as world:
        at = Place.of(world)
        reader, _ = at.client()
        at.subscribe(reader, at.topic)
        at.client(clean=True, expiry_s=0)
        assert [] == at.kept()
        at.end(how)
        _, present = at.client()
        assert not present


def test_its_time_runs_over_restarts_and_is_not_given_anew() -> None:
    with World(17) as world:
        at = Place.of(world)
        for expiry_s, name in ((60, "short"), (600, "long")):
            reader, _ = at.client(expiry_s=expiry_s, name=name)
            at.subscribe(reader, at.topic)
        for _ in range(4):
            world.crash()
            world.advance(25)
        assert ["long"] == [each.client_id for each in at.kept()]
        assert (False, True) == (at.client(name="short")[1], at.client(name="long")[1])
        world.crash()
        world.advance(HOUR + 5)
        assert [] == at.kept()


@pytest.mark.parametrize("expiry_s", [0, HOUR])
def test_a_will_is_said_once_when_the_node_ended_under_its_connection(expiry_s: int) -> None:
    with World(19) as world:
        at = Place.of(world)
        at.thing(Will(at.topic, b"99.0", 1), expiry_s=expiry_s)
        assert [] == at.rows()
        for _ in range(3):
            world.crash()
            world.advance(2)
        assert [99.0] == at.rows()
        assert all(each.will is None for each in at.kept())


def test_a_will_with_a_delay_waits_over_a_restart_and_not_for_one_who_is_back() -> None:
    with World(23) as world:
        at = Place.of(world)
        delayed = Properties(will_delay_s=30)
        for back in (True, False):
            at.thing(Will(at.topic, b"7.0", 1, properties=delayed), expiry_s=HOUR)
            world.crash()
            world.advance(10)
            if back:
                client, _ = at.client(token=at.gauge.credential, name="gauge")
                world.advance(60)
                client.send(Disconnect())
                world.advance(1)
                assert [] == at.rows()
        world.crash()
        world.advance(10)
        assert [] == at.rows()
        world.advance(30)
        assert [7.0] == at.rows()


@pytest.mark.parametrize("how", ENDS)
def test_a_will_that_was_taken_back_is_never_said(how: str) -> None:
    with World(29) as world:
        at = Place.of(world)
        client = at.thing(Will(at.topic, b"7.0", 1), expiry_s=HOUR)
        client.send(Disconnect())
        world.advance(1)
        at.end(how)
        world.advance(HOUR + 60)
        assert [] == at.rows()


@settings(max_examples=25)
@given(seed=st.integers(0, 2**32), moments=st.lists(st.floats(0.0, 0.02), min_size=1, max_size=4))
def test_a_will_is_said_once_whenever_the_power_goes(seed: int, moments: list[float]) -> None:
    with World(seed) as world:
        at = Place.of(world)
        at.thing(Will(at.topic, b"99.0", 1), expiry_s=HOUR)
        for moment in moments:
            world.crash()
            world.advance(moment)
        world.crash()
        world.advance(5)
        assert [99.0] == at.rows()


def test_what_may_not_be_read_any_more_is_not_subscribed_again() -> None:
    with World(31) as world:
        home = world.home("Harbour Lane 12")
        meter, ana = home.thing("meter"), home.person("Ana")
        at = Place(world, meter, world.organisation("University").token())
        ana.gives(meter)
        reader, _ = at.client()
        assert (1,) == at.subscribe(reader, at.topic).reasons
        reader.cut()
        world.advance(1)
        ana.withdraws(meter)
        world.crash()
        meter.says(1.0)
        reader, present = at.client()
        assert present
        assert [] == at.hears(reader)


def test_who_is_refused_something_hears_of_it_after_a_restart() -> None:
    with World(37) as world:
        at = Place.of(world)
        refused = f"things/{at.gauge.slug}/refused"
        client, _ = at.client(token=at.gauge.credential, name="gauge")
        at.subscribe(client, refused)
        world.crash()
        client, present = at.client(token=at.gauge.credential, name="gauge")
        assert present
        client.send(said(at.topic, '"no number"', 5))
        topics = {each.topic for each in world.run(client.several(2)) if isinstance(each, Publish)}
        assert {refused} == topics


def test_many_sessions_of_one_stay_bounded_over_restarts() -> None:
    with World(41) as world:
        at = Place.of(world)
        for number in range(70):
            client, _ = at.client(name=f"reader {number}")
            client.cut()
            world.advance(0.1)
        assert 64 == len(at.kept())
        world.crash()
        assert 64 == len(at.kept())
        assert (False, True) == (at.client(name="reader 3")[1], at.client(name="reader 69")[1])


def test_who_is_erased_leaves_no_session_behind(tmp_path: Path) -> None:
    with RealHouse(tmp_path) as house:
        at = furnish(house)
        sessions = house.node.ports.sessions
        assert sessions is not None
        who = Principal(Bearer.THING, at.meter.joined.thing)
        stays = Principal(Bearer.RECIPIENT, asker=Asker(Uri("https://u.example"), "app", OPEN))
        will = KeptWill(os.urandom(16), "things/nobody/level", b"a will that nobody may find", 0)
        wish = KeptSubscription("#", 1, no_local=False, retain_handling=0)
        for each in (who, stays):
            kept = KeptSession(each, "client", HOUR, (wish,), will if each is who else None)
            house.run(sessions.keep(kept))
        assert house.holding(b"a will that nobody may find")
        house.erase(at.ana)
        assert [stays] == [each.who for each in house.run(sessions.load())]
        assert not house.holding(b"a will that nobody may find")
        assert not house.holding(at.meter.joined.thing)
        with pytest.raises(NotFound):
            house.node.erase.preview(at.ana.person)


def test_a_program_that_is_killed_has_its_sessions_again(tmp_path: Path) -> None:
    """Real files and a real kill -9."""

    async def comes(node: NodeProgram, token: str) -> tuple[Client, bool]:
        client = Client(*await asyncio.open_connection("127.0.0.1", node.mqtt_port), Version.V5)
        asked = Properties(session_expiry_s=HOUR)
        client.send(
            Connect(
                version=Version.V5, client_id="reader", clean_start=False, password=token.encode(), properties=asked
            )
        )
        answer = await client.next()
        assert isinstance(answer, Connack)
        return client, answer.session_present

    async def scene(node: NodeProgram, slug: str, credential: str) -> None:
        topic = f"things/{slug}/{STREAMS[0]}"
        client, present = await comes(node, credential)
        assert not present
        client.send(Subscribe(1, (Subscription(topic, 1),)))
        assert isinstance(await client.next(), Suback)
        node.kill()
        client.cut()
        node.start()
        client, present = await comes(node, credential)
        assert present
        client.send(said(topic, "7.5", 7))
        assert [7.5] == [value(each) for each in await client.several(2) if isinstance(each, Publish)]
        client.cut()

    with NodeProgram(tmp_path / "data") as node:
        slug, credential = furnish_victim(node)
        asyncio.run(scene(node, slug, credential))
