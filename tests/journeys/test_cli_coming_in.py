"""`troth operate`, `sign-in`, `visit`, `person invite` and `party`: on a running node, as somebody types them."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from troth.cli import main
from troth.testing.program import NodeProgram

LAB = "https://lab.example"
SECRET = "three words in a row"


def typed(node: NodeProgram, *words: str, said: str | None = None) -> str:
    data = () if words[0] in {"enter", "sign-in", "visit", "leave"} else ("--data", str(node.data))
    done = CliRunner().invoke(main, [*words, *data], input=said)
    assert done.exit_code == 0, done.output
    return done.output


def link_in(text: str) -> str:
    return str(re.findall(r"(http://\S+/enter/\S+)", text)[0])


def test_somebody_comes_in_by_a_link_and_back_by_password_and_ends_a_visit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with NodeProgram(tmp_path / "data") as node:
        home = re.findall(r"ho[a-z2-7]{26}", typed(node, "household", "add", "Quay 3"))[0]
        added = typed(node, "person", "add", "Ana", "--household", home)
        person = re.findall(r"pe[a-z2-7]{26}", added)[0]
        typed(node, "enter", link_in(added))
        first = typed(node, "visit", "list")
        assert "a program, by link, this one" in first
        assert 1 == len(re.findall(r"A link was made .*, used .* by a program\.", first))
        again = typed(node, "person", "invite", person)
        assert "used" in typed(node, "visit", "list")
        assert "not used yet" in typed(node, "visit", "list")
        typed(node, "enter", link_in(again))
        assert "All your other visits are ended" in typed(node, "visit", "end", "--others")
        listed = typed(node, "visit", "list")
        (this,) = re.findall(r"^([0-9a-f]{16}) ", listed, re.MULTILINE)
        typed(node, "visit", "end", this)
        refused = CliRunner().invoke(main, ["visit", "list"])
        assert 0 != refused.exit_code
        wrong = CliRunner().invoke(main, ["sign-in", node.url, "ana"], input=f"{SECRET}\n")
        assert 0 != wrong.exit_code
        assert SECRET not in wrong.output


def test_whoever_runs_the_place_gets_a_link_and_ends_a_recipients_token(tmp_path: Path) -> None:
    with NodeProgram(tmp_path / "data") as node:
        link = link_in(typed(node, "operate"))
        assert 200 == node.ask("GET", "/enter/" + link.rpartition("/")[2]).status
        typed(node, "organisation", "add", LAB, "--name", "Lab", "--contact", "mailto:a@lab.example")
        assert "No recipient has anything" in typed(node, "party", "list")
        made = typed(node, "party", "add", LAB, "--app", "curves", "--purpose", f"{LAB}/heat", "--days", "9")
        assert "for 9 days" in made
        listed = typed(node, "party", "list")
        assert 1 == listed.count("token ")
        ids = re.findall(r"^([0-9a-f]{16}) ", listed, re.MULTILINE)
        assert 2 == len(ids)
        for each in ids:
            typed(node, "party", "end", each)
        assert "No recipient has anything" in typed(node, "party", "list")
