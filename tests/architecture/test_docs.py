"""The documents agree with the program: what exists has a heading, what has a heading exists, links lead somewhere.

A page that lists something (settings, gate steps, statement kinds, stores, commands) is one line of `PAGES`: the page, and
a function that yields the names the program knows. Its owner adds it together with the page.
"""

import re
from collections.abc import Callable, Iterable
from pathlib import Path

import click
import msgspec
import pytest

from tests.architecture.trees import ROOT
from troth.adapters import (
    accounts_sqlite,
    conduct_tables,
    journal_sqlite,
    ledgers_sqlite,
    partitions_files,
    partitions_segments,
    sessions_sqlite,
)
from troth.cli import main
from troth.errors import TrothError
from troth.gate.question import Code, Step
from troth.journeys.measure import METRICS
from troth.settings import Settings
from troth.statements.kinds import KindName
from troth.things.observations import Refusal
from troth.tlog import trace

REFERENCE = ROOT / "docs" / "reference"


def settings() -> Iterable[str]:
    return (field.name for field in msgspec.structs.fields(Settings))


STORES = {
    "journal.db": journal_sqlite.SCHEMA,
    "conduct.db": conduct_tables.SCHEMA,
    "partitions/PLACE/DAYS/YYYY-MM.db": partitions_files.SCHEMA,
    "partitions/segments.db": partitions_segments.SCHEMA,
    "ledgers.db": ledgers_sqlite.SCHEMA,
    "accounts.db": accounts_sqlite.SCHEMA,
    "sessions.db": sessions_sqlite.SCHEMA,
}


def stores() -> Iterable[str]:
    """Every table, and what lies in the data folder or in memory without being one."""
    tables = (
        f"{file}: {table}"
        for file, schema in STORES.items()
        for table in ("meta", *re.findall(r"CREATE TABLE (\w+)", schema))
    )
    around = (
        "What holds for every database file",
        "log/",
        "keys/",
        "tls/",
        "prepared/",
        "operator.token",
        "node.url",
        "troth.toml",
        "lock",
        "wiping.lock",
    )
    return (
        *tables,
        *around,
        "harbour.json",
        "partitions/reading.lock",
        "Backups",
        "Outside the folder",
        "Memory",
        "Limits",
    )


def spaced(name: str) -> str:
    """`WindowOpened` as "window opened"; what a class is called so that no other is meant does not count."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name.removesuffix("Trace")).lower()


def traces() -> Iterable[str]:
    kinds: tuple[type[trace.Noted], ...] = tuple(trace.Noted.__subclasses__())
    return (f"{trace.COLLECTED} {spaced(trace.Collected.__name__)}", *(f"{k.kind} {spaced(k.__name__)}" for k in kinds))


def metrics() -> Iterable[str]:
    return (each.name for each in METRICS)


def gate() -> Iterable[str]:
    steps = (f"{step.value} {step.name.lower().replace('_', ' ')}" for step in Step)
    return (*steps, *{code.value for code in Code}, *{refusal.value for refusal in Refusal})


def statements() -> Iterable[str]:
    return (kind.value for kind in KindName)


def commands(group: click.Group = main, path: str = "") -> Iterable[str]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{path}{name} ")
        else:
            yield f"{path}{name}"


def errors() -> Iterable[str]:
    """Every code; what else holds for errors stands in test_errors.py."""
    waiting: list[type[TrothError]] = [TrothError]
    while waiting:
        kind = waiting.pop()
        yield kind.code
        waiting += kind.__subclasses__()


PAGES: dict[str, Callable[[], Iterable[str]]] = {
    "cli.md": commands,
    "errors.md": errors,
    "gate.md": gate,
    "metrics.md": metrics,
    "settings.md": settings,
    "statements.md": statements,
    "stores.md": stores,
    "traces.md": traces,
}


def headings(text: str) -> list[str]:
    """The second-level headings of a page, without backquotes."""
    return [found.replace("`", "").strip() for found in re.findall(r"^## (.+)$", text, flags=re.MULTILINE)]


def differences(text: str, names: Iterable[str]) -> tuple[set[str], set[str]]:
    """Names without a heading, and headings without a name."""
    there, known = set(headings(text)), set(names)
    return known - there, there - known


@pytest.mark.parametrize("page", PAGES)
def test_a_page_lists_what_the_program_knows(page: str) -> None:
    missing, stale = differences((REFERENCE / page).read_text(), PAGES[page]())
    assert not missing, f"docs/reference/{page} lacks these headings"
    assert not stale, f"docs/reference/{page} has headings for what does not exist"


def test_a_missing_and_a_stale_heading_are_seen() -> None:
    assert differences("## here\n\n## `gone`\n", ["here", "new"]) == ({"new"}, {"gone"})


def test_every_default_is_written_on_its_page() -> None:
    parts = {part.partition("\n")[0]: part for part in (REFERENCE / "settings.md").read_text().split("\n## ")}
    for field in msgspec.structs.fields(Settings):
        if field.default is not None:
            assert str(field.default) in parts[field.name], field.name


def pages() -> list[Path]:
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def anchor(heading: str) -> str:
    """A heading as the fragment that renderers make of it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")


def dead_links(page: Path, text: str) -> list[str]:
    """Links of a page to files and headings of this repository that are not there."""
    dead = []
    prose = re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", prose):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, fragment = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        if not file.exists():
            dead.append(target)
        elif fragment and file.suffix == ".md":
            there = {anchor(found) for found in re.findall(r"^#+ (.+)$", file.read_text(), flags=re.MULTILINE)}
            if fragment not in there:
                dead.append(target)
    return dead


def test_every_link_leads_somewhere() -> None:
    dead = {str(page.relative_to(ROOT)): found for page in pages() if (found := dead_links(page, page.read_text()))}
    assert not dead


def test_a_dead_link_is_seen() -> None:
    page = REFERENCE / "settings.md"
    text = (
        "[a](errors.md) [b](nowhere.md) [c](errors.md#bad-setting) [d](errors.md#good-setting) [e](https://example.org)"
    )
    assert dead_links(page, text) == ["nowhere.md", "errors.md#good-setting"]


def test_every_make_target_that_a_page_names_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    named = {found for page in pages() for found in re.findall(r"`make ([a-z]+)`", page.read_text())}
    assert named <= targets


def test_decisions_are_numbered_without_gaps_and_have_their_parts() -> None:
    found = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [path.name[:4] for path in found] == [f"{number:04}" for number in range(1, len(found) + 1)]
    for path in found:
        text = path.read_text()
        assert [part for part in ("Context", "Decision", "Consequences") if part not in headings(text)] == [], path.name
        assert re.search(r"^Status: (proposed|accepted|replaced by \d{4})$", text, flags=re.MULTILINE), path.name


def unproved(page: str) -> list[str]:
    """Sentences of what is prevented that name no test."""
    found = []
    for line in page.splitlines():
        if not line.startswith("- **Prevented.** ") or line.startswith("- **Prevented.** Nothing"):
            continue
        sentences = re.split(r"(?<=\.) (?=[A-Z])", line.removeprefix("- **Prevented.** "))
        found += [each for each in sentences if not re.search(r"\(\.\./tests/\w+/test_\w+\.py\)", each)]
    return found


def test_whatever_is_said_to_be_prevented_names_the_test_that_shows_it() -> None:
    page = (ROOT / "docs" / "limits.md").read_text()
    assert page.count("- **Prevented.** ") >= 12
    assert not unproved(page)
    assert unproved("- **Prevented.** No door opens by itself. It is locked ([test](../tests/web/test_doors.py)).") == [
        "No door opens by itself."
    ]
