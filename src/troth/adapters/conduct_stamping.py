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
from collections.abc import Callable, Iterable
from operator import lt
from typing import Final, Protocol

from troth.adapters.conduct_blocks import Block, Piece
from troth.adapters.conduct_books import Book
from troth.adapters.conduct_draft import STORED, Draft, Mixed, Mixing, Said
from troth.adapters.conduct_groups import pack_group
from troth.adapters.conduct_packing import NewRun, RepeatKey
from troth.adapters.conduct_runs import RUN_MAX, RUN_SLOTS, SECRET_BYTES, SLOTS, ids_from
from troth.adapters.entropy_drawn import Drawn
from troth.names import BasisId, StreamId
from troth.spans import DAY_NS
from troth.things.observations import Kept, Outcome, Refusal, Repeated, Shelf
from troth.things.stamps import Admission, Admitted, AdmittedMany
from troth.things.stores import NotedTrace
from troth.tlog import trace as tlog_trace
from troth.tlog.trace import SALT_BYTES

__all__ = ["KEYS_MAX", "REPEATED", "REPEAT_NS", "STORED", "Draft", "Entropy", "Stamper", "Taken"]

Entropy = Callable[[int], bytes]

REPEAT_NS: Final = DAY_NS  # things.md, "A repeat": 24 h
KEYS_MAX: Final = 1_000_000  # about 200 MB of memory; docs/reference/stores.md says what is forgotten first
REPEATED: Final = "repeated"


class Taken(Protocol):
    """The moved row of a stream and time: `ObservationStore.taken`."""

    def __call__(self, stream: StreamId, shelf: Shelf, *, time_ns: int) -> Kept | None:
        """Look it up, on the caller's thread."""
        ...


