"""Tests use the real thing: no mocks of our own code, no waiting for time to pass, no exception without its reason."""

import ast
import re
import socket
from itertools import groupby
from pathlib import Path

import pytest

from tests.architecture.trees import ROOT, python_files, shown, tree_of
from tests.conftest import long_files_first
from tests.long_files import LONGEST_FIRST

MOCKING = frozenset({"mock", "pytest_mock", "mocker", "Mock", "MagicMock", "AsyncMock", "create_autospec"})
PATCHING = frozenset({"setattr", "delattr", "setitem", "delitem"})
WAITING = frozenset({"sleep", "wait_for_timeout"})


def shortcuts(tree: ast.AST) -> list[ast.AST]:
    """Where a test module mocks, patches or sleeps."""
    found: list[ast.AST] = []
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names) if any(MOCKING & set(name.name.split(".")) for name in names):
                found.append(node)
            case ast.ImportFrom(module=str(module), names=names) if (MOCKING & set(module.split("."))) or any(
                name.name in MOCKING | WAITING for name in names
            ):
                found.append(node)
            case ast.Attribute(value=ast.Name(id="monkeypatch"), attr=name) if name in PATCHING:
                found.append(node)
            case ast.Attribute(attr=name) if name in WAITING or name in MOCKING:
                found.append(node)
            case ast.Name(id=name) | ast.arg(arg=name) if name in MOCKING or name == "sleep":
                found.append(node)
            case _:
                pass
    return found


def test_no_test_mocks_patches_or_sleeps() -> None:
    found = [shown(path, node) for path in python_files("tests") for node in shortcuts(tree_of(path))]
    assert not found


@pytest.mark.parametrize(
    "planted",
    [
        "import unittest.mock",
        "from unittest import mock",
        "from unittest.mock import patch",
        "from mock import Mock",
        "x = MagicMock()",
        "def test_a(mocker): ...",
        "def test_a(monkeypatch): monkeypatch.setattr(gate, 'decide', f)",
        "monkeypatch.delattr(x, 'y')",
        "time.sleep(1)",
        "await asyncio.sleep(0.1)",
        "from time import sleep",
        "from asyncio import sleep as rest",
        "page.wait_for_timeout(100)",
    ],
)
def test_a_planted_shortcut_is_seen(planted: str) -> None:
    assert shortcuts(ast.parse(planted))


@pytest.mark.parametrize("fine", ["monkeypatch.setenv('A', 'b')", "monkeypatch.chdir(p)", "event.wait(1)", "'sleep('"])
def test_what_is_no_shortcut_is_let_be(fine: str) -> None:
    assert not shortcuts(ast.parse(fine))


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1", "troth.example.org"])
def test_no_test_can_leave_this_computer(host: str) -> None:
    with pytest.raises(RuntimeError, match="tests stay on this computer"):
        socket.create_connection((host, 9), timeout=0.01)


def test_a_test_can_speak_with_itself() -> None:
    with socket.create_server(("localhost", 0)) as server, socket.create_connection(server.getsockname()[:2]) as client:
        assert server.getsockname() == client.getpeername()


SILENCED = re.compile(r"#\s*(?:noqa|type:\s*ignore|pragma:\s*no cover)(?P<rest>.*)$")
REASONED = re.compile(r"(?::\s*[A-Z]+[0-9]+(?:,\s*[A-Z]+[0-9]+)*|\[[a-z, -]+\])\s*(?:#|-|–|—)\s*\S.{5,}")


def unreasoned(text: str) -> list[int]:
    """Lines that silence a check without saying which and why."""
    return [
        number
        for number, line in enumerate(text.splitlines(), start=1)
        if (found := SILENCED.search(line)) is not None and REASONED.match(found["rest"]) is None
    ]


def test_every_silenced_check_has_its_reason_beside_it() -> None:
    here = Path(__file__).resolve()
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in python_files("src", "tests", "bench")
        if path != here
        for number in unreasoned(path.read_text())
    ]
    assert not found


@pytest.mark.parametrize(
    "planted",
    [
        "x  # noqa",
        "x  # noqa: S101",
        "x  # type: ignore",
        "x  # type: ignore[arg-type]",
        "x  # noqa: E501 - why",
        "x # noqa because",
    ],
)
def test_a_planted_silence_is_seen(planted: str) -> None:
    assert unreasoned(planted) == [1]


@pytest.mark.parametrize(
    "fine",
    [
        "x  # noqa: S101 - the shape was checked above",
        "x  # noqa: S101, S102 — the shape was checked above",
        "x  # type: ignore[arg-type]  # the library's stub is wrong here",
    ],
)
def test_a_silence_with_its_reason_is_let_be(fine: str) -> None:
    assert unreasoned(fine) == []


def test_every_rule_left_out_has_its_reason() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    block = text.partition("[tool.ruff.lint]\n")[2].partition("ignore = [\n")[2].partition("]")[0]
    rules = [line for line in block.splitlines() if line.strip()]
    assert rules
    assert [line for line in rules if not re.search(r'^  "[A-Z]+[0-9]+", +# \S.{9,}', line)] == []


def test_workers_take_whole_files_and_the_long_ones_first(request: pytest.FixtureRequest) -> None:
    items = request.session.items
    ordered = long_files_first(items[::-1])
    assert set(items) == set(ordered)
    files = [(path, list(tests)) for path, tests in groupby(ordered, key=lambda item: item.path)]
    assert len({path for path, _ in files}) == len(files)
    longest = [ROOT / "tests" / name for name in LONGEST_FIRST]
    named = [path for path, _ in files if path in longest]
    assert [path for path in longest if path in named] == named == [path for path, _ in files][: len(named)]
    short = [
        not any(item.get_closest_marker(mark) for item in tests for mark in ("browser", "slow"))
        for _, tests in files[len(named) :]
    ]
    assert sorted(short) == short


def test_a_file_that_takes_long_is_there_and_named_once() -> None:
    assert [name for name in LONGEST_FIRST if not (ROOT / "tests" / name).is_file()] == []
    assert len(set(LONGEST_FIRST)) == len(LONGEST_FIRST)


def test_no_test_counts_on_a_group_of_workers() -> None:
    named = "xdist" + "_group"  # pytest 9.2 with pytest-xdist 3.8 passes it over in silence (decision 106)
    assert not [path for path in python_files("tests") if named in path.read_text()]
