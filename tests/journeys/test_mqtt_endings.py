"""A connection ends in every way there is: its will is said once or never, its session is kept as long as was agreed."""

import pytest

from tests.journeys.mqtt_house import Client, House, in_house, said, speak, value
from tests.journeys.turns import turn, until
from troth.wire.limits import SESSION_EXPIRY_S
from troth.wire.mqtt import (
    Disconnect,
    Pingreq,
    Pingresp,
    Properties,
    Puback,
    Reason,
    Suback,
    Subscribe,
    Subscription,
    Version,
    Will,
    encode,
)

V5, V311 = Version.V5, Version.V311
LEVEL = "things/station/level"

ENDINGS = ["cut", "half closed", "malformed", "silence", "taken over", "fresh elsewhere", "with will", "refused packet"]
OLDER = [each for each in ENDINGS if each != "with will"]  # 3.1.1 has no such farewell


@pytest.mark.parametrize(("ending", "version"), [*((each, V5) for each in ENDINGS), *((each, V311) for each in OLDER)])
def test_a_will_is_said_once_however_the_connection_ends_but_for_a_farewell(ending: str, version: Version) -> None:
    async def scene(house: House) -> None:
        joined, credential = await house.station()
        will = Will(LEVEL, b"7", qos=1, retain=True)
        alive = 1 if ending == "silence" else 60
        client, _ = await Client.hello(
            house, credential, version=version, will=will, keep_alive_s=alive, clean_start=False
        )
        match ending:
            case "cut":
                client.cut()
            case "half closed":
                client.half_close()
            case "malformed":
                client.send_bytes(b"\xc0\x01\x00")
            case "refused packet":
                client.send_bytes(encode(said(LEVEL, "1", 1), version)[:-1].replace(b"\x32", b"\x34", 1) + b"1")
            case "with will":
                client.send(Disconnect(Reason.DISCONNECT_WITH_WILL))
            case "taken over" | "fresh elsewhere":
                await Client.hello(house, credential, version=version, clean_start=ending == "fresh elsewhere")
            case _:
                pass
        await until(lambda: house.tally(joined).stored == 1)
        await turn(0.05)
        assert (1, {}) == (house.tally(joined).stored, house.tally(joined).refused)

    in_house(scene)


@pytest.mark.parametrize("version", [V5, V311])
def test_a_will_is_not_said_after_a_farewell_and_not_said_twice(version: Version) -> None:
    async def scene(house: House) -> None:
        joined, credential = await house.station()
        will = Will(LEVEL, b"7")
        for _ in range(2):
            client, _ = await Client.hello(house, credential, version=version, will=will)
            client.send(Disconnect())
            await until(lambda: house.endpoint.connections() == 0)
        client, _ = await Client.hello(house, credential, version=version)
        client.cut()
        await until(lambda: house.endpoint.connections() == 0)
        await turn(0.05)
        assert house.tally(joined).stored == 0

    in_house(scene)


def test_a_will_comes_as_an_observation_to_those_who_listen_and_is_the_last_value_then() -> None:
    async def scene(house: House) -> None:
        _, credential = await house.station()
        token = await house.reader()
        reader, _ = await Client.hello(house, token, client_id="r")
        reader.send(Subscribe(1, (Subscription(LEVEL),)))
        await reader.next()
        assert await reader.silent()
        client, _ = await Client.hello(house, credential, will=Will(LEVEL, b'{"v": 7}', retain=False))
        client.cut()
        heard = await reader.next()
        later, _ = await Client.hello(house, token, client_id="later")
        later.send(Subscribe(1, (Subscription(LEVEL),)))
        _, last = await later.several(2)
        assert [(False, 7.0), (True, 7.0)] == [(each.retain, value(each)) for each in (heard, last)]  # type: ignore[union-attr]  # PUBLISH

    in_house(scene)


def test_a_will_with_a_delay_is_said_when_its_session_ends_before() -> None:
    async def scene(house: House) -> None:
        joined, credential = await house.station()
        will = Will(LEVEL, b"7", properties=Properties(will_delay_s=3_600))
        kept = Properties(session_expiry_s=1)
        client, _ = await Client.hello(house, credential, will=will, properties=kept)
        client.cut()
        await until(lambda: house.endpoint.connections() == 0)
        assert house.tally(joined).stored == 0
        await until(lambda: house.tally(joined).stored == 1)

    in_house(scene)


