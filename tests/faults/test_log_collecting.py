"""Collecting partial tiles costs nothing, wherever it stops: the log goes on, and the rest is collected later."""

import random
from contextlib import suppress

import pytest

from tests.faults.log_machine import Machine
from troth.errors import StorageFailed
from troth.testing.contracts import StillClock
from troth.testing.disk import Fault, PowerLost
from troth.tlog.collecting import Collector
from troth.tlog.files import TileFiles

JOURNAL = [b"statement %d" % index for index in range(300)]
FULL = 280


def prepared() -> Machine:
    machine = Machine(JOURNAL)
    for upto in (100, 200, 255, FULL):
        machine.run(upto=upto, batch=upto)
    return machine


def collect(machine: Machine) -> int:
    return Collector(TileFiles(machine.inside), StillClock(), grace_s=0).collect(FULL)


def test_a_run_without_faults_collects_what_three_checkpoints_left() -> None:
    machine = prepared()
    before = machine.inside.steps
    assert 6 == collect(machine)
    assert 6 == machine.inside.steps - before
    machine.check(machine.run(upto=len(JOURNAL), batch=7), upto=len(JOURNAL))


@pytest.mark.parametrize("fault", list(Fault))
@pytest.mark.parametrize("seed", [None, 1, 2, 3])
@pytest.mark.parametrize("step", range(6))
def test_a_fault_while_collecting_costs_nothing(fault: Fault, seed: int | None, step: int) -> None:
    machine = prepared()
    machine.inside.fail_at(machine.inside.steps + step, fault)
    with pytest.raises(StorageFailed if fault is not Fault.POWER else PowerLost):
        collect(machine)
    machine.calm()
    machine.crash(None if seed is None else random.Random(seed))
    machine.check(machine.run(upto=FULL, batch=1), upto=FULL)
    collect(machine)
    assert () == machine.inside.names("tile/0/000.p") == machine.inside.names("tile/entries/000.p")
    machine.check(machine.run(upto=len(JOURNAL), batch=7), upto=len(JOURNAL))


@pytest.mark.parametrize("seed", range(5))
def test_a_crash_while_the_next_tree_is_made_finds_what_it_needs(seed: int) -> None:
    """The tree that is locked is checked again from its tiles, of which some partial ones have just been collected."""
    chance = random.Random(seed)
    machine = prepared()
    collect(machine)
    machine.inside.fail_at(machine.inside.steps + chance.randrange(40), Fault.POWER)
    with suppress(PowerLost):
        machine.run(upto=len(JOURNAL), batch=7)
    machine.calm()
    machine.crash(chance)
    machine.check(machine.run(upto=len(JOURNAL), batch=7), upto=len(JOURNAL))
