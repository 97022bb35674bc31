"""The log refuses to go on where lock, publication, files and the copy outside contradict each other, and signs nothing."""

from collections.abc import Callable

import pytest

from tests.faults.log_machine import KEY, ORIGIN, SIGNER, Machine, position
from tests.vectors.made_signing import P256Signer, seed_of
from troth.errors import BadNote, BadPath, FormatTooNew, LogDiverged, NotFound, StorageFailed, TooLarge
from troth.signing import cbor
from troth.signing.keys import Ed25519Signer
from troth.testing.disk import MemoryDisk
from troth.tlog.checkpoint import Checkpoint, sign_checkpoint
from troth.tlog.files import LOCK_PATH, LockFile, TileFiles
from troth.tlog.merkle import leaf_hash, root_of, verify_consistency, verify_inclusion
from troth.tlog.proof import verify
from troth.tlog.sequencer import CHECKPOINT_PATH, STAGING_PATH, Sequencer
from troth.tlog.staging import Staging, encode_staging

JOURNAL = [b"statement %d" % index for index in range(300)]
SIZE = 260


@pytest.fixture(scope="module")
def whole() -> Machine:
    machine = Machine(JOURNAL)
    machine.run(upto=1, batch=1)
    machine.run(upto=SIZE, batch=100)
    return machine


@pytest.fixture
def machine(whole: Machine) -> Machine:
    return whole.copy()


def put(disk: MemoryDisk, path: str, data: bytes) -> None:
    TileFiles(disk).replace(path, data)


def checkpoint_of(size: int, root: bytes) -> bytes:
    return sign_checkpoint(Checkpoint(ORIGIN, size, root), SIGNER)


def refuses(machine: Machine, match: str) -> None:
    """Opening says why, changes no lock and signs nothing."""
    signed, held = len(machine.signer.signed), machine.inside.peek(LOCK_PATH)
    with pytest.raises(LogDiverged, match=match):
        machine.open()
    assert signed == len(machine.signer.signed)
    assert held == machine.inside.peek(LOCK_PATH)


def test_what_is_published_ahead_of_the_lock_stops_the_log(machine: Machine) -> None:
    put(machine.inside, CHECKPOINT_PATH, checkpoint_of(SIZE + 1, bytes(32)))
    refuses(machine, "published checkpoint has 261 entries, the lock 260")


def test_what_is_published_without_any_lock_stops_the_log(machine: Machine) -> None:
    machine.inside.unlink(LOCK_PATH)
    refuses(machine, "the lock 0")


@pytest.mark.parametrize("size", [SIZE, SIZE - 1, 1])
def test_another_tree_published_at_a_size_the_log_has_stops_it(machine: Machine, size: int) -> None:
    put(machine.inside, CHECKPOINT_PATH, checkpoint_of(size, bytes(32)))
    refuses(machine, f"another tree of {size} entries|staging bundle for them is gone")


@pytest.mark.parametrize("size", [SIZE + 1, 1_000])
def test_a_copy_outside_that_knows_more_stops_a_folder_that_was_rolled_back(machine: Machine, size: int) -> None:
    put(machine.outside, CHECKPOINT_PATH, checkpoint_of(size, bytes(32)))
    refuses(machine, "kept outside the folder has")


def test_a_folder_copied_back_is_refused_although_nothing_inside_shows_it(machine: Machine) -> None:
    old = machine.copy()
    machine.run(upto=SIZE + 10, batch=5)
    old.outside = machine.outside
    refuses(old, "kept outside the folder has 270 entries, the lock 260")


def test_a_new_folder_under_an_old_origin_is_refused(machine: Machine) -> None:
    machine.inside = Machine(JOURNAL).inside
    refuses(machine, "the lock 0")


@pytest.mark.parametrize("size", [SIZE, SIZE - 1, 1])
def test_a_copy_outside_of_another_tree_stops_the_log(machine: Machine, size: int) -> None:
    put(machine.outside, CHECKPOINT_PATH, checkpoint_of(size, bytes(32)))
    refuses(machine, "kept outside the folder names another tree")


