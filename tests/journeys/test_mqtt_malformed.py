"""Bytes that are not MQTT, or not allowed, at every stage of a real connection: it ends, and nobody else's does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.journeys.mqtt_house import Client, House, in_house, said, speak
from tests.journeys.turns import until
from tests.properties.test_mqtt_refusals import NO_GREETINGS, OF_CLIENTS
from troth.wire.mqtt import Disconnect, Puback, Reason, Version, encode

V5, V311 = Version.V5, Version.V311
LEVEL = "things/station/level"


@asynccontextmanager
async def neighbour(house: House) -> AsyncIterator[str]:
    """A thing that goes on speaking on a connection of its own; gives another thing's credential."""
    joined, credential = await house.station("neighbour")
    _, other = await house.station()
    thing, _ = await Client.hello(house, credential, client_id="neighbour")
    await speak(thing, "things/neighbour/level", "1")
    yield other
    await speak(thing, "things/neighbour/level", "2", "3")
    assert (3, {}) == (house.tally(joined).stored, house.tally(joined).refused)
    assert house.endpoint.connections() == 1


@pytest.mark.parametrize(("wire", "reason"), NO_GREETINGS)
def test_what_is_no_greeting_is_closed_without_a_welcome(wire: str, reason: int) -> None:
    async def scene(house: House) -> None:
        async with neighbour(house):
            reader, writer = await house.connect()
            writer.write(bytes.fromhex(wire))
            answer = await asyncio.wait_for(reader.read(), 30)
            told = {Reason.UNSUPPORTED_PROTOCOL_VERSION: "20020001", Reason.CLIENT_ID_NOT_VALID: "20020002"}
            first_was_good = wire.count("4d515454") == 2
            assert ("20020005" if first_was_good else told.get(Reason(reason), "")) == answer.hex()

    in_house(scene)


@pytest.mark.parametrize(("wire", "reason"), OF_CLIENTS)
def test_what_a_client_may_not_send_ends_its_connection_with_the_reason(wire: str, reason: int) -> None:
    async def scene(house: House) -> None:
        async with neighbour(house) as credential:
            client, _ = await Client.hello(house, credential)
            client.send_bytes(bytes.fromhex(wire))
            told = await client.next()
            assert isinstance(told, Disconnect)
            assert (reason, None) == (told.reason, told.properties.session_expiry_s)
            assert told.properties.reason_string
            with pytest.raises(EOFError):
                await client.next()

    in_house(scene)


@pytest.mark.parametrize(
    "wire",
    [
        pytest.param("3003 0001 23", id="wildcard in a topic"),
        pytest.param("3002 0000", id="no topic"),
        pytest.param("3205 0001 74 0000", id="packet identifier 0"),
        pytest.param("3803 0001 74", id="DUP with QoS 0"),
        pytest.param("3405 0001 74 0001", id="QoS 2"),
        pytest.param("3605 0001 74 0001", id="QoS 3"),
        pytest.param("6202 0001", id="PUBREL"),
        pytest.param("f000", id="AUTH, which 3.1.1 does not have"),
        pytest.param("8006 0001 0001 74 00", id="flags of SUBSCRIBE"),
        pytest.param("8202 0001", id="SUBSCRIBE to nothing"),
        pytest.param("8206 0001 0001 74 04", id="an option that 3.1.1 does not have"),
        pytest.param("a202 0001", id="UNSUBSCRIBE from nothing"),
        pytest.param("e001 00", id="DISCONNECT with a body"),
        pytest.param("c001 00", id="PINGREQ with a body"),
        pytest.param("2002 0000", id="CONNACK of a client"),
        pytest.param("30ffffffff01", id="five bytes of length"),
        pytest.param("30ffffff7f", id="a packet of 256 MiB"),
        pytest.param("ffffffffff", id="nonsense"),
    ],
)
def test_what_a_client_of_3_1_1_may_not_send_closes_its_connection_without_a_word(wire: str) -> None:
    async def scene(house: House) -> None:
        async with neighbour(house) as credential:
            client, _ = await Client.hello(house, credential, version=V311)
            client.send_bytes(bytes.fromhex(wire))
            with pytest.raises(EOFError):
                await client.next()

    in_house(scene)


@pytest.mark.parametrize("version", [V5, V311])
def test_what_came_whole_before_the_fault_is_kept_and_what_comes_after_it_is_not(version: Version) -> None:
    async def scene(house: House) -> None:
        joined, credential = await house.station()
        client, _ = await Client.hello(house, credential, version=version)
        before, after = encode(said(LEVEL, "1", 1), version), encode(said(LEVEL, "2", 2), version)
        client.send_bytes(before + bytes.fromhex("c001 00") + after)
        await client.rest()
        await until(lambda: house.tally(joined).stored == 1)
        other, _ = await Client.hello(house, credential)
        await speak(other, LEVEL, "3")
        assert house.tally(joined).stored == 2

    in_house(scene)


@pytest.mark.parametrize("version", [V5, V311])
def test_a_client_that_goes_in_the_middle_of_a_packet_leaves_nothing_behind(version: Version) -> None:
    async def scene(house: House) -> None:
        async with neighbour(house) as credential:
            whole = encode(said(LEVEL, "1", 1), version)
            for length in range(1, len(whole)):
                client, _ = await Client.hello(house, credential, version=version, client_id=f"c{length}")
                client.send_bytes(whole[:length])
                client.cut()
            await until(lambda: house.endpoint.connections() == 1)
        assert {1: 3} == {1: sum(house.hear.tally(thing).stored for thing in house.slugs().values())}

    in_house(scene)


def test_whatever_comes_byte_by_byte_is_the_same_packets() -> None:
    async def scene(house: House) -> None:
        joined, credential = await house.station()
        client, _ = await Client.hello(house, credential)
        for byte in encode(said(LEVEL, "1", 1), V5) + encode(said(LEVEL, '{"v": 2}', 2, name="a-2"), V5):
            client.send_bytes(bytes((byte,)))
            await asyncio.wait_for(client.drained(), 30)
        assert [Puback(1), Puback(2)] == await client.several(2)
        assert house.tally(joined).stored == 2

    in_house(scene)
