"""In which form observations are asked for: `$resultFormat`, `$select` and `timezone`, read into values.

Rules
- Without any of them the answer is the JSON of the standard, whole.
- `$select` names members of an Observation, each once; they come in the order in which they were named. `result` alone is
  a column like any other: which rows are given is never decided here.
- `timezone` is an IANA name and belongs to CSV, which people open in programs that know no zones. Other forms are UTC.

Source: OGC 18-088 §9.3.3.2 ($select), §13 (data array); FROST-Server's `$resultFormat=CSV` as practice; RFC 4180.
Left out: `$select` on anything but observations, GeoJSON, and members that are not kept (resultQuality, validTime, parameters).
"""

from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from troth.errors import BadQuery, NotOffered
from troth.wire.local_times import zone_of
from troth.wire.odata import Counting, Options, counting

__all__ = ["FORM_OPTIONS", "Column", "Form", "ResultFormat", "form_of", "rows_wanted"]

FORM_OPTIONS: Final = frozenset({"$resultFormat", "$select", "timezone"})
_NOT_KEPT: Final = frozenset(
    {"resultQuality", "validTime", "parameters", "Datastream", "FeatureOfInterest", "@iot.selfLink", "*"}
)


class ResultFormat(StrEnum):
    """The forms."""

    JSON = "JSON"
    DATA_ARRAY = "dataArray"
    CSV = "CSV"


class Column(StrEnum):
    """The members of an Observation that can be selected, as CSV and the data array call them."""

    ID = "id"
    TIME = "phenomenonTime"
    RESULT_TIME = "resultTime"
    RESULT = "result"
    VIEW = "troth.view"
    BECAUSE = "troth.because"
    SAYS = "troth.says"


_USUAL: Final = {
    ResultFormat.DATA_ARRAY: (Column.ID, Column.TIME, Column.RESULT_TIME, Column.RESULT, Column.SAYS),
    ResultFormat.CSV: (Column.ID, Column.TIME, Column.RESULT, Column.VIEW, Column.SAYS),
}


# Where a coarser view is granted, each result says what was done to it; CSV says so always.
_USUAL_COARSER: Final = {
    ResultFormat.DATA_ARRAY: (Column.ID, Column.TIME, Column.RESULT_TIME, Column.RESULT, Column.VIEW, Column.SAYS),
}


class Form(msgspec.Struct, frozen=True):
    """How rows are to be written. `columns` is empty for whole entities in JSON; `zone` None is UTC.

    `coarser`: the columns where a coarser view is granted.
    """

    format: ResultFormat = ResultFormat.JSON
    columns: tuple[Column, ...] = ()
    zone: ZoneInfo | None = None
    coarser: tuple[Column, ...] = ()


def form_of(options: Options) -> Form:
    """The form that is asked for.

    Raises:
        BadQuery: no such form, no such member, or an option that does not belong to the form.
        BadTime: there is no such zone.
        NotOffered: a member of the standard that is not kept here; a count where none is written.
    """
    text = options.given.get("$resultFormat", ResultFormat.JSON.value)
    named = next((each for each in ResultFormat if each.value.lower() == text.lower()), None)
    if named is None:
        raise BadQuery("$resultFormat is JSON, dataArray or CSV.")
    selected = options.given.get("$select")
    columns = _USUAL.get(named, ()) if selected is None else _columns(selected)
    zone = options.given.get("timezone")
    if zone is not None and named is not ResultFormat.CSV:
        raise BadQuery("timezone belongs to $resultFormat=CSV; everything else is in UTC.")
    if named is ResultFormat.CSV and counting(options) is Counting.YES:
        raise NotOffered("A CSV file has no place for $count; ask for it without $resultFormat.")
    coarser = _USUAL_COARSER.get(named, columns) if selected is None else columns
    return Form(named, columns, None if zone is None else zone_of(zone), coarser)


def rows_wanted(options: Options) -> int | None:
    """How many rows of a file: all without `$top`. It is a whole number already, as `observation_query` has seen."""
    text = options.given.get("$top")
    return None if text is None else int(text)


def _columns(text: str) -> tuple[Column, ...]:
    names = [name.strip() for name in text.split(",")]
    found = []
    for name in names:
        column = next((each for each in Column if each.value == ("id" if name == "@iot.id" else name)), None)
        if column is None and name.partition("/")[0] in _NOT_KEPT:
            raise NotOffered("$select names a member that observations do not have here.")
        if column is None or column in found:
            raise BadQuery(
                "$select names a member that nobody knows, or one twice.", hint=f"Members are {', '.join(Column)}."
            )
        found.append(column)
    return tuple(found)
