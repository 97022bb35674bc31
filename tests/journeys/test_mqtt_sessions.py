"""A session over MQTT outlives its connection: what is kept for whom, what is sent again, and what is given up."""

import pytest

from tests.journeys.mqtt_house import RESEARCH, Client, House, in_house, said, speak, value
from tests.journeys.turns import turn, until
from troth.statements.choice import Decision
from troth.wire.limits import LISTENER_QUEUE_MESSAGES
from troth.wire.mqtt import (
    Disconnect,
    Properties,
    Puback,
    Publish,
    Reason,
    Suback,
    Subscribe,
    Subscription,
    Unsuback,
    Unsubscribe,
    Version,
)

V5, V311 = Version.V5, Version.V311
LEVEL, POWER = "things/station/level", "things/meter/power"


def test_an_acknowledged_message_is_not_sent_again() -> None:
    async def scene(house: House) -> None:
        _, credential = await house.station()
        thing, _ = await Client.hello(house, credential)
        token, kept = await house.reader(), Properties(session_expiry_s=60)
        reader, _ = await Client.hello(house, token, client_id="r", clean_start=False, properties=kept)
        reader.send(Subscribe(1, (Subscription(LEVEL, 1),)))
        await reader.next()
        await speak(thing, LEVEL, "1")
        message = await reader.next()
        assert isinstance(message, Publish)
        reader.send(Puback(message.packet_id), Disconnect())
        await until(lambda: house.endpoint.connections() == 1)
        back, _ = await Client.hello(house, token, client_id="r", clean_start=False, properties=kept)
        assert await back.silent()

    in_house(scene)


def test_no_more_is_in_flight_than_the_client_takes() -> None:
    async def scene(house: House) -> None:
        _, credential = await house.station()
        thing, _ = await Client.hello(house, credential)
        small = Properties(receive_maximum=2)
        reader, _ = await Client.hello(house, await house.reader(), client_id="r", properties=small)
        reader.send(Subscribe(1, (Subscription(LEVEL, 1),)))
        await reader.next()
        await speak(thing, LEVEL, "1", "2", "3")
        first, second = await reader.several(2)
        assert await reader.silent()
        assert isinstance(first, Publish)
        reader.send(Puback(first.packet_id))
        third = await reader.next()
        assert [1.0, 2.0, 3.0] == [value(each) for each in (first, second, third)]

    in_house(scene)


def test_a_message_longer_than_the_client_takes_is_left_out() -> None:
    async def scene(house: House) -> None:
        _, credential = await house.station()
        thing, _ = await Client.hello(house, credential)
        small = Properties(maximum_packet_bytes=200)
        reader, _ = await Client.hello(house, await house.reader(), client_id="r", properties=small)
        reader.send(Subscribe(1, (Subscription("things/station/word", 1),)))
        await reader.next()
        await speak(thing, "things/station/word", '"' + "x" * 300 + '"', '"y"')
        assert value(await reader.next()) == "y"

    in_house(scene)


def test_no_more_is_sent_again_than_the_new_connection_takes() -> None:
    async def scene(house: House) -> None:
        _, credential = await house.station()
        thing, _ = await Client.hello(house, credential)
        token, kept = await house.reader(), Properties(session_expiry_s=60)
        reader, _ = await Client.hello(house, token, client_id="r", clean_start=False, properties=kept)
        reader.send(Subscribe(1, (Subscription(LEVEL, 1),)))
        await reader.next()
        await speak(thing, LEVEL, "1", "2", "3")
        await reader.several(3)
        reader.cut()
        await until(lambda: house.endpoint.connections() == 1)
        await speak(thing, LEVEL, "4")
        small = Properties(session_expiry_s=60, receive_maximum=1)
        back, answer = await Client.hello(house, token, client_id="r", clean_start=False, properties=small)
        assert answer.session_present
        told: list[tuple[object, bool]] = []
        for _ in range(4):
            message = await back.next()
            assert isinstance(message, Publish)
            assert await back.silent()
            told.append((value(message), message.dup))
            back.send(Puback(message.packet_id))
        assert told == [(1.0, True), (2.0, True), (3.0, True), (4.0, False)]

    in_house(scene)


