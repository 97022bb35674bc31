"""A subscription with wildcards reaches each stream that begins to be readable, only those, and loses what ends."""

import random

import pytest

from tests.journeys.mqtt_house import LAB, OPEN_DATA, RESEARCH, Client, House, in_house, said, speak, value
from tests.journeys.turns import until
from troth.ingest.mqtt.subscribing import SUBSCRIPTIONS_MAX
from troth.names import HouseholdId, PersonId
from troth.statements.choice import Decision
from troth.wire.mqtt import (
    Disconnect,
    Pingreq,
    Pingresp,
    Properties,
    Publish,
    Suback,
    Subscribe,
    Subscription,
    Unsuback,
    Unsubscribe,
    Version,
)

V5, V311 = Version.V5, Version.V311
LEVEL = "things/station/level"


async def listening(
    house: House, token: str, *wishes: Subscription, version: Version = V5, client_id: str = "listener"
) -> Client:
    """A client whose wishes are granted, and who has heard all that there was to hear at once."""
    client, _ = await Client.hello(house, token, version=version, client_id=client_id)
    client.send(Subscribe(1, wishes))
    assert Suback(1, tuple(wish.qos for wish in wishes)) == await client.next()
    return client


async def listening_to(house: House, count: int) -> None:
    """Wait until so many streams are listened to."""
    await until(lambda: house.tell.listeners == count)


async def metered(house: House, slug: str) -> tuple[HouseholdId, PersonId, Client]:
    """A home with a person and a connected meter."""
    household, person = await house.home()
    _, credential = await house.meter(household, slug)
    meter, _ = await Client.hello(house, credential, client_id=slug)
    return household, person, meter


@pytest.mark.parametrize("version", [V5, V311])
@pytest.mark.parametrize("topic_filter", ["#", "things/#", "things/+/level", "+/late/+"])
def test_a_thing_that_joins_later_is_heard(version: Version, topic_filter: str) -> None:
    async def scene(house: House) -> None:
        reader = await listening(house, await house.reader(), Subscription(topic_filter), version=version)
        _, credential = await house.station("late")
        thing, _ = await Client.hello(house, credential)
        await until(lambda: house.tell.listeners > 0)
        await speak(thing, "things/late/level", "1", "2")
        news = await reader.several(2)
        assert [1.0, 2.0] == [value(each) for each in news]
        assert ["things/late/level"] * 2 == [each.topic for each in news if isinstance(each, Publish)]

    in_house(scene)


def test_a_thing_that_joins_later_and_does_not_match_is_not_heard() -> None:
    async def scene(house: House) -> None:
        reader = await listening(house, await house.reader(), Subscription("things/+/count"), Subscription("$SYS/#"))
        _, credential = await house.station("late")
        thing, _ = await Client.hello(house, credential)
        await until(lambda: house.tell.listeners == 1)
        await speak(thing, "things/late/level", "1")
        await speak(thing, "things/late/count", "2")
        assert value(await reader.next()) == 2
        assert await reader.silent()

    in_house(scene)


def test_a_new_yes_is_enough_and_its_end_is_too() -> None:
    async def scene(house: House) -> None:
        _, ana, meter = await metered(house, "meter")
        reader = await listening(house, await house.reader(RESEARCH), Subscription("things/#", 1))
        assert house.tell.listeners == 0
        for number in range(3):
            await house.say(ana, Decision.GIVE)
            await until(lambda: house.tell.listeners == 1)
            await speak(meter, "things/meter/power", str(number))
            heard = await reader.next()
            while value(heard) != number:
                assert isinstance(heard, Publish)
                assert heard.retain, "the last value from before, as at any SUBSCRIBE"
                heard = await reader.next()
            await house.say(ana, Decision.WITHDRAW)
            assert house.tell.listeners == 0 or await reader.silent()
            await until(lambda: house.tell.listeners == 0)

    in_house(scene)


def test_a_yes_for_another_purpose_is_none() -> None:
    async def scene(house: House) -> None:
        _, ana, meter = await metered(house, "meter")
        other = await listening(house, await house.reader(OPEN_DATA), Subscription("#"), client_id="other")
        reader = await listening(house, await house.reader(RESEARCH), Subscription("#"))
        await house.say(ana, Decision.GIVE)
        await until(lambda: house.tell.listeners == 1)
        await speak(meter, "things/meter/power", "1")
        assert value(await reader.next()) == 1.0
        assert await other.silent()

    in_house(scene)


def test_a_disclosure_that_opens_streams_to_anyone_is_heard_by_things_that_listen() -> None:
    async def scene(house: House) -> None:
        _, credential = await house.station()
        _, other = await house.station("other")
        thing, _ = await Client.hello(house, credential, client_id="one")
        await speak(thing, LEVEL, "1")
        reader = await listening(house, other, Subscription("things/station/#"))
        assert await reader.silent()
        await house.open_stations()
        first = await reader.next()
        assert isinstance(first, Publish)
        assert (1.0, True) == (value(first), first.retain)
        await speak(thing, LEVEL, "2")
        assert value(await reader.next()) == 2.0

    in_house(scene)


