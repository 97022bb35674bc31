"""Lists of things and streams: whole, right at the moment they are given, and made without holding the loop."""

import asyncio
from collections.abc import Iterator
from typing import Final

import pytest

from tests.journeys.erasing_lane import Lane
from tests.journeys.turns import turn
from troth.gate.question import Asker
from troth.journeys.join import StreamRequest, ThingRequest
from troth.journeys.listing import AT_ONCE, Listing, Readable
from troth.statements.choice import Decision
from troth.statements.installation import Answering, Consideration
from troth.testing.people import Org, WorldPerson, WorldThing, look_and_join
from troth.testing.world import World
from troth.wire.odata import ENTITIES_MAX

MANY: Final = ENTITIES_MAX + 30


def more(world: World, like: WorldThing, count: int) -> None:
    """So many things more of the same product, in the same place."""
    body = world.node.directory.things[like.joined.thing].body

    async def join() -> None:
        for number in range(count):
            request = ThingRequest(
                name=f"another {number}",
                product=body.product,
                place="here",
                answers=Answering(body.answers.organisation, body.answers.contact),
                streams=(StreamRequest(like.stream_name, "carried", None, None),),
                consideration=Consideration("2026-03-01", "Mo", "Nobody is harmed by it."),
                household=body.household,
            )
            await look_and_join(world.node.join, request)

    world.run(join())


@pytest.fixture
def town() -> Iterator[tuple[World, WorldThing]]:
    with World(seed=51) as world:
        gauge = world.thing("gauge")
        more(world, gauge, MANY - 1)
        yield world, gauge


def readable(world: World, org: Org | None = None) -> Readable:
    return world.run(world.node.tell.listing.readable(None if org is None else org.asker()))


def test_a_list_is_made_a_few_questions_at_a_time(town: tuple[World, WorldThing]) -> None:
    world, _ = town
    turns = 0

    async def beside() -> Readable:
        nonlocal turns
        making = asyncio.ensure_future(world.node.tell.listing.readable(None))
        while not making.done():
            turns += 1
            await turn(0)
        return await making

    assert MANY == len(world.run(beside()).streams)
    assert turns >= MANY // AT_ONCE // 2, "a turn here is two of the loop"
    held = world.node.leases.count()
    again, turns = readable(world), 0
    assert again is world.run(beside()), "the same list, as long as everything in it holds"
    assert turns <= 2
    assert held == world.node.leases.count()


@pytest.mark.parametrize("kind", ["Things", "Datastreams", "Sensors"])
def test_pages_of_a_long_list_follow_one_another_to_its_end(town: tuple[World, WorldThing], kind: str) -> None:
    world, _ = town
    target: str | None = f"/v1.1/{kind}?$top=10000&$count=true"
    pages: list[list[int]] = []
    while target is not None:
        told = world.get(target).json
        assert MANY == told["@iot.count"]
        pages.append([each["@iot.id"] for each in told["value"]])
        target = told.get("@iot.nextLink")
        target = None if target is None else target.removeprefix("http://localhost:8080")
    assert [ENTITIES_MAX, MANY - ENTITIES_MAX] == [len(page) for page in pages]
    assert list(range(1, MANY + 1)) == [each for page in pages for each in page]


def home_of(world: World) -> tuple[WorldThing, WorldPerson, Org]:
    home = world.home("Harbour Lane 12")
    meter, ana = home.thing("meter"), home.person("Ana")
    return meter, ana, world.organisation("University")


def test_what_may_be_read_comes_and_goes_with_choices_and_things() -> None:
    with World(seed=52) as world:
        meter, ana, lab = home_of(world)
        assert Readable((), (), (1,)) == readable(world, lab)
        ana.gives(meter)
        assert Readable((1,), (1,), (1,)) == readable(world, lab)
        gauge = world.thing("gauge")
        assert Readable((1,), (1,), (1,)) == readable(world, lab)
        assert Readable((2,), (2,), (2,)) == readable(world)
        ana.withdraws(meter)
        assert Readable((), (), (1,)) == readable(world, lab)
        assert (2, 2) == (gauge.number, len(world.node.directory.by_number))
        world.restart()
        assert Readable((2,), (2,), (2,)) == readable(world)


def test_a_yes_that_ends_by_the_clock_ends_in_lists_too() -> None:
    with World(seed=53) as world:
        meter, ana, lab = home_of(world)
        ana.gives(meter, to_ns=world.clock.now() + 5_000_000_000)
        assert Readable((1,), (1,), (1,)) == readable(world, lab)
        world.advance(6)
        assert Readable((), (), (1,)) == readable(world, lab)


async def at_once(_: int, _asker: Asker | None) -> None:
    """Nothing of a figure has to be looked at before."""


def test_what_is_withdrawn_while_a_list_is_made_is_not_in_it() -> None:
    with World(seed=54) as world:
        meter, ana, lab = home_of(world)
        more(world, meter, 3 * AT_ONCE)
        ana.gives(meter)
        tell, paused = world.node.tell, list[int]()

        async def withdrawn_meanwhile() -> None:
            paused.append(1)
            if len(paused) == 2:
                await ana.choose(Decision.WITHDRAW, meter)

        listing = Listing(
            lambda number, asker: tell.lease(number, asker or tell.anyone(number)),
            world.node.directory,
            now=world.clock.now,
            pause=withdrawn_meanwhile,
            ready=at_once,
        )
        assert () == world.run(listing.readable(lab.asker())).streams
        assert len(paused) > 2


def test_nothing_is_remembered_of_or_for_somebody_who_is_erased() -> None:
    lane = Lane()
    asker = lane.cora.asker()
    assert len(lane.world.run(lane.world.node.tell.listing.readable(asker)).streams) == 1
    theirs = readable(lane.world, lane.university)
    assert {lane.lamp.number, lane.meter.number} == set(theirs.streams)
    lane.goes(lane.cora)
    assert (lane.lamp.number,) == readable(lane.world, lane.university).streams
    assert asker not in lane.world.node.tell.listing._held  # noqa: SLF001 - what is held is what this is about
    lane.world.close()
