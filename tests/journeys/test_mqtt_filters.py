"""Filters are taken, answered and ended each in its place and by its own characters; none reaches what begins with a dollar."""

import unicodedata

import pytest

from tests.journeys.mqtt_house import Client, House, in_house, said, speak, value
from tests.journeys.turns import until
from troth.wire.mqtt import (
    Properties,
    Suback,
    Subscribe,
    Subscription,
    Unsuback,
    Unsubscribe,
    Version,
)

V5, V311 = Version.V5, Version.V311
LEVEL, WORD = "things/station/level", "things/station/word"


async def reading(house: House, *wishes: Subscription, version: Version = V5, **agreed: object) -> Client:
    """A recipient whose wishes are granted."""
    properties = Properties(**agreed)  # type: ignore[arg-type]  # fields of Properties
    reader, _ = await Client.hello(
        house, await house.reader(), client_id="reader", version=version, properties=properties
    )
    reader.send(Subscribe(1, wishes))
    assert Suback(1, tuple(wish.qos for wish in wishes)) == await reader.next()
    return reader


@pytest.mark.parametrize("topic_filter", ["#", "+/#", "+/+/+", "$SYS/#", "$things/#"])
def test_nothing_begins_with_a_dollar_and_no_wildcard_reaches_it(topic_filter: str) -> None:
    async def scene(house: House) -> None:
        _, credential = await house.station()
        thing, _ = await Client.hello(house, credential)
        reader, _ = await Client.hello(house, await house.reader(), client_id="reader")
        reader.send(Subscribe(1, (Subscription(topic_filter),)))
        await reader.next()
        thing.send(said("$SYS/x/y", "1", 1))
        await thing.next()
        assert await reader.silent()

    in_house(scene)


def test_each_filter_is_answered_in_its_place() -> None:
    async def scene(house: House) -> None:
        await house.station()
        reader, _ = await Client.hello(house, await house.reader(), client_id="reader")
        wishes = (
            Subscription(LEVEL, 1),
            Subscription("things/none/level", 1),
            Subscription("things/#", 0),
            Subscription("a/#/b", 1),
            Subscription("$share/g/things/#", 1),
            Subscription(WORD, 2),
        )
        body = b"".join(
            len(each.topic_filter).to_bytes(2, "big") + each.topic_filter.encode() + bytes((each.qos,))
            for each in wishes
        )
        reader.send_bytes(bytes((0x82, len(body) + 3)) + b"\x00\x09\x00" + body)
        answer = await reader.next()
        assert isinstance(answer, Suback)
        assert (9, (1, 0x87, 0, 0x8F, 0x9E, 1)) == (answer.packet_id, answer.reasons)
        reader.send(Unsubscribe(10, (LEVEL, "things/none/level", "things/+/level", WORD, WORD)))
        assert Unsuback(10, (0, 0x11, 0x11, 0, 0x11)) == await reader.next()

    in_house(scene)


def test_a_filter_is_unsubscribed_from_by_its_own_characters_alone() -> None:
    async def scene(house: House) -> None:
        _, credential = await house.station()
        thing, _ = await Client.hello(house, credential)
        reader = await reading(house, Subscription("things/+/level"))
        reader.send(Unsubscribe(2, (LEVEL, "#", "things/+/Level")))
        assert Unsuback(2, (0x11,) * 3) == await reader.next()
        await until(lambda: house.tell.listeners == 1)
        await speak(thing, LEVEL, "1")
        assert value(await reader.next()) == 1.0

    in_house(scene)


def test_under_3_1_1_unsubscribing_is_answered_also_where_nothing_was() -> None:
    async def scene(house: House) -> None:
        reader, _ = await Client.hello(house, await house.reader(), version=V311)
        reader.send(Unsubscribe(7, ("things/none/level",)))
        assert Unsuback(7) == await reader.next()

    in_house(scene)


def test_a_filter_in_another_normal_form_is_another_filter() -> None:
    async def scene(house: House) -> None:
        reader, _ = await Client.hello(house, await house.reader())
        composed = "things/z\u00e4hler/#"
        reader.send(Subscribe(1, (Subscription(composed),)))
        assert Suback(1, (0,)) == await reader.next()
        reader.send(Unsubscribe(2, (unicodedata.normalize("NFD", composed), composed)))
        assert Unsuback(2, (0x11, 0)) == await reader.next()

    in_house(scene)
