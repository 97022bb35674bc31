"""What the conduct writer's thread decides about rows before they become durable: sequence, id, salt, repeat or not.

Rules
- The lease is looked at when the commit begins; a batch whose lease has ended is void: not kept, not counted.
- A time that is later than all others of its stream is new. For any other the unmoved rows and then the moved ones are looked
  up: the same time with an equal result is a repeat, with another result it is refused `time-taken`.
- A repeat key is known for 24 hours within its thing, at most KEYS_MAX keys in all, the oldest forgotten first.
- The first use of a basis since the start brings the list it stands for into the same commit, as a trace.

Source: things.md, "The writer"; record.md; formats.md. Owner of everything here: the writer's thread; no I/O but `taken`.
Left out: SQL and threads (`conduct_sqlite`), bytes (`conduct_packing`).
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from operator import lt
from typing import Final, Protocol

from troth.adapters.conduct_groups import Group, columns, pack_group
from troth.adapters.conduct_packing import Count, NewRun, RepeatKey
from troth.adapters.conduct_runs import RUN_MAX, RUN_SLOTS, SECRET_BYTES, ids_of
from troth.clock import NS_PER_S
from troth.names import BasisId, StreamId, ThingId
from troth.things.observations import Kept, Outcome, Refusal, Repeated, Result, Shelf
from troth.things.stamps import Admitted, Done
from troth.things.stores import NotedTrace, Traced
from troth.tlog import trace as tlog_trace
from troth.tlog.trace import SALT_BYTES

__all__ = ["KEYS_MAX", "REPEATED", "REPEAT_NS", "STORED", "Draft", "Entropy", "Stamper", "Taken"]

Entropy = Callable[[int], bytes]

REPEAT_NS: Final = 24 * 3_600 * NS_PER_S  # things.md, "A repeat": 24 h
KEYS_MAX: Final = 1_000_000  # about 200 MB of memory; docs/reference/stores.md says what is forgotten first
FIRST_SEQUENCE: Final = 1
STORED: Final = "stored"
REPEATED: Final = "repeated"
_NEVER: Final = -(2**63)


class Taken(Protocol):
    """The moved row of a stream and time: `ObservationStore.taken`."""

    def __call__(self, stream: StreamId, shelf: Shelf, *, time_ns: int) -> Kept | None:
        """Look it up, on the caller's thread."""
        ...


@dataclass(slots=True)
class Draft:
    """A commit in the making. `salts` holds 16 random bytes for each row that might be kept."""

    now_ns: int
    salts: bytes
    salted: int = 0
    groups: list[Group] = field(default_factory=list)
    traces: list[Traced] = field(default_factory=list)
    keys: list[RepeatKey] = field(default_factory=list)
    runs: list[NewRun] = field(default_factory=list)
    counts: dict[tuple[ThingId, str], int] = field(default_factory=dict)
    answers: list[tuple[Done, Sequence[Outcome]]] = field(default_factory=list)
    rows: int = 0

    def count(self, thing: ThingId, what: str, n: int) -> None:
        """Add to the counts of this commit."""
        key = (thing, what)
        self.counts[key] = self.counts.get(key, 0) + n

    def counted(self) -> list[Count]:
        """The counts, as they are packed."""
        return [Count(thing, what, n) for (thing, what), n in self.counts.items()]

    def salt(self, rows: int) -> bytes:
        """The next `rows` salts, joined."""
        start = self.salted * SALT_BYTES
        self.salted += rows
        return self.salts[start : start + rows * SALT_BYTES]


class _Book:
    """What the writer knows of one stream."""

    __slots__ = ("groups", "last_ns", "moved_ns", "next", "run", "run_first", "secret", "seen", "stream")

    def __init__(self, stream: StreamId) -> None:
        self.stream = stream
        self.next = FIRST_SEQUENCE
        self.run = -1
        self.run_first = FIRST_SEQUENCE - RUN_SLOTS
        self.secret = 0
        self.last_ns = _NEVER
        self.moved_ns = _NEVER
        self.groups: deque[Group] = deque()
        self.seen: dict[int, tuple[int, Result]] | None = None

    def known(self) -> dict[int, tuple[int, Result]]:
        """Time -> (id, result) of the unmoved rows; made when the first late row asks for it."""
        if self.seen is None:
            self.seen = {}
            for group in self.groups:
                rows = columns(group)
                self.seen.update(zip(rows.times, zip(rows.ids, rows.results, strict=True), strict=True))
        return self.seen


