"""Every step of an append and of opening, by name: it fails, or fails after persisting; nothing acknowledged is lost (R2)."""

import random
from contextlib import suppress
from functools import cache

import pytest

from tests.faults.log_machine import FAR, KEY, ORIGIN, Machine, position
from tests.sampling import some
from troth.errors import StorageFailed
from troth.testing.disk import Fault, PowerLost
from troth.tlog.checkpoint import open_checkpoint
from troth.tlog.files import LockFile, TileFiles
from troth.tlog.sequencer import Sequencer

JOURNAL = [b"statement %d" % index for index in range(258)]
BEFORE = 254
BATCH = 3  # fills a tile, opens the next level, and begins the next bundle
FAILURES = [Fault.FAILS, Fault.FAILS_BUT_PERSISTED]


@cache
def prepared() -> Machine:
    machine = Machine(JOURNAL)
    machine.run(upto=1, batch=1)
    machine.run(upto=BEFORE, batch=BEFORE)
    return machine


def append(machine: Machine, log: Sequencer) -> None:
    first = log.taken // 3
    batch = JOURNAL[first : first + BATCH]
    log.append(batch, taken=position(first + len(batch) - 1))


def steps_of_an_append() -> list[tuple[int, str]]:
    """Number and name of each change that one append makes, on the log's disk and outside."""
    machine = prepared().copy()
    log = machine.open()
    inside, outside = machine.inside.steps, machine.outside.steps
    append(machine, log)
    named = [(step, name) for step, name in enumerate(machine.inside.did[inside:])]
    return named + [(FAR + step, f"outside: {name}") for step, name in enumerate(machine.outside.did[outside:])]


def steps_of_opening(machine: Machine) -> list[tuple[int, str]]:
    """The same of opening the log as it lies there."""
    twin = machine.copy()
    inside, outside = twin.inside.steps, twin.outside.steps
    twin.open()
    named = [(step, name) for step, name in enumerate(twin.inside.did[inside:])]
    return named + [(FAR + step, f"outside: {name}") for step, name in enumerate(twin.outside.did[outside:])]


APPEND = steps_of_an_append()
NAMES = [name for _, name in APPEND]


def comes_back(machine: Machine, *, least: int) -> None:
    """Opened anew it holds what was acknowledged and shown, and goes on to the same tree."""
    log = machine.open()
    assert log.size >= max(least, machine.seen())
    assert machine.root(log.size) == log.latest.root
    machine.check(machine.run(upto=len(JOURNAL), batch=BATCH), upto=len(JOURNAL))


def test_the_steps_are_those_of_the_commit_order() -> None:
    assert [
        "make folder .state",
        "sync folder .",
        "write .state/staging.new",
        "sync .state/staging.new",
        "rename .state/staging.new to .state/staging",
        "sync folder .state",
    ] == NAMES[:6]
    swapped = NAMES.index("rename .state/lock.new to .state/lock")
    put = NAMES.index("rename tile/0/000.new to tile/0/000")
    published = NAMES.index("rename checkpoint.new to checkpoint")
    dropped = NAMES.index("unlink .state/staging")
    assert swapped < put < published < dropped
    renamed = [name for name in NAMES if name.startswith("rename")]
    for name in renamed:  # temp, write, sync, rename, sync of the folder
        old, new = name.removeprefix("rename ").split(" to ")
        outside = "outside: " if name.startswith("outside") else ""
        at = NAMES.index(name)
        assert f"{outside}write {old}" in NAMES[:at]
        assert f"{outside}sync {old}" in NAMES[:at]
        folder = new.rpartition("/")[0] or "."
        assert f"{outside}sync folder {folder}" in NAMES[at:]
    for kind in ("write", "sync", "rename", "unlink", "make folder", "sync folder"):
        assert [name for name in NAMES if name.startswith(f"{kind} ")], kind
    assert [name for name in NAMES if "tile/entries/" in name]
    assert [name for name in NAMES if "tile/1/" in name]


def test_the_copy_outside_comes_between_the_lock_and_the_publication() -> None:
    """Where the copy outside cannot be written, the lock has moved and nobody was shown the tree."""
    machine = prepared().copy()
    log = machine.open()
    machine.fail_at(FAR, Fault.FAILS)
    with pytest.raises(StorageFailed):
        append(machine, log)
    held = LockFile(machine.inside).load()
    assert held is not None
    assert BEFORE == machine.seen()
    machine.calm()
    assert BEFORE + BATCH == machine.open().size


@pytest.mark.parametrize("fault", FAILURES)
@pytest.mark.parametrize("crashes", [False, True], ids=["runs on", "power lost"])
@pytest.mark.parametrize(("step", "name"), APPEND, ids=[f"{step} {name}" for step, name in APPEND])
def test_a_failed_step_stops_the_log_and_loses_nothing(step: int, name: str, fault: Fault, *, crashes: bool) -> None:
    machine = prepared().copy()
    log = machine.open()
    machine.fail_at(step, fault)
    with pytest.raises(StorageFailed):
        append(machine, log)
    assert name.removeprefix("outside: ") in (machine.inside.did[-1], machine.outside.did[-1])
    signed = len(machine.signer.signed)
    machine.reopen()
    with pytest.raises(StorageFailed, match="opened anew"):
        append(machine, log)
    assert signed == len(machine.signer.signed)
    if crashes:
        machine.crash(None)
    comes_back(machine, least=BEFORE)


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAILURES)
@pytest.mark.parametrize(("step", "name"), some(APPEND, every=5), ids=[f"{step} {name}" for step, name in APPEND])
def test_a_failure_while_coming_back_from_a_cut_stops_the_opening_and_loses_nothing(
    step: int, name: str, fault: Fault
) -> None:
    cut = prepared().copy()
    log = cut.open()
    cut.fail_at(step, Fault.POWER)
    with pytest.raises(PowerLost):
        append(cut, log)
    for seed in (None, 1):
        left = cut.copy()
        left.crash(None if seed is None else random.Random(f"{seed} {step}"))
        left.calm()
        opening = steps_of_opening(left)
        assert opening
        for later, _ in opening:
            machine = left.copy()
            machine.fail_at(later, fault)
            with pytest.raises(StorageFailed):
                machine.open()
            machine.reopen()
            machine.crash(None)
            comes_back(machine, least=BEFORE)


