"""Who reads a store's files from another process, and who puts them anew: locks that are held open.

Rules
- Whoever reads partitions from another process holds `reading.lock` shared while a file is open; the mover holds it alone
  while a name changes, because an open file would share its index with the next one of its name.
- Whoever wipes a database holds `wiping.lock` of its folder alone until that is done. Whoever reads one from another process
  for long looks whether it is held, and lets go (`check_reading`): a read that stays open keeps the log from being emptied.
- A crash releases both. They are asked for before anybody in this process is kept waiting.

Source: flock(2); https://sqlite.org/wal.html; things.md, "The store" ("readers reopen").
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

__all__ = [
    "READING_LOCK",
    "WIPING_LOCK",
    "await_wiping",
    "held_alone",
    "held_for_reading",
    "held_for_wiping",
    "is_wiped",
]

READING_LOCK: Final = "reading.lock"
WIPING_LOCK: Final = "wiping.lock"


@contextmanager
def held_for_reading(folder: Path) -> Iterator[None]:
    """Read files of this folder from another process; waits while one is replaced.

    Raises:
        OSError: it cannot be held.
    """
    with _held(folder / READING_LOCK, fcntl.LOCK_SH):
        yield


@contextmanager
def held_alone(folder: Path) -> Iterator[None]:
    """Replace files of this folder; waits for those who read from another process.

    Raises:
        OSError: it cannot be held.
    """
    with _held(folder / READING_LOCK, fcntl.LOCK_EX):
        yield


@contextmanager
def held_for_wiping(folder: Path) -> Iterator[None]:
    """Wipe a database of this folder: those who read one for long let go now. One at a time.

    Raises:
        OSError: it cannot be held.
    """
    with _held(folder / WIPING_LOCK, fcntl.LOCK_EX):
        yield


def is_wiped(folder: Path) -> bool:
    """Whether a database of this folder is wiped at this moment.

    Raises:
        OSError: it cannot be known.
    """
    try:
        with _held(folder / WIPING_LOCK, fcntl.LOCK_SH | fcntl.LOCK_NB):
            return False
    except BlockingIOError:
        return True


def await_wiping(folder: Path) -> None:
    """Return when no database of this folder is wiped.

    Raises:
        OSError: it cannot be known.
    """
    with _held(folder / WIPING_LOCK, fcntl.LOCK_SH):
        pass


@contextmanager
def _held(path: Path, how: int) -> Iterator[None]:
    number = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(number, how)
        yield
    finally:
        os.close(number)
