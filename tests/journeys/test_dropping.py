"""Many leases that end at once: nothing leaves from that step on, and what is to be done about it is done in turns."""

from collections import Counter
from collections.abc import Iterator, Sequence

import pytest

from tests.journeys.test_telling import Lane
from troth.gate.question import Asker
from troth.journeys.dropping import DROPPED_AT_ONCE
from troth.statements.choice import Decision
from troth.testing.people import RESEARCH, Hearing
from troth.testing.world import World

MANY = 5 * DROPPED_AT_ONCE + 7


@pytest.fixture
def world() -> Iterator[World]:
    with World(seed=85) as made:
        yield made


class Counted(Hearing):
    """A listener that counts what all of them drop in one turn of the loop."""

    def __init__(self, street: "Street") -> None:
        super().__init__()
        self._street = street
        self.fails = False

    def drop(self) -> None:
        super().drop()
        self._street.dropped()
        if self.fails:
            raise RuntimeError("this door is broken")


class Street(Lane):
    """A home with a meter that speaks in every turn while somebody drops, and many apps of one laboratory that listen."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.ana.gives(self.meter)
        self.drops: list[int] = []  # in each turn
        self.speaks = True  # whether the meter says something in each
        self.said: list[float] = [1.0]
        self.meter.says(1.0)
        lab = world.organisation("University").uri
        self.heard = [Counted(self) for _ in range(MANY)]
        world.run(self._listen([Asker(lab, f"app-{number}", RESEARCH) for number in range(MANY)]))
        world.advance(1)
        assert all(map(results, self.heard))

    async def _listen(self, askers: Sequence[Asker]) -> None:
        for asker, each in zip(askers, self.heard, strict=True):
            each.outlet = self.world.node.tell.listen(self.meter.number, asker, each)

    def dropped(self) -> None:
        """One did, in this turn."""
        if not self.drops:
            self._next()
        self.drops[-1] += 1

    def _next(self) -> None:
        if sum(self.drops) < MANY:
            self.drops.append(0)
            if self.speaks:
                self.said.append(self.said[-1] + 1)
                self.world.start(self.meter.say(self.said[-1]))
            self.world.loop.call_soon(self._next)

    def chooses(self, decision: Decision) -> int:
        """Ana does; how many had dropped when that was acknowledged."""

        async def chosen() -> int:
            await self.ana.choose(decision, self.meter)
            return sum(self.drops)

        return self.world.run(chosen())


def results(hearing: Hearing) -> list[object]:
    return [each.result for each in hearing.rows]


def test_a_withdrawal_is_acknowledged_after_all_have_dropped_a_few_in_each_turn(world: World) -> None:
    street = Street(world)
    assert MANY == street.chooses(Decision.WITHDRAW)
    assert DROPPED_AT_ONCE == max(street.drops)
    assert len(street.said) > MANY // DROPPED_AT_ONCE, "the meter spoke in between"
    world.settle()
    assert [[1.0]] * MANY == [results(each) for each in street.heard], "nothing leaves from the step on"
    assert all(each.ended is not None for each in street.heard)


def test_who_goes_on_under_another_lease_misses_nothing_that_came_in_between(world: World) -> None:
    street = Street(world)
    assert MANY == street.chooses(Decision.GIVE)
    world.settle()
    assert len(street.said) > MANY // DROPPED_AT_ONCE
    for each in street.heard:
        assert each.ended is None
        assert Counter(street.said) == Counter(results(each)), "each once"


def test_a_listener_that_fails_at_dropping_keeps_no_other_from_it_and_the_node_stops(world: World) -> None:
    street = Street(world)
    broken = street.heard[2]
    broken.fails, street.speaks = True, False
    with pytest.raises(RuntimeError, match="this door is broken"):
        street.chooses(Decision.WITHDRAW)
    assert world.node.failed.done()
    assert MANY == sum(street.drops)
    assert [1.0] == results(broken)
    assert broken.ended == ("unavailable", "This listener's door failed.")
    world.loop.run_until_complete(world.loop.passes(1))  # in which the others have asked again
