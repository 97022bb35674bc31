"""The log comes back from a fault at any step of any disk: nothing lost, nothing twice, never two trees of one size."""

import random
from contextlib import suppress
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.faults.log_machine import FAR, Machine
from troth.errors import StorageFailed
from troth.testing.disk import Fault, PowerLost

JOURNAL = [b"statement %d" % index for index in range(260)]
BEFORE = 254  # two short of a full tile, so that the steps below also fill one and open the next level
BATCH = 3


@cache
def prepared() -> Machine:
    machine = Machine(JOURNAL)
    machine.run(upto=1, batch=1)
    machine.run(upto=BEFORE, batch=BEFORE)
    return machine


def steps_of(first: Machine) -> tuple[int, int]:
    """How many changes the run makes on the log's disk and outside."""
    machine = first.copy()
    inside, outside = machine.inside.steps, machine.outside.steps
    machine.check(machine.run(upto=len(JOURNAL), batch=BATCH), upto=len(JOURNAL))
    return machine.inside.steps - inside, machine.outside.steps - outside


def places(first: Machine) -> list[int]:
    inside, outside = steps_of(first)
    return [*range(inside), *range(FAR, FAR + outside)]


def test_a_run_without_faults_takes_the_journal_in() -> None:
    inside, outside = steps_of(prepared())
    assert inside > 30
    assert outside > 3


@pytest.mark.parametrize("fault", [Fault.FAILS, Fault.FAILS_BUT_PERSISTED])
@pytest.mark.parametrize("crashes", [False, True])
def test_a_failure_at_any_step_costs_nothing(fault: Fault, *, crashes: bool) -> None:
    for step in places(prepared()):
        machine = prepared().copy()
        machine.fail_at(step, fault)
        with pytest.raises(StorageFailed):
            machine.run(upto=len(JOURNAL), batch=BATCH)
        machine.reopen()
        if crashes:
            machine.crash(None)
        machine.check(machine.run(upto=len(JOURNAL), batch=BATCH), upto=len(JOURNAL))


@pytest.mark.parametrize("fault", [Fault.FAILS, Fault.FAILS_BUT_PERSISTED])
def test_power_lost_while_coming_back_from_a_failure_costs_nothing(fault: Fault) -> None:
    # What a failed program left behind without power being lost is there, but not durable: the next one must not build on it.
    log = (machine := prepared().copy()).open()
    before = machine.inside.steps
    log.append(JOURNAL[BEFORE:][:BATCH], taken=log.taken + 1)
    for step in [*range(machine.inside.steps - before + 4), FAR, FAR + 1, FAR + 2]:
        for later in range(0, 52, 4):
            machine = prepared().copy()
            machine.fail_at(step, fault)
            with pytest.raises(StorageFailed):
                machine.run(upto=len(JOURNAL), batch=BATCH)
            machine.reopen()
            machine.fail_at(later, Fault.POWER)
            with suppress(PowerLost):  # the last ones lie behind the end of the run; the power goes after it then
                machine.run(upto=len(JOURNAL), batch=BATCH)
            machine.calm()
            machine.crash(None)
            machine.check(machine.run(upto=len(JOURNAL), batch=BATCH), upto=len(JOURNAL))


@pytest.mark.parametrize("seed", [None, 1, 2, 3])
def test_a_loss_of_power_at_any_step_costs_nothing(seed: int | None) -> None:
    for step in places(prepared()):
        machine = prepared().copy()
        machine.fail_at(step, Fault.POWER)
        with pytest.raises(PowerLost):
            machine.run(upto=len(JOURNAL), batch=BATCH)
        machine.crash(None if seed is None else random.Random(f"{seed} {step}"))
        machine.check(machine.run(upto=len(JOURNAL), batch=BATCH), upto=len(JOURNAL))


@pytest.mark.parametrize("fault", list(Fault))
def test_the_very_first_entries_come_through_too(fault: Fault) -> None:
    empty = Machine(JOURNAL[:3])
    machine = empty.copy()
    machine.run(upto=3, batch=2)
    for step in [*range(machine.inside.steps), *range(FAR, FAR + machine.outside.steps)]:
        machine = empty.copy()
        machine.fail_at(step, fault)
        with pytest.raises(PowerLost if fault is Fault.POWER else StorageFailed):
            machine.run(upto=3, batch=2)
        machine.reopen()
        machine.crash(random.Random(step))
        machine.check(machine.run(upto=3, batch=2), upto=3)


@settings(max_examples=150)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 60) | st.integers(FAR, FAR + 6),
            st.sampled_from(Fault),
            st.none() | st.integers(0, 1_000),
            st.integers(1, 4),
        ),
        max_size=6,
    )
)
def test_fault_upon_fault_costs_nothing(faults: list[tuple[int, Fault, int | None, int]]) -> None:
    machine = prepared().copy()
    for step, fault, seed, batch in faults:
        machine.fail_at(step, fault)
        try:
            machine.run(upto=len(JOURNAL), batch=batch)
        except StorageFailed:
            machine.reopen()
            if seed is not None:
                machine.crash(random.Random(seed))
        except PowerLost:
            machine.crash(None if seed is None else random.Random(seed))
    machine.calm()
    machine.check(machine.run(upto=len(JOURNAL), batch=BATCH), upto=len(JOURNAL))


def test_a_sequencer_that_failed_refuses_everything_until_it_is_opened_anew() -> None:
    machine = prepared().copy()
    log = machine.open()
    machine.fail_at(4, Fault.FAILS)
    with pytest.raises(StorageFailed):
        log.append([b"one"], taken=log.taken + 1)
    signed = len(machine.signer.signed)
    machine.reopen()
    for _ in range(3):
        with pytest.raises(StorageFailed, match="opened anew"):
            log.append([b"another"], taken=log.taken + 1)
    assert signed == len(machine.signer.signed)


def test_what_was_staged_and_perhaps_signed_is_carried_on_and_not_replaced() -> None:
    machine = prepared().copy()
    taken = machine.open().taken
    machine.run(upto=BEFORE, batch=BATCH)
    for step in range(40):
        again = prepared().copy()
        log = again.open()
        again.fail_at(step, Fault.POWER)
        try:
            log.append([b"staged"], taken=taken + 1)
        except PowerLost:
            again.crash(random.Random(step))
            back = again.open()
            signed_before = [each for each in again.signer.signed if each.size > BEFORE]
            if back.size == BEFORE:
                assert [] == signed_before
                assert taken == back.taken
            else:
                assert (b"staged", taken + 1) == (back.entry(BEFORE), back.taken)
                assert 1 == len({each.root for each in signed_before})
