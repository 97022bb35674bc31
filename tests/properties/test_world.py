"""A world runs the real node, runs again exactly, and loses on a crash only what it never acknowledged."""

import asyncio
import os
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.architecture.trees import ROOT
from tests.properties.a_day import lived
from troth.errors import Denied, NotFound, StorageFailed, WrongToken
from troth.journeys.offers import Offer
from troth.statements.journal import unerased
from troth.testing.disk import Fault
from troth.testing.faults import StoreFault
from troth.testing.world import MQTT_PORT, World
from troth.things.observations import Outcome, Refusal, Variant
from troth.tlog.checkpoint import VerifierKey, open_checkpoint

seeds = st.integers(0, 2**32)


def results(rows: object) -> list[float]:
    return [row.result for row in rows]  # type: ignore[attr-defined]  # rows of any view


def elsewhere(seed: int, hashing: str) -> str:
    """The digest of the same day lived in another process, in which sets of texts have another order."""
    run = subprocess.run(
        [sys.executable, "-m", "tests.properties.a_day", str(seed)],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": hashing, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return run.stdout.strip()


def test_a_seed_runs_again_exactly_in_any_process() -> None:
    assert lived(5) == elsewhere(5, "1") == elsewhere(5, "2")


def test_another_seed_is_another_day() -> None:
    assert lived(5) != lived(6)


def test_a_world_reads_like_its_sentence() -> None:
    home = World(seed=7).home("Harbour Lane 12")
    meter, ana = home.thing("water meter"), home.person("Ana")
    assert isinstance(meter.says(3.5), int)
    assert [3.5] == results(ana.reads(meter))


def test_an_error_names_the_seed() -> None:
    with World(seed=4711) as world:
        meter = world.home("h").thing("water meter")
        university = world.organisation("University")
        with pytest.raises(Denied) as denied:
            university.reads(meter)
    assert any("World(seed=4711)" in note for note in denied.value.__notes__)


def test_work_that_does_not_end_is_ended_and_names_the_seed() -> None:
    with World(seed=4711) as world, pytest.raises(TimeoutError) as late:
        world.run(asyncio.wait_for(world.loop.create_future(), None), within_s=30)
    assert any("World(seed=4711)" in note for note in late.value.__notes__)


def test_an_error_that_nobody_listens_to_fails_the_run() -> None:
    with World(seed=1) as world:
        world.loop.call_soon(int, "no number")
        with pytest.raises(ValueError, match="no number"):
            world.advance(1)


def test_segments_and_the_log_go_on_by_themselves() -> None:
    with World(seed=1) as world:
        meter = world.thing("river gauge")
        meter.says(1.0)
        world.advance(65)
        before = world.node.record.sequencer.size
        world.advance(60)
        assert before + 6 == world.node.record.sequencer.size, "one segment every ten seconds"
        key = VerifierKey(world.node.origin, world.keys.signer("log").public)
        checkpoint = open_checkpoint(bytes(world.get("/checkpoint").body), key)
        assert world.node.record.sequencer.size == checkpoint.size


def test_both_doors_are_open() -> None:
    with World(seed=1) as world:
        gauge = world.thing("river gauge")
        token = gauge.credential
        told = world.post(f"/v1.1/Datastreams({gauge.number})/Observations", {"result": 2.5}, token=token)
        assert 201 == told.status, told.text
        page = world.get(f"/v1.1/Datastreams({gauge.number})/Observations")
        assert [2.5] == [row["result"] for row in page.json["value"]]

        async def knock() -> bytes:
            reader, writer = await world.network.open(MQTT_PORT)
            writer.write(b"GET / HTTP/1.1\r\n\r\n")
            answer = await reader.read()
            writer.close()
            return answer

        assert b"" == world.run(knock()), "this is not MQTT, so the door closes"


# restart and crash


def test_a_restart_keeps_everything_and_folds_the_same_in_force() -> None:
    with World(seed=3) as world:
        home = world.home("h")
        meter, ana = home.thing("water meter"), home.person("Ana")
        ana.gives(meter)
        university = world.organisation("University")
        for number in range(5):
            meter.says(float(number))
        live, rows = world.node.leases.in_force.scopes(), university.reads(meter)
        old = world.node
        world.restart()
        assert world.node is not old
        assert live == world.node.leases.in_force.scopes()
        assert rows == university.reads(meter)
        ana.withdraws(meter)
        world.restart()
        with pytest.raises(Denied):
            university.reads(meter)


@settings(max_examples=25)
@given(seed=seeds, moment=st.floats(0, 0.08), count=st.integers(1, 30))
def test_a_crash_loses_nothing_that_was_acknowledged(seed: int, moment: float, count: int) -> None:
    with World(seed) as world:
        home = world.home("h")
        meter, ana = home.thing("water meter"), home.person("Ana")
        acknowledged: dict[int, float] = {}

        async def say(number: int) -> None:
            await world.loop.passes(world.loop.random.uniform(0, 0.06))
            outcome = await meter.say(float(number))
            assert isinstance(outcome, int)
            acknowledged[outcome] = float(number)

        for number in range(count):
            world.start(say(number))
        world.start(_settling(world))
        world.advance(moment)
        world.crash()
        kept = {row.id: row.result for row in ana.reads(meter)}
        assert acknowledged.items() <= kept.items()
        assert len(kept) == len(set(kept.values())), "nothing is kept twice"
        world.settle()
        again = {row.id: row.result for row in ana.reads(meter)}
        assert kept == again, "moving changes nothing"


async def _settling(world: World) -> None:
    """Segments and the log in the middle of it all, so that a crash can hit them too."""
    while True:
        await world.loop.passes(0.01)
        await world.node.record.tick()
        await world.node.record.publish()


@settings(max_examples=15)
@given(seed=seeds, moments=st.lists(st.floats(0, 0.05), min_size=1, max_size=4))
def test_a_log_that_crashes_again_and_again_goes_on_as_one_tree(seed: int, moments: list[float]) -> None:
    with World(seed) as world:
        gauge = world.thing("river gauge")
        sizes = [world.node.record.sequencer.size]
        for moment in moments:
            world.start(gauge.say(1.0))
            world.start(_settling(world))
            world.advance(moment)
            world.crash()
            sizes.append(world.node.record.sequencer.size)
        world.settle()
        assert sorted(sizes) == sizes
        entries = list(unerased(world.journal.entries(after=0, limit=10_000)))
        in_log = [entry for entry in entries if world.node.record.index_of(entry.signed.id) is not None]
        assert world.node.record.sequencer.size == len(in_log)


def test_what_was_never_acknowledged_may_be_said_again_after_a_crash_and_is_kept_once() -> None:
    with World(seed=1) as world:
        home = world.home("h")
        meter, ana = home.thing("water meter"), home.person("Ana")
        at_ns = world.clock.now()
        world.start(meter.say(1.0, at_ns=at_ns, key=b"message-1"))
        world.advance(0.0001)
        world.crash()
        assert () == ana.reads(meter)
        first = meter.says(1.0, at_ns=at_ns, key=b"message-1")
        assert first == meter.says(1.0, at_ns=at_ns, key=b"message-1")
        assert [1.0] == results(ana.reads(meter))


# faults


def test_a_choice_whose_storage_fails_is_not_in_effect_after_the_next_start() -> None:
    with World(seed=2) as world:
        home = world.home("h")
        meter, ana = home.thing("water meter"), home.person("Ana")
        world.journal.faults.arm(StoreFault.FAILS)
        with pytest.raises(StorageFailed):
            ana.gives(meter)
        world.crash()
        with pytest.raises(Denied):
            world.organisation("University").reads(meter)


def test_a_choice_that_was_kept_although_storage_failed_is_in_effect_after_the_next_start() -> None:
    with World(seed=2) as world:
        home = world.home("h")
        meter, ana = home.thing("water meter"), home.person("Ana")
        world.organisation("University")
        world.journal.faults.arm(StoreFault.FAILS_BUT_PERSISTED)
        with pytest.raises(StorageFailed):
            ana.gives(meter)
        world.crash()
        assert () == world.organisation("University").reads(meter)


def test_a_node_whose_conduct_store_fails_says_so_in_the_run_in_which_it_happens() -> None:
    with World(seed=2) as world:
        meter = world.thing("river gauge")
        world.conduct.faults.arm(StoreFault.FAILS)
        world.start(meter.say(1.0))
        with pytest.raises(StorageFailed):
            world.advance(1)
        world.crash()
        assert isinstance(meter.says(1.0), int)


def test_a_log_disk_that_fails_ends_the_node_and_the_next_one_goes_on() -> None:
    with World(seed=2) as world:
        gauge = world.thing("river gauge")
        world.disk.fail_at(world.disk.steps + 3, Fault.FAILS)
        with pytest.raises(StorageFailed):
            world.advance(60)
        world.crash()
        gauge.says(1.0)
        world.advance(60)
        assert world.node.record.index_of(next(unerased(world.journal.entries(after=0, limit=1))).signed.id) == 0


def test_a_clock_that_is_set_ends_every_lease() -> None:
    with World(seed=2) as world:
        meter = world.home("h").thing("water meter")
        world.advance(1)
        with pytest.raises(Denied):
            world.organisation("University").reads(meter)
        assert world.node.leases.count() > 0
        world.clock.step(3600)
        world.advance(1)
        assert 0 == world.node.leases.count()


# refusals


def test_a_world_refuses_what_the_node_refuses() -> None:
    with World(seed=2) as world:
        meter = world.home("h").thing("water meter")
        outcome: Outcome = meter.says("three and a half")
        assert Refusal.NO_GROUND == outcome, "nobody lives there, so nothing may be kept"
        world.home("i")
        with pytest.raises(NotFound):
            world.organisation("Stranger").reads(meter)
        with pytest.raises(WrongToken):
            world.run(world.node.recognise.claim(meter.joined.claim))


def test_a_choice_made_by_nobody_who_lives_there_is_not_offered() -> None:
    with World(seed=2) as world:
        meter = world.home("h").thing("water meter")
        ben = world.home("i").person("Ben")
        offered: tuple[Offer, ...] = world.node.choose.offers.all(ben.person)
        assert () == offered
        with pytest.raises(NotFound):
            ben.reads(meter)


def test_a_yes_to_the_mean_shows_nothing_of_an_hour_that_has_not_ended() -> None:
    with World(seed=2) as world:
        home = world.home("h")
        meter, ana = home.thing("water meter"), home.person("Ana")
        ana.gives(meter, view=Variant.HOURLY_MEAN)
        university = world.organisation("University")
        meter.says(2.0)
        assert () == university.reads(meter)
        world.run(world.loop.passes(2 * 3600), within_s=8000)
        assert () == university.reads(meter), "the hour in which the yes was said is not wholly covered"
        meter.says(2.0)
        meter.says(4.0)
        world.run(world.loop.passes(3600), within_s=8000)
        assert [3.0] == results(university.reads(meter))