def test_an_older_copy_outside_is_brought_up_to_date(machine: Machine) -> None:
    put(machine.outside, CHECKPOINT_PATH, checkpoint_of(100, machine.root(100)))
    assert machine.open().checkpoint() == machine.outside.peek(CHECKPOINT_PATH)
    machine.outside.unlink(CHECKPOINT_PATH)
    assert machine.open().checkpoint() == machine.outside.peek(CHECKPOINT_PATH)


@pytest.mark.parametrize("path", [CHECKPOINT_PATH, LOCK_PATH])
@pytest.mark.parametrize("bit", range(3, 2_000, 333))
def test_a_damaged_checkpoint_or_lock_stops_the_log(machine: Machine, path: str, bit: int) -> None:
    machine.inside.flip(path, bit=bit)
    with pytest.raises((LogDiverged, FormatTooNew)):
        machine.open()


def test_a_lock_of_a_newer_program_is_refused_by_name(machine: Machine) -> None:
    put(machine.inside, LOCK_PATH, cbor.encode({"format": 2}))
    with pytest.raises(FormatTooNew, match="newer"):
        machine.open()


@pytest.mark.parametrize("bit", [0, 7, 777])
@pytest.mark.parametrize("path", ["tile/0/001.p/4", "tile/1/000.p/1"])
def test_one_bit_of_the_edge_stops_the_log_at_opening(machine: Machine, path: str, bit: int) -> None:
    machine.inside.flip(path, bit=bit)
    refuses(machine, "another tree|damaged")


@pytest.mark.parametrize("path", ["tile/0/001.p/4", "tile/1/000.p/1", "tile/entries/001.p/4"])
@pytest.mark.parametrize("bit", [0, 7, 777])
def test_one_bit_turned_while_the_log_is_open_is_found_before_signing(machine: Machine, path: str, bit: int) -> None:
    log = machine.open()
    signed = len(machine.signer.signed)
    machine.inside.flip(path, bit=bit)
    with pytest.raises(LogDiverged):
        log.append([b"next"], taken=log.taken + 1)
    assert signed == len(machine.signer.signed)


def test_a_full_tile_is_looked_at_when_it_is_asked_for(machine: Machine) -> None:
    log = machine.open()
    machine.inside.flip("tile/0/000", bit=5)
    with pytest.raises(LogDiverged, match="does not hash to the tile beside it"):
        log.entry(0)
    machine.inside.unlink("tile/0/000")
    with pytest.raises(LogDiverged, match="missing"):
        log.prove(0)


class FlippingDisk(MemoryDisk):
    """Writes one bit of a staging bundle wrongly and says nothing."""

    bit = 0

    def write(self, path: str, data: bytes) -> None:
        super().write(path, data)
        if path.startswith(STAGING_PATH):
            self.flip(path, bit=self.bit)


@pytest.mark.parametrize("bit", range(0, 4_000, 397))
def test_one_bit_written_wrongly_is_found_before_signing(bit: int) -> None:
    machine = Machine(JOURNAL)
    disk = FlippingDisk()
    disk.bit = bit
    log = Sequencer.open(TileFiles(disk), LockFile(disk), signer=machine.signer, origin=ORIGIN)
    with pytest.raises((LogDiverged, FormatTooNew)):
        log.append(JOURNAL[:3], taken=3)
    assert [] == machine.signer.signed
    assert disk.peek(LOCK_PATH) is None


def staging_for(machine: Machine, change: Callable[[dict[str, bytes]], None]) -> bytes:
    """A staging bundle with a right checksum around wrong content: what a bit that flipped in memory leaves."""
    twin = machine.copy()
    size, root = SIZE, machine.root(SIZE)
    twin.run(upto=SIZE + 2, batch=2)
    paths = ("tile/entries/001.p/6", "tile/0/001.p/6")
    files = {path: data for path in paths if (data := twin.inside.peek(path)) is not None}
    change(files)
    return encode_staging(Staging(size, root, SIZE + 2, machine.root(SIZE + 2), position(SIZE + 1), files))


