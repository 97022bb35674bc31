"""Several segments are one move: whatever moment the power goes at, each is signed once, and each row is there once."""

import pytest

from tests.journeys.test_hostile_record import rows, segments
from troth.journeys.access import NOTED_AT_ONCE
from troth.names import StatementId
from troth.statements.journal import JournalEntry
from troth.statements.segment import ConductSegmentBody
from troth.statements.statement import as_kind, read
from troth.testing.people import WorldThing
from troth.testing.world import WRITE_S, World
from troth.things.stores import MOVE_SEGMENTS, SEGMENT_MAX, NotedTrace
from troth.tlog.trace import ClockStep, encode

STEP = ClockStep(gate_ns=0, by_ns=1)
NOTED = [NotedTrace(STEP.kind, encode(STEP), bytes(16))] * NOTED_AT_ONCE


def flood(world: World, thing: WorldThing, *, segments: int) -> list[float]:
    """So many segments wait, with a row of the thing before, between and behind what else is in them; returns the rows."""
    said = []
    for number in range(segments):
        said.append(float(number))
        thing.says(float(number))

        async def more() -> None:
            for _ in range(SEGMENT_MAX // NOTED_AT_ONCE + 1):
                await world.conduct.note(NOTED)

        world.run(more())
    thing.says(99.0)
    return [*said, 99.0]


def followed(world: World) -> list[ConductSegmentBody]:
    """All segments that count, each looked up through the next one's `previous`."""
    said = segments(world)
    assert [body.number for body in said] == list(range(1, len(said) + 1)), "each number once, in order"
    statement: StatementId | None = world.node.directory.newest_segment[1]  # type: ignore[index]  # there are some
    for body in reversed(said):
        assert statement is not None
        entry = world.journal.find(statement)
        assert isinstance(entry, JournalEntry)
        assert body == as_kind(read(entry.signed), ConductSegmentBody)
        kept = world.run(world.observations.segment(body.number))
        assert kept is not None
        assert (body.root, entry.signed.data) == (kept.root, kept.statement)
        statement = body.previous
    assert statement is None
    return said


@pytest.mark.parametrize(
    ("signed", "moved"), [(0, 0), (1, 0), (2, 0), (3, 0), (3, 3)], ids=["cut", "one signed", "two", "all", "moved"]
)
def test_the_power_goes_at_any_step_of_a_move_of_several_segments(signed: int, moved: int) -> None:
    with World(seed=3) as world:
        gauge = world.thing("gauge")
        world.settle()
        before = len(segments(world))
        said = flood(world, gauge, segments=2)
        assert world.conduct.uncut > 2 * SEGMENT_MAX

        def last() -> int:
            segment = world.run(world.observations.last_segment())
            return 0 if segment is None else segment.cut.number

        world.start(world.node.record.tick())
        while (len(segments(world)), last()) != (before + signed, before + moved) or not world.conduct.pending:
            world.advance(WRITE_S / 4)
        cuts = list(world.conduct.pending)
        assert len(cuts) == 3
        world.crash()
        assert sorted(said) == sorted(row.result for row in rows(world, gauge)), "each row once, wherever it lies now"
        world.settle()
        assert sorted(said) == sorted(row.result for row in rows(world, gauge))
        assert [SEGMENT_MAX, SEGMENT_MAX] == [body.size for body in followed(world)[before : before + 2]]
        made = [world.run(world.observations.segment(cut.number)) for cut in cuts]
        assert cuts == [segment.cut for segment in made if segment is not None], "as they were cut"
        assert list(world.conduct.pending) == []


def test_what_is_enough_for_a_move_is_moved_before_its_tick() -> None:
    with World(seed=1) as world:
        gauge = world.thing("gauge")
        world.settle()
        before = len(segments(world))
        said = flood(world, gauge, segments=MOVE_SEGMENTS + 1)
        world.advance(1)
        assert before + MOVE_SEGMENTS == len(followed(world))
        assert MOVE_SEGMENTS * SEGMENT_MAX > world.conduct.uncut
        assert sorted(said) == sorted(row.result for row in rows(world, gauge))
