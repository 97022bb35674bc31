"""A thing says the same again over MQTT: a repeat is kept once, and what is no repeat is kept."""

import pytest

from tests.journeys.mqtt_house import Client, House, in_house, said
from troth.ingest.repeats import Recent, repeat_key
from troth.wire.limits import REPEAT_WINDOW
from troth.wire.mqtt import Puback, Publish, Version

V5, V311 = Version.V5, Version.V311
LEVEL = "things/station/level"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (said(LEVEL, "1", 1, name="a"), said(LEVEL, "1", 2, name="a")),
        (said(LEVEL, '{"v": 1, "id": "a"}', 1), said(LEVEL, '{"v": 1, "id": "a"}', 2)),
        (said(LEVEL, '{"v": 1, "id": "a"}', 1), said(LEVEL, "1", 2, name="a")),
        (said(LEVEL, "1", 3), said(LEVEL, "1", 3, dup=True)),
        (
            said(LEVEL, '{"v": 1, "t": "2024-05-01T06:30:00Z"}', 1),
            said(LEVEL, '{"v": 1, "t": "2024-05-01T06:30:00Z"}', 2),
        ),
    ],
)
def test_a_repeat_is_kept_once_also_on_another_connection(first: Publish, second: Publish) -> None:
    async def scene(house: House) -> None:
        joined, credential = await house.station()
        client, _ = await Client.hello(house, credential)
        client.send(first)
        assert Puback(first.packet_id) == await client.next()
        client.cut()
        again, _ = await Client.hello(house, credential)
        again.send(second)
        assert Puback(second.packet_id) == await again.next()
        assert (1, 1) == (house.tally(joined).stored, house.tally(joined).repeated)

    in_house(scene)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (said(LEVEL, "1", 1), said(LEVEL, "1", 1)),
        (said(LEVEL, "1", 1), said(LEVEL, "1", 2, dup=True)),
        (said(LEVEL, "1", 1), said(LEVEL, "2", 1, dup=True)),
        (said(LEVEL, "1", 1, name="a"), said(LEVEL, "1", 2, name="b")),
        (said(LEVEL, "1", 1), said("things/station/count", "1", 1, dup=True)),
    ],
)
def test_what_is_no_repeat_is_kept_twice(first: Publish, second: Publish) -> None:
    async def scene(house: House) -> None:
        joined, credential = await house.station()
        client, _ = await Client.hello(house, credential)
        client.send(first)
        await client.next()
        client.send(second)
        await client.next()
        assert (2, 0) == (house.tally(joined).stored, house.tally(joined).repeated)

    in_house(scene)


def test_the_last_messages_of_a_thing_are_remembered_and_no_more() -> None:
    recent = Recent()
    for mark in range(REPEAT_WINDOW + 10):
        recent.note(mark, mark * 10)
    assert [recent.find(mark) for mark in (9, 10, REPEAT_WINDOW + 9)] == [None, 100, (REPEAT_WINDOW + 9) * 10]
    recent.note(500, 7)
    assert recent.find(500) == 7


def test_a_repeat_key_tells_names_apart_and_needs_the_secret() -> None:
    keys = {repeat_key(name, secret) for name in ("a", "b") for secret in (bytes(16), bytes(range(16)))}
    assert len(keys) == 4
