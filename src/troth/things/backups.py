"""Keys of backups: each part of a backup is sealed under keys that die with what the part holds.

Rules
- A *scope* is 32 bytes that stand for what dies alone: the entry of the list of erased things for an identifier or a private
  statement, and hashes made in the same way for the rows of a stream in one period and for a text that can be deleted.
- A part can be opened while the keys of all its scopes are there. Forgetting a scope takes it from every backup ever made.

Source: things.md, "The store" ("backups are encrypted under keys that die with what they cover");
docs/decisions/0035-a-backup-dies-part-by-part.md.
"""

from collections.abc import Iterable
from typing import Protocol

__all__ = ["BackupKeys"]


class BackupKeys(Protocol):
    """The keys of all backups that were made of this deployment."""

    def forget(self, scopes: Iterable[bytes]) -> None:
        """Let the keys of these scopes go, of every backup. Durable on return; doing it again changes nothing. May block.

        Raises:
            StorageFailed: some may be gone.
        """
        ...
