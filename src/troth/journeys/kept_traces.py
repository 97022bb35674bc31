"""Find the other traces that a proof needs: the list behind a basis id, and the trace of something said.

Rules
- Segments are looked through backwards, each once: what is found on the way is remembered, and how far was looked.
- A basis is written in the commit of the first row that rests on it after a start: in that row's segment or before it.

Source: things/stores (`traces`); formats.md, "Traces" (basis, kind 2).
Owner of all state: the event loop.
Left out: an index on disk. After a restart the first proof of an old row reads the segments back to its basis.
"""

from collections.abc import Sequence
from typing import Final, Protocol

from troth.clock import NS_PER_S
from troth.errors import Malformed, StorageFailed
from troth.names import BasisId, StatementId
from troth.things.stores import NotedTrace, Segment
from troth.tlog.trace import Basis, SaidTrace, basis_id, decode

__all__ = ["KeptTraces", "Segments"]

_SETTLED_NS: Final = 60 * NS_PER_S  # far longer than a statement waits for the commit of its trace
_WANTED: Final = (Basis.kind, SaidTrace.kind)


class Segments(Protocol):
    """The part of an ObservationStore that knows segments; its contract stands there."""

    async def segment(self, number: int) -> Segment | None:
        """A moved segment, or None."""
        ...

    async def last_segment(self) -> Segment | None:
        """The moved segment with the highest number, or None."""
        ...

    async def traces(self, number: int) -> Sequence[NotedTrace]:
        """The other traces of a moved segment, with their leaves."""
        ...


class KeptTraces:
    """Bases and things said of all segments looked through so far: a row of segments without a gap."""

    def __init__(self, observations: Segments) -> None:
        self._observations = observations
        self._bases: dict[BasisId, tuple[StatementId, ...]] = {}
        self._said: dict[StatementId, NotedTrace] = {}
        self._from = 0
        self._to = 0  # segments [_from, _to) were looked through

    async def basis(self, basis: BasisId, *, segment: int) -> Sequence[StatementId] | None:
        """The statements of a basis that a row of this segment rests on, sorted, or None."""
        if basis not in self._bases:
            await self._look_up_to(segment)
        while basis not in self._bases and self._from > 0:
            await self._look_back()
        return self._bases.get(basis)

    async def said(self, statement: StatementId) -> NotedTrace | None:
        """The moved trace of a private statement with its segment and leaf, or None."""
        if statement not in self._said:
            last = await self._observations.last_segment()
            if last is None:
                return None
            await self._look_up_to(last.cut.number)
        while statement not in self._said and self._from > 0:
            await self._look_back()
        return self._said.get(statement)

    async def is_settled(self, said_ns: int) -> bool:
        """Whether what was said then was noted before the last segment was closed, however long a commit took."""
        last = await self._observations.last_segment()
        return last is not None and said_ns + _SETTLED_NS < last.cut.tick_ns

    async def lately(self, statement: StatementId, *, said_ns: int) -> Segment | None:
        """The moved segment with the trace of a private statement, or None. What was closed before that moment is let be."""
        last = await self._observations.last_segment()
        if last is None:
            return None
        await self._look_up_to(last.cut.number)
        while statement not in self._said and self._from > 0:
            before = await self._observations.segment(self._from - 1)
            if before is None or before.cut.tick_ns < said_ns:
                return None
            await self._look_back()
        noted = self._said.get(statement)
        return None if noted is None else await self._observations.segment(noted.segment)

    async def _look_up_to(self, number: int) -> None:
        """Make [_from, _to) reach `number`."""
        if self._to == 0:
            self._from = self._to = number + 1
            await self._look_back()
        for each in range(self._to, number + 1):
            await self._look(each)
            self._to = max(self._to, each + 1)

    async def _look_back(self) -> None:
        number = self._from - 1
        await self._look(number)
        self._from = min(self._from, number)

    async def _look(self, number: int) -> None:
        for noted in await self._observations.traces(number):
            if noted.kind not in _WANTED:
                continue
            try:
                trace = decode(noted.trace)
            except Malformed as cause:
                raise StorageFailed("a kept trace is damaged") from cause
            match trace:
                case Basis() as basis:
                    ids = tuple(map(StatementId, basis.ids))
                    self._bases[basis_id(ids)] = ids
                case SaidTrace() as said:
                    self._said[StatementId(said.statement)] = noted
                case _:
                    pass
