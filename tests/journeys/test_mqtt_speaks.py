"""A thing says something over MQTT: it is settled, then acknowledged; what cannot be kept is refused with the reason."""

import pytest

from tests.journeys.mqtt_house import Client, House, in_house, said
from tests.journeys.turns import until
from troth.clock import NS_PER_S
from troth.gate.words import spoken
from troth.ingest.rates import BURST_S, Rates
from troth.statements.choice import Decision
from troth.testing.contracts import StillClock
from troth.wire.limits import RECEIVE_MAXIMUM
from troth.wire.mqtt import (
    Disconnect,
    Pingreq,
    Pingresp,
    Properties,
    Puback,
    Publish,
    Reason,
    Suback,
    Subscribe,
    Subscription,
    Version,
)

V5, V311 = Version.V5, Version.V311
LEVEL = "things/station/level"


@pytest.mark.parametrize("version", [V5, V311])
@pytest.mark.parametrize(
    ("stream", "payload"),
    [
        ("level", "21.5"),
        ("level", "21"),
        ("count", "-3"),
        ("open", "true"),
        ("word", '"hello"'),
        ("shape", '{"v": 1, "w": [null, 2.5]}'),
        ("shape", "null"),
        ("level", '{"v": 3}'),
        ("level", '{"t": "2024-05-01T06:30:00+02:00", "v": 3, "id": "a"}'),
        ("level", '{"t": "2024-05-01T06:30:00Z/2024-05-01T07:30:00Z", "v": 3, "id": 17}'),
    ],
)
def test_what_is_acknowledged_is_stored(version: Version, stream: str, payload: str) -> None:
    async def scene(house: House) -> None:
        joined, credential = await house.station()
        client, _ = await Client.hello(house, credential, version=version)
        client.send(said(f"things/station/{stream}", payload, 7))
        assert Puback(7) == await client.next()
        assert (1, 0, {}) == (house.tally(joined).stored, house.tally(joined).repeated, house.tally(joined).refused)

    in_house(scene)


_REFUSALS = [
    ("things/station/level", "true", Reason.PAYLOAD_FORMAT_INVALID, "wrong-type"),
    ("things/station/level", '"21"', Reason.PAYLOAD_FORMAT_INVALID, "wrong-type"),
    ("things/station/level", "1001", Reason.PAYLOAD_FORMAT_INVALID, "out-of-range"),
    ("things/station/level", "1" + "0" * 400, Reason.PAYLOAD_FORMAT_INVALID, "out-of-range"),
    ("things/station/level", "NaN", Reason.PAYLOAD_FORMAT_INVALID, "bad-payload"),
    ("things/station/level", "", Reason.PAYLOAD_FORMAT_INVALID, "bad-payload"),
    ("things/station/level", "21,5", Reason.PAYLOAD_FORMAT_INVALID, "bad-payload"),
    ("things/station/level", '{"v": 1, "w": 2}', Reason.PAYLOAD_FORMAT_INVALID, "bad-payload"),
    ("things/station/level", '{"v": 1, "id": ""}', Reason.PAYLOAD_FORMAT_INVALID, "bad-payload"),
    ("things/station/level", '{"v": 1, "id": true}', Reason.PAYLOAD_FORMAT_INVALID, "bad-payload"),
    ("things/station/level", '{"v": 1, "t": "2024-05-01"}', Reason.PAYLOAD_FORMAT_INVALID, "bad-time"),
    ("things/station/level", '{"v": 1, "t": 1714545000}', Reason.PAYLOAD_FORMAT_INVALID, "bad-time"),
    (
        "things/station/level",
        '{"v": 1, "t": "2024-05-01T06:30:00Z/2024-05-01T05:30:00Z"}',
        Reason.PAYLOAD_FORMAT_INVALID,
        "bad-time",
    ),
    ("things/station/level", '{"v": 1, "t": "2200-05-01T06:30:00Z"}', Reason.IMPLEMENTATION_SPECIFIC, "ahead"),
    (
        "things/station/level",
        '{"v": 1, "t": "1970-01-01T00:00:00Z"}',
        Reason.IMPLEMENTATION_SPECIFIC,
        "before-installation",
    ),
    ("things/station/count", "1.5", Reason.PAYLOAD_FORMAT_INVALID, "wrong-type"),
    ("things/station/count", str(2**64), Reason.PAYLOAD_FORMAT_INVALID, "wrong-type"),
    ("things/station/open", "1", Reason.PAYLOAD_FORMAT_INVALID, "wrong-type"),
    ("things/station/word", "hello", Reason.PAYLOAD_FORMAT_INVALID, "bad-payload"),
    ("things/station/shape", "[" * 40 + "]" * 40, Reason.PAYLOAD_FORMAT_INVALID, "bad-payload"),
    ("things/station/shape", str(2**70), Reason.PAYLOAD_FORMAT_INVALID, "bad-payload"),
    ("things/station/shape", "[" * 5000, Reason.PAYLOAD_FORMAT_INVALID, "bad-payload"),
    ("things/station/shape", '"' + "x" * 262_144 + '"', Reason.QUOTA_EXCEEDED, "too-large"),
    ("things/station/nothing", "1", Reason.TOPIC_NAME_INVALID, "undeclared"),
    ("things/station", "1", Reason.TOPIC_NAME_INVALID, "undeclared"),
    ("things/other/level", "1", Reason.TOPIC_NAME_INVALID, "undeclared"),
    ("$SYS/level", "1", Reason.TOPIC_NAME_INVALID, "undeclared"),
]


