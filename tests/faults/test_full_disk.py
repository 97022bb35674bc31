"""A disk that is nearly full: nothing new is kept until there is room. One that is full: the node says so, ends, starts again.

A small disk is a tmpfs of a few hundred KiB that the test mounts itself; where that is not allowed it is skipped.
"""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.test_kill import Load, check_log, check_traces, furnish, stored
from troth.testing.program import NodeProgram
from troth.tlog.checkpoint import VerifierKey

FULL = "disk-full: no space is left where "
ROOMY_KIB = 262_144
MIB = 1_048_576


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
@pytest.mark.parametrize("small_disk", [640, 900, 1_600, 3_000, 6_000], indirect=True)
def test_a_disk_that_becomes_full_under_load_loses_nothing_that_was_acknowledged(small_disk: SmallDisk) -> None:
    data = small_disk.place / "data"
    node = NodeProgram(data, settings={"TROTH_SEGMENT_TICK_S": "1", "TROTH_DISK_RESERVE_MIB": "0"}).start()
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


@pytest.mark.slow
@pytest.mark.parametrize("small_disk", [98_304], indirect=True)
def test_too_little_room_keeps_nothing_new_and_goes_on_by_itself(small_disk: SmallDisk) -> None:
    settings = {"TROTH_SEGMENT_TICK_S": "1", "TROTH_DISK_RESERVE_MIB": "32"}
    with NodeProgram(small_disk.place / "data", settings=settings) as node:
        slug, credential = furnish(node)
        load = Load(node, slug, credential, first=0, enough=500)
        assert load.enough.wait(timeout=60)
        filler = small_disk.place / "somebody else's"
        with filler.open("wb") as file:
            while shutil.disk_usage(small_disk.place).free > 24 * MIB:
                file.write(bytes(MIB))
                file.flush()
        while not _disk(node)["short"]:
            pass  # each round asks the real node, which looks once a second
        path = f"/v1.1/Datastreams({_datastream(node)})/Observations"
        refused = node.ask("POST", path, token=credential, body={"result": 1.5})
        assert refused.status == 429
        assert refused.headers["retry-after"]
        organisation = {"organisation": "https://late.example", "name": "Late", "contact": "mailto:a@late.example"}
        assert 201 == node.ask("POST", "/api/organisations", token=node.operator, body=organisation).status
        assert b"Nothing new is kept now" in node.ask("GET", "/", headers={"Accept": "text/html"}).body
        settled = len(load.acknowledged)
        first = _segments(node)
        while _segments(node) < first + 2:
            pass
        assert settled == len(load.acknowledged), "something was acknowledged without room"
        assert any("nothing new is kept" in line for line in node.said)
        filler.unlink()
        load.enough.clear()
        while len(load.acknowledged) <= settled + 500:
            assert node.ask("GET", "/api/status", token=node.operator).status == 200
        assert not _disk(node)["short"]
        assert any("there is room again" in line for line in node.said)
        assert b"Nothing new is kept now" not in node.ask("GET", "/", headers={"Accept": "text/html"}).body
        assert 0 == node.stop()
        load.stop()
        node.start()
        assert set() == load.acknowledged - stored(node).keys()


def _disk(node: NodeProgram) -> dict[str, object]:
    status = node.ask("GET", "/api/status", token=node.operator).json()
    assert isinstance(status, dict)
    return dict(status["disk"])


def _datastream(node: NodeProgram) -> int:
    listed = node.ask("GET", "/api/things", token=node.operator).json()
    assert isinstance(listed, dict)
    return int(min(listed["things"][0]["datastreams"].values()))


def _segments(node: NodeProgram) -> int:
    status = node.ask("GET", "/api/status", token=node.operator).json()
    assert isinstance(status, dict)
    return int(status["last_segment"]["number"]) if status["last_segment"] else 0
