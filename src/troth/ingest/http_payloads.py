"""What stands in the body of a SensorThings POST: one new Observation, or a data array of many.

Rules
- A member that the standard does not have is refused; one that it has and this version cannot keep is `not-offered`, unless
  it is empty: nothing that was sent is dropped in silence. `resultTime` alone is read, checked and not kept.
- phenomenonTime is a time with a zone or two with a slash; without one it is now.
- A data array is read whole and then row by row, so that one bad row is one "error" and not the end of the others.

Source: OGC 18-088 §8.2.7 (Observation), §13 (data array); things.md, "SensorThings 1.1".
Left out: deep insert, FeatureOfInterest, parameters, resultQuality, validTime.
"""

from collections.abc import Sequence
from typing import Final, cast

import msgspec

from troth.errors import BadJson, BadTime, NotOffered, TooLarge
from troth.things.members import refuse_twice, usual
from troth.things.observations import Refusal, Result, ResultType
from troth.wire.results import result_of
from troth.wire.times import parse_interval, parse_times

__all__ = [
    "ROWS_MAX",
    "Columns",
    "Group",
    "NewObservation",
    "Row",
    "read_arrays",
    "read_columns",
    "read_numbers",
    "read_observation",
    "read_row",
]

ROWS_MAX: Final = 10_000  # things.md, Limits: as a SenML pack
GROUPS_MAX: Final = 10_000
_COMPONENTS: Final = frozenset({"phenomenonTime", "resultTime", "result"})
_UNKEPT: Final = frozenset(
    {"FeatureOfInterest", "FeatureOfInterest/id", "parameters", "resultQuality", "validTime", "id"}
)
_NUMBER_AND_TIME: Final = 2
_OF_EVERY_GROUP: Final = (
    b"Datastream",
    b"components",
    b"dataArray",
    b"@iot.id",
)  # where each is there once for each, none is twice
_HINT: Final = "docs/reference/sensorthings.md shows every body."


class _Link(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"id": "@iot.id"}):
    id: int


class _Posted(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    gc=False,
    rename={
        "time": "phenomenonTime",
        "result_time": "resultTime",
        "datastream": "Datastream",
        "feature": "FeatureOfInterest",
        "quality": "resultQuality",
        "valid": "validTime",
        "id": "@iot.id",
    },
):
    result: object
    time: str | None = None
    result_time: str | None = None
    datastream: _Link | None = None
    feature: object = None
    parameters: object = None
    quality: object = None
    valid: object = None
    id: object = None


class NewObservation(msgspec.Struct, frozen=True, gc=False):
    """One Observation as it was sent. `time_ns` None: now. `datastream`: the number in the body, if it stands there."""

    result: object
    time_ns: int | None
    end_ns: int | None
    datastream: int | None


class Group(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    rename={"datastream": "Datastream", "rows": "dataArray", "count": "dataArray@iot.count"},
):
    """Rows of one Datastream."""

    datastream: _Link
    components: tuple[str, ...]
    rows: list[object]
    count: int | None = None


class Columns(msgspec.Struct, frozen=True):
    """Where the parts of a row stand; -1 for a part that is not sent."""

    width: int
    result: int
    time: int
    result_time: int


class Row(msgspec.Struct, frozen=True, gc=False):
    """One row of a data array. `time_ns` None: now; `end_ns` None: an instant."""

    result: Result
    time_ns: int | None
    end_ns: int | None


_read_posted = msgspec.json.Decoder(_Posted).decode
_read_groups = msgspec.json.Decoder(list[Group]).decode


