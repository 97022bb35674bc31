"""Every Disk keeps the same promises: the real folder and its twin in memory."""

from collections.abc import Callable
from pathlib import Path

import pytest

from troth.adapters.log_folder import FolderDisk
from troth.errors import LogDiverged, StorageFailed
from troth.signing.keys import Ed25519Signer
from troth.testing.disk import Fault, MemoryDisk
from troth.tlog.collecting import Collector
from troth.tlog.files import LockFile, TileFiles
from troth.tlog.sequencer import Sequencer
from troth.tlog.storage import Disk


@pytest.fixture(params=["folder", "memory"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Disk:
    return FolderDisk(tmp_path) if request.param == "folder" else MemoryDisk()


def test_what_is_not_there_is_none_and_not_an_error(disk: Disk) -> None:
    disk.make_folder("folder")
    for path in ("file", "folder/file", "no/such/folder/file"):
        assert disk.read(path) is None
    assert () == disk.names("nowhere") == disk.names("folder")
    disk.unlink("file")


def test_what_is_written_is_read_and_listed(disk: Disk) -> None:
    disk.make_folder("a")
    disk.make_folder("a")
    disk.make_folder("a/b")
    for path, data in {"a/x": b"1", "a/b/y": b"", "z": b"3"}.items():
        disk.write(path, data)
        disk.sync(path)
        assert data == disk.read(path)
    for folder in ("", "a", "a/b"):
        disk.sync_folder(folder)
    assert (("a", "z"), ("b", "x"), ("y",)) == (disk.names(""), disk.names("a"), disk.names("a/b"))


def test_a_rename_takes_the_place_of_what_was_there(disk: Disk) -> None:
    disk.write("old", b"old")
    disk.write("new", b"new")
    disk.rename("new", "old")
    assert (b"new", None, ("old",)) == (disk.read("old"), disk.read("new"), disk.names(""))


def test_writing_a_name_again_makes_another_file(disk: Disk) -> None:
    disk.write("beside", b"first")
    disk.rename("beside", "name")
    disk.write("beside", b"second")
    assert (b"first", b"second") == (disk.read("name"), disk.read("beside"))


@pytest.mark.parametrize(
    "deed",
    [
        lambda disk: disk.write("no/such/file", b""),
        lambda disk: disk.rename("no", "such"),
        lambda disk: disk.make_folder("no/such"),
    ],
)
def test_what_cannot_be_done_is_storage_failed(disk: Disk, deed: Callable[[Disk], None]) -> None:
    with pytest.raises(StorageFailed):
        deed(disk)
    disk.write("still", b"works")
    assert b"works" == disk.read("still")


@pytest.mark.parametrize("deed", [lambda disk: disk.sync("no"), lambda disk: disk.sync_folder("no")])
def test_after_a_failed_sync_nothing_works_any_more(disk: Disk, deed: Callable[[Disk], None]) -> None:
    disk.write("before", b"")
    with pytest.raises(StorageFailed):
        deed(disk)
    for later in (
        lambda: disk.write("after", b""),
        lambda: disk.read("before"),
        lambda: disk.sync("before"),
        lambda: disk.names(""),
        lambda: disk.rename("before", "after"),
        lambda: disk.unlink("before"),
        lambda: disk.make_folder("folder"),
    ):
        with pytest.raises(StorageFailed):
            later()


def test_files_that_never_change_are_put_again_and_not_over(disk: Disk) -> None:
    store = TileFiles(disk)
    store.put({"tile/0/000": b"a", "tile/entries/000": b"b"})
    store.put({"tile/0/000": b"a", "tile/1/000.p/1": b"c"})
    with pytest.raises(LogDiverged):
        store.put({"tile/0/001": b"d", "tile/0/000": b"other"})
    got = [store.get(path) for path in ("tile/0/000", "tile/entries/000", "tile/1/000.p/1", "tile/9/000")]
    assert [b"a", b"b", b"c", None] == got


def test_files_that_are_replaced_are_whole_and_can_be_dropped(disk: Disk) -> None:
    store = TileFiles(disk)
    for data in (b"one", b"two"):
        store.replace(".state/staging", data)
        assert data == store.get(".state/staging")
    store.drop(".state/staging")
    store.drop(".state/staging")
    assert store.get(".state/staging") is None


def test_a_lock_moves_from_what_it_holds_and_from_nothing_else(disk: Disk) -> None:
    lock = LockFile(disk)
    assert lock.load() is None
    with pytest.raises(LogDiverged):
        lock.swap(b"something", b"one")
    assert lock.load() is None
    lock.swap(None, b"one")
    for wrong in (None, b"two", b""):
        with pytest.raises(LogDiverged):
            lock.swap(wrong, b"three")
    assert b"one" == lock.load()
    lock.swap(b"one", b"two")
    assert b"two" == LockFile(disk).load()


# --- partial tiles are collected once full ---


class Ticking:
    """Ticks when it is told to."""

    def __init__(self) -> None:
        self.seconds = 0

    def now(self) -> int:
        return self.seconds * 10**9

    def ticks(self) -> int:
        return self.seconds * 10**9


def log_on(disk: Disk) -> Sequencer:
    signer = Ed25519Signer.from_seed(bytes(32))
    return Sequencer.open(TileFiles(disk), LockFile(disk), signer=signer, origin="example.org/log")


def grow(log: Sequencer, size: int) -> None:
    """Append up to this size, in two steps that leave partial tiles of two widths."""
    for upto in (size - 1, size):
        if upto > log.size:
            log.append([b"entry %d" % at for at in range(log.size, upto)], taken=upto)


def partials(disk: Disk, folder: str = "tile") -> set[str]:
    found: set[str] = set()
    for name in disk.names(folder):
        path = f"{folder}/{name}"
        found |= partials(disk, path) if disk.names(path) else {path} if ".p/" in path else set()
    return found


def test_partial_tiles_go_after_the_time_of_grace_and_only_where_the_full_one_is(disk: Disk) -> None:
    clock = Ticking()
    collector = Collector(TileFiles(disk), clock, grace_s=60)
    log = log_on(disk)
    grow(log, 100)
    clock.seconds = 1_000
    assert 0 == collector.collect(log.size)  # nothing is full, whatever its age
    kept = {f"tile/{level}/000.p/{width}" for level in ("0", "entries") for width in (99, 100)}
    assert kept == partials(disk)
    grow(log, 300)
    assert 0 == collector.collect(log.size)
    clock.seconds += 59
    assert 0 == collector.collect(log.size)
    assert kept < partials(disk)
    clock.seconds += 1
    assert len(kept) == collector.collect(log.size)
    edge = {f"tile/{level}/001.p/{width}" for level in ("0", "entries") for width in (43, 44)}
    assert edge | {"tile/1/000.p/1"} == partials(disk)
    assert 0 == collector.collect(log.size)
    assert [b"entry %d" % at for at in range(300)] == [log.entry(at) for at in range(300)]


def test_a_tile_that_fills_later_has_a_grace_of_its_own(disk: Disk) -> None:
    clock = Ticking()
    collector = Collector(TileFiles(disk), clock, grace_s=60)
    log = log_on(disk)
    for at, size in enumerate((200, 300, 500, 600)):
        grow(log, size)
        clock.seconds = at * 20
        collector.collect(log.size)
    assert {"000", "001", "002"} == {path.split("/")[2][:3] for path in partials(disk) if path.startswith("tile/0/")}
    clock.seconds = 20 + 60
    collector.collect(log.size)
    assert {"001", "002"} == {path.split("/")[2][:3] for path in partials(disk) if path.startswith("tile/0/")}
    clock.seconds = 60 + 60
    collector.collect(log.size)
    assert {"002"} == {path.split("/")[2][:3] for path in partials(disk) if path.startswith("tile/0/")}


def test_a_partial_tile_without_its_full_one_stays(disk: Disk) -> None:
    clock = Ticking()
    collector = Collector(TileFiles(disk), clock, grace_s=0)
    log = log_on(disk)
    grow(log, 200)
    grow(log, 300)
    disk.unlink("tile/0/000")
    collector.collect(log.size)
    assert {"tile/0/000.p/199", "tile/0/000.p/200"} < partials(disk)
    assert not {path for path in partials(disk) if path.startswith("tile/entries/000.p/")}


def test_a_new_program_collects_what_an_earlier_one_left(disk: Disk) -> None:
    log = log_on(disk)
    grow(log, 200)
    grow(log, 300)
    clock = Ticking()
    later = Collector(TileFiles(disk), clock, grace_s=60)
    assert 0 == later.collect(log_on(disk).size)
    clock.seconds = 60
    assert 4 == later.collect(log_on(disk).size)
    again = log_on(disk)
    grow(again, 310)
    assert 310 == again.size


def test_higher_levels_are_collected_too(disk: Disk) -> None:
    clock = Ticking()
    collector = Collector(TileFiles(disk), clock, grace_s=0)
    log = log_on(disk)
    for size in (256, 255 * 256, 256 * 256 + 1):
        log.append([b"%d" % at for at in range(log.size, size)], taken=size)
    assert {
        "tile/1/000.p/1",
        "tile/1/000.p/255",
        "tile/2/000.p/1",
        "tile/0/256.p/1",
        "tile/entries/256.p/1",
    } == partials(disk)
    assert 2 == collector.collect(log.size)
    assert {"tile/2/000.p/1", "tile/0/256.p/1", "tile/entries/256.p/1"} == partials(disk)
    log.append([b"more"], taken=log.size + 1)
    assert b"255" == log.entry(255)


def test_the_memory_disk_forgets_what_was_not_synced() -> None:
    disk = MemoryDisk()
    disk.write("content", b"synced")
    disk.sync("content")
    disk.write("name", b"not synced")
    disk.sync_folder("")
    disk.write("neither", b"")
    disk.make_folder("folder")
    disk.crash()
    assert (("content", "name"), b"synced", b"") == (disk.names(""), disk.read("content"), disk.read("name"))


def test_the_memory_disk_forgets_a_synced_file_whose_name_was_not() -> None:
    disk = MemoryDisk()
    disk.write("file", b"synced")
    disk.sync("file")
    disk.crash()
    assert () == disk.names("")


@pytest.mark.parametrize(("fault", "there"), [(Fault.FAILS, None), (Fault.FAILS_BUT_PERSISTED, b"x")])
def test_the_memory_disk_fails_as_it_is_told(fault: Fault, there: bytes | None) -> None:
    disk = MemoryDisk()
    disk.fail_at(0, fault)
    with pytest.raises(StorageFailed):
        disk.write("file", b"x")
    assert there == disk.read("file")
