"""What is done with stores beside their node: backups, their keys, a look through all of it."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from troth.drivers.certificates import read_authority
from troth.drivers.paths import keys_folder, path_of, store_paths
from troth.settings import Settings
from troth.things.backups import BackupKeys
from troth.things.checked import StoreChecking
from troth.things.prepared import PreparedFiles

if TYPE_CHECKING:
    from troth.adapters.backup_keys import BackupKeyFiles
    from troth.adapters.backup_making import BackupMaking
    from troth.adapters.backup_restoring import BackupRestoring

__all__ = [
    "open_backup_keys",
    "open_backup_making",
    "open_backup_restoring",
    "open_check",
    "open_prepared",
    "read_backup_keys",
]


def open_backup_keys(settings: Settings) -> BackupKeys:
    """The keys of all backups, beside the private keys."""
    return _backup_keys(settings)


def _backup_keys(settings: Settings) -> "BackupKeyFiles":
    from troth.adapters.backup_keys import BackupKeyFiles

    return BackupKeyFiles(keys_folder(settings) / "backups")


def open_prepared(settings: Settings) -> PreparedFiles:
    """Where archives that are prepared for people lie, sealed; what is there is nobody's truth."""
    from troth.adapters.prepared_folder import PreparedFolder

    return PreparedFolder(settings.folder / "prepared")


def open_backup_making(
    settings: Settings, *, entropy: Callable[[int], bytes], pause: Callable[[], None]
) -> "BackupMaking":
    """A backup of all stores, which begins when it is written."""
    from troth.adapters.backup_making import BackupMaking
    from troth.adapters.backup_reading import Source

    return BackupMaking(
        Source(store_paths(settings), pause=pause), _backup_keys(settings), entropy=entropy, pause=pause
    )


def open_backup_restoring(settings: Settings, *, mirror: Path) -> "BackupRestoring":
    """All stores, brought back into a data folder in which there are none; the log's files go to `mirror`."""
    from troth.adapters.backup_restoring import BackupRestoring

    return BackupRestoring(store_paths(settings), mirror=mirror)


def read_backup_keys(folder: Path, backup: bytes, *, without: Iterable[bytes]) -> Mapping[bytes, bytes]:
    """The keys of one backup that are left in a folder of private keys.

    Raises:
        NotFound: there are none.
        StorageFailed: they cannot be read.
    """
    from troth.adapters.backup_keys import BackupKeyFiles

    return BackupKeyFiles(folder / "backups").read(backup, without=without)


def open_check(settings: Settings, *, now_ns: int) -> StoreChecking:
    """A look through all databases, as of `now_ns`."""
    named = {
        "journal": settings.journal,
        "conduct": settings.conduct,
        "ledgers": settings.ledgers,
        "accounts": settings.accounts,
        "sessions": settings.sessions,
    }
    paths = {kind: path_of(url, "sqlite", settings) for kind, url in named.items()}
    partitions = path_of(settings.observations, "sqlite", settings)
    from troth.adapters.check_accounts import Authorities
    from troth.adapters.check_stores import StoreCheck

    return StoreCheck(paths, partitions, Authorities(read_authority(settings), now_ns))
