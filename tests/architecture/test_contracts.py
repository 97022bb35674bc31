"""The import contracts hold, are complete, and bite: for each of them a planted import is found out."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture import plan

SOURCE = plan.ROOT / "src"
PROJECT = plan.ROOT / "pyproject.toml"
WRITTEN = [str(contract["name"]) for contract in plan.written(PROJECT)]

# Per contract: imports that it forbids, as (module that gets the line, line). A module that has not landed is passed over,
# but one of them must have. A module that ends in "+" is made for the purpose.
PLANTS: dict[str, tuple[tuple[str, str], ...]] = {
    "1 layers": (("errors", "import troth.cli"), ("things", "import troth.tlog"), ("cellar+", "import troth.errors")),
    "2 pure core": (
        ("names", "import os"),
        ("errors", "import time"),
        ("signing.cose", "import troth.signing.keys"),
        ("statements", "import sqlite3"),
        ("gate", "import troth.clock"),
        ("state", "import asyncio"),
        ("things", "import pathlib"),
        ("verify", "import socket"),
        ("tlog.merkle", "import random"),
        ("tlog.segment", "import troth.tlog.storage"),
    ),
    "3 adapters": (("app", "import troth.adapters"), ("cli", "import troth.adapters")),
    "3 drivers": (("cli", "import troth.drivers"), ("__main__", "import troth.drivers")),
    "4 cycles": (("things.egg+", "import troth.things.hen"),),
    "5 doors": (
        ("web", "import troth.state"),
        ("api", "import troth.things.stamps"),
        ("ingest", "import troth.statements.journal"),
        ("ingest", "import troth.gate.leases"),
    ),
    "6 decide": (("cli", "import troth.gate.decide"), ("wire", "import troth.gate.decide")),
    "7 settings": (("__main__", "import troth.settings"), ("harbour", "import troth.settings")),
    "8 state and log": (("state", "import troth.tlog"), ("tlog", "import troth.state")),
    "8 statements and log": (("statements", "import troth.tlog"),),
    "9 harbour": (("harbour", "import troth.gate"), ("harbour", "import troth.statements")),
}


def lint(folder: Path) -> tuple[int, str]:
    """Run import-linter on the package that lies below `folder`/src; its exit code and what it printed."""
    run = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--no-logo"],
        cwd=folder,
        env={"PYTHONPATH": str(folder / "src"), "PATH": "", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return run.returncode, re.sub(r"\x1b\[[0-9;]*m", "", run.stdout + run.stderr)


def copied(folder: Path) -> Path:
    """A copy of the package and its contracts that may be spoiled."""
    shutil.copytree(SOURCE, folder / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(PROJECT, folder)
    return folder


def plant(folder: Path, *, module: str, line: str) -> bool:
    """Write `line` at the end of a module of the copy; False if there is no such module."""
    path = folder / "src" / "troth" / Path(*module.rstrip("+").split("."))
    if module.endswith("+"):
        path.mkdir()
        (path / "__init__.py").write_text("")
    files = [file for file in (path.with_suffix(".py"), path / "__init__.py", path / "__main__.py") if file.is_file()]
    if not files:
        return False
    with files[0].open("a") as file:
        file.write(f"\n{line}\n")
    return True


def test_every_contract_is_kept() -> None:
    code, text = lint(plan.ROOT)
    assert code == 0, text
    for name in WRITTEN:
        assert f"{name} KEPT" in text


def test_what_has_landed_stands_in_its_contracts() -> None:
    assert plan.due(SOURCE) == plan.written(PROJECT), (
        "the house has grown: run `make contracts` and read the difference"
    )


def test_no_contract_ignores_an_import() -> None:
    text = PROJECT.read_text()
    assert "ignore_imports" not in text
    assert "exhaustive_ignores" not in text


def test_a_folder_of_modules_is_a_package() -> None:
    bare = {path.parent for path in (SOURCE / "troth").rglob("*.py") if not (path.parent / "__init__.py").is_file()}
    assert not bare, f"without __init__.py no contract sees these folders: {sorted(map(str, bare))}"


def test_every_contract_has_its_planted_violation() -> None:
    assert set(WRITTEN) <= set(PLANTS)


@pytest.mark.parametrize("name", WRITTEN)
def test_a_planted_import_breaks_its_contract(tmp_path: Path, name: str) -> None:
    landed = [
        (module, line)
        for module, line in PLANTS[name]
        if module.endswith("+")
        or (plan.landed(module, SOURCE) and plan.landed(line.removeprefix("import troth."), SOURCE))
        or (plan.landed(module, SOURCE) and "troth" not in line)
    ]
    assert landed, "nothing that could be planted has landed, so this contract is not shown to bite"
    for number, (module, line) in enumerate(landed):
        folder = copied(tmp_path / str(number))
        if name == "4 cycles":
            plant(folder, module="things.hen+", line="import troth.things.egg")
        assert plant(folder, module=module, line=line)
        code, text = lint(folder)
        assert code != 0, f"{line} in {module} went unseen"
        assert f"{name} BROKEN" in text, text


def test_an_import_for_type_checking_counts(tmp_path: Path) -> None:
    folder = copied(tmp_path / "copy")
    line = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import troth.cli"
    assert plant(folder, module="errors", line=line)
    _, text = lint(folder)
    assert "1 layers BROKEN" in text


def test_a_module_that_lands_unfenced_is_noticed(tmp_path: Path) -> None:
    folder = copied(tmp_path / "copy")
    before = plan.due(folder / "src")
    (folder / "src" / "troth" / "tasking").mkdir()
    (folder / "src" / "troth" / "tasking" / "__init__.py").write_text("")
    assert before != plan.due(folder / "src")


def test_a_room_that_has_no_place_breaks_the_layers(tmp_path: Path) -> None:
    folder = copied(tmp_path / "copy")
    (folder / "src" / "troth" / "cellar.py").write_text("")
    _, text = lint(folder)
    assert "1 layers BROKEN" in text
    assert "cellar" in text
