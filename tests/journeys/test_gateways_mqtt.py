"""A gateway publishes to topics of the things it speaks for, on one connection, and is heard only as long as they name it."""

from collections.abc import Iterator

import pytest

from tests.hostile.ways_in import connected
from tests.journeys.mqtt_house import Client
from troth.gate.question import Standing
from troth.names import Slug
from troth.testing.people import WorldThing
from troth.testing.world import World
from troth.things.stores import Tally
from troth.wire.mqtt import NO_PROPERTIES, Properties, Puback, Publish, Reason, Version


class Yard:
    """Two meters in a yard, and a gateway that speaks for the first, on a connection that stays open."""

    def __init__(self) -> None:
        self.world = World(seed=307, jitter_s=0.0)
        self.meter, self.other, self.gateway = (self.world.thing(name) for name in ("meter", "other", "server"))
        self.named(self.meter)
        self.client: Client = self.world.run(connected(self.world, self.gateway, Version.V5))
        self._packets = 0

    def named(self, thing: WorldThing) -> None:
        gateways, of, by = self.world.node.joining.gateways, Slug(thing.slug), Slug(self.gateway.slug)
        looked = gateways.look(of, by, standing=Standing.OPERATOR)
        self.world.run(gateways.name(of, by, shown=looked.sheet.digest, standing=Standing.OPERATOR))

    def says(self, topic: str, payload: bytes, *, id_: str = "", client: Client | None = None) -> int:
        """What the gateway is answered."""
        self._packets += 1
        named = Properties(user=(("id", id_),)) if id_ else NO_PROPERTIES
        sent = Publish(f"things/{topic}", payload, 1, packet_id=self._packets, properties=named)
        spoke = client or self.client

        async def said() -> int:
            spoke.send(sent)
            answer = await spoke.next()
            assert isinstance(answer, Puback)
            return answer.reason

        reason = self.world.run(said())
        self.world.advance(1)
        return reason

    def tally(self, thing: WorldThing) -> Tally:
        return self.world.node.hear.tally(thing.joined.thing)


@pytest.fixture
def yard() -> Iterator[Yard]:
    made = Yard()
    yield made
    made.client.cut()
    made.world.close()


def test_one_connection_says_what_several_things_measured_each_counted_as_its_own(yard: Yard) -> None:
    yard.named(yard.other)
    for topic in ("meter/level", "other/level", "server/level"):
        assert Reason.SUCCESS == yard.says(topic, b"1.5")
    assert Reason.PAYLOAD_FORMAT_INVALID == yard.says("meter/level", b'"warm"')
    assert [Tally(1, 0, {"wrong-type": 1}), Tally(1, 0, {}), Tally(1, 0, {})] == [
        yard.tally(each) for each in (yard.meter, yard.other, yard.gateway)
    ]


def test_a_pack_is_of_the_thing_in_whose_topic_it_comes(yard: Yard) -> None:
    assert Reason.SUCCESS == yard.says("meter/senml", b'[{"n":"level","v":1},{"n":"level","v":2,"t":1}]')
    assert Reason.TOPIC_NAME_INVALID == yard.says("other/senml", b'[{"n":"level","v":1}]')
    assert Reason.PAYLOAD_FORMAT_INVALID == yard.says("meter/senml", b"[")
    assert Tally(2, 0, {"bad-payload": 1}) == yard.tally(yard.meter)
    assert (Tally(0, 0, {}), {"undeclared": 1}) == (yard.tally(yard.other), yard.tally(yard.gateway).refused)


@pytest.mark.parametrize("topic", ["other/level", "nothing/level", "meter/nothing", "meter/refused", "meter/level/x"])
def test_what_is_not_spoken_for_looks_like_what_is_not_there(yard: Yard, topic: str) -> None:
    assert Reason.TOPIC_NAME_INVALID == yard.says(topic, b"1.5")
    assert ({"undeclared": 1}, {}, {}) == tuple(
        yard.tally(each).refused for each in (yard.gateway, yard.meter, yard.other)
    )


def test_it_ends_on_the_open_connection_with_the_next_message(yard: Yard) -> None:
    assert Reason.SUCCESS == yard.says("meter/level", b"1")
    yard.world.run(yard.world.node.joining.gateways.end(Slug(yard.meter.slug)))
    assert Reason.TOPIC_NAME_INVALID == yard.says("meter/level", b"2")
    assert 1 == yard.tally(yard.meter).stored


def test_a_short_name_that_another_thing_has_now_is_that_thing_s(yard: Yard) -> None:
    assert Reason.SUCCESS == yard.says("meter/level", b"1")
    alter = yard.world.node.joining.alter
    yard.world.run(alter.rename(Slug("meter"), short=Slug("first")))
    yard.world.run(alter.rename(Slug("other"), short=Slug("meter")))
    assert Reason.TOPIC_NAME_INVALID == yard.says("meter/level", b"2")
    assert Reason.SUCCESS == yard.says("first/level", b"3")
    assert (2, 0) == (yard.tally(yard.meter).stored, yard.tally(yard.other).stored)


def test_names_of_messages_are_the_gateway_s_own(yard: Yard) -> None:
    own = yard.world.run(connected(yard.world, yard.meter, Version.V5))
    for client in (None, own, None, own):
        assert Reason.SUCCESS == yard.says("meter/level", b"1", id_="m-1", client=client)
    assert (2, 2) == (yard.tally(yard.meter).stored, yard.tally(yard.meter).repeated)
    own.cut()


def test_a_gateway_that_is_over_speaks_for_nothing(yard: Yard) -> None:
    yard.world.run(yard.world.node.joining.alter.end(Slug(yard.gateway.slug)))
    assert not yard.world.node.hear.speaks_for(yard.gateway.joined.thing, yard.meter.joined.thing)


def test_a_pack_under_a_name_that_is_too_long_is_counted_of_the_gateway_alone(yard: Yard) -> None:
    pack = b'[{"n": "level", "v": 2}]'
    assert Reason.PAYLOAD_FORMAT_INVALID == yard.says(f"{yard.meter.slug}/senml", pack, id_="x" * 300)
    assert ({}, {"bad-payload": 1}) == (yard.tally(yard.meter).refused, yard.tally(yard.gateway).refused)
