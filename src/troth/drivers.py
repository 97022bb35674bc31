"""From a settings URL to the adapter it names; an adapter is imported only when it is chosen.

Rules
- `sqlite:PATH`, `folder:PATH` and `file:PATH` are relative to the data folder. Another scheme is a BadSetting.
- Nothing here keeps state; the caller closes what it opened.

Source: house.md, "Ports".
"""

import ssl
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from troth.clock import NS_PER_S, Clock
from troth.errors import BadSetting
from troth.journeys.accounts import AccountStore
from troth.journeys.enrol import Unfit
from troth.journeys.witness_door import WitnessDoor
from troth.settings import Settings
from troth.signing.certificates import Authority
from troth.signing.keys import KeyStore
from troth.statements.journal import Journal
from troth.things.backups import BackupKeys
from troth.things.checked import StoreChecking
from troth.things.ledgers import LedgerStore
from troth.things.making import SegmentMaker
from troth.things.stores import ConductStore, ObservationStore
from troth.tlog.files import TileFiles
from troth.tlog.storage import Lock, TileStore
from troth.tlog.witness import WitnessStore

if TYPE_CHECKING:
    from troth.adapters.backup_keys import BackupKeyFiles
    from troth.adapters.backup_making import BackupMaking
    from troth.adapters.backup_reading import StorePaths
    from troth.adapters.backup_restoring import BackupRestoring
    from troth.adapters.data_folder import DataFolder

__all__ = [
    "Closing",
    "LogPlace",
    "TlsFolder",
    "WitnessPlace",
    "free_bytes",
    "hold_folder",
    "keys_folder",
    "maker_away",
    "newest_log",
    "open_accounts",
    "open_backup_keys",
    "open_backup_making",
    "open_backup_restoring",
    "open_check",
    "open_conduct",
    "open_journal",
    "open_keys",
    "open_ledgers",
    "open_log",
    "open_mirror",
    "open_observations",
    "open_outside",
    "open_tiles",
    "open_tls",
    "open_witness",
    "open_witness_door",
    "read_authority",
    "read_backup_keys",
    "wal_limit",
    "wal_sizes",
]


class Closing(Protocol):
    """Something held open."""

    def close(self) -> None:
        """Let go of it."""
        ...


class LogPlace(Closing, Protocol):
    """A log's tiles and lock, held open."""

    @property
    def tiles(self) -> TileStore:
        """Where tiles, bundles and the checkpoint lie."""
        ...

    @property
    def lock(self) -> Lock:
        """The log's commit point."""
        ...


class WitnessPlace(Closing, Protocol):
    """Where a witness keeps its key, its name and its record, held open."""

    @property
    def keys(self) -> KeyStore:
        """Its key store."""
        ...

    @property
    def store(self) -> WitnessStore:
        """Its record."""
        ...

    def name(self, wanted: str) -> str:
        """The name it has, which is `wanted` if it had none (empty: no name is wished for). Durable on return.

        Raises:
            Conflict: it has another name than the one that is wished for.
        """
        ...


class TlsFolder(Protocol):
    """The certificates of one node."""

    @property
    def signer(self) -> Authority:
        """Who signs certificates of things."""
        ...

    def context(self, refused: Callable[[Unfit], None]) -> ssl.SSLContext:
        """What a listener serves with; `refused` is told why a client's certificate does not hold."""
        ...


def hold_folder(settings: Settings) -> "DataFolder":
    """Hold the data folder against other nodes."""
    from troth.adapters.data_folder import DataFolder

    return DataFolder(settings.folder)


def open_keys(settings: Settings, *, alone: bool = False) -> KeyStore:
    """The key store; `alone` where the data folder is held: what a crash left beside the keys is removed."""
    path = _path(settings.keys, "file", settings)
    from troth.adapters.keys_file import KeyFolder

    return KeyFolder(path, alone=alone)


def read_authority(settings: Settings) -> bytes | None:
    """The certificate of the authority, PEM, or None where none was made."""
    from troth.adapters.tls_files import CA_FILE

    file = settings.folder / "tls" / CA_FILE
    return file.read_bytes() if file.is_file() else None


