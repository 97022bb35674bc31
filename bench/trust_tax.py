"""P3, the trust tax: the node against the same pipeline without the gate and without traces, in turn in one run.

Run with `python -m bench.trust_tax`. `bench/_bare.py` says what the other pipeline leaves out. Both start on a copy of the same
folder, both move rows at a tick of 1 s; a run counts until every row is moved (and, in the node, traced and signed).
"""

import shutil
import signal
import subprocess
import sys
import tempfile
from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, sleep
from typing import Protocol

from bench import _http_load, _mqtt_load
from bench._generator import Result, Run
from bench._http_load import HttpJob, Poster
from bench._loads import moved, senders
from bench._mqtt_load import Job
from bench._process import used
from bench._report import begin, options, say, show
from bench._town import Speaks, furnish_things
from troth.testing.program import NodeProgram

TICK_S = "1"
DRAIN_S = 120.0
WARM_S = 1.5
BEGAN_S = 1_767_225_600


@dataclass(frozen=True)
class Side:
    """One of the two pipelines, running."""

    pid: int
    http_port: int
    mqtt_port: int


@dataclass(frozen=True)
class Ran:
    """One run: acknowledged per second, and CPU per observation until everything is moved."""

    rate: float
    cpu_us: float


class Starts(Protocol):
    """Starts a load."""

    def __call__(self, side: Side, things: Sequence[Speaks], seconds: float, number: int, /) -> Run:
        """The load at work; loads of other numbers on the same folder share no times with it."""
        ...


@dataclass(frozen=True)
class Case:
    """A load, and what it promises."""

    name: str
    things: int
    streams: int
    start: Starts
    promise: str


def _mqtt(connections: int, window: int) -> Starts:
    def start(side: Side, things: Sequence[Speaks], seconds: float, number: int, /) -> Run:
        return _mqtt_load.start(Job(side.mqtt_port, senders(things, connections), window, seconds))

    return start


def _arrays(side: Side, things: Sequence[Speaks], seconds: float, number: int, /) -> Run:
    posters = tuple(Poster(each.credential, tuple(each.datastreams.values())) for each in things)
    return _http_load.start(HttpJob(side.http_port, posters, 1_000, seconds, BEGAN_S + number * 100_000))


CASES = (
    Case("MQTT 50 x 20, 10,000 streams", 50, 200, _mqtt(50, 20), "P3: >= 0.80"),
    Case("MQTT 1,000 x 1, 10,000 streams", 1_000, 10, _mqtt(1_000, 1), "P3: >= 0.85"),
    Case("HTTP data arrays, 10 streams x 100", 8, 10, _arrays, "P3: >= 0.60"),
)


@contextmanager
def node_side(data: Path) -> Iterator[Side]:
    """The program a user starts."""
    with NodeProgram(data, settings={"TROTH_SEGMENT_TICK_S": TICK_S}) as node:
        yield Side(node.pid, node.http_port, node.mqtt_port)


@contextmanager
def bare_side(data: Path) -> Iterator[Side]:
    """The pipeline without gate and traces."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench._bare", str(data), TICK_S], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        http_port, mqtt_port = map(int, process.stdout.readline().split())
        yield Side(process.pid, http_port, mqtt_port)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def run_side(case: Case, data: Path, side: Side, things: Sequence[Speaks], seconds: float) -> Ran:
    """A run that does not count, so that every stream has spoken and every lease is held; then one that does."""
    _loaded(case, data, side, things, seconds=WARM_S, number=0)
    before = used(side.pid)
    result = _loaded(case, data, side, things, seconds=seconds, number=1)
    return Ran(result.acknowledged / result.seconds, 1e6 * (used(side.pid) - before).cpu_s / max(1, result.total))


def _loaded(case: Case, data: Path, side: Side, things: Sequence[Speaks], *, seconds: float, number: int) -> Result:
    """One load, until every row of it is moved."""
    before = moved(data)
    run = case.start(side, things, seconds, number)
    run.began().ended()
    result = run.result()
    if result.unanswered:
        say(f"  NO RESULT: {result.unanswered} were never acknowledged")
    give_up = perf_counter() + DRAIN_S
    while moved(data) - before < result.total and perf_counter() < give_up:
        sleep(0.2)
    if perf_counter() >= give_up:
        say("  NO RESULT: rows were not all moved in time")
    return result


def run_case(case: Case, given: Namespace) -> tuple[list[Ran], list[Ran]]:
    """(node, bare) of every run; each begins on a fresh copy of the same furnished folder."""
    ours: list[Ran] = []
    bare: list[Ran] = []
    with tempfile.TemporaryDirectory(prefix="troth-bench-") as folder:
        furnished = Path(folder) / "furnished"
        with NodeProgram(furnished) as node:
            things = furnish_things(node, things=case.things, streams=case.streams)
        for number in range(given.runs):
            for name, side_of, found in (("node", node_side, ours), ("bare", bare_side, bare)):
                data = Path(folder) / f"{name}-{number}"
                shutil.copytree(furnished, data)
                with side_of(data) as side:
                    found.append(run_side(case, data, side, things, given.seconds))
                shutil.rmtree(data)
    return ours, bare


def main() -> None:
    given = options(__doc__ or "", seconds=2.0)
    begin(
        "P3: the trust tax",
        f"{given.runs} runs of {given.seconds:g} s of each side in turn, closed loop from another process; segment tick 1 s; "
        "each after a run that does not count; CPU is the server's from before the load until every row is moved",
    )
    for case in CASES:
        if given.only not in case.name:
            continue
        ours, bare = run_case(case, given)
        pairs = list(zip(ours, bare, strict=True))
        say(case.name)
        show("node, acknowledged", [one.rate for one in ours], "/s")
        show("without gate and traces, acknowledged", [one.rate for one in bare], "/s")
        show("trust tax: throughput with : without", [a.rate / b.rate for a, b in pairs], "", promise=case.promise)
        show("CPU per observation, node", [one.cpu_us for one in ours], "us")
        show("CPU per observation, without gate and traces", [one.cpu_us for one in bare], "us")
        show(
            "CPU for gate + traces per observation", [a.cpu_us - b.cpu_us for a, b in pairs], "us", promise="P3: <= 2.5"
        )


if __name__ == "__main__":
    main()
