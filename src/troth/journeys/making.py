"""Segments made in place: what was committed becomes leaves and a root, and is moved.

Source: record.md, "Statements and traces are two things". Heavy work runs where `in_worker` puts it, never on the loop.
Left out: signing, and the order of the steps (`record`); making large segments in a process of its own, which is an adapter's.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeVar

import msgspec

from troth.things.ledgers import SealedTrace
from troth.things.making import Built
from troth.things.observations import Kept
from troth.things.stores import Committed, ConductStore, Cut, ObservationStore, Segment, Traced
from troth.tlog.merkle import root_of
from troth.tlog.segment import pad
from troth.tlog.trace import collected_bytes, leaf_hash

__all__ = ["InPlace", "InWorker", "trace_of"]

T = TypeVar("T")


class InWorker(Protocol):
    """Run a function away from the loop and give its result."""

    def __call__(self, work: Callable[[], T], /) -> Awaitable[T]:
        """The result of `work()`; what it raises is raised here."""
        ...


class InPlace:
    """`SegmentMaker` in this process."""

    def __init__(self, conduct: ConductStore, observations: ObservationStore, *, in_worker: InWorker) -> None:
        self._conduct = conduct
        self._observations = observations
        self._in_worker = in_worker

    async def build(self, cuts: Sequence[Cut], *, about: int) -> Sequence[Built]:  # noqa: ARG002 - all are built alike here
        """Read, hash, place."""
        return [await self._build(cut) for cut in cuts]

    async def _build(self, cut: Cut) -> Built:
        commits = await self._conduct.committed(cut)
        leaves = await self._in_worker(lambda: _leaves(commits))
        padded = await self._in_worker(lambda: pad(leaves, seed=cut.seed))
        root = await self._in_worker(lambda: root_of(padded))
        placed = await self._in_worker(lambda: _placed(commits, cut.number))
        traces = [trace for commit in placed for trace in commit.traces]
        return Built(b"".join(leaves), len(padded), root, traces, placed)

    async def move(self, segments: Sequence[Segment], built: Sequence[Built]) -> None:
        """As the store does."""
        await self._observations.move(segments, [commit for each in built for commit in each.commits])

    async def close(self) -> None:
        """Nothing is kept."""


def trace_of(row: Kept) -> bytes:
    """The bytes of a row's trace.

    Raises:
        BadTrace: a result that is not of its type.
    """
    return collected_bytes(
        row.stream,
        row.sequence,
        from_ns=row.from_ns,
        to_ns=row.to_ns,
        gate_ns=row.gate_ns,
        basis=row.basis,
        type=row.type,
        result=row.result,
    )


def _leaves(commits: Sequence[Committed]) -> list[bytes]:
    """Leaf hashes in order: of each commit its rows, then its other traces."""
    leaves: list[bytes] = []
    for commit in commits:
        leaves += [leaf_hash(row.salt, trace_of(row)) for _, row in commit.rows]
        leaves += [_leaf(each) for each in commit.traces]
    return leaves


def _leaf(trace: Traced) -> bytes:
    return trace.leaf_hash if isinstance(trace, SealedTrace) else leaf_hash(trace.salt, trace.trace)


def _placed(commits: Sequence[Committed], number: int) -> list[Committed]:
    """The same commits with the segment and leaf of every row and trace filled in."""
    at = 0
    placed = []
    for commit in commits:
        rows = []
        for shelf, row in commit.rows:
            rows.append((shelf, msgspec.structs.replace(row, segment=number, leaf=at)))
            at += 1
        traces: list[Traced] = []
        for trace in commit.traces:
            traces.append(msgspec.structs.replace(trace, segment=number, leaf=at))
            at += 1
        placed.append(Committed(commit.number, rows, traces))
    return placed