@pytest.mark.parametrize(("topic", "payload", "reason", "code"), _REFUSALS)
def test_what_cannot_be_kept_is_refused_with_the_reason_and_counted(
    topic: str, payload: str, reason: Reason, code: str
) -> None:
    async def scene(house: House) -> None:
        await house.station("other")
        joined, credential = await house.station()
        client, _ = await Client.hello(house, credential)
        client.send(said(topic, payload, 9))
        answer = await client.next()
        assert isinstance(answer, Puback)
        assert (9, reason) == (answer.packet_id, answer.reason)
        assert spoken(code) == answer.properties.reason_string
        assert (0, {code: 1}) == (house.tally(joined).stored, house.tally(joined).refused)

    in_house(scene)


def test_a_refusal_under_3_1_1_is_acknowledged_counted_and_told_on_the_topic_for_it() -> None:
    async def scene(house: House) -> None:
        joined, credential = await house.station()
        client, _ = await Client.hello(house, credential, version=V311)
        client.send(Subscribe(1, (Subscription("things/station/refused"),)), said(LEVEL, "true", 2), said(LEVEL, "x"))
        assert Suback(1, (0,)) == await client.next()
        answers = await client.several(3)
        assert Puback(2) in answers
        told = [answer for answer in answers if isinstance(answer, Publish)]
        assert {"things/station/refused"} == {each.topic for each in told}
        assert [b'"code":"wrong-type"' in each.payload for each in told].count(True) == 1
        assert [b'"code":"bad-payload"' in each.payload for each in told].count(True) == 1
        assert house.tally(joined).refused == {"wrong-type": 1, "bad-payload": 1}

    in_house(scene)


def test_a_reason_is_not_spelled_out_to_a_client_that_wants_none() -> None:
    async def scene(house: House) -> None:
        _, credential = await house.station()
        quiet = Properties(request_problem_information=False)
        client, _ = await Client.hello(house, credential, properties=quiet)
        client.send(said(LEVEL, "true", 3))
        assert Puback(3, Reason.PAYLOAD_FORMAT_INVALID) == await client.next()

    in_house(scene)


@pytest.mark.parametrize("version", [V5, V311])
def test_acknowledgements_leave_in_the_order_of_arrival(version: Version) -> None:
    async def scene(house: House) -> None:
        joined, credential = await house.station()
        client, _ = await Client.hello(house, credential, version=version)
        topics = ["level", "nothing", "count", "open", "level"]
        payloads = ["1.5", "1", "2", "17", "3"]
        order = [50 + number * 7 % 90 for number in range(90)]
        client.send(*(said(f"things/station/{topics[n % 5]}", payloads[n % 5], order[n]) for n in range(90)))
        answers = await client.several(90)
        assert order == [answer.packet_id for answer in answers if isinstance(answer, Puback)]
        assert (54, 36) == (house.tally(joined).stored, sum(house.tally(joined).refused.values()))

    in_house(scene)


