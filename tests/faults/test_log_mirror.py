"""A mirror holds what the log's key has signed and nothing else, comes back from any fault, and notices a source that lies."""

import random

import pytest

from tests.faults.log_machine import KEY, ORIGIN, SIGNER
from tests.vectors.made_signing import seed_of
from troth.errors import LogDiverged, NotFound, StorageFailed
from troth.signing.keys import Ed25519Signer
from troth.testing.disk import Fault, MemoryDisk, PowerLost
from troth.tlog.checkpoint import Checkpoint, VerifierKey, open_checkpoint, sign_checkpoint
from troth.tlog.files import LockFile, TileFiles
from troth.tlog.merkle import leaf_hash, root_of
from troth.tlog.mirror import CONTRADICTION_PATH, copy_tree, follow
from troth.tlog.sequencer import CHECKPOINT_PATH, Sequencer
from troth.tlog.tiles import WIDTH, Tile, decode_bundle, tiles_between, tiles_of
from troth.tlog.tree_files import TreeFiles

JOURNAL = [b"statement %d" % index for index in range(1_000)]
SIZES = (1, 3, 255, 256, 257, 300, 513, 768, 1_000)


def log_of(*sizes: int, entries: list[bytes] = JOURNAL) -> MemoryDisk:
    """The disk of a log that grew through these sizes."""
    disk = MemoryDisk()
    log = Sequencer.open(TileFiles(disk), LockFile(disk), signer=SIGNER, origin=ORIGIN)
    for size in sizes:
        log.append(entries[log.size : size], taken=size)
    return disk


