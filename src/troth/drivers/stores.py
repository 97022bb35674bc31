"""The stores of a node: what each URL names, opened."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from troth.clock import Clock
from troth.drivers.paths import path_of, store_paths
from troth.journeys.accounts import AccountStore
from troth.journeys.kept_sessions import SessionStore
from troth.settings import Settings
from troth.signing.keys import KeyStore
from troth.statements.journal import Journal
from troth.things.ledgers import LedgerStore
from troth.things.making import SegmentMaker
from troth.things.stores import ConductStore, ObservationStore

if TYPE_CHECKING:
    from troth.adapters.data_folder import DataFolder

__all__ = [
    "free_bytes",
    "hold_folder",
    "maker_away",
    "open_accounts",
    "open_conduct",
    "open_journal",
    "open_keys",
    "open_ledgers",
    "open_observations",
    "open_sessions",
    "wal_limit",
    "wal_sizes",
]


def hold_folder(settings: Settings) -> "DataFolder":
    """Hold the data folder against other nodes."""
    from troth.adapters.data_folder import DataFolder

    return DataFolder(settings.folder)


def open_keys(settings: Settings, *, alone: bool = False) -> KeyStore:
    """The key store; `alone` where the data folder is held: what a crash left beside the keys is removed."""
    path = path_of(settings.keys, "file", settings)
    from troth.adapters.keys_file import KeyFolder

    return KeyFolder(path, alone=alone)


async def open_journal(settings: Settings, *, on_failure: Callable[[Exception], None]) -> Journal:
    """The journal."""
    path = path_of(settings.journal, "sqlite", settings)
    from troth.adapters.journal_sqlite import SqliteJournal

    return await SqliteJournal.open(path, on_failure=on_failure)


async def open_accounts(settings: Settings, *, on_failure: Callable[[Exception], None]) -> AccountStore:
    """Accounts."""
    path = path_of(settings.accounts, "sqlite", settings)
    from troth.adapters.accounts_sqlite import SqliteAccounts

    return await SqliteAccounts.open(path, on_failure=on_failure)


async def open_sessions(settings: Settings, *, on_failure: Callable[[Exception], None]) -> SessionStore:
    """What outlives the node of MQTT sessions."""
    path = path_of(settings.sessions, "sqlite", settings)
    from troth.adapters.sessions_sqlite import SqliteSessions

    return await SqliteSessions.open(path, on_failure=on_failure)


async def open_ledgers(settings: Settings, *, on_failure: Callable[[Exception], None]) -> LedgerStore:
    """Personal ledgers."""
    path = path_of(settings.ledgers, "sqlite", settings)
    from troth.adapters.ledgers_sqlite import SqliteLedgers

    return await SqliteLedgers.open(path, on_failure=on_failure)


async def open_observations(
    settings: Settings, *, clock: Clock, on_failure: Callable[[Exception], None]
) -> ObservationStore:
    """The store of moved rows."""
    path = path_of(settings.observations, "sqlite", settings)
    from troth.adapters.partitions_sqlite import SqliteObservations
    from troth.adapters.reading_away import ReadAway

    return await SqliteObservations.open(path, clock=clock, on_failure=on_failure, away=ReadAway(path))


async def open_conduct(
    settings: Settings,
    *,
    clock: Clock,
    entropy: Callable[[int], bytes],
    observations: ObservationStore,
    on_failure: Callable[[Exception], None],
) -> ConductStore:
    """The conduct store; it looks up moved rows in `observations`."""
    path = path_of(settings.conduct, "sqlite", settings)
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
    settings: Settings,
    observations: ObservationStore,
    in_place: SegmentMaker,
    *,
    held: Sequence[int],
    large: int | None = None,
) -> SegmentMaker:
    """Makes large segments in a process of its own, which keeps `held` open; others in place.

    `large` says from how many leaves on.
    """
    from troth.adapters.making_away import LARGE, MakerAway
    from troth.adapters.partitions_sqlite import SqliteObservations

    folder, conduct = (path_of(each, "sqlite", settings) for each in (settings.observations, settings.conduct))
    assert isinstance(observations, SqliteObservations)  # noqa: S101 - `open_observations` made it
    return MakerAway(
        in_place, observations, conduct=conduct, folder=folder, held=held, large=LARGE if large is None else large
    )


def free_bytes(settings: Settings) -> int:
    """Bytes that are left where the stores and the log lie.

    Raises:
        StorageFailed: a disk cannot be asked.
    """
    from troth.adapters.disk_space import free_bytes as left

    stores = (settings.conduct, settings.journal, settings.observations)
    paths = [path_of(each, "sqlite", settings) for each in stores]
    return left([settings.folder, path_of(settings.log, "folder", settings), *paths])


def wal_sizes(settings: Settings) -> Callable[[], Mapping[str, int]]:
    """The size of each write-ahead log, by the kind of its file; quick, and never fails."""
    from troth.adapters.wal_sizes import wal_sizes as sizes

    paths = store_paths(settings)
    files = {
        "journal": paths.journal,
        "conduct": paths.conduct,
        "segments": paths.partitions / "segments.db",
        "ledgers": paths.ledgers,
        "accounts": paths.accounts,
        "sessions": path_of(settings.sessions, "sqlite", settings),
    }
    return partial(sizes, files)


def wal_limit() -> int:
    """Above this many bytes a write-ahead log is cut back."""
    from troth.adapters.wal_sizes import WAL_KEPT_BYTES

    return WAL_KEPT_BYTES
