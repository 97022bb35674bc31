"""Files that are prepared for somebody to fetch: a port. What lies in them is sealed by whoever writes them.

Contract
- A file is appended to and read from anywhere; it is nobody's truth, so nothing is flushed to the disk, and none outlives the
  process: `clear` at start takes away what a former one left.
- A file that is not there (any more) reads as nothing, and is deleted without complaint.
- Every call may block; it is made where files may be written (`in_worker`), one at a time.

Source: gate.md, "The barrier" (prepared export files).
"""

from typing import Protocol

__all__ = ["PreparedFiles"]


class PreparedFiles(Protocol):
    """Where prepared files lie. Names are lower-case hexadecimal digits."""

    def append(self, name: str, data: bytes) -> None:
        """Add to the end of a file; the first time makes it.

        Raises:
            StorageFailed: there is no room, or it cannot be written.
        """
        ...

    def read(self, name: str, *, offset: int, length: int) -> bytes:
        """At most `length` bytes from `offset` on; fewer at the end, none where there is nothing.

        Raises:
            StorageFailed: it is there and cannot be read.
        """
        ...

    def delete(self, name: str) -> None:
        """Take a file away.

        Raises:
            StorageFailed: it is there and cannot be taken away.
        """
        ...

    def clear(self) -> None:
        """Take all files away. Raises as `delete`."""
        ...