def whole(disk: MemoryDisk, size: int, *, entries: list[bytes] = JOURNAL) -> None:
    """The folder is a log of this size for any reader, and holds nothing that its tree does not have."""
    shown = disk.peek(CHECKPOINT_PATH)
    assert shown is not None
    root = root_of([leaf_hash(entry) for entry in entries[:size]])
    assert Checkpoint(ORIGIN, size, root) == open_checkpoint(shown, KEY)
    tree = TreeFiles(TileFiles(disk), size)
    assert root == tree.root(size)
    found = [entry for at in range(-(-size // WIDTH)) for entry in tree.bundle(at)]
    assert entries[:size] == found
    assert {tile.path for tile in tiles_between(0, size)} == files(disk, "tile")


def files(disk: MemoryDisk, folder: str) -> set[str]:
    found: set[str] = set()
    for name in disk.names(folder):
        path = f"{folder}/{name}"
        found |= {path} if disk.peek(path) is not None else files(disk, path)
    return found


@pytest.mark.parametrize("sizes", [SIZES, (1_000,), (256, 512, 768)])
def test_a_mirror_follows_a_log_and_keeps_what_its_tree_has(sizes: tuple[int, ...]) -> None:
    mirror = MemoryDisk()
    for at, size in enumerate(sizes):
        assert size == follow(TileFiles(log_of(*sizes[: at + 1])), TileFiles(mirror), key=KEY).size
        whole(mirror, size)
    before = mirror.steps
    follow(TileFiles(log_of(*sizes)), TileFiles(mirror), key=KEY)
    whole(mirror, sizes[-1])
    assert mirror.steps - before < 10, "nothing is copied again"


def test_progress_is_told_in_entries() -> None:
    told: list[tuple[int, int]] = []
    follow(TileFiles(log_of(600)), TileFiles(MemoryDisk()), key=KEY, told=lambda done, size: told.append((done, size)))
    assert [(256, 600), (512, 600), (600, 600)] == told


@pytest.mark.parametrize("fault", list(Fault))
def test_a_mirror_comes_back_from_a_fault_at_any_step(fault: Fault) -> None:
    source = TileFiles(log_of(3, 300, 600))
    first = MemoryDisk()
    follow(TileFiles(log_of(3, 300)), TileFiles(first), key=KEY)
    steps = first.steps
    follow(source, TileFiles(first), key=KEY)
    for step in range(first.steps - steps):
        mirror = MemoryDisk()
        follow(TileFiles(log_of(3, 300)), TileFiles(mirror), key=KEY)
        mirror.fail_at(mirror.steps + step, fault)
        with pytest.raises(PowerLost if fault is Fault.POWER else StorageFailed):
            follow(source, TileFiles(mirror), key=KEY)
        mirror.reopen()
        mirror.crash(random.Random(step))
        mirror.calm()
        shown = mirror.peek(CHECKPOINT_PATH)
        assert shown is not None
        assert open_checkpoint(shown, KEY).size in (300, 600), "what it has named stays"
        follow(source, TileFiles(mirror), key=KEY)
        follow(TileFiles(log_of(3, 300, 600, 601)), TileFiles(mirror), key=KEY)
        mirror.crash(None)
        follow(TileFiles(log_of(3, 300, 600, 601)), TileFiles(mirror), key=KEY)
        tree = TreeFiles(TileFiles(mirror), 601)
        assert JOURNAL[:601] == [entry for at in range(3) for entry in tree.bundle(at)]


def test_a_partial_tile_that_the_source_has_collected_is_cut_from_the_full_one() -> None:
    source = log_of(300, 700)
    old = sign_checkpoint(Checkpoint(ORIGIN, 300, root_of([leaf_hash(entry) for entry in JOURNAL[:300]])), SIGNER)
    TileFiles(source).replace(CHECKPOINT_PATH, old)
    for tile in tiles_of(300):
        if tile.level < 1:
            source.unlink(tile.path)
    mirror = MemoryDisk()
    follow(TileFiles(source), TileFiles(mirror), key=KEY)
    whole(mirror, 300)


@pytest.mark.parametrize("path", [tile.path for tile in tiles_between(0, 600)])
@pytest.mark.parametrize("bit", [0, 1_000])
def test_a_source_with_one_wrong_bit_is_refused_and_the_wrong_file_never_kept(path: str, bit: int) -> None:
    source, mirror = log_of(600), MemoryDisk()
    source.flip(path, bit=bit)
    with pytest.raises(LogDiverged):
        follow(TileFiles(source), TileFiles(mirror), key=KEY)
    assert mirror.peek(CHECKPOINT_PATH) is None
    follow(TileFiles(log_of(600)), TileFiles(mirror), key=KEY)
    whole(mirror, 600)


@pytest.mark.parametrize("path", ["tile/0/001", "tile/entries/000", "tile/1/000.p/2"])
def test_a_source_that_lacks_a_file_is_refused(path: str) -> None:
    source = log_of(600)
    source.unlink(path)
    with pytest.raises(NotFound, match=path):
        follow(TileFiles(source), TileFiles(MemoryDisk()), key=KEY)


def test_a_source_that_forks_is_refused_and_both_checkpoints_are_kept() -> None:
    mirror = MemoryDisk()
    follow(TileFiles(log_of(300)), TileFiles(mirror), key=KEY)
    held = mirror.peek(CHECKPOINT_PATH)
    for sizes in ((300,), (301,), (700,)):
        lying = log_of(*sizes, entries=[b"another past", *JOURNAL[1:]])
        with pytest.raises(LogDiverged, match="does not continue the tree of 300"):
            follow(TileFiles(lying), TileFiles(mirror), key=KEY)
        assert held == mirror.peek(CHECKPOINT_PATH)
        assert lying.peek(CHECKPOINT_PATH) == mirror.peek(CONTRADICTION_PATH)
    follow(TileFiles(log_of(300, 700)), TileFiles(mirror), key=KEY)
    whole(mirror, 700)


def test_an_older_source_is_refused() -> None:
    mirror = MemoryDisk()
    follow(TileFiles(log_of(300)), TileFiles(mirror), key=KEY)
    with pytest.raises(LogDiverged, match="the source has 299 entries, the mirror 300"):
        follow(TileFiles(log_of(299)), TileFiles(mirror), key=KEY)
    whole(mirror, 300)


def test_another_key_another_origin_and_an_empty_source_are_refused() -> None:
    source = TileFiles(log_of(3))
    for key in (VerifierKey("example.org/other", SIGNER.public), _other_key()):
        with pytest.raises(LogDiverged, match="not signed by this log's key"):
            follow(source, TileFiles(MemoryDisk()), key=key)
    with pytest.raises(NotFound, match="nothing is in it yet"):
        follow(TileFiles(MemoryDisk()), TileFiles(MemoryDisk()), key=KEY)


def _other_key() -> VerifierKey:
    return VerifierKey(ORIGIN, Ed25519Signer.from_seed(seed_of("other")).public)


def test_a_copied_tree_is_not_named_and_becomes_a_log_with_its_lock_and_checkpoint() -> None:
    source, store = log_of(300), MemoryDisk()
    checkpoint = open_checkpoint(source.peek(CHECKPOINT_PATH) or b"", KEY)
    copy_tree(TileFiles(source), TileFiles(store), checkpoint)
    assert store.peek(CHECKPOINT_PATH) is None
    bundle = store.peek(Tile(-1, 1, 44).path)
    assert bundle is not None
    assert JOURNAL[256:300] == decode_bundle(bundle, width=44)