@pytest.mark.parametrize("version", [V5, V311])
def test_what_comes_together_with_what_is_out_of_range_is_kept_in_its_order(version: Version) -> None:
    async def scene(house: House) -> None:
        joined, credential = await house.station()
        client, _ = await Client.hello(house, credential, version=version)
        client.send(said(LEVEL, "7", 1))
        assert Puback(1) == await client.next()
        numbers = ["1.5", "2.5", "1.7e308", "1.7e308", "3.5", "-1.7e308", "4.5"]  # their sums are no numbers
        client.send(*(said(LEVEL, number, packet_id) for packet_id, number in enumerate(numbers, 2)))
        answers = [answer for answer in await client.several(7) if isinstance(answer, Puback)]
        assert list(range(2, 9)) == [answer.packet_id for answer in answers]
        refused = [0, 0, 1, 1, 0, 1, 0] if version is V5 else [0] * 7
        assert refused == [int(answer.reason >= 0x80) for answer in answers]
        assert (5, 3) == (house.tally(joined).stored, sum(house.tally(joined).refused.values()))

    in_house(scene)


def test_a_3_1_1_client_may_pour_and_loses_nothing() -> None:
    async def scene(house: House) -> None:
        joined, credential = await house.station()
        client, _ = await Client.hello(house, credential, version=V311)
        client.send(*(said(LEVEL, "7", packet_id) for packet_id in range(1, 3001)))
        answers = await client.several(3000)
        assert [Puback(packet_id) for packet_id in range(1, 3001)] == answers
        assert house.tally(joined).stored == 3000  # equal values at once are not taken for repeats

    in_house(scene)


def test_a_full_store_stops_the_reading_and_loses_nothing() -> None:
    async def scene(house: House) -> None:
        joined, credential = await house.station()
        clients = [(await Client.hello(house, credential, version=V311, client_id=str(n)))[0] for n in range(4)]
        for client in clients:
            client.send(*(said(f"things/station/{('level', 'count')[n % 2]}", "7", n) for n in range(1, 501)))
        for client in clients:
            assert [Puback(n) for n in range(1, 501)] == await client.several(500)
        assert house.tally(joined).stored == 2000
        for client in clients:  # and it reads again
            client.send(said(LEVEL, "8", 501))
            assert Puback(501) == await client.next()

    in_house(scene, queue_rows=20)


def test_qos_0_is_kept_without_a_word() -> None:
    async def scene(house: House) -> None:
        joined, credential = await house.station()
        client, _ = await Client.hello(house, credential)
        client.send(said(LEVEL, "1"), said(LEVEL, "true"), Pingreq())
        assert Pingresp() == await client.next()
        await until(lambda: house.tally(joined).stored == 1 and house.tally(joined).refused == {"wrong-type": 1})
        assert await client.silent()

    in_house(scene)


def test_a_topic_alias_stands_for_its_topic() -> None:
    async def scene(house: House) -> None:
        joined, credential = await house.station()
        client, _ = await Client.hello(house, credential)
        alias = Properties(topic_alias=1)
        client.send(Publish(LEVEL, b"1", 1, 1, properties=alias), Publish("", b"2", 1, 2, properties=alias))
        assert [Puback(1), Puback(2)] == await client.several(2)
        assert house.tally(joined).stored == 2

    in_house(scene)


@pytest.mark.parametrize("alias", [2, 257])
def test_an_alias_that_was_never_set_ends_the_connection(alias: int) -> None:
    async def scene(house: House) -> None:
        _, credential = await house.station()
        client, _ = await Client.hello(house, credential)
        client.send(Publish("", b"2", 1, 2, properties=Properties(topic_alias=alias)))
        ended = await client.next()
        assert isinstance(ended, Disconnect)
        assert ended.reason in {Reason.PROTOCOL_ERROR, Reason.TOPIC_ALIAS_INVALID}

    in_house(scene)


def test_more_in_flight_than_agreed_ends_the_connection() -> None:
    async def scene(house: House) -> None:
        joined, credential = await house.station()
        client, _ = await Client.hello(house, credential)
        client.send(*(said(LEVEL, "1", packet_id) for packet_id in range(1, RECEIVE_MAXIMUM + 2)))
        ended = await client.next()
        assert isinstance(ended, Disconnect)
        assert ended.reason == Reason.RECEIVE_MAXIMUM_EXCEEDED
        await until(lambda: house.tally(joined).stored == RECEIVE_MAXIMUM)

    in_house(scene, commit_s=0.1)


@pytest.mark.parametrize("version", [V5, V311])
def test_qos_2_ends_the_connection_with_a_diagnostic(version: Version) -> None:
    async def scene(house: House) -> None:
        joined, credential = await house.station()
        client, _ = await Client.hello(house, credential, version=version)
        client.send(said(LEVEL, "1", 1))
        assert Puback(1) == await client.next()
        after = "00" if version is V5 else ""
        client.send_bytes(bytes.fromhex("34 1a 0014" if version is V5 else "34 19 0014"))
        client.send_bytes(LEVEL.encode() + bytes.fromhex("0002" + after + "31"))
        if version is V5:
            ended = await client.next()
            assert isinstance(ended, Disconnect)
            assert ended.reason == Reason.QOS_NOT_SUPPORTED
        with pytest.raises(EOFError):
            await client.next()
        assert any("QoS 2" in line for line in house.diagnostics)
        assert house.tally(joined).stored == 1

    in_house(scene)