class FaultyLock:
    """A lock that is no file: its next swap fails, before or after it happened."""

    def __init__(self) -> None:
        self.held: bytes | None = None
        self.fault: Fault | None = None

    def load(self) -> bytes | None:
        return self.held

    def swap(self, old: bytes | None, new: bytes) -> None:
        assert self.held == old
        fault, self.fault = self.fault, None
        if fault is not Fault.FAILS:
            self.held = new
        if fault is not None:
            raise StorageFailed("nobody knows whether the lock has moved")


@pytest.mark.parametrize("fault", FAILURES)
def test_a_swap_of_unknown_outcome_stops_the_log_until_it_is_opened_anew(fault: Fault) -> None:
    machine, lock = Machine(JOURNAL), FaultyLock()

    def opened() -> Sequencer:
        tiles, outside = TileFiles(machine.inside), TileFiles(machine.outside)
        return Sequencer.open(tiles, lock, signer=machine.signer, origin=ORIGIN, outside=outside)

    log = opened()
    log.append(JOURNAL[:5], taken=position(4))
    lock.fault = fault
    with pytest.raises(StorageFailed, match="nobody knows"):
        log.append(JOURNAL[5:8], taken=position(7))
    signed = len(machine.signer.signed)
    with pytest.raises(StorageFailed, match="opened anew"):
        log.append(JOURNAL[5:9], taken=position(8))
    assert signed == len(machine.signer.signed)
    assert 5 == open_checkpoint(log.checkpoint(), KEY).size
    again = opened()
    assert (8, position(7), machine.root(8)) == (again.size, again.taken, again.latest.root)
    again.append(JOURNAL[8:], taken=position(len(JOURNAL) - 1))
    machine.check(again, upto=len(JOURNAL))


class EveryWay:
    """In the place of a random source: one way through all that a loss of power may do, and then the next."""

    def __init__(self) -> None:
        self._chosen: list[tuple[int, int]] = []  # what was chosen, of how many
        self._at = 0

    def random(self) -> float:
        return 0.25 if self._choose(2) == 0 else 0.75

    def randint(self, low: int, high: int) -> int:
        return (low, (low + high) // 2, high)[self._choose(3)]

    def next(self) -> bool:
        """Begin the next way; False when there is none."""
        while self._chosen and self._chosen[-1][0] + 1 == self._chosen[-1][1]:
            self._chosen.pop()
        if not self._chosen:
            return False
        chosen, count = self._chosen.pop()
        self._chosen.append((chosen + 1, count))
        self._at = 0
        return True

    def _choose(self, count: int) -> int:
        if self._at == len(self._chosen):
            self._chosen.append((0, count))
        self._at += 1
        return self._chosen[self._at - 1][0]


WAYS_MAX = 30


@pytest.mark.slow
@pytest.mark.parametrize(("step", "name"), some(APPEND, every=5), ids=[f"{step} {name}" for step, name in APPEND])
def test_whatever_a_cut_leaves_of_names_and_contents_the_log_comes_back(step: int, name: str) -> None:
    """R10: at each step of an append, every mixture of what reached the disk; where there are very many, some at random."""
    cut = prepared().copy()
    log = cut.open()
    cut.fail_at(step, Fault.POWER)
    with pytest.raises(PowerLost):
        append(cut, log)
    every = EveryWay()
    for _ in range(WAYS_MAX):
        machine = cut.copy()
        machine.crash(every)  # type: ignore[arg-type]  # a Random is asked for; the disk uses these two of its methods
        machine.calm()
        comes_back(machine, least=BEFORE)
        if not every.next():
            return
    for way in range(WAYS_MAX):
        machine = cut.copy()
        machine.crash(random.Random(f"{step} {way}"))
        machine.calm()
        comes_back(machine, least=BEFORE)


@pytest.mark.parametrize("seed", range(3))
def test_several_appends_are_cut_at_every_step_and_nothing_shown_is_taken_back(seed: int) -> None:
    """R10: after a cut, opening alone already knows every tree that was acknowledged or could be seen."""
    whole = Machine(JOURNAL[:9])
    whole.run(upto=9, batch=2)
    steps = [*range(whole.inside.steps), *range(FAR, FAR + whole.outside.steps)]
    for step in steps:
        machine = Machine(JOURNAL[:9])
        machine.fail_at(step, Fault.POWER)
        acknowledged = 0
        with suppress(PowerLost):
            log = machine.open()
            while log.size < 9:
                first = log.size
                last = min(first + 2, 9)
                log.append(JOURNAL[first:last], taken=position(last - 1))
                acknowledged = last
        machine.crash(random.Random(f"{seed} {step}"))
        machine.calm()
        again = machine.open()
        assert again.size >= max(acknowledged, machine.seen())
        machine.check(machine.run(upto=9, batch=2), upto=9)
