"""What a conduct store holds, as plain values, and what each change does to them.

Rules
- Everything here is durable: it changes in one step, when a commit ends. Nothing here waits or fails.
- Written to be read beside the port, with other means than the adapter: dictionaries, no packing, no fast path.

Source: things/stores (the port); formats.md, "Identifiers".
"""

import random
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import msgspec

from troth.names import StreamId, ThingId
from troth.spans import DAY_NS
from troth.things.ledgers import SealedTrace
from troth.things.observations import Kept, Outcome, Refusal, Repeated, Result, Shelf
from troth.things.retention import Expiry
from troth.things.stamps import Admission, Admitted, AdmittedMany, Released
from troth.things.stores import SEALED_MAX, SEGMENT_MAX, Committed, Cut, Going, NotedTrace, Tally, Traced, segments_of
from troth.tlog import trace as tlog_trace

__all__ = ["Commit", "ConductState", "Entropy", "Said", "Taken", "said"]

Entropy = Callable[[int], bytes]
Taken = Callable[[StreamId, Shelf, int], Kept | None]

SLOTS: Final = 4_096  # formats.md, Identifiers
STORED: Final = "stored"
REPEATED: Final = "repeated"
EXPIRED: Final = "expired rows"  # what was stored and is over: no refusal has this name, one has `expired`


class _Run(NamedTuple):
    stream: StreamId
    first: int
    slots: tuple[int, ...]


class Said(NamedTuple):
    """One row of a stamp."""

    about: Admission | Admitted
    gate_ns: int
    from_ns: int
    to_ns: int
    result: Result
    key: bytes

    def holds(self, at_ns: int) -> bool:
        """Whether its lease may be used."""
        return self.about.hold.live and at_ns < self.about.hold.until_ns


def said(item: Admitted | AdmittedMany) -> list[Said]:
    """The rows of a stamp, in order."""
    about: Sequence[Admission | Admitted] = (
        item.admissions if isinstance(item, AdmittedMany) else [item] * len(item.times)
    )
    ends = item.times if isinstance(item, AdmittedMany) else item.ends
    rows = zip(about, item.times, ends, item.results, item.keys, strict=True)
    return [Said(each, item.gate_ns, time_ns, end_ns, result, key) for each, time_ns, end_ns, result, key in rows]


@dataclass(slots=True)
class Commit:
    """One commit: its rows with their shelves, its other traces, and how often it counted something."""

    number: int
    counted: int = 0
    rows: list[tuple[Shelf, Kept]] = field(default_factory=list)
    traces: list[Traced] = field(default_factory=list)

    @property
    def leaves(self) -> int:
        """How many leaves it gives to its segment."""
        return len(self.rows) + len(self.traces)


