"""kill -9 at every step of an erasure: before its statement counts nothing has happened, after it the next start ends it."""

import os
import random
import signal
import subprocess
import sys
import threading
from pathlib import Path

import msgspec
import pytest

from tests.faults.erasure_victim import DEEDS
from tests.faults.real_house import RealHouse
from tests.sampling import some
from troth.statements.journal import ErasedEntry, unerased
from troth.statements.kinds import KindName
from troth.statements.statement import read

ROOT = Path(__file__).resolve().parents[2]
STEPS = [f"{moment} {deed}" for deed in DEEDS for moment in ("before", "after")]


def victim(folder: Path, where: str) -> "subprocess.Popen[str]":
    """It furnishes the folder, begins to erase, and dies."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.faults.erasure_victim", str(folder), where],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}"},
        cwd=ROOT,
        text=True,
    )


def known(folder: Path) -> dict[str, bytes]:
    """What could give Ana away, as the victim wrote it down."""
    needles, *_ = msgspec.msgpack.decode(
        (folder / "known").read_bytes(),
        type=tuple[dict[str, bytes], list[tuple[bytes, bytes]], list[bytes], dict[str, int]],
    )
    return needles


def erasures(house: RealHouse) -> int:
    """How many erasures the journal holds."""
    entries = unerased(house.node.ports.journal.entries(after=0, limit=10_000))
    return sum(read(entry.signed).kind.name is KindName.ERASURE for entry in entries)


def check(folder: Path) -> bool:
    """After the next start all of her is gone, or all of her is there. Returns whether she is gone."""
    needles = known(folder)
    with RealHouse(folder) as house:
        gone = erasures(house) == 1
        left = {name for name, needle in needles.items() if house.holding(needle)}
        assert left == (set() if gone else set(needles))
        erased = [e for e in house.node.ports.journal.entries(after=0, limit=10_000) if isinstance(e, ErasedEntry)]
        assert bool(erased) == gone
        assert house.node.ports.journal.plan is None
        house.tick()
    with RealHouse(folder) as house:
        assert erasures(house) == (1 if gone else 0), "it is not done again"
    return gone


@pytest.mark.slow
@pytest.mark.parametrize("where", some(STEPS, every=4))
def test_a_kill_at_any_step_leaves_an_erasure_that_is_carried_on(where: str, tmp_path: Path) -> None:
    run = victim(tmp_path, where)
    out, _ = run.communicate(timeout=120)
    assert (-signal.SIGKILL, "erasing\n") == (run.returncode, out), "it died where it was told to"
    assert check(tmp_path) == (where != "before journal.erase")


@pytest.mark.slow
@pytest.mark.parametrize("seed", some(range(6), every=3))
def test_a_kill_at_any_moment_leaves_all_or_nothing(seed: int, tmp_path: Path) -> None:
    run = victim(tmp_path, "anywhen")
    assert run.stdout is not None
    assert run.stdout.readline() == "erasing\n"
    killer = threading.Timer(random.Random(seed).uniform(0.0, 0.25), run.kill)
    killer.start()
    acknowledged = run.stdout.readline() == "erased\n"
    run.wait()
    killer.cancel()
    run.stdout.close()
    assert check(tmp_path) or not acknowledged
