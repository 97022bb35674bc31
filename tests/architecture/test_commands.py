"""The two commands: what a newcomer meets first works, or says plainly why not."""

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.architecture.trees import ROOT

# What the scripts call besides bash; a Python is not among them.
TOOLS = ("bash", "cat", "cksum", "dirname", "env", "grep", "rm", "sed", "sh", "tail", "tee")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The commands alone in a folder with a space in its name, beside an empty folder `bin` for programs."""
    folder = tmp_path / "a clone"
    (folder / "tools").mkdir(parents=True)
    (folder / "src").symlink_to(ROOT / "src")
    for name in ("run", "test", "tools/environment.sh", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, folder / name)
    (tmp_path / "bin").mkdir()
    for name in TOOLS:
        found = shutil.which(name)
        assert found is not None, name
        (tmp_path / "bin" / name).symlink_to(found)
    return folder


def program(clone: Path, *, name: str, text: str) -> None:
    """Put a program on the clone's PATH."""
    path = clone.parent / "bin" / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def start(clone: Path, *args: str) -> subprocess.CompletedProcess[str]:
    """`./run`, called from another folder, seeing nothing but the clone's programs."""
    return subprocess.run(
        [str(clone / "run"), *args],
        cwd=clone.parent,
        env={"PATH": str(clone.parent / "bin"), "HOME": str(clone.parent)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


# Stands in for a Python of some version: answers the three questions that the script asks one.
OLD = 'case "$2" in *exit*) exit 1 ;; *print*) echo 3.9.6 ;; esac'
NEW = 'case "$2" in *executable*) echo /nowhere/python ;; *exit*) exit 0 ;; *print*) echo 3.12.1 ;; esac'


def test_without_a_python_the_start_says_what_to_install(clone: Path) -> None:
    run = start(clone)
    assert run.returncode == 1
    assert "Troth cannot start: it needs Python 3.11 or newer." in run.stderr
    assert "apt install python3" in run.stderr
    assert not (clone / ".venv").exists()


def test_an_old_python_is_named_with_its_version(clone: Path) -> None:
    program(clone, name="python3", text=OLD)
    run = start(clone)
    assert run.returncode == 1
    assert "python3 is 3.9.6" in run.stderr
    assert "Traceback" not in run.stderr


def test_a_python_that_does_not_start_is_passed_over(clone: Path) -> None:
    program(clone, name="python3.13", text="echo 'no such version' >&2; exit 127")
    program(clone, name="python3", text=OLD)
    run = start(clone)
    assert run.returncode == 1
    assert "no such version" not in run.stderr
    assert "python3 is 3.9.6" in run.stderr


def test_a_python_without_venv_is_told_apart_from_none(clone: Path) -> None:
    program(clone, name="python3", text=f'[ "$1" = -m ] && {{ echo "No module named venv"; exit 1; }}; {NEW}')
    run = start(clone)
    assert run.returncode == 1
    assert "python3 could not make an environment" in run.stderr
    assert "apt install python3-venv" in run.stderr
    assert not (clone / ".venv").exists()


@pytest.fixture
def fake_python(clone: Path) -> Path:
    """A Python that makes an environment of itself and logs what it is asked to install."""
    body = f"""
    case "$1 $2" in
      "-m venv") mkdir -p "$3/bin"; cp "$0" "$3/bin/python"; exit 0 ;;
      "-m pip") echo "$@" >>"{clone.parent}/asked"; [ "$3" = install ] || exit 0
        echo "Collecting starlette>=0.5 (from x)"; echo "Installing collected packages: a"
        exit "$(cat "{clone.parent}/answer")" ;;
      "-m troth") shift; echo "started: $@; data $TROTH_DATA"; exit 0 ;;
      "- run"|"- dev") echo "starlette>=0.50"; echo "uvloop>=0.22; sys_platform != 'win32'"; exit 0 ;;
    esac
    {NEW}"""
    program(clone, name="python3", text=body)
    for name in ("mkdir", "cp"):
        found = shutil.which(name)
        assert found is not None
        (clone.parent / "bin" / name).symlink_to(found)
    (clone.parent / "answer").write_text("0")
    return clone.parent / "asked"


def test_the_first_start_shows_progress_and_the_second_does_nothing(clone: Path, fake_python: Path) -> None:
    first = start(clone, "--http-port", "81")
    assert first.returncode == 0, first.stderr
    assert "fetching starlette" in first.stderr
    assert first.stdout == f"started: troth up --http-port 81; data {clone}/troth-data\n"
    assert "--only-binary :all:" in fake_python.read_text()
    asked = fake_python.read_text()
    second = start(clone)
    assert second.stderr == ""
    assert second.stdout == f"started: troth up; data {clone}/troth-data\n"
    assert fake_python.read_text() == asked


def test_a_changed_project_is_installed_again(clone: Path, fake_python: Path) -> None:
    assert start(clone).returncode == 0
    fake_python.write_text("")
    with (clone / "pyproject.toml").open("a") as file:
        file.write("# changed\n")
    assert start(clone).returncode == 0
    assert "install" in fake_python.read_text()


def test_versions_that_do_not_fit_are_tried_without_the_lock_and_a_failure_is_no_start(
    clone: Path, fake_python: Path
) -> None:
    (clone.parent / "answer").write_text("1")
    run = start(clone)
    assert run.returncode == 1
    assert run.stdout == ""
    assert "Troth cannot start: its packages could not be installed" in run.stderr
    tries = [line for line in fake_python.read_text().splitlines() if "install" in line]
    assert [True, False] == ["-c" in line.split() for line in tries]
    assert "Making a Python environment" not in start(clone).stderr, "an environment that is there is used"


def test_a_failed_installation_without_a_lock_is_no_start_either(clone: Path, fake_python: Path) -> None:
    (clone / "requirements.lock").unlink()
    (clone.parent / "answer").write_text("1")
    run = start(clone)
    assert run.returncode == 1, fake_python
    assert "could not be installed" in run.stderr


def test_the_commands_can_be_run_and_parse() -> None:
    for name in ("run", "test", ".ci/run"):
        assert os.access(ROOT / name, os.X_OK), name
    for name in ("run", "test", ".ci/run", "tools/environment.sh"):
        subprocess.run(["bash", "-n", str(ROOT / name)], check=True)


def test_the_commands_need_no_newer_bash_than_a_mac_has() -> None:
    newer = re.compile(
        r"\b(?:mapfile|readarray|declare -A|local -n|wait -n|coproc)\b|\$\{\w+(?:,,|\^\^|@[A-Z])|&>>|\|&"
    )
    for name in ("run", "test", "tools/environment.sh"):
        assert not newer.search((ROOT / name).read_text()), name


def test_every_dependency_has_its_tried_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    locked = dict(re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / "requirements.lock").read_text(), flags=re.MULTILINE))
    missing = [name for line in wanted if (name := re.split(r"[<>=;\[ ]", line)[0]) not in locked]
    assert not missing, "run `make lock`"


def test_make_alone_lists_every_target() -> None:
    make = shutil.which("make")
    if make is None:
        pytest.skip("make is not installed")
    shown = subprocess.run([make, "-C", str(ROOT)], capture_output=True, text=True, check=True).stdout
    targets = re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
    assert targets
    for target in targets:
        assert f"make {target}" in shown
