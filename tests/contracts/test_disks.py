"""Every Disk keeps the same promises: the real folder and its twin in memory."""

from collections.abc import Callable
from pathlib import Path

import pytest

from troth.adapters.log_folder import FolderDisk
from troth.errors import LogDiverged, StorageFailed
from troth.testing.disk import Fault, MemoryDisk
from troth.tlog.files import LockFile, TileFiles
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
