"""From a terminal, at a real node: a person erases themself; who runs the place preserves, releases, erases on paper."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.cli_node import Running, started, token_in
from troth.clock import SystemClock
from troth.wire.times import print_time

DAY_NS = 86_400_000_000_000


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with started(tmp_path_factory.mktemp("node") / "data") as running:
        yield running


def lives(node: Running, name: str, state: Path) -> str:
    """Somebody who lives alone and has entered; their identifier."""
    home = node.done("household", "add", f"Home of {name}").split("\n")[0].removeprefix("Household: ")
    said = node.done("person", "add", name, "--household", home)
    node.done("enter", token_in(said, "Their link"), state=state)
    return said.split("\n")[0].removeprefix("Person: ")


def test_a_person_reads_what_goes_and_erases_themself(node: Running, tmp_path: Path) -> None:
    lives(node, "Ana Unverwechselbar", tmp_path)
    stays = node.troth("erase", state=tmp_path, typed="n\n")
    assert (1, True) == (stays.exit_code, "Nothing was erased" in stays.stdout)
    assert "the home Home of Ana Unverwechselbar" in stays.stdout
    nothing = node.troth("erase", state=tmp_path, typed="\n")
    assert 0 != nothing.exit_code
    other = node.troth("erase", "--shown", "ab" * 32, state=tmp_path)
    assert (1, True) == (other.exit_code, "conflict" in other.stderr)
    assert "You are erased" in node.done("erase", state=tmp_path, typed="y\n")
    assert [] == [path for path in tmp_path.rglob("*") if path.is_file()], "the session is forgotten as well"
    assert "wrong-token" in node.troth("erase", state=tmp_path).stderr
    found = [path for path in node.data.rglob("*") if path.is_file() and b"Unverwechselbar" in path.read_bytes()]
    assert [] == found


def test_who_runs_the_place_preserves_releases_and_erases_on_paper(node: Running, tmp_path: Path) -> None:
    person = lives(node, "Ben", tmp_path)
    paper = tmp_path / "letter.txt"
    paper.write_text("Please erase me. Ben")
    preserve = ("person", "preserve", person, "--cause", "dispute", "--reason", "A bill.", "--to")
    refused = node.troth(*preserve, "2001-01-01T00:00:00Z")
    assert (1, True) == (refused.exit_code, "refused" in refused.stderr)
    until = _in_a_month()
    said = node.done(*preserve, until)
    name = said.split("\n")[0].removeprefix("Preserved: ")
    held = node.troth("person", "erase", person, "--request", str(paper), typed="y\n")
    assert (1, True, True) == (held.exit_code, "A bill." in held.stdout, "conflict" in held.stderr)
    assert "ended" in node.done("person", "release", person, name)
    assert "not-found" in node.troth("person", "release", person, name).stderr
    assert 2 == node.troth("person", "erase", person).exit_code, "not without a written request"
    assert "Erased" in node.done("person", "erase", person, "--request", str(paper), typed="y\n")
    assert "not-found" in node.troth("person", "erase", person, "--request", str(paper), typed="y\n").stderr


def _in_a_month() -> str:
    return print_time(SystemClock().now() + 30 * DAY_NS)
