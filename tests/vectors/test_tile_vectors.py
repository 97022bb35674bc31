"""A real tiled log at sizes 0 to 15 (transparency-dev/tessera): checkpoints, tiles and entry bundles agree with each other."""

from pathlib import Path

import pytest

from troth.errors import BadNote, BadProof
from troth.tlog.checkpoint import VerifierKey, open_checkpoint
from troth.tlog.merkle import (
    EMPTY_ROOT,
    Frontier,
    Tree,
    consistency_spans,
    hash_span,
    inclusion_spans,
    leaf_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from troth.tlog.tiles import ENTRIES, Tile, decode_bundle, decode_tile, encode_bundle, parse_path, tiles_of

FOLDER = Path("log-vectors/transparency-dev-tessera/testdata/log")
KEY = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"
SIZES = range(16)


@pytest.fixture(params=SIZES)
def size(request: pytest.FixtureRequest) -> int:
    number: int = request.param
    return number


def leaves_of(log: Path, size: int) -> list[bytes]:
    return decode_tile((log / Tile(0, 0, size).path).read_bytes(), width=size) if size else []


def test_every_checkpoint_is_signed_and_names_the_root_of_its_tile(shared_data: Path, size: int) -> None:
    log = shared_data / FOLDER
    checkpoint = open_checkpoint((log / f"checkpoint.{size}").read_bytes(), VerifierKey.parse(KEY))
    leaves = leaves_of(log, size)
    assert (size, root_of(leaves)) == (checkpoint.size, checkpoint.root)
    assert checkpoint.root == Tree(leaves).root == Frontier().append(leaves).root
    assert checkpoint.text.encode() == (log / f"checkpoint.{size}").read_bytes().partition(b"\n\n")[0] + b"\n"


def test_the_empty_tree_has_the_hash_of_nothing(shared_data: Path) -> None:
    checkpoint = open_checkpoint((shared_data / FOLDER / "checkpoint.0").read_bytes(), VerifierKey.parse(KEY))
    assert EMPTY_ROOT == checkpoint.root


@pytest.mark.parametrize("size", SIZES[1:])
def test_every_bundle_hashes_to_its_tile_and_has_one_spelling(shared_data: Path, size: int) -> None:
    log = shared_data / FOLDER
    data = (log / Tile(ENTRIES, 0, size).path).read_bytes()
    entries = decode_bundle(data, width=size)
    assert leaves_of(log, size) == [leaf_hash(entry) for entry in entries]
    assert data == encode_bundle(entries)
    with pytest.raises(BadProof):
        decode_bundle(data, width=size + 1)
    with pytest.raises(BadProof):
        decode_bundle(data[:-1], width=size)


def test_every_file_of_the_log_has_the_path_we_would_give_it(shared_data: Path) -> None:
    log = shared_data / FOLDER
    found = {str(path.relative_to(log)) for path in (log / "tile").rglob("*") if path.is_file()}
    assert found == {parse_path(path).path for path in found}
    assert found == {tile.path for size in SIZES for tile in tiles_of(size)}


def test_every_leaf_of_every_tree_is_proved_and_under_no_other_root(shared_data: Path, size: int) -> None:
    tree = Tree(leaves_of(shared_data / FOLDER, size))
    for index in range(size):
        path = tree.path(index)
        assert path == [hash_span(span, tree.node) for span in inclusion_spans(index, size)]
        verify_inclusion(tree.node(0, index), index=index, size=size, path=path, root=tree.root)
        with pytest.raises(BadProof):
            verify_inclusion(tree.node(0, index), index=index, size=size, path=path, root=EMPTY_ROOT)


def test_every_tree_continues_every_earlier_one(shared_data: Path, size: int) -> None:
    log = shared_data / FOLDER
    key = VerifierKey.parse(KEY)
    tree = Tree(leaves_of(log, size))
    for old in range(1, size):
        root = open_checkpoint((log / f"checkpoint.{old}").read_bytes(), key).root
        path = [hash_span(span, tree.node) for span in consistency_spans(old, size)]
        verify_consistency(old=old, new=size, old_root=root, new_root=tree.root, path=path)
        with pytest.raises(BadProof):
            verify_consistency(old=old, new=size, old_root=EMPTY_ROOT, new_root=tree.root, path=path)


def test_a_checkpoint_under_another_size_is_not_signed(shared_data: Path) -> None:
    data = (shared_data / FOLDER / "checkpoint.7").read_bytes()
    with pytest.raises(BadNote, match="does not verify"):
        open_checkpoint(data.replace(b"\n7\n", b"\n8\n"), VerifierKey.parse(KEY))