def test_who_only_reads_cannot_speak() -> None:
    async def scene(house: House) -> None:
        joined, _ = await house.station()
        client, _ = await Client.hello(house, await house.reader())
        client.send(said(LEVEL, "1", 4))
        assert Puback(4, Reason.NOT_AUTHORIZED) == await client.next()
        old, _ = await Client.hello(house, await house.reader(), version=V311, client_id="old")
        old.send(said(LEVEL, "1", 4))
        with pytest.raises(EOFError):
            await old.next()
        assert house.tally(joined).stored == 0

    in_house(scene)


def test_without_a_yes_nothing_is_kept_and_after_it_it_is() -> None:
    async def scene(house: House) -> None:
        household, ana = await house.home()
        joined, credential = await house.meter(household)
        client, _ = await Client.hello(house, credential)
        answers = []
        for packet_id, decision in enumerate((None, Decision.GIVE, Decision.WITHDRAW), start=1):
            if decision is not None:
                await house.say(ana, decision)
            client.send(said("things/meter/power", "40", packet_id))
            answers.append(await client.next())
        assert [0x87, 0, 0x87] == [each.reason for each in answers if isinstance(each, Puback)]
        assert (1, {"no-ground": 1, "withdrawn": 1}) == (house.tally(joined).stored, house.tally(joined).refused)

    in_house(scene)


@pytest.mark.parametrize("version", [V5, V311])
def test_a_thing_that_sends_more_than_one_thing_may_is_acknowledged_later_and_loses_nothing(version: Version) -> None:
    clock = StillClock()

    async def scene(house: House) -> None:
        joined, credential = await house.station()
        client, _ = await Client.hello(house, credential, version=version)
        for number in range(1, 5 * BURST_S + 2):
            client.send(said(LEVEL, str(number), number))
            assert Puback(number) == await client.next()
        client.send(said(LEVEL, "99", 99))
        await until(lambda: house.tally(joined).stored == 5 * BURST_S + 2)
        assert await client.silent()
        clock.now_ns += NS_PER_S
        assert Puback(99) == await client.next()

    in_house(scene, rates=Rates(clock, messages_per_s=5, bytes_per_s=1_000_000))


@pytest.mark.parametrize("version", [V5, V311])
def test_a_thing_that_sends_more_with_qos_0_than_one_thing_may_is_read_later_and_loses_nothing(
    version: Version,
) -> None:
    clock = StillClock()

    async def scene(house: House) -> None:
        joined, credential = await house.station()
        client, _ = await Client.hello(house, credential, version=version)
        client.send(*(said(LEVEL, str(number)) for number in range(5 * BURST_S + 5)))
        await until(lambda: house.tally(joined).stored == 5 * BURST_S + 5)
        client.send(said(LEVEL, "98"), Pingreq())
        assert await client.silent()
        assert house.tally(joined).stored == 5 * BURST_S + 5, "it is not read"
        clock.now_ns += NS_PER_S
        assert Pingresp() == await client.next()
        await until(lambda: house.tally(joined).stored == 5 * BURST_S + 6)

    in_house(scene, rates=Rates(clock, messages_per_s=5, bytes_per_s=1_000_000))


def test_a_thing_that_owes_for_qos_0_costs_its_neighbour_nothing() -> None:
    async def scene(house: House) -> None:
        _, loud = await house.station("loud")
        joined, quiet = await house.station("quiet")
        shouting, _ = await Client.hello(house, loud, client_id="loud")
        client, _ = await Client.hello(house, quiet, client_id="quiet")
        shouting.send(*(said("things/loud/level", str(number)) for number in range(500)), Pingreq())
        for number in range(1, 6):
            client.send(said("things/quiet/level", str(number), number))
            assert Puback(number) == await client.next()
        assert house.tally(joined).stored == 5
        assert Pingresp() == await shouting.next(), "what came in one piece was taken, and is owed for"
        shouting.send(Pingreq())
        assert await shouting.silent()

    in_house(scene, rates=Rates(StillClock(), messages_per_s=5, bytes_per_s=1_000_000))
