"""Programs written by others agree: with what is good, and with what is not.

They run in an environment of their own (`tools/strangers.sh`), which has nothing of Troth. Where it is absent these tests are
skipped and say so; the integration machine makes it and wants them (TROTH_REQUIRE_STRANGERS=1).
"""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from tests.strangers import made

ROOT: Final = Path(__file__).resolve().parents[2]
HERE: Final = Path(__file__).resolve().parent
GO_SOURCES: Final = Path("/usr/share/gocode")
VECTORS: Final = "log-vectors"


def absent(reason: str) -> None:
    if os.environ.get("TROTH_REQUIRE_STRANGERS") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def stranger() -> Path:
    """The strangers' Python."""
    python = ROOT / ".strangers" / "bin" / "python"
    if not python.is_file():
        absent("other people's checkers are not installed: run tools/strangers.sh")
    return python


@pytest.fixture(scope="session")
def go_checker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Go program, built."""
    if shutil.which("go") is None or not (GO_SOURCES / "src/golang.org/x/mod/sumdb/tlog").is_dir():
        absent("no Go with golang.org/x/mod is installed (Debian: golang-go, golang-golang-x-mod-dev)")
    folder = tmp_path_factory.mktemp("go")
    environment = {
        **os.environ,
        "GO111MODULE": "off",
        "GOPATH": str(GO_SOURCES),
        "GOCACHE": str(folder / "cache"),
        "GOFLAGS": "",
        "CGO_ENABLED": "0",
    }
    built = folder / "check_log"
    command = ["go", "build", "-o", str(built), str(HERE / "check_log.go")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return built


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a node has made, fresh."""
    there = tmp_path_factory.mktemp("made")
    made.make(there)
    return there


def facts(folder: Path) -> dict[str, object]:
    found = json.loads((folder / "made.json").read_text())
    assert isinstance(found, dict)
    return found


def asked(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, timeout=600)


def test_statements_and_receipts_hold_in_scitt_cose_and_fit_the_working_groups_rules(
    stranger: Path, folder: Path, shared_data: Path
) -> None:
    told = asked(stranger, HERE / "check_cose.py", folder / "made.json", shared_data / VECTORS)
    assert told.returncode == 0, told.stderr
    found = json.loads(told.stdout)
    size = facts(folder)["size"]
    assert [size] * 4 == [found[name] for name in ("statements", "receipts", "attached", "rules")]
    assert (True, True, True, 0) == tuple(found[name] for name in ("root", "old_root", "examples_fit", "wrongly_held"))
    assert found["refused"] > 300


def test_a_whole_log_holds_in_tlog_scales(stranger: Path, folder: Path) -> None:
    told = asked(stranger, HERE / "check_tiles.py", folder, folder / "made.json")
    assert told.returncode == 0, told.stderr
    size = facts(folder)["size"]
    assert {"entries": size, "old": json.loads(told.stdout)["old"], "origin": made.ORIGIN} == json.loads(told.stdout)


def test_a_whole_log_holds_in_the_packages_of_gos_checksum_database(go_checker: Path, folder: Path) -> None:
    told = asked(go_checker, folder, str(facts(folder)["key"]))
    assert (0, f"{facts(folder)['size']} entries, 14 proofs") == (told.returncode, told.stdout.partition(", grown")[0])


def flip(path: str, at: int) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        data = bytearray((folder / path).read_bytes())
        data[at] ^= 1
        (folder / path).write_bytes(bytes(data))

    return change


def cut(path: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        (folder / path).write_bytes((folder / path).read_bytes()[:-1])

    return change


def another_size(folder: Path) -> None:
    text = (folder / "log/checkpoint").read_text()
    size = str(facts(folder)["size"])
    (folder / "log/checkpoint").write_text(text.replace(f"\n{size}\n", f"\n{int(size) - 1}\n"))


TAMPERED: Final[dict[str, Callable[[Path], None]]] = {
    "a full tile": flip("log/tile/0/000", 70),
    "a full bundle": flip("log/tile/entries/000", 300),
    "a bundle that is cut": cut("log/tile/entries/000"),
    "the level above": flip("log/tile/1/000.p/1", 3),
    "the root": flip("log/checkpoint", len("world.invalid/test\n299\n") + 5),
    "the size": another_size,
    "the earlier checkpoint": flip("old-checkpoint", len("world.invalid/test\n45\n") + 5),
    "an inclusion proof": flip("proofs", 20),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_what_was_tampered_with_is_refused_by_both(
    name: str, go_checker: Path, stranger: Path, folder: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    TAMPERED[name](copy)
    go = asked(go_checker, copy, str(facts(folder)["key"]))
    python = asked(stranger, HERE / "check_tiles.py", copy, folder / "made.json")
    assert (1, True) == (go.returncode, python.returncode != 0), (go.stdout, python.stdout)


def test_a_tlog_proof_that_was_tampered_with_is_refused(go_checker: Path, folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    text = (copy / "entry.tlog-proof").read_text()
    (copy / "entry.tlog-proof").write_text(text.replace("index 2\n", "index 3\n"))
    told = asked(go_checker, copy, str(facts(folder)["key"]))
    assert (1, True) == (told.returncode, told.stdout.startswith("tlog-proof:"))
