"""One long read of a database beside its node, which lets go when the node wipes that database, and begins again after it.

Rules
- The read is broken off within LOOK_S and counts for nothing, so it must note nothing elsewhere.
- A wiping that goes on is waited for. It waits for nobody: not for this read, and not for the next one.

Source: https://sqlite.org/c3ref/interrupt.html; docs/operators/checking.md.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final, TypeVar

from troth.adapters.reading_lock import await_wiping, is_wiped
from troth.adapters.sqlite_files import connect_reader, failed
from troth.errors import StorageFailed

__all__ = ["LOOK_S", "read_giving_way"]

T = TypeVar("T")
LOOK_S: Final = 0.1  # a hundredth of what whoever wipes waits for readers (sqlite_files)


def read_giving_way(path: Path, work: Callable[[sqlite3.Connection], T]) -> T:
    """Open a file for one read of any length, give it to `work`, and close it; all of it anew as often as it gave way.

    Raises:
        StorageFailed: it cannot be read.
    """
    while True:
        try:
            await_wiping(path.parent)
            with closing(connect_reader(path)) as connection, _watched(path.parent, connection) as gave_way:
                try:
                    done = work(connection)
                except (sqlite3.Error, StorageFailed):
                    if not gave_way.is_set():
                        raise
            # What was read up to the break may look damaged, and is not.
            if not gave_way.is_set():
                return done
        except (OSError, sqlite3.Error) as cause:
            raise failed(cause) from cause


@contextmanager
def _watched(folder: Path, connection: sqlite3.Connection) -> Iterator[threading.Event]:
    """Break off what the connection does while a database of the folder is wiped; the event says that this was done."""
    over, gave_way = threading.Event(), threading.Event()

    def watch() -> None:
        while not over.wait(LOOK_S):
            if is_wiped(folder):
                gave_way.set()
                connection.interrupt()

    watcher = threading.Thread(target=watch, name="troth-gives-way", daemon=True)
    watcher.start()
    try:
        yield gave_way
    finally:
        over.set()
        watcher.join()
