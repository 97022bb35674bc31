"""A tree as its tiles hold it: nodes, entries and roots read from a store, the next tree computed, a staged one checked.

Rules
- Nothing is remembered between calls: every append begins by reading the right edge and hashing it to the root that the lock
  names. A bit that flipped on disk or in memory since the last time is found before anything is signed.
- Nodes are always read from the tiles of the largest tree there is, whose tiles begin with those of every smaller one.

Source: C2SP tlog-tiles; RFC 9162 §2.1; record.md, "Re-read and re-hash".
Left out: signing and order (`sequencer`), names of files (`tiles`).
"""

from collections.abc import Mapping, Sequence

from troth.errors import BadProof, LogDiverged
from troth.tlog.merkle import EMPTY_ROOT, hash_span, leaf_hash, root_of
from troth.tlog.staging import Staging
from troth.tlog.storage import TileStore
from troth.tlog.tiles import (
    ENTRIES,
    HEIGHT,
    MAX_LEVEL,
    WIDTH,
    Tile,
    decode_bundle,
    decode_tile,
    encode_bundle,
    parse_path,
)

__all__ = ["TreeFiles", "grow", "recheck"]


class TreeFiles:
    """The tree of `size` leaves in a store, with `over` laid over the store's files. Reads each tile once."""

    def __init__(self, store: TileStore, size: int, *, over: Mapping[str, bytes] | None = None) -> None:
        self._store = store
        self._size = size
        self._over = over or {}
        self._tiles: dict[Tile, list[bytes]] = {}

    @property
    def size(self) -> int:
        """How many leaves."""
        return self._size

    @property
    def store(self) -> TileStore:
        """Where the files lie."""
        return self._store

    def tile(self, level: int, index: int) -> list[bytes]:
        """The hashes of tile `index` of a level as this tree has it; empty where the tree does not reach.

        Raises:
            LogDiverged: the file is missing or of the wrong length.
        """
        width = min(WIDTH, (self._size >> (HEIGHT * level)) - index * WIDTH)
        if width <= 0:
            return []
        name = Tile(level, index, width)
        if name not in self._tiles:
            self._tiles[name] = _whole(name, self._read(name))
        return self._tiles[name]

    def bundle(self, index: int) -> list[bytes]:
        """The entries of bundle `index` as this tree has it, each checked against its leaf hash.

        Raises:
            LogDiverged: the file is missing, cut, or does not hash to the tile beside it.
        """
        leaves = self.tile(0, index)
        if not leaves:
            return []
        name = Tile(ENTRIES, index, len(leaves))
        entries = _whole(name, self._read(name))
        if [leaf_hash(entry) for entry in entries] != leaves:
            raise LogDiverged(f"the log's file {name.path} does not hash to the tile beside it")
        return entries

    def entry(self, index: int) -> bytes:
        """The entry at `index`, which is inside the tree."""
        return self.bundle(index // WIDTH)[index % WIDTH]

    def node(self, level: int, index: int) -> bytes:
        """The complete node (level, index)."""
        row, below = divmod(level, HEIGHT)
        first, count = index << below, 1 << below
        hashes = self.tile(row, first // WIDTH)[first % WIDTH :][:count]
        if len(hashes) != count:
            raise LogDiverged("a tile of the log ends before the node that its tree has there")
        return root_of(hashes)

    def root(self, size: int) -> bytes:
        """The root of the first `size` leaves; `size` is at most this tree's."""
        return hash_span((0, size), self.node) if size else EMPTY_ROOT

    def _read(self, name: Tile) -> bytes:
        data = self._over.get(name.path)
        if data is None:
            data = self._store.get(name.path)
        if data is None:
            raise LogDiverged(
                f"the log's file {name.path} is missing",
                hint="Restore the log folder from a mirror; nothing was signed.",
            )
        return data


def grow(tree: TreeFiles, entries: Sequence[bytes], *, root: bytes) -> tuple[bytes, dict[str, bytes]]:
    """The root and the new files of the tree with `entries` behind it; `root` is what the old one must hash to.

    Raises:
        LogDiverged: the store does not hold that old tree.
    """
    if tree.root(tree.size) != root:
        raise LogDiverged("the log's tiles do not hash to the locked tree; nothing was signed")
    first = tree.size // WIDTH
    files: dict[str, bytes] = {}
    _cut(files, ENTRIES, first, [*tree.bundle(first), *entries])
    fresh = [leaf_hash(entry) for entry in entries]
    for level in range(MAX_LEVEL + 1):
        if not fresh:
            break
        first = (tree.size >> (HEIGHT * level)) // WIDTH
        row = [*tree.tile(level, first), *fresh]
        _cut(files, level, first, row)
        fresh = [root_of(row[at : at + WIDTH]) for at in range(0, len(row) - WIDTH + 1, WIDTH)]
    size = tree.size + len(entries)
    return TreeFiles(tree.store, size, over=files).root(size), files


def recheck(tree: TreeFiles, staging: Staging) -> None:
    """Hash again what was written: every staged entry, every full tile into the level above, the edge into the root.

    Raises:
        LogDiverged: what was written is not what was meant; nothing must be signed.
    """
    after = TreeFiles(tree.store, staging.size, over=staging.files)
    for path in staging.files:
        name = parse_path(path)
        if name.level == ENTRIES:
            after.bundle(name.index)
        elif name.width == WIDTH and after.node(HEIGHT * (name.level + 1), name.index) != root_of(
            after.tile(name.level, name.index)
        ):
            raise LogDiverged(f"the log's file {path} does not hash to the tile above it")
    if tree.root(staging.old_size) != staging.old_root or after.root(staging.old_size) != staging.old_root:
        raise LogDiverged("the staged tree does not continue the locked one")
    if after.root(staging.size) != staging.root:
        raise LogDiverged("the staged tiles do not hash to the staged root")


def _cut(files: dict[str, bytes], level: int, first: int, row: Sequence[bytes]) -> None:
    for at in range(0, len(row), WIDTH):
        part = row[at : at + WIDTH]
        name = Tile(level, first + at // WIDTH, len(part))
        files[name.path] = encode_bundle(part) if level == ENTRIES else b"".join(part)


def _whole(name: Tile, data: bytes) -> list[bytes]:
    try:
        return (decode_bundle if name.level == ENTRIES else decode_tile)(data, width=name.width)
    except BadProof as cause:
        raise LogDiverged(f"the log's file {name.path} is damaged") from cause
