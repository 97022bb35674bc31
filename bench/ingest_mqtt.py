"""P1: MQTT QoS 1, gated, traced, acknowledged after the sync, as it is now; beside it mosquitto without persistence.

Run with `python -m bench.ingest_mqtt`; `--long` for runs of 60 s. The node is the program a user starts, the load comes from
another process, and the runs of a case alternate between node and mosquitto.

Left out: amqtt (`compare_amqtt.py`), TLS, growth over 60 s unless `--long`.
"""

import tempfile
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench._loads import Measured, measure, mosquitto, moved, senders, stored
from bench._mqtt_load import Job
from bench._report import begin, options, say, show
from bench._town import Speaks, furnish_things
from troth.testing.program import NodeProgram


@dataclass(frozen=True)
class Case:
    """Connections x messages in flight, over `streams` streams of `things` things."""

    name: str
    connections: int
    window: int
    things: int
    streams: int
    promise: str
    latency: str = ""

    @property
    def per_thing(self) -> int:
        """Streams of one thing."""
        return self.streams // self.things


CASES = (
    Case("50 x 20, 100 streams", 50, 20, 50, 100, "P1: >= 150,000"),
    Case("50 x 20, 10,000 streams", 50, 20, 50, 10_000, "P1: >= 150,000"),
    Case("1,000 x 1, 100 streams", 1_000, 1, 100, 100, "P1: >= 42,000", "P1: p99 <= 50"),
    Case("1,000 x 1, 10,000 streams", 1_000, 1, 1_000, 10_000, "P1: >= 42,000", "P1: p99 <= 50"),
    Case("50 x 1, 100 streams, not saturated", 50, 1, 50, 100, "", "P1: p50 <= 3"),
)


@dataclass
class Ran:
    """The runs of one case."""

    ours: list[Measured] = field(default_factory=list)
    theirs: list[Measured] = field(default_factory=list)
    refused: int = 0
    behind: int = 0


def run_case(case: Case, given: Namespace) -> Ran:
    """All runs of one case, on a fresh node."""
    ran = Ran()
    with tempfile.TemporaryDirectory(prefix="troth-bench-") as folder:
        data = Path(folder) / "data"
        with NodeProgram(data) as node, mosquitto(Path(folder)) as other:
            things = furnish_things(node, things=case.things, streams=case.per_thing)
            speaking = senders(things, case.connections)
            measure(Job(node.mqtt_port, speaking, case.window, 1.0), node.pid)  # every stream has spoken once
            for _ in range(given.runs):
                ran.ours.append(_against(node, things, Job(node.mqtt_port, speaking, case.window, given.seconds), ran))
                if other is not None:
                    ran.theirs.append(measure(Job(other[0], speaking, case.window, given.seconds), other[1]))
            ran.behind = stored(node, things)[0] - moved(data)
    return ran


def _against(node: NodeProgram, things: Sequence[Speaks], job: Job, ran: Ran) -> Measured:
    kept, refused = stored(node, things)
    found = measure(job, node.pid)
    after = stored(node, things)
    if after[0] - kept != found.result.total or found.result.unanswered:
        say(f"  NO RESULT: stored {after[0] - kept}, acknowledged {found.result.total}, refused {after[1] - refused}")
    ran.refused += after[1] - refused
    return found


def main() -> None:
    given = options(__doc__ or "", seconds=2.0)
    begin(
        "P1: MQTT QoS 1 (3.1.1)",
        f"closed loop from another process, {given.runs} runs of {given.seconds:g} s per case after one that does not count, "
        "numbers without a time, default settings; node and mosquitto in turn. Load and node share the cores",
    )
    for case in CASES:
        if given.only not in case.name:
            continue
        ran = run_case(case, given)
        say(f"{case.name}")
        show("acknowledged after the sync", [m.rate for m in ran.ours], "/s", promise=case.promise)
        show(
            "latency p50", [m.result.p50 for m in ran.ours], "ms", promise=case.latency if "p50" in case.latency else ""
        )
        show(
            "latency p99", [m.result.p99 for m in ran.ours], "ms", promise=case.latency if "p99" in case.latency else ""
        )
        show("bytes written per observation", [m.bytes for m in ran.ours], "B")
        show("CPU of the node per observation", [m.cpu_us for m in ran.ours], "us")
        show("cores the node got", [m.cores for m in ran.ours], "")
        if ran.theirs:
            show("mosquitto, nothing kept: acknowledged", [m.rate for m in ran.theirs], "/s")
            show("mosquitto, nothing kept: latency p50", [m.result.p50 for m in ran.theirs], "ms")
            show("mosquitto, nothing kept: CPU per message", [m.cpu_us for m in ran.theirs], "us")
            ratios = [a.rate / b.rate for a, b in zip(ran.ours, ran.theirs, strict=True)]
            show("node : mosquitto", ratios, "", promise="P1: >= 1.2")
        else:
            say("  mosquitto is not installed: not compared")
        say(
            f"  refused or repeated: {ran.refused}; rows not yet moved when the last run ended: about {max(0, ran.behind):,}"
        )


if __name__ == "__main__":
    main()
