"""A message that comes alone is taken with those of others, and settled for itself."""

import pytest

from tests.journeys.mqtt_house import Client, House, in_house, said
from troth.wire.mqtt import (
    Puback,
    Reason,
    Version,
)

V5, V311 = Version.V5, Version.V311
LEVEL = "things/station/level"


@pytest.mark.parametrize("version", [V5, V311])
def test_what_comes_behind_a_message_that_came_alone_is_acknowledged_after_it(version: Version) -> None:
    async def scene(house: House) -> None:
        joined, credential = await house.station()
        client, _ = await Client.hello(house, credential, version=version)
        client.send(said(LEVEL, "1", 1))  # the topic has come once
        assert Puback(1) == await client.next()
        client.send(said(LEVEL, "2", 2))
        await client.drained()
        client.send(said(LEVEL, "3", 3), said("things/station/word", '"b"', 4))
        await client.drained()
        client.send(said(LEVEL, "4", 5))
        assert [Puback(2), Puback(3), Puback(4), Puback(5)] == await client.several(4)
        assert 5 == house.tally(joined).stored

    in_house(scene, commit_s=0.05)


def test_of_messages_that_come_alone_together_each_is_settled_for_itself() -> None:
    async def scene(house: House) -> None:
        clients = []
        for number in range(4):
            _, credential = await house.station(f"station{number}")
            client, _ = await Client.hello(house, credential, version=V5, client_id=f"c{number}")
            client.send(said(f"things/station{number}/level", "1", 1))
            assert Puback(1) == await client.next()
            clients.append(client)
        for number, payload in enumerate(("7", "1001", "1,2", "8")):
            clients[number].send(said(f"things/station{number}/level", payload, 2))
        answers = [await client.next() for client in clients]
        reasons = [each.reason for each in answers if isinstance(each, Puback)]
        assert [0, Reason.PAYLOAD_FORMAT_INVALID, Reason.PAYLOAD_FORMAT_INVALID, 0] == reasons
        for number, client in enumerate(clients):
            client.send(said(f"things/station{number}/level", "9", 3, dup=True), said(LEVEL, "9", 4))
            assert Puback(3) == await client.next()

    in_house(scene)


def test_a_message_that_came_alone_and_comes_again_is_a_repeat() -> None:
    async def scene(house: House) -> None:
        joined, credential = await house.station()
        client, _ = await Client.hello(house, credential, version=V5)
        client.send(said(LEVEL, "1", 1))
        assert Puback(1) == await client.next()
        client.send(said(LEVEL, "2", 2))
        assert Puback(2) == await client.next()
        client.send(said(LEVEL, "2", 2, dup=True))
        assert Puback(2) == await client.next()
        assert (2, 1) == (house.tally(joined).stored, house.tally(joined).repeated)

    in_house(scene)