def turn(path: str, at: int) -> Callable[[dict[str, bytes]], None]:
    def change(files: dict[str, bytes]) -> None:
        data = bytearray(files[path])
        data[at] ^= 1
        files[path] = bytes(data)

    return change


def test_a_staged_tree_that_is_right_is_carried_on(machine: Machine) -> None:
    put(machine.inside, STAGING_PATH, staging_for(machine, lambda _: None))
    log = machine.open()
    assert (SIZE + 2, position(SIZE + 1)) == (log.size, log.taken)
    machine.check(log, upto=SIZE + 2)


@pytest.mark.parametrize(
    "change",
    [
        turn("tile/0/001.p/6", 5),
        turn("tile/0/001.p/6", 32 * 6 - 1),
        turn("tile/entries/001.p/6", 3),
        turn("tile/entries/001.p/6", -1),
        lambda files: files.pop("tile/0/001.p/6"),
        lambda files: files.update({"tile/1/000.p/1": bytes(32)}),
    ],
)
def test_a_staged_tree_whose_hashes_are_wrong_is_never_signed(
    machine: Machine, change: Callable[[dict[str, bytes]], None]
) -> None:
    put(machine.inside, STAGING_PATH, staging_for(machine, change))
    refuses(machine, r".")


def test_a_staged_tree_of_another_log_is_never_signed(machine: Machine) -> None:
    strange = Staging(SIZE - 5, bytes(32), SIZE - 1, bytes(32), 9, {})
    put(machine.inside, STAGING_PATH, encode_staging(strange))
    refuses(machine, "neither the locked tree nor the next")
    machine.inside.flip(STAGING_PATH, bit=9)
    refuses(machine, "staging bundle is damaged")


def test_a_lock_ahead_without_its_staging_bundle_stops_the_log(machine: Machine) -> None:
    put(machine.inside, CHECKPOINT_PATH, checkpoint_of(100, machine.root(100)))
    refuses(machine, "staging bundle for them is gone")


def test_a_lock_moved_by_somebody_else_stops_the_log(machine: Machine) -> None:
    log = machine.open()
    put(machine.inside, LOCK_PATH, b"somebody else's")
    with pytest.raises(LogDiverged, match="moved by somebody else"):
        log.append([b"next"], taken=log.taken + 1)
    assert b"somebody else's" == machine.inside.peek(LOCK_PATH)


def test_a_file_of_another_tree_in_the_way_stops_the_log(machine: Machine) -> None:
    log = machine.open()
    put(machine.inside, "tile/0/001.p/5", bytes(160))
    with pytest.raises(LogDiverged, match="files of a log never change"):
        log.append([b"next"], taken=log.taken + 1)
    assert bytes(160) == machine.inside.peek("tile/0/001.p/5")


@pytest.mark.parametrize(
    ("signer", "origin"), [(Ed25519Signer.from_seed(seed_of("other")), ORIGIN), (SIGNER, "example.org/other")]
)
def test_another_key_or_origin_does_not_open_the_log(machine: Machine, signer: Ed25519Signer, origin: str) -> None:
    tiles, lock = TileFiles(machine.inside), LockFile(machine.inside)
    with pytest.raises(LogDiverged, match="not signed by this log's key"):
        Sequencer.open(tiles, lock, signer=signer, origin=origin)


def test_a_log_needs_a_name_and_a_key_that_a_note_can_carry() -> None:
    disk = MemoryDisk()
    for signer, origin in ((SIGNER, "two words"), (SIGNER, ""), (P256Signer("log"), ORIGIN)):
        with pytest.raises(BadNote):
            Sequencer.open(TileFiles(disk), LockFile(disk), signer=signer, origin=origin)


