"""Single moved rows by stream and time, for the conduct writer's thread, which asks for every late observation.

Rules
- Connections are kept open, but never inside a read; who puts a file in another's place has them closed first.

Source: things.md, "The writer".
"""

import sqlite3
import threading
from collections import OrderedDict
from pathlib import Path
from typing import Final

from troth.adapters import partitions_files as files
from troth.adapters.partitions_erasing import Readers
from troth.adapters.sqlite_files import connect_reader, failed
from troth.names import StreamId
from troth.things.observations import Kept

__all__ = ["OPEN_LOOKUPS", "Lookups"]

OPEN_LOOKUPS: Final = 8


class Lookups:
    """Open connections of the files that were asked last. Any thread."""

    def __init__(self, readers: Readers) -> None:
        self._readers = readers
        readers.idle = self.close
        self._turn = threading.Lock()
        self._open: OrderedDict[Path, sqlite3.Connection] = OrderedDict()

    def at(self, path: Path, stream: StreamId, time_ns: int) -> Kept | None:
        """The row of that time in this file, or None, also where there is no file.

        Raises:
            StorageFailed: it cannot be read.
        """
        with self._readers.reading(), self._turn:
            try:
                connection = self._open.get(path)
                if connection is None:
                    if not path.exists():
                        return None
                    connection = self._open[path] = connect_reader(path, check_same_thread=False)
                    if len(self._open) > OPEN_LOOKUPS:
                        self._open.popitem(last=False)[1].close()
                self._open.move_to_end(path)
                return files.at_time(connection, stream, time_ns)
            except (OSError, sqlite3.Error) as cause:
                raise failed(cause) from cause

    def close(self) -> None:
        """Let go of all of them."""
        with self._turn:
            while self._open:
                self._open.popitem()[1].close()
