"""One counted run of MQTT load against a node or mosquitto, with what the server used meanwhile.

Rules
- What was acknowledged and what the node stored must be the same number, or the run is no result.
- Both sides of a comparison get the same job.
"""

import shutil
import socket
import sqlite3
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, sleep

from bench._generator import Result, Run
from bench._mqtt_load import Job, Sender, start
from bench._process import Used, used
from bench._town import Api, Speaks
from troth.testing.program import NodeProgram

__all__ = ["Measured", "follow", "free_port", "measure", "mosquitto", "moved", "senders", "stored", "wait_for"]


@dataclass(frozen=True)
class Measured:
    """A run: what the generator saw, and what the server used in the counted time."""

    result: Result
    used: Used

    @property
    def rate(self) -> float:
        """Acknowledged observations per second."""
        return self.result.acknowledged / self.result.seconds

    @property
    def cpu_us(self) -> float:
        """Microseconds of the server's CPU per observation."""
        return 1e6 * self.used.cpu_s / max(1, self.result.acknowledged)

    @property
    def cores(self) -> float:
        """How many cores' worth of CPU the server got."""
        return self.used.cpu_s / self.result.seconds

    @property
    def bytes(self) -> float:
        """Bytes the server wrote per observation."""
        return self.used.written / max(1, self.result.acknowledged)


def senders(things: Sequence[Speaks], connections: int) -> tuple[Sender, ...]:
    """`connections` connections, spread over the things; each publishes to all streams of its thing."""
    return tuple(
        Sender(
            f"load-{number}",
            thing.slug,
            thing.credential,
            tuple(f"things/{thing.slug}/{name}" for name in thing.datastreams),
        )
        for number in range(connections)
        for thing in (things[number % len(things)],)
    )


def measure(job: Job, pid: int) -> Measured:
    """Run a job; `pid` is the server."""
    return follow(start(job), pid)


def follow(run: Run, pid: int) -> Measured:
    """Follow a generator that has been started."""
    run.began()
    before = used(pid)
    run.ended()
    after = used(pid) - before
    return Measured(run.result(), after)


def stored(node: NodeProgram, things: Sequence[Speaks]) -> tuple[int, int]:
    """How many observations the node says it stored, and how many it refused or took for repeats."""
    listed = Api(node).get("/api/things")["things"]
    assert isinstance(listed, list)
    slugs = {slug for each in things for slug in (each.slug, *each.of)}
    tallies = [each["tally"] for each in listed if each["slug"] in slugs]
    return (
        sum(each["stored"] for each in tallies),
        sum(each["repeated"] + sum(each["refused"].values()) for each in tallies),
    )


def moved(data: Path) -> int:
    """How many traces are in segments, which is also how many rows are moved (with the few other traces among them)."""
    file = data / "partitions" / "segments.db"
    if not file.exists():
        return 0
    base = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    try:
        return int(base.execute("SELECT coalesce(sum(length(leaves)), 0) / 32 FROM segments").fetchone()[0])
    finally:
        base.close()


@contextmanager
def mosquitto(folder: Path) -> Iterator[tuple[int, int] | None]:
    """Mosquitto without persistence on a free port: (port, process), or None where it is not installed."""
    program = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
    if program is None:
        yield None
        return
    port = free_port()
    config = folder / "mosquitto.conf"
    config.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\nlog_dest none\n"
        "max_inflight_messages 0\nmax_queued_messages 0\nset_tcp_nodelay true\n",
        encoding="ascii",
    )
    process = subprocess.Popen([program, "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(port)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(timeout=10)


def free_port() -> int:
    """A port of loopback on which nobody listens now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def wait_for(port: int) -> None:
    """Until somebody listens there, for at most 10 s; what the system says when nobody does."""
    give_up = perf_counter() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if perf_counter() > give_up:
                raise
            sleep(0.05)
