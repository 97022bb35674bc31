"""A CSV body: what is asked of its columns, and what each row says for each stream.

Rules
- Wide: `stream.NAME=COLUMN` for each stream, and `unit.NAME=CODE` where the column's unit is not the declared one.
- Long: `names` is the column that names the stream, `value` that of the values, `unit` one of units, if there is one.
- Times stand in the column `time`, with a zone or in the `zone` that is named; or `start` and `step` make them.
- A row has one value for each stream that was asked for (one in the long form): a result, a refusal, or empty.
- A row that `where.COLUMN=TEXT` does not pick is of another series.

Source: things.md, "Speaking" (CSV bulk); `cli/csv_rows`, which reads a file for `troth replay` by the same cells and times.
Left out: records (`wire/csv_records`), offering (`http_csv`).
"""

from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

import msgspec

from troth.errors import BadCsv, BadQuery, BadTime, Undeclared
from troth.ingest.packs import in_declared_unit
from troth.journeys.hear import Inlet
from troth.things.observations import Refusal, Result, ResultType
from troth.wire.csv_cells import Becomes, column_of, is_empty, read_cell
from troth.wire.local_times import parse_local, parse_step, zone_of
from troth.wire.results import result_of

__all__ = ["PARAMETERS_MAX", "Asked", "Cell", "RowReader", "read_asked"]

PARAMETERS_MAX: Final = 1_024  # a stream and a unit for each of 256 streams (things.md, Limits), twice over
_SINGLE: Final = frozenset(("time", "zone", "start", "step", "names", "value", "unit", "after"))
_BECOMES: Final = {each: Becomes(each.name.lower()) for each in ResultType}
Said: TypeAlias = "Result | Refusal | None"
"""What a cell says: None is empty."""


class Asked(msgspec.Struct, frozen=True):
    """What is asked of a body. `streams` is empty in the long form; `after` rows were settled before."""

    streams: tuple[tuple[str, str], ...]
    units: Mapping[str, str]
    where: tuple[tuple[str, str], ...]
    names: str | None = None
    value: str | None = None
    unit: str | None = None
    time: str | None = None
    zone: ZoneInfo | None = None
    start_ns: int = 0
    step_ns: int = 0
    after: int = 0


class Cell(msgspec.Struct, frozen=True, gc=False):
    """One value of a row. `inlet` None: the thing has no such stream."""

    stream: str
    inlet: Inlet | None
    said: Said
    time_ns: int = 0


def read_asked(query: bytes) -> Asked:
    """Read the parameters of a request.

    Raises:
        BadQuery: one is not known, stands twice, or the forms are mixed.
        BadTime: a zone, start or step that cannot be read.
    """
    try:
        pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=PARAMETERS_MAX)
    except ValueError as cause:
        raise BadQuery("The parameters cannot be read.") from cause
    if len({name for name, _ in pairs}) != len(pairs):
        raise BadQuery("A parameter stands twice.")
    single: dict[str, str] = {}
    many: dict[str, list[tuple[str, str]]] = {"stream": [], "unit": [], "where": []}
    for name, text in pairs:
        kind, dot, of = name.partition(".")
        if dot and of and kind in many:
            many[kind].append((of, text))
        elif name in _SINGLE:
            single[name] = text
        else:
            raise BadQuery(f"There is no parameter '{name[:80]}'.", hint="docs/reference/http-ingest.md lists them.")
    long = {"names", "value"} <= single.keys()
    if long == bool(many["stream"]) or (not long and single.keys() & {"names", "value", "unit"}):
        raise BadQuery("Either stream.NAME=COLUMN for each stream, or names=COLUMN and value=COLUMN.")
    streams = tuple(many["stream"])
    if not {name for name, _ in many["unit"]} <= {name for name, _ in streams}:
        raise BadQuery("A unit is named for a stream that no column becomes.")
    return Asked(
        streams,
        dict(many["unit"]),
        tuple(many["where"]),
        single.get("names"),
        single.get("value"),
        single.get("unit"),
        single.get("time"),
        zone_of(single["zone"]) if "zone" in single else None,
        *_steps(single),
        _count(single.get("after", "0")),
    )


def _steps(single: Mapping[str, str]) -> tuple[int, int]:
    """Start and step in ns, where they make the times."""
    if "time" in single:
        if single.keys() & {"start", "step"}:
            raise BadQuery("Times are in a column, or made by start and step.")
        return 0, 0
    if not {"start", "step"} <= single.keys():
        raise BadQuery(
            "The parameter time names the column of the times; start and step make them where there is none."
        )
    zone = zone_of(single["zone"]) if "zone" in single else None
    return parse_local(single["start"], zone), parse_step(single["step"])


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise BadQuery("The parameter after is a number of rows.")
    return int(text)