def test_what_is_longer_than_the_new_connection_takes_is_not_sent_again() -> None:
    async def scene(house: House) -> None:
        _, credential = await house.station()
        thing, _ = await Client.hello(house, credential)
        token, kept = await house.reader(), Properties(session_expiry_s=60)
        reader, _ = await Client.hello(house, token, client_id="r", clean_start=False, properties=kept)
        reader.send(Subscribe(1, (Subscription("things/station/word", 1),)))
        await reader.next()
        await speak(thing, "things/station/word", '"' + "x" * 300 + '"', '"y"')
        await reader.several(2)
        reader.cut()
        await until(lambda: house.endpoint.connections() == 1)
        small = Properties(session_expiry_s=60, receive_maximum=1, maximum_packet_bytes=200)
        back, _ = await Client.hello(house, token, client_id="r", clean_start=False, properties=small)
        assert value(await back.next()) == "y"

    in_house(scene)


@pytest.mark.parametrize("version", [V5, V311])
def test_the_same_client_elsewhere_takes_over(version: Version) -> None:
    async def scene(house: House) -> None:
        token = await house.reader()
        first, _ = await Client.hello(house, token, version=version)
        _, answer = await Client.hello(house, token, version=version)
        assert answer.reason == 0
        if version is V5:
            ended = await first.next()
            assert isinstance(ended, Disconnect)
            assert ended.reason == Reason.SESSION_TAKEN_OVER
        with pytest.raises(EOFError):
            await first.next()

    in_house(scene)


def test_nobody_takes_over_the_session_of_another() -> None:
    async def scene(house: House) -> None:
        _, credential = await house.station()
        thing, _ = await Client.hello(house, credential, client_id="same")
        await Client.hello(house, await house.reader(), client_id="same")
        await speak(thing, LEVEL, "1")

    in_house(scene)


def test_a_fresh_start_forgets_the_session() -> None:
    async def scene(house: House) -> None:
        _, credential = await house.station()
        thing, _ = await Client.hello(house, credential)
        token = await house.reader()
        reader, answer = await Client.hello(house, token, version=V311, client_id="r", clean_start=False)
        assert not answer.session_present
        reader.send(Subscribe(1, (Subscription(LEVEL, 1),)))
        await reader.next()
        reader.send(Disconnect())
        await until(lambda: house.endpoint.connections() == 1)
        await speak(thing, LEVEL, "1")
        fresh, answer = await Client.hello(house, token, version=V311, client_id="r")
        assert not answer.session_present
        assert await fresh.silent()

    in_house(scene)


def test_a_session_that_was_to_end_now_cannot_be_kept_by_disconnecting() -> None:
    async def scene(house: House) -> None:
        client, _ = await Client.hello(house, await house.reader())
        client.send(Disconnect(0, Properties(session_expiry_s=60)))
        ended = await client.next()
        assert isinstance(ended, Disconnect)
        assert ended.reason == Reason.PROTOCOL_ERROR

    in_house(scene)


def test_a_session_that_is_away_too_long_is_given_up_and_says_so() -> None:
    async def scene(house: House) -> None:
        _, credential = await house.station()
        thing, _ = await Client.hello(house, credential, version=V311)
        token = await house.reader()
        reader, _ = await Client.hello(house, token, version=V311, client_id="r", clean_start=False)
        reader.send(Subscribe(1, (Subscription(LEVEL, 1),)))
        await reader.next()
        reader.cut()
        await until(lambda: house.endpoint.connections() == 1)
        count = LISTENER_QUEUE_MESSAGES + 1
        thing.send(*(said(LEVEL, "1", packet_id) for packet_id in range(1, count + 1)))
        await thing.several(count)
        _, answer = await Client.hello(house, token, version=V311, client_id="r", clean_start=False)
        assert not answer.session_present

    in_house(scene)


