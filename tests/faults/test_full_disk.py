"""A disk that is full: the node says so and ends, keeps what it acknowledged, and starts again when there is space.

A small disk is a tmpfs of a few hundred KiB that the test mounts itself; where that is not allowed it is skipped.
"""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.test_kill import Load, check_log, check_traces, furnish, stored
from troth.testing.program import NodeProgram
from troth.tlog.checkpoint import VerifierKey

FULL = "disk-full: no space is left where "
ROOMY_KIB = 262_144


class SmallDisk:
    """A file system of its own."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def mount(self, kib: int) -> bool:
        return self._run("mount", "-t", "tmpfs", "-o", f"size={kib}k", "tmpfs", str(self.place))

    def grow(self) -> None:
        assert self._run("mount", "-o", f"remount,size={ROOMY_KIB}k", str(self.place))

    def unmount(self) -> None:
        assert self._run("umount", str(self.place))

    @staticmethod
    def _run(*command: str) -> bool:
        try:
            return subprocess.run(command, capture_output=True, check=False).returncode == 0
        except FileNotFoundError:
            return False


@pytest.fixture
def small_disk(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[SmallDisk]:
    disk = SmallDisk(tmp_path / "disk")
    disk.place.mkdir()
    if not disk.mount(request.param):
        pytest.skip("a small disk of its own needs Linux and the right to mount a tmpfs")
    yield disk
    disk.unmount()


def said_full(said: list[str]) -> None:
    """One clear line, one hint, nothing else after what is always said."""
    assert not [line for line in said if "Traceback" in line or "nobody waited" in line], said
    assert said[-2].startswith(FULL), said
    assert "start again" in said[-1]


@pytest.mark.parametrize("small_disk", [4, 8, 16, 40, 100, 160, 200, 256, 280], indirect=True)
def test_a_disk_that_is_full_at_the_first_start_is_said_and_mended(small_disk: SmallDisk) -> None:
    node = NodeProgram(small_disk.place / "data")
    with pytest.raises(RuntimeError, match="did not start"):
        node.start()
    said_full(node.said)
    small_disk.grow()
    node.start()
    assert 0 == node.stop()


@pytest.mark.slow
@pytest.mark.parametrize("small_disk", [560, 900, 1_600, 3_000, 6_000], indirect=True)
def test_a_disk_that_becomes_full_under_load_loses_nothing_that_was_acknowledged(small_disk: SmallDisk) -> None:
    data = small_disk.place / "data"
    node = NodeProgram(data, settings={"TROTH_SEGMENT_TICK_S": "1"}).start()
    slug, credential = furnish(node)
    status = node.ask("GET", "/api/status", token=node.operator).json()
    assert isinstance(status, dict)
    key = VerifierKey.parse(str(status["verifier_key"]))
    load = Load(node, slug, credential, first=0, enough=1_000_000)
    assert load.enough.wait(timeout=120), "the disk is never full"
    assert 1 == node.ended()
    load.stop()
    said_full(node.said)
    assert len(load.acknowledged) > 100

    small_disk.grow()
    node.start()
    found = stored(node)
    assert set() == load.acknowledged - found.keys()
    assert set() == {number for number, times in found.items() if times > 1}
    size = check_log(data, key)
    last = _segments(node)
    while _segments(node) < last + 2:
        pass  # each round asks the real node; after two segments everything that waited is moved
    assert 0 == node.stop()
    assert len(found) == check_traces(data)
    assert check_log(data, key) >= size


def _segments(node: NodeProgram) -> int:
    status = node.ask("GET", "/api/status", token=node.operator).json()
    assert isinstance(status, dict)
    return int(status["last_segment"]["number"]) if status["last_segment"] else 0
