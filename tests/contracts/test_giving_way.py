"""Whoever reads a database for long beside its node lets go when the node wipes it, and reads it anew behind that."""

import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Final, TypeVar

from troth.adapters.check_reading import read_giving_way
from troth.adapters.reading_lock import held_for_wiping, is_wiped
from troth.adapters.sqlite_files import connect_writer, open_writer, owe_wiping, wipe

T = TypeVar("T")
SCHEMA: Final = "CREATE TABLE said(number INTEGER PRIMARY KEY, data BLOB NOT NULL)"
ENDLESS: Final = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n"
COUNT: Final = "SELECT count(*) FROM said"


def opened(folder: Path) -> tuple[Path, sqlite3.Connection]:
    path = folder / "said.db"
    connection = open_writer(path, connect=connect_writer, kind="things said", newest=1, schema=SCHEMA)
    connection.executemany("INSERT INTO said(data) VALUES (?)", [(b"goes",), (b"stays",)])
    return path, connection


def started(work: Callable[[], T]) -> "Future[T]":
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001 - whatever it is, the test is told
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future


def test_a_read_without_an_end_lets_go_when_its_file_is_wiped_and_is_done_anew(tmp_path: Path) -> None:
    path, connection = opened(tmp_path)
    reading, seen = threading.Event(), list[int]()

    def work(file: sqlite3.Connection) -> int:
        file.execute("BEGIN")
        seen.append(file.execute(COUNT).fetchone()[0])
        reading.set()
        if len(seen) == 1:
            file.execute(ENDLESS).fetchone()
        return seen[-1]

    told = started(lambda: read_giving_way(path, work))
    assert reading.wait(10)
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("DELETE FROM said WHERE data = CAST('goes' AS BLOB)")
    owe_wiping(connection)
    connection.execute("COMMIT")
    wipe(connection)
    assert 1 == told.result(10)
    assert [2, 1] == seen
    assert not is_wiped(tmp_path)


def test_what_was_read_while_a_file_was_wiped_does_not_count(tmp_path: Path) -> None:
    path, _ = opened(tmp_path)
    inside, ended, times = threading.Event(), threading.Event(), list[int]()

    def work(file: sqlite3.Connection) -> int:
        times.append(1)
        if len(times) == 1:
            inside.set()
            ended.wait(10)
            raise sqlite3.DatabaseError("database disk image is malformed")
        return int(file.execute(COUNT).fetchone()[0])

    told = started(lambda: read_giving_way(path, work))
    assert inside.wait(10)
    with held_for_wiping(tmp_path):
        threading.Timer(0.3, ended.set).start()
        assert ended.wait(10)
    assert 2 == told.result(10)
    assert 2 == len(times)


def test_no_read_begins_while_a_file_is_wiped(tmp_path: Path) -> None:
    path, _ = opened(tmp_path)
    begun = threading.Event()

    def work(file: sqlite3.Connection) -> int:
        begun.set()
        return int(file.execute(COUNT).fetchone()[0])

    with held_for_wiping(tmp_path):
        told = started(lambda: read_giving_way(path, work))
        assert not begun.wait(0.3)
    assert 2 == told.result(10)


def test_an_error_of_the_file_itself_is_told(tmp_path: Path) -> None:
    path, _ = opened(tmp_path)
    told = started(lambda: read_giving_way(path, lambda file: file.execute("SELECT * FROM nothing")))
    assert "storage" in str(told.exception(10))
