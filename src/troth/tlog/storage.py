"""What a log needs of the world: a disk, a store of tiles, and a lock that decides. Promises, no implementations.

Rules
- Durable means: a crash or loss of power after the call returned cannot undo it.
- Where a call raises StorageFailed its outcome is unknown: it may have happened, not happened, or happen to be undone by a
  crash. Whoever called it stops using the store and opens the log anew, which looks at what is there.
- "Nothing there" is None; "cannot be read" is StorageFailed. They are never the same.
- One opener at a time; reads of what is durable may come from other threads meanwhile.

Source: record.md, "fsync rules" and "Commit order".
Left out: object stores, which will be TileStore and Lock without a Disk below them.
"""

from collections.abc import Mapping
from typing import Final, Protocol

__all__ = ["ENDED", "ERASURES", "OUTSIDE_NAMES", "Disk", "Lock", "OutsideCopy", "TileStore"]

ERASURES: Final = "erased"
ENDED: Final = "ended"
OUTSIDE_NAMES: Final = (ERASURES, ENDED)
"""What the copy outside holds beside the checkpoint; it is the deployment's, not one log's, so a succession carries it on."""


class Disk(Protocol):
    """One folder and what a file system really promises about it. Paths are relative, with `/` between names.

    Every method raises StorageFailed when the system says no (DiskFull where no space is left). After a failed `sync` or
    `sync_folder` every later call raises StorageFailed too: what the system kept cannot be known any more.
    """

    def read(self, path: str) -> bytes | None:
        """The content as it is now, durable or not; None if there is no such file."""
        ...

    def write(self, path: str, data: bytes) -> None:
        """Make a new file of this name. Durable: nothing. After a crash it may be absent, empty, cut or whole.

        A file that had the name is not written into, it only loses the name: after a crash in the middle of a rename some
        systems show one file under both names.
        """
        ...

    def sync(self, *paths: str) -> None:
        """The content of these files becomes durable, but not their names. In any order: after a crash any may be cut."""
        ...

    def rename(self, old: str, new: str) -> None:
        """Give the file another name in one step, replacing what had it. After a crash either name may be there."""
        ...

    def unlink(self, path: str) -> None:
        """Remove the name; nothing happens if it is not there. After a crash it may be back."""
        ...

    def make_folder(self, path: str) -> None:
        """Make a folder whose parent exists, if it is not there. Its name is durable after `sync_folder(parent)`."""
        ...

    def sync_folder(self, *paths: str) -> None:
        """The names in these folders ("" for the topmost) become durable as they are now, in any order."""
        ...

    def names(self, path: str) -> tuple[str, ...]:
        """The names in this folder, sorted; empty if there is no such folder."""
        ...


class TileStore(Protocol):
    """Named bytes of a log: tiles and bundles that never change, and a few names that are replaced."""

    def get(self, path: str) -> bytes | None:
        """What was kept under this path, or None."""
        ...

    def names(self, folder: str) -> tuple[str, ...]:
        """The names right below this path, sorted; empty if there are none."""
        ...

    def put(self, files: Mapping[str, bytes]) -> None:
        """Keep files that never change. All durable on return; in between some may be there and others not.

        Doing it again with the same bytes changes nothing and makes them durable.

        Raises:
            LogDiverged: one of the paths holds other bytes, which stay.
            StorageFailed: outcome unknown.
        """
        ...

    def replace(self, path: str, data: bytes) -> None:
        """Put `data` in the place of what the path holds, in one step: never a mixture. Durable on return."""
        ...

    def drop(self, path: str) -> None:
        """Forget a file that is replaced or needed no more. Not durable: after a crash it may be there again, whole."""
        ...


class Lock(Protocol):
    """The one place that decides which tree of this log exists: the log's commit point."""

    def load(self) -> bytes | None:
        """What was swapped in last, or None if nothing ever was."""
        ...

    def swap(self, old: bytes | None, new: bytes) -> None:
        """Put `new` where `old` is, or change nothing. Durable on return.

        Raises:
            LogDiverged: something else than `old` is there; it stays.
            StorageFailed: outcome unknown. Open the log anew; sign nothing before that.
        """
        ...


class OutsideCopy(Protocol):
    """What is kept of a deployment away from its data folder, so that a folder that was copied back is noticed and mended.

    A few named files, each replaced as a whole: the last checkpoint (`checkpoint`, by the sequencer, before it publishes) and
    what OUTSIDE_NAMES lists (by whoever must not forget it with the folder, before it counts). One writer: the node that holds
    the data folder. Every TileStore is one.
    """

    def get(self, path: str) -> bytes | None:
        """What was kept under this name, or None.

        Raises:
            StorageFailed: it cannot be read; that is never the same as nothing.
        """
        ...

    def replace(self, path: str, data: bytes) -> None:
        """Put `data` in the place of what the name holds, in one step. Durable on return.

        Raises:
            StorageFailed: outcome unknown.
        """
        ...
