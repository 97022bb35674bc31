"""How long a minute, an hour and a day are is written in one module, and read from there."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from troth.spans import DAY_NS, HOUR_NS, MINUTE_NS

SOURCE = Path(__file__).resolve().parents[2] / "src" / "troth"
NAMES = {f"{mark}{name}" for mark in ("", "_") for name in ("DAY_NS", "HOUR_NS", "MINUTE_NS")}


def written_again(text: str) -> Iterator[str]:
    """Names that are given such a span anew, and hours and days that stand as a number, or as seconds in a product."""
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)) if name in NAMES:
                yield name
            case ast.Constant(value=int(value)) if value in {HOUR_NS, DAY_NS}:
                yield str(value)
            case ast.BinOp(left=left, op=ast.Mult(), right=ast.Name(id=unit)) if unit.lstrip("_") in {
                "NS_PER_S",
                "S_NS",
            }:
                if {each.value for each in ast.walk(left) if isinstance(each, ast.Constant)} & {3_600, 86_400}:
                    yield unit


def test_they_are_what_they_are_called() -> None:
    assert (60, 3_600, 86_400) == tuple(each // 10**9 for each in (MINUTE_NS, HOUR_NS, DAY_NS))


def test_no_module_writes_them_again() -> None:
    modules = {path: path.read_text() for path in SOURCE.rglob("*.py") if path.name != "spans.py"}
    assert 600 < len(modules)
    assert {} == {str(path.name): found for path, text in modules.items() if (found := [*written_again(text)])}


@pytest.mark.parametrize(
    "planted",
    ["_DAY_NS: Final = 1", "HOUR_NS = 2", "x = 86_400_000_000_000", "x = 24 * 3600 * NS_PER_S", "x = 86_400 * _S_NS"],
)
def test_what_is_planted_is_seen(planted: str) -> None:
    assert [*written_again(planted)]