class RowReader:
    """Reads the rows of one body.

    Args:
        header: names of the columns.
        asked: what is asked of them.
        inlets: the streams of the thing, by name.

    Raises:
        BadCsv: there is no such column.
        Undeclared: a column is to become a stream that the thing has not.
    """

    def __init__(self, header: Sequence[str], asked: Asked, *, inlets: Mapping[str, Inlet]) -> None:
        names = [name.strip() for name in header]
        if not any(names):
            raise BadCsv("The body has no header: its first row names the columns.")
        self._asked = asked
        self._inlets = inlets
        self._width = len(names)
        self._time = None if asked.time is None else column_of(names, asked.time)
        self._where = tuple((column_of(names, name), text) for name, text in asked.where)
        self._wide: list[tuple[str, Inlet, int, str | None]] = []
        for stream, column in asked.streams:
            inlet = inlets.get(stream)
            if inlet is None:
                raise Undeclared("This thing has no such stream.", hint=f"It has: {', '.join(sorted(inlets))}"[:500])
            self._wide.append((stream, inlet, column_of(names, column), asked.units.get(stream)))
        self._names = None if asked.names is None else column_of(names, asked.names)
        self._value = -1 if asked.value is None else column_of(names, asked.value)
        self._unit = None if asked.unit is None else column_of(names, asked.unit)
        self._taken = 0
        self._dated = False

    @property
    def narrow(self) -> bool:
        """Whether there is one column only: then a blank line is an empty value, else it is no row."""
        return self._width == 1

    @property
    def values(self) -> int:
        """How many values each row has."""
        return len(self._wide) or 1

    def row(self, fields: Sequence[str]) -> list[Cell] | None:
        """What a row says, one cell for each value; None for one of another series.

        Raises:
            BadTime: the first time needs a zone, and none was named.
        """
        if len(fields) != self._width:
            if not fields and self._width == 1:
                return self.row([""])
            return self._refused(Refusal.BAD_PAYLOAD)
        if any(fields[at] != text for at, text in self._where):
            return None
        self._taken += 1
        if self._time is None:
            time_ns = self._asked.start_ns + (self._taken - 1) * self._asked.step_ns
        else:
            try:
                time_ns = parse_local(fields[self._time].strip(), self._asked.zone)
            except BadTime as error:
                if not self._dated and error.hint is not None:
                    raise  # not one row but the whole body lacks a zone
                return self._refused(Refusal.BAD_TIME)
            self._dated = True
        if not -(1 << 63) <= time_ns < 1 << 63:
            return self._refused(Refusal.BAD_TIME)
        if self._names is not None:
            stream = fields[self._names].strip()
            unit = None if self._unit is None else fields[self._unit].strip() or None
            return [self._cell(stream, self._inlets.get(stream), fields[self._value], unit=unit, time_ns=time_ns)]
        return [
            self._cell(stream, inlet, fields[at], unit=unit, time_ns=time_ns) for stream, inlet, at, unit in self._wide
        ]

    def _refused(self, refusal: Refusal) -> list[Cell]:
        if not self._wide:
            return [Cell("", None, refusal)]
        return [Cell(stream, inlet, refusal) for stream, inlet, _, _ in self._wide]

    def _cell(self, stream: str, inlet: Inlet | None, text: str, *, unit: str | None, time_ns: int) -> Cell:
        said = _undeclared(text) if inlet is None else _said(text.strip(), inlet, unit)
        return Cell(stream, inlet, said, time_ns)


def _undeclared(text: str) -> Said:
    return None if is_empty(text.strip(), Becomes.NUMBER) else Refusal.UNDECLARED


def _said(text: str, inlet: Inlet, unit: str | None) -> Said:
    becomes = _BECOMES[inlet.type]
    if is_empty(text, becomes):
        return None
    value = read_cell(text, becomes)
    if value is None:
        return Refusal.WRONG_TYPE
    if isinstance(value, msgspec.Raw):
        return result_of(msgspec.json.decode(value), inlet.type)
    if unit is not None and inlet.type in {ResultType.NUMBER, ResultType.INTEGER}:
        return in_declared_unit(value, unit, inlet)  # type: ignore[arg-type]  # a float or an integer, as the type says
    return value
