"""A CSV file as rows for one stream, one at a time: each row is an observation to send, empty, or unreadable with a reason.

Rules
- The file is read once, front to back, in constant memory; every row after the header is given out exactly once.
- A row that the selection does not pick is of another series. One without a value (blank, NaN, NA, null) is empty.
- What is asked of a file that it does not have (a column, UTF-8, a zone for its times) is BadCsv before anything is sent;
  what a later row lacks makes that row unreadable.

Source: RFC 4180, with the separators that spreadsheets write; cells are read by `wire/csv_cells`.
"""

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import BinaryIO
from zoneinfo import ZoneInfo

import msgspec

from troth.errors import BadCsv, BadTime, NotFound
from troth.wire.csv_cells import Becomes, Value, column_of, is_empty, read_cell
from troth.wire.local_times import parse_local

__all__ = ["Asked", "CsvFile", "Row", "Seen", "opened"]


class Asked(msgspec.Struct, frozen=True):
    """What is wanted of a file.

    Args:
        value: column of the values.
        time: column of the times; None where `start_ns` and `step_ns` make them.
        zone: of times that name none.
        where: (column, text) that a row must have, all of them.
        becomes: type of the stream.
    """

    value: str
    time: str | None = None
    start_ns: int = 0
    step_ns: int = 0
    zone: ZoneInfo | None = None
    where: tuple[tuple[str, str], ...] = ()
    becomes: Becomes = Becomes.NUMBER


class Seen(Enum):
    """What a row is, if it is no observation to send."""

    ANOTHER = "of another series"
    EMPTY = "empty"


class Row(msgspec.Struct, frozen=True):
    """One row. `number` counts rows after the header from 1; either `value`, or `seen`, or `unreadable` is set."""

    number: int
    time_ns: int = 0
    value: Value | None = None
    seen: Seen | None = None
    unreadable: str | None = None


class CsvFile:
    """An open file. Made by `opened`."""

    def __init__(self, raw: BinaryIO, asked: Asked, *, size: int) -> None:
        self._raw = raw
        self._asked = asked
        self.size = size
        self._taken = 0  # rows of this series so far
        self._dated = False  # whether a time could be read
        self._rows = csv.reader(io.TextIOWrapper(raw, encoding="utf-8-sig", newline=""), strict=True)
        self._header = self._first()
        self._width = len(self._header)
        self._value = column_of(self._header, asked.value)
        self._time = None if asked.time is None else column_of(self._header, asked.time)
        self._where = tuple((column_of(self._header, name), text) for name, text in asked.where)

    @property
    def read_bytes(self) -> int:
        """How far the file was read, for showing progress."""
        return self._raw.tell() if self._raw.seekable() else 0

    def rows(self) -> Iterator[Row]:
        """Every row.

        Raises:
            BadCsv: the file is no UTF-8 or no CSV from here on, or its first time needs a zone that was not named.
        """
        number = 0
        while True:
            try:
                fields = next(self._rows, None)
            except (csv.Error, UnicodeDecodeError, OSError) as cause:
                raise BadCsv(f"the file cannot be read as CSV in UTF-8 after row {number}") from cause
            if fields is None:
                return
            if not fields and self._width > 1:
                continue  # RFC 4180 has no blank lines; what a spreadsheet leaves at the end is no row
            number += 1
            yield self._row(number, fields or [""])

    def _row(self, number: int, fields: list[str]) -> Row:
        if len(fields) != self._width:
            return Row(number, unreadable=f"it has {len(fields)} fields, the header {self._width}")
        if any(fields[at] != text for at, text in self._where):
            return Row(number, seen=Seen.ANOTHER)
        self._taken += 1
        text = fields[self._value].strip()
        if is_empty(text, self._asked.becomes):
            return Row(number, seen=Seen.EMPTY)
        try:
            time_ns = self._time_of(fields)
        except BadTime as error:
            if not self._dated and error.hint is not None:
                raise BadCsv("the times of this file have no zone", hint=error.hint) from error
            return Row(number, unreadable=error.message)
        self._dated = True
        value = read_cell(text, self._asked.becomes)
        if value is None:
            return Row(number, time_ns, unreadable=f"its value is no {self._asked.becomes.value}")
        return Row(number, time_ns, value)

    def _time_of(self, fields: list[str]) -> int:
        if self._time is None:
            return self._asked.start_ns + (self._taken - 1) * self._asked.step_ns
        return parse_local(fields[self._time].strip(), self._asked.zone)

    def _first(self) -> list[str]:
        try:
            header = next(self._rows, None)
        except (csv.Error, UnicodeDecodeError, OSError) as cause:
            raise BadCsv("the file is no CSV in UTF-8") from cause
        if not header or not any(header):
            raise BadCsv("the file has no header: its first row names the columns")
        return [name.strip() for name in header]


@contextmanager
def opened(path: Path, asked: Asked) -> Iterator[CsvFile]:
    """Open a file and read its header.

    Raises:
        NotFound: it cannot be read.
        BadCsv: it has no such columns.
    """
    try:
        raw = path.open("rb")
    except OSError as cause:
        raise NotFound(f"{path} cannot be read ({cause.strerror})") from cause
    with raw:
        yield CsvFile(raw, asked, size=path.stat().st_size)
