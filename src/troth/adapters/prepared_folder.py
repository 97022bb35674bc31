"""Prepared files in a folder of the data folder, readable by whoever runs the node's program alone.

Source: `things.prepared` (the contract).
Left out: fsync: what a crash loses here is asked for again.
"""

import os
from contextlib import suppress
from pathlib import Path

from troth.errors import StorageFailed

__all__ = ["PreparedFolder"]


class PreparedFolder:
    """A `things.prepared.PreparedFiles`. The folder is made when the first file is."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def append(self, name: str, data: bytes) -> None:
        """As the port says."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = os.open(self._folder / name, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
            try:
                view = memoryview(data)
                while view:
                    view = view[os.write(file, view) :]
            finally:
                os.close(file)
        except OSError as cause:
            raise StorageFailed(f"a prepared file cannot be written ({cause.strerror})") from cause

    def read(self, name: str, *, offset: int, length: int) -> bytes:
        """As the port says."""
        try:
            with (self._folder / name).open("rb") as opened:
                opened.seek(offset)
                return opened.read(length)
        except FileNotFoundError:
            return b""
        except OSError as cause:
            raise StorageFailed(f"a prepared file cannot be read ({cause.strerror})") from cause

    def delete(self, name: str) -> None:
        """As the port says."""
        try:
            with suppress(FileNotFoundError):
                (self._folder / name).unlink()
        except OSError as cause:
            raise StorageFailed(f"a prepared file cannot be taken away ({cause.strerror})") from cause

    def clear(self) -> None:
        """As the port says."""
        try:
            names = [each.name for each in self._folder.iterdir()]
        except FileNotFoundError:
            return
        except OSError as cause:
            raise StorageFailed(f"prepared files cannot be listed ({cause.strerror})") from cause
        for name in names:
            self.delete(name)
