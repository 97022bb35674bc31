"""Observations as records of a CSV file.

Source: docs/reference/sensorthings.md, "As a CSV file".
"""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

import msgspec

from troth.journeys.tell import StreamView
from troth.things.observations import Variant
from troth.things.windows import Shown
from troth.wire.csv_written import Cell, record
from troth.wire.local_times import print_local
from troth.wire.result_formats import Column
from troth.wire.results import as_json
from troth.wire.times import print_time

__all__ = ["header_of", "records"]


def header_of(columns: Sequence[Column]) -> bytes:
    """The first line."""
    return record(each.value for each in columns)


def records(rows: Sequence[Shown], view: StreamView, *, columns: Sequence[Column], zone: ZoneInfo | None) -> bytes:
    """A line for each row. `zone` None: times are UTC."""
    return b"".join(record(_cell(row, view, column, zone) for column in columns) for row in rows)


def _cell(row: Shown, view: StreamView, column: Column, zone: ZoneInfo | None) -> Cell:
    match column:
        case Column.ID:
            return row.id
        case Column.TIME:
            first = _time(row.from_ns, zone)
            return first if row.to_ns == row.from_ns else f"{first}/{_time(row.to_ns, zone)}"
        case Column.RESULT_TIME:
            return None
        case Column.RESULT:
            # Bytes are results of JSON, and of nothing else.
            return (
                msgspec.Raw(msgspec.json.encode(as_json(row.result))) if isinstance(row.result, bytes) else row.result
            )
        case Column.VIEW:
            return view.variant.value
        case Column.SAYS:
            return "\n".join(row.says) or None
        case Column.BECAUSE:
            return view.because if view.variant != Variant.RAW else None


def _time(time_ns: int, zone: ZoneInfo | None) -> str:
    return print_time(time_ns) if zone is None else print_local(time_ns, zone)
