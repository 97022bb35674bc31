"""Copy a log, everything checked on the way: what is kept hashes to a checkpoint that the log's key has signed.

Rules
- A checkpoint is taken only when its tree begins with the tree mirrored before. One that is older, or says something else, is
  refused; the one that contradicts is kept beside as evidence (CONTRADICTION_PATH).
- Top down: the right edge is hashed to the root, each full tile to the hash above it, each bundle to its tile; only then is it
  kept. So a wrong file of the source never takes the place of a right one.
- The checkpoint comes last. What is there before it is a longer copy without a name: beginning again goes on from it.
- Partial tiles of the checkpoint before go when the next one is kept. Memory is bounded by a few tiles and one bundle.

Source: record.md, "Loss and restore"; C2SP tlog-tiles ("Partial Tiles": a client falls back to the full one).
Left out: where source and mirror lie, when to look again, witnesses.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Final, Protocol

from troth.errors import BadNote, BadProof, LogDiverged, NotFound, TooLarge
from troth.tlog.checkpoint import Checkpoint, VerifierKey, open_checkpoint
from troth.tlog.merkle import EMPTY_ROOT, hash_span, leaf_hash, root_of
from troth.tlog.storage import TileStore
from troth.tlog.tiles import (
    ENTRIES,
    HEIGHT,
    WIDTH,
    Tile,
    decode_bundle,
    decode_tile,
    encode_bundle,
    tiles_between,
    tiles_of,
)

__all__ = ["CONTRADICTION_PATH", "Source", "copy_tree", "follow", "known"]

CHECKPOINT_PATH: Final = "checkpoint"
CONTRADICTION_PATH: Final = "contradiction"
_KEPT_TILES: Final = 64
_AT_ONCE_BYTES: Final = 1_048_576
_FORKED: Final = (
    "Two signed trees of one log contradict each other. Keep both checkpoints, and ask whoever runs the log; "
    "the mirror stays as it was."
)


class Source(Protocol):
    """Where a log is read: a folder, or a node over HTTP."""

    def get(self, path: str) -> bytes | None:
        """The bytes of a public file of the log, or None if there is none."""
        ...


def known(source: Source, key: VerifierKey, *, where: str) -> tuple[bytes, Checkpoint] | None:
    """The checkpoint that lies there, signed and read, or None.

    Raises:
        LogDiverged: it is not one of this log, signed by this key.
    """
    signed = source.get(CHECKPOINT_PATH)
    if signed is None:
        return None
    try:
        return signed, open_checkpoint(signed, key)
    except (BadNote, TooLarge) as cause:
        raise LogDiverged(
            f"the checkpoint of {where} is not signed by this log's key for this origin",
            hint="Is the key the one you were given for this log, and this the log you mean?",
        ) from cause


def follow(
    source: Source,
    mirror: TileStore,
    *,
    key: VerifierKey,
    told: Callable[[int, int], None] = lambda _done, _size: None,
) -> Checkpoint:
    """Bring a mirror up to the source's checkpoint. On return all of it is durable.

    Args:
        source: the log.
        mirror: where it is copied to.
        key: the log's, given from outside.
        told: called with the number of entries kept so far and of all.

    Raises:
        NotFound: the source has no checkpoint, or lacks a file of its tree.
        LogDiverged: it contradicts its checkpoint, or the tree mirrored before; or is older.
        StorageFailed: the mirror could not be written; begin again.
    """
    found = known(source, key, where="the source")
    if found is None:
        raise NotFound("there is no log to mirror, or nothing is in it yet")
    signed, now = found
    held = known(mirror, key, where="the mirror")
    before = Checkpoint(now.origin, 0, EMPTY_ROOT) if held is None else held[1]
    if now.size < before.size:
        raise LogDiverged(
            f"the source has {now.size} entries, the mirror {before.size}",
            hint="The source is older than what was mirrored, as after restoring a backup. The mirror stays as it was.",
        )
    tree = _Sure(source, mirror, now)
    if before.size and hash_span((0, before.size), tree.node) != before.root:
        mirror.replace(CONTRADICTION_PATH, signed)
        raise LogDiverged(f"the source does not continue the tree of {before.size} entries in the mirror", hint=_FORKED)
    _keep(tree, mirror, tiles_between(before.size, now.size), told=told)
    mirror.replace(CHECKPOINT_PATH, signed)
    needed = {tile.path for tile in tiles_of(now.size)}
    for tile in tiles_of(before.size):
        if tile.width < WIDTH and tile.path not in needed:
            mirror.drop(tile.path)
    return now


def copy_tree(source: Source, store: TileStore, checkpoint: Checkpoint) -> None:
    """Keep every file of a checkpoint's tree in `store`, durably, without naming it there.

    Raises:
        NotFound, LogDiverged, StorageFailed: as `follow`.
    """
    tree = _Sure(source, store, checkpoint)
    _keep(tree, store, tiles_between(0, checkpoint.size), told=lambda _done, _size: None)


def _keep(tree: "_Sure", store: TileStore, tiles: Iterable[Tile], *, told: Callable[[int, int], None]) -> None:
    files: dict[str, bytes] = {}
    for tile in tiles:
        entries = tile.level == ENTRIES
        row = tree.bundle(tile.index) if entries else tree.tile(tile.level, tile.index)
        files[tile.path] = encode_bundle(row) if entries else b"".join(row)
        if sum(map(len, files.values())) >= _AT_ONCE_BYTES:
            store.put(files)
            files = {}
        if entries:
            told(min((tile.index + 1) * WIDTH, tree.size), tree.size)
    store.put(files)


class _Sure:
    """The tree of a checkpoint; whatever it gives has been hashed up to the root."""

    def __init__(self, source: Source, kept: Source, checkpoint: Checkpoint) -> None:
        self._source = source
        self._kept = kept
        self.size = checkpoint.size
        self._tiles: OrderedDict[tuple[int, int], list[bytes]] = OrderedDict()
        self._edges: dict[int, list[bytes]] = {}  # partial tiles, by level
        # The right edge: every hash of its partial tiles counts in the root (RFC 9162 §2.1), and what is full lies below them.
        root = hash_span((0, self.size), self._edge) if self.size else EMPTY_ROOT
        if root != checkpoint.root:
            raise LogDiverged("the files of the source do not hash to the root of its checkpoint")

    def tile(self, level: int, index: int) -> list[bytes]:
        """The hashes of a tile, as this tree has it."""
        row = self._tiles.pop((level, index), None)
        if row is None:
            row = self._read(level, index)
        self._tiles[level, index] = row
        if len(self._tiles) > _KEPT_TILES:
            self._tiles.popitem(last=False)
        return row

    def bundle(self, index: int) -> list[bytes]:
        """The entries of a bundle, as this tree has it."""
        leaves = self.tile(0, index)
        name = Tile(ENTRIES, index, len(leaves))

        def fits(entries: list[bytes]) -> bool:
            return [leaf_hash(entry) for entry in entries] == leaves

        return self._first(name, decode_bundle, fits)

    def node(self, level: int, index: int) -> bytes:
        """A complete node."""
        row, below = divmod(level, HEIGHT)
        first, count = index << below, 1 << below
        return root_of(self.tile(row, first // WIDTH)[first % WIDTH :][:count])

    def _edge(self, level: int, index: int) -> bytes:
        """A node of the right edge, not hashed up to anything yet: the caller compares the root."""
        row, below = divmod(level, HEIGHT)
        first, count = index << below, 1 << below
        name = Tile(row, first // WIDTH, self._width(row, first // WIDTH))
        hashes = self._first(name, decode_tile, lambda _row: True)
        if name.width < WIDTH:
            self._edges[row] = hashes
        return root_of(hashes[first % WIDTH :][:count])

    def _read(self, level: int, index: int) -> list[bytes]:
        name = Tile(level, index, self._width(level, index))
        if name.width < WIDTH:
            return self._edges[level]
        above = self.tile(level + 1, index // WIDTH)[index % WIDTH]
        return self._first(name, decode_tile, lambda row: root_of(row) == above)

    def _width(self, level: int, index: int) -> int:
        return min(WIDTH, (self.size >> (HEIGHT * level)) - index * WIDTH)

    def _first(
        self, name: Tile, decode: Callable[..., list[bytes]], fits: Callable[[list[bytes]], bool]
    ) -> list[bytes]:
        """The first copy that fits: what is kept already, but the source's own where nothing is above it."""
        places = (self._kept, self._source) if name.width == WIDTH else (self._source, self._kept)
        lacking = True
        for place in places:
            data, width = place.get(name.path), name.width
            if data is None and width < WIDTH:  # the log has grown meanwhile, and its partial one is gone
                data, width = place.get(Tile(name.level, name.index).path), WIDTH
            if data is None:
                continue
            lacking = False
            with suppress(BadProof):
                row = decode(data, width=width)[: name.width]
                if fits(row):
                    return row
        if lacking:
            raise NotFound(f"the source lacks the file {name.path}")
        raise LogDiverged(f"the file {name.path} is damaged, or of another tree than the checkpoint's")
