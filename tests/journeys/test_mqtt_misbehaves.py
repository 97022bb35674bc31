"""Whoever misbehaves costs only themselves: the neighbour is acknowledged to the last message, what waits is bounded."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial

import pytest

from tests.journeys.mqtt_house import Client, House, in_house, said, speak
from tests.journeys.turns import turn, until
from troth.clock import SystemClock
from troth.ingest.mqtt.door import STRANGERS_MAX, Door
from troth.ingest.mqtt.sessions import CONNECTIONS_EACH_MAX, SESSIONS_LEFT_MAX
from troth.journeys.lasting import Lasting
from troth.journeys.outlet import OUTLET_QUEUE_MAX
from troth.journeys.presence import Presence
from troth.wire.limits import CONNECT_BYTES, LISTENER_QUEUE_MESSAGES, MQTT_PACKET_BYTES, PAYLOAD_BYTES, RECEIVE_MAXIMUM
from troth.wire.mqtt import (
    Connect,
    Disconnect,
    Pingreq,
    Properties,
    Puback,
    Publish,
    Reason,
    Subscribe,
    Subscription,
    Version,
    encode,
)

V5, V311 = Version.V5, Version.V311
LEVEL, WORD = "things/station/level", "things/station/word"
MESSAGES = 200


@asynccontextmanager
async def beside(house: House) -> AsyncIterator[None]:
    """A neighbour that speaks all the while, one message after the other; each is acknowledged and kept."""
    joined, credential = await house.station("neighbour")
    thing, _ = await Client.hello(house, credential, client_id="neighbour")
    done = asyncio.Event()
    count = 0

    async def speaks() -> None:
        nonlocal count
        while not done.is_set() or count < MESSAGES:
            count += 1
            thing.send(said("things/neighbour/level", str(count % 500), count % 0xFFFF + 1))
            assert Puback(count % 0xFFFF + 1) == await thing.next()

    speaking = asyncio.create_task(speaks())
    try:
        yield
        done.set()
        await asyncio.wait_for(speaking, 30)
    finally:
        speaking.cancel()
    tally = house.tally(joined)
    assert (count, {}) == (tally.stored, tally.refused)


def played(scene: Callable[[House, str], Awaitable[None]], *, queue_rows: int = 200_000) -> None:
    """A scene of a thing that misbehaves, with its neighbour."""

    async def play(house: House) -> None:
        _, credential = await house.station()
        async with beside(house):
            await scene(house, credential)

    in_house(play, queue_rows=queue_rows)


def hello(token: str, version: Version, client_id: str = "slow") -> bytes:
    return encode(Connect(version=version, client_id=client_id, username="me", password=token.encode()), version)


@pytest.mark.parametrize("version", [V5, V311])
def test_a_greeting_and_a_message_byte_by_byte(version: Version) -> None:
    async def scene(house: House, credential: str) -> None:
        clients = [await Client.open(house, version) for _ in range(20)]
        data = [
            hello(credential, version, f"slow-{number}") + encode(said(LEVEL, "1", 9), version) for number in range(20)
        ]
        for at in range(max(map(len, data))):
            for client, wire in zip(clients, data, strict=True):
                client.send_bytes(wire[at : at + 1])
            await turn(0)
        for client in clients:
            await client.next()
            assert Puback(9) == await client.next()

    played(scene)


def test_a_greeting_that_never_ends_is_closed_by_its_size_or_its_time() -> None:
    async def scene(house: House, _credential: str) -> None:
        big = await Client.open(house)
        big.send_bytes(
            b"\x10" + (CONNECT_BYTES).to_bytes(1 + CONNECT_BYTES.bit_length() // 8, "little")[:1] + b"\xff\x7f"
        )
        assert [] == await big.rest()
        slow = await Client.open(house)
        slow.send_bytes(b"\x10\xff\x01\x00\x04MQTT")
        await turn(0.2)
        assert house.endpoint.connections() == 2
        slow.cut()
        await until(lambda: house.endpoint.connections() == 1)

    played(scene)


def test_who_never_says_who_it_is_is_closed_in_time() -> None:
    async def scene(house: House) -> None:
        reader, writer = await house.connect()
        writer.write(b"\x10")
        assert b"" == await asyncio.wait_for(reader.read(), 20)

    in_house(scene)


def test_of_thousands_who_never_say_who_they_are_the_oldest_are_closed_and_a_thing_still_comes_in() -> None:
    async def scene(house: House) -> None:
        house.endpoint._door.connections_max = 400  # noqa: SLF001 - a small house
        _, credential = await house.station()
        async with beside(house):
            strangers = [await house.connect() for _ in range(600)]
            await until(lambda: house.endpoint.connections() <= 201)
            thing, answer = await Client.hello(house, credential)
            assert answer.reason == 0
            await speak(thing, LEVEL, "1")
            reader, _ = strangers[0]
            assert b"" == await asyncio.wait_for(reader.read(), 20)
            assert STRANGERS_MAX > 200

    in_house(scene)


@pytest.mark.parametrize("version", [V5, V311])
def test_payloads_as_large_as_one_may_be_and_larger(version: Version) -> None:
    async def scene(house: House, credential: str) -> None:
        client, _ = await Client.hello(house, credential, version=version)
        for number in range(1, 9):
            client.send(said(WORD, '"' + "x" * (PAYLOAD_BYTES - 2) + '"', number))
            answer = await client.next()
            assert Puback(number) == answer
        client.send(said(WORD, '"' + "x" * (PAYLOAD_BYTES - 1) + '"', 9))
        answer = await client.next()
        assert isinstance(answer, Puback)
        assert answer.reason == (Reason.QUOTA_EXCEEDED if version is V5 else 0)
        client.send_bytes(encode(said(WORD, "x" * MQTT_PACKET_BYTES, 10), version)[:100])
        ended = await client.rest()
        assert [Reason.PACKET_TOO_LARGE] * (version is V5) == [
            each.reason for each in ended if isinstance(each, Disconnect)
        ]

    played(scene)


@pytest.mark.parametrize("queue_rows", [200_000, 50])
def test_a_flood_on_many_connections_of_one_thing(queue_rows: int) -> None:
    async def scene(house: House, credential: str) -> None:
        clients = [(await Client.hello(house, credential, version=V311, client_id=f"c{n}"))[0] for n in range(10)]
        for number, client in enumerate(clients):
            client.send(
                *(said(f"things/station/{'level' if number % 2 else 'none'}", str(n), n) for n in range(1, 501))
            )
        for client in clients:
            await client.several(500)

    played(scene, queue_rows=queue_rows)


def test_a_flood_of_every_other_packet() -> None:
    async def scene(house: House, credential: str) -> None:
        client, _ = await Client.hello(house, credential)
        wires = (Pingreq(), Subscribe(1, (Subscription("things/#"),)), Puback(7), Subscribe(2, (Subscription("none"),)))
        for _ in range(100):
            client.send(*(packet for packet in wires for _ in range(20)))
            await client.drained()
        await client.several(5_000)

    played(scene)


def test_a_listener_that_never_reads_is_given_up_and_what_waits_for_it_is_bounded() -> None:
    async def scene(house: House) -> None:
        _, credential = await house.station()
        thing, _ = await Client.hello(house, credential, client_id="thing")
        reader, writer = await house.connect()
        token = await house.reader()
        writer.write(hello(token, V5) + encode(Subscribe(1, (Subscription(WORD, 0),)), V5))
        await asyncio.wait_for(reader.readexactly(4), 30)
        writer.transport.pause_reading()  # type: ignore[attr-defined]  # a stream's transport reads
        async with beside(house):
            number = 0
            while house.tell.listeners:
                number = number % 90 + 1
                thing.send(said(WORD, '"' + "x" * 200_000 + '"', number))
                assert Puback(number) == await thing.next()
                seats = house.endpoint._door.seats._seats.values()  # noqa: SLF001 - what waits is not shown elsewhere
                held = [len(seat.session._queue) for seat in seats]  # noqa: SLF001 - the same
                assert max(held) <= LISTENER_QUEUE_MESSAGES
            await until(lambda: house.endpoint.connections() == 2)

    in_house(scene)


def test_a_listener_that_never_acknowledges_gets_what_it_may_hold_and_is_given_up() -> None:
    async def scene(house: House, credential: str) -> None:
        thing, _ = await Client.hello(house, credential, client_id="thing", version=V311)
        token = await house.reader()
        small = Properties(receive_maximum=10)
        deaf, _ = await Client.hello(house, token, client_id="deaf", properties=small)
        good, _ = await Client.hello(house, token, client_id="good")
        for reader in (deaf, good):
            reader.send(Subscribe(1, (Subscription(LEVEL, 1),)))
            await reader.next()
        heard = 0
        for batch in range(LISTENER_QUEUE_MESSAGES // 50 + 3):
            thing.send(*(said(LEVEL, str(n), n) for n in range(1, 51)))
            await thing.several(50)
            for message in await good.several(50):
                assert isinstance(message, Publish)
                good.send(Puback(message.packet_id))
                heard += 1
            if batch == 0:
                assert house.tell.listeners == 2
        got = await deaf.rest()
        assert 10 == sum(isinstance(each, Publish) for each in got)
        assert [Reason.QUOTA_EXCEEDED] == [each.reason for each in got if isinstance(each, Disconnect)]
        assert (house.tell.listeners, heard) == (1, 50 * (LISTENER_QUEUE_MESSAGES // 50 + 3))
        assert OUTLET_QUEUE_MAX == LISTENER_QUEUE_MESSAGES

    played(scene)


def test_more_in_flight_than_agreed_ends_one_connection_and_its_messages_are_kept() -> None:
    async def scene(house: House, credential: str) -> None:
        client, _ = await Client.hello(house, credential)
        client.send(*(said(LEVEL, str(n), n) for n in range(1, RECEIVE_MAXIMUM + 50)))
        ended = await client.rest()
        assert [Reason.RECEIVE_MAXIMUM_EXCEEDED] == [each.reason for each in ended if isinstance(each, Disconnect)]

    played(scene)


def test_sessions_that_are_left_behind_are_bounded_for_each_credential() -> None:
    async def scene(house: House, credential: str) -> None:
        kept = Properties(session_expiry_s=3_600)
        for number in range(SESSIONS_LEFT_MAX + 40):
            client, _ = await Client.hello(house, credential, client_id=f"left-{number}", properties=kept)
            client.send(Subscribe(1, (Subscription("things/#", 1),)))
            await client.next()
            client.cut()
        await until(lambda: house.endpoint.connections() == 1)
        assert len(house.endpoint._door.seats) == SESSIONS_LEFT_MAX + 1  # noqa: SLF001 - what is bounded

    played(scene)


@pytest.mark.parametrize("version", [V5, V311])
def test_one_credential_has_so_many_connections_and_no_more_and_the_others_stay(version: Version) -> None:
    async def scene(house: House, credential: str) -> None:
        clients = [
            (await Client.hello(house, credential, client_id=f"c{number}", version=version))[0]
            for number in range(CONNECTIONS_EACH_MAX)
        ]
        _, refused = await Client.hello(house, credential, client_id="one too many", version=version)
        assert (Reason.QUOTA_EXCEEDED if version is V5 else 3) == refused.reason
        _, again = await Client.hello(house, credential, client_id="c7", version=version)
        assert again.reason == 0, "who is back takes the place of its own connection"
        await until(lambda: house.endpoint.connections() == CONNECTIONS_EACH_MAX + 1)
        await speak(clients[0], LEVEL, "1")
        clients[1].send(Disconnect())
        await until(lambda: house.endpoint.connections() == CONNECTIONS_EACH_MAX)
        _, welcome = await Client.hello(house, credential, client_id="one more", version=version)
        assert welcome.reason == 0

    played(scene)


def test_connecting_again_and_again_under_one_name_leaves_one_session() -> None:
    async def scene(house: House, credential: str) -> None:
        for _ in range(150):
            await Client.hello(house, credential, client_id="same", clean_start=False)
        await until(lambda: house.endpoint.connections() == 2)
        assert len(house.endpoint._door.seats) == 2  # noqa: SLF001 - what is bounded

    played(scene)


def test_work_that_fails_in_a_turn_keeps_no_other_from_being_done() -> None:
    async def scene(house: House) -> None:
        loop = asyncio.get_running_loop()
        done: list[int] = []
        failures: list[object] = []
        loop.set_exception_handler(lambda _loop, context: failures.append(type(context["exception"])))
        door = Door(
            house.hear,
            house.tell,
            recognise=house.recognise,
            presence=Presence(SystemClock(), later=loop.call_later),
            slugs=house.slugs,
            secret=bytes(16),
            entropy=bytes,
            later=loop.call_later,
            diagnose=house.diagnostics.append,
            lasting=Lasting(None, spawn=house.tell.spawn),
        )

        def fail() -> None:
            raise ZeroDivisionError

        for work in (partial(done.append, 1), fail, partial(done.append, 2), fail, partial(done.append, 3)):
            door.soon(work)
        for _ in range(5):
            await turn(0)
        loop.set_exception_handler(None)
        assert ([1, 2, 3], [ZeroDivisionError, ZeroDivisionError]) == (done, failures)

    in_house(scene)
