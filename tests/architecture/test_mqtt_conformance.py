"""The list of what MQTT asks for is whole, and every test that it names is there."""

import ast
import re
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from tests.architecture.trees import ROOT

PAGE: Final = ROOT / "docs" / "reference" / "mqtt-conformance.md"
NUMBERS: Final = {  # MQTT 5.0, appendix B: the last number of each section; they begin with 1, but for 2.2.1
    "1.5.4": 3, "1.5.5": 1, "1.5.7": 1, "2.1.3": 1, "2.2.1": 6, "2.2.2": 1,
    "3.1.0": 2, "3.1.2": 30, "3.1.3": 12, "3.1.4": 6, "3.2.0": 2, "3.2.2": 22,
    "3.3.1": 13, "3.3.2": 20, "3.3.4": 10, "3.4.2": 3, "3.5.2": 3, "3.6.1": 1, "3.6.2": 3, "3.7.2": 3,
    "3.8.1": 1, "3.8.3": 5, "3.8.4": 8, "3.9.2": 2, "3.9.3": 2,
    "3.10.1": 1, "3.10.3": 2, "3.10.4": 6, "3.11.2": 2, "3.11.3": 2,
    "3.12.4": 1, "3.14.0": 1, "3.14.1": 1, "3.14.2": 4, "3.14.4": 3, "3.15.1": 1, "3.15.2": 3,
    "4.1.0": 2, "4.2.0": 1, "4.3.1": 1, "4.3.2": 5, "4.3.3": 13, "4.4.0": 2, "4.5.0": 2, "4.6.0": 6,
    "4.7.0": 1, "4.7.1": 2, "4.7.2": 1, "4.7.3": 4, "4.8.2": 6, "4.9.0": 3,
    "4.12.0": 7, "4.12.1": 2, "4.13.1": 1, "4.13.2": 1, "6.0.0": 4,
}  # fmt: skip
STATEMENTS: Final = [
    f"MQTT-{section}-{number}"
    for section, last in NUMBERS.items()
    for number in range(2 if section == "2.2.1" else 1, last + 1)
]
NO_TEST: Final = re.compile(r"^(Does not apply|Diverges): .{10,}")
LINK: Final = re.compile(r"\]\(\.\./\.\./(tests/\w+/test_\w+\.py)#(\w+)\)")


def rows() -> list[list[str]]:
    """The cells of every row of the page's tables."""
    found = [line.strip("|").split(" | ") for line in PAGE.read_text().splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in row] for row in found if row[0].strip() not in {"statement", "asks"}]


@cache
def named_in(path: Path) -> frozenset[str]:
    """The tests of one file."""
    tree = ast.parse(path.read_text())
    return frozenset(each.name for each in tree.body if isinstance(each, ast.FunctionDef) and each.name[:5] == "test_")


def test_every_statement_of_the_standard_is_listed_once_and_in_order() -> None:
    assert len(STATEMENTS) == 251
    assert STATEMENTS == [row[0] for row in rows() if row[0].startswith("MQTT-")]


def test_every_statement_has_a_test_or_says_why_it_has_none() -> None:
    assert [] == [row[0] for row in rows() if not NO_TEST.match(row[-1]) and not LINK.search(row[-1])]


@pytest.mark.parametrize("path", sorted({path for row in rows() for path, _ in LINK.findall(row[-1])}))
def test_every_test_that_is_named_exists(path: str) -> None:
    named = {name for row in rows() for each, name in LINK.findall(row[-1]) if each == path}
    assert set() == named - named_in(ROOT / path)


def test_what_the_page_counts_is_what_it_lists() -> None:
    said = [row[-1].split(":")[0] for row in rows() if row[0].startswith("MQTT-")]
    others, elsewhere = said.count("Does not apply"), said.count("Diverges")
    text = PAGE.read_text()
    assert f"For {len(said) - others - elsewhere} of them a test is named" in text
    assert f"\n{others} do not apply here, and {elsewhere} are kept to in another way" in text