def test_a_node_that_stops_says_so() -> None:
    async def scene(house: House) -> None:
        client, _ = await Client.hello(house, await house.reader())
        house.endpoint.close()
        ended = await client.next()
        assert isinstance(ended, Disconnect)
        assert ended.reason == Reason.SERVER_SHUTTING_DOWN

    in_house(scene)


def test_subscribing_again_changes_what_was_asked_for_and_loses_nothing() -> None:
    async def scene(house: House) -> None:
        _, credential = await house.station()
        thing, _ = await Client.hello(house, credential)
        token, one = await house.reader(), Properties(receive_maximum=1)
        reader, _ = await Client.hello(house, token, client_id="r", properties=one)
        reader.send(Subscribe(1, (Subscription(LEVEL, 1),), Properties(subscription_ids=(1,))))
        await reader.next()
        await speak(thing, LEVEL, "1", "2", "3")
        first = await reader.next()
        assert isinstance(first, Publish)
        reader.send(Subscribe(2, (Subscription(LEVEL, 1),), Properties(subscription_ids=(2,))))
        assert isinstance(await reader.next(), Suback)
        got, ids, retained = [value(first)], [first.properties.subscription_ids], [first.retain]
        message = first
        for _ in range(3):
            reader.send(Puback(message.packet_id))
            following = await reader.next()
            assert isinstance(following, Publish)
            message = following
            got.append(value(message))
            ids.append(message.properties.subscription_ids)
            retained.append(message.retain)
        assert [1.0, 2.0, 3.0, 3.0] == got, "nothing is lost, and the last value is given again"
        assert [(1,), (2,), (2,), (2,)] == ids
        assert [False, False, True] == retained[1:]
        reader.send(Puback(message.packet_id))
        await speak(thing, LEVEL, "4")
        assert value(await reader.next()) == 4.0
        assert house.tell.listeners == 1

    in_house(scene)


@pytest.mark.parametrize("withdrawn", [False, True])
def test_what_was_handed_over_before_unsubscribing_is_brought_to_its_end(*, withdrawn: bool) -> None:
    async def scene(house: House) -> None:
        household, ana = await house.home()
        _, credential = await house.meter(household)
        await house.say(ana, Decision.GIVE)
        meter, _ = await Client.hello(house, credential)
        token, kept = await house.reader(RESEARCH), Properties(session_expiry_s=60)
        reader, _ = await Client.hello(house, token, client_id="r", clean_start=False, properties=kept)
        reader.send(Subscribe(1, (Subscription(POWER, 1),)))
        await reader.next()
        await speak(meter, POWER, "1")
        first = await reader.next()
        assert isinstance(first, Publish)
        reader.send(Unsubscribe(2, (POWER,)))
        assert Unsuback(2, (0,)) == await reader.next()
        await speak(meter, POWER, "2")
        reader.cut()
        await until(lambda: house.endpoint.connections() == 1)
        if withdrawn:
            await house.say(ana, Decision.WITHDRAW)
        back, _ = await Client.hello(house, token, client_id="r", clean_start=False, properties=kept)
        if not withdrawn:
            again = await back.next()
            assert isinstance(again, Publish)
            assert (first.packet_id, True, 1.0) == (again.packet_id, again.dup, value(again))
            back.send(Puback(again.packet_id))
        assert await back.silent()
        assert house.tell.listeners == 0

    in_house(scene)


def test_who_asks_for_the_last_value_again_and_again_without_reading_is_given_up() -> None:
    async def scene(house: House) -> None:
        _, credential = await house.station()
        thing, _ = await Client.hello(house, credential)
        await speak(thing, "things/station/word", '"' + "x" * 60_000 + '"')
        one = Properties(receive_maximum=1)
        reader, _ = await Client.hello(house, await house.reader(), client_id="r", properties=one)
        for number in range(1, 3 * LISTENER_QUEUE_MESSAGES):
            reader.send(Subscribe(number, (Subscription("things/station/word", 1),)))
            if number % 20 == 0:
                await turn(0.001)
        await until(lambda: house.endpoint.connections() == 1)
        assert house.tell.listeners == 0
        await speak(thing, "things/station/level", "1")

    in_house(scene)
