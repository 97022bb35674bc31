"""A thing speaks MQTT over a bad network: whatever is cut when, every message it got acknowledged is kept, and kept once."""

from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.journeys.mqtt_house import Client, said
from troth.testing.people import WorldThing
from troth.testing.world import MQTT_PORT, World
from troth.wire.mqtt import Connack, Connect, Puback, Version

seeds = st.integers(0, 2**32)
cuts = st.lists(st.floats(0.001, 0.014), max_size=5)


class Speaker:
    """A thing that sends what was not acknowledged again, with the same identifier, until it has been."""

    def __init__(self, world: World, thing: WorldThing, values: range) -> None:
        self.world = world
        self.thing = thing
        self.waiting = {packet_id: packet_id for packet_id in values}
        self.acknowledged: list[int] = []

    async def speaks(self) -> None:
        while self.waiting:
            with suppress(EOFError, ConnectionError, TimeoutError):
                await self.connection()

    async def connection(self) -> None:
        reader, writer = await self.world.network.open(MQTT_PORT)
        client = Client(reader, writer, Version.V5)
        try:
            password = self.thing.credential.encode()
            client.send(Connect(version=Version.V5, client_id="thing", username="t", password=password))
            assert isinstance(await client.next(), Connack)
            topic = f"things/{self.thing.slug}/{self.thing.stream_name}"
            client.send(*(said(topic, f"{value}.0", key, name=f"message-{key}") for key, value in self.waiting.items()))
            while self.waiting:
                answer = await client.next()
                assert isinstance(answer, Puback)
                assert answer.reason < 0x80
                self.acknowledged.append(self.waiting.pop(answer.packet_id))
        finally:
            client.cut()


def kept_once(seed: int, moments: list[float], *, crash: bool) -> None:
    with World(seed) as world:
        home = world.home("h")
        meter, ana = home.thing("water meter"), home.person("Ana")
        speaker = Speaker(world, meter, range(1, 31))
        world.start(speaker.speaks())
        for moment in moments:
            world.advance(moment)
            if crash:
                world.crash()
                world.start(speaker.speaks())
            else:
                world.network.cut_all()
        world.advance(30)
        assert not speaker.waiting
        assert list(range(1, 31)) == sorted(speaker.acknowledged)
        rows = [row.result for row in ana.reads(meter)]
        assert [float(value) for value in range(1, 31)] == sorted(rows)


@settings(max_examples=20)
@given(seed=seeds, moments=cuts)
def test_connections_that_are_cut_lose_and_double_nothing(seed: int, moments: list[float]) -> None:
    kept_once(seed, moments, crash=False)


@settings(max_examples=20)
@given(seed=seeds, moments=cuts)
def test_nodes_that_crash_lose_and_double_nothing(seed: int, moments: list[float]) -> None:
    kept_once(seed, moments, crash=True)
