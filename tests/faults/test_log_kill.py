"""kill -9 at every step of the commit order, in real processes on real files; the real adapters and the real node recover."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.log_machine import KEY, ORIGIN, SIGNER
from tests.faults.log_victim import BATCHES, JOURNAL
from tests.faults.node_victim import NAMED, SAID
from tests.faults.test_kill import check_log
from tests.sampling import some
from troth.adapters.log_folder import LogFolder, OutsideFolder
from troth.testing.program import NodeProgram
from troth.tlog.checkpoint import VerifierKey, open_checkpoint
from troth.tlog.merkle import leaf_hash, root_of
from troth.tlog.sequencer import Sequencer
from troth.tlog.tiles import decode_bundle

ROOT = Path(__file__).resolve().parents[2]
KILLED = -9


def victim(name: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", f"tests.faults.{name}", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)


def recovered(folder: Path, *, least: int) -> Sequencer:
    """The log as the next program finds it: nothing acknowledged or shown is missing, and every tree is the one."""
    file = folder / "log" / "checkpoint"
    shown = open_checkpoint(file.read_bytes(), KEY).size if file.exists() else 0
    with LogFolder(folder / "log") as place:
        log = Sequencer.open(
            place.tiles, place.lock, signer=SIGNER, origin=ORIGIN, outside=OutsideFolder(folder / "outside")
        )
        assert log.size >= max(least, shown)
        assert log.size in (0, *BATCHES)
        log.append(JOURNAL[log.size :], taken=len(JOURNAL)) if log.size < len(JOURNAL) else None
        assert root_of([leaf_hash(entry) for entry in JOURNAL]) == log.latest.root
        assert log.checkpoint() == (folder / "outside" / "checkpoint").read_bytes()
    return log


@pytest.mark.slow
def test_a_program_killed_at_any_step_leaves_a_log_that_goes_on(tmp_path: Path) -> None:
    whole = victim("log_victim", str(tmp_path / "whole"))
    steps = int(whole.stdout.split()[-1])
    assert steps > 80
    for step in range(steps):
        folder = tmp_path / str(step)
        killed = victim("log_victim", str(folder), str(step))
        assert KILLED == killed.returncode, killed.stderr
        said = [int(line) for line in killed.stdout.split()]
        recovered(folder, least=max(said, default=0))


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, VerifierKey]:
    """A data folder that a real node has begun, and the log's key."""
    data = tmp_path_factory.mktemp("begun") / "data"
    with NodeProgram(data, settings={"TROTH_SEGMENT_TICK_S": "3600"}) as node:
        status = node.ask("GET", "/api/status", token=node.operator).json()
        assert isinstance(status, dict)
        return data, VerifierKey.parse(str(status["verifier_key"]))


@pytest.mark.slow
@pytest.mark.parametrize("step", some(tuple(NAMED), every=4))
def test_a_node_killed_at_a_named_step_of_the_commit_order_is_recovered_by_the_real_one(
    step: str, begun: tuple[Path, VerifierKey], tmp_path: Path
) -> None:
    source, key = begun
    for name in ("data", "data-state"):
        subprocess.run(["cp", "-a", source.with_name(name), tmp_path / name], check=True)
    data = tmp_path / "data"
    before = check_log(data, key)
    killed = victim("node_victim", str(data), step)
    assert KILLED == killed.returncode, killed.stderr
    assert "accepted" in killed.stdout, "it was acknowledged before the log took it"
    with NodeProgram(data, settings={"TROTH_SEGMENT_TICK_S": "3600"}):
        assert before + 1 == check_log(data, key)
        bundle = (data / "log" / "tile" / "entries" / f"000.p/{before + 1}").read_bytes()
        assert SAID.encode() in decode_bundle(bundle, width=before + 1)[-1]