@dataclass(slots=True)
class ConductState:
    """Everything durable."""

    commits: list[Commit] = field(default_factory=list)
    numbered: int = 0
    next: dict[StreamId, int] = field(default_factory=dict)
    runs: list[_Run] = field(default_factory=list)
    moved: dict[StreamId, Kept] = field(default_factory=dict)
    counts: dict[ThingId, dict[str, int]] = field(default_factory=dict)
    keys: dict[tuple[ThingId, bytes], tuple[int, int]] = field(default_factory=dict)
    times: dict[tuple[StreamId, int], Kept] = field(default_factory=dict)
    """The unmoved rows by stream and time: a look through all of them for each row is what makes a long test slow."""
    pending: tuple[Cut, ...] = ()
    cuts: int = 0
    cut_last: int = 0
    cleared: int = 0
    said: int = 0
    expired: int = 0

    def begin(self) -> Commit:
        """A commit, to be filled by `keep`, `count` and `note`, and ended by `end` in the same step."""
        return Commit(self.numbered + 1)

    def end(self, commit: Commit) -> None:
        """The commit is durable; one in which nothing was to be written leaves no number behind."""
        if commit.leaves or commit.counted:
            self.commits.append(commit)
            self.numbered = commit.number

    def count(self, commit: Commit, thing: ThingId, what: str, *, n: int = 1) -> None:
        """Add to the counts of a thing."""
        commit.counted += 1
        counts = self.counts.setdefault(thing, {})
        counts[what] = counts.get(what, 0) + n

    def note(self, commit: Commit, traces: Sequence[Traced]) -> None:
        """Other traces, and how far the journal has been said."""
        commit.traces += traces
        for each in traces:
            self.said = max(self.said, each.position if isinstance(each, NotedTrace) else 0)

    def keep(self, commit: Commit, said: Said, *, now_ns: int, taken: Taken, entropy: Entropy) -> Outcome:
        """One row whose lease held when the commit began."""
        about, time_ns = said.about, said.from_ns
        kept_then = self._repeat(about.thing, said.key, now_ns)
        there = self.times.get((about.stream, time_ns)) or taken(about.stream, about.shelf, time_ns)
        if kept_then is not None:
            outcome: Outcome = Repeated(kept_then)
        elif there is not None:
            outcome = Repeated(there.id) if there.result == said.result else Refusal.TIME_TAKEN
        else:
            sequence, id_ = self._place(about.stream, entropy)
            row = Kept(
                stream=about.stream,
                sequence=sequence,
                id=id_,
                from_ns=time_ns,
                to_ns=said.to_ns,
                gate_ns=said.gate_ns,
                basis=about.basis,
                type=about.type,
                result=said.result,
                salt=entropy(tlog_trace.SALT_BYTES),
            )
            commit.rows.append((about.shelf, row))
            self.times[row.stream, row.from_ns] = row
            if said.key:
                self.keys[about.thing, said.key] = (id_, now_ns)
            self.count(commit, about.thing, STORED)
            return id_
        self.count(commit, about.thing, outcome.value if isinstance(outcome, Refusal) else REPEATED)
        return outcome

    def cut(self, tick_ns: int, seeds: Sequence[bytes]) -> tuple[Cut, ...]:
        """The pending cuts, or new ones: one for each seed, as long as something is left."""
        if not self.pending:
            for at, seed in enumerate(seeds[: segments_of(len(self.next))]):
                if self.uncut() or not at:
                    self._cut(tick_ns, seed)
        return self.pending

    def _cut(self, tick_ns: int, seed: bytes) -> None:
        leaves, last = 0, self.cut_last
        for commit in self.commits:
            if commit.number <= self.cut_last:
                continue
            leaves += commit.leaves
            if leaves > SEGMENT_MAX:
                break
            last = commit.number
        self.cuts += 1
        self.pending = (*self.pending, Cut(self.cuts, self.cut_last + 1, last, tick_ns, seed))
        self.cut_last = last

    def committed(self, cut: Cut) -> list[Committed]:
        """The commits of a cut."""
        return [
            Committed(commit.number, tuple(commit.rows), tuple(commit.traces))
            for commit in self.commits
            if cut.first <= commit.number <= cut.last
        ]

    def sealed(self, keys: Container[bytes]) -> list[SealedTrace]:
        """What is sealed under these day keys."""
        traces = (each for commit in self.commits for each in commit.traces)
        return [each for each in traces if isinstance(each, SealedTrace) and each.key in keys][-SEALED_MAX:]

    def clear(self, cuts: tuple[Cut, ...]) -> None:
        """Forget the commits of the pending cuts, but not what they say about the latest row of each stream."""
        if cuts and cuts[-1].number <= self.cleared:
            return
        if not cuts or cuts != self.pending:
            raise RuntimeError("only the pending cuts can be cleared")
        for cut in cuts:
            self._clear(cut)
        self.pending, self.cleared = (), cuts[-1].number

    def _clear(self, cut: Cut) -> None:
        leaf = 0
        for commit in self.commits:
            if commit.number > cut.last:
                break
            for _, row in commit.rows:
                if row.stream not in self.moved or self.moved[row.stream].from_ns < row.from_ns:
                    self.moved[row.stream] = msgspec.structs.replace(row, segment=cut.number, leaf=leaf)
                del self.times[row.stream, row.from_ns]
                leaf += 1
            leaf += len(commit.traces)
        self.commits = [commit for commit in self.commits if commit.number > cut.last]

    def erase(self, going: Going) -> None:
        """Forget what goes. The numbers of runs stay taken, so that no handle ever means another row."""
        if self.pending:
            raise RuntimeError("pending cuts are cleared first")
        for commit in self.commits:
            commit.rows = [(shelf, row) for shelf, row in commit.rows if not going.gone(row.stream)]
            commit.traces = [each for each in commit.traces if not going.goes(each)]
        self.next = {stream: next_ for stream, next_ in self.next.items() if not going.gone(stream)}
        self.moved = {stream: row for stream, row in self.moved.items() if not going.gone(stream)}
        self.counts = {thing: counts for thing, counts in self.counts.items() if not going.gone(thing)}
        self.keys = {key: value for key, value in self.keys.items() if not going.gone(key[0])}
        self.runs = [run if not going.gone(run.stream) else _Run(StreamId(b""), 0, ()) for run in self.runs]

    def expire(self, expiry: Expiry, traces: Sequence[Traced], counts: Mapping[ThingId, int]) -> None:
        """Forget the latest rows that are over; the same expiry again changes nothing."""
        if self.pending:
            raise RuntimeError("pending cuts are cleared first")
        if expiry.number <= self.expired:
            return
        self.expired = expiry.number
        commit = self.begin()
        for thing, n in counts.items():
            self.count(commit, thing, EXPIRED, n=n)
        self.note(commit, traces)
        self.end(commit)
        for each in expiry.gone:
            latest = self.moved.get(each.stream)
            if latest is not None and each.from_ns <= latest.from_ns < each.to_ns:
                del self.moved[each.stream]

    def unmoved(self, stream: StreamId) -> Iterator[Kept]:
        """The rows of a stream that no cut has cleared."""
        return (row for commit in self.commits for _, row in commit.rows if row.stream == stream)

    def uncut(self) -> int:
        """Traces in no cut."""
        return sum(commit.leaves for commit in self.commits if commit.number > self.cut_last)

    def latest(self, released: Released, *, inside: Callable[[Kept], bool]) -> Kept | None:
        """The latest row that is `inside`."""
        moved = self.moved.get(released.stream)
        rows = [*self.unmoved(released.stream), *([] if moved is None else [moved])]
        return max(filter(inside, rows), key=lambda row: row.from_ns, default=None)

    def tally(self, thing: ThingId) -> Tally:
        """Counts of a thing."""
        counts = dict(self.counts.get(thing, {}))
        return Tally(counts.pop(STORED, 0), counts.pop(REPEATED, 0), expired=counts.pop(EXPIRED, 0), refused=counts)

    def totals(self) -> Tally:
        """Counts over all things."""
        sums: dict[str, int] = {}
        for counts in self.counts.values():
            for what, n in counts.items():
                sums[what] = sums.get(what, 0) + n
        return Tally(sums.pop(STORED, 0), sums.pop(REPEATED, 0), expired=sums.pop(EXPIRED, 0), refused=sums)

    def find(self, id_: int) -> tuple[StreamId, int] | None:
        """Stream and sequence of an id."""
        number, slot = divmod(id_, SLOTS)
        if not 0 <= number < len(self.runs):
            return None
        run = self.runs[number]
        if not run.slots:
            return None
        sequence = run.first + run.slots.index(slot)
        return (run.stream, sequence) if sequence < self.next[run.stream] else None

    def _repeat(self, thing: ThingId, key: bytes, now_ns: int) -> int | None:
        id_, at_ns = self.keys.get((thing, key), (None, 0)) if key else (None, 0)
        return id_ if now_ns - at_ns <= DAY_NS else None

    def _place(self, stream: StreamId, entropy: Entropy) -> tuple[int, int]:
        """The next sequence of a stream, and its id."""
        sequence = self.next.get(stream, 1)
        self.next[stream] = sequence + 1
        number = next((at for at in reversed(range(len(self.runs))) if self.runs[at].stream == stream), -1)
        if number < 0 or sequence - self.runs[number].first == SLOTS:
            slots = list(range(SLOTS))
            random.Random(entropy(16)).shuffle(slots)  # noqa: S311 - replayable, and hides nothing from anybody
            number = len(self.runs)
            self.runs.append(_Run(stream, sequence, tuple(slots)))
        return sequence, number * SLOTS + self.runs[number].slots[sequence - self.runs[number].first]
