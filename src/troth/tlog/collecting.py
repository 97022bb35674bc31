"""Delete partial tiles and bundles once the full one has been there for a while.

Rules
- Only what lies below the published tree's full tiles goes, and only where the full file is really there: no published tree,
  and no step that could be carried on after a crash, needs it any more.
- A partial tile of a tile that is not full yet stays, whatever its width: a checkpoint named it.
- The time of grace is counted from when this program first saw the tile full, so a restart begins it again. Somebody who has
  just read an older checkpoint can still fetch what it names.
- Deleting is not made durable. What a crash brings back whole is found and deleted by the next program.

Source: C2SP tlog-tiles, "Partial Tiles"; record.md, "The log".
Owner of all state: whoever writes the log; never at the same time as an append.
Left out: pruning, and removing the folders that become empty.
"""

from collections import deque
from typing import Final

from troth.clock import NS_PER_S, Clock
from troth.tlog.storage import TileStore
from troth.tlog.tiles import ENTRIES, HEIGHT, MAX_LEVEL, WIDTH, Tile

__all__ = ["GRACE_S", "Collector"]

GRACE_S: Final = 3_600  # far above what a client needs between a checkpoint and its tiles


class Collector:
    """Collects the partial tiles of one log, from the left, each once per program."""

    def __init__(self, store: TileStore, clock: Clock, *, grace_s: int = GRACE_S) -> None:
        self._store = store
        self._clock = clock
        self._grace_ns = grace_s * NS_PER_S
        self._seen: deque[tuple[int, int]] = (
            deque()
        )  # published sizes with a tile more than before, and when they were seen
        self._done = 0  # the published size up to which everything is collected

    def collect(self, size: int) -> int:
        """Delete what has been full for the time of grace in the published tree of `size` entries; returns how many files.

        Raises:
            StorageFailed: something could not be listed or deleted; nothing that is needed is gone.
        """
        now = self._clock.ticks()
        newest = self._seen[-1][0] if self._seen else self._done
        if size // WIDTH > newest // WIDTH:
            self._seen.append((size, now))
        gone = 0
        while self._seen and now - self._seen[0][1] >= self._grace_ns:
            full = self._seen[0][0]
            for level in range(ENTRIES, MAX_LEVEL + 1):
                shift = HEIGHT * (max(level, 0) + 1)
                if not full >> shift:
                    break
                for index in range(self._done >> shift, full >> shift):
                    gone += self._below(Tile(level, index))
            self._done = full
            self._seen.popleft()
        return gone

    def _below(self, tile: Tile) -> int:
        """Delete the partial forms of one tile."""
        folder = f"{tile.path}.p"
        names = self._store.names(folder)
        if not names or self._store.get(tile.path) is None:
            return 0
        for name in names:
            self._store.drop(f"{folder}/{name}")
        return len(names)
