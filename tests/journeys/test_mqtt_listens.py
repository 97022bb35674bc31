"""Somebody listens over MQTT: what they may know is handed over while they may know it, and not one message longer."""

import json
from collections.abc import Awaitable, Callable

import pytest

from tests.journeys.mqtt_house import RESEARCH, TYPES, Client, House, in_house, said, speak, value
from tests.journeys.turns import until
from troth.gate.words import spoken
from troth.statements.choice import Decision
from troth.statements.kinds import KindName
from troth.statements.operator_policies import OperatorPoliciesBody
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
    Unsuback,
    Unsubscribe,
    Version,
)

V5, V311 = Version.V5, Version.V311
LEVEL, POWER = "things/station/level", "things/meter/power"


async def listener(
    house: House, token: str, *wishes: Subscription, version: Version = V5, client_id: str = "listener"
) -> Client:
    client, _ = await Client.hello(house, token, version=version, client_id=client_id)
    client.send(Subscribe(1, wishes))
    assert Suback(1, tuple(wish.qos for wish in wishes)) == await client.next()
    return client


async def home(house: House) -> tuple[Client, str, Callable[[Decision], Awaitable[None]]]:
    """Ana's meter, connected; a researcher's token; and Ana's voice."""
    household, ana = await house.home()
    _, credential = await house.meter(household)
    meter, _ = await Client.hello(house, credential, client_id="meter")
    return meter, await house.reader(RESEARCH), lambda decision: house.say(ana, decision)


@pytest.mark.parametrize("version", [V5, V311])
def test_the_last_value_comes_retained_and_then_every_new_one(version: Version) -> None:
    async def scene(house: House) -> None:
        _, credential = await house.station()
        thing, _ = await Client.hello(house, credential)
        await speak(thing, LEVEL, "1", "2")
        reader = await listener(house, await house.reader(), Subscription(LEVEL), version=version)
        last = await reader.next()
        await speak(thing, LEVEL, "3", "4")
        news = await reader.several(2)
        assert [2.0, 3.0, 4.0] == [value(each) for each in (last, *news)]
        assert [True, False, False] == [isinstance(each, Publish) and each.retain for each in (last, *news)]

    in_house(scene)


def test_each_type_of_result_is_given_as_it_was_said() -> None:
    async def scene(house: House) -> None:
        _, credential = await house.station()
        thing, _ = await Client.hello(house, credential)
        reader = await listener(house, await house.reader(), Subscription("things/station/+"))
        said_values = {"level": 1.5, "count": 7, "open": True, "word": "é", "shape": {"a": [None, 1]}}
        for stream, each in said_values.items():
            envelope = json.dumps({"t": "2024-05-01T06:30:00Z", "v": each})
            await speak(thing, f"things/station/{stream}", envelope)
        got = await reader.several(5)
        assert said_values == {each.topic.rsplit("/", 1)[1]: value(each) for each in got if isinstance(each, Publish)}
        assert {"2024-05-01T06:30:00Z"} == {json.loads(each.payload)["t"] for each in got if isinstance(each, Publish)}

    in_house(scene)


@pytest.mark.parametrize(
    ("topic_filter", "expected"),
    [
        ("things/station/nothing", Reason.NOT_AUTHORIZED),
        ("things/nobody/level", Reason.NOT_AUTHORIZED),
        ("things/meter/power", Reason.NOT_AUTHORIZED),
        ("things/station/refused", Reason.NOT_AUTHORIZED),
        ("other", Reason.NOT_AUTHORIZED),
        ("$share/a/things/station/level", Reason.SHARED_SUBSCRIPTIONS_NOT_SUPPORTED),
        ("things/#/level", Reason.TOPIC_FILTER_INVALID),
    ],
)
@pytest.mark.parametrize("version", [V5, V311])
def test_what_may_not_be_heard_is_refused(version: Version, topic_filter: str, expected: int) -> None:
    async def scene(house: House) -> None:
        household, _ = await house.home()
        await house.station()
        await house.meter(household)
        client, _ = await Client.hello(house, await house.reader(), version=version)
        body = topic_filter.encode()
        lead = bytes.fromhex("0005" + ("00" if version is V5 else "")) + len(body).to_bytes(2, "big")
        client.send_bytes(bytes((0x82, len(lead) + len(body) + 1)) + lead + body + b"\0")
        answer = await client.next()
        assert isinstance(answer, Suback)
        assert ((expected,) if version is V5 else (0x80,)) == answer.reasons

    in_house(scene)