def open_tls(settings: Settings, *, clock: Clock) -> TlsFolder:
    """The certificates of this place, made where they are not there."""
    from troth.adapters.tls_files import TlsFolder as Files

    def now() -> datetime:
        return datetime.fromtimestamp(clock.now() / NS_PER_S, UTC)

    return Files(settings.folder / "tls", names=settings.named, now=now)


async def open_journal(settings: Settings, *, on_failure: Callable[[Exception], None]) -> Journal:
    """The journal."""
    path = _path(settings.journal, "sqlite", settings)
    from troth.adapters.journal_sqlite import SqliteJournal

    return await SqliteJournal.open(path, on_failure=on_failure)


async def open_accounts(settings: Settings, *, on_failure: Callable[[Exception], None]) -> AccountStore:
    """Accounts."""
    path = _path(settings.accounts, "sqlite", settings)
    from troth.adapters.accounts_sqlite import SqliteAccounts

    return await SqliteAccounts.open(path, on_failure=on_failure)


async def open_ledgers(settings: Settings, *, on_failure: Callable[[Exception], None]) -> LedgerStore:
    """Personal ledgers."""
    path = _path(settings.ledgers, "sqlite", settings)
    from troth.adapters.ledgers_sqlite import SqliteLedgers

    return await SqliteLedgers.open(path, on_failure=on_failure)


async def open_observations(
    settings: Settings, *, clock: Clock, on_failure: Callable[[Exception], None]
) -> ObservationStore:
    """The store of moved rows."""
    path = _path(settings.observations, "sqlite", settings)
    from troth.adapters.partitions_sqlite import SqliteObservations

    return await SqliteObservations.open(path, clock=clock, on_failure=on_failure)


async def open_conduct(
    settings: Settings,
    *,
    clock: Clock,
    entropy: Callable[[int], bytes],
    observations: ObservationStore,
    on_failure: Callable[[Exception], None],
) -> ConductStore:
    """The conduct store; it looks up moved rows in `observations`."""
    path = _path(settings.conduct, "sqlite", settings)
    from troth.adapters.conduct_sqlite import SqliteConduct

    return await SqliteConduct.open(
        path,
        clock=clock,
        entropy=entropy,
        taken=observations.taken,
        on_failure=on_failure,
        commit_ms=settings.commit_ms,
    )


def maker_away(
    settings: Settings, observations: ObservationStore, in_place: SegmentMaker, *, held: Sequence[int]
) -> SegmentMaker:
    """Makes large segments in a process of its own, which keeps `held` open; others in place."""
    from troth.adapters.making_away import MakerAway
    from troth.adapters.partitions_sqlite import SqliteObservations

    folder, conduct = (_path(each, "sqlite", settings) for each in (settings.observations, settings.conduct))
    assert isinstance(observations, SqliteObservations)  # noqa: S101 - `open_observations` made it
    return MakerAway(in_place, observations, conduct=conduct, folder=folder, held=held)


def free_bytes(settings: Settings) -> int:
    """Bytes that are left where the stores and the log lie.

    Raises:
        StorageFailed: a disk cannot be asked.
    """
    from troth.adapters.disk_space import free_bytes as left

    stores = (settings.conduct, settings.journal, settings.observations)
    paths = [_path(each, "sqlite", settings) for each in stores]
    return left([settings.folder, _path(settings.log, "folder", settings), *paths])


def wal_sizes(settings: Settings) -> Callable[[], Mapping[str, int]]:
    """The size of each write-ahead log, by the kind of its file; quick, and never fails."""
    from troth.adapters.wal_sizes import wal_sizes as sizes

    paths = _store_paths(settings)
    files = {
        "journal": paths.journal,
        "conduct": paths.conduct,
        "segments": paths.partitions / "segments.db",
        "ledgers": paths.ledgers,
        "accounts": paths.accounts,
    }
    return partial(sizes, files)


def wal_limit() -> int:
    """Above this many bytes a write-ahead log is cut back."""
    from troth.adapters.wal_sizes import WAL_KEPT_BYTES

    return WAL_KEPT_BYTES


def open_backup_keys(settings: Settings) -> BackupKeys:
    """The keys of all backups, beside the private keys."""
    return _backup_keys(settings)


def keys_folder(settings: Settings) -> Path:
    """Where private keys lie."""
    return _path(settings.keys, "file", settings)


