"""What devices use stands alone: it imports nothing of Troth and nothing that must be compiled."""

import ast
import sys
import tomllib
from pathlib import Path

from tests.architecture.trees import ROOT, python_files, shown, tree_of

CLIENT = ROOT / "clients/troth-thing"
ALLOWED = {"troth_thing", "paho", "typing_extensions"}  # the last for type checkers only


OPTIONAL = {"cryptography": "certificate.py"}  # a part that is asked for, in one file


def foreign(path: Path, tree: ast.Module) -> list[str]:
    """Imports of a file that a device does not have."""
    found = []
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                modules = [each.name for each in names]
            case ast.ImportFrom(module=module, level=level):
                modules = ["." if level else str(module)]
            case _:
                continue
        found += [
            f"{shown(path, node)} {each}"
            for each in modules
            if each.split(".")[0] not in ALLOWED | sys.stdlib_module_names
            and OPTIONAL.get(each.split(".")[0]) != path.name
        ]
    return found


def test_the_client_imports_nothing_of_troth() -> None:
    files = python_files("clients")
    assert len(files) >= 8
    assert [] == [each for path in files for each in foreign(path, tree_of(path))]


def test_an_import_of_troth_would_be_seen() -> None:
    planted = ast.parse("import troth.names\nfrom troth import errors\nfrom . import x\nimport json, msgspec")
    assert 4 == len(foreign(CLIENT / "planted.py", planted))


def test_the_client_needs_paho_and_python_3_9() -> None:
    project = tomllib.loads((CLIENT / "pyproject.toml").read_text())["project"]
    assert [">=3.9", ["paho-mqtt>=2.1,<3"]] == [project["requires-python"], project["dependencies"]]
    assert {"certificate": ["cryptography>=42"]} == project["optional-dependencies"]
    for path in python_files("clients"):
        ast.parse(path.read_text(), feature_version=(3, 9))
    assert (ROOT / "LICENSE").read_bytes() == (CLIENT / "LICENSE").read_bytes()
