"""P2: HTTP ingest as it is now: single Observations on 128 connections, and data arrays of 1,000 rows, a gateway's among them.

Run with `python -m bench.ingest_http`. The node is the program a user starts; the load comes from another process.

Left out: django-ogc-sensorthings (another project's comparison, not measured yet), TLS.
"""

import tempfile
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench._http_load import HttpJob, Poster, start
from bench._loads import Measured, follow, moved, stored
from bench._report import begin, options, say, show
from bench._town import Api, Speaks, furnish_things, speaks_through
from troth.testing.program import NodeProgram

BEGAN_S = 1_767_225_600  # 2026-01-01, when the things of a bench were installed
_APART_S = 100_000  # seconds of data between two runs: none shares a time with another


@dataclass(frozen=True)
class Case:
    """`connections` posters, spread over `things` things, with `rows` rows to a request, over `streams` streams each.

    `spoken_for`: each thing is a gateway of so many further things with as many streams, and posts to those alone.
    """

    name: str
    connections: int
    things: int
    streams: int
    rows: int
    promise: str
    spoken_for: int = 0


CASES = (
    Case("singles, 128 connections", 128, 8, 8, 1, "P2: >= 16,000"),
    Case("data arrays of 1,000: 10 streams x 100", 8, 8, 10, 1_000, "P2: >= 250,000"),
    Case("data arrays of 1,000: 200 streams x 5", 8, 8, 200, 1_000, ""),
    Case("data arrays of 1,000: 1,000 streams x 1, by gateways", 8, 8, 50, 1_000, "P2: >= 150,000", spoken_for=20),
)


def run_case(case: Case, given: Namespace) -> tuple[list[Measured], int]:
    """All runs of one case on a fresh node, and how many rows were not moved when the last run ended."""
    found: list[Measured] = []
    with tempfile.TemporaryDirectory(prefix="troth-bench-") as folder, NodeProgram(Path(folder) / "data") as node:
        gateways = furnish_things(node, things=case.things, streams=case.streams)
        things = gateways if not case.spoken_for else spoken_for(node, gateways, case)
        for number in range(given.runs):
            job = HttpJob(
                node.http_port,
                posters_of(things, case.connections),
                case.rows,
                given.seconds,
                BEGAN_S + number * _APART_S,
            )
            kept = stored(node, things)[0]
            ran = follow(start(job), node.pid)
            after = stored(node, things)[0] - kept
            if after != ran.result.total or ran.result.unanswered:
                say(f"  NO RESULT: stored {after}, acknowledged {ran.result.total}, not {ran.result.unanswered}")
            found.append(ran)
        return found, max(0, stored(node, things)[0] - moved(node.data))


def spoken_for(node: NodeProgram, gateways: Sequence[Speaks], case: Case) -> list[Speaks]:
    """Further things for each gateway, as one that speaks on all their streams with its own credential."""
    things = furnish_things(
        node, things=case.spoken_for * len(gateways), streams=case.streams, product="measured", registered=True
    )
    api = Api(node)
    found = []
    for number, gateway in enumerate(gateways):
        theirs = things[number * case.spoken_for : (number + 1) * case.spoken_for]
        for each in theirs:
            speaks_through(api, each, gateway)
        streams = {f"{each.slug}/{name}": at for each in theirs for name, at in each.datastreams.items()}
        found.append(Speaks(gateway.slug, gateway.credential, streams, tuple(each.slug for each in theirs)))
    api.close()
    return found


def posters_of(things: Sequence[Speaks], connections: int) -> tuple[Poster, ...]:
    """Connections spread over the things; each posts to all streams of its thing."""
    return tuple(
        Poster(thing.credential, tuple(thing.datastreams.values()))
        for number in range(connections)
        for thing in (things[number % len(things)],)
    )


def main() -> None:
    given = options(__doc__ or "", seconds=2.0)
    begin(
        "P2: HTTP",
        f"closed loop from another process, {given.runs} runs of {given.seconds:g} s per case after 0.5 s of warming; "
        "singles without a time, rows of arrays each with its own; default settings. Load and node share the cores",
    )
    for case in CASES:
        if given.only not in case.name:
            continue
        ran, behind = run_case(case, given)
        say(case.name)
        show("observations acknowledged after the sync", [m.rate for m in ran], "/s", promise=case.promise)
        show("latency of a request, p50", [m.result.p50 for m in ran], "ms")
        show("latency of a request, p99", [m.result.p99 for m in ran], "ms")
        show("bytes written per observation", [m.bytes for m in ran], "B")
        show("CPU of the node per observation", [m.cpu_us for m in ran], "us")
        show("cores the node got", [m.cores for m in ran], "")
        say(f"  rows not yet moved when the last run ended: about {behind:,}")
    say("  django-ogc-sensorthings: not measured")


if __name__ == "__main__":
    main()
