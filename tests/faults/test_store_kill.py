"""kill -9 at any moment: what was acknowledged is there, once, with its trace; what was not may be sent again (R1)."""

import asyncio
import os
import random
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.faults.store_victim import open_stores, tick
from troth.clock import NS_PER_S
from troth.testing.contracts import NOON_NS, Speaker
from troth.testing.contracts_conduct import keep
from troth.things.observations import Kept, Result
from troth.things.query import ObservationQuery
from troth.tlog import trace as tlog_trace

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = 6


def started(folder: Path, *arguments: int) -> "subprocess.Popen[bytes]":
    """The victim, speaking."""
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}"}
    return subprocess.Popen(
        [sys.executable, "-m", "tests.faults.store_victim", str(folder), *map(str, arguments)],
        stdout=subprocess.PIPE,
        env=environment,
        cwd=ROOT,
    )


def killed_after(lines: int, folder: Path, *, start: int) -> dict[int, int]:
    """Start the victim, kill it when it has acknowledged so many rows and a moment more; returns second -> id."""
    victim = started(folder, start)
    kept: dict[int, int] = {}
    assert victim.stdout is not None
    killer = threading.Timer(60, victim.kill)
    killer.start()
    for line in victim.stdout:
        if not line.endswith(b"\n"):
            break  # cut off by the kill: never said
        word, second, id_ = line.split()
        assert word == b"kept", line
        kept[int(second)] = int(id_)
        if len(kept) == lines:
            victim.send_signal(signal.SIGKILL)
    killer.cancel()
    victim.stdout.close()
    assert victim.wait() == -signal.SIGKILL
    return kept


async def everything(folder: Path) -> list[Kept]:
    """All rows, moved ones and others, in order of sequence."""
    conduct, observations, clock = await open_stores(folder)
    meter = Speaker(clock)
    released = meter.asks(ObservationQuery(top=1_000_000))
    rows = {row.sequence: row for row in conduct.tail(released)}
    rows |= {row.sequence: row for row in await observations.rows(released)}
    assert len(rows) == conduct.tally(meter.thing).stored, "counted and kept are not the same"
    assert all(conduct.find(row.id) == (meter.stream, row.sequence) for row in rows.values())
    await conduct.close()
    await observations.close()
    return [rows[sequence] for sequence in sorted(rows)]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(ROUNDS))
def test_no_acknowledged_row_is_lost_or_doubled_by_a_kill(seed: int, tmp_path: Path) -> None:
    source = random.Random(seed)
    promised: dict[int, int] = {}
    for _ in range(2):
        promised |= killed_after(source.randrange(1, 8_000), tmp_path, start=max(promised, default=-1) + 10_000)
        rows = asyncio.run(everything(tmp_path))
        found = {round((row.from_ns - NOON_NS) / NS_PER_S): row.id for row in rows}
        assert promised.items() <= found.items(), "an acknowledged row is lost or has another id"
        assert len(found) == len(rows), "a row is there twice"
        assert list(range(1, len(rows) + 1)) == [row.sequence for row in rows]
        asyncio.run(sent_again(tmp_path, promised))


async def sent_again(folder: Path, promised: dict[int, int]) -> None:
    """The last batch comes again, as after a lost acknowledgement; then everything is moved, each row with its leaf."""
    conduct, observations, clock = await open_stores(folder)
    meter = Speaker(clock)
    seconds = sorted(promised)[-20:]
    rows: list[tuple[int, Result]] = [(NOON_NS + second * NS_PER_S, float(second)) for second in seconds]
    assert [promised[second] for second in seconds] == list(await keep(conduct, meter, rows))
    while conduct.uncut:
        await tick(conduct, observations)
    await tick(conduct, observations)
    assert list(conduct.tail(meter.asks())) == []
    moved = await observations.rows(meter.asks(ObservationQuery(top=1_000_000)))
    leaves = {(row.segment, row.leaf) for row in moved}
    assert len(leaves) == len(moved) == conduct.tally(meter.thing).stored
    last = await observations.last_segment()
    assert last is not None
    bases = []
    for number in range(1, last.cut.number + 1):
        traces = await observations.traces(number)
        leaves |= {(trace.segment, trace.leaf) for trace in traces}
        bases += [trace for trace in traces if trace.kind == tlog_trace.Basis.kind]
        segment = await observations.segment(number)
        assert segment is not None
        assert len([each for each in leaves if each[0] == number]) == len(segment.leaves) // 32
    assert bases, "what the rows rest on is not recorded"
    await conduct.close()
    await observations.close()


@pytest.mark.slow
@pytest.mark.parametrize("limit", [150_000, 400_000, 1_000_000])
def test_a_write_that_the_system_refuses_ends_the_node_and_loses_nothing(limit: int, tmp_path: Path) -> None:
    victim = started(tmp_path, 0, limit)
    killer = threading.Timer(60, victim.kill)
    killer.start()
    lines = victim.communicate()[0].decode().splitlines()
    killer.cancel()
    assert victim.returncode == 3, "the node went on, or ended otherwise"
    assert "failed StorageFailed" == lines[-1]
    promised = {int(second): int(id_) for _, second, id_ in (line.split() for line in lines[:-1])}
    rows = asyncio.run(everything(tmp_path))
    found = {round((row.from_ns - NOON_NS) / NS_PER_S): row.id for row in rows}
    assert promised.items() <= found.items()
    assert list(range(1, len(rows) + 1)) == [row.sequence for row in rows]
