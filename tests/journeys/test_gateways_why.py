"""Why is this here? A row names what could speak for its thing when it was kept, by the installation its trace rests on."""

import pytest

from tests.journeys.test_gateways_told import Lane, world
from tests.journeys.test_own_no import page, session
from troth.errors import NotFound
from troth.journeys.why import Because
from troth.names import StatementId
from troth.testing.people import WorldPerson
from troth.testing.world import World
from troth.verify.file import read

__all__ = ["world"]


def because(world: World, id_: int, person: WorldPerson) -> Because:
    return world.run(world.node.why.because(id_, asker=person.asker()))


def through(world: World, id_: int, person: WorldPerson) -> tuple[str | None, str | None] | None:
    found = because(world, id_, person).through
    return None if found is None else (found.gateway, found.answers)


def says(lane: Lane, value: float) -> int:
    lane.meter.says(value)
    return next(each.id for each in lane.ana.reads(lane.meter) if each.result == value)


def test_each_row_names_what_could_speak_for_its_thing_when_it_was_kept(world: World) -> None:
    lane = Lane(world)
    before = says(lane, 1.0)
    lane.named(lane.meter, lane.server)
    between = says(lane, 2.0)
    lane.named(lane.meter, lane.other)
    instead = says(lane, 3.0)
    lane.ended(lane.meter)
    after = says(lane, 4.0)
    rows, expected = (before, between, instead, after), (None, "server", "other server", None)
    assert [None] * 4 == [through(world, each, lane.ana) for each in rows], "what stands in no segment is not known yet"
    for _ in range(2):
        world.advance(130)
        found = [through(world, each, lane.ana) for each in rows]
        assert [(name, None if name is None else "Supplier") for name in expected] == found
        world.crash()
        world.restart()


def test_its_proof_rests_on_the_installation_that_is_named(world: World) -> None:
    lane = Lane(world)
    lane.named(lane.meter, lane.server)
    stands = world.node.directory.things[lane.meter.joined.thing].statement
    row = says(lane, 2.0)
    lane.ended(lane.meter)
    world.advance(130)
    found = because(world, row, lane.ana).through
    assert found is not None
    assert stands == found.statement
    proof = read(world.run(world.node.prove.observation(row, lane.ana.asker())))
    assert proof.basis is not None
    assert stands in {StatementId(each) for each in proof.basis.ids}


def test_it_stands_on_her_page_and_on_that_of_nobody_else(world: World) -> None:
    lane = Lane(world)
    lane.named(lane.meter, lane.server)
    row, token = says(lane, 2.0), session(world, lane.ana)
    early = page(world, f"/why/{row}?as=person", token)
    assert "measured it, or a gateway says so" in early
    assert 'id="through"' not in early
    world.advance(130)
    said = page(world, f"/why/{row}?as=person", token)
    assert "the gateway <b>server</b> of Supplier could speak for it" in said
    lane.ended(lane.meter)
    later = says(lane, 3.0)
    world.advance(130)
    said = page(world, f"/why/{later}?as=person", token)
    assert "When it was kept, no gateway could speak for it." in said
    assert "said it under its own name" in said
    with pytest.raises(NotFound):
        because(world, row, lane.ben)
