"""R8: clocks jump, messages come twice, readers are slow, connections go silent: line by line of flow.md."""

import asyncio
from pathlib import Path
from typing import Final

import msgspec
import pytest

from tests.journeys.mqtt_house import Client, said
from troth.clock import NS_PER_S
from troth.errors import Denied
from troth.settings import Settings
from troth.testing.people import OPEN, WorldThing
from troth.testing.world import MQTT_PORT, World
from troth.things.observations import Refusal
from troth.wire.mqtt import (
    Connack,
    Connect,
    Disconnect,
    Packet,
    Puback,
    Publish,
    Reason,
    Suback,
    Subscribe,
    Subscription,
    Version,
)
from troth.wire.times import print_time

HOUR_S: Final = 3_600
FLOW: Final = Path(__file__).parents[2] / "docs/reference/flow.md"


def topic(thing: WorldThing) -> str:
    return f"things/{thing.slug}/{thing.stream_name}"


async def connected(world: World, token: str, *, keep_alive_s: int = 0, name: str = "c") -> Client:
    reader, writer = await world.network.open(MQTT_PORT)
    client = Client(reader, writer, Version.V5)
    password = token.encode()
    client.send(Connect(version=Version.V5, client_id=name, username="u", password=password, keep_alive_s=keep_alive_s))
    assert isinstance(await client.next(), Connack)
    return client


def grows_old(world: World) -> None:
    """What is installed was installed hours ago: before its installation nothing is kept of a thing."""
    world.clock.step(24 * HOUR_S)
    world.advance(2)


# clocks


@pytest.mark.parametrize("by_s", [HOUR_S, -HOUR_S])
def test_after_a_step_what_has_no_time_is_kept_at_the_new_time(by_s: int) -> None:
    with World(seed=1) as world:
        gauge = world.thing("river gauge")
        grows_old(world)
        first = gauge.says(1.0)
        before_ns = world.clock.now()
        world.clock.step(by_s)
        world.advance(2)
        second = gauge.says(2.0)
        assert isinstance(first, int)
        assert isinstance(second, int)
        world.settle()
        page = world.get(f"/v1.1/Datastreams({gauge.number})/Observations?$orderby=phenomenonTime%20asc")
        assert ([1.0, 2.0] if by_s > 0 else [2.0, 1.0]) == [row["result"] for row in page.json["value"]]
        assert abs(world.clock.now() - before_ns - by_s * NS_PER_S) < 60 * NS_PER_S


def test_after_a_step_back_a_time_of_before_it_is_ahead_and_refused() -> None:
    with World(seed=1) as world:
        gauge = world.thing("river gauge")
        before_ns = world.clock.now()
        world.clock.step(-HOUR_S)
        world.advance(2)
        assert Refusal.AHEAD == gauge.says(1.0, at_ns=before_ns)


def test_a_step_ends_every_lease_and_the_choices_hold_as_before() -> None:
    with World(seed=1) as world:
        home = world.home("h")
        meter, ana = home.thing("water meter"), home.person("Ana")
        ana.gives(meter)
        meter.says(1.0)
        university = world.organisation("University")
        assert 1 == len(university.reads(meter))
        for by_s in (HOUR_S, -HOUR_S):
            world.clock.step(by_s)
            world.advance(2)
            assert 1 == len(university.reads(meter))
        ana.withdraws(meter)
        world.clock.step(-24 * HOUR_S)
        world.advance(2)
        with pytest.raises(Denied):
            university.reads(meter)


@pytest.mark.parametrize("by_s", [HOUR_S, -HOUR_S])
def test_a_clock_that_jumped_while_the_node_was_away_changes_nothing_that_was_said(by_s: int) -> None:
    with World(seed=2) as world:
        home = world.home("h")
        meter, ana = home.thing("water meter"), home.person("Ana")
        gauge = world.thing("river gauge")
        grows_old(world)
        first = gauge.says(1.0, key=b"a")
        ana.gives(meter)
        ana.withdraws(meter)
        world.clock.step(by_s)
        world.restart()
        again, second = gauge.says(1.0, key=b"a"), gauge.says(2.0)
        assert isinstance(first, int)
        assert not isinstance(again, Refusal)
        assert isinstance(second, int)
        assert [1.0, 2.0] == sorted(results(world, gauge)), "the first is known again"
        with pytest.raises(Denied):
            world.organisation("University").reads(meter)


# duplicates


