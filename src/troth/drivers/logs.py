"""The folders of logs and witnesses, and what is kept outside the data folder."""

from pathlib import Path
from typing import Protocol

from troth.drivers.paths import path_of
from troth.journeys.witness_door import WitnessDoor
from troth.settings import Settings
from troth.signing.keys import KeyStore
from troth.tlog.files import TileFiles
from troth.tlog.storage import Lock, TileStore
from troth.tlog.witness import WitnessStore

__all__ = [
    "Closing",
    "LogPlace",
    "WitnessPlace",
    "newest_log",
    "open_log",
    "open_mirror",
    "open_outside",
    "open_tiles",
    "open_witness",
    "open_witness_door",
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
    path = path_of(settings.log, "folder", settings)
    return path if number == 1 else path.with_name(f"{path.name}-{number}")
