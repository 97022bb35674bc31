"""Names keep to the glossary, modules are named after a thing or a deed, and no file grows past reading."""

import ast
import re
from pathlib import Path

import pytest

from tests.architecture.trees import ROOT, identifiers, python_files, shown, tree_of

GLOSSARY = ROOT / "docs" / "glossary.md"
MAX_LINES = 400
LONGER: dict[str, str] = {}  # path in the repository: why it may be longer

DRAWERS = re.compile(r"_*(utils?|helpers?|common|misc|base|managers?|handlers?|processors?|services?)")


def forbidden_words(glossary: str) -> set[str]:
    """What stands in backquotes in the last column of the glossary's table."""
    rows = [line for line in glossary.splitlines() if line.startswith("|")]
    return {word for row in rows[2:] for word in re.findall(r"`([a-z_]+)`", row.rstrip("| ").rpartition("|")[2])}


def snake(name: str) -> str:
    """`EventStore`, `eventStore` and `EVENT_STORE` as `event_store`; leading underscores do not count."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name.strip("_"))
    return re.sub(r"_+", "_", parted).lower()


def broken_words(tree: ast.AST, words: set[str]) -> list[tuple[str, ast.AST]]:
    return [(name, node) for name, node in identifiers(tree) if snake(name) in words]


def drawers(path: Path) -> list[str]:
    """The parts of a path that say only "things are kept here"."""
    return [part for part in path.with_suffix("").parts if DRAWERS.fullmatch(part.lower())]


def test_no_identifier_is_a_word_the_glossary_replaces() -> None:
    words = forbidden_words(GLOSSARY.read_text())
    found = [
        f"{shown(path, node)} {name}"
        for path in python_files("src", "tests", "bench")
        for name, node in broken_words(tree_of(path), words)
    ]
    assert not found, f"docs/glossary.md has another word for: {found}"


def test_the_glossary_forbids_something_in_every_row() -> None:
    rows = [line for line in GLOSSARY.read_text().splitlines() if line.startswith("| ")][1:]
    bare = [row.split("|")[1].strip() for row in rows if not forbidden_words(f"|\n|\n{row}")]
    assert not bare


@pytest.mark.parametrize(
    "planted",
    [
        "sth = 1",
        "class STH: ...",
        "class EventStore: ...",
        "event_store: int",
        "def permission_check(): ...",
        "def f(opt_in): ...",
        "f(opt_in=True)",
        "x.telemetry",
        "from x import Telemetry",
        "import blockchain.chain",
        "import x as device_profile",
        "_CACHED_PERMISSION = {}",
        "try: ...\nexcept E as state_blob: ...",
        "async def firewall_rule(): ...",
        "lambda checklist_item: 0",
    ],
)
def test_a_planted_word_is_seen(planted: str) -> None:
    assert broken_words(ast.parse(planted), forbidden_words(GLOSSARY.read_text()))


@pytest.mark.parametrize("fine", ["length = 1", "event = loop.event()", "sthenia = 0", "'telemetry'", "# blockchain"])
def test_a_word_counts_only_as_a_whole_identifier(fine: str) -> None:
    assert not broken_words(ast.parse(fine), forbidden_words(GLOSSARY.read_text()))


def test_no_module_is_a_drawer() -> None:
    found = [
        str(path.relative_to(ROOT)) for path in python_files("src", "tests", "bench") if drawers(path.relative_to(ROOT))
    ]
    assert not found, f"name these after what is in them: {found}"


@pytest.mark.parametrize(
    "planted",
    [
        "wire/utils.py",
        "_utils.py",
        "helpers/x.py",
        "common.py",
        "gate/base.py",
        "manager.py",
        "a/handlers.py",
        "service.py",
    ],
)
def test_a_planted_drawer_is_seen(planted: str) -> None:
    assert drawers(Path(planted))


def too_long(sizes: dict[str, int]) -> list[str]:
    return [f"{path}: {lines}" for path, lines in sizes.items() if lines > MAX_LINES and path not in LONGER]


def test_no_file_is_longer_than_can_be_read_at_once() -> None:
    sizes = {
        str(path.relative_to(ROOT)): len(path.read_text().splitlines())
        for path in python_files("src", "tests", "bench")
    }
    assert not too_long(sizes)
    stale = [path for path in LONGER if sizes.get(path, 0) <= MAX_LINES]
    assert not stale, "these are short again; take them off the list"


def test_a_planted_long_file_is_seen() -> None:
    assert too_long({"src/troth/scroll.py": MAX_LINES + 1, "src/troth/note.py": MAX_LINES}) == [
        "src/troth/scroll.py: 401"
    ]
