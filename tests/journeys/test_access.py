"""Who reads leaves a trace before the first row leaves; who reads only their own leaves none; denials are counted."""

from troth.journeys.accounts import Bearer
from troth.names import StatementId
from troth.testing.world import World
from troth.tlog.trace import Basis, Collected, Denials, OtherTrace, WindowClosed, WindowOpened, basis_id, decode


def traces(world: World) -> list[OtherTrace]:
    """All other traces that stand in segments, after everything was settled."""
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
        found = traces(world)
    opened = [each for each in found if isinstance(each, WindowOpened) and each.party == lab.uri]
    assert {ana.person, ben.person} == {each.person for each in opened}
    assert len({each.window for each in opened}) == 1
    closed = [each for each in found if isinstance(each, WindowClosed) and each.window == opened[0].window]
    assert [2, 2] == [each.rows for each in closed]
    lists = [each for each in found if isinstance(each, Basis) and _named(each) == opened[0].basis]
    assert lists


def test_reading_only_ones_own_leaves_no_trace() -> None:
    with World(seed=2) as world:
        home = world.home("Harbour Lane 12")
        meter, ana = home.thing("meter"), home.person("Ana")
        meter.says(1.0)
        ana.reads(meter)
        found = traces(world)
    assert [] == of(WindowOpened, found)
    assert [] == of(WindowClosed, found)


def test_reading_what_is_shared_is_a_trace_for_the_others() -> None:
    with World(seed=3) as world:
        home = world.home("Harbour Lane 12")
        meter, ana, ben = home.thing("meter"), home.person("Ana"), home.person("Ben", role="member")
        meter.says(1.0)
        ana.reads(meter)
        opened = of(WindowOpened, traces(world))
    assert [ben.person] == [each.person for each in opened if isinstance(each, WindowOpened)]


def test_denied_reads_are_counted_by_asker_and_reason() -> None:
    with World(seed=4) as world:
        home = world.home("Harbour Lane 12")
        meter, ana = home.thing("meter"), home.person("Ana")
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
        denied = [each for each in traces(world) if isinstance(each, Denials)]
    assert {(lab.uri, "refused", 2)} <= {(each.party, each.reason, each.count) for each in denied}


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
