"""A disk in memory that forgets what was not synced, and fails at the step it is told to.

Rules
- Content becomes durable by `sync`, names by `sync_folder`, each alone: a synced file whose name was not synced is gone after
  a crash, and a renamed file whose content was not synced comes back cut.
- `crash` keeps what is durable and, as real systems may, any part of the rest: which part is drawn from the given source.
- One fault per disk: at the n-th change it FAILS (nothing happened), FAILS_BUT_PERSISTED (it happened, the caller is told
  otherwise) or POWER goes (PowerLost, until `crash` brings the disk back).
- After a failed sync everything fails until `reopen`, as the Disk protocol says.

Source: tlog/storage (Disk); record.md, "fsync rules".
Left out: permissions, links, and several openers.
"""

import random
from collections.abc import Callable
from enum import Enum
from functools import partial

from troth.errors import StorageFailed

__all__ = ["Fault", "MemoryDisk", "PowerLost"]


class Fault(Enum):
    """What happens at the chosen step."""

    FAILS = "fails"
    FAILS_BUT_PERSISTED = "fails but persisted"
    POWER = "power lost"


class PowerLost(BaseException):
    """The machine is off. Not an Exception: no program catches it."""


class _File:
    __slots__ = ("data", "durable")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.durable: bytes | None = None  # None: never synced, so anything up to `data` may be found


class _Folder:
    __slots__ = ("durable", "entries")

    def __init__(self) -> None:
        self.entries: dict[str, _File | _Folder] = {}
        self.durable: dict[str, _File | _Folder] = {}


class MemoryDisk:
    """A Disk. `steps` counts the changes asked for since the beginning."""

    def __init__(self) -> None:
        self._top = _Folder()
        self._fault: tuple[int, Fault] | None = None
        self._off = False
        self._dead = False
        self.steps = 0

    def fail_at(self, step: int, fault: Fault) -> None:
        """Let the step of this number (the first is 0) go wrong."""
        self._fault = (step, fault)

    def calm(self) -> None:
        """Let nothing go wrong any more."""
        self._fault = None

    def reopen(self) -> None:
        """Go on as a new program on the same running machine: nothing is lost, nothing more is durable."""
        self._dead = False

    def crash(self, chance: random.Random | None = None) -> None:
        """Lose power and come back with what was durable, and with what `chance` lets survive of the rest."""
        self._lose(self._top, chance)
        self._off = self._dead = False

    def read(self, path: str) -> bytes | None:
        self._awake()
        found = self._find(path)
        return found.data if isinstance(found, _File) else None

    def names(self, path: str) -> tuple[str, ...]:
        self._awake()
        found = self._find(path)
        return tuple(sorted(found.entries)) if isinstance(found, _Folder) else ()

    def write(self, path: str, data: bytes) -> None:
        def change() -> None:
            folder, name = self._place(path)
            folder.entries[name] = _File(data)

        self._step(change)

    def sync(self, *paths: str) -> None:
        def change(path: str) -> None:
            found = self._find(path)
            if not isinstance(found, _File):
                raise StorageFailed("there is no such file to sync")
            found.durable = found.data

        for path in paths:
            self._step(partial(change, path), deadly=True)

    def rename(self, old: str, new: str) -> None:
        def change() -> None:
            source, name = self._place(old)
            target, new_name = self._place(new)
            if name not in source.entries:
                raise StorageFailed("there is no such file to rename")
            target.entries[new_name] = source.entries.pop(name)

        self._step(change)

    def unlink(self, path: str) -> None:
        def change() -> None:
            folder, name = self._place(path)
            folder.entries.pop(name, None)

        self._step(change)

    def make_folder(self, path: str) -> None:
        def change() -> None:
            folder, name = self._place(path)
            folder.entries.setdefault(name, _Folder())

        self._step(change)

    def sync_folder(self, *paths: str) -> None:
        def change(path: str) -> None:
            found = self._find(path)
            if not isinstance(found, _Folder):
                raise StorageFailed("there is no such folder to sync")
            found.durable = dict(found.entries)

        for path in paths:
            self._step(partial(change, path), deadly=True)

    def peek(self, path: str) -> bytes | None:
        """The content as it is now, whatever state the disk is in; for watchers, not for programs."""
        found = self._find(path)
        return found.data if isinstance(found, _File) else None

    def flip(self, path: str, *, bit: int) -> None:
        """Turn one bit of a file over, durably and without anybody's wish."""
        found = self._find(path)
        assert isinstance(found, _File)
        data = bytearray(found.data)
        data[bit // 8 % len(data)] ^= 1 << bit % 8
        found.data = found.durable = bytes(data)

    def _step(self, change: Callable[[], None], *, deadly: bool = False) -> None:
        self._awake()
        number, self.steps = self.steps, self.steps + 1
        fault = self._fault[1] if self._fault is not None and self._fault[0] == number else None
        try:
            if fault is not Fault.FAILS and fault is not Fault.POWER:
                change()
            if fault is Fault.POWER:
                self._off = True
                raise PowerLost
            if fault is not None:
                raise StorageFailed("the disk failed")
        except StorageFailed:
            self._dead = deadly
            raise

    def _awake(self) -> None:
        if self._off:
            raise PowerLost
        if self._dead:
            raise StorageFailed("the disk failed to sync before")

    def _find(self, path: str) -> "_File | _Folder | None":
        found: _File | _Folder | None = self._top
        for name in path.split("/") if path else ():
            if not isinstance(found, _Folder):
                return None
            found = found.entries.get(name)
        return found

    def _place(self, path: str) -> tuple[_Folder, str]:
        above, _, name = path.rpartition("/")
        folder = self._find(above)
        if not isinstance(folder, _Folder):
            raise StorageFailed("there is no such folder")
        return folder, name

    def _lose(self, folder: _Folder, chance: random.Random | None) -> None:
        kept = dict(folder.durable)
        if chance is not None:
            for name in sorted({*folder.entries, *folder.durable}):
                if chance.random() < 0.5:  # this name's change reached the platter
                    if name in folder.entries:
                        kept[name] = folder.entries[name]
                    else:
                        kept.pop(name, None)
        for item in kept.values():
            if isinstance(item, _Folder):
                self._lose(item, chance)
            elif item.durable is None:
                item.data = item.data[: chance.randint(0, len(item.data))] if chance is not None else b""
            else:
                item.data = item.durable
        folder.entries, folder.durable = kept, dict(kept)
