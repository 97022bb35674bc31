"""Two programs on one log: at most one publishes, and the other stops and says why (R3)."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.faults.log_machine import KEY, ORIGIN, SIGNER
from troth.adapters.log_folder import LogFolder
from troth.errors import FolderInUse, LogDiverged, StorageFailed
from troth.testing.disk import MemoryDisk
from troth.tlog.checkpoint import open_checkpoint
from troth.tlog.files import LockFile, TileFiles
from troth.tlog.merkle import leaf_hash, root_of
from troth.tlog.sequencer import Sequencer

FIRST = [b"first %d" % index for index in range(5)]
OURS = [b"ours"]


class Meeting:
    """A TileStore and Lock in whose n-th call somebody else comes first."""

    def __init__(self, disk: MemoryDisk, other: Callable[[], None] = lambda: None) -> None:
        self._tiles = TileFiles(disk)
        self._lock = LockFile(disk)
        self._at = -1
        self._other = other
        self.calls = 0

    def arm(self, at: int) -> None:
        """Let the other come in the call of this number, counted from now."""
        self._at = self.calls + at

    def get(self, path: str) -> bytes | None:
        self._meet()
        return self._tiles.get(path)

    def put(self, files: Mapping[str, bytes]) -> None:
        self._meet()
        self._tiles.put(files)

    def names(self, folder: str) -> tuple[str, ...]:
        return self._tiles.names(folder)

    def replace(self, path: str, data: bytes) -> None:
        self._meet()
        self._tiles.replace(path, data)

    def drop(self, path: str) -> None:
        self._meet()
        self._tiles.drop(path)

    def load(self) -> bytes | None:
        return self._lock.load()

    def swap(self, old: bytes | None, new: bytes) -> None:
        self._meet()
        self._lock.swap(old, new)

    def _meet(self) -> None:
        if self.calls == self._at:
            self._other()
        self.calls += 1


def begun() -> MemoryDisk:
    disk = MemoryDisk()
    log = Sequencer.open(TileFiles(disk), LockFile(disk), signer=SIGNER, origin=ORIGIN)
    log.append(FIRST, taken=5)
    return disk


def append(log: Sequencer, entries: list[bytes]) -> Exception | None:
    try:
        log.append(entries, taken=log.taken + len(entries))
    except (LogDiverged, StorageFailed) as error:
        return error
    return None


CALLS = 9  # of one append to a log of five entries; the test below counts them


@pytest.mark.parametrize("theirs", [[b"theirs"], [b"theirs", b"and more"], OURS], ids=["other", "longer", "the same"])
@pytest.mark.parametrize("at", range(CALLS))
def test_of_two_sequencers_without_a_folder_to_hold_one_publishes_and_the_other_stops(
    at: int, theirs: list[bytes]
) -> None:
    disk = begun()
    other = Sequencer.open(TileFiles(disk), LockFile(disk), signer=SIGNER, origin=ORIGIN)
    lost: list[Exception | None] = []
    meeting = Meeting(disk, lambda: lost.append(append(other, theirs)))
    log = Sequencer.open(meeting, meeting, signer=SIGNER, origin=ORIGIN)
    meeting.arm(at)
    failed = append(log, OURS)
    assert 1 == len(lost), "the other came"
    if theirs == OURS:
        # Both say the same, so whoever was first, the tree is one; nobody was told of another.
        assert root_of([leaf_hash(entry) for entry in (*FIRST, *OURS)]) == published(disk)[1]
        return
    assert sorted([failed is None, lost[0] is None]) in ([False, True], [False, False])
    for error in (failed, lost[0]):
        if error is not None:
            assert str(error)
    winner = OURS if failed is None else theirs if lost[0] is None else []
    entries = [*FIRST, *winner]
    assert (len(entries), root_of([leaf_hash(entry) for entry in entries])) == published(disk)
    for loser, error in ((log, failed), (other, lost[0])):
        if error is not None:
            with pytest.raises(StorageFailed, match="opened anew"):
                loser.append([b"again"], taken=loser.taken + 1)


def published(disk: MemoryDisk) -> tuple[int, bytes]:
    shown = disk.peek("checkpoint")
    assert shown is not None
    checkpoint = open_checkpoint(shown, KEY)
    return checkpoint.size, checkpoint.root


def test_the_calls_of_an_append_are_all_met() -> None:
    meeting = Meeting(begun())
    log = Sequencer.open(meeting, meeting, signer=SIGNER, origin=ORIGIN)
    before = meeting.calls
    log.append(OURS, taken=6)
    assert CALLS == meeting.calls - before


def opened(folder: LogFolder) -> Sequencer:
    return Sequencer.open(folder.tiles, folder.lock, signer=SIGNER, origin=ORIGIN)


def test_who_no_longer_holds_the_folder_writes_nothing_and_says_so(tmp_path: Path) -> None:
    """Somebody removes what looks like a stale lock, and a second program comes in."""
    with LogFolder(tmp_path) as first:
        log = opened(first)
        log.append(FIRST, taken=5)
        (tmp_path / ".state" / "open").unlink()
        with LogFolder(tmp_path) as second:
            other = opened(second)
            before = (tmp_path / "checkpoint").read_bytes()
            with pytest.raises(FolderInUse, match="does not hold"):
                log.append(OURS, taken=6)
            with pytest.raises(StorageFailed, match="opened anew"):
                log.append(OURS, taken=6)
            assert before == (tmp_path / "checkpoint").read_bytes()
            assert [b"theirs"] == _appended(other, b"theirs")
    with LogFolder(tmp_path) as again:
        assert [*FIRST, b"theirs"] == [opened(again).entry(index) for index in range(6)]


def _appended(log: Sequencer, entry: bytes) -> list[bytes]:
    log.append([entry], taken=log.taken + 1)
    return [log.entry(log.size - 1)]


def test_a_folder_whose_hold_was_removed_is_written_by_nobody_until_it_is_opened(tmp_path: Path) -> None:
    with LogFolder(tmp_path) as folder:
        log = opened(folder)
        log.append(FIRST, taken=5)
        (tmp_path / ".state" / "open").unlink()
        with pytest.raises(FolderInUse):
            log.append(OURS, taken=6)
    with LogFolder(tmp_path) as again:
        assert 5 == opened(again).size
