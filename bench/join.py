"""Joining at scale: 10,000 things in under a minute, over the real interface, while others are served.

Run with `python -m bench.join`. A node with real files; one program checks all rows of a type and then says them, as
`troth thing bulk` does; another asks for something small all the while, so that it is seen how long others wait.

Rules
- Half of the things stand in public places (entries of the log), half in one home (leaves of conduct).
- Counted from the first check to the last answer: every installation is durable and in force, every claim token given.

Source: the promise stands in docs/benchmarks.md; CPU and memory are the node's own (/proc).
"""

import tempfile
import threading
from argparse import Namespace
from pathlib import Path
from time import perf_counter

import uvloop

from bench._hold import held_by_joining
from bench._process import used
from bench._report import begin, options, percentile, say, show, show_one
from bench._town import ORG, Api, furnish_things
from troth.testing.program import NodeProgram

THINGS = 10_000
AT_ONCE = 250
HELD_THINGS = 2_000  # in this process, watched turn by turn
_CONSIDERED = {"date": "2026-01-01", "by": "A. Bench", "sentence": "Only numbers are counted."}


def rows(household: str) -> list[dict[str, object]]:
    """What is said of each thing."""
    made: list[dict[str, object]] = []
    for number in range(THINGS):
        row: dict[str, object] = {"name": f"Roller {number}", "place": f"Line {number % 40}", "type": "bearing"}
        made.append(row | ({"household": household} if number % 2 else {}))
    return made


class Others:
    """Somebody else asks something small again and again."""

    def __init__(self, node: NodeProgram) -> None:
        self.waited_s: list[float] = []
        self._api = Api(node)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._ask)
        self._thread.start()

    def _ask(self) -> None:
        while not self._over.wait(0.01):
            began = perf_counter()
            self._api.get("/api/organisations")
            self.waited_s.append(perf_counter() - began)

    def close(self) -> None:
        """Stop asking."""
        self._over.set()
        self._thread.join()


def one_run(folder: Path) -> tuple[float, float, float, int, list[float]]:
    """Seconds to check, seconds to join, CPU seconds and memory of the node, and how long others waited."""
    with NodeProgram(folder) as node:
        furnish_things(node, things=1, streams=1, product="bearing")
        api = Api(node)
        type_ = {
            "type": "bearing",
            "title": "Bearing",
            "product": "https://bench.example/bearing",
            "answers": {"organisation": ORG, "contact": "mailto:a@bench.example"},
            "streams": [{"name": "s0", "reach": "declared"}],
            "consideration": _CONSIDERED,
        }
        api.post("/api/types", type_)
        made = rows(str(api.post("/api/households", {"name": "Bench Lane 1"})["household"]))
        parts = [made[at : at + AT_ONCE] for at in range(0, THINGS, AT_ONCE)]
        others = Others(node)
        before = used(node.pid)
        began = perf_counter()
        for part in parts:
            looked = api.post("/api/things/many", {"rows": part, "check": True})
            states(looked, "joined")
            shown = looked["rows"]
            assert isinstance(shown, list)
            for row, each in zip(part, shown, strict=True):
                row["sheet"] = each["sheet"]
        checked = perf_counter()
        for part in parts:
            states(api.post("/api/things/many", {"rows": part}), "joined")
        joined = perf_counter()
        spent = used(node.pid) - before
        others.close()
        for part in parts:
            states(api.post("/api/things/many", {"rows": part}), "there")
        return checked - began, joined - checked, spent.cpu_s, spent.memory, others.waited_s


def states(answer: dict[str, object], wanted: str) -> None:
    """Every row has become this, or the figure means nothing."""
    found = answer["rows"]
    assert isinstance(found, list)
    assert {wanted} == {each["state"] for each in found}, found[:2]


def main(given: Namespace) -> None:
    """All runs."""
    begin("Joining", f"{given.runs} runs, each of {THINGS:,} things on a fresh node")
    checks, joins, cpu, memory = [], [], [], []
    waits: list[float] = []
    for _ in range(given.runs):
        with tempfile.TemporaryDirectory() as folder:
            check_s, join_s, cpu_s, memory_bytes, waited = one_run(Path(folder))
        checks.append(check_s)
        joins.append(join_s)
        cpu.append(cpu_s / THINGS * 1e3)
        memory.append(memory_bytes / 1e6)
        waits += waited
    show("looking at all rows", checks, "s")
    show("joining", joins, "s")
    show("both", [a + b for a, b in zip(checks, joins, strict=True)], "s", promise="< 60 s")
    show("CPU of the node, a thing", cpu, "ms")
    show("memory of the node afterwards", memory, "MB")
    held = [uvloop.run(held_by_joining(HELD_THINGS)) for _ in range(given.runs)]
    show("longest turn of the loop, its own CPU", [each.cpu for each in held], "ms")
    show_one("others waited, p99", percentile(waits, 0.99) * 1e3, "ms")
    show_one("others waited, longest", max(waits) * 1e3, "ms")
    say("")


if __name__ == "__main__":
    main(options("Joining at scale", seconds=0))
