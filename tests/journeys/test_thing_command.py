"""`troth-thing claim|send|status`, as a program of its own."""

import os
import subprocess
import sys
from pathlib import Path

from tests.architecture.trees import ROOT
from tests.journeys.replaying import SETTINGS, Town
from troth.testing.program import NodeProgram


def thing(folder: Path, *args: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "troth_thing", "--folder", str(folder), *args],
        env=os.environ | {"PYTHONPATH": str(ROOT / "clients/troth-thing/src")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout


def test_a_value_is_stored_refused_or_waits(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    assert (2, f"troth-thing: there is no credential in {mine / 'credential.json'}\n") == thing(mine, "send", "a", "1")
    with NodeProgram(tmp_path / "data", settings=SETTINGS) as node:
        town = Town(node, tmp_path / "state")
        token = town.thing("pond", "level", keep=False)
        assert (0, "pond may speak now. Its streams: level\n") == thing(mine, "claim", node.url, "--", token)
        assert (0, "stored\n") == thing(mine, "send", "level", "1.42", "--at", "2026-05-01T06:30:00Z")
        assert (0, "stored\n") == thing(mine, "send", "level", "1.42", "--at", "2026-05-01T06:30:00Z")
        code, said = thing(mine, "send", "visitors", "3")
        assert (1, "refused: visitors 3: undeclared: ") == (code, said[:33])
        assert [1.42] == [result for _, result in town.rows("pond")]
    code, said = thing(mine, "send", "level", "2", "--wait", "0.2")
    assert (75, "kept in the spool; 1 wait") == (code, said[:25])
    code, said = thing(mine, "status")
    assert ["1", "2", "1", "0"] == [said.split("\n")[at].split()[1] for at in (0, 2, 3, 4)]
