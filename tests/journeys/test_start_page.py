"""Every command that README.md and docs/start.md show is run in its order against a real node, and prints what they show."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest

from tests.architecture.trees import ROOT
from tests.journeys.page_blocks import CAPTURES, Block, agrees, blocks, captured, filled
from troth.testing.program import NodeProgram

PAGES: Final = ("README.md", "docs/start.md")
WAIT_S: Final = 60
CLIENTS: Final = ("mosquitto_pub", "mosquitto_sub")


@dataclass
class Desk:
    """Somebody who follows a page: a folder with the documents in it, a node that runs, and what was printed so far."""

    folder: Path
    node: NodeProgram
    values: dict[str, str] = field(default_factory=dict)

    def here(self, text: str) -> str:
        """The addresses of a page are the default ones; this node has others."""
        return (
            text.replace("http://localhost:8080", self.node.url)
            .replace("localhost:1883", f"localhost:{self.node.mqtt_port}")
            .replace("-p 1883", f"-p {self.node.mqtt_port}")
        )

    def run(self, command: str, *, typed: str) -> subprocess.CompletedProcess[str]:
        """One command as it stands on the page, in a shell."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TROTH_")}
        path = f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}"
        mine = {"PATH": path, "TROTH_DATA": str(self.node.data), "XDG_STATE_HOME": str(self.folder / "state")}
        return subprocess.run(
            ["bash", "-o", "pipefail", "-c", command],
            cwd=self.folder,
            env=kept | mine,
            input=typed,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=WAIT_S,
            check=False,
        )

    def follow(self, block: Block) -> None:
        """Run a block, and compare with what the page shows."""
        said = ""
        for at, command in enumerate(block.commands, start=1):
            done = self.run(filled(self.here(command), self.values), typed=block.typed)
            ends_with = block.ends_with if at == len(block.commands) else 0
            assert ends_with == done.returncode, f"{command}\n{done.stdout}"
            self.values |= captured(done.stdout)
            said += done.stdout
            if said and not said.endswith("\n"):
                said += "\n"  # a terminal begins a line for the next command
        if block.output:
            shown = filled(self.here(block.output), self.values)
            assert agrees(shown, said), f"the page shows\n{shown}\nand it was\n{said}"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    folder = tmp_path / "desk"
    folder.mkdir()
    (folder / "docs").symlink_to(ROOT / "docs")
    with NodeProgram(tmp_path / "data", settings={"TROTH_SEGMENT_TICK_S": "1"}) as node:
        yield Desk(folder, node)


@pytest.mark.parametrize("page", PAGES)
def test_the_commands_of_a_page_run_in_their_order_and_print_what_it_shows(page: str, desk: Desk) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed; the pages use it")
    absent = [name for name in CLIENTS if shutil.which(name) is None]
    for block in blocks((ROOT / page).read_text()):
        if block.not_run or any(name in command for name in absent for command in block.commands):
            continue
        desk.follow(block)
    assert "ID" in desk.values, "an observation was kept and shown"


@pytest.mark.parametrize("page", PAGES)
def test_a_page_runs_more_than_it_leaves_out(page: str) -> None:
    found = list(blocks((ROOT / page).read_text()))
    left_out = [block for block in found if block.not_run]
    assert sum(len(block.commands) for block in found) >= 10
    assert len(left_out) <= 3


def test_the_tour_of_the_readme_has_ten_commands() -> None:
    (tour,) = [block for block in blocks((ROOT / "README.md").read_text()) if not block.not_run]
    assert 10 == len(tour.commands)
    words = set(re.findall(r"\b[A-Z]{2,}\b", " ".join(tour.commands))) & set(CAPTURES)
    assert {"CLAIM", "CREDENTIAL", "DATASTREAM", "ID"} == words


# --- the reading of pages


PAGE: Final = """
```sh
one \\
  --more
two
```

```text
first
...
l... one
```

<!-- ends with: 1 -->
```sh
three
```

Words.

```text
not its output
```

<!-- not run: it takes a day -->
```sh
four
```

```json
{}
```
"""


def test_blocks_are_read_with_their_output_and_their_marks() -> None:
    assert [
        Block(("one    --more", "two"), output="first\n...\nl... one\n"),
        Block(("three",), ends_with=1),
        Block(("four",), not_run="it takes a day"),
    ] == list(blocks(PAGE))


@pytest.mark.parametrize("mark", ["not run", "not run: ", "skip: later", "todo", "ends with: soon"])
def test_a_block_is_not_left_out_without_a_reason(mark: str) -> None:
    with pytest.raises(ValueError, match=r"says nothing|invalid literal"):
        list(blocks(f"<!-- {mark} -->\n```sh\none\n```\n"))


@pytest.mark.parametrize(
    ("shown", "said", "same"),
    [
        ("a\nb\n", "a\nb\n", True),
        ("a   b\n", "a b  \n", True),
        ("a ... c", "a b c", True),
        ("a\n...\nd", "a\nb\nc\nd", True),
        ("a\n...", "a\n", True),
        ("...", "", True),
        ("a\nb\n", "a\n", False),
        ("a\n", "a\nb\n", False),
        ("a ... c", "a\nc", False),
        ("a ... c", "a b d", False),
        ("a\n...\nd", "a\nb\nc", False),
        ("a.c", "abc", False),
    ],
)
def test_an_output_that_differs_is_seen(shown: str, said: str, same: bool) -> None:  # noqa: FBT001 - a column of a table
    assert same is agrees(shown, said)


def test_a_word_is_put_in_once_it_was_printed() -> None:
    values = captured("Household: ho" + "a" * 26 + "\n")
    assert "x ho" + "a" * 26 == filled("x HOUSEHOLD", values)
    with pytest.raises(ValueError, match="CLAIM is used before"):
        filled("troth thing claim CLAIM", values)
    assert "IDLE" == filled("IDLE", {})
