"""Somebody connects over MQTT: nobody comes in without a token, and who goes without a word leaves a will."""

import asyncio

import pytest

from tests.journeys.mqtt_house import Client, House, in_house, said
from tests.journeys.turns import turn, until
from troth.wire.limits import RECEIVE_MAXIMUM
from troth.wire.mqtt import (
    Connack,
    Connect,
    Disconnect,
    Pingreq,
    Pingresp,
    Properties,
    Puback,
    Reason,
    Subscribe,
    Subscription,
    Unsubscribe,
    Version,
    Will,
)

V5, V311 = Version.V5, Version.V311
LEVEL = "things/station/level"


@pytest.mark.parametrize(
    ("version", "hello", "expected"),
    [
        (V5, {}, Reason.NOT_AUTHORIZED),
        (V311, {}, 5),
        (V5, {"password": b"wrong"}, Reason.BAD_USER_NAME_OR_PASSWORD),
        (V311, {"username": "me", "password": b"wrong"}, 4),
        (V5, {"password": b"\xff\xfe"}, Reason.BAD_USER_NAME_OR_PASSWORD),
        (V5, {"properties": Properties(authentication_method="SCRAM")}, Reason.BAD_AUTHENTICATION_METHOD),
    ],
)
def test_nobody_comes_in_without_a_token(version: Version, hello: dict[str, object], expected: int) -> None:
    async def scene(house: House) -> None:
        client = await Client.open(house, version)
        client.send(Connect(version=version, client_id="a", **hello))  # type: ignore[arg-type]  # fields of Connect
        assert Connack(expected) == await client.next()
        with pytest.raises(EOFError):
            await client.next()

    in_house(scene)


def test_a_claim_token_is_no_credential() -> None:
    async def scene(house: House) -> None:
        await house.station()
        claim = await house.join.claim_again(next(iter(house.join._accounts.slugs())))  # noqa: SLF001 - the only slug
        _, answer = await Client.hello(house, claim)
        assert answer.reason == Reason.BAD_USER_NAME_OR_PASSWORD

    in_house(scene)


def test_a_session_of_pages_is_no_credential_either() -> None:
    async def scene(house: House) -> None:
        _, ana = await house.home()
        session = await house.recognise.enter(await house.join.invite(ana))
        _, answer = await Client.hello(house, session)
        assert answer.reason == Reason.NOT_AUTHORIZED

    in_house(scene)


@pytest.mark.parametrize(
    ("will", "reason"),
    [(Will("things/station/level", b"1"), Reason.NOT_AUTHORIZED), (None, Reason.SUCCESS)],
)
def test_who_only_reads_leaves_no_will(will: Will | None, reason: int) -> None:
    async def scene(house: House) -> None:
        _, answer = await Client.hello(house, await house.reader(), will=will)
        assert reason == answer.reason

    in_house(scene)


def test_what_is_not_offered_is_told_at_the_door() -> None:
    async def scene(house: House) -> None:
        _, credential = await house.station()
        asked = Properties(session_expiry_s=1_000_000)
        _, answer = await Client.hello(house, credential, client_id="", properties=asked)
        told = answer.properties
        assert (told.maximum_qos, told.receive_maximum, told.shared_available) == (1, RECEIVE_MAXIMUM, False)
        assert told.session_expiry_s == 24 * 3600
        assert told.assigned_client_id

    in_house(scene)


@pytest.mark.parametrize(
    ("wire", "answer"),
    [
        ("474554202f20485454502f312e310d0a", ""),
        ("c000", ""),
        ("100c00044d5154540302 0000 0000", "20020001"),
        ("100c00044d5154540400 0000 0000", "20020002"),
        ("10ffffff7f", ""),
    ],
)
def test_what_is_no_greeting_closes_the_connection(wire: str, answer: str) -> None:
    async def scene(house: House) -> None:
        reader, writer = await house.connect()
        writer.write(bytes.fromhex(wire))
        assert bytes.fromhex(answer) == await asyncio.wait_for(reader.read(), 30)
        assert len(house.diagnostics) == 1

    in_house(scene)


def test_a_ping_is_answered_and_silence_ends_the_connection() -> None:
    async def scene(house: House) -> None:
        _, credential = await house.station()
        client, _ = await Client.hello(house, credential, keep_alive_s=1)
        client.send(Pingreq())
        assert Pingresp() == await client.next()
        ended = await client.next()
        assert isinstance(ended, Disconnect)
        assert ended.reason == Reason.KEEP_ALIVE_TIMEOUT

    in_house(scene)


