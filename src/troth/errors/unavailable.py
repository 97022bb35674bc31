"""Errors of a world that is not ready: `retry_after_s` says when to try again (drawn in the package)."""

from troth.errors.family import TrothError

__all__ = [
    "Busy",
    "DiskFull",
    "FolderInUse",
    "FolderNotWritable",
    "FormatTooNew",
    "LogDiverged",
    "NodeAbsent",
    "PortTaken",
    "ReadTooLong",
    "StorageFailed",
    "Unavailable",
]


class Unavailable(TrothError):
    """The world is not ready.

    Args:
        message: one sentence, safe to show.
        retry_after_s: seconds after which trying again makes sense; 0 when somebody must act first.
        hint: what the reader can do.
    """

    code = "unavailable"

    def __init__(self, message: str, *, retry_after_s: float = 0.0, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.retry_after_s = retry_after_s


class Busy(Unavailable):
    """A bounded queue is full; nothing was kept."""

    code = "busy"


class ReadTooLong(Unavailable):
    """A reading was ended because it took too long; nothing of it was given."""

    code = "read-too-long"


class StorageFailed(Unavailable):
    """Reading or writing storage failed; what was not acknowledged may or may not be kept."""

    code = "storage-failed"


class DiskFull(StorageFailed):
    """No space is left where a truth file lies."""

    code = "disk-full"


class FolderInUse(Unavailable):
    """Another node holds the lock of this data folder."""

    code = "folder-in-use"


class FolderNotWritable(Unavailable):
    """The data folder cannot be made or written."""

    code = "folder-not-writable"


class PortTaken(Unavailable):
    """Another program listens on this port."""

    code = "port-taken"


class FormatTooNew(Unavailable):
    """A truth file was written by a newer program than this one."""

    code = "format-too-new"


class LogDiverged(Unavailable):
    """The log's lock and its published checkpoint contradict each other; nothing will be signed."""

    code = "log-diverged"


class NodeAbsent(Unavailable):
    """No node answers at the address where one was expected."""

    code = "node-absent"
