"""A WitnessStore as files on any Disk: a folder for each log with its key, the record, and evidence.

Rules
- Keys and evidence are written once; the record is replaced in one step (`files`). Names are made durable with their folders.
- What is read of a record is made durable first: a swap that was seen once must not be undone by a later crash.

Source: record.md, "fsync rules"; tlog/storage (Disk).
Left out: keeping a second witness out, which needs the real system (`adapters/witness_folder`).
"""

from typing import Final

from troth.errors import Conflict, LogDiverged
from troth.tlog.files import TileFiles
from troth.tlog.fork import FORK_SUFFIX
from troth.tlog.storage import Disk

__all__ = ["WitnessFiles"]

_LOGS: Final = "logs"
_KEY: Final = "key"
_RECORD: Final = "checkpoint"
_EVIDENCE: Final = "evidence"


class WitnessFiles:
    """A WitnessStore on a Disk. Calls never interleave: who has several threads puts a lock around."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        self._files = TileFiles(disk)

    def follow(self, log: str, key: bytes) -> None:
        """See WitnessStore."""
        try:
            self._files.put({f"{_LOGS}/{log}/{_KEY}": key})
        except LogDiverged as cause:
            raise Conflict("a log of this origin is followed under another key") from cause

    def logs(self) -> tuple[str, ...]:
        """See WitnessStore."""
        return tuple(log for log in self._disk.names(_LOGS) if self.key(log) is not None)

    def key(self, log: str) -> bytes | None:
        """See WitnessStore."""
        return self._disk.read(f"{_LOGS}/{log}/{_KEY}")

    def load(self, log: str) -> bytes | None:
        """See WitnessStore."""
        folder = f"{_LOGS}/{log}"
        there = self._disk.read(f"{folder}/{_RECORD}")
        if there is not None:
            self._disk.sync(f"{folder}/{_RECORD}")
            self._disk.sync_folder(folder)
        return there

    def swap(self, log: str, old: bytes | None, new: bytes) -> None:
        """See WitnessStore."""
        path = f"{_LOGS}/{log}/{_RECORD}"
        if self._disk.read(path) != old:
            raise LogDiverged("the record of this log was moved by somebody else")
        self._files.replace(path, new)

    def keep(self, log: str, name: str, data: bytes) -> None:
        """See WitnessStore."""
        path = f"{_LOGS}/{log}/{_EVIDENCE}/{name}{FORK_SUFFIX}"
        if self._disk.read(path) is None:
            self._files.put({path: data})

    def evidence(self, log: str) -> tuple[str, ...]:
        """See WitnessStore."""
        names = self._disk.names(f"{_LOGS}/{log}/{_EVIDENCE}")
        return tuple(name.removesuffix(FORK_SUFFIX) for name in names if name.endswith(FORK_SUFFIX))

    def shown(self, log: str, name: str) -> bytes | None:
        """See WitnessStore."""
        return self._disk.read(f"{_LOGS}/{log}/{_EVIDENCE}/{name}{FORK_SUFFIX}")
