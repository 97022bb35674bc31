"""Prepared files, in memory and in a folder: the same contract, and a folder that nobody else reads."""

from collections.abc import Callable
from pathlib import Path

import pytest

from troth.adapters.prepared_folder import PreparedFolder
from troth.errors import Malformed, StorageFailed
from troth.signing.slices import SliceKey
from troth.testing.contracts_prepared import PREPARED
from troth.testing.memory_prepared import MemoryPrepared
from troth.things.prepared import PreparedFiles


@pytest.mark.parametrize("contract", PREPARED, ids=lambda each: each.__name__)
def test_in_memory(contract: Callable[[PreparedFiles], None]) -> None:
    contract(MemoryPrepared())


@pytest.mark.parametrize("contract", PREPARED, ids=lambda each: each.__name__)
def test_in_a_folder(contract: Callable[[PreparedFiles], None], tmp_path: Path) -> None:
    contract(PreparedFolder(tmp_path / "a" / "prepared"))


def test_the_folder_and_its_files_are_for_nobody_else(tmp_path: Path) -> None:
    PreparedFolder(tmp_path / "prepared").append("ab", b"x")
    assert 0o700 == (tmp_path / "prepared").stat().st_mode & 0o777
    assert 0o600 == (tmp_path / "prepared" / "ab").stat().st_mode & 0o777


def test_a_folder_that_fails_says_so(tmp_path: Path) -> None:
    (tmp_path / "prepared").write_bytes(b"no folder")
    files = PreparedFolder(tmp_path / "prepared")
    for ask in (
        lambda: files.append("ab", b"x"),
        lambda: files.read("ab", offset=0, length=1),
        lambda: files.delete("ab"),
        files.clear,
    ):
        with pytest.raises(StorageFailed):
            ask()


def test_a_link_in_the_place_of_a_file_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "prepared").mkdir()
    (tmp_path / "prepared" / "ab").symlink_to(tmp_path / "victim")
    with pytest.raises(StorageFailed):
        PreparedFolder(tmp_path / "prepared").append("ab", b"x")
    assert not (tmp_path / "victim").exists()


def test_a_slice_opens_in_its_place_and_file_only() -> None:
    key, other = SliceKey(bytes(32)), SliceKey(b"\x01" * 32)
    sealed = key.seal(3, b"text")
    assert b"text" == key.open(3, sealed)
    for holder, number, data in ((key, 4, sealed), (other, 3, sealed), (key, 3, sealed[:-1]), (key, 3, b"")):
        with pytest.raises(Malformed):
            holder.open(number, data)
