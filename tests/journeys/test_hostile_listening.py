"""A listener who is slow, greedy or stubborn gets nothing that has ended meanwhile, and costs no more than its share."""

import pytest

from tests.journeys.mqtt_house import Client, House, in_house, speak
from troth.clock import NS_PER_S
from troth.ingest.mqtt.sessions import SESSIONS_LEFT_MAX
from troth.ingest.mqtt.subscribing import SUBSCRIPTIONS_MAX
from troth.testing.people import OPEN, WorldThing
from troth.testing.world import MQTT_PORT, World
from troth.wire.mqtt import (
    Connack,
    Connect,
    Decoder,
    Disconnect,
    Peer,
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


class Kept(Client):
    """A client that knows whether its session was there before."""

    present = False


async def connected(world: World, token: str, *, client_id: str = "c", receive_maximum: int | None = None) -> Kept:
    """A client that was let in, and goes on with its session if it has one."""
    reader, writer = await world.network.open(MQTT_PORT)
    client = Kept(reader, writer, Version.V5)
    properties = Properties(receive_maximum=receive_maximum, session_expiry_s=3600)
    hello = Connect(
        version=Version.V5,
        client_id=client_id,
        clean_start=False,
        username="u",
        password=token.encode(),
        properties=properties,
    )
    client.send(hello)
    answer = await client.next()
    assert isinstance(answer, Connack)
    client.present = answer.session_present
    return client


def topic(thing: WorldThing) -> str:
    return f"things/{thing.slug}/{thing.stream_name}"


def publishes(data: bytes) -> list[Publish]:
    return [each for each in Decoder(Version.V5, 1 << 20, peer=Peer.SERVER).feed(data) if isinstance(each, Publish)]


def test_what_waits_for_a_slow_listener_is_not_handed_over_after_the_choice_has_run_out() -> None:
    with World(seed=1) as world:
        home = world.home("h")
        meter, ana = home.thing("water meter"), home.person("Ana")
        ends_ns = world.clock.now() + 2 * NS_PER_S
        ana.gives(meter, to_ns=ends_ns)
        token = world.organisation("University").token()
        late: list[Publish] = []

        async def listen() -> None:
            client = await connected(world, token, receive_maximum=1)

            def handed(data: bytes) -> None:
                if world.clock.now() >= ends_ns:
                    late.extend(publishes(data))

            world.network.wires[-1].far.on_write = handed
            client.send(Subscribe(1, (Subscription(topic(meter), 1),)))
            assert isinstance(await client.next(), Suback)
            for number in range(400):
                assert isinstance(await meter.say(float(number)), int)
            packet = await client.next()
            while isinstance(packet, Publish):
                await world.loop.passes(0.02)
                client.send(Puback(packet.packet_id))
                packet = await client.next()
            assert isinstance(packet, Disconnect), "one stream: the connection ends with the reason"
            client.cut()

        world.run(listen())
        assert [] == late


def test_a_client_that_leaves_session_after_session_behind_keeps_the_latest_only() -> None:
    with World(seed=1) as world:
        gauge = world.thing("gauge")
        token = world.organisation("University").token(OPEN)

        async def come_and_go(number: int) -> bool:
            client = await connected(world, token, client_id=f"client-{number}")
            client.send(Subscribe(1, (Subscription(topic(gauge), 1),)))
            assert isinstance(await client.next(), Suback | Publish)
            client.cut()
            await world.loop.passes(0.1)
            return client.present

        for number in range(SESSIONS_LEFT_MAX + 5):
            assert not world.run(come_and_go(number))
        assert world.run(come_and_go(SESSIONS_LEFT_MAX + 4)), "the latest is still there"
        assert not world.run(come_and_go(0)), "the oldest is gone"


def test_no_more_filters_are_kept_for_one_client_than_a_thing_has_streams() -> None:
    with World(seed=1) as world:
        world.thing("gauge")
        token = world.organisation("University").token(OPEN)

        async def subscribe() -> tuple[int, ...]:
            client = await connected(world, token)
            wishes = tuple(Subscription(f"things/+/no-{number}", 0) for number in range(SUBSCRIPTIONS_MAX + 3))
            client.send(Subscribe(1, wishes))
            answer = await client.next()
            assert isinstance(answer, Suback)
            client.send(Unsubscribe(2, ("things/+/no-0",)), Subscribe(3, (Subscription("things/+/flow", 0),)))
            assert isinstance(await client.next(), Unsuback)
            again = await client.next()
            assert isinstance(again, Suback)
            client.cut()
            return (*answer.reasons, *again.reasons)

        reasons = world.run(subscribe())
        assert [0] * SUBSCRIPTIONS_MAX + [0x97] * 3 + [0] == list(reasons)


def test_a_filter_that_is_longer_than_any_topic_is_refused() -> None:
    with World(seed=1) as world:
        token = world.organisation("University").token(OPEN)

        async def subscribe() -> tuple[int, ...]:
            client = await connected(world, token)
            client.send(Subscribe(1, (Subscription("+/" * 128 + "#", 0), Subscription("#", 0))))
            answer = await client.next()
            assert isinstance(answer, Suback)
            client.cut()
            return answer.reasons

        assert (0x8F, 0) == world.run(subscribe())


def test_one_client_too_many_is_closed_and_those_who_are_there_stay() -> None:
    async def scene(house: House) -> None:
        _, credential = await house.station()
        first, _ = await Client.hello(house, credential)
        house.endpoint._door.connections_max = 1  # noqa: SLF001 - a small house
        with pytest.raises((EOFError, ConnectionError)):
            await Client.hello(house, credential, client_id="second")
        await speak(first, "things/station/level", "1")

    in_house(scene)
