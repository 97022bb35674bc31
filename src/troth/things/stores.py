"""The ports that keep observations and traces, with their promises written as contracts.

Two stores, two files: `ConductStore` is where everything acknowledged together becomes durable at once; `ObservationStore` is
where rows lie once moved. "Moving" is the only way from one to the other, and moving twice changes nothing.

Contract of both
- Every call that changes something is durable when it returns or calls back, or it raised StorageFailed (and may be kept).
- A failed write or sync of a truth file is final: the store refuses everything afterwards with StorageFailed.
- Each file has one writer; readers never block it.
- A stamp whose lease has ended when the work begins is void: reads give nothing; rows are not kept and not counted, each
  outcome is `Refusal.LEASE_ENDED`, and `journeys/hear` asks the gate anew (it counts the refusal, or stamps again).

Source: things.md, "The writer" and "The store"; record.md, "Statements and traces are two things".
"""

from collections.abc import Callable, Collection, Container, Mapping, Sequence
from typing import Final, Protocol, TypeAlias

import msgspec

from troth.names import StreamId, ThingId
from troth.things.figures import ConductFigures, Tally
from troth.things.folding import Fold, Folded
from troth.things.ledgers import SealedTrace
from troth.things.observations import Kept, Refusal, Shelf
from troth.things.retention import Expiry, Keeping
from troth.things.stamps import Admitted, AdmittedMany, Released

__all__ = [
    "MOVE_MIN",
    "MOVE_SEGMENTS",
    "MOVE_SEGMENTS_MAX",
    "SEALED_MAX",
    "SEGMENT_MAX",
    "Committed",
    "ConductStore",
    "Cut",
    "Going",
    "NotedTrace",
    "ObservationStore",
    "Segment",
    "Tally",
    "Told",
    "Traced",
    "segments_of",
]

SEGMENT_MAX: Final = 65_536  # traces in one segment, record.md
MOVE_SEGMENTS: Final = 4  # enough for a move between ticks; things.md: moves of 300,000 rows cost a third
MOVE_SEGMENTS_MAX: Final = 16  # that are moved together where many streams speak and more wait
_ROWS_EACH: Final = 10  # of a stream, in a move that more wait for
MOVE_MIN: Final = MOVE_SEGMENTS * SEGMENT_MAX  # traces that are enough for a move between ticks

SEALED_MAX: Final = 1_000  # sealed traces given at once of what is not moved: 600 kB


