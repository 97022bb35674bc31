"""The commands about where data are, typed at a real node."""

from pathlib import Path
from typing import Final

from tests.journeys.cli_node import started

WORKS: Final = "https://works.example"


def test_an_operator_says_where_it_is_kept_and_everybody_reads_it(tmp_path: Path) -> None:
    with started(tmp_path / "data") as node:
        assert "Nobody has said where it is kept" in node.done("where")
        node.done("organisation", "add", WORKS, "--name", "Works", "--contact", "mailto:people@works.example")
        assert f"Kept by {WORKS} in NL." in node.done("keeping", "set", WORKS, "--country", "NL")
        empty = node.troth("keeping", "set", WORKS, "--country", "CN", "--at-once", " ")
        assert 1 == empty.exit_code, "a reason is words"
        lost = node.done("keeping", "set", WORKS, "--country", "CN", "--law", "US", "--at-once", "The machine burned.")
        assert f"Kept by {WORKS} in CN." in lost
        said = node.done("where")
        assert "Works keeps it in CN, also under the law of US" in said
        assert "Third parties with which people share: fewer than 5" in said
        assert "Requests under which authorities may read now: 0" in said
        assert "mail server" not in said
