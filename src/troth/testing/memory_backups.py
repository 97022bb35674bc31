"""The keys of backups in memory: what was ever forgotten, for tests to look at.

Source: things/backups (the port).
"""

from collections.abc import Iterable

__all__ = ["MemoryBackupKeys"]


class MemoryBackupKeys:
    """`BackupKeys` of a world in which nobody makes backups."""

    def __init__(self) -> None:
        self.forgotten: set[bytes] = set()

    def forget(self, scopes: Iterable[bytes]) -> None:
        self.forgotten.update(scopes)