def segments_of(streams: int) -> int:
    """How many segments are moved together at most, where so many streams have spoken.

    Each stream that has a row in a move costs a page of its partition and a row in conduct, however few rows it has: with many
    streams four segments hold two or three of each.
    """
    return min(MOVE_SEGMENTS_MAX, max(MOVE_SEGMENTS, streams * _ROWS_EACH // SEGMENT_MAX))


class NotedTrace(msgspec.Struct, frozen=True):
    """A trace other than a collected row: its kind, the bytes that are hashed, and their salt (16 random bytes).

    `position` is set for a `said` trace only: the journal position it stands for. It is no part of the trace, because it is
    never published; the conduct store remembers the highest, and nobody else keeps it.
    """

    kind: int
    trace: bytes
    salt: bytes
    segment: int = -1
    leaf: int = -1
    position: int = 0


Traced: TypeAlias = NotedTrace | SealedTrace
"""A trace other than a collected row: as it is, or sealed where it concerns a person."""


class Told(msgspec.Struct, frozen=True, gc=False):
    """What listeners are told after a commit: the rows of one stream that became durable in it, in order of sequence."""

    stream: StreamId
    rows: Sequence[Kept]


class Cut(msgspec.Struct, frozen=True):
    """A segment decided durably before it is built, so that a crash builds the same one again.

    It holds the commits first..last (last < first when the tick was idle); `seed` makes the padding and is never published.
    """

    number: int
    first: int
    last: int
    tick_ns: int
    seed: bytes


class Committed(msgspec.Struct, frozen=True):
    """One durable commit, in order: its rows with the shelf of each, then its other traces; its leaves in that order."""

    number: int
    rows: Sequence[tuple[Shelf, Kept]]
    traces: Sequence[Traced]


class Segment(msgspec.Struct, frozen=True):
    """A built segment: its cut, real leaf hashes in order (32 bytes each, joined), padded size, signed statement."""

    cut: Cut
    leaves: bytes
    size: int
    root: bytes
    statement: bytes


class Going(msgspec.Struct, frozen=True):
    """What goes when a person is erased. The functions are pure; stores call them on any thread.

    Args:
        gone: whether this stream, thing, place, person or ledger goes (16 bytes).
        takes: whether this other trace goes, by its kind and bytes.
        locks: whether what is sealed under this day key goes, by its id.
        mark: names everything that ever went, this included. A store may keep it, and need not look anywhere again under it.
        places: where moved rows of such streams can lie; None for anywhere.
    """

    gone: Callable[[bytes], bool]
    takes: Callable[[int, bytes], bool]
    locks: Callable[[bytes], bool]
    mark: bytes
    places: tuple[bytes, ...] | None = None

    def goes(self, trace: Traced) -> bool:
        """Whether this trace goes; of one that is sealed only the id of its day key can be looked at."""
        if isinstance(trace, SealedTrace):
            return self.locks(trace.key)
        return self.takes(trace.kind, trace.trace)


class ConductStore(Protocol):
    """Commits of conduct. One writer thread; all methods are called on the event loop and never block it.

    Group commit: what was appended within a few ms or N rows becomes one row of one file, then the acknowledgements go
    out. A row gets its sequence (contiguous per stream) and `@iot.id` when its commit begins; in the same step its lease
    is looked at again. Equal (stream, time) with an equal result is a repeat of the kept row; with another result it is
    refused `time-taken`. A key seen in the last 24 h is a repeat of the row kept then.
    """

    def append(self, admitted: Admitted | AdmittedMany) -> None:
        """Queue rows for the next commit. `admitted.done` follows once durable.

        Raises:
            Busy: too much waits for its commit, or for its segment (nothing was taken). The door stops reading or answers 429.
            StorageFailed: the store has failed before.
        """
        ...

    def stop_taking(self, why: str) -> None:
        """Take no rows until `take_again`: `append` raises Busy, saying why. What was taken goes on, and so does all else."""
        ...

    def take_again(self) -> None:
        """Take rows again; whoever listens is called, so that what waits can come."""
        ...

    def refuse(self, thing: ThingId, reason: Refusal, *, count: int, done: Callable[[], None]) -> None:
        """Count `count` observations refused for good; `done` follows once the count is durable."""
        ...

    async def note(self, traces: Sequence[Traced]) -> None:
        """Make other traces durable; they are leaves of the next segment."""
        ...

    async def settle(self) -> None:
        """Return when every commit that had begun before this call has ended (barrier step 4)."""
        ...

    def listen(self, told: Callable[[Sequence[Told]], None], *, wanted: Collection[StreamId] | None = None) -> None:
        """Call `told` on the loop after each commit, before its acknowledgements, and with nothing after each `clear`.

        `wanted`, which is looked at then, holds the streams whose rows are told; None for all.
        """
        ...

    def latest(self, released: Released) -> Kept | None:
        """The row with the latest time in the extent among unmoved rows and the latest moved one, or None."""
        ...

    def tail(self, released: Released) -> Sequence[Kept]:
        """All unmoved rows in the extent and the query's `times`, in no order, without `after` and `top` applied."""
        ...

    def tally(self, thing: ThingId) -> Tally:
        """Counts of a thing, durable ones only."""
        ...

    def find(self, id_: int) -> tuple[StreamId, int] | None:
        """(stream, sequence) of an `@iot.id`, or None. Tells nothing about whether the row still exists."""
        ...

    @property
    def uncut(self) -> int:
        """Traces that are durable and in no cut yet. Segments close before their tick once this reaches MOVE_MIN.

        A store may say MOVE_MIN earlier, where what waits is too large for segments to be built of more.
        """
        ...

    async def cut(self, tick_ns: int, seeds: Sequence[bytes]) -> Sequence[Cut]:
        """Close segments at this tick, one or more, durable together on return. Pending cuts are returned again.

        At most SEGMENT_MAX traces go into each, and what is left into the next, as long as there is a seed for it, they are no
        more than `segments_of` the streams that speak, and together not too large to be moved at once; what is left then waits
        for the next call. One may be empty, the first.
        """
        ...

    async def committed(self, cut: Cut) -> Sequence[Committed]:
        """The commits of a pending cut, decoded, in order."""
        ...

    async def sealed(self, keys: Container[bytes]) -> Sequence[SealedTrace]:
        """Sealed traces under these day keys that are durable and not cleared, in order: of more than SEALED_MAX the newest."""
        ...

    async def clear(self, cuts: Sequence[Cut]) -> None:
        """Forget the commits of the pending cuts, all of whose rows are moved. Cuts that are cleared change nothing.

        Sequences, latest values, counts and repeat keys stay.

        Raises:
            RuntimeError: these are not the pending cuts.
        """
        ...

    @property
    def said_position(self) -> int:
        """Journal position of the last private statement whose `said` trace is durable (0 if none)."""
        ...

    @property
    def pending(self) -> Sequence[Cut]:
        """The cuts that are decided and not yet cleared, in order."""
        ...

    async def erase(self, going: Going) -> None:
        """Forget everything of streams and things that go, unmoved rows and their salts included, and other traces that go.

        On return nothing of it is in any file: freed pages and logs included. What is erased before its segment was made
        never becomes a leaf. Doing it again changes nothing; after a crash it is done, not done, or done anew.

        Raises:
            RuntimeError: a cut is pending, whose segment may be signed already; it must be cleared first.
            StorageFailed: it may or may not be done.
        """
        ...

    @property
    def figures(self) -> ConductFigures:
        """How much waits, how old it is, how long commits take."""
        ...

    @property
    def unmoved_from_ns(self) -> int | None:
        """The earliest phenomenonTime among rows that are not moved, or None."""
        ...

    async def expire(self, expiry: Expiry, traces: Sequence[Traced], counts: Mapping[ThingId, int]) -> None:
        """Make durable that these rows go, before they do: its traces, its counts, and no latest row of them any more.

        Sequences stay. An expiry of a number that was made durable before changes nothing. What is deleted here, and what was
        moved and cleared since the last time, is in no file any more: freed pages and logs included.

        Raises:
            RuntimeError: a cut is pending; it must be cleared first.
            StorageFailed: it may or may not be done.
        """
        ...

    async def close(self) -> None:
        """Commit what is queued and stop."""
        ...


class ObservationStore(Protocol):
    """Rows once moved, by place, retention class and period, and the segments their traces stand in.

    Rows are found in every retention class of the shelf's place: a newer disclosure may state another one.
    """

    async def move(self, segments: Sequence[Segment], commits: Sequence[Committed]) -> None:
        """Make these segments, which follow one another, their other traces and all their rows durable.

        Doing it again changes nothing, also where some of them were moved before. After a crash a part may be there.
        Sealed traces are passed over: they belong into a ledger, which keeps them before this is called.
        """
        ...

    async def rows(self, released: Released) -> Sequence[Kept]:
        """At most `query.top` rows within extent, `query.times` and after `query.after`, in the query's order."""
        ...

    async def fold(self, released: Released, fold: Fold) -> Folded:
        """What comes of the rows that `rows` would give, at most `query.top` of them looked at; they themselves stay here.

        Nothing where the lease has ended, also in the middle.

        Raises:
            Busy: too many wait, or what folds them has ended and begins anew.
            ReadTooLong: it took too long.
        """
        ...

    async def row(self, released: Released, *, sequence: int) -> Kept | None:
        """The row of that sequence if it lies in the extent."""
        ...

    def taken(self, stream: StreamId, shelf: Shelf, *, time_ns: int) -> Kept | None:
        """The moved row of that stream and time, or None. Called by the conduct writer's thread for late data."""
        ...

    async def segment(self, number: int) -> Segment | None:
        """A moved segment, or None."""
        ...

    async def last_segment(self) -> Segment | None:
        """The moved segment with the highest number, or None."""
        ...

    async def traces(self, number: int) -> Sequence[NotedTrace]:
        """The other traces of a moved segment, with their leaves; none that was sealed."""
        ...

    async def trace(self, kind: int, trace: bytes) -> NotedTrace | None:
        """The moved trace with these bytes, or None (for the proof of a private statement)."""
        ...

    async def erase(self, going: Going) -> None:
        """Forget the moved rows of streams that go, with their salts, and other traces that go. Leaf hashes stay.

        On return nothing of it is in any file: freed pages and logs included. What readers get meanwhile is from before or
        after. Doing it again changes nothing; after a crash part of it is done.

        Raises:
            StorageFailed: it may or may not be done.
        """
        ...

    async def expiry(self, keeping: Keeping) -> Expiry | None:
        """Decide what is over, durably on return; one that is decided and not carried out is given again. None for nothing.

        It may hold only a part: asked again when that is carried out, the store gives the rest.

        Raises:
            StorageFailed: it may or may not be decided.
        """
        ...

    async def expire(self, expiry: Expiry) -> None:
        """Forget the rows of the expiry that was decided, with their salts. Leaf hashes stay.

        On return nothing of it is in any file: freed pages and logs included. Doing it again changes nothing; after a crash
        part of it is done, and it is given again.

        Raises:
            StorageFailed: it may or may not be done.
        """
        ...

    async def close(self) -> None:
        """Stop; everything acknowledged is durable already."""
        ...
