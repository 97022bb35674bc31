"""Who reads leaves a trace before the first row leaves; who reads only their own leaves none; denials are counted."""

import msgspec
import pytest

from troth.errors import Refused
from troth.journeys.accounts import Bearer
from troth.journeys.book_lines import Seen, TurnedAway
from troth.names import StatementId
from troth.statements.journal import unerased
from troth.testing.people import RESEARCH
from troth.testing.world import World
from troth.tlog.trace import Basis, Collected, Denials, OtherTrace, WindowClosed, WindowOpened, basis_id, decode


def traces(world: World) -> list[OtherTrace]:
    """All other traces that stand in segments as they are, after everything was settled."""
    world.settle()

    async def moved() -> list[OtherTrace]:
        last = await world.observations.last_segment()
        assert last is not None
        found = [each for n in range(1, last.cut.number + 1) for each in await world.observations.traces(n)]
        read = [decode(each.trace) for each in found]
        return [each for each in read if not isinstance(each, Collected)]

    return world.run(moved())


def of(kind: type[OtherTrace], found: list[OtherTrace]) -> list[OtherTrace]:
    """Those of one kind."""
    return [each for each in found if isinstance(each, kind)]


def personal(found: list[OtherTrace]) -> list[OtherTrace]:
    """Traces of reading, among those that are not sealed."""
    return [each for each in found if isinstance(each, WindowOpened | WindowClosed | Denials)]


def test_a_reader_leaves_a_window_a_basis_and_a_count_for_each_person() -> None:
    with World(seed=1) as world:
        home = world.home("Harbour Lane 12")
        meter, ana, ben = home.thing("meter"), home.person("Ana"), home.person("Ben", role="member")
        lab = world.organisation("University")
        ana.gives(meter)
        ben.gives(meter)
        meter.says(1.0)
        lab.reads(meter)
        lab.reads(meter)
        assert [] == personal(traces(world))
        for person in (ana, ben):
            (seen,) = person.book().lines
            assert isinstance(seen, Seen)
            assert (lab.uri, "app", RESEARCH, "raw", 2) == (
                seen.who.party,
                seen.who.app,
                seen.who.purpose,
                seen.variant,
                seen.rows,
            )
            said = {entry.signed.id for entry in unerased(world.journal.entries(after=0, limit=1_000))}
            assert seen.basis
            assert set(seen.basis) <= said


def test_reading_what_concerns_nobody_is_a_trace_as_it_is() -> None:
    with World(seed=1) as world:
        gauge = world.thing("gauge")
        gauge.says(1.0)
        world.get(f"/v1.1/Datastreams({gauge.number})/Observations")
        found = traces(world)
    (opened,) = of(WindowOpened, found)
    (closed,) = of(WindowClosed, found)
    assert isinstance(opened, WindowOpened)
    assert isinstance(closed, WindowClosed)
    assert (None, None, 1) == (opened.person, closed.person, closed.rows)
    assert [each for each in found if isinstance(each, Basis) and _named(each) == opened.basis]


def test_reading_only_ones_own_leaves_no_trace() -> None:
    with World(seed=2) as world:
        home = world.home("Harbour Lane 12")
        meter, ana = home.thing("meter"), home.person("Ana")
        meter.says(1.0)
        ana.reads(meter)
        assert [] == personal(traces(world))
        assert () == ana.book().lines


def test_reading_what_is_shared_is_a_trace_for_the_others() -> None:
    with World(seed=3) as world:
        home = world.home("Harbour Lane 12")
        meter, ana, ben = home.thing("meter"), home.person("Ana"), home.person("Ben", role="member")
        meter.says(1.0)
        ana.reads(meter)
        assert [] == personal(traces(world))
        assert () == ana.book().lines
        (seen,) = ben.book().lines
        assert isinstance(seen, Seen)
        assert ("Somebody of this home", "their own use", 1) == (seen.who.party_name, seen.who.what_for, seen.rows)


def test_denied_reads_are_counted_by_asker_and_reason_for_each_person() -> None:
    with World(seed=4) as world:
        home = world.home("Harbour Lane 12")
        meter, ana, ben = home.thing("meter"), home.person("Ana"), home.person("Ben", role="member")
        lab = world.organisation("University")
        meter.says(1.0)
        ana.refuses(meter)
        token = lab.token()
        path = f"/v1.1/Datastreams({meter.number})/Observations"
        assert [403, 403, 404] == [
            world.get(path, token=token).status,
            world.get(path, token=token).status,
            world.get(path).status,
        ]
        assert [] == personal(traces(world))
        for person in (ana, ben):
            away = [each for each in person.book().lines if isinstance(each, TurnedAway)]
            assert {(lab.uri, "refused", 2)} <= {(each.who.party, each.reason, each.count) for each in away}
            assert ("Anyone", "nothing that was said") in {(each.who.party_name, each.who.what_for) for each in away}


def test_who_has_no_ledger_is_not_read_about() -> None:
    with World(seed=6) as world:
        home = world.home("Harbour Lane 12")
        meter, ana = home.thing("meter"), home.person("Ana")
        lab = world.organisation("University")
        ana.gives(meter)
        meter.says(1.0)
        known = world.node.directory.persons[ana.person]
        world.node.directory.persons[ana.person] = msgspec.structs.replace(known, ledger_key=None)
        with pytest.raises(Refused):
            lab.reads(meter)
        world.node.directory.persons[ana.person] = known
        assert 1 == len(lab.reads(meter))


def test_a_thing_that_claims_again_is_no_longer_known_by_its_former_credential() -> None:
    with World(seed=5) as world:
        meter = world.thing("gauge")
        former = world.accounts.of(Bearer.THING, thing=meter.joined.thing)
        assert len(former) == 1

        async def again() -> None:
            fresh = await world.node.join.claim_again(meter.joined.slug)
            await world.node.recognise.claim(fresh)

        world.run(again())
        now = world.accounts.of(Bearer.THING, thing=meter.joined.thing)
        assert len(now) == 1
        assert world.accounts.find(former[0].digest) is None
        assert former != now


def _named(listed: Basis) -> bytes:
    return basis_id(StatementId(each) for each in listed.ids)
