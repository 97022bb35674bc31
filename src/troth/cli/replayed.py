"""What became of the rows of a replayed file: counts that add up, reasons with their first rows, and a report of each.

Rules
- rows = stored + refused + empty + those of other series, when the replay has ended.
- Reasons and rows named with them are few, however long the file is; each row stands in the report, if one is written.
"""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Self, TextIO

from troth.cli.csv_rows import Row, Seen
from troth.errors import FolderNotWritable

__all__ = ["Counts", "Report"]

_FIRST: Final = 3  # rows named with a reason
_REASONS: Final = 50
_REST: Final = "other reasons"


class Report:
    """A CSV file with a line for each row that was not stored."""

    def __init__(self, file: TextIO) -> None:
        self._out = csv.writer(file)
        self._out.writerow(("row", "became", "reason"))

    @classmethod
    @contextmanager
    def into(cls, path: Path | None) -> Iterator[Self | None]:
        """Write it to this file, where one is named.

        Raises:
            FolderNotWritable: it cannot be written.
        """
        if path is None:
            yield None
            return
        try:
            file = path.open("w", encoding="utf-8", newline="")
        except OSError as cause:
            raise FolderNotWritable(f"{path} cannot be written ({cause.strerror})") from cause
        with file:
            yield cls(file)

    def row(self, number: int, became: str, *, reason: str = "") -> None:
        """One row of the file."""
        self._out.writerow((number, became, reason))


class Counts:
    """The counts of one replay."""

    def __init__(self, report: Report | None = None) -> None:
        self.read = 0
        self.stored = 0
        self.refusals = 0
        self.empty = 0
        self.another = 0
        self.reasons: dict[str, tuple[int, tuple[int, ...]]] = {}  # reason -> how many, the first rows
        self._report = report

    @property
    def settled(self) -> int:
        """How many rows of those that were `read` have become something."""
        return self.stored + self.refusals + self.empty + self.another

    def line(self) -> str:
        """All in one line, while it goes on."""
        return f"{self.stored} stored, {self.refusals} refused, {self.empty} empty"

    def aside(self, row: Row) -> None:
        """A row that is not sent."""
        if row.unreadable is not None:
            self.refused(row.number, f"not sent: {row.unreadable}")
        elif row.seen is Seen.EMPTY:
            self.empty += 1
            if self._report is not None:
                self._report.row(row.number, "empty")
        else:
            self.another += 1

    def refused(self, row: int, reason: str) -> None:
        """A row that is not kept, and why."""
        self.refusals += 1
        key = reason if reason in self.reasons or len(self.reasons) < _REASONS else _REST
        number, first = self.reasons.get(key, (0, ()))
        self.reasons[key] = (number + 1, first if len(first) >= _FIRST else (*first, row))
        if self._report is not None:
            self._report.row(row, "refused", reason=reason)
