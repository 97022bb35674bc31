"""Records of a CSV file that comes in pieces: as many as are whole, whatever the pieces are cut at.

Rules
- A record ends at a line feed at which all quotes are closed. Records do not depend on where the pieces are cut.
- What waits for its end is bounded: a record has at most RECORD_CHARACTERS, a field at most what `csv` allows (131,072).
- UTF-8, with or without a byte order mark. A blank line is a record without fields.

Source: RFC 4180.
Left out: a bare carriage return as the end of a line; what the fields mean (`csv_cells`).
"""

import codecs
import csv
from collections.abc import Iterator
from typing import Final

from troth.errors import BadCsv

__all__ = ["RECORD_CHARACTERS", "CsvRecords"]

RECORD_CHARACTERS: Final = (
    256 * 1024
)  # things.md, Limits: a payload; a record is what one observation or one moment says


class CsvRecords:
    """One file on its way."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._lines: list[str] = []
        self._quotes = 0
        self._waiting = 0
        self._rest = ""
        self.number = 0

    def take(self, piece: bytes, *, last: bool = False) -> Iterator[list[str]]:
        """The records that are whole with this piece; `number` counts them, the header among them.

        Raises:
            BadCsv: no CSV in UTF-8 from here on, or a record that is too long.
        """
        try:
            lines = (self._rest + self._decoder.decode(piece, last)).split("\n")
        except UnicodeDecodeError as cause:
            raise BadCsv(f"The file is no UTF-8 after record {self.number}.") from cause
        self._rest = lines.pop()
        if last and self._rest:
            lines.append(self._rest)
            self._rest = ""
        for line in lines:
            self._lines.append(line + "\n")
            self._quotes += line.count('"')
            self._waiting += len(line)
            if self._quotes % 2 == 0:
                yield from self._record()
            elif self._waiting > RECORD_CHARACTERS:
                raise self._too_long()
        if self._waiting + len(self._rest) > RECORD_CHARACTERS:
            raise self._too_long()
        if last and self._lines:
            raise BadCsv(f"A quote is not closed after record {self.number}.")

    def _record(self) -> Iterator[list[str]]:
        lines, self._lines = self._lines, []
        if self._waiting > RECORD_CHARACTERS:
            raise self._too_long()
        self._quotes = self._waiting = 0
        try:
            (fields,) = csv.reader(lines, strict=True)
        except (csv.Error, ValueError) as cause:
            raise BadCsv(f"The file cannot be read as CSV after record {self.number}.") from cause
        self.number += 1
        yield fields

    def _too_long(self) -> BadCsv:
        return BadCsv(f"After record {self.number} a record has more than {RECORD_CHARACTERS} characters.")
