"""A thing stays in the home in which it joined, and a stream its own: no statement gives what was measured to somebody else."""

import asyncio
from collections.abc import Iterator
from typing import Final

import msgspec
import pytest

from troth.errors import Conflict, NotFound
from troth.gate.connecting import sheet_now
from troth.names import StreamId, ThingId, Uri, print_id
from troth.state.in_force import Reading
from troth.statements.installation import InstallationBody
from troth.statements.kinds import KindName
from troth.testing.people import WorldThing, own_use
from troth.testing.world import World

OTHER: Final = ThingId(b"another thing..!")
USES: Final = (own_use(),)


@pytest.fixture
def world() -> Iterator[World]:
    with World(seed=116) as made:
        yield made


class Lane:
    """Ana and Ben, each in their own home with a meter; Ana's has said something."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.here, self.there = world.home("Harbour Lane 12"), world.home("Harbour Lane 14")
        self.ana, self.ben = self.here.person("Ana"), self.there.person("Ben")
        self.meter: WorldThing = self.here.thing("meter", purposes=USES)
        self.theirs: WorldThing = self.there.thing("other meter", purposes=USES)
        world.advance(1)
        self.meter.says(41.0)
        world.advance(1)

    def body(self, of: WorldThing) -> InstallationBody:
        return self.world.node.directory.things[of.joined.thing].body

    async def signed(self, body: InstallationBody, number: int = 1) -> None:
        """The operator says it, with the sheet of now."""
        reading = Reading(self.world.node.leases.in_force)
        bare = msgspec.structs.replace(body, sheet=None)
        shown = msgspec.structs.replace(bare, sheet=sheet_now(bare, reading, at_ns=self.world.clock.now()).digest)
        kind = KindName.INSTALLATION if body.household is None else KindName.HOME_INSTALLATION
        await self.world.node.say.say(kind, shown, subject=print_id("si", bytes([number]) * 16))

    def hers_alone(self) -> None:
        assert [41.0] == [each.result for each in self.ana.reads(self.meter)]
        with pytest.raises(NotFound):
            self.ben.reads(self.meter)


@pytest.mark.parametrize("where", ["in another home", "in public"])
@pytest.mark.parametrize("over", [False, True])
def test_a_thing_that_is_said_to_stand_elsewhere_does_not_take_along_what_it_measured(
    world: World, *, where: str, over: bool
) -> None:
    lane = Lane(world)
    stood = lane.body(lane.meter)
    if over:
        world.run(world.node.joining.alter.end(lane.meter.joined.slug))
    home = None if where == "in public" else lane.there.household
    with pytest.raises(Conflict, match="a thing stays in the home"):
        world.run(lane.signed(msgspec.structs.replace(stood, household=home)))
    lane.hers_alone()


@pytest.mark.parametrize("new", [False, True])
def test_no_other_thing_takes_a_stream_over(world: World, *, new: bool) -> None:
    lane = Lane(world)
    theirs = lane.body(lane.theirs)
    body = msgspec.structs.replace(lane.body(lane.meter), thing=OTHER, household=lane.there.household)
    if not new:
        (mine,), (stream,) = lane.body(lane.meter).streams, theirs.streams
        body = msgspec.structs.replace(theirs, streams=(msgspec.structs.replace(stream, stream=mine.stream),))
    with pytest.raises(Conflict, match="a stream stays that of its thing"):
        world.run(lane.signed(body))
    assert OTHER not in world.node.directory.things
    lane.hers_alone()


def test_a_stream_that_ended_with_its_thing_stays_that_thing_s(world: World) -> None:
    lane = Lane(world)
    body = msgspec.structs.replace(lane.body(lane.meter), thing=OTHER, household=lane.there.household)
    world.run(world.node.joining.alter.end(lane.meter.joined.slug))
    with pytest.raises(Conflict, match="a stream stays that of its thing"):
        world.run(lane.signed(body))
    lane.hers_alone()


def test_of_two_things_that_name_one_new_stream_at_once_one_joins(world: World) -> None:
    lane = Lane(world)
    body = lane.body(lane.meter)
    streams = (msgspec.structs.replace(body.streams[0], stream=StreamId(b"a stream anew..!")),)
    mine = msgspec.structs.replace(body, thing=OTHER, streams=streams)
    hers = msgspec.structs.replace(mine, thing=ThingId(b"one more thing.!"), household=lane.there.household)

    async def at_once() -> list[BaseException | None]:
        said = (lane.signed(each, number) for number, each in enumerate((mine, hers)))
        return await asyncio.gather(*said, return_exceptions=True)

    first, second = world.run(at_once())
    assert first is None
    assert isinstance(second, Conflict), second
    assert lane.here.household == world.node.directory.things[OTHER].body.household


def test_a_thing_stays_of_its_product_and_a_stream_under_its_name(world: World) -> None:
    lane = Lane(world)
    body = lane.body(lane.meter)
    with pytest.raises(Conflict, match="a thing stays of its product"):
        world.run(lane.signed(msgspec.structs.replace(body, product=Uri(lane.body(lane.theirs).product))))
    twice = msgspec.structs.replace(
        body, streams=(*body.streams, msgspec.structs.replace(body.streams[0], name="more"))
    )
    with pytest.raises(Conflict, match="two streams of a thing are never one"):
        world.run(lane.signed(twice))
    renamed = msgspec.structs.replace(body, streams=(msgspec.structs.replace(body.streams[0], name="more"),))
    with pytest.raises(Conflict, match="under its name"):
        world.run(lane.signed(renamed))
    lane.hers_alone()


def test_it_may_still_be_called_otherwise_stand_in_another_room_and_end(world: World) -> None:
    lane = Lane(world)
    world.run(lane.signed(msgspec.structs.replace(lane.body(lane.meter), name="Old meter", place="Cellar")))
    lane.meter.says(42.0)
    world.run(world.node.joining.alter.end(lane.meter.joined.slug))
    assert {41.0, 42.0} == {each.result for each in lane.ana.reads(lane.meter)}