class Stamper:
    """Gives rows their sequence, id and salt, and tells repeats and taken times apart."""

    def __init__(self, *, entropy: Entropy, taken: Taken) -> None:
        self._entropy = entropy
        self._taken = taken
        self._books: dict[StreamId, _Book] = {}
        self._next_run = 0
        self._repeats: dict[bytes, int] = {}
        self._aged: deque[tuple[int, list[tuple[bytes, int]]]] = deque()
        self._bases: set[BasisId] = set()

    # --- what was durable at the start -------------------------------------------------------------------------------

    def restore_stream(self, stream: StreamId, *, next_sequence: int, moved_ns: int) -> None:
        """Go on from a stream whose rows are moved."""
        book = self._book(stream)
        book.next = next_sequence
        book.moved_ns = book.last_ns = moved_ns

    def restore_runs(self, runs: Iterable[NewRun]) -> None:
        """Go on from these runs, in order of their numbers."""
        for run in runs:
            book = self._book(run.stream)
            book.run, book.run_first, book.secret = run.run, run.first, run.secret
            self._next_run = max(self._next_run, run.run + 1)

    def skip_runs(self, next_run: int) -> None:
        """The first of these numbers were given, also where their runs were erased: no handle ever means another row."""
        self._next_run = max(self._next_run, next_run)

    @property
    def next_run(self) -> int:
        """The number of the next run that begins."""
        return self._next_run

    def restore_groups(self, groups: Iterable[Group]) -> None:
        """Go on from unmoved rows, in order."""
        for group in groups:
            book = self._book(group.stream)
            book.groups.append(group)
            book.next = max(book.next, group.first + group.count)
            book.last_ns = max(book.last_ns, group.latest_ns)

    def restore_keys(self, at_ns: int, keys: Iterable[RepeatKey]) -> None:
        """Go on from the repeat keys of one commit, in order of commits."""
        known = [(each.thing + each.key, each.id) for each in keys]
        self._repeats.update(known)
        if known:
            self._aged.append((at_ns, known))

    # --- a commit ----------------------------------------------------------------------------------------------------

    def begin(self, now_ns: int, *, rows: int) -> Draft:
        """Begin a commit of at most `rows` rows: one call for all its salts."""
        self._forget(now_ns - REPEAT_NS)
        return Draft(now_ns, self._entropy(rows * SALT_BYTES) if rows else b"")

    def stamp(self, draft: Draft, admitted: Admitted) -> None:
        """Take one batch into the commit, or refuse what must be refused.

        Raises:
            StorageFailed: `taken` could not look.
        """
        times = admitted.times
        if not admitted.hold.live or admitted.hold.until_ns <= draft.now_ns:
            draft.answers.append((admitted.done, [Refusal.LEASE_ENDED] * len(times)))
            return
        if not times:
            draft.answers.append((admitted.done, ()))
            return
        book = self._book(admitted.stream)
        if times[0] > book.last_ns and all(map(lt, times, times[1:])) and not any(admitted.keys):
            ids = self._ids(draft, book, len(times))
            self._keep(draft, book, admitted, times, admitted.ends, admitted.results, ids)
            if book.seen is not None:
                book.seen.update(zip(times, zip(ids, admitted.results, strict=True), strict=True))
            draft.answers.append((admitted.done, ids))
        else:
            draft.answers.append((admitted.done, self._one_by_one(draft, book, admitted)))

    def end(self, draft: Draft) -> None:
        """The rows of the commit are all there: remember its keys by their age."""
        if draft.keys:
            self._aged.append((draft.now_ns, [(each.thing + each.key, each.id) for each in draft.keys]))

    def clear(self, groups: Iterable[Group]) -> dict[StreamId, tuple[int, int]]:
        """Forget rows that are moved, always the oldest of their streams.

        Returns:
            For each of these streams the next sequence after the rows cleared, and its latest moved time before them.
        """
        touched: dict[StreamId, tuple[int, int]] = {}
        before: dict[StreamId, int] = {}
        for group in groups:
            book = self._book(group.stream)
            if book.groups.popleft().first != group.first:
                raise AssertionError("rows are cleared in the order in which they were kept")
            touched[group.stream] = (group.first + group.count, before.setdefault(group.stream, book.moved_ns))
            book.moved_ns = max(book.moved_ns, group.latest_ns)
            book.seen = None
        return touched

    # --- inside ------------------------------------------------------------------------------------------------------

    def _book(self, stream: StreamId) -> _Book:
        book = self._books.get(stream)
        if book is None:
            book = self._books[stream] = _Book(stream)
        return book

    def _ids(self, draft: Draft, book: _Book, n: int) -> list[int]:
        """Ids for the next `n` sequences; new runs begin where the last is full."""
        start = book.next - book.run_first
        book.next += n
        if start + n <= RUN_SLOTS:
            return ids_of(book.run, book.secret, start=start, stop=start + n)
        ids: list[int] = []
        while n:
            if start == RUN_SLOTS:
                self._begin_run(draft, book)
                start = 0
            step = min(n, RUN_SLOTS - start)
            ids += ids_of(book.run, book.secret, start=start, stop=start + step)
            start += step
            n -= step
        return ids

    def _begin_run(self, draft: Draft, book: _Book) -> None:
        if self._next_run >= RUN_MAX:
            raise AssertionError("more observations than ids")
        book.run_first += RUN_SLOTS
        book.run, self._next_run = self._next_run, self._next_run + 1
        book.secret = int.from_bytes(self._entropy(SECRET_BYTES), "big")
        draft.runs.append(NewRun(book.run, book.stream, book.run_first, book.secret))

    def _keep(
        self,
        draft: Draft,
        book: _Book,
        admitted: Admitted,
        times: Sequence[int],
        ends: Sequence[int],
        results: Sequence[Result],
        ids: list[int],
    ) -> None:
        """Rows with new times and ids go into the commit."""
        n = len(times)
        if admitted.basis not in self._bases:
            self._bases.add(admitted.basis)
            basis = tlog_trace.Basis(gate_ns=admitted.gate_ns, ids=tuple(sorted(set(admitted.rests_on))))
            draft.traces.append(NotedTrace(basis.kind, tlog_trace.encode(basis), self._entropy(SALT_BYTES)))
        group = pack_group(
            thing=admitted.thing,
            stream=admitted.stream,
            shelf=admitted.shelf,
            basis=admitted.basis,
            type_=admitted.type,
            gate_ns=admitted.gate_ns,
            first=book.next - n,
            times=times,
            ends=ends,
            ids=ids,
            salts=draft.salt(n),
            results=results,
        )
        draft.groups.append(group)
        draft.rows += n
        draft.count(admitted.thing, STORED, n)
        book.groups.append(group)
        book.last_ns = max(book.last_ns, group.latest_ns)

    def _one_by_one(self, draft: Draft, book: _Book, admitted: Admitted) -> list[Outcome]:
        """Late times, doubled times and keys: every row is looked at."""
        outcomes: list[Outcome] = []
        new: list[int] = []
        ids: list[int] = []
        last_ns = book.last_ns
        known = book.known()
        for index, (time_ns, result, key) in enumerate(
            zip(admitted.times, admitted.results, admitted.keys, strict=True)
        ):
            name = admitted.thing + key
            id_ = self._repeats.get(name) if key else None
            if id_ is None:
                found = known.get(time_ns) if time_ns <= last_ns else None
                if found is None and time_ns <= book.moved_ns:
                    row = self._taken(admitted.stream, admitted.shelf, time_ns=time_ns)
                    found = None if row is None else (row.id, row.result)
                if found is not None and found[1] != result:
                    draft.count(admitted.thing, Refusal.TIME_TAKEN, 1)
                    outcomes.append(Refusal.TIME_TAKEN)
                    continue
                id_ = None if found is None else found[0]
            if id_ is not None:
                draft.count(admitted.thing, REPEATED, 1)
                outcomes.append(Repeated(id_))
                continue
            id_ = self._ids(draft, book, 1)[0]
            known[time_ns] = (id_, result)
            last_ns = max(last_ns, time_ns)
            new.append(index)
            ids.append(id_)
            outcomes.append(id_)
            if key:
                self._repeats[name] = id_
                draft.keys.append(RepeatKey(admitted.thing, key, id_))
        if new:
            times, ends, results = admitted.times, admitted.ends, admitted.results
            if len(new) < len(times):
                times, ends, results = [times[at] for at in new], [ends[at] for at in new], [results[at] for at in new]
            self._keep(draft, book, admitted, times, ends, results, ids)
        return outcomes

    def _forget(self, before_ns: int) -> None:
        while self._aged and (self._aged[0][0] < before_ns or len(self._repeats) > KEYS_MAX):
            for name, id_ in self._aged.popleft()[1]:
                if self._repeats.get(name) == id_:  # else the key was forgotten and given to a later row
                    del self._repeats[name]
