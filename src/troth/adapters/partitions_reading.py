"""Rows of one stream out of the partition files, in order and in slices; in a reader's thread or in a process of its own.

Rules
- Every slice opens the file it needs, `mode=ro`, and closes it. Before each it is asked whether anybody still wants it.
- Files of the same times are merged. What is strictly after `after` and in the extent is given, and nothing else.

Source: things.md, "The writer" (reads run in slices and reopen). Pure but for the files.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Final, Protocol, TypeVar

import msgspec

from troth.adapters import partitions_files as files
from troth.names import StreamId
from troth.things.intervals import BEGINNING, FOREVER, Interval, covers, intersect
from troth.things.observations import Kept, Shelf
from troth.things.query import After, Order
from troth.things.stamps import Released

__all__ = ["SLICE_ROWS", "Read", "Wanted", "row_of", "slices", "wanted_of"]

T = TypeVar("T")
SLICE_ROWS: Final = 5_000  # about 20 ms; things.md: reads run in slices of at most 250 ms and reopen


class Read(Protocol):
    """Opens a file for one short read; `sqlite_files.read`, or that under a lock."""

    def __call__(self, path: Path, work: Callable[[sqlite3.Connection], list[Kept]], /) -> list[Kept]:
        """What `work` gives."""
        ...


class Wanted(msgspec.Struct, frozen=True, array_like=True):
    """What a stamp lets out, without the stamp: it can be said to another process.

    `times` is a tidy set; at most `top` rows, strictly after the row of time and sequence `after`.
    """

    stream: bytes
    place: bytes
    days: int
    times: tuple[tuple[int, int], ...]
    back: bool
    top: int
    after: tuple[int, int] | None


def wanted_of(released: Released) -> Wanted:
    """What this stamp lets out."""
    query, shelf = released.query, released.shelf
    return Wanted(
        released.stream,
        shelf.place,
        shelf.retention_days,
        tuple((each.from_ns, each.to_ns) for each in intersect(released.extent, query.times)),
        query.order is Order.DESCENDING,
        query.top,
        None if query.after is None else (query.after.time_ns, query.after.sequence),
    )


def slices(
    folder: Path, wanted: Wanted, *, read: Read, holds: Callable[[], bool], slice_rows: int = SLICE_ROWS
) -> Iterator[list[Kept]]:
    """The rows in order, at most `slice_rows` at a time but where files must be merged; ends early where `holds` says no.

    Raises:
        StorageFailed: a file cannot be read.
    """
    left = wanted.top
    shelf = Shelf(wanted.place, wanted.days)
    times = intersect(tuple(Interval(*each) for each in wanted.times), (_rest(wanted),))
    for period in _ordered(files.periods(folder, shelf, times), back=wanted.back):
        for within in _ordered(intersect(times, (period.span,)), back=wanted.back):
            for rows in _period(wanted, period, within, left, read=read, holds=holds, slice_rows=slice_rows):
                left -= len(rows)
                yield rows
            if left <= 0 or not holds():
                return


def row_of(folder: Path, released: Released, sequence: int, *, read: Read, holds: Callable[[], bool]) -> Kept | None:
    """The row of that sequence if it lies in the extent.

    Raises:
        StorageFailed: a file cannot be read.
    """

    def found(connection: sqlite3.Connection) -> list[Kept]:
        row = files.at_sequence(connection, released.stream, sequence)
        return [] if row is None else [row]

    for period in files.periods(folder, released.shelf, released.extent):
        if not holds():
            return None
        for path in period.paths:
            for row in read(path, found):
                return row if covers(released.extent, row.from_ns) else None
    return None


def _period(
    wanted: Wanted,
    period: files.Period,
    within: Interval,
    left: int,
    *,
    read: Read,
    holds: Callable[[], bool],
    slice_rows: int,
) -> Iterator[list[Kept]]:
    """The rows of one period and interval, merged over its files."""
    each = [
        _interval(wanted, path, within, left, read=read, holds=holds, slice_rows=slice_rows) for path in period.paths
    ]
    if len(each) == 1:
        yield from each[0]
        return
    found = [row for of_file in each for rows in of_file for row in rows]
    found.sort(key=lambda row: (row.from_ns, row.sequence), reverse=wanted.back)
    yield found[:left]


def _interval(
    wanted: Wanted,
    path: Path,
    within: Interval,
    left: int,
    *,
    read: Read,
    holds: Callable[[], bool],
    slice_rows: int,
) -> Iterator[list[Kept]]:
    """The rows of one file and interval, slice by slice."""
    after = None if wanted.after is None else After(*wanted.after)
    order = Order.DESCENDING if wanted.back else Order.ASCENDING
    while left > 0 and holds():
        limit = min(slice_rows, left)
        work = partial(
            files.select, stream=StreamId(wanted.stream), within=within, order=order, after=after, limit=limit
        )
        some = read(path, work)
        yield some
        left -= len(some)
        if len(some) < limit:
            return
        after = After(some[-1].from_ns, some[-1].sequence)


def _ordered(these: Sequence[T], *, back: bool) -> Sequence[T]:
    return these[::-1] if back else these


def _rest(wanted: Wanted) -> Interval:
    """The times at which a page that goes on after `after` may have rows."""
    if wanted.after is None:
        return Interval(BEGINNING, FOREVER)
    time_ns = wanted.after[0]
    return Interval(BEGINNING, min(time_ns + 1, FOREVER)) if wanted.back else Interval(time_ns, FOREVER)