def test_a_hidden_stream_and_one_that_is_not_there_get_the_same_bytes() -> None:
    async def scene(house: House) -> None:
        household, _ = await house.home()
        await house.meter(household)
        client, _ = await Client.hello(house, await house.reader())  # another purpose: not named for the meter
        answers = []
        for topic in ("things/meter/power", "things/merer/power", "things/meter/pomer"):
            client.send(Subscribe(5, (Subscription(topic),)))
            answers.append(await client.next())
        assert answers[0] == answers[1] == answers[2]

    in_house(scene)


def test_rules_of_the_place_are_said_to_a_listener_however_many_and_long_they_are() -> None:
    async def scene(house: House) -> None:
        await house.station()
        rules = "".join(
            f'@id("{name}-{at}") @cites("House rules, 4") @says("{name} {at} {"x" * 280}") '
            f'forbid(principal, action == Action::"read", resource) when {{ resource.name == "{name}" }};'
            for name in TYPES
            for at in range(4)
        )
        body = OperatorPoliciesBody(1, "Agreed.", rules)
        await house.operator.say(KindName.OPERATOR_POLICIES, body, subject="rules-1")
        client, _ = await Client.hello(house, await house.reader())
        client.send(Subscribe(5, tuple(Subscription(f"things/station/{name}") for name in TYPES)))
        answer = await client.next()
        assert isinstance(answer, Suback)
        assert answer.reasons == (Reason.NOT_AUTHORIZED,) * len(TYPES)
        words = answer.properties.reason_string or ""
        assert words.startswith("policy: A rule of this place does not allow this. level 0 ")
        assert "And 1 more rule." in words
        assert 4_096 == len(words)

    in_house(scene)


def test_a_denial_is_spoken_to_a_party_that_the_disclosure_names() -> None:
    async def scene(house: House) -> None:
        household, _ = await house.home()
        await house.meter(household)
        client, _ = await Client.hello(house, await house.reader(RESEARCH))
        client.send(Subscribe(5, (Subscription(POWER),)))
        answer = await client.next()
        assert isinstance(answer, Suback)
        assert answer.reasons == (Reason.NOT_AUTHORIZED,)
        assert spoken("no-ground") == answer.properties.reason_string

    in_house(scene)


def test_a_wildcard_reaches_what_may_be_read_and_nothing_else() -> None:
    async def scene(house: House) -> None:
        household, _ = await house.home()
        await house.meter(household)
        _, credential = await house.station()
        thing, _ = await Client.hello(house, credential)
        reader = await listener(house, await house.reader(), Subscription("#"))
        await speak(thing, LEVEL, "1")
        await speak(thing, "things/station/count", "2")
        assert [1.0, 2] == [value(each) for each in await reader.several(2)]
        assert await reader.silent()

    in_house(scene)


def test_qos_2_is_granted_as_qos_1() -> None:
    async def scene(house: House) -> None:
        await house.station()
        client, _ = await Client.hello(house, await house.reader())
        client.send(Subscribe(5, (Subscription(LEVEL, 2), Subscription("#", 0))))
        assert Suback(5, (1, 0)) == await client.next()

    in_house(scene)


@pytest.mark.parametrize(("handling", "first", "again"), [(0, True, True), (1, True, False), (2, False, False)])
def test_the_last_value_is_given_as_it_was_asked_for(handling: int, *, first: bool, again: bool) -> None:
    async def scene(house: House) -> None:
        _, credential = await house.station()
        thing, _ = await Client.hello(house, credential)
        await speak(thing, LEVEL, "1")
        client, _ = await Client.hello(house, await house.reader(), client_id="reader")
        for wanted in (first, again):
            client.send(Subscribe(5, (Subscription(LEVEL, retain_handling=handling),)))
            assert Suback(5, (0,)) == await client.next()
            if wanted:
                assert value(await client.next()) == 1.0
            assert await client.silent()

    in_house(scene)


def test_a_subscription_identifier_comes_with_every_message() -> None:
    async def scene(house: House) -> None:
        _, credential = await house.station()
        thing, _ = await Client.hello(house, credential)
        client, _ = await Client.hello(house, await house.reader(), client_id="reader")
        client.send(Subscribe(5, (Subscription(LEVEL),), Properties(subscription_ids=(70_000,))))
        await client.next()
        await speak(thing, LEVEL, "1")
        message = await client.next()
        assert isinstance(message, Publish)
        assert message.properties.subscription_ids == (70_000,)

    in_house(scene)


