"""The log in a real folder: one opener, kept by the system, and a log that another program finds again."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.log_machine import KEY, ORIGIN, SIGNER
from troth.adapters.log_folder import LogFolder, OutsideFolder
from troth.errors import FolderInUse, FolderNotWritable, LogDiverged, NotFound
from troth.tlog.checkpoint import open_checkpoint
from troth.tlog.sequencer import Sequencer

HOLD = """
import sys, pathlib
from troth.adapters.log_folder import LogFolder
folder = LogFolder(pathlib.Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def opened(folder: LogFolder, outside: Path) -> Sequencer:
    return Sequencer.open(
        folder.tiles, folder.lock, signer=SIGNER, origin=ORIGIN, outside=OutsideFolder(outside / "state")
    )


def test_a_log_in_a_folder_is_found_again_by_the_next_program(tmp_path: Path) -> None:
    entries = [b"entry %d" % index for index in range(300)]
    with LogFolder(tmp_path / "a" / "log") as folder:
        log = opened(folder, tmp_path)
        with pytest.raises(NotFound):
            log.checkpoint()
        log.append(entries[:2], taken=2)
        log.append(entries[2:], taken=300)
    with LogFolder(tmp_path / "a" / "log") as folder:
        log = opened(folder, tmp_path)
        assert (300, 300, b"entry 299") == (log.size, log.taken, log.entry(299))
        assert log.latest == open_checkpoint((tmp_path / "a" / "log" / "checkpoint").read_bytes(), KEY)
        assert log.checkpoint() == (tmp_path / "state" / "checkpoint").read_bytes()
        assert 256 * 32 == len(log.read("tile/0/000"))
        assert [] == list((tmp_path / "a").rglob("*.new"))


def test_a_folder_copied_back_is_refused(tmp_path: Path) -> None:
    with LogFolder(tmp_path / "log") as folder:
        opened(folder, tmp_path).append([b"one"], taken=1)
    subprocess.run(["cp", "-r", tmp_path / "log", tmp_path / "backup"], check=True)
    with LogFolder(tmp_path / "log") as folder:
        opened(folder, tmp_path).append([b"two"], taken=2)
    with LogFolder(tmp_path / "backup") as folder, pytest.raises(LogDiverged, match="outside the folder has 2"):
        opened(folder, tmp_path)


def test_a_second_opener_is_refused_and_the_next_one_is_not(tmp_path: Path) -> None:
    with LogFolder(tmp_path) as first, pytest.raises(FolderInUse):
        LogFolder(tmp_path)
    first.close()
    LogFolder(tmp_path).close()


def test_another_program_keeps_the_folder_until_it_dies_however_it_dies(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert "held\n" == other.stdout.readline()
        with pytest.raises(FolderInUse):
            LogFolder(tmp_path)
        other.kill()
    LogFolder(tmp_path).close()


def test_a_folder_that_cannot_be_made_is_said_to_be_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(FolderNotWritable):
        LogFolder(tmp_path / "file" / "log")
    with pytest.raises(FolderNotWritable):
        OutsideFolder(tmp_path / "file" / "state")