def test_what_comes_again_with_an_id_or_a_time_is_kept_once_also_after_a_crash() -> None:
    with World(seed=3) as world:
        gauge = world.thing("river gauge")
        grows_old(world)
        at = msgspec.json.encode({"t": print_time(world.clock.now() - HOUR_S * NS_PER_S), "v": 7})

        async def speaks() -> list[int]:
            client = await connected(world, gauge.credential)
            client.send(said(topic(gauge), "1.0", 1, name="one"), Publish(topic(gauge), at, qos=1, packet_id=2))
            answers = await client.several(2)
            client.cut()
            return [each.reason for each in answers if isinstance(each, Puback)]

        for again in (world.settle, world.restart, world.crash):
            assert [0, 0] == world.run(speaks())
            again()
        assert [0, 0] == world.run(speaks())
        assert [1.0, 7] == sorted(results(world, gauge))


def results(world: World, thing: WorldThing) -> list[float]:
    world.settle()
    return [row["result"] for row in world.get(f"/v1.1/Datastreams({thing.number})/Observations").json["value"]]


# slow readers


def test_a_reader_that_reads_nothing_ends_as_too_slow_and_holds_nobody_up() -> None:
    with World(seed=4) as world:
        gauge = world.thing("river gauge")
        token = world.organisation("Club").token(OPEN)

        async def scene() -> list[Packet]:
            client = await connected(world, token)
            client.send(Subscribe(1, (Subscription(topic(gauge), 1),)))
            assert isinstance(await client.next(), Suback)
            slow = world.network.wires[-1]
            slow.near.pause_reading()
            quick = await connected(world, token, name="quick")
            quick.send(Subscribe(1, (Subscription(topic(gauge), 0),)))
            assert isinstance(await quick.next(), Suback)
            for number in range(1_500):
                assert isinstance(await gauge.say(float(number)), int)
                assert isinstance(await quick.next(), Publish)
            await world.loop.passes(1)
            slow.near.resume_reading()
            said_last = await client.rest()
            quick.cut()
            client.cut()
            return said_last

        words = [each.reason for each in world.run(scene()) if isinstance(each, Disconnect)]
        assert [Reason.QUOTA_EXCEEDED] == words


# half-open connections


def test_a_connection_that_went_silent_is_over_after_one_and_a_half_keep_alives() -> None:
    with World(seed=5, jitter_s=0.0) as world:
        gauge = world.thing("river gauge")

        async def scene() -> tuple[bool, bool]:
            client = await connected(world, gauge.credential, keep_alive_s=10)
            wire = world.network.wires[-1]
            wire.silence()
            await world.loop.passes(14)
            early = wire.far.is_closing()
            await world.loop.passes(2)
            late = wire.far.is_closing()
            client.cut()
            return early, late

        assert (False, True) == world.run(scene())
        assert isinstance(gauge.says(1.0), int), "and the thing speaks on over another"


# what one thing may send is set


def test_how_much_one_thing_may_send_is_set_for_http_and_mqtt() -> None:
    settings = Settings(data="world", origin="world.invalid/test", thing_messages_per_s=2)
    with World(seed=6, jitter_s=0.0, settings=settings) as world:
        gauge = world.thing("river gauge")
        path = f"/v1.1/Datastreams({gauge.number})/Observations"
        codes = [world.post(path, {"result": n}, token=gauge.credential).status for n in range(6)]
        assert [201] * 5 + [429] == codes

        async def speaks() -> float:
            client = await connected(world, gauge.credential)
            began = asyncio.get_running_loop().time()
            for number in range(9):
                client.send(said(topic(gauge), f"{number}.0", number + 1, name=f"m{number}"))
                assert isinstance(await client.next(), Puback)
            client.cut()
            return asyncio.get_running_loop().time() - began

        assert 1.5 <= world.run(speaks()) < 5, "four are saved up; the others come at two in a second"


def test_every_line_of_the_page_names_a_test_of_this_kind() -> None:
    part = FLOW.read_text(encoding="utf-8").partition("## Bad weather")[2].partition("\n## ")[0]
    rows = [line for line in part.splitlines() if line.startswith("| ") and not line.startswith("| what")]
    assert len(rows) >= 8
    for row in rows:
        named = row.rpartition("](")[2].partition(")")[0]
        file, _, name = named.partition("#")
        assert f"def {name}(" in (FLOW.parent / file).read_text(encoding="utf-8"), row
