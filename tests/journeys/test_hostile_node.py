"""Nothing that keeps a node honest may end in silence: what stops, stops the node."""

from collections.abc import Sequence

import pytest

from troth.errors import StorageFailed, TrothError
from troth.statements.choice import Decision
from troth.testing.people import Hearing, WorldPerson, WorldThing
from troth.testing.world import World
from troth.things.windows import Shown


class Deaf(Hearing):
    """A listener whose door is broken: it can neither drop nor end."""

    def drop(self) -> None:
        raise ValueError("it cannot")


class Broken(Hearing):
    """A listener whose door breaks when it is given something."""

    def give(self, rows: Sequence[Shown]) -> None:
        raise ValueError("it cannot")


class Once(Hearing):
    """A listener whose door takes a first value once and breaks at the next."""

    def last(self, row: Shown) -> None:
        if self.rows:
            raise ValueError("it cannot")
        super().last(row)


def test_a_node_that_cannot_sign_its_segments_stops() -> None:
    with World(seed=1) as world:
        world.keys.forget("gate")
        with pytest.raises(StorageFailed, match="the key 'gate' of this node is not there"):
            world.advance(25)
        assert world.node.failed.done()


def test_a_node_that_cannot_drop_what_was_taken_away_stops() -> None:
    with World(seed=1) as world:
        home = world.home("h")
        meter, ana = home.thing("water meter"), home.person("Ana")
        ana.gives(meter)
        world.organisation("University").listens(meter, hearing=Deaf())
        meter.says(1.0)
        with pytest.raises((TrothError, ValueError)):
            ana.withdraws(meter)
        assert world.node.failed.done()


def test_one_broken_listener_keeps_nobody_from_being_heard_or_from_hearing() -> None:
    with World(seed=1) as world:
        gauge = world.thing("gauge")
        broken, whole = Broken(), Hearing()

        async def listen() -> None:
            for each in (broken, whole):
                each.outlet = world.node.tell.listen(gauge.number, None, each)

        world.run(listen())
        world.advance(0.1)
        with pytest.raises(ValueError, match="it cannot"):
            gauge.says(1.0)
        assert [1.0] == [row.result for row in whole.rows]
        gauge.says(2.0)
        assert [1.0, 2.0] == [row.result for row in whole.rows]
        assert broken.ended is not None
        assert not world.node.failed.done()


def test_one_listener_that_breaks_while_the_answer_changes_leaves_the_others_listening() -> None:
    with World(seed=1) as world:
        home = world.home("h")
        meter, ana = home.thing("water meter"), home.person("Ana")
        ana.gives(meter)
        meter.says(1.0)
        university = world.organisation("University")
        university.listens(meter, hearing=Once())
        whole = university.listens(meter)
        world.advance(0.1)
        with pytest.raises(ValueError, match="it cannot"):
            world.run(_gives_and_waits(world, ana, meter))
        meter.says(2.0)
        world.advance(0.1)
        assert 2.0 == whole.rows[-1].result


async def _gives_and_waits(world: World, ana: WorldPerson, meter: WorldThing) -> None:
    await ana.choose(Decision.GIVE, meter)
    await world.loop.passes(0.1)
