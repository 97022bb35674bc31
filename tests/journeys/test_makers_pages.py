"""Every command and program that docs/makers shows is run in its order against a real node, and prints what it shows."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.architecture.trees import ROOT
from tests.journeys.page_blocks import blocks
from tests.journeys.test_start_page import Desk
from troth.testing.program import NodeProgram

PAGES: Final = {"shell.md": ("curl", "mosquitto_pub", "mosquitto_sub"), "python.md": (), "offline.md": ()}
CLIENT: Final = ROOT / "clients/troth-thing/src"


@pytest.fixture
def maker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    folder, programs = tmp_path / "desk", tmp_path / "bin"
    folder.mkdir()
    programs.mkdir()
    command = programs / "troth-thing"  # as pip makes it, without installing anything
    command.write_text(f'#!/bin/sh\nPYTHONPATH="{CLIENT}" exec "{sys.executable}" -m troth_thing "$@"\n')
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    with NodeProgram(tmp_path / "data", settings={"TROTH_SEGMENT_TICK_S": "1"}) as node:
        yield Desk(folder, node)


def python_block(page: str) -> str:
    found = re.search(r"```python\n(.*?)```", page, re.DOTALL)
    return "" if found is None else found[1]


@pytest.mark.parametrize("page", PAGES)
def test_the_commands_of_a_page_run_in_their_order_and_print_what_it_shows(page: str, maker: Desk) -> None:
    absent = [name for name in PAGES[page] if shutil.which(name) is None]
    if absent:
        pytest.skip(f"not installed, and the page uses it: {', '.join(absent)}")
    text = (ROOT / "docs/makers" / page).read_text()
    program = python_block(text)
    at = text.index(program) if program else len(text)
    found = list(blocks(text))
    assert not any(block.not_run for block in found)
    before = len(list(blocks(text[:at])))
    for number, block in enumerate(found):
        if program and number == before:
            done = subprocess.run(
                [sys.executable, "-c", program],
                cwd=maker.folder,
                env=os.environ | {"PYTHONPATH": str(CLIENT)},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=60,
                check=False,
            )
            assert (0, "True 3\n") == (done.returncode, done.stdout)
        maker.follow(block)
    assert sum(len(block.commands) for block in found) >= 4


def test_every_page_for_makers_is_run_or_shows_no_command() -> None:
    for path in (ROOT / "docs/makers").glob("*.md"):
        assert path.name in PAGES or all(block.not_run for block in blocks(path.read_text())), path.name
