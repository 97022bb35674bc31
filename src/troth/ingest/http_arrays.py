"""Data arrays over HTTP: groups of rows, each of one Datastream, of the thing itself or of things for which it is the gateway.

Rules
- Rows are offered in their order. A few rows of each of many streams are read, looked at and handed over together.
- A Datastream that is neither the thing's own nor of a thing that it speaks for is not there for it: its rows are counted as
  `undeclared`, as those of a Datastream that does not exist.
- What is said for a thing is counted, charged and known as a repeat as that thing's. A thing that owes is refused (`too-fast`),
  and no other with it. What is refused so stays charged to the gateway.
- Who may be spoken for is looked at anew after every turn of the loop: what ended meanwhile is refused.
- The loop is given back every 2 ms, and a stream about which the gate has to be asked anew is looked at by itself.

Source: OGC 18-088 §13; things.md, "Shape of the hot path"; docs/decisions/0107 and 0108. Owner of all state: the event loop.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from troth.errors import Malformed, NotOffered
from troth.ingest.http_door import ROWS_AT_ONCE, TURN_NS, HttpDoor, counted_as
from troth.ingest.http_payloads import Columns, Group, read_arrays, read_columns, read_numbers, read_row
from troth.ingest.repeats import repeat_key, said_by
from troth.ingest.settling import Outcomes
from troth.journeys.hear import Inlet
from troth.names import ThingId
from troth.things.observations import Outcome, Refusal, Result, ResultType

__all__ = ["HttpArrays"]

_FEW: Final = 32  # rows of one stream: fewer go with those of others (docs/decisions/0087, 0117)


class HttpArrays:
    """The route of data arrays."""

    def __init__(self, door: HttpDoor) -> None:
        self._door = door

    async def take(self, thing: ThingId, body: bytes, *, name: str) -> Outcomes:
        """Offer the rows of a data array and wait until all are settled.

        Args:
            thing: whose credential was shown.
            body: the document.
            name: what the thing calls the message, or "".

        Raises:
            Malformed, NotOffered: nothing of it was kept; that is counted, of the thing itself.
        """
        door = self._door
        try:
            groups = read_arrays(body)
            columns = {each: read_columns(each) for each in dict.fromkeys(group.components for group in groups)}
        except (Malformed, NotOffered) as error:
            await door.count(thing, counted_as(error))
            raise
        rows = sum([len(group.rows) for group in groups])
        array, whole = Outcomes.awaited(rows)
        offering = _Offering(door, thing, array=array, name=name, row_bytes=len(body) / max(1, rows))
        at, began = 0, door.clock.ticks()
        try:
            while at < len(groups):
                at = offering.some(groups, at, columns)
                if door.clock.ticks() - began > TURN_NS:
                    offering.together()
                    door.hear.flush()
                    await door.turn()
                    offering.anew()
                    began = door.clock.ticks()
            offering.together()
        finally:
            offering.charge()
        door.hear.flush()
        await whole
        return array


class _Offering:
    """One data array on its way."""

    def __init__(self, door: HttpDoor, thing: ThingId, *, array: Outcomes, name: str, row_bytes: float) -> None:
        self._door = door
        self._thing = thing
        self._array = array
        self._name = name
        self._row_bytes = row_bytes
        self._streams = door.streams(thing)
        self._spoken = {thing: 0}  # rows of the things that speak, or are spoken for, here; -1 for one that owes
        self._from = 0  # of the group that is being offered, the first row that was not
        # A few rows of each of many streams, which wait to be read together: whose, and how their parts stand.
        self._columns: Columns | None = None
        self._inlets: list[Inlet] = []
        self._rows: list[object] = []

    def anew(self) -> None:
        """Others have run: who may be spoken for is looked at again."""
        self._streams = self._door.streams(self._thing)

    def some(self, groups: Sequence[Group], at: int, columns: Mapping[tuple[str, ...], Columns]) -> int:
        """Offer groups from `at` on until some ROWS_AT_ONCE rows, or groups, were looked at; returns which comes next."""
        streams, spoken, few = self._streams, self._spoken, 0 if self._name else _FEW
        now_ns = self._door.clock.now()
        last = min(len(groups), at + ROWS_AT_ONCE)
        while at < last:
            group = groups[at]
            rows = group.rows
            inlet = streams.get(group.datastream.id)
            read = columns[group.components]
            said = -1 if inlet is None else spoken.get(inlet.thing, -1)
            if (
                inlet is None
                or said < 0
                or len(rows) >= few
                or self._columns is not read
                # As `_answered`: the gate is asked about each other stream, and not about many in one step.
                or (admission := inlet.admission) is None
                or not admission.hold.live
                or inlet.until_ns <= now_ns
            ):
                if self._offer(group, read):
                    at += 1
                return at
            spoken[inlet.thing] = said + len(rows)
            if len(rows) == 1:
                self._inlets.append(inlet)
            else:
                self._inlets += (inlet,) * len(rows)
            self._rows += rows
            at += 1
            if len(self._rows) >= ROWS_AT_ONCE:
                self.together()
                return at
        return at

    def _offer(self, group: Group, columns: Columns) -> bool:
        """Offer rows of one group that is not as those before it; False where some of it are still to come."""
        rows = group.rows[self._from : self._from + ROWS_AT_ONCE]
        whole = self._from + len(rows) == len(group.rows)
        self._from = 0 if whole else self._from + len(rows)
        self.together()
        inlet = self._door.stream(self._thing, group.datastream.id)
        refusal = Refusal.UNDECLARED if inlet is None else self._owes(inlet, len(rows))
        if inlet is None or refusal is not None:
            of = self._thing if inlet is None else inlet.thing
            for _ in rows:
                self._door.hear.count(of, refusal or Refusal.UNDECLARED, self._array.next())
        elif (
            not self._name
            and len(group.rows) < _FEW
            and inlet.says_numbers
            and _answered(inlet, self._door.clock.now())
        ):
            self._columns = columns
            self._inlets += (inlet,) * len(rows)
            self._rows += rows
        else:
            self._one(inlet, rows, columns)
        return whole

    def together(self) -> None:
        """Offer what was kept."""
        rows, inlets, columns = self._rows, self._inlets, self._columns
        if columns is None or not rows:
            return
        self._rows, self._inlets = [], []
        usual = read_numbers(rows, columns)
        if usual is None:
            for inlet, row in zip(inlets, rows, strict=True):
                self._one(inlet, [row], columns)
            return
        numbers, times = usual
        self._door.hear.bring_all(inlets, numbers, times, settler=self._array, at=self._array.span(len(rows)))

    def charge(self) -> None:
        """Charge each thing that was spoken for with a message and its share of the bytes, in place of the gateway."""
        rates = self._door.rates
        for thing, rows in self._spoken.items():
            if rows >= 0 and thing != self._thing:
                size = round(rows * self._row_bytes)
                rates.of(thing).charge(1, size)
                rates.of(self._thing).charge(0, -size)

    def _owes(self, inlet: Inlet, rows: int) -> Refusal | None:
        """Whether rows that are said for another thing are more than it may send."""
        said = self._spoken.get(inlet.thing)
        if said is None:
            said = -1 if self._door.rates.of(inlet.thing).owes_s() > 0 else 0
        self._spoken[inlet.thing] = said if said < 0 else said + rows
        return Refusal.TOO_FAST if said < 0 else None

    def _one(self, inlet: Inlet, rows: list[object], columns: Columns) -> None:
        """Offer some rows of one stream; what cannot be read is counted."""
        array, name = self._array, self._name
        if not name and inlet.type is ResultType.NUMBER:
            usual = read_numbers(rows, columns)
            if usual is not None and inlet.offer_run(*usual, array, array.offered):
                array.span(len(rows))
                return
        name = said_by(self._thing, name, inlet.thing)
        results: list[Result] = []
        times: list[int | None] = []
        keys: list[bytes] = []
        dones: list[Callable[[Outcome], None]] = []
        for row in rows:
            key = repeat_key(f"{name}\n{array.offered}", self._door.secret) if name else b""
            done = array.next()
            read = read_row(row, columns, inlet.type)
            if isinstance(read, Refusal):
                self._door.hear.count(inlet.thing, read, done)
            elif read.end_ns is not None:
                inlet.offer(read.result, time_ns=read.time_ns, end_ns=read.end_ns, key=key, done=done)
            else:
                results.append(read.result)
                times.append(read.time_ns)
                keys.append(key)
                dones.append(done)
        if results:
            inlet.offer_all(results, times, keys=keys, dones=dones)


def _answered(inlet: Inlet, now_ns: int) -> bool:
    """Whether the gate need not be asked about numbers of this stream."""
    admission = inlet.admission
    return admission is not None and admission.hold.live and now_ns < inlet.until_ns
