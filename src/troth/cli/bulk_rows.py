"""A table of things as rows to say: a CSV file, read whole and looked at whole before anything is said.

Rules
- The first line names columns: `name`, `place` and `type`; where wanted `slug`, `household`, `from`, `reach`, `ways_out`.
  A column `STREAM.reach` or `STREAM.ways_out` speaks of one stream, `reach` and `ways_out` of all streams of the type.
- Rows are counted as a spreadsheet counts them: the first line is row 1. Empty rows are no rows.
- Separators are commas, semicolons or tabs, whichever the first line has; the file is UTF-8.
- A fault has row, column and reason. A file with one is not said.

Source: RFC 4180, with what spreadsheets write; things.md, "A thing joins".
"""

import csv
import io
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

import msgspec

from troth.api.many_forms import OwnWordsRow, RowForm
from troth.api.type_forms import TypeShown
from troth.errors import BadCsv
from troth.journeys.installing import stem_of

__all__ = ["FILE_BYTES", "ROWS_MAX", "Defaults", "NumberedRow", "WrongRow", "doubled", "read_rows", "rows_in"]

FILE_BYTES: Final = 64 * 1024 * 1024  # of one file of rows; 100,000 rows of 600 bytes
ROWS_MAX: Final = 100_000  # rows of one file, which are in memory at once
_PLAIN: Final = ("name", "place", "type", "slug", "household", "from", "reach", "ways_out")
_PER_STREAM: Final = ("reach", "ways_out")


class NumberedRow(msgspec.Struct, frozen=True):
    """A row and where it stands."""

    number: int
    form: RowForm


class WrongRow(msgspec.Struct, frozen=True):
    """What is wrong with a row."""

    number: int
    column: str
    reason: str


class Defaults(msgspec.Struct, frozen=True):
    """What holds for rows that do not say it."""

    type: str | None = None
    place: str | None = None
    household: str | None = None


def read_rows(
    data: bytes, *, defaults: Defaults, types: Mapping[str, TypeShown]
) -> tuple[list[NumberedRow], list[WrongRow]]:
    """As `rows_in`, where rows have short names of their own, or ones that are made from their names."""
    rows, wrong = rows_in(data, defaults=defaults, types=types)
    return rows, wrong + doubled(rows)


def rows_in(
    data: bytes, *, defaults: Defaults, types: Mapping[str, TypeShown]
) -> tuple[list[NumberedRow], list[WrongRow]]:
    """All rows, and what can be seen to be wrong without asking the node.

    Args:
        data: the file.
        defaults: for rows that leave something out.
        types: those that are registered, by short name: whose streams `reach` and `ways_out` speak of.

    Raises:
        BadCsv: no CSV in UTF-8, a column that is none, or one that is needed and not there.
    """
    lines = _lines(data)
    header = [each.strip() for each in next(lines, [])]
    _check_header(header, defaults)
    rows: list[NumberedRow] = []
    wrong: list[WrongRow] = []
    for number, cells in enumerate(lines, 2):
        if not any(each.strip() for each in cells):
            continue
        if len(cells) > len(header):
            wrong.append(WrongRow(number, header[-1], "there are more cells than columns"))
            continue
        if len(rows) == ROWS_MAX:
            raise BadCsv(f"a file has at most {ROWS_MAX} rows", hint="Say it in several files.")
        told = {column: cell.strip() for column, cell in zip(header, cells, strict=False) if cell.strip()}
        row = _row(told, defaults, types)
        rows.append(NumberedRow(number, row))
        wrong += [WrongRow(number, column, "this is missing") for column in _missing(row)]
        wrong += [WrongRow(number, column, why) for column, why in _strange(told, row, types)]
    if not rows and not wrong:
        raise BadCsv("the file has no rows")
    return rows, wrong


def doubled(rows: Sequence[NumberedRow]) -> list[WrongRow]:
    """Rows whose short name another row before them has: said by themselves or made from their names."""
    first: dict[str, int] = {}
    found: list[WrongRow] = []
    for row in rows:
        slug = row.form.slug or stem_of(row.form.name)
        before = first.setdefault(slug, row.number)
        if before != row.number:
            reason = f"row {before} has the short name {slug} already: give one of them another in the column slug"
            found.append(WrongRow(row.number, "slug", reason))
    return found


def _lines(data: bytes) -> Iterator[list[str]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as cause:
        raise BadCsv("the file is not in UTF-8") from cause
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    except csv.Error as cause:
        raise BadCsv(f"the file cannot be read as CSV ({cause})") from cause


def _check_header(header: Collection[str], defaults: Defaults) -> None:
    for column in header:
        stream, _, last = column.rpartition(".")
        if column not in _PLAIN and not (stream and last in _PER_STREAM):
            raise BadCsv(
                f"there is no column '{column[:100]}'", hint=f"Columns are: {', '.join(_PLAIN)}, STREAM.reach ..."
            )
    if len(set(header)) < len(header):
        raise BadCsv("a column stands in the file twice")
    needed = (
        {"name"} | ({"place"} if defaults.place is None else set()) | ({"type"} if defaults.type is None else set())
    )
    missing = sorted(needed - set(header))
    if missing:
        raise BadCsv(
            f"the file has no column {', '.join(missing)}",
            hint="The first line names the columns; --of and --place say type and place for all rows.",
        )


def _row(told: Mapping[str, str], defaults: Defaults, types: Mapping[str, TypeShown]) -> RowForm:
    type_ = told.get("type", defaults.type or "")
    known = types.get(type_)
    streams = {name.rpartition(".")[0] for name in told if "." in name}
    if "reach" in told or "ways_out" in told:
        streams |= set() if known is None else {each.name for each in known.streams}
    return RowForm(
        told.get("name", ""),
        told.get("place", defaults.place or ""),
        type_,
        told.get("slug"),
        told.get("household", defaults.household),
        told.get("from"),
        tuple(
            OwnWordsRow(
                each, told.get(f"{each}.reach", told.get("reach")), told.get(f"{each}.ways_out", told.get("ways_out"))
            )
            for each in sorted(streams)
        ),
    )


def _missing(row: RowForm) -> Iterator[str]:
    yield from (column for column, text in (("name", row.name), ("place", row.place), ("type", row.type)) if not text)


def _strange(told: Mapping[str, str], row: RowForm, types: Mapping[str, TypeShown]) -> Iterator[tuple[str, str]]:
    """Words about a stream that the type does not have; what else is wrong the node says."""
    known = types.get(row.type)
    if known is None:
        return
    names = {each.name for each in known.streams}
    for column in told:
        stream = column.rpartition(".")[0]
        if stream and stream not in names:
            yield column, f"the type {row.type} has no stream {stream}"