class Stamper:
    """Gives rows their sequence, id and salt, and tells repeats and taken times apart."""

    def __init__(self, *, entropy: Entropy, taken: Taken) -> None:
        self._entropy = Drawn(entropy)
        self._taken = taken
        self._books: dict[StreamId, Book] = {}
        self._blocks: deque[Block] = deque()
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
            book.begin(run)
            self._next_run = max(self._next_run, run.run + 1)

    def skip_runs(self, next_run: int) -> None:
        """The first of these numbers were given, also where their runs were erased: no handle ever means another row."""
        self._next_run = max(self._next_run, next_run)

    @property
    def streams(self) -> int:
        """How many streams have ever spoken."""
        return len(self._books)

    @property
    def next_run(self) -> int:
        """The number of the next run that begins."""
        return self._next_run

    def restore_rows(self, pieces: Iterable[Piece]) -> None:
        """Go on from unmoved rows, in order."""
        for piece in pieces:
            if isinstance(piece, Block):
                self._blocks.append(piece)
                for stream, at in piece.lasts.items():
                    book = self._book(stream)
                    book.next = max(book.next, piece.sequences[at] + 1)
                    book.last_ns = max(book.last_ns, piece.times[at])
                continue
            book = self._book(piece.stream)
            book.keep(piece)
            book.next = max(book.next, piece.first + piece.count)
            book.last_ns = max(book.last_ns, piece.latest_ns)

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
            said = Said(admitted, admitted.gate_ns, times, admitted.ends, admitted.results, admitted.keys)
            self._keep(draft, book, said, ids)
            if book.seen is not None:
                book.seen.update(zip(times, zip(ids, admitted.results, strict=True), strict=True))
            draft.answers.append((admitted.done, ids))
        else:
            said = Said(admitted, admitted.gate_ns, times, admitted.ends, admitted.results, admitted.keys)
            draft.answers.append((admitted.done, self._one_by_one(draft, book, said)))

    def stamp_many(self, draft: Draft, many: AdmittedMany) -> None:
        """The same for what many streams said: rows later than all before them go into a block, any other is looked up.

        Raises:
            StorageFailed: `taken` could not look.
        """
        heads = {each: head for head, each in enumerate(dict.fromkeys(many.admissions))}
        outcomes: list[Outcome] = []
        if not any(many.keys) and _all_hold(heads, draft.now_ns):
            outcomes += self._stamp_new(draft, many, heads)
        if len(outcomes) < len(many.times):
            self._stamp_each(draft, many, outcomes)
        draft.answers.append((many.done, outcomes))

    def _stamp_new(self, draft: Draft, many: AdmittedMany, heads: dict[Admission, int]) -> list[int]:
        """The rows up to the first that is not later than all before it in its stream go into a block; returns their ids.

        No row has a key, and each one's lease holds.
        """
        admissions, times = many.admissions, many.times
        books, slots = self._books, SLOTS
        sequences: list[int] = []
        ids: list[int] = []
        for admission, time_ns in zip(admissions, times, strict=True):
            book = books.get(admission.stream)
            if book is None:
                book = self._book(admission.stream)
            if time_ns <= book.last_ns:
                break
            sequence = book.next
            offset = sequence - book.run_first
            if offset == RUN_SLOTS:
                self._begin_run(draft, book)
                offset = 0
            one, two, three, four = book.run_keys  # as `ids_from`, without a call for each row
            id_ = book.run_base | slots[slots[slots[offset ^ one] ^ two] + three] ^ four
            book.next = sequence + 1
            book.last_ns = time_ns
            if book.seen is not None:
                book.seen[time_ns] = (id_, many.results[len(ids)])
            sequences.append(sequence)
            ids.append(id_)
        rows = len(ids)
        if rows < len(times):
            admissions = admissions[:rows]
            heads = {each: head for head, each in enumerate(dict.fromkeys(admissions))}
        which = range(rows) if len(heads) == rows else list(map(heads.__getitem__, admissions))
        self._mix(draft, Mixed(heads, which, sequences, times[:rows], ids, many.results[:rows]), many.gate_ns)
        return ids

    def _stamp_each(self, draft: Draft, many: AdmittedMany, outcomes: list[Outcome]) -> None:
        """The rows behind those that have their outcomes: each is looked at."""
        books, now_ns, repeats = self._books, draft.now_ns, self._repeats
        done = len(outcomes)
        mixing = Mixing()
        for admission, time_ns, result, key in zip(
            many.admissions[done:], many.times[done:], many.results[done:], many.keys[done:], strict=True
        ):
            hold = admission.hold
            if not hold.live or hold.until_ns <= now_ns:
                outcomes.append(Refusal.LEASE_ENDED)
                continue
            book = books.get(admission.stream) or self._book(admission.stream)
            if time_ns <= book.last_ns or (key and admission.thing + key in repeats):
                self._mix(draft, mixing.columns(), many.gate_ns)
                mixing = Mixing()
                times = (time_ns,)
                outcomes += self._one_by_one(
                    draft, book, Said(admission, many.gate_ns, times, times, (result,), (key,))
                )
                continue
            (id_,) = self._ids(draft, book, 1)
            book.last_ns = time_ns
            if book.seen is not None:
                book.seen[time_ns] = (id_, result)
            if key:
                repeats[admission.thing + key] = id_
                draft.keys.append(RepeatKey(admission.thing, key, id_))
            mixing.add(admission, book.next - 1, time_ns=time_ns, id_=id_, result=result)
            outcomes.append(id_)
        self._mix(draft, mixing.columns(), many.gate_ns)

    def end(self, draft: Draft) -> None:
        """The rows of the commit are all there: remember its keys by their age."""
        if draft.keys:
            self._aged.append((draft.now_ns, [(each.thing + each.key, each.id) for each in draft.keys]))

    def moved(self, stream: StreamId, latest_ns: int) -> int:
        """Rows of a stream up to this time are moved: from now on they are looked up there. Returns up to which time they were.

        They are known here as well until they are let go.
        """
        book = self._book(stream)
        before_ns = book.moved_ns
        book.moved_ns = max(before_ns, latest_ns)
        book.seen = None
        return before_ns

    def let_go(self, pieces: Iterable[Piece]) -> None:
        """Forget rows that are moved, always the oldest of their streams."""
        for piece in pieces:
            oldest = self._blocks.popleft() if isinstance(piece, Block) else self._book(piece.stream).let_go()
            if oldest is not piece:
                raise AssertionError("rows are cleared in the order in which they were kept")

    # --- inside ------------------------------------------------------------------------------------------------------

    def _book(self, stream: StreamId) -> Book:
        book = self._books.get(stream)
        if book is None:
            book = self._books[stream] = Book(stream)
        return book

    def _ids(self, draft: Draft, book: Book, n: int) -> list[int]:
        """Ids for the next `n` sequences; new runs begin where the last is full."""
        start = book.next - book.run_first
        book.next += n
        if start + n <= RUN_SLOTS:
            return ids_from(book.run_base, book.run_keys, start=start, stop=start + n)
        ids: list[int] = []
        while n:
            if start == RUN_SLOTS:
                self._begin_run(draft, book)
                start = 0
            step = min(n, RUN_SLOTS - start)
            ids += ids_from(book.run_base, book.run_keys, start=start, stop=start + step)
            start += step
            n -= step
        return ids

    def _begin_run(self, draft: Draft, book: Book) -> None:
        if self._next_run >= RUN_MAX:
            raise AssertionError("more observations than ids")
        secret = int.from_bytes(self._entropy(SECRET_BYTES), "big")
        run = NewRun(self._next_run, book.stream, book.run_first + RUN_SLOTS, secret)
        self._next_run += 1
        book.begin(run)
        draft.runs.append(run)

    def _keep(self, draft: Draft, book: Book, said: Said, ids: list[int]) -> None:
        """Rows with new times and ids go into the commit."""
        n = len(said.times)
        about = said.about
        self._found(draft, about, said.gate_ns)
        group = pack_group(
            thing=about.thing,
            stream=about.stream,
            shelf=about.shelf,
            basis=about.basis,
            type_=about.type,
            gate_ns=said.gate_ns,
            first=book.next - n,
            times=said.times,
            ends=said.ends,
            ids=ids,
            salts=draft.salt(n),
            results=said.results,
        )
        draft.pieces.append(group)
        draft.rows += n
        draft.count(about.thing, STORED, n)
        book.keep(group)
        book.last_ns = max(book.last_ns, group.latest_ns)

    def _mix(self, draft: Draft, mixed: Mixed, gate_ns: int) -> None:
        """The rows of many streams, which have their sequences and ids, go into the commit."""
        if not mixed.times:
            return
        for admission in {each.basis: each for each in mixed.heads}.values():
            self._found(draft, admission, gate_ns)
        self._blocks.append(draft.mix(mixed, gate_ns))

    def _found(self, draft: Draft, about: Admission | Admitted, gate_ns: int) -> None:
        """The first use of a basis since the start brings the list it stands for."""
        if about.basis not in self._bases:
            self._bases.add(about.basis)
            basis = tlog_trace.Basis(gate_ns=gate_ns, ids=tuple(sorted(set(about.rests_on))))
            draft.traces.append(NotedTrace(basis.kind, tlog_trace.encode(basis), self._entropy(SALT_BYTES)))

    def _one_by_one(self, draft: Draft, book: Book, said: Said) -> list[Outcome]:
        """Late times, doubled times and keys: every row is looked at."""
        about = said.about
        outcomes: list[Outcome] = []
        new: list[int] = []
        ids: list[int] = []
        last_ns = book.last_ns
        known = book.known(self._blocks)
        for index, (time_ns, result, key) in enumerate(zip(said.times, said.results, said.keys, strict=True)):
            name = about.thing + key
            id_ = self._repeats.get(name) if key else None
            if id_ is None:
                found = known.get(time_ns) if time_ns <= last_ns else None
                if found is None and time_ns <= book.moved_ns:
                    row = self._taken(about.stream, about.shelf, time_ns=time_ns)
                    found = None if row is None else (row.id, row.result)
                if found is not None and found[1] != result:
                    draft.count(about.thing, Refusal.TIME_TAKEN, 1)
                    outcomes.append(Refusal.TIME_TAKEN)
                    continue
                id_ = None if found is None else found[0]
            if id_ is not None:
                draft.count(about.thing, REPEATED, 1)
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
                draft.keys.append(RepeatKey(about.thing, key, id_))
        if new:
            self._keep(draft, book, said if len(new) == len(said.times) else said.of(new), ids)
        return outcomes

    def _forget(self, before_ns: int) -> None:
        while self._aged and (self._aged[0][0] < before_ns or len(self._repeats) > KEYS_MAX):
            for name, id_ in self._aged.popleft()[1]:
                if self._repeats.get(name) == id_:  # else the key was forgotten and given to a later row
                    del self._repeats[name]


def _all_hold(admissions: Iterable[Admission], now_ns: int) -> bool:
    for each in admissions:
        hold = each.hold
        if not hold.live or hold.until_ns <= now_ns:
            return False
    return True
