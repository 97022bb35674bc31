"""`pip install` of clients/troth-thing from its folder, with the oldest Python it is for where there is one.

Left out: where pip reaches no index the test says so and is skipped: what builds the package (hatchling) comes from there.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.architecture.trees import ROOT
from tests.journeys.replaying import SETTINGS, Town
from troth.testing.program import NodeProgram

CLIENT: Final = ROOT / "clients/troth-thing"
PIP: Final = ("install", "--quiet", "--disable-pip-version-check", "--retries", "0", "--timeout", "10")
NO_INDEX: Final = ("Could not find a version", "No matching distribution", "Connection", "Name or service not known")


def run(*command: str | Path, env: dict[str, str] | None = None) -> tuple[int, str]:
    done = subprocess.run(
        command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300, check=False
    )
    return done.returncode, done.stdout


def oldest() -> str:
    """The command of Python 3.9, if it is here and starts (a version manager's may not); else this one."""
    homes = [Path(sys.base_prefix).parent] if "pyenv" in sys.base_prefix else []
    found = [str(each) for home in homes for each in sorted(home.glob("3.9.*/bin/python3.9"))]
    for command in (*found, shutil.which("python3.9")):
        if command is not None and run(command, "-c", "import ensurepip, venv")[0] == 0:
            return command
    return sys.executable


def test_what_pip_makes_of_the_folder_claims_and_sends(tmp_path: Path) -> None:
    source, fresh = tmp_path / "source", tmp_path / "fresh"
    shutil.copytree(CLIENT, source, ignore=shutil.ignore_patterns("__pycache__"))
    assert (0, "") == run(oldest(), "-m", "venv", fresh)
    code, words = run(fresh / "bin/python", "-m", "pip", *PIP, source)
    if code and any(each in words for each in NO_INDEX):
        pytest.skip("pip reaches no index, from which what builds troth-thing would come")
    assert 0 == code, words
    bare = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}

    def thing(*args: str) -> tuple[int, str]:
        return run(fresh / "bin/troth-thing", "--folder", tmp_path / "mine", *args, env=bare)

    with NodeProgram(tmp_path / "data", settings=SETTINGS) as node:
        town = Town(node, tmp_path / "state")
        token = town.thing("pond", "level", keep=False)
        assert (0, "pond may speak now. Its streams: level\n") == thing("claim", node.url, "--", token)
        assert (0, "stored\n") == thing("send", "level", "1.42")
        assert [1.42] == [result for _, result in town.rows("pond")]