def test_after_unsubscribing_nothing_comes() -> None:
    async def scene(house: House) -> None:
        _, credential = await house.station()
        thing, _ = await Client.hello(house, credential)
        reader = await listener(house, await house.reader(), Subscription(LEVEL))
        reader.send(Unsubscribe(6, (LEVEL, "things/other")))
        assert Unsuback(6, (0, Reason.NO_SUBSCRIPTION_EXISTED)) == await reader.next()
        await speak(thing, LEVEL, "1")
        assert await reader.silent()

    in_house(scene)


@pytest.mark.parametrize("version", [V5, V311])
def test_a_withdrawn_yes_ends_the_subscription_and_the_connection(version: Version) -> None:
    async def scene(house: House) -> None:
        meter, token, ana = await home(house)
        await ana(Decision.GIVE)
        reader = await listener(house, token, Subscription(POWER), version=version)
        await speak(meter, POWER, "1")
        assert value(await reader.next()) == 1.0
        await ana(Decision.WITHDRAW)
        if version is V5:
            ended = await reader.next()
            assert isinstance(ended, Disconnect)
            assert ended.reason == Reason.NOT_AUTHORIZED
            assert spoken("withdrawn") == ended.properties.reason_string
        with pytest.raises(EOFError):
            await reader.next()

    in_house(scene)


def test_a_subscription_to_many_goes_on_without_the_stream_that_was_withdrawn() -> None:
    async def scene(house: House) -> None:
        meter, token, ana = await home(house)
        await ana(Decision.GIVE)
        reader = await listener(house, token, Subscription("things/#"))
        await speak(meter, POWER, "1")
        assert value(await reader.next()) == 1.0
        await ana(Decision.WITHDRAW)
        meter.send(said(POWER, "2", 3))
        refused = await meter.next()
        assert isinstance(refused, Puback)
        assert refused.reason == Reason.NOT_AUTHORIZED
        reader.send(Pingreq())
        assert Pingresp() == await reader.next()
        assert await reader.silent()

    in_house(scene)


@pytest.mark.parametrize("again", [True, False])
def test_what_was_in_flight_when_the_yes_ended_is_not_sent_again(*, again: bool) -> None:
    async def scene(house: House) -> None:
        meter, token, ana = await home(house)
        await ana(Decision.GIVE)
        kept = Properties(session_expiry_s=60)
        reader, _ = await Client.hello(house, token, client_id="r", clean_start=False, properties=kept)
        reader.send(Subscribe(1, (Subscription("things/+/power", 1),)))
        await reader.next()
        await speak(meter, POWER, "1")
        assert value(await reader.next()) == 1.0  # received, never acknowledged
        reader.cut()
        await until(lambda: house.endpoint.connections() == 1)
        await speak(meter, POWER, "2")  # waits for the session
        if again:
            await ana(Decision.WITHDRAW)
        back, answer = await Client.hello(house, token, client_id="r", clean_start=False, properties=kept)
        assert answer.session_present
        if again:
            assert await back.silent()
        else:
            messages = await back.several(2)
            assert [(1.0, True), (2.0, False)] == [(value(m), isinstance(m, Publish) and m.dup) for m in messages]

    in_house(scene)


@pytest.mark.parametrize("topic_filter", [LEVEL, "things/station/+", "things/#"])
def test_no_local_leaves_out_what_the_thing_itself_says(topic_filter: str) -> None:
    async def scene(house: House) -> None:
        _, credential = await house.station()
        _, other = await house.station("other")
        await house.open_stations()
        thing, _ = await Client.hello(house, credential, client_id="one")
        neighbour, _ = await Client.hello(house, other, client_id="two")
        await speak(thing, LEVEL, "1")
        thing.send(Subscribe(2, (Subscription(topic_filter, no_local=True), Subscription("things/other/level"))))
        assert Suback(2, (0, 0)) == await thing.next()
        await speak(thing, LEVEL, "2")
        await speak(neighbour, "things/other/level", "3")
        heard = await thing.next()
        assert isinstance(heard, Publish)
        assert ("things/other/level", 3.0) == (heard.topic, value(heard))
        thing.send(Subscribe(3, (Subscription(LEVEL),)))
        own = await thing.next()
        while not isinstance(own, Publish) or own.topic != LEVEL:
            own = await thing.next()
        assert value(own) == 2.0

    in_house(scene)
