"""P10, growth: what an observation costs when the store holds few or many rows, and when it has few or many streams.

Run with `python -m bench.growth`; `--rows N` grows the store further than a million rows, `--streams N` beyond 10,000 streams.
One node lives through all numbers of rows. At each it is loaded with data arrays of 1,000 rows for a while, and then waited for
until every row is moved: CPU and bytes are those of the whole node until then. Between them it is filled by the same load.

Left out: the cost of the acknowledged path alone (the process has one clock for all its threads). `--only rows` and `--only
streams` leave out the other half; 100 million rows take half an hour and 20 GB.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import sleep

from bench._http_load import HttpJob, Poster, start
from bench._loads import Measured, follow, moved, stored
from bench._process import used
from bench._report import begin, options, say, show, show_one
from bench._town import Speaks, furnish_things
from bench.ingest_http import BEGAN_S
from troth.testing.program import NodeProgram

SIZES = (10_000, 100_000, 1_000_000)
STREAMS = (100, 1_000, 10_000)
THINGS = 10  # at least, each on a connection of its own
ROWS = 1_000  # to a request
PER_THING_MAX = 200
CONNECTIONS_MAX = 50  # more things take turns: with 500 arrays under way a run of 2 s would be one of few answers
_APART_S = 200_000  # seconds of data between two loads: none shares a time with another


class _Load:
    """Loads of one node that never say a time twice."""

    def __init__(self, node: NodeProgram, things: Sequence[Speaks]) -> None:
        self._node = node
        self._things = things
        self._next_s = BEGAN_S
        self._posters = tuple(Poster(thing.credential, tuple(thing.datastreams.values())) for thing in things)

    def run(self, seconds: float) -> Measured:
        """One run, checked against what the node stored."""
        before = self.kept
        connections = min(CONNECTIONS_MAX, len(self._posters))
        job = HttpJob(self._node.http_port, self._posters, ROWS, seconds, self._next_s, connections=connections)
        self._next_s += _APART_S
        ran = follow(start(job), self._node.pid)
        if self.kept - before != ran.result.total or ran.result.unanswered:
            say(f"  NO RESULT: stored {self.kept - before}, acknowledged {ran.result.total}")
        return ran

    @property
    def kept(self) -> int:
        """Rows that are stored."""
        return stored(self._node, self._things)[0]

    def settle(self) -> None:
        """Wait until every row is moved."""
        while moved(self._node.data) < self.kept:
            sleep(0.2)

    def whole(self, given: argparse.Namespace) -> "_Whole":
        """All runs of one size, and what the node used until every row of them was moved."""
        self.settle()
        held, before = self.kept, used(self._node.pid)
        ran = [self.run(given.seconds) for _ in range(given.runs)]
        self.settle()
        rows, spent = self.kept - held, used(self._node.pid) - before
        return _Whole(held, ran, 1e6 * spent.cpu_s / rows, spent.written / rows, spent.memory / 1_048_576)


@dataclass(frozen=True)
class _Whole:
    """At one size: rows held before, the runs, and CPU (µs) and bytes for each row, moving included; memory in MB."""

    held: int
    ran: Sequence[Measured]
    cpu_us: float
    bytes: float
    memory: float


def _show(name: str, found: _Whole, first: _Whole) -> None:
    say(f"  {name}")
    show("  acknowledged after the sync", [each.rate for each in found.ran], "/s")
    show("  latency of a request, p50", [each.result.p50 for each in found.ran], "ms")
    show("  CPU of the node per observation, meanwhile", [each.cpu_us for each in found.ran], "us")
    show_one("  CPU of the node per observation, until all is moved", found.cpu_us, "us")
    show_one("  the same, times that of the smallest", found.cpu_us / first.cpu_us, "", promise="P10: <= 2.5")
    show_one("  bytes written per observation, until all is moved", found.bytes, "B", promise="P10: <= 2,048")
    show_one("  memory of the node afterwards", found.memory, "MB")


def _things(node: NodeProgram, streams: int) -> list[Speaks]:
    things = max(THINGS, -(-streams // PER_THING_MAX))
    return furnish_things(node, things=things, streams=streams // things)


def by_rows(given: argparse.Namespace, largest: int) -> None:
    """One node, 100 streams, more and more rows."""
    first: _Whole | None = None
    with tempfile.TemporaryDirectory(prefix="troth-bench-") as folder, NodeProgram(Path(folder) / "data") as node:
        load = _Load(node, _things(node, STREAMS[0]))
        for size in (*(each for each in SIZES if each < largest), largest):
            while load.kept < size:
                load.run(min(10.0, 0.2 + (size - load.kept) / 100_000))
            found = load.whole(given)
            first = first or found
            _show(f"from {found.held:,} rows on, {STREAMS[0]} streams", found, first)


def by_streams(given: argparse.Namespace, largest: int) -> None:
    """A node for each number of streams."""
    first: _Whole | None = None
    for streams in (*(each for each in STREAMS if each < largest), largest):
        with tempfile.TemporaryDirectory(prefix="troth-bench-") as folder, NodeProgram(Path(folder) / "data") as node:
            load = _Load(node, _things(node, streams))
            load.run(max(1.0, streams / 5_000))  # every stream has spoken once
            found = load.whole(given)
            first = first or found
            _show(f"{streams:,} streams", found, first)


def main() -> None:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--rows", type=int, default=SIZES[-1])
    parser.add_argument("--streams", type=int, default=STREAMS[-1])
    sizes, rest = parser.parse_known_args()
    sys.argv[1:] = rest
    given = options(__doc__ or "", seconds=2.0)
    begin(
        "P10: growth",
        f"closed loop over HTTP from another process, arrays of {ROWS:,} rows, {given.runs} runs of {given.seconds:g} s at "
        "each size. Load and node share the cores",
    )
    if given.only in "rows":
        by_rows(given, sizes.rows)
    if given.only in "streams":
        by_streams(given, sizes.streams)


if __name__ == "__main__":
    main()
