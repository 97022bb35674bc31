"""A crash at every step of wiping a file: whoever opens it next leaves nothing of what was deleted."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.contracts.crashed_files import as_found_after_a_crash
from troth.adapters.sqlite_files import connect_writer, open_writer, owe_wiping, wipe

SECRET: Final = b"nobody may read this again"
SCHEMA: Final = "CREATE TABLE said(number INTEGER PRIMARY KEY, data BLOB NOT NULL)"


class Watched(sqlite3.Connection):
    """Keeps a copy of the files as a crash before or after each statement would leave them."""

    def watch(self, file: Path, folder: Path) -> None:
        """From now on."""
        self._file, self._folder, self._copies = file, folder, 0
        folder.mkdir()

    def execute(self, sql: str, /, *values: object) -> sqlite3.Cursor:
        """Between two copies."""
        self._copy()
        done = super().execute(sql, *values)  # type: ignore[arg-type]  # handed on as they are
        self._copy()
        return done

    def _copy(self) -> None:
        if hasattr(self, "_copies"):
            self._copies += 1
            as_found_after_a_crash(self._file, folder=self._folder / f"{self._copies:02}")


def opened(file: Path) -> sqlite3.Connection:
    return open_writer(
        file, connect=lambda path: connect_writer(path, Watched), kind="things said", newest=1, schema=SCHEMA
    )


def holding(file: Path) -> Iterator[str]:
    """The files in which the secret stands."""
    return (path.name for path in sorted(file.parent.glob("said.db*")) if SECRET in path.read_bytes())


def test_a_crash_at_any_step_of_wiping_leaves_nothing_after_the_next_start(tmp_path: Path) -> None:
    file = tmp_path / "said.db"
    connection = opened(file)
    assert isinstance(connection, Watched)
    connection.executemany("INSERT INTO said(data) VALUES (?)", [(bytes(300) + SECRET,), (b"this stays",)] * 200)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("DELETE FROM said WHERE data <> CAST('this stays' AS BLOB)")
    owe_wiping(connection)
    connection.execute("COMMIT")
    connection.watch(file, tmp_path / "crashed")
    wipe(connection)
    assert [] == list(holding(file))

    crashed = sorted((tmp_path / "crashed").iterdir())
    held = [bool(list(holding(folder / file.name))) for folder in crashed]
    assert held[0], "before the first step all of it is there"
    assert not held[-1]
    assert 10 < len(crashed), "every statement was met"
    for folder in crashed:
        after = opened(folder / file.name)
        assert [] == list(holding(folder / file.name)), folder.name
        assert after.execute("SELECT count(*) FROM said").fetchone() == (200,)
        after.close()
