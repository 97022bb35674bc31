"""What is done with the stores of a data folder beside its node: look through them, back them up, bring them back.

Rules
- Looking and backing up only read the stores, and may run beside the node. Bringing back needs a folder in which nothing is.
- A backup is brought back beside the folder's place and gets its name when all of it is there. Then its log is brought back as
  from any mirror: if somebody outside knows more, that is refused, and the log can be succeeded.

Source: docs/operators/backups.md, docs/operators/checking.md; record.md, "Loss and restore".
"""

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import msgspec

from troth import drivers
from troth.app.log_keeping import mirror_log, own_log, restore_log
from troth.clock import SystemClock
from troth.errors import Conflict, FolderInUse, NotFound, StorageFailed
from troth.journeys.erasure_list import ErasureList
from troth.settings import Settings
from troth.things.checked import StoreChecking

__all__ = ["BroughtBack", "back_up", "bring_back", "look_through"]

_LOOK_S: Final = 0.1
_TICKS: Final = 3  # what is acknowledged now is moved in two
_SLACK_S: Final = 20


class BroughtBack(msgspec.Struct, frozen=True):
    """What came back; `unreadable` parts of it cannot be opened any more, because what they held was deleted since."""

    made_ns: int
    rows: int
    parts: int
    unreadable: int
    log_size: int


def look_through(settings: Settings) -> StoreChecking:
    """A look through all databases of a data folder, which begins when it is run. Nothing is written.

    Raises:
        BadSetting: a store of another kind than this version knows.
    """
    return drivers.open_check(settings)


def back_up(settings: Settings, file: Path) -> Iterator[int]:
    """Write a backup into a new file; gives how many parts are written so far.

    Raises:
        Conflict: the file is there; or nothing runs that would move what was acknowledged; or something was deleted meanwhile.
        NotFound: there are no stores here, or no folder for the file.
        StorageFailed: something cannot be read or written.
    """
    if not settings.folder.is_dir():
        raise NotFound(f"there is no data folder {settings.folder}", hint="Name it with --data DIR.")
    if file.exists():
        raise Conflict("there is a file of this name already", hint="A backup never takes another's place.")
    with ExitStack() as stack:
        running = False
        try:
            stack.callback(drivers.hold_folder(settings).close)
        except FolderInUse:
            running = True
        making = drivers.open_backup_making(settings, entropy=os.urandom, pause=_pause)
        making.settle(running=running, patience=int((_TICKS * settings.segment_tick_s + _SLACK_S) / _LOOK_S))
        mirror = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=".troth-", dir=file.absolute().parent)))
        source, key = own_log(settings)
        mirror_log(source, mirror / "log", key=key, told=lambda _done, _whole: None)
        number, _ = drivers.newest_log(settings)
        yield from making.write(file, origin=key.name, log=number, mirror=mirror / "log", made_ns=SystemClock().now())


async def bring_back(settings: Settings, file: Path, keys: Path, *, told: Callable[[int], None]) -> BroughtBack:
    """Bring a backup back into a data folder in which nothing is.

    Args:
        settings: of the folder; what it will be run with.
        file: the backup.
        keys: the private keys that belong to it, kept apart from it; they are copied into the folder.
        told: how many parts were read so far.

    Raises:
        Conflict: something is in the folder.
        BadBackup: it is damaged.
        NotFound: the file, the keys or the keys of this backup are not there.
        LogDiverged: the stores are back, and somebody outside knows more of the log than the backup: it can be succeeded.
        StorageFailed: something cannot be read or written.
    """
    folder = settings.folder.absolute()
    if folder.exists() and any(folder.iterdir()):
        raise Conflict(f"the folder {folder} is not empty", hint="Name another with --data DIR, or move it away.")
    beside, mirror = folder.with_name(folder.name + ".restoring"), folder.with_name(folder.name + ".log-from-backup")
    for left in (beside, mirror):
        shutil.rmtree(left, ignore_errors=True)  # by a crash
    restoring = drivers.open_backup_restoring(msgspec.structs.replace(settings, data=str(beside)), mirror=mirror)
    try:
        with file.open("rb") as data:
            for count in restoring.read(data, lambda backup, origin: _keys(settings, keys, backup, origin)):
                told(count)
        shutil.copytree(keys, drivers.keys_folder(msgspec.structs.replace(settings, data=str(beside))))
        if folder.exists():
            folder.rmdir()
        beside.rename(folder)
    except FileNotFoundError as cause:
        raise NotFound("the backup, or the folder of keys, is not there") from cause
    except OSError as cause:
        raise StorageFailed(f"what is brought back cannot be written ({cause.strerror})") from cause
    back = restoring.restored
    checkpoint = await restore_log(settings, mirror)
    shutil.rmtree(mirror)
    return BroughtBack(back.moment.made_ns, back.rows, back.parts, back.unreadable, checkpoint.size)


def _keys(settings: Settings, keys: Path, backup: bytes, origin: str | None) -> Mapping[bytes, bytes]:
    """The keys of a backup without those of what the list outside knows to be erased: the keys may be an older copy."""
    erased = ErasureList(None if origin is None else drivers.open_outside(settings, origin))
    erased.load()
    return drivers.read_backup_keys(keys, backup, without=erased.entries)


def _pause() -> None:
    time.sleep(_LOOK_S)