def test_an_entry_too_long_is_refused_and_nothing_is_taken(machine: Machine) -> None:
    log = machine.open()
    before = log.taken
    with pytest.raises(TooLarge):
        log.append([b"fine", bytes(65_536)], taken=before + 2)
    assert (SIZE, before) == (log.size, log.taken)
    log.append([bytes(65_535), b""], taken=before + 2)
    assert (SIZE + 2, b"", bytes(65_535)) == (log.size, log.entry(SIZE + 1), log.entry(SIZE))


def test_a_position_is_not_taken_twice(machine: Machine) -> None:
    log = machine.open()
    for taken in (log.taken, log.taken - 1, 0):
        with pytest.raises(RuntimeError, match="taken twice"):
            log.append([b"again"], taken=taken)
    with pytest.raises(RuntimeError, match="taken twice"):
        log.append([], taken=log.taken - 1)
    assert SIZE == log.size


def test_positions_without_entries_move_nothing_but_the_position(machine: Machine) -> None:
    log, steps = machine.open(), machine.inside.steps
    signed = len(machine.signer.signed)
    log.append([], taken=log.taken + 7)
    assert (SIZE, position(SIZE - 1) + 7) == (log.size, log.taken)
    assert signed == len(machine.signer.signed)
    assert steps + 2 >= machine.inside.steps
    assert position(SIZE - 1) == machine.open().taken


@pytest.mark.parametrize(
    "path",
    [
        ".state/lock",
        ".state/staging",
        "../checkpoint",
        "tile/0/../../.state/lock",
        "",
        "checkpoint.new",
        "tile/0/001.p/4.new",
    ],
)
def test_nothing_but_the_public_files_is_read_by_path(machine: Machine, path: str) -> None:
    with pytest.raises(BadPath):
        machine.open().read(path)


def test_what_the_log_has_not_is_not_found(machine: Machine) -> None:
    log = machine.open()
    for path in ("tile/0/001", "tile/0/001.p/200", "tile/5/000", "tile/entries/002"):
        with pytest.raises(NotFound):
            log.read(path)
    for index in (-1, SIZE, 1 << 40):
        with pytest.raises(NotFound):
            log.entry(index)
        with pytest.raises(NotFound):
            log.prove(index)
    for size in (-1, 0, 5, SIZE + 1):
        with pytest.raises(NotFound):
            log.prove(5, size=size)
    for old in (-1, 0, SIZE + 1):
        with pytest.raises(NotFound):
            log.prove_growth(old)
    disk = MemoryDisk()
    empty = Sequencer.open(TileFiles(disk), LockFile(disk), signer=SIGNER, origin=ORIGIN)
    for ask in (empty.checkpoint, lambda: empty.entry(0), lambda: empty.proof(0)):
        with pytest.raises(NotFound):
            ask()


def test_a_log_whose_disk_cannot_be_read_says_so_and_not_that_it_is_empty(machine: Machine) -> None:
    class Unreadable(MemoryDisk):
        def read(self, path: str) -> bytes | None:
            raise StorageFailed(f"{path} cannot be read")

    with pytest.raises(StorageFailed):
        Sequencer.open(TileFiles(Unreadable()), LockFile(MemoryDisk()), signer=SIGNER, origin=ORIGIN)


def test_every_entry_and_every_growth_is_proved_from_the_files(machine: Machine) -> None:
    log = machine.open()
    leaves = [leaf_hash(entry) for entry in JOURNAL[:SIZE]]
    for size in (1, 2, 200, 256, 257, SIZE):
        root = root_of(leaves[:size])
        for index in {0, size // 2, size - 1}:
            path = log.prove(index, size=size)
            verify_inclusion(leaves[index], index=index, size=size, path=path, root=root)
        path = log.prove_growth(size)
        verify_consistency(old=size, new=SIZE, old_root=root, new_root=log.latest.root, path=path)
    assert log.latest == verify(log.proof(259), leaf=leaves[259], key=KEY)
