"""The keys of backups: one file for each backup, beside the private keys, and never in the backup itself.

Rules
- A file is MAGIC, the secret of the backup's names (32 bytes), then name (16 bytes) and key (32 bytes) of each scope.
- It is made whole, by whoever makes the backup, and only shrinks afterwards: the node writes it anew without what goes.
- It is a new file beside the old, synced, and then in its place; what the file system keeps in freed blocks is the disk's.

Source: record.md, "fsync rules"; docs/reference/stores.md, "Backups".
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from troth.adapters.backup_sealing import KEY_BYTES, NAME_BYTES, name_of
from troth.adapters.folders import make_folder
from troth.adapters.sqlite_files import failed, sync_folder
from troth.errors import NotFound, StorageFailed

__all__ = ["BackupKeyFiles"]

MAGIC: Final = b"troth-backup-keys/1\n"
_SECRET_BYTES: Final = 32
_SUFFIX: Final = ".keys"


class BackupKeyFiles:
    """`BackupKeys` in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def forget(self, scopes: Iterable[bytes]) -> None:
        gone = frozenset(scopes)
        if not gone:
            return
        try:
            for path in sorted(self._folder.glob(f"*{_SUFFIX}")):
                secret, keys = _read(path)
                names = {name_of(scope, secret) for scope in gone}
                left = {name: key for name, key in keys.items() if name not in names}
                if len(left) < len(keys):
                    _write(path, secret, left)
        except OSError as cause:
            raise failed(cause, what="the keys of backups") from cause

    def keep(self, backup: bytes, secret: bytes, keys: Mapping[bytes, bytes]) -> None:
        """Keep the keys of a new backup, durably.

        Raises:
            StorageFailed: they may be kept.
        """
        try:
            make_folder(self._folder, mode=0o700)
            _write(self._path(backup), secret, keys)
        except OSError as cause:
            raise failed(cause, what="the keys of backups") from cause

    def drop(self, backup: bytes) -> None:
        """Let all keys of a backup go: it can never be read again.

        Raises:
            StorageFailed: they may be gone.
        """
        try:
            self._path(backup).unlink(missing_ok=True)
            sync_folder(self._folder)
        except OSError as cause:
            raise failed(cause, what="the keys of backups") from cause

    def read(self, backup: bytes, *, without: Iterable[bytes] = ()) -> dict[bytes, bytes]:
        """The keys of a backup that are left, and not those of scopes `without`.

        Raises:
            NotFound: there are none here.
            StorageFailed: they cannot be read.
        """
        try:
            secret, keys = _read(self._path(backup))
        except FileNotFoundError as cause:
            raise NotFound(
                "the keys of this backup are not here",
                hint="Name the folder of keys that belongs to it with --keys DIR.",
            ) from cause
        except OSError as cause:
            raise failed(cause, what="the keys of backups") from cause
        gone = {name_of(scope, secret) for scope in without}
        return {name: key for name, key in keys.items() if name not in gone}

    def _path(self, backup: bytes) -> Path:
        return self._folder / f"{backup.hex()}{_SUFFIX}"


def _read(path: Path) -> tuple[bytes, dict[bytes, bytes]]:
    data = path.read_bytes()
    at = len(MAGIC) + _SECRET_BYTES
    step = NAME_BYTES + KEY_BYTES
    if not data.startswith(MAGIC) or (len(data) - at) % step or len(data) < at:
        raise StorageFailed("the keys of a backup are damaged")
    keys = {data[i : i + NAME_BYTES]: data[i + NAME_BYTES : i + step] for i in range(at, len(data), step)}
    return data[len(MAGIC) : at], keys


def _write(path: Path, secret: bytes, keys: Mapping[bytes, bytes]) -> None:
    beside = path.with_name(path.name + ".new")
    beside.unlink(missing_ok=True)
    number = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(number, "wb") as file:
        file.write(MAGIC + secret + b"".join(name + key for name, key in keys.items()))
        file.flush()
        os.fsync(file.fileno())
    beside.rename(path)
    sync_folder(path.parent)