@pytest.mark.parametrize(
    ("goodbye", "kept"),
    [(None, 1), (Disconnect(), 0), (Disconnect(Reason.DISCONNECT_WITH_WILL), 1)],
)
def test_a_will_is_an_observation_unless_it_is_taken_back(goodbye: Disconnect | None, kept: int) -> None:
    async def scene(house: House) -> None:
        joined, credential = await house.station()
        client, _ = await Client.hello(house, credential, will=Will(LEVEL, b"0"))
        if goodbye is None:
            client.cut()
        else:
            client.send(goodbye)
        await until(lambda: house.endpoint.connections() == 0)
        other, _ = await Client.hello(house, credential, client_id="other")
        other.send(said("things/station/count", "1", 1))
        assert Puback(1) == await other.next()
        assert kept + 1 == house.tally(joined).stored

    in_house(scene)


def test_a_will_waits_for_its_delay_and_is_not_said_when_the_client_is_back() -> None:
    async def scene(house: House) -> None:
        joined, credential = await house.station()
        will = Will(LEVEL, b"0", properties=Properties(will_delay_s=1))
        kept = Properties(session_expiry_s=60)
        first, _ = await Client.hello(house, credential, will=will, properties=kept, clean_start=False)
        first.cut()
        await until(lambda: house.endpoint.connections() == 0)
        back, answer = await Client.hello(house, credential, will=will, properties=kept, clean_start=False)
        assert answer.session_present
        await turn(1.2)
        assert house.tally(joined).stored == 0
        back.cut()
        await until(lambda: house.tally(joined).stored == 1)

    in_house(scene)


def test_a_will_that_waited_is_forgotten_when_the_client_comes_back_and_leaves_in_peace() -> None:
    async def scene(house: House) -> None:
        joined, credential = await house.station()
        will = Will(LEVEL, b"0", properties=Properties(will_delay_s=60))
        kept = Properties(session_expiry_s=60)
        first, _ = await Client.hello(house, credential, will=will, properties=kept, clean_start=False)
        first.cut()
        await until(lambda: house.endpoint.connections() == 0)
        back, _ = await Client.hello(house, credential, properties=kept, clean_start=False)
        back.send(Disconnect(0, Properties(session_expiry_s=0)))
        await until(lambda: house.endpoint.connections() == 0)
        other, _ = await Client.hello(house, credential, client_id="other")
        other.send(said("things/station/count", "1", 1))
        assert Puback(1) == await other.next()
        assert house.tally(joined).stored == 1

    in_house(scene)


def test_a_will_without_a_ground_is_refused_and_counted() -> None:
    async def scene(house: House) -> None:
        household, _ = await house.home()
        joined, credential = await house.meter(household)
        client, _ = await Client.hello(house, credential, will=Will("things/meter/power", b"0"))
        client.cut()
        await until(lambda: house.tally(joined).refused == {"no-ground": 1})

    in_house(scene)


def test_a_client_too_small_for_the_welcome_is_closed_without_a_word() -> None:
    async def scene(house: House) -> None:
        client = await Client.open(house)
        small = Properties(maximum_packet_bytes=10)
        token = await house.reader()
        client.send(Connect(version=V5, client_id="a", username="me", password=token.encode(), properties=small))
        with pytest.raises(EOFError):
            await client.next()
        await until(lambda: house.endpoint.connections() == 0)

    in_house(scene)


@pytest.mark.parametrize(
    "asks",
    [
        Subscribe(1, tuple(Subscription(f"things/a{each}/#") for each in range(60))),
        Unsubscribe(1, tuple(f"things/a{each}/#" for each in range(60))),
    ],
)
def test_an_answer_too_long_for_the_client_ends_the_connection(asks: Subscribe | Unsubscribe) -> None:
    async def scene(house: House) -> None:
        small = Properties(maximum_packet_bytes=60)
        client, _ = await Client.hello(house, await house.reader(), properties=small)
        client.send(asks)
        said = await client.next()
        assert isinstance(said, Disconnect)
        assert said.reason == Reason.PACKET_TOO_LARGE
        with pytest.raises(EOFError):
            await client.next()

    in_house(scene)
