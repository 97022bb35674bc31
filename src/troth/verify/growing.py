"""A tree grown from entry bundles, one after the other: every tile it must have, and its root, in little memory.

Rules
- What is kept is the unfinished right edge: at most 255 hashes for each level of tiles.
- Full bundles come first, in order; a last one that is not full is only looked at (`edge`), so that growing can go on later.

Source: C2SP tlog-tiles; RFC 9162 §2.1.1.
Left out: where bundles and tiles come from, and who signed the root.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from troth.tlog.merkle import EMPTY_ROOT, root_of
from troth.tlog.tiles import WIDTH, Tile

__all__ = ["MAX_ROWS", "Growing"]

MAX_ROWS: Final = 8  # levels of tiles above the lowest, for 256^8 leaves


class Growing:
    """The right edge of a tree of full bundles.

    Args:
        bundles: how many full bundles it covers.
        rows: per level of tiles from 1 up, the hashes of its unfinished tile.
    """

    def __init__(self, bundles: int = 0, rows: Sequence[Sequence[bytes]] = ()) -> None:
        self.bundles = bundles
        self.rows = [list(row) for row in rows]

    def full(self, leaves: Sequence[bytes]) -> Iterator[tuple[Tile, bytes]]:
        """Take the 256 leaf hashes of the next bundle; gives every tile that is complete now, lowest first."""
        if len(leaves) != WIDTH:
            raise ValueError("a full bundle has 256 entries")
        done, index = list(leaves), self.bundles
        self.bundles += 1
        level = 0
        while True:
            yield Tile(level, index), b"".join(done)
            node, index = root_of(done), index // WIDTH
            level += 1
            if level > len(self.rows):
                self.rows.append([])
            row = self.rows[level - 1]
            row.append(node)
            if len(row) < WIDTH:
                return
            done = row
            self.rows[level - 1] = []

    def edge(self, leaves: Sequence[bytes] = ()) -> list[tuple[Tile, bytes]]:
        """The unfinished tiles of the tree with these fewer than 256 leaves behind its full bundles."""
        tiles = [(Tile(0, self.bundles, len(leaves)), b"".join(leaves))] if leaves else []
        index = self.bundles
        for level, row in enumerate(self.rows, start=1):
            index //= WIDTH
            if row:
                tiles.append((Tile(level, index, len(row)), b"".join(row)))
        return tiles

    def root(self, leaves: Sequence[bytes] = ()) -> bytes:
        """The root of the tree with these fewer than 256 leaves behind its full bundles.

        Tiles have a width that is a power of two, so a tile that is not full is the right edge of the level above it.
        """
        edge = root_of(leaves) if leaves else None
        for row in self.rows:
            hashes = row if edge is None else [*row, edge]
            edge = root_of(hashes) if hashes else None
        return EMPTY_ROOT if edge is None else edge
