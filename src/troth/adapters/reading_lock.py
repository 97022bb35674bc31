"""Whether another program reads the partitions: a lock that is held open, by many who read or by the one who replaces files.

Rules
- Whoever reads partitions from another process holds it shared while a file is open; the mover holds it alone while a name
  changes, because an open file would share its index with the next one of its name.
- A crash releases it. It is asked for before anybody in this process is kept waiting.

Source: flock(2); https://sqlite.org/wal.html; things.md, "The store" ("readers reopen").
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

__all__ = ["READING_LOCK", "held_alone", "held_for_reading"]

READING_LOCK: Final = "reading.lock"


@contextmanager
def held_for_reading(folder: Path) -> Iterator[None]:
    """Read files of this folder from another process; waits while one is replaced.

    Raises:
        OSError: it cannot be held.
    """
    with _held(folder, fcntl.LOCK_SH):
        yield


@contextmanager
def held_alone(folder: Path) -> Iterator[None]:
    """Replace files of this folder; waits for those who read from another process.

    Raises:
        OSError: it cannot be held.
    """
    with _held(folder, fcntl.LOCK_EX):
        yield


@contextmanager
def _held(folder: Path, how: int) -> Iterator[None]:
    number = os.open(folder / READING_LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(number, how)
        yield
    finally:
        os.close(number)
