"""P1 beside amqtt, a broker in Python: the same load on both, in turn in one run, and the ratio of each pair of runs.

Run with `python -m bench.compare_amqtt`. amqtt is installed from PyPI into an environment of its own that is thrown away; it
forwards what it gets to nobody, keeps nothing, and asks nobody's leave. Both acknowledge QoS 1 on one core or less.

Left out: TLS, 60 s unless `--long`, amqtt with a store (its own is a plugin for sessions, not for messages).
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bench._loads import Measured, free_port, measure, senders, stored, wait_for
from bench._mqtt_load import Job
from bench._report import begin, options, say, show
from bench._town import furnish_things
from troth.testing.program import NodeProgram

VERSION: Final = "0.12.1"  # pinned, so that a figure says of what it is
CASES: Final = (
    # name, connections, in flight, things, streams
    ("50 x 20, 100 streams", 50, 20, 50, 100),
    ("50 x 1, 100 streams", 50, 1, 50, 100),
)


@contextmanager
def amqtt(python: Path, folder: Path) -> Iterator[tuple[int, int]]:
    """The broker on a free port: (port, process)."""
    port = free_port()
    config = folder / "amqtt.yaml"
    config.write_text(
        f"listeners:\n  default:\n    type: tcp\n    bind: 127.0.0.1:{port}\n    max_connections: 2000\n"
        "plugins:\n  amqtt.plugins.authentication.AnonymousAuthPlugin:\n    allow_anonymous: true\n",
        encoding="ascii",
    )
    process = subprocess.Popen(
        [python.parent / "amqtt", "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_for(port)
        yield port, process.pid
    finally:
        process.kill()  # it has nothing to save, and takes long to stop
        process.wait(timeout=10)


def installed(folder: Path) -> Path:
    """The Python of an environment with amqtt in it."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = folder / "bin/python"
    subprocess.run([python, "-m", "pip", "install", "-qq", f"amqtt=={VERSION}"], check=True)
    return python


def main() -> None:
    given = options(__doc__ or "", seconds=2.0)
    begin(
        f"P1 beside amqtt {VERSION}",
        f"closed loop from another process, MQTT 3.1.1, QoS 1, {given.runs} runs of {given.seconds:g} s per case after one "
        "that does not count; node and amqtt in turn. Load and both share the cores",
    )
    with tempfile.TemporaryDirectory(prefix="troth-bench-") as folder:
        python = installed(Path(folder) / "amqtt")
        for number, (name, connections, window, things_, streams) in enumerate(CASES):
            if given.only not in name:
                continue
            here = Path(folder) / str(number)
            here.mkdir()
            ours: list[Measured] = []
            theirs: list[Measured] = []
            with NodeProgram(here / "data") as node, amqtt(python, here) as (port, pid):
                things = furnish_things(node, things=things_, streams=streams // things_)
                speaking = senders(things, connections)
                for to, of in ((node.mqtt_port, node.pid), (port, pid)):
                    measure(Job(to, speaking, window, 1.0), of)
                for _ in range(given.runs):
                    kept = stored(node, things)[0]
                    ours.append(measure(Job(node.mqtt_port, speaking, window, given.seconds), node.pid))
                    if stored(node, things)[0] - kept != ours[-1].result.total:
                        say("  NO RESULT: the node has not stored what it acknowledged")
                    theirs.append(measure(Job(port, speaking, window, given.seconds), pid))
            say(name)
            show("Troth: gated, traced, acknowledged after the sync", [each.rate for each in ours], "/s")
            show("amqtt: acknowledged, nothing kept", [each.rate for each in theirs], "/s")
            show("Troth : amqtt", [a.rate / b.rate for a, b in zip(ours, theirs, strict=True)], "", promise="P1: >= 10")
            show("Troth: CPU per observation", [each.cpu_us for each in ours], "us")
            show("amqtt: CPU per message", [each.cpu_us for each in theirs], "us")


if __name__ == "__main__":
    main()
