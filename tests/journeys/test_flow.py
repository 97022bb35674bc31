"""What waits is bounded: refusals, requests, room on the disk; and doors open again by themselves."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

import pytest

from tests.contracts.crashed_files import a_turn_of_the_loop
from tests.journeys.http_house import open_doors
from troth.app.room import Room
from troth.errors import Busy
from troth.ingest.places import REQUESTS_MAX, Places
from troth.journeys.hear import REFUSALS_MAX
from troth.journeys.oversee import RoomLeft
from troth.names import ThingId
from troth.testing.world import World
from troth.things.observations import Outcome, Refusal

T = TypeVar("T")


async def at_once(work: Callable[[], T]) -> T:
    return work()


def test_doors_close_while_too_many_refusals_wait_and_open_when_they_are_counted() -> None:
    with World(seed=1) as world:
        gauge = world.thing("gauge")
        hear, thing = world.node.hear, gauge.joined.thing

        async def flood() -> None:
            told: list[Outcome] = []
            for _ in range(REFUSALS_MAX):
                hear.count(thing, Refusal.UNDECLARED, told.append)
            hear.flush()
            assert (hear.full,) == (False,)
            hear.count(thing, Refusal.WRONG_TYPE, told.append)
            hear.flush()
            assert (hear.full,) == (True,)
            free: asyncio.Future[int] = asyncio.get_running_loop().create_future()
            hear.when_free(lambda: free.set_result(len(told)))
            assert await free > 0
            assert (hear.full,) == (False,)

        world.run(flood())
        world.advance(0.1)
        assert {"undeclared": REFUSALS_MAX, "wrong-type": 1} == dict(hear.tally(thing).refused)


def test_doors_stay_closed_while_the_node_says_so_whatever_is_committed() -> None:
    with World(seed=2) as world:
        gauge = world.thing("gauge")
        hear, conduct = world.node.hear, world.node.ports.conduct
        woken: list[str] = []

        async def short() -> None:
            hear.stopped = hear.full = True
            conduct.stop_taking("no room")
            hear.when_free(lambda: woken.append("woken"))
            counted = asyncio.Event()
            hear.count(gauge.joined.thing, Refusal.UNDECLARED, lambda _: counted.set())
            hear.flush()
            await counted.wait()
            assert (hear.full, woken) == (True, [])
            hear.stopped = False
            conduct.take_again()
            assert (hear.full, woken) == (False, ["woken"])

        world.run(short())
        assert isinstance(gauge.says(1.0), int)


def test_room_is_short_below_the_reserve_and_there_again_a_tenth_above_it() -> None:
    said: list[str] = []
    left = [1_000]
    room = Room(
        lambda: left[0],
        reserve=100,
        in_worker=at_once,
        stop=lambda: said.append("stop"),
        go_on=lambda: said.append("go on"),
    )

    async def looks(*frees: int) -> list[str]:
        said.clear()
        for left[0] in frees:
            await room.look()
        return list(said)

    async def whole() -> None:
        assert [] == await looks(1_000, 100)
        assert ["stop"] == await looks(99, 50, 0)
        assert RoomLeft(0, 100, short=True) == room.left()
        assert [] == await looks(100, 109)
        assert ["go on"] == await looks(110, 100)
        assert ["stop", "go on"] == await looks(99, 200)

    asyncio.run(whole())


def test_one_thing_with_all_the_requests_it_can_get_leaves_the_places_of_others() -> None:
    async def scene() -> None:
        async with open_doors(commit_s=0.5) as doors:
            greedy, other = await doors.gauge(), await doors.gauge("other")

            async def post(thing: tuple[int, str], at: int) -> int:
                number, credential = thing
                time = f"2026-05-01T06:{at // 60 % 60:02}:{at % 60:02}.{at:04}Z"
                path = f"/v1.1/Datastreams({number})/Observations"
                told = await doors.post(path, {"result": 1.0, "phenomenonTime": time}, token=credential)
                return told.status

            asked = [asyncio.ensure_future(post(greedy, at)) for at in range(REQUESTS_MAX)]
            await a_turn_of_the_loop()
            assert [201] * 9 == await asyncio.gather(*(post(other, at) for at in range(9)))
            told = await asyncio.gather(*asked)
            assert {201, 429} == set(told)
            assert REQUESTS_MAX // 10 < told.count(201) < REQUESTS_MAX // 8
            assert 201 == await post(greedy, REQUESTS_MAX)

    asyncio.run(scene())


def test_every_thing_that_comes_finds_a_place_until_there_is_none() -> None:
    places = Places()
    first = ThingId(bytes(16))
    for _ in range(114):
        places.take(first)
    with pytest.raises(Busy):
        places.take(first)
    others = [ThingId(number.to_bytes(16)) for number in range(1, REQUESTS_MAX - 113)]
    for thing in others:
        places.take(thing)
    for thing in (first, others[0], ThingId(b"x" * 16)):
        with pytest.raises(Busy):
            places.take(thing)
    places.leave(first)
    places.take(ThingId(b"x" * 16))
