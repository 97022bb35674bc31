"""Numbers of one stream that come together are stamped together; nothing becomes of them that would not, one by one."""

import random
from collections.abc import Callable, Sequence

from troth.journeys.hear import Hear
from troth.testing.memory_conduct import MemoryConduct
from troth.testing.world import World
from troth.things.observations import Outcome, Refusal, Repeated

SECOND_NS = 1_000_000_000


class Kept:
    """A settler that keeps what it is told."""

    def __init__(self, rows: int) -> None:
        self.all: list[Outcome | None] = [None] * rows

    def settled(self, at: int, outcomes: Sequence[Outcome]) -> None:
        assert self.all[at : at + len(outcomes)] == [None] * len(outcomes), "told twice"
        self.all[at : at + len(outcomes)] = outcomes


def with_hear(test: Callable[[World, Hear, MemoryConduct], None], *, queue_rows: int = 200_000) -> None:
    """A journey on a store of its own, in a world with one thing, which has spoken once and so has a lease."""
    with World(seed=1) as world:
        gauge = world.thing("gauge")
        entropy = random.Random(1).randbytes

        async def run() -> None:
            store = MemoryConduct(
                world.clock,
                entropy=entropy,
                taken=world.observations.taken,
                on_failure=world.node.fail,
                queue_rows=queue_rows,
            )
            hear = Hear(store, world.node.leases, world.node.directory, clock=world.clock)
            store.listen(lambda _: hear.committed())
            (inlet,) = hear.inlets(gauge.joined.thing).values()
            inlet.offer(0.0, time_ns=None, done=lambda _: None)
            hear.flush()
            await store.settle()
            test(world, hear, store)
            for _ in range(20):
                await store.settle()

        world.run(run())


def offered(world: World, hear: Hear, settler: Kept, *, at: int, numbers: Sequence[float], late: int = 0) -> bool:
    (thing,) = world.node.directory.things
    (inlet,) = hear.inlets(thing).values()
    now = world.clock.now()
    return inlet.offer_run(numbers, [now + at + 1 - late * SECOND_NS + row for row in range(len(numbers))], settler, at)


def test_a_run_waits_while_the_store_is_full_and_none_of_it_is_lost() -> None:
    kept = Kept(60)

    def test(world: World, hear: Hear, _store: MemoryConduct) -> None:
        for at in range(0, 60, 10):
            assert offered(world, hear, kept, at=at, numbers=[float(at + row) for row in range(10)])
        hear.flush()
        assert hear.full

    with_hear(test, queue_rows=15)
    assert all(type(each) is int for each in kept.all)
    assert 60 == len(set(kept.all))


def test_a_run_whose_lease_ends_on_its_way_asks_anew() -> None:
    kept = Kept(10)

    def test(world: World, hear: Hear, _store: MemoryConduct) -> None:
        assert offered(world, hear, kept, at=0, numbers=[float(row) for row in range(10)])
        hear.flush()
        world.node.leases.end_all()

    with_hear(test)
    assert all(type(each) is int for each in kept.all)


def test_a_run_that_is_not_as_it_should_be_is_not_taken_as_one() -> None:
    kept = Kept(4)

    def test(world: World, hear: Hear, _store: MemoryConduct) -> None:
        assert not offered(world, hear, kept, at=0, numbers=[1.0, float("nan")])
        assert not offered(world, hear, kept, at=0, numbers=[1.0, float("inf")])
        assert not offered(world, hear, kept, at=120 * SECOND_NS, numbers=[1.0, 2.0])
        assert not offered(world, hear, kept, at=0, numbers=[1.0, 2.0], late=10**8)
        world.node.leases.end_all()
        assert not offered(world, hear, kept, at=0, numbers=[1.0, 2.0])

    with_hear(test)
    assert [None] * 4 == kept.all


def test_the_same_run_again_is_a_repeat_and_another_value_is_refused() -> None:
    first, again = Kept(3), Kept(3)

    def test(world: World, hear: Hear, _store: MemoryConduct) -> None:
        assert offered(world, hear, first, at=0, numbers=[1.0, 2.0, 3.0])
        assert offered(world, hear, again, at=0, numbers=[1.0, 2.5, 3.0])
        hear.flush()

    with_hear(test)
    assert first.all[0] == again.all[0]
    assert [Repeated, Refusal, Repeated] == [type(each) for each in again.all]
