"""`./run` on a bare machine: which Python it takes, and one clear line with a hint where it cannot go on.

The PATH of these tests holds the small tools of any Unix and made-up Pythons; nothing is installed, and nobody is asked.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest

from tests.architecture.trees import ROOT

TOOLS: Final = ("bash", "dirname", "cat", "cksum", "rm", "tail", "sed", "grep", "tee", "mkdir", "cp", "chmod")
NEEDED: Final = ("run", "test", "tools/environment.sh", "pyproject.toml", "requirements.lock")
OLD: Final = """case "$*" in *print*) echo 3.9.2 ;; *) exit 1 ;; esac"""
SHIM: Final = """echo "no version of python3 is chosen" >&2; exit 127"""
NO_VENV: Final = """case "$*" in *"-m venv"*) echo "ensurepip is not there"; exit 1 ;; *print*) echo 3.12.1 ;; esac"""
MAKES: Final = """case "$*" in
  *"-m venv"*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
  *"-m pip --version"*) ;;
  *"-m pip"*) echo "{said}" >&2; exit 1 ;;
  *print*) echo 3.12.1 ;;
  "- "*) echo click ;;
esac"""
STARTS: Final = """case "$*" in
  *"-m venv"*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
  *"-m pip"*) echo "Collecting click>=8" ;;
  *print*) echo 3.12.1 ;;
  "- "*) echo click ;;
  "-m troth up"*) echo "started with $TROTH_DATA and $3 $4 $5" ;;
esac"""


class Clone:
    """The files of the project that `./run` needs, in a folder of their own, and a PATH that holds what it is given."""

    def __init__(self, folder: Path, bin_: Path) -> None:
        self.folder = folder
        self.bin = bin_

    def program(self, name: str, script: str) -> None:
        path = self.bin / name
        path.write_text(f"#!{self.bin / 'bash'}\n{script}\n")
        path.chmod(0o755)

    def said(self, *options: str, command: str = "run", under: tuple[str, ...] = ()) -> tuple[int, list[str]]:
        done = subprocess.run(
            [*under, str(self.bin / "bash"), str(self.folder / command), *options],
            cwd=self.bin,
            env={"PATH": str(self.bin), "HOME": str(self.bin)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            check=False,
        )
        assert "Traceback" not in done.stdout
        return done.returncode, [line for line in done.stdout.splitlines() if line]


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    folder, bin_ = tmp_path / "a clone", tmp_path / "bin"
    bin_.mkdir()
    for name in TOOLS:
        found = shutil.which(name)
        if found is None:
            pytest.skip(f"{name} is not installed; ./run needs it")
        (bin_ / name).symlink_to(found)
    for name in NEEDED:
        (folder / name).parent.mkdir(exist_ok=True, parents=True)
        shutil.copy(ROOT / name, folder / name)
    return Clone(folder, bin_)


@pytest.mark.parametrize("command", ["run", "test"])
@pytest.mark.parametrize(
    ("pythons", "found"),
    [
        ({}, "Found here: no Python that starts."),
        ({"python3": SHIM}, "Found here: no Python that starts."),
        ({"python3": OLD}, "Found here: python3 is 3.9.2."),
        ({"python3": OLD, "python": OLD}, "Found here: python3 is 3.9.2; python is 3.9.2."),
    ],
)
def test_no_python_that_is_new_enough_is_said_with_what_was_found(
    command: str, pythons: Mapping[str, str], found: str, clone: Clone
) -> None:
    for name, script in pythons.items():
        clone.program(name, script)
    code, lines = clone.said(command=command)
    assert 1 == code
    assert ["Troth cannot start: it needs Python 3.11 or newer.", f"  {found}"] == lines[:2]
    assert "apt install python3 python3-venv" in lines[2]
    assert 4 == len(lines)
    assert not (clone.folder / ".venv").exists()


def test_a_python_that_is_too_old_does_not_hide_a_newer_one(clone: Clone) -> None:
    clone.program("python3", OLD)
    clone.program("python3.12", STARTS)
    code, lines = clone.said("--data", "x")
    assert 0 == code, lines
    assert "Making a Python environment in .venv (python3.12 is 3.12.1) ..." == lines[0]
    assert "  fetching click" in lines
    assert f"started with {clone.folder}/troth-data and up --data x" == lines[-1]


def test_a_second_start_makes_and_fetches_nothing(clone: Clone) -> None:
    clone.program("python3", STARTS)
    assert 0 == clone.said()[0]
    clone.program("python3", OLD)
    code, lines = clone.said()
    assert 0 == code
    assert [f"started with {clone.folder}/troth-data and up  "] == lines


def test_a_start_that_was_broken_off_is_made_again(clone: Clone) -> None:
    clone.program("python3", STARTS)
    (clone.folder / ".venv" / "bin").mkdir(parents=True)
    (clone.folder / ".venv" / "bin" / "python").symlink_to(clone.bin / "gone")
    code, lines = clone.said()
    assert 0 == code, lines
    assert lines[0].startswith("Making a Python environment")


def test_a_python_without_venv_is_told_what_to_install(clone: Clone) -> None:
    clone.program("python3", NO_VENV)
    code, lines = clone.said()
    assert 1 == code
    assert "ensurepip is not there" in lines
    assert lines[-3].startswith("Troth cannot start: python3 could not make an environment")
    assert "apt install python3-venv" in lines[-2]
    assert not (clone.folder / ".venv").exists()


@pytest.mark.parametrize(
    ("pip", "line", "tries"),
    [
        (
            "WARNING: Retrying (Retry(total=1)) after connection broken by 'NewConnectionError'",
            "Troth cannot start: its packages could not be fetched: no package server can be reached",
            1,
        ),
        ("ERROR: No space left on device", "Troth cannot start: its packages could not be installed", 2),
    ],
)
def test_packages_that_cannot_be_had_are_said_and_asked_for_again_next_time(
    pip: str, line: str, tries: int, clone: Clone
) -> None:
    clone.program("python3", MAKES.replace("{said}", pip))
    code, lines = clone.said()
    assert 1 == code
    assert lines[-2].startswith(line), lines
    assert lines[-1].startswith("  ")
    assert tries == (clone.folder / ".venv" / "troth-install.log").read_text().count(pip)
    assert [] == list((clone.folder / ".venv").glob("*.stamp"))


def test_a_folder_that_cannot_be_written_is_said_before_anything_is_made(clone: Clone) -> None:
    under: tuple[str, ...] = ()
    if os.geteuid() == 0:
        under = (shutil.which("setpriv") or "setpriv", "--bounding-set=-all", "--inh-caps=-all")
        if shutil.which("setpriv") is None or subprocess.run([*under, sys.executable, "-V"], check=False).returncode:
            pytest.skip("this is root, whom rights of files do not bind, and setpriv cannot take its powers away here")
    clone.program("python3", STARTS)
    clone.folder.chmod(0o500)
    try:
        code, lines = clone.said(under=under)
    finally:
        clone.folder.chmod(0o700)
    assert 1 == code
    assert [f"Troth cannot start: its own folder cannot be written: {clone.folder}"] == lines[:-1]
    assert "mend its rights" in lines[-1]
