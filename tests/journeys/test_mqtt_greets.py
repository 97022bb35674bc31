"""CONNECT and CONNACK in every detail, and a session's beginning and end: what is agreed on is what then happens."""

import asyncio

import pytest

from tests.journeys.mqtt_house import Client, House, in_house, said
from tests.journeys.turns import turn, until
from troth.wire.limits import KEEP_ALIVE_S
from troth.wire.mqtt import (
    Connack,
    Connect,
    Disconnect,
    Pingreq,
    Pingresp,
    Properties,
    Reason,
    Subscribe,
    Subscription,
    Version,
    Will,
    encode,
)

V5, V311 = Version.V5, Version.V311
LEVEL = "things/station/level"
LETTERS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


@pytest.mark.parametrize("version", [V5, V311])
def test_the_welcome_is_one_packet_before_any_other_with_only_session_present_in_its_flags(version: Version) -> None:
    async def scene(house: House) -> None:
        _, credential = await house.station()
        reader, writer = await house.connect()
        hello = Connect(version=version, client_id="c", username="me", password=credential.encode())
        packets = (hello, Subscribe(1, (Subscription("#"),)), said(LEVEL, "1", 2), Pingreq(), Disconnect())
        writer.write(b"".join(encode(packet, version) for packet in packets))
        answer = await asyncio.wait_for(reader.read(), 30)
        assert (0x20, 0, 0) == (answer[0], answer[2], answer[3])
        length = answer[1]
        rest = answer[2 + length :]
        assert 0x20 not in {rest[0], rest[2 + rest[1]]}, "no second welcome"

    in_house(scene)


def test_session_present_says_whether_there_was_one() -> None:
    async def scene(house: House) -> None:
        token, kept = await house.reader(), Properties(session_expiry_s=60)
        found = []
        for clean in (True, False, False, True, False):
            client, answer = await Client.hello(house, token, clean_start=clean, properties=kept)
            found.append((answer.reason, answer.session_present))
            client.send(Disconnect())
            await until(lambda: house.endpoint.connections() == 0)
        assert [(0, False), (0, True), (0, True), (0, False), (0, True)] == found

    in_house(scene)


@pytest.mark.parametrize("version", [V5, V311])
@pytest.mark.parametrize(
    "client_id", ["a", "Z9", LETTERS[:23], LETTERS[-23:], LETTERS * 100, "\ufeffclient", "zähler 1/#+$"]
)
def test_any_client_identifier_is_taken(client_id: str, version: Version) -> None:
    async def scene(house: House) -> None:
        _, answer = await Client.hello(house, await house.reader(), client_id=client_id, version=version)
        assert (0, None) == (answer.reason, answer.properties.assigned_client_id)

    in_house(scene)


def test_identifiers_are_compared_as_they_stand() -> None:
    async def scene(house: House) -> None:
        token = await house.reader()
        names = ["client", "Client", "\ufeffclient", "client ", "cli\u00e9nt", "clie\u0301nt"]
        for name in names:
            await Client.hello(house, token, client_id=name)
        assert len(names) == house.endpoint.connections()

    in_house(scene)


def test_a_client_without_an_identifier_gets_one_of_its_own_and_may_come_back_with_it() -> None:
    async def scene(house: House) -> None:
        token, kept = await house.reader(), Properties(session_expiry_s=60)
        first, one = await Client.hello(house, token, client_id="", properties=kept)
        _, other = await Client.hello(house, token, client_id="", properties=kept)
        name = one.properties.assigned_client_id
        assert name
        assert name != other.properties.assigned_client_id
        first.send(Disconnect())
        await until(lambda: house.endpoint.connections() == 1)
        _, back = await Client.hello(house, token, client_id=name, clean_start=False, properties=kept)
        assert (True, None) == (back.session_present, back.properties.assigned_client_id)

    in_house(scene)


def test_two_clients_of_3_1_1_without_an_identifier_are_two() -> None:
    async def scene(house: House) -> None:
        token = await house.reader()
        for _ in range(2):
            await Client.hello(house, token, client_id="", clean_start=True, version=V311)
        assert house.endpoint.connections() == 2

    in_house(scene)


