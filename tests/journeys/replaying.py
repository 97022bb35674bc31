"""A node in a process of its own, things that anybody may read, the command that replays, and reading back with paging."""

import os
import re
import select
import socket
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote, urlsplit

from click.testing import CliRunner, Result

from troth.cli import main
from troth.testing.program import NodeProgram
from troth.wire.times import parse_time

__all__ = ["SETTINGS", "FrailWire", "Town", "counted"]

SETTINGS: Mapping[str, str] = {"TROTH_SEGMENT_TICK_S": "1"}


@dataclass
class Town:
    """A running node with somebody's state folder."""

    node: NodeProgram
    state: Path
    numbers: dict[str, int] = field(default_factory=dict)

    def troth(self, *args: str) -> Result:
        """A command in this process, with a clean environment but for the folders."""
        environment: dict[str, str | None] = {name: None for name in os.environ if name.startswith("TROTH_")}
        environment |= {"TROTH_DATA": str(self.node.data), "XDG_STATE_HOME": str(self.state)}
        return CliRunner().invoke(main, list(args), env=environment)

    def done(self, *args: str) -> str:
        result = self.troth(*args)
        assert 0 == result.exit_code, result.output
        return result.stdout

    def thing(self, slug: str, stream: str, *options: str, keep: bool = True) -> str:
        """A thing in a public place with one stream; returns its claim token, or keeps its credential."""
        said = ("--place", "Hall", "--by", "Ines", "--contact", "mailto:ines@works.example", "--considered", "Fine.")
        long_ago = ("--from", "2000-01-01T00:00:00Z", "--keep-days", "36500")
        text = self.done(
            "thing", "add", slug, "--slug", slug, "--stream", stream, "--nobody", *said, *long_ago, *options
        )
        token = text.split("\n")[2].strip()
        self.numbers[slug] = int(re.findall(r"Datastreams\((\d+)\)", text)[0])
        if keep:
            self.done("thing", "claim", "--keep", "--", token)
        return token

    def rows(self, slug: str) -> Iterator[tuple[int, object]]:
        """Every stored row of a thing's stream, in order of time, page by page."""
        path = f"/v1.1/Datastreams({self.numbers[slug]})/Observations?$top=1000&$orderby={quote('phenomenonTime asc')}"
        while path:
            answer = self.node.ask("GET", path)
            assert 200 == answer.status, answer.body
            page = answer.json()
            assert isinstance(page, dict)
            for row in page["value"]:
                yield parse_time(row["phenomenonTime"]), row["result"]
            following = page.get("@iot.nextLink", "")
            parts = urlsplit(following)
            path = f"{parts.path}?{parts.query}" if following else ""


def counted(said: str) -> tuple[int, int, int, int, int]:
    """(rows, stored, refused, empty, of other series) as the command says them."""
    first, *rest = said.split("\n")
    words = " ".join(rest)
    other = re.search(r", (\d+) of them of other series", first)

    def count(word: str) -> int:
        found = re.search(rf" {word} +(\d+)(?: |$)", f" {words}")
        assert found is not None, said
        return int(found[1])

    return int(first.split()[0]), count("stored"), count("refused"), count("empty"), int(other[1]) if other else 0


class FrailWire:
    """A relay on loopback that cuts each of its first connections after so many bytes of the client; use it as a context."""

    def __init__(self, port: int, *, cuts: int, after_bytes: int) -> None:
        self._to = ("127.0.0.1", port)
        self._cuts = cuts
        self._after_bytes = after_bytes
        self.connections = 0
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        socket.create_connection(("127.0.0.1", self.port)).close()  # wakes the thread up
        self._thread.join()
        self._listening.close()

    def _accept(self) -> None:
        while True:
            client, _ = self._listening.accept()
            with client, socket.create_connection(self._to) as node:
                self.connections += 1
                left = self._after_bytes if self.connections <= self._cuts else None
                if not self._carry(client, node, left):
                    self.connections -= 1
                    return

    @staticmethod
    def _carry(client: socket.socket, node: socket.socket, left: int | None) -> bool:
        """Carry bytes both ways; False when the client came only to say goodbye."""
        carried = 0
        while True:
            for ready in select.select([client, node], [], [])[0]:
                data = ready.recv(65_536)
                if not data:
                    return carried > 0
                (node if ready is client else client).sendall(data)
                carried += len(data) if ready is client else 0
                if left is not None and carried > left:
                    return True