def test_a_will_with_a_delay_is_said_when_the_client_starts_afresh() -> None:
    async def scene(house: House) -> None:
        joined, credential = await house.station()
        will = Will(LEVEL, b"7", properties=Properties(will_delay_s=3_600))
        kept = Properties(session_expiry_s=3_600)
        client, _ = await Client.hello(house, credential, will=will, properties=kept)
        client.cut()
        await until(lambda: house.endpoint.connections() == 0)
        await Client.hello(house, credential, clean_start=True)
        await until(lambda: house.tally(joined).stored == 1)

    in_house(scene)


def test_a_will_with_a_delay_is_not_said_when_the_client_connects_elsewhere() -> None:
    async def scene(house: House) -> None:
        joined, credential = await house.station()
        will = Will(LEVEL, b"7", properties=Properties(will_delay_s=1))
        kept = Properties(session_expiry_s=3_600)
        client, _ = await Client.hello(house, credential, will=will, properties=kept, clean_start=False)
        other, answer = await Client.hello(house, credential, properties=kept, clean_start=False)
        assert answer.session_present
        await client.rest()
        await turn(1.2)
        other.send(Disconnect())
        await until(lambda: house.endpoint.connections() == 0)
        await turn(0.05)
        assert house.tally(joined).stored == 0

    in_house(scene)


# --- how long a session is kept


async def _present(house: House, token: str) -> bool:
    client, answer = await Client.hello(
        house, token, clean_start=False, properties=Properties(session_expiry_s=SESSION_EXPIRY_S)
    )
    client.send(Disconnect(0, Properties(session_expiry_s=0)))
    await until(lambda: house.endpoint.connections() == 0)
    return answer.session_present


@pytest.mark.parametrize(
    ("asked", "farewell", "kept"),
    [
        (None, None, False),
        (0, None, False),
        (60, None, True),
        (0xFFFF_FFFF, None, True),
        (60, 0, False),
        (60, 120, True),
        (60, 0xFFFF_FFFF, True),
    ],
)
def test_a_session_is_kept_as_long_as_was_said_last(asked: int | None, farewell: int | None, *, kept: bool) -> None:
    async def scene(house: House) -> None:
        token = await house.reader()
        client, answer = await Client.hello(house, token, properties=Properties(session_expiry_s=asked))
        assert (SESSION_EXPIRY_S if asked == 0xFFFF_FFFF else None) == answer.properties.session_expiry_s
        client.send(Disconnect(0, Properties(session_expiry_s=farewell)))
        await until(lambda: house.endpoint.connections() == 0)
        assert kept == await _present(house, token)

    in_house(scene)


def test_a_session_is_over_when_its_time_is() -> None:
    async def scene(house: House) -> None:
        token = await house.reader()
        for wait_s, kept in ((0.0, True), (1.3, False)):
            client, _ = await Client.hello(house, token, properties=Properties(session_expiry_s=1))
            client.cut()
            await until(lambda: house.endpoint.connections() == 0)
            await turn(wait_s)
            assert kept == await _present(house, token)

    in_house(scene)


def test_a_session_is_not_over_while_it_has_a_connection() -> None:
    async def scene(house: House) -> None:
        _, credential = await house.station()
        reader, _ = await Client.hello(house, await house.reader(), properties=Properties(session_expiry_s=1))
        reader.send(Subscribe(1, (Subscription(LEVEL),)))
        assert Suback(1, (0,)) == await reader.next()
        await turn(1.3)
        thing, _ = await Client.hello(house, credential, client_id="thing")
        await speak(thing, LEVEL, "1")
        assert value(await reader.next()) == 1.0

    in_house(scene)


@pytest.mark.parametrize(("clean", "kept"), [(True, False), (False, True)])
def test_under_3_1_1_a_clean_session_ends_with_its_connection_and_another_does_not(*, clean: bool, kept: bool) -> None:
    async def scene(house: House) -> None:
        token = await house.reader()
        client, _ = await Client.hello(house, token, version=V311, clean_start=clean)
        client.send(Disconnect())
        await until(lambda: house.endpoint.connections() == 0)
        _, answer = await Client.hello(house, token, version=V311, clean_start=False)
        assert kept == answer.session_present

    in_house(scene)


def test_nothing_is_taken_after_a_farewell() -> None:
    async def scene(house: House) -> None:
        joined, credential = await house.station()
        client, _ = await Client.hello(house, credential)
        client.send(said(LEVEL, "1", 1), Disconnect(), said(LEVEL, "2", 2), Pingreq())
        heard = await client.rest()
        assert not [each for each in heard if isinstance(each, Pingresp) or each == Puback(2)]
        other, _ = await Client.hello(house, credential, client_id="other")
        await speak(other, "things/station/count", "3")
        assert house.tally(joined).stored == 2

    in_house(scene)