@pytest.mark.parametrize("version", [V5, V311])
def test_what_comes_after_a_refused_greeting_is_not_looked_at(version: Version) -> None:
    async def scene(house: House) -> None:
        joined, _ = await house.station()
        client = await Client.open(house, version)
        hello = Connect(version=version, client_id="c", username="me", password=b"wrong")
        client.send(hello, said(LEVEL, "1", 1), said("things/station/none", "1", 2), Pingreq())
        answer = await client.rest()
        assert [Connack] == [type(each) for each in answer]
        await turn(0.05)
        assert (0, {}) == (house.tally(joined).stored, house.tally(joined).refused)

    in_house(scene)


def test_nothing_is_said_that_was_not_agreed_on() -> None:
    async def scene(house: House) -> None:
        asked = Properties(
            request_response_information=False, topic_alias_maximum=10, user=(("a", "b"),), receive_maximum=5
        )
        _, answer = await Client.hello(house, await house.reader(), properties=asked)
        told = answer.properties
        assert (None, None, None) == (
            told.response_information,
            told.authentication_method,
            told.server_reference,
        )
        assert ((), None) == (told.user, told.reason_string)

    in_house(scene)


@pytest.mark.parametrize("asked", [{"username": "me", "password": None}, {"password": None}])
def test_a_user_name_is_no_token(asked: dict[str, object]) -> None:
    async def scene(house: House) -> None:
        client = await Client.open(house)
        client.send(Connect(version=V5, client_id="c", **asked))  # type: ignore[arg-type]  # fields of Connect
        assert Connack(Reason.NOT_AUTHORIZED) == await client.next()

    in_house(scene)


def test_a_token_needs_no_user_name_under_5() -> None:
    async def scene(house: House) -> None:
        client = await Client.open(house)
        client.send(Connect(version=V5, client_id="c", password=(await house.reader()).encode()))
        answer = await client.next()
        assert isinstance(answer, Connack)
        assert answer.reason == 0

    in_house(scene)


@pytest.mark.parametrize(
    ("version", "asked", "told"),
    [(V5, 0, KEEP_ALIVE_S), (V5, 0xFFFF, KEEP_ALIVE_S), (V5, KEEP_ALIVE_S, None), (V5, 60, None), (V311, 0, None)],
)
def test_who_asks_to_be_silent_for_ever_is_told_how_long_one_may_be(
    version: Version, asked: int, told: int | None
) -> None:
    async def scene(house: House) -> None:
        _, answer = await Client.hello(house, await house.reader(), keep_alive_s=asked, version=version)
        assert told == answer.properties.server_keep_alive_s

    in_house(scene)


def test_any_packet_keeps_a_connection_alive() -> None:
    async def scene(house: House) -> None:
        client, _ = await Client.hello(house, await house.reader(), keep_alive_s=1)
        for _ in range(5):
            await turn(0.5)
            client.send(Pingreq())
            assert Pingresp() == await client.next()

    in_house(scene)


@pytest.mark.parametrize("version", [V5, V311])
def test_silence_under_3_1_1_closes_without_a_word_and_under_5_with_one(version: Version) -> None:
    async def scene(house: House) -> None:
        client, _ = await Client.hello(house, await house.reader(), keep_alive_s=1, version=version)
        said_last = await client.rest()
        words = [each.reason for each in said_last if isinstance(each, Disconnect)]
        assert ([Reason.KEEP_ALIVE_TIMEOUT] if version is V5 else []) == words

    in_house(scene)


def test_a_will_of_qos_2_is_refused_by_name() -> None:
    async def scene(house: House) -> None:
        _, credential = await house.station()
        _, answer = await Client.hello(house, credential, will=Will(LEVEL, b"0", qos=2))
        assert (Reason.QOS_NOT_SUPPORTED, False) == (answer.reason, answer.session_present)

    in_house(scene)
