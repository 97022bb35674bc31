"""CSV over HTTP: a body of any size is read row by row while it comes, and becomes what a thing says.

Rules
- Constant memory: at most IN_FLIGHT_VALUES are offered and not settled; until some are, no more of the body is read.
- Every value of every row is stored, kept before, refused with its reason, empty, or of another series; the report's counts
  add up. The first LISTED_REFUSALS refusals are listed with their row, the others counted.
- The report says up to which row everything is settled. The last body of each thing can be asked about while it comes and
  afterwards; sent again, with or without `after`, it stores nothing twice, for every row has a time.
- A body that cannot be read any further ends there; what was settled stays.

Source: things.md, "Speaking" (CSV bulk, streamed), "The writer" (back-pressure).
Left out: reports that outlive a restart of the node; compressed bodies.
Owner of all state: the event loop.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Final

import msgspec

from troth.errors import BadCsv, Malformed, NotFound, TrothError, Undeclared, WrongKind
from troth.gate.words import can_do, outer
from troth.ingest.csv_payload import Cell, RowReader, read_asked
from troth.ingest.http_door import ROWS_AT_ONCE, HttpDoor, counted_as
from troth.ingest.settling import settle
from troth.journeys.hear import Inlet
from troth.names import ThingId
from troth.things.observations import Outcome, Refusal, Repeated, Result
from troth.wire.asgi import Headers, Receive, Send, send_whole
from troth.wire.bodies import kind_of
from troth.wire.csv_records import CsvRecords
from troth.wire.problems import problem_of

__all__ = ["IN_FLIGHT_VALUES", "LISTED_REFUSALS", "REPORTS_KEPT", "HttpCsv", "Report"]

IN_FLIGHT_VALUES: Final = 10_000  # as many as one data array or SenML pack
LISTED_REFUSALS: Final = 1_000  # of each body; 100 KB of answer at most
REPORTS_KEPT: Final = 256  # of so many things, the latest; 25 MB at most


class RefusedValue(msgspec.Struct, frozen=True):
    """One value that was refused. Rows count from 1 after the header."""

    row: int
    stream: str
    code: str


class Ended(msgspec.Struct, frozen=True):
    """Why a body was not read to its end."""

    code: str
    detail: str


class Report(msgspec.Struct, omit_defaults=False):
    """What became of a body, so far or in the end. `values` = stored + repeated + refused + empty + another.

    Args:
        name: the request's Idempotency-Key, or "".
        whole: whether the body was read to its end and all of it is settled.
        rows: read so far; `settled` of them, from the first on, are settled.
        skipped: rows that `after` left out.
        words: of each code in `refused`, what it means and what can be done.
    """

    name: str
    whole: bool = False
    rows: int = 0
    settled: int = 0
    skipped: int = 0
    values: int = 0
    stored: int = 0
    repeated: int = 0
    empty: int = 0
    another: int = 0
    refused: dict[str, int] = msgspec.field(default_factory=dict)
    words: dict[str, str] = msgspec.field(default_factory=dict)
    refusals: list[RefusedValue] = msgspec.field(default_factory=list)
    unlisted: int = 0
    ended: Ended | None = None


class _Batch:
    """Rows that are offered together."""

    __slots__ = ("last_row", "left")

    def __init__(self, last_row: int, left: int) -> None:
        self.last_row = last_row
        self.left = left


class _Upload:
    """One body on its way."""

    def __init__(self, door: HttpDoor, thing: ThingId, *, name: str) -> None:
        self.report = Report(name)
        self._door = door
        self._thing = thing
        self._rows: list[tuple[int, list[Cell]]] = []
        self._batches: deque[_Batch] = deque()
        self._flying = 0
        self._waiter: asyncio.Future[Outcome] | None = None

    async def take(self, number: int, cells: list[Cell]) -> None:
        """Take one row; from time to time what was taken is offered."""
        self._rows.append((number, cells))
        if len(self._rows) * len(cells) >= ROWS_AT_ONCE or len(self._rows) >= ROWS_AT_ONCE:
            await self.offer()

    async def offer(self) -> None:
        """Offer what was taken, and wait for room."""
        rows, self._rows = self._rows, []
        if rows:
            self._offer(rows)
        self._door.hear.flush()
        await self._door.turn()
        await self._until(IN_FLIGHT_VALUES)

    async def quiet(self) -> None:
        """Offer the rest and wait until everything is settled."""
        await self.offer()
        await self._until(0)
        self.report.settled = self.report.rows

    def _offer(self, rows: list[tuple[int, list[Cell]]]) -> None:
        report = self.report
        report.values += sum(len(cells) for _, cells in rows)
        batch = _Batch(rows[-1][0], 1)
        self._batches.append(batch)
        groups: dict[str, tuple[Inlet, list[Result], list[int | None], list[Callable[[Outcome], None]]]] = {}
        for number, cells in rows:
            for cell in cells:
                if cell.said is None:
                    report.empty += 1
                    continue
                done = partial(self._settled, batch, number, cell.stream)
                batch.left += 1
                self._flying += 1
                if cell.inlet is None or isinstance(cell.said, Refusal):
                    refusal = cell.said if isinstance(cell.said, Refusal) else Refusal.UNDECLARED
                    self._door.hear.count(self._thing, refusal, done)
                    continue
                _, results, times, dones = groups.setdefault(cell.stream, (cell.inlet, [], [], []))
                results.append(cell.said)
                times.append(cell.time_ns)
                dones.append(done)
        for inlet, results, times, dones in groups.values():
            inlet.offer_all(results, times, keys=[b""] * len(results), dones=dones)
        self._less(batch)

    def _settled(self, batch: _Batch, row: int, stream: str, outcome: Outcome) -> None:
        report = self.report
        if isinstance(outcome, Refusal):
            report.refused[outcome.value] = report.refused.get(outcome.value, 0) + 1
            report.words.setdefault(outcome.value, f"{outer(outcome.value)} {can_do(outcome.value)}")
            if len(report.refusals) < LISTED_REFUSALS:
                report.refusals.append(RefusedValue(row, stream, outcome.value))
            else:
                report.unlisted += 1
        elif isinstance(outcome, Repeated):
            report.repeated += 1
        else:
            report.stored += 1
        self._flying -= 1
        self._less(batch)
        if self._waiter is not None:
            settle(self._waiter, 0)

    def _less(self, batch: _Batch) -> None:
        batch.left -= 1
        while self._batches and not self._batches[0].left:
            self.report.settled = self._batches.popleft().last_row

    async def _until(self, flying: int) -> None:
        while self._flying > flying:
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
            self._waiter = None


class HttpCsv:
    """The route of CSV bodies."""

    def __init__(self, door: HttpDoor) -> None:
        self._door = door
        self._last: dict[ThingId, Report] = {}

    async def status(self, thing: ThingId, send: Send) -> None:
        """Tell of the thing's latest body.

        Raises:
            NotFound: there was none since the node started.
        """
        report = self._last.get(thing)
        if report is None:
            raise NotFound("no body came yet")
        await _answer(send, 200, report)

    async def answer(
        self, thing: ThingId, headers: Headers, *, query: bytes, receive: Receive, send: Send, name: str
    ) -> None:
        """Read, offer and answer one body.

        Raises:
            BadCsv, BadQuery, BadTime, WrongKind, Undeclared: before any row was taken; that is counted.
        """
        upload = _Upload(self._door, thing, name=name)
        try:
            if kind_of(headers) not in {"", "text/csv"}:
                raise WrongKind("A body here is text/csv.")
            await self._read(thing, query, receive=receive, upload=upload)
        except (Malformed, Undeclared) as error:
            if not upload.report.rows:
                await self._door.count(
                    thing, Refusal.UNDECLARED if isinstance(error, Undeclared) else counted_as(error)
                )
                raise
            await upload.quiet()
            await self._door.count(thing, counted_as(error))
            await _answer(send, _end(upload.report, error), upload.report)
            return
        await upload.quiet()
        upload.report.whole = True
        await _answer(send, 200, upload.report)

    async def _read(self, thing: ThingId, query: bytes, *, receive: Receive, upload: _Upload) -> None:
        """Take every row of the body as it comes."""
        asked = read_asked(query)
        self._door.rates.of(thing).charge(1, 0)
        report, records = upload.report, CsvRecords()
        self._last.pop(thing, None)
        self._last[thing] = report
        if len(self._last) > REPORTS_KEPT:
            del self._last[next(iter(self._last))]
        reader: RowReader | None = None
        more = True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                raise Malformed("The request ended before its body did.")
            more = message.get("more_body", False)
            piece: bytes = message.get("body", b"")
            await self._pace(thing, piece)
            for fields in records.take(piece, last=not more):
                if records.number % ROWS_AT_ONCE == 0:
                    await self._door.turn()  # also where nothing is offered: blank lines, rows of another series
                if reader is None:
                    reader = RowReader(fields, asked, inlets=self._door.hear.inlets(thing))
                elif fields or reader.narrow:
                    await _take(reader, fields, report=report, after=asked.after, upload=upload)
        if reader is None:
            raise BadCsv("The body has no header: its first row names the columns.")

    async def _pace(self, thing: ThingId, piece: bytes) -> None:
        """A long body is slowed to what one thing may send, not turned away."""
        allowance = self._door.rates.of(thing)
        allowance.charge(0, len(piece))
        owes_s = allowance.owes_s()
        if owes_s > 0:
            await asyncio.sleep(owes_s)


async def _take(reader: RowReader, fields: list[str], *, report: Report, after: int, upload: _Upload) -> None:
    cells = reader.row(fields)
    report.rows += 1
    if report.rows <= after:
        report.skipped += 1
        report.settled = report.rows
    elif cells is None:
        report.values += reader.values
        report.another += reader.values
    else:
        await upload.take(report.rows, cells)


def _end(report: Report, error: TrothError) -> int:
    problem = problem_of(error)
    report.ended = Ended(problem.code, problem.detail)
    return problem.status


async def _answer(send: Send, status: int, report: Report) -> None:
    document = msgspec.json.encode(report)
    kind = ((b"content-type", b"application/json"), (b"content-length", b"%d" % len(document)))
    last = () if report.ended is None else ((b"connection", b"close"),)
    await send_whole(send, status, headers=(*kind, (b"cache-control", b"no-store"), *last), body=document)