def read_observation(body: bytes) -> NewObservation:
    """Read one Observation.

    Raises:
        BadJson: not JSON, a member twice, without a result, or with a member that is not known or of another type.
        BadTime: a time that cannot be read.
        NotOffered: a member of the standard that this version cannot keep.
    """
    try:
        said = _read_posted(body)
    except msgspec.ValidationError as cause:
        raise BadJson("This body is not an Observation.", hint=_HINT) from cause
    except (ValueError, RecursionError) as cause:  # UnicodeDecodeError and msgspec's errors are ValueErrors
        raise BadJson("This body is not JSON.", hint=_HINT) from cause
    members = 1 + (said.time is not None) + (said.result_time is not None) + 2 * (said.datastream is not None)
    if not usual(body, members):
        refuse_twice(body)
    if said.feature or said.parameters or said.quality or said.valid or said.id is not None:
        raise NotOffered("This Observation has a member that this version cannot keep.", hint=_HINT)
    time_ns, end_ns = (None, None) if said.time is None else parse_interval(said.time)
    if said.result_time is not None:
        parse_interval(said.result_time)
    return NewObservation(said.result, time_ns, end_ns, None if said.datastream is None else said.datastream.id)


def read_arrays(body: bytes) -> Sequence[Group]:
    """Read a data array; the rows are not looked at yet.

    Raises:
        BadJson: not JSON, a member twice, or not a list of groups.
        TooLarge: more than ROWS_MAX rows in all.
    """
    try:
        groups = _read_groups(body)
    except msgspec.ValidationError as cause:
        raise BadJson("This body is not a list of data arrays.", hint=_HINT) from cause
    except (ValueError, RecursionError) as cause:
        raise BadJson("This body is not JSON.", hint=_HINT) from cause
    if sum(len(group.rows) for group in groups) > ROWS_MAX or len(groups) > GROUPS_MAX:
        raise TooLarge(f"A request has at most {ROWS_MAX} rows.")
    if (
        b"\\" in body
        or b"@iot.count" in body
        or body.count(b"{") != 2 * len(groups)
        or any(body.count(name) != len(groups) for name in _OF_EVERY_GROUP)
    ):
        refuse_twice(body)
    return groups


def read_columns(names: Sequence[str]) -> Columns:
    """Where the parts of these names stand.

    Raises:
        BadJson: no result, a part twice, or one that is not known.
        NotOffered: a part of the standard that this version cannot keep.
    """
    if any(name in _UNKEPT for name in names):
        raise NotOffered("The components name a part that this version cannot keep.", hint=_HINT)
    if "result" not in names or len(set(names)) != len(names) or not _COMPONENTS.issuperset(names):
        raise BadJson("The components are result, phenomenonTime and resultTime, each once.", hint=_HINT)
    at = {name: index for index, name in enumerate(names)}
    return Columns(len(names), at["result"], at.get("phenomenonTime", -1), at.get("resultTime", -1))


def read_row(row: object, columns: Columns, type_: ResultType) -> Row | Refusal:
    """A row of a data array for a stream of this type, or why it cannot be kept."""
    if type(row) is not list or len(row) != columns.width:
        return Refusal.BAD_PAYLOAD
    result = result_of(row[columns.result], type_)
    if isinstance(result, Refusal):
        return result
    try:
        if columns.result_time >= 0:
            _time(row[columns.result_time])
        time_ns, end_ns = _time(row[columns.time]) if columns.time >= 0 else (None, None)
    except BadTime:
        return Refusal.BAD_TIME
    return Row(result, time_ns, end_ns)


def read_numbers(rows: Sequence[object], columns: Columns) -> tuple[list[float], list[int]] | None:
    """Numbers and times of rows that all have both, in the usual form; None where any is otherwise, and is read alone."""
    if columns.width != _NUMBER_AND_TIME or columns.time < 0 or set(map(type, rows)) != {list}:
        return None
    lists = cast("Sequence[list[object]]", rows)
    if set(map(len, lists)) != {_NUMBER_AND_TIME}:
        return None
    values = [row[columns.result] for row in lists]
    if not set(map(type, values)) <= {float, int}:
        return None
    try:
        times = parse_times([row[columns.time] for row in lists])
        numbers = list(map(float, cast("list[float]", values)))
    except (BadTime, OverflowError):
        return None
    return None if times is None else (numbers, times)


def _time(value: object) -> tuple[int | None, int | None]:
    if type(value) is str:
        return parse_interval(value)
    if value is None:
        return None, None
    raise BadTime("A time is text.")
