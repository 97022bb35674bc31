"""The record under pressure: many traces at once, two ticks at once, a crash at the start, an onlooker with a watch."""

import asyncio
from collections.abc import Sequence

from troth.gate.question import Asker
from troth.journeys.access import NOTED_AT_ONCE, Access
from troth.names import PurposeId, StreamId, Uri
from troth.statements.journal import unerased
from troth.statements.segment import ConductSegmentBody
from troth.statements.statement import read
from troth.testing.disk import MemoryDisk
from troth.testing.memory_accounts import MemoryAccounts
from troth.testing.memory_conduct import MemoryConduct
from troth.testing.memory_journal import MemoryJournal
from troth.testing.people import WorldThing
from troth.testing.world import World
from troth.things.query import ObservationQuery
from troth.things.stores import Traced
from troth.things.windows import Shown


class Strict(MemoryConduct):
    """A store that takes no more traces at once than a real one."""

    async def note(self, traces: Sequence[Traced]) -> None:
        assert len(traces) <= NOTED_AT_ONCE
        await super().note(traces)


def segments(world: World) -> list[ConductSegmentBody]:
    """What was said of segments, in the journal's order."""
    bodies = (read(entry.signed).body for entry in unerased(world.journal.entries(after=0, limit=10_000)))
    return [body for body in bodies if isinstance(body, ConductSegmentBody)]


def rows(world: World, thing: WorldThing) -> tuple[Shown, ...]:
    """What anybody may read of a thing in a public place."""
    return world.run(world.node.tell.observations(thing.number, ObservationQuery(), asker=None)).rows


def test_a_tick_with_more_denials_than_a_store_takes_at_once_is_a_tick() -> None:
    with World(seed=1) as world:
        store = Strict(world.clock, entropy=bytes, taken=world.observations.taken, on_failure=world.node.fail)
        access = Access(store, world.clock, sealing=world.node.sealing, reads=MemoryAccounts().reads, entropy=bytes)
        for number in range(NOTED_AT_ONCE + 1):
            party = Uri(f"https://p{number}.example/")
            access.denied(Asker(party, "app", PurposeId("urn:x:p")), StreamId(bytes(16)), "no-ground")

        async def close() -> int:
            await access.close_all()
            return store.uncut

        assert NOTED_AT_ONCE + 1 == world.run(close())


def test_two_ticks_at_once_make_two_segments_and_never_two_of_one_number() -> None:
    with World(seed=1) as world:
        gauge = world.thing("gauge")
        for number in range(5):
            gauge.says(float(number))

        async def both() -> None:
            await asyncio.gather(world.node.record.tick(), world.node.record.tick(), world.node.record.tick())

        world.run(both())
        numbers = [body.number for body in segments(world)]
        assert [1, 2, 3] == numbers
        assert [0.0, 1.0, 2.0, 3.0, 4.0] == [row.result for row in rows(world, gauge)]


def test_what_is_published_of_a_tick_does_not_tell_whether_somebody_read() -> None:
    def ticks(*, reading: bool) -> list[int]:
        with World(seed=1) as world:
            home = world.home("h")
            meter, ana = home.thing("water meter"), home.person("Ana")
            ana.gives(meter)
            university = world.organisation("University")
            for _ in range(40):
                if reading:
                    university.reads(meter)
                world.advance(1.1)
            return [body.tick for body in segments(world)]

    quiet = ticks(reading=False)
    assert 4 <= len(quiet)
    assert quiet == ticks(reading=True)


def test_a_crash_between_the_first_two_statements_is_gone_on_from() -> None:
    with World(seed=1) as world:
        world.journal = MemoryJournal(durable=world.journal.entries(after=0, limit=1))
        world.disk, world.outside = MemoryDisk(), MemoryDisk()
        world.crash()
        kinds = [read(entry.signed).kind.name.value for entry in unerased(world.journal.entries(after=0, limit=10))]
        assert ["registration-policy", "trust-anchors", "key", "key", "key"] == kinds
        world.thing("gauge").says(1.0)
        world.settle()
