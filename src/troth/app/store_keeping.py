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
from typing import Final, TypeVar

import msgspec

from troth import drivers
from troth.app.log_keeping import mirror_log, own_log, restore_log
from troth.clock import SystemClock
from troth.errors import Conflict, FolderInUse, NotFound, StorageFailed
from troth.journeys.ending import Ending
from troth.journeys.erasure_list import ErasureList
from troth.names import Slug
from troth.settings import Settings
from troth.things.checked import StoreChecking
from troth.tlog.storage import ENDED

__all__ = ["BroughtBack", "back_up", "bring_back", "look_through"]

_LOOK_S: Final = 0.1
_TICKS: Final = 3  # what is acknowledged now is moved in two
_SLACK_S: Final = 20
T = TypeVar("T")


class BroughtBack(msgspec.Struct, frozen=True):
    """What came back; `unreadable` parts of it cannot be opened any more, because what they held was deleted since.

    `ended`: the things of which a credential, certificate or claim token did not come back. `vouched`: whether the list of what
    ended was there to be asked, or the operator vouched.
    """

    made_ns: int
    rows: int
    parts: int
    unreadable: int
    log_size: int
    ended: tuple[Slug, ...]
    vouched: bool


def look_through(settings: Settings) -> StoreChecking:
    """A look through all databases of a data folder, which begins when it is run. Nothing is written.

    Raises:
        BadSetting: a store of another kind than this version knows.
    """
    return drivers.open_check(settings, now_ns=SystemClock().now())


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


async def bring_back(
    settings: Settings, file: Path, keys: Path, *, told: Callable[[int], None], vouched: bool = False
) -> BroughtBack:
    """Bring a backup back into a data folder in which nothing is.

    Credentials that ended since do not come back; where the list that knows them is not there, none does.

    Args:
        settings: of the folder; what it will be run with.
        file: the backup.
        keys: the private keys that belong to it, kept apart from it; they are copied into the folder.
        told: how many parts were read so far.
        vouched: the operator says that nothing was revoked, renewed or replaced since; asked only where there is no list.

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
    there = msgspec.structs.replace(settings, data=str(beside))
    restoring = drivers.open_backup_restoring(there, mirror=mirror)
    try:
        with file.open("rb") as data:
            for count in restoring.read(data, lambda backup, origin: _keys(settings, keys, backup, origin)):
                told(count)
        shutil.copytree(keys, drivers.keys_folder(there))
        ended, listed = await _end_credentials(there, restoring.restored.moment.origin, vouched=vouched)
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
    return BroughtBack(back.moment.made_ns, back.rows, back.parts, back.unreadable, checkpoint.size, ended, listed)


async def _end_credentials(settings: Settings, origin: str, *, vouched: bool) -> tuple[tuple[Slug, ...], bool]:
    """End what has ended since; names of things that lost something, and whether anybody could say what has."""
    outside, failures = drivers.open_outside(settings, origin), list[Exception]()
    listed = vouched or (outside is not None and outside.get(ENDED) is not None)
    accounts = await drivers.open_accounts(settings, on_failure=failures.append)
    try:
        ending = Ending(accounts, outside, clock=SystemClock(), in_worker=_here)
        lost = await ending.mend(unknown=not listed)
        return tuple(slug for thing in lost if (slug := accounts.slug_of(thing)) is not None), listed
    finally:
        await accounts.close()


async def _here(work: Callable[[], T]) -> T:
    return work()


def _keys(settings: Settings, keys: Path, backup: bytes, origin: str | None) -> Mapping[bytes, bytes]:
    """The keys of a backup without those of what the list outside knows to be erased: the keys may be an older copy."""
    erased = ErasureList(None if origin is None else drivers.open_outside(settings, origin))
    erased.load()
    return drivers.read_backup_keys(keys, backup, without=erased.entries)


def _pause() -> None:
    time.sleep(_LOOK_S)
