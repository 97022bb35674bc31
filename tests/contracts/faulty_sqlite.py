"""A SQLite connection whose next commit fails, fails and yet stays, or is slow: what a bad disk does."""

import sqlite3
import threading
from pathlib import Path

from troth.adapters.sqlite_files import connect_writer
from troth.testing.faults import SLOW_S, StoreFault


class FaultyDisk:
    """Opens connections; an armed fault meets one commit of any of them, after `spared` others."""

    def __init__(self) -> None:
        self.fault = StoreFault.NONE
        self.spared = 0
        self.commits = 0

    def arm(self, fault: StoreFault, *, spared: int = 0) -> None:
        self.fault = fault
        self.spared = spared

    def connect(self, path: Path) -> sqlite3.Connection:
        disk = self

        class Faulty(sqlite3.Connection):
            def execute(self, sql: str, parameters=(), /) -> sqlite3.Cursor:  # type: ignore[no-untyped-def]  # noqa: ANN001 - as the library has it
                if not sql.startswith("COMMIT") and (self.in_transaction or not sql.startswith("INSERT")):
                    return super().execute(sql, parameters)
                disk.commits += 1
                if disk.fault is StoreFault.NONE or disk.spared:
                    disk.spared = max(disk.spared - 1, 0)
                    return super().execute(sql, parameters)
                fault, disk.fault = disk.fault, StoreFault.NONE
                if fault is StoreFault.SLOW:
                    threading.Event().wait(SLOW_S)
                if fault in {StoreFault.SLOW, StoreFault.TWICE}:  # a file is not told twice; the suite tells the store
                    return super().execute(sql, parameters)
                if fault is StoreFault.FAILS_BUT_PERSISTED:
                    super().execute(sql, parameters)
                raise sqlite3.OperationalError("disk I/O error")

        return connect_writer(path, Faulty)
