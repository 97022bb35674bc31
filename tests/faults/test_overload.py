"""R7: far more comes than can be kept. What was received is stored or refused, memory is bounded, and it passes by itself."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.test_kill import STREAMS, Load, furnish
from troth.clock import NS_PER_S, SystemClock
from troth.testing.program import NodeProgram

ROOT = Path(__file__).resolve().parents[2]
FLOODS = 5
PEAK_KIB = 700 * 1_024  # 2,000,000 rows that wait for their segment, and the node
AGAIN_NS = 300 * NS_PER_S


def flood(node: NodeProgram, slug: str, credential: str, seconds: float) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "tests.faults.flood", str(node.mqtt_port), slug, credential, str(seconds), *STREAMS],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}"},
        cwd=ROOT,
        text=True,
    )


def tally(node: NodeProgram, slug: str) -> tuple[int, int]:
    """Stored and refused."""
    found = node.ask("GET", f"/api/things/{slug}/tally", token=node.operator).json()
    assert isinstance(found, dict)
    assert found["repeated"] == 0
    return int(found["stored"]), sum(map(int, found["refused"].values()))


def in_segments(data: Path) -> int:
    """Traces in segments: every row that is moved, and a few others."""
    base = sqlite3.connect(f"file:{data / 'partitions' / 'segments.db'}?mode=ro", uri=True)
    try:
        return int(base.execute("SELECT coalesce(sum(length(leaves)), 0) / 32 FROM segments").fetchone()[0])
    finally:
        base.close()


def until(true: Callable[[], bool]) -> None:
    """Each round asks a real program."""
    clock = SystemClock()
    end = clock.ticks() + AGAIN_NS
    while not true():
        assert clock.ticks() < end, "it did not come about"


def peak_kib(pid: int) -> int:
    """The most memory the process ever had."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        pytest.skip("memory is read from /proc")
    return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM:"))


@pytest.mark.slow
@pytest.mark.parametrize(
    "seconds",
    [
        pytest.param(1.0, marks=pytest.mark.timeout(600)),
        pytest.param(60.0, marks=(pytest.mark.soak, pytest.mark.timeout(3_600))),
    ],
)
def test_an_overload_is_counted_bounded_and_over_by_itself(seconds: float, tmp_path: Path) -> None:
    with NodeProgram(tmp_path / "data", settings={"TROTH_SEGMENT_TICK_S": "1"}) as node:
        slug, credential = furnish(node)
        floods = [flood(node, slug, credential, seconds) for _ in range(FLOODS)]
        said = 0
        for each in floods:
            out, _ = each.communicate()
            assert each.returncode == 0
            said += int(out)
        until(lambda: sum(tally(node, slug)) >= said)
        stored, refused = tally(node, slug)
        assert (said - said // 10, said // 10) == (stored, refused), "received = stored + refused, each for its reason"
        assert peak_kib(node.pid) < PEAK_KIB
        load = Load(node, slug, credential, first=0, enough=200)
        assert load.enough.wait(timeout=60), "others are heard again"
        load.stop()
        until(lambda: in_segments(node.data) >= stored)
        assert node.ask("GET", "/").status == 200
