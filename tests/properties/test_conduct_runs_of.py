"""The runs that a group's rows lie in, told from its first and last id; and rows that go into a table many at a time."""

import random
import sqlite3

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.adapters.conduct_groups import Group, alone, columns, pack_group, runs_of
from troth.adapters.conduct_runs import RUN_SLOTS, ids_of
from troth.adapters.sqlite_files import ROWS_AT_ONCE, each_row
from troth.errors import StorageFailed
from troth.names import BasisId, StreamId, ThingId
from troth.things.observations import ResultType, Shelf

SECRETS = (random.Random(1).getrandbits(64), random.Random(2).getrandbits(64), random.Random(3).getrandbits(64))


def group(offset: int, rows: int, *, intervals: bool) -> Group:
    """Rows of a stream whose runs are 4, 7 and 9, from this sequence on."""
    ids = [
        id_
        for run, secret in zip((4, 7, 9), SECRETS, strict=True)
        for id_ in ids_of(run, secret, start=0, stop=RUN_SLOTS)
    ]
    times = list(range(rows))
    return pack_group(
        thing=ThingId(bytes(16)),
        stream=StreamId(bytes(16)),
        shelf=Shelf(bytes(16), 30),
        basis=BasisId(bytes(16)),
        type_=ResultType.NUMBER,
        gate_ns=0,
        first=offset + 1,
        times=times,
        ends=[time + 1 for time in times] if intervals else times,
        ids=ids[offset : offset + rows],
        salts=bytes(16 * rows),
        results=[1.5] * rows,
    )


@given(st.integers(0, 2 * RUN_SLOTS), st.integers(1, RUN_SLOTS), st.booleans())
def test_the_first_and_the_last_id_tell_the_same_runs_as_all_of_them(offset: int, rows: int, intervals: bool) -> None:  # noqa: FBT001 - drawn by Hypothesis
    made = group(offset, rows, intervals=intervals)
    assert {id_ // RUN_SLOTS for id_ in columns(made).ids} == set(runs_of(made))


def test_a_group_over_three_runs_names_all_of_them() -> None:
    assert {4, 7, 9} == set(runs_of(group(RUN_SLOTS - 1, RUN_SLOTS + 2, intervals=False)))


def test_a_group_without_its_ids_is_damaged() -> None:
    made = alone(group(5, 2, intervals=False), 0)
    damaged = msgspec.structs.replace(made, body=made.body[:10])
    with pytest.raises(StorageFailed):
        runs_of(damaged)


@pytest.mark.parametrize("rows", [0, 1, ROWS_AT_ONCE - 1, ROWS_AT_ONCE, ROWS_AT_ONCE + 1, 3 * ROWS_AT_ONCE + 7])
def test_all_rows_go_in_once_however_many_there_are(rows: int) -> None:
    base = sqlite3.connect(":memory:")
    base.execute("CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT)")
    wanted = [(number, str(number)) for number in range(rows)]
    each_row(base, "INSERT INTO t(a, b) VALUES {}", wanted)
    assert wanted == base.execute("SELECT a, b FROM t ORDER BY a").fetchall()
    base.close()


def test_rows_that_are_there_already_are_folded_as_the_statement_says() -> None:
    base = sqlite3.connect(":memory:")
    base.execute("CREATE TABLE t(a INTEGER PRIMARY KEY, b INTEGER)")
    sql = "INSERT INTO t(a, b) VALUES {} ON CONFLICT DO UPDATE SET b = max(b, excluded.b)"
    for step in (5, 9, 1):
        each_row(base, sql, [(number, number * step) for number in range(100)])
    assert [(number, number * 9) for number in range(100)] == base.execute("SELECT a, b FROM t ORDER BY a").fetchall()
    base.close()


def test_a_row_that_cannot_go_in_is_an_error() -> None:
    base = sqlite3.connect(":memory:")
    base.execute("CREATE TABLE t(a INTEGER PRIMARY KEY)")
    with pytest.raises(sqlite3.IntegrityError):
        each_row(base, "INSERT INTO t(a) VALUES {}", [(1,)] * (ROWS_AT_ONCE + 1))
    base.close()
