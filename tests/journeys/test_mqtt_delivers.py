"""PUBLISH, SUBSCRIBE and their answers in every detail that MQTT asks for: identifiers, aliases, order, flags and topics."""

import pytest

from tests.journeys.mqtt_house import Client, House, in_house, said, speak, value
from tests.journeys.turns import until
from troth.ingest.mqtt.feeds import Subscribed
from troth.ingest.mqtt.listening import Session
from troth.ingest.mqtt.speaking import TOPIC_ALIAS_MAXIMUM
from troth.wire.mqtt import (
    Decoder,
    Disconnect,
    Peer,
    Pingreq,
    Pingresp,
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


# --- what comes in


@pytest.mark.parametrize("alias", [1, TOPIC_ALIAS_MAXIMUM])
@pytest.mark.parametrize("qos", [0, 1])
def test_every_alias_up_to_the_maximum_told_is_taken_and_may_be_set_anew(alias: int, qos: int) -> None:
    async def scene(house: House) -> None:
        joined, credential = await house.station()
        client, answer = await Client.hello(house, credential)
        assert answer.properties.topic_alias_maximum == TOPIC_ALIAS_MAXIMUM
        named = Properties(topic_alias=alias)
        for topic, payload in ((LEVEL, b"1"), ("", b"2"), (WORD, b'"a"'), ("", b'"b"')):
            client.send(Publish(topic, payload, qos, 7 * qos, properties=named))
            if qos:
                assert Puback(7) == await client.next()
        await until(lambda: house.tally(joined).stored == 4)
        assert house.tally(joined).refused == {}

    in_house(scene)


def test_an_alias_ends_with_its_connection() -> None:
    async def scene(house: House) -> None:
        _, credential = await house.station()
        kept = Properties(session_expiry_s=60)
        client, _ = await Client.hello(house, credential, properties=kept)
        client.send(Publish(LEVEL, b"1", 1, 1, properties=Properties(topic_alias=1)))
        assert Puback(1) == await client.next()
        client.cut()
        await until(lambda: house.endpoint.connections() == 0)
        back, answer = await Client.hello(house, credential, properties=kept, clean_start=False)
        assert answer.session_present
        back.send(Publish("", b"2", 1, 1, properties=Properties(topic_alias=1)))
        ended = await back.next()
        assert isinstance(ended, Disconnect)
        assert ended.reason == Reason.PROTOCOL_ERROR

    in_house(scene)


@pytest.mark.parametrize("version", [V5, V311])
def test_a_packet_identifier_may_be_used_again_after_its_acknowledgement(version: Version) -> None:
    async def scene(house: House) -> None:
        joined, credential = await house.station()
        client, _ = await Client.hello(house, credential, version=version)
        for number in (1, 2, 3):
            client.send(said(LEVEL, str(number), 0xFFFF))
            assert Puback(0xFFFF) == await client.next()
        assert house.tally(joined).stored == 3

    in_house(scene)


@pytest.mark.parametrize("version", [V5, V311])
def test_retain_and_dup_of_a_thing_do_not_reach_who_listens(version: Version) -> None:
    async def scene(house: House) -> None:
        _, credential = await house.station()
        thing, _ = await Client.hello(house, credential, version=version)
        reader = await reading(house, Subscription(LEVEL, 1), version=version)
        assert await reader.silent()
        thing.send(Publish(LEVEL, b"1", 1, 5, retain=True, dup=True))
        assert Puback(5) == await thing.next()
        heard = await reader.next()
        assert isinstance(heard, Publish)
        assert (False, False, 1.0) == (heard.retain, heard.dup, value(heard))

    in_house(scene)


def test_an_empty_retained_message_takes_no_last_value_away() -> None:
    async def scene(house: House) -> None:
        joined, credential = await house.station()
        thing, _ = await Client.hello(house, credential)
        await speak(thing, LEVEL, "1")
        thing.send(Publish(LEVEL, b"", 1, 5, retain=True))
        answer = await thing.next()
        assert isinstance(answer, Puback)
        assert (5, Reason.PAYLOAD_FORMAT_INVALID) == (answer.packet_id, answer.reason)
        reader = await reading(house, Subscription(LEVEL))
        last = await reader.next()
        assert isinstance(last, Publish)
        assert (True, 1.0) == (last.retain, value(last))
        assert house.tally(joined).refused == {"bad-payload": 1}

    in_house(scene)


def test_properties_of_a_message_are_read_and_not_handed_on() -> None:
    async def scene(house: House) -> None:
        _, credential = await house.station()
        thing, _ = await Client.hello(house, credential)
        reader = await reading(house, Subscription(LEVEL))
        assert await reader.silent()
        properties = Properties(
            payload_is_text=True,
            message_expiry_s=1,
            content_type="text/plain",
            response_topic="things/station/word",
            correlation_data=b"x",
            user=(("colour", "red"), ("colour", "blue")),
        )
        thing.send(Publish(LEVEL, b"1", 1, 5, properties=properties))
        assert Puback(5) == await thing.next()
        heard = await reader.next()
        assert isinstance(heard, Publish)
        assert Properties() == heard.properties

    in_house(scene)


@pytest.mark.parametrize(
    "topic",
    [
        "$SYS/broker/uptime",
        "$things/station/level",
        "/things/station/level",
        "things/station/level/",
        "things//level",
        "things/station/Level",
        "\ufeffthings/station/level",
        "things/station/le\u0301vel",
        " things/station/level",
        "x" * 60_000,
    ],
)
@pytest.mark.parametrize("version", [V5, V311])
def test_topics_are_compared_as_they_stand(topic: str, version: Version) -> None:
    async def scene(house: House) -> None:
        joined, credential = await house.station()
        thing, _ = await Client.hello(house, credential, version=version)
        thing.send(said(topic, "1", 1))
        answer = await thing.next()
        assert isinstance(answer, Puback)
        assert (0, {"undeclared": 1}) == (house.tally(joined).stored, house.tally(joined).refused)

    in_house(scene)


# --- what goes out


@pytest.mark.parametrize("qos", [0, 1])
@pytest.mark.parametrize("version", [V5, V311])
def test_what_goes_out_has_the_granted_qos_the_topic_asked_for_and_its_order(qos: int, version: Version) -> None:
    async def scene(house: House) -> None:
        _, credential = await house.station()
        thing, _ = await Client.hello(house, credential, version=version)
        reader = await reading(house, Subscription(LEVEL, qos), version=version)
        assert await reader.silent()
        thing.send(*(said(LEVEL, str(number), number) for number in range(1, 60)))
        heard = [each for each in await reader.several(59) if isinstance(each, Publish)]
        assert [float(number) for number in range(1, 60)] == [value(each) for each in heard]
        assert {(LEVEL, qos, False, False)} == {(each.topic, each.qos, each.dup, each.retain) for each in heard}
        assert (59 if qos else 1) == len({each.packet_id for each in heard})
        assert {0} != {each.packet_id for each in heard} or not qos

    in_house(scene)


def test_no_alias_is_sent_also_to_who_would_take_one() -> None:
    async def scene(house: House) -> None:
        _, credential = await house.station()
        thing, _ = await Client.hello(house, credential)
        reader = await reading(house, Subscription(LEVEL), topic_alias_maximum=100)
        await speak(thing, LEVEL, "1", "2")
        heard = [each for each in await reader.several(2) if isinstance(each, Publish)]
        assert {(LEVEL, None)} == {(each.topic, each.properties.topic_alias) for each in heard}

    in_house(scene)


def test_a_full_window_holds_back_messages_and_nothing_else() -> None:
    async def scene(house: House) -> None:
        _, credential = await house.station()
        thing, _ = await Client.hello(house, credential)
        reader = await reading(house, Subscription(LEVEL, 1), receive_maximum=1)
        await speak(thing, LEVEL, "1", "2")
        first = await reader.next()
        assert isinstance(first, Publish)
        reader.send(Pingreq(), Subscribe(2, (Subscription(WORD, 0),)), Unsubscribe(3, ("none",)))
        assert [Pingresp(), Suback(2, (0,)), Unsuback(3, (0x11,))] == await reader.several(3)
        await speak(thing, WORD, '"a"')
        assert await reader.silent(), "QoS 0 keeps its place behind what waits"
        reader.send(Puback(first.packet_id))
        assert [2.0, "a"] == [value(each) for each in await reader.several(2)]

    in_house(scene)


@pytest.mark.parametrize("reason", [0x00, 0x10, 0x80, 0x87, 0x97])
def test_whatever_the_reason_an_acknowledged_message_is_not_sent_again(reason: int) -> None:
    async def scene(house: House) -> None:
        _, credential = await house.station()
        thing, _ = await Client.hello(house, credential)
        token, kept = await house.reader(), Properties(session_expiry_s=60, receive_maximum=1)
        reader, _ = await Client.hello(house, token, client_id="reader", properties=kept)
        reader.send(Subscribe(1, (Subscription(LEVEL, 1),)))
        await reader.next()
        await speak(thing, LEVEL, "1", "2")
        first = await reader.next()
        assert isinstance(first, Publish)
        reader.send(Puback(40_000), Puback(first.packet_id, reason))
        second = await reader.next()
        assert isinstance(second, Publish)
        assert value(second) == 2.0
        reader.cut()
        await until(lambda: house.endpoint.connections() == 1)
        back, _ = await Client.hello(house, token, client_id="reader", properties=kept, clean_start=False)
        again = await back.next()
        assert isinstance(again, Publish)
        assert (second.packet_id, True, 2.0) == (again.packet_id, again.dup, value(again))
        assert await back.silent()

    in_house(scene)


def test_a_message_is_sent_again_only_to_who_comes_back() -> None:
    async def scene(house: House) -> None:
        _, credential = await house.station()
        thing, _ = await Client.hello(house, credential)
        reader = await reading(house, Subscription(LEVEL, 1))
        await speak(thing, LEVEL, "1")
        await reader.next()
        assert await reader.silent(0.5)

    in_house(scene)


@pytest.mark.parametrize(("wanted", "told"), [(None, True), (True, True), (False, False)])
def test_reasons_are_spelled_out_unless_the_client_wants_none(wanted: bool | None, *, told: bool) -> None:  # noqa: FBT001 - a case
    async def scene(house: House) -> None:
        _, credential = await house.station()
        thing, _ = await Client.hello(house, credential, properties=Properties(request_problem_information=wanted))
        thing.send(said(LEVEL, "true", 1), Subscribe(2, (Subscription("things/none/level"),)), Unsubscribe(3, ("x",)))
        answers = {type(each): each for each in await thing.several(3)}
        puback, suback, unsuback = answers[Puback], answers[Suback], answers[Unsuback]
        assert isinstance(puback, Puback)
        assert isinstance(suback, Suback)
        assert isinstance(unsuback, Unsuback)
        assert (Reason.PAYLOAD_FORMAT_INVALID, (0x87,)) == (puback.reason, suback.reasons)
        spelled = [each.properties.reason_string is not None for each in (puback, suback, unsuback)]
        assert [told, told, False] == spelled
        thing.send_bytes(b"\xc0\x01\x00")
        ended = await thing.next()
        assert isinstance(ended, Disconnect)
        assert ended.properties.reason_string, "DISCONNECT may say it all the same"

    in_house(scene)


def test_a_reason_that_is_longer_than_the_client_takes_is_left_out_and_its_code_is_not() -> None:
    async def scene(house: House) -> None:
        _, credential = await house.station()
        thing, _ = await Client.hello(house, credential, properties=Properties(maximum_packet_bytes=40))
        thing.send(said(LEVEL, "true", 1))
        assert Puback(1, Reason.PAYLOAD_FORMAT_INVALID) == await thing.next()
        thing.send(Subscribe(2, (Subscription("things/none/level"),)))
        assert Suback(2, (Reason.NOT_AUTHORIZED,)) == await thing.next()
        thing.send_bytes(b"\xc0\x01\x00")
        assert Disconnect(Reason.MALFORMED_PACKET) == await thing.next()

    in_house(scene)


# --- packet identifiers of the node


class Window:
    """A connection that takes whatever it is given."""

    version = V311
    writable = True
    receive_maximum = 0xFFFF
    max_packet_bytes = None

    def __init__(self) -> None:
        self._decoder = Decoder(V311, 1 << 20, peer=Peer.SERVER)
        self.given: list[int] = []
        self.ended: list[int] = []

    def write(self, data: bytes) -> None:
        self.given += [each.packet_id for each in self._decoder.feed(data) if isinstance(each, Publish)]

    def end(self, reason: Reason, _words: str) -> None:
        self.ended.append(reason)


def test_packet_identifiers_go_round_and_leave_out_those_in_use() -> None:
    window = Window()
    session = Session(lambda _gone: None)
    session.refused["t"] = Subscribed("t")
    session.refused["t"].qos = 1
    session.attach(window)
    kept = {1, 2, 500, 0xFFFF}
    for _ in range(2 * 0xFFFF):
        session.tell_refused("t", b"1")
        packet_id = window.given.pop()
        assert 0 < packet_id <= 0xFFFF
        if packet_id in kept:
            kept.remove(packet_id)
            continue
        session.acknowledged(packet_id)
    assert not kept, "each was given once, and never again while it was not acknowledged"
    assert window.ended == []