def _backup_keys(settings: Settings) -> "BackupKeyFiles":
    from troth.adapters.backup_keys import BackupKeyFiles

    return BackupKeyFiles(keys_folder(settings) / "backups")


def _store_paths(settings: Settings) -> "StorePaths":
    from troth.adapters.backup_reading import StorePaths

    names = (settings.journal, settings.conduct, settings.observations, settings.ledgers, settings.accounts)
    return StorePaths(*(_path(name, "sqlite", settings) for name in names))


def open_backup_making(
    settings: Settings, *, entropy: Callable[[int], bytes], pause: Callable[[], None]
) -> "BackupMaking":
    """A backup of all stores, which begins when it is written."""
    from troth.adapters.backup_making import BackupMaking
    from troth.adapters.backup_reading import Source

    return BackupMaking(
        Source(_store_paths(settings), pause=pause), _backup_keys(settings), entropy=entropy, pause=pause
    )


def open_backup_restoring(settings: Settings, *, mirror: Path) -> "BackupRestoring":
    """All stores, brought back into a data folder in which there are none; the log's files go to `mirror`."""
    from troth.adapters.backup_restoring import BackupRestoring

    return BackupRestoring(_store_paths(settings), mirror=mirror)


def read_backup_keys(folder: Path, backup: bytes, *, without: Iterable[bytes]) -> Mapping[bytes, bytes]:
    """The keys of one backup that are left in a folder of private keys.

    Raises:
        NotFound: there are none.
        StorageFailed: they cannot be read.
    """
    from troth.adapters.backup_keys import BackupKeyFiles

    return BackupKeyFiles(folder / "backups").read(backup, without=without)


def open_check(settings: Settings) -> StoreChecking:
    """A look through all databases."""
    named = {
        "journal": settings.journal,
        "conduct": settings.conduct,
        "ledgers": settings.ledgers,
        "accounts": settings.accounts,
    }
    paths = {kind: _path(url, "sqlite", settings) for kind, url in named.items()}
    partitions = _path(settings.observations, "sqlite", settings)
    from troth.adapters.check_stores import StoreCheck

    return StoreCheck(paths, partitions)


def open_log(settings: Settings, number: int = 1) -> LogPlace:
    """The folder of the n-th log of this deployment, held open."""
    return open_mirror(_log_path(settings, number))


def newest_log(settings: Settings) -> tuple[int, Path]:
    """Number and folder of the newest log that has a folder, whatever the journal says."""
    number = 1
    while _log_path(settings, number + 1).is_dir():
        number += 1
    return number, _log_path(settings, number)


def open_mirror(folder: Path) -> LogPlace:
    """A folder with the files of a log, held open against others who would write it."""
    from troth.adapters.log_folder import LogFolder

    return LogFolder(folder)


def open_tiles(folder: Path) -> TileStore:
    """The files of a log that somebody else may be writing, for reading."""
    from troth.adapters.log_folder import FolderDisk

    return TileFiles(FolderDisk(folder))


def open_outside(settings: Settings, origin: str) -> TileStore | None:
    """Where the last checkpoint of this origin is kept away from the data folder."""
    if settings.outside_dir is None:
        return None
    from troth.adapters.log_folder import OutsideFolder

    return OutsideFolder(Path(settings.outside_dir) / origin.replace("/", "_"))


def open_witness_door() -> WitnessDoor:
    """The way to witnesses."""
    from troth.adapters.witness_http import HttpWitnessDoor

    return HttpWitnessDoor()


def open_witness(folder: Path, *, lock: str) -> WitnessPlace:
    """The folder of a witness, held open; who runs and who only adds hold different locks."""
    from troth.adapters.witness_folder import WitnessFolder

    return WitnessFolder(folder, lock=lock)


def _log_path(settings: Settings, number: int) -> Path:
    path = _path(settings.log, "folder", settings)
    return path if number == 1 else path.with_name(f"{path.name}-{number}")


def _path(url: str, scheme: str, settings: Settings) -> Path:
    found, _, rest = url.partition(":")
    if found != scheme:
        raise BadSetting(
            f"this version knows no '{found}:' store here, only '{scheme}:'",
            hint="docs/reference/settings.md lists every setting.",
        )
    return settings.folder / rest
