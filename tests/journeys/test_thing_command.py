"""`troth-thing claim|renew|send|status`, as a program of its own."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

from tests.architecture.trees import ROOT
from tests.journeys.certified import TLS
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


def test_a_certificate_in_place_of_a_password_is_got_used_and_renewed(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    with NodeProgram(tmp_path / "data", settings={**SETTINGS, **TLS}) as node:
        town = Town(node, tmp_path / "state")
        token = town.thing("pond", "level", keep=False)
        claimed = thing(mine, "claim", "--certificate", node.url, "--", token)
        assert (0, "pond may speak now. Its streams: level\n") == claimed
        file = mine / "credential.json"
        assert 0o600 == stat.S_IMODE(file.stat().st_mode)
        held = json.loads(file.read_text())
        assert {"certificate", "key", "authority"} < held.keys()
        assert "credential" not in held
        assert (0, "stored\n") == thing(mine, "send", "level", "1.42")
        assert (0, "another certificate is kept; the former ends within an hour\n") == thing(mine, "renew", node.url)
        assert held["certificate"] != json.loads(file.read_text())["certificate"]
        assert held["key"] != json.loads(file.read_text())["key"]
        assert (0, "stored\n") == thing(mine, "send", "level", "1.43")
        assert 201 == node.ask("POST", "/api/things/pond/revoke", token=node.operator, body={}).status
        code, said = thing(mine, "send", "level", "1.44", "--wait", "5")
        assert (75, True) == (code, "certificate-revoked" in said), said
        assert (2, True) == (thing(mine, "renew", node.url)[0], file.exists())
        assert [1.42, 1.43] == [result for _, result in town.rows("pond")]


def test_without_cryptography_it_says_so_and_spends_nothing(tmp_path: Path) -> None:
    hidden = "import sys; sys.modules['cryptography'] = None; from troth_thing.command import main; sys.exit(main())"
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            hidden,
            "--folder",
            str(tmp_path),
            "claim",
            "--certificate",
            "http://localhost:1",
            "token",
        ],
        env=os.environ | {"PYTHONPATH": str(ROOT / "clients/troth-thing/src")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert 2 == done.returncode
    assert "troth-thing: certificates need the package cryptography" in done.stderr
    assert "nothing was sent" in done.stderr