@pytest.mark.parametrize(("handling", "first"), [(0, True), (1, True), (2, False)])
def test_the_last_value_of_what_begins_to_be_readable_is_given_as_asked(handling: int, *, first: bool) -> None:
    async def scene(house: House) -> None:
        _, ana, meter = await metered(house, "meter")
        await house.say(ana, Decision.GIVE)
        await speak(meter, "things/meter/power", "1")
        token = await house.reader(RESEARCH, party=LAB)
        await house.say(ana, Decision.WITHDRAW)
        reader = await listening(house, token, Subscription("things/+/power", retain_handling=handling))
        assert await reader.silent()
        await house.say(ana, Decision.GIVE)
        await until(lambda: house.tell.listeners == 1)
        await speak(meter, "things/meter/power", "2")
        heard = await reader.next()
        if first and value(heard) == 1.0:
            assert isinstance(heard, Publish)
            assert heard.retain
            heard = await reader.next()
        assert value(heard) == 2.0
        assert await reader.silent()

    in_house(scene)


def test_a_session_without_a_connection_grows_too() -> None:
    async def scene(house: House) -> None:
        token, kept = await house.reader(), Properties(session_expiry_s=60)
        reader, _ = await Client.hello(house, token, client_id="r", clean_start=False, properties=kept)
        reader.send(Subscribe(1, (Subscription("things/#", 1),)), Disconnect())
        await reader.next()
        await until(lambda: house.endpoint.connections() == 0)
        _, credential = await house.station()
        thing, _ = await Client.hello(house, credential)
        await until(lambda: house.tell.listeners > 0)
        await speak(thing, LEVEL, "1", "2")
        back, answer = await Client.hello(house, token, client_id="r", clean_start=False, properties=kept)
        assert answer.session_present
        assert [1.0, 2.0] == [value(each) for each in await back.several(2)]

    in_house(scene)


def test_after_unsubscribing_from_the_last_wildcard_nothing_grows() -> None:
    async def scene(house: House) -> None:
        await house.station()
        reader = await listening(house, await house.reader(), Subscription("things/#"), Subscription("#"))
        reader.send(Subscribe(2, (Subscription(LEVEL),)), Unsubscribe(3, ("things/#",)))
        assert [Suback(2, (0,)), Unsuback(3, (0,))] == await reader.several(2)
        assert house.tell.followers == 1
        reader.send(Unsubscribe(4, ("#",)))
        assert Unsuback(4, (0,)) == await reader.next()
        assert (0, 1) == (house.tell.followers, house.tell.listeners)
        await house.station("late")
        reader.send(Pingreq())
        assert Pingresp() == await reader.next()
        assert house.tell.listeners == 1

    in_house(scene)


def test_who_goes_for_good_follows_no_longer() -> None:
    async def scene(house: House) -> None:
        await house.station()
        reader = await listening(house, await house.reader(), Subscription("things/#"))
        await until(lambda: house.tell.listeners > 0)
        reader.cut()
        await until(lambda: house.tell.listeners == 0)
        assert house.tell.followers == 0

    in_house(scene)


def test_a_stream_that_matches_twice_comes_for_each_filter_with_its_identifier() -> None:
    async def scene(house: House) -> None:
        reader, _ = await Client.hello(house, await house.reader(), client_id="r")
        for packet_id, topic_filter in ((1, "things/#"), (2, "+/+/level")):
            reader.send(Subscribe(packet_id, (Subscription(topic_filter),), Properties(subscription_ids=(packet_id,))))
            await reader.next()
        _, credential = await house.station()
        thing, _ = await Client.hello(house, credential)
        await until(lambda: house.tell.listeners == 6)
        await speak(thing, LEVEL, "1")
        copies = [each for each in await reader.several(2) if isinstance(each, Publish)]
        assert {(1,), (2,)} == {each.properties.subscription_ids for each in copies}
        assert await reader.silent()

    in_house(scene)


def test_a_listener_with_as_many_wildcards_as_it_may_have_hears_each_new_stream_for_all_of_them() -> None:
    async def scene(house: House) -> None:
        reader, _ = await Client.hello(house, await house.reader(), client_id="r")
        wishes = tuple(Subscription("+/" * number + "#", 0) for number in range(3))
        wishes += tuple(Subscription(f"things/none-{number}/#", 0) for number in range(SUBSCRIPTIONS_MAX - 3))
        reader.send(Subscribe(1, wishes))
        assert Suback(1, (0,) * SUBSCRIPTIONS_MAX) == await reader.next()
        await house.station()
        await until(lambda: house.tell.listeners == 15)

    in_house(scene)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_whatever_people_choose_in_whatever_order_exactly_what_may_be_read_is_heard(seed: int) -> None:
    dice = random.Random(seed)

    async def scene(house: House) -> None:
        reader = await listening(house, await house.reader(RESEARCH), Subscription("things/+/power", 1))
        homes: list[tuple[PersonId, Client, str]] = []
        given: set[str] = set()
        for number in range(25):
            if dice.random() < 0.2 or not homes:
                slug = f"meter-{len(homes)}"
                _, person, meter = await metered(house, slug)
                homes.append((person, meter, slug))
            else:
                person, _, slug = dice.choice(homes)
                decision = Decision.WITHDRAW if slug in given else dice.choice([Decision.GIVE, Decision.REFUSE])
                await house.say(person, decision)
                given.discard(slug)
                given |= {slug} if decision is Decision.GIVE else set()
            await listening_to(house, len(given))
            for _, meter, slug in homes:
                meter.send(said(f"things/{slug}/power", str(number), 1))
                await meter.next()
            heard: set[str] = set()
            while heard != given:
                message = await reader.next()
                assert isinstance(message, Publish)
                slug = message.topic.split("/")[1]
                assert slug in given
                heard |= {slug} if value(message) == number else set()
        assert await reader.silent()

    in_house(scene)
