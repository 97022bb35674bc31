"""A node in a process of its own, and commands typed at it: for test_cli*.py."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from click.testing import CliRunner, Result

from troth.cli import main

WAIT_S: Final = 60
OPTIONS: Final = ("--place", "Kitchen", "--by", "Ana", "--contact", "mailto:ana@house.example", "--considered", "Fine.")


@dataclass
class Running:
    """A node in a process of its own."""

    process: subprocess.Popen[str]
    data: Path
    url: str
    mqtt: str
    link: str

    def troth(self, *args: str, state: Path | None = None, typed: str | None = None) -> Result:
        """A command in this process, with a clean environment but for the folders."""
        environment = {"TROTH_DATA": str(self.data), "XDG_STATE_HOME": str(state or self.data), "TROTH_URL": ""}
        return CliRunner().invoke(main, list(args), env=environment, input=typed)

    def done(self, *args: str, state: Path | None = None, typed: str | None = None) -> str:
        result = self.troth(*args, state=state, typed=typed)
        assert 0 == result.exit_code, result.output
        return result.stdout


def program(*args: str) -> list[str]:
    return [sys.executable, "-m", "troth", *args]


def clean(data: Path) -> Mapping[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TROTH_")}
    return kept | {"XDG_STATE_HOME": str(data.parent / "state"), "TROTH_SEGMENT_TICK_S": "1"}


@contextmanager
def started(data: Path) -> Iterator[Running]:
    """`troth up` on free ports, until the block ends."""
    process = subprocess.Popen(
        program("up", "--data", str(data), "--http-port", "0", "--mqtt-port", "0", "--no-demo"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=clean(data),
    )
    watch = threading.Timer(WAIT_S, process.kill)
    watch.start()
    try:
        said: list[str] = []
        assert process.stdout is not None
        for line in process.stdout:
            said.append(line)
            if line.startswith("Stop with"):
                break
        watch.cancel()
        text = "".join(said)
        url = re.search(r"^Troth is ready: (\S+)$", text, flags=re.MULTILINE)
        mqtt = re.search(r"^Things speak MQTT at: (\S+)$", text, flags=re.MULTILINE)
        link = re.search(r"(\S+/enter/\S+)$", text, flags=re.MULTILINE)
        assert url is not None, text
        assert mqtt is not None, text
        assert link is not None, text
        yield Running(process, data, url[1], mqtt[1], link[1])
    finally:
        watch.cancel()
        process.terminate()
        process.communicate(timeout=WAIT_S)


def token_in(text: str, before: str) -> str:
    """The line after the one that says `before`."""
    lines = text.split("\n")
    return lines[next(at for at, line in enumerate(lines) if before in line) + 1].strip()


def household(node: Running) -> str:
    return node.done("household", "add", "Harbour Lane 12").split("\n")[0].removeprefix("Household: ")
