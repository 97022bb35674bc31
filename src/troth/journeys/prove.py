"""Make what was done provable to a stranger: one file for one observation, one thing a person said, or one trace of a ledger.

Rules
- Of what is sealed in a ledger, only a trace that its person's own book has opened is proved (`book`).
- The row is read through `tell`, under a live lease for the raw view and in an open access window; whoever may not read it gets
  no proof of it. The lease is looked at again in the step in which the file is given out.
- Only open statements are shown; private ones stand in the file by their id alone.
- A private statement that is erased while its file is made is not given out: the journal is asked again behind each wait.
- No file is given out that does not pass the stranger's own verifier.
- The checkpoint is one that witnesses have cosigned, where there is one that covers everything the file needs.
- What is not yet in a segment, or whose segment is not yet in the log, is Unavailable and says when to come back.

Source: record.md, "Anyone can verify"; formats.md, "Traces" (a proof must be possible as long as the trace exists).
Owner of all state: the event loop. Hashing and the log's disk are where `in_worker` puts them.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, Protocol

import msgspec

from troth.errors import Busy, NotFound, StorageFailed, Unavailable
from troth.gate.question import Asker
from troth.journeys.cosigned import Vouched, nobody
from troth.journeys.kept_traces import KeptTraces, Segments
from troth.journeys.making import InWorker, trace_of
from troth.journeys.stood_beside import said_with
from troth.names import StatementId, Uri
from troth.signing.cose import PayloadForm, Signed, parse
from troth.state.directory import Directory
from troth.state.leaving import Leaving
from troth.statements.journal import Entry, JournalEntry, unerased
from troth.statements.key import KeyRole
from troth.statements.kinds import Face, kind_of
from troth.statements.persons import persons_of
from troth.statements.statement import read
from troth.things.observations import Kept
from troth.tlog.checkpoint import Note, VerifierKey, open_checkpoint, parse_note
from troth.tlog.merkle import HASH_BYTES, Tree
from troth.tlog.segment import pad
from troth.tlog.trace import leaf_hash
from troth.verify.checks import verify
from troth.verify.file import VERSION, LogEntry, Opening, ProofFile, Rests, Said, SegmentLeaf, write
from troth.verify.issuers import ANCHORS_INDEX

__all__ = ["Holding", "ProvableLog", "Prove", "Proved", "Statements", "Telling"]

MAKING_MAX: Final = 8  # proofs in the making: each may hash a whole segment in the worker that also signs the log

TREES_KEPT: Final = 4  # 2 to 10 MB each where segments are full, some 30 kB on a quiet node
LOG_LAG_S: Final = 1.5  # P6: open statements are in the log after at most this long
ANCHORS_POSITION: Final = 2  # of the first log: the journal begins with the registration policy and the trust anchors
_NOTHING: Final = "there is no such statement for this asker"


class Holding(Protocol):
    """What a lease says to a proof."""

    def holds(self, at_ns: int) -> bool:
        """Whether rows may leave under it at this moment."""
        ...


class Telling(Protocol):
    """What `tell` does for a proof."""

    async def kept(self, id_: int, *, asker: Asker | None) -> tuple[Kept, Holding, object]:
        """The raw row behind a handle with the lease it is read under.

        Raises:
            Denied, NotFound: not for this asker.
        """
        ...

    def now(self) -> int:
        """UTC ns."""
        ...


class Statements(Protocol):
    """The part of a Journal that a proof reads; its contract stands there."""

    def entries(self, *, after: int, limit: int) -> Sequence[Entry]:
        """At most `limit` entries with position > `after`, in order."""
        ...

    def find(self, statement: StatementId) -> Entry | None:
        """The entry of this statement, or None."""
        ...


class ProvableLog(Protocol):
    """What the sequencer does for a proof; called in a worker."""

    @property
    def key(self) -> VerifierKey:
        """The log's verifier key."""
        ...

    def checkpoint(self) -> bytes:
        """The published checkpoint, signed."""
        ...

    def prove(self, index: int, *, size: int | None = None) -> list[bytes]:
        """The inclusion proof of an entry in the tree of `size` entries."""
        ...


class Proved(msgspec.Struct, frozen=True):
    """A proof file. `holds()` says, at any later moment, whether it may still be handed over."""

    data: bytes
    holds: Callable[[], bool]


class _Place(msgspec.Struct, frozen=True):
    """A trace, its salt, and where its leaf stands."""

    trace: bytes
    salt: bytes
    segment: int
    leaf: int


class Prove:
    """Makes proof files.

    Args:
        tell: reads rows as the gate allows.
        observations: segments and their traces.
        journal: the statements.
        directory: which statements name keys.
        log: the public log.
        index_of: where an open statement stands in the log, or None if it is not (yet) there.
        in_worker: runs heavy work away from the loop.
        tick_s: the beat of segments, for saying when to come back.
        vouched: the best cosigned checkpoint of a tree of at least so many entries, or None; called in a worker.
        anchors: the journal position of this log's trust anchors.
    """

    def __init__(  # noqa: PLR0913 - the wiring of one node, named
        self,
        tell: Telling,
        observations: Segments,
        *,
        journal: Statements,
        directory: Directory,
        log: ProvableLog,
        index_of: Callable[[StatementId], int | None],
        in_worker: InWorker,
        tick_s: float,
        vouched: Callable[[int], Vouched | None] = nobody,
        anchors: int = ANCHORS_POSITION,
    ) -> None:
        self._tell = tell
        self._observations = observations
        self._journal = journal
        self._directory = directory
        self._log = log
        self._index_of = index_of
        self._in_worker = in_worker
        self._tick_s = tick_s
        self._vouched = vouched
        self._anchors = anchors
        self._making = 0
        self._traces = KeptTraces(observations)
        self._trees: dict[int, Tree] = {}
        self._paths: tuple[bytes, dict[int, tuple[bytes, ...]]] = (b"", {})

    def forget(self, _gone: Leaving) -> None:
        """Somebody was erased: what is remembered of traces is read again when it is needed."""
        self._traces = KeptTraces(self._observations)

    async def observation(self, id_: int, asker: Asker | None) -> bytes:
        """The bytes of `proved`. Hand them over in the step in which they are returned."""
        return (await self.proved(id_, asker)).data

    async def proved(self, id_: int, asker: Asker | None) -> Proved:
        """The proof file of one observation.

        Raises:
            Denied, NotFound: the asker may not read the raw row, or there is none.
            Busy: too many are being made.
            Unavailable: it is not yet in a segment or in the log; come back after `retry_after_s`.
            StorageFailed: something the proof needs is missing or damaged.
        """
        if self._making >= MAKING_MAX:
            raise Busy("many proofs are being made", retry_after_s=1)
        self._making += 1
        try:
            return await self._observation(id_, asker)
        finally:
            self._making -= 1

    async def _observation(self, id_: int, asker: Asker | None) -> Proved:
        while True:
            row, lease, _ = await self._tell.kept(id_, asker=asker)
            if row.segment < 0:
                raise self._not_yet()
            ids = await self._traces.basis(row.basis, segment=row.segment)
            if ids is None:
                raise StorageFailed("the list of statements that this observation rests on cannot be found")
            data = await self._file(_Place(trace_of(row), row.salt, row.segment, row.leaf), ids=ids)
            if lease.holds(self._tell.now()):
                return Proved(data, partial(self._holds, lease))

    async def rests(self, row: Kept) -> Sequence[StatementId] | None:
        """The statements that a row rests on; None where it is in no segment yet. Raises StorageFailed."""
        return None if row.segment < 0 else await self._traces.basis(row.basis, segment=row.segment)

    async def opened(
        self, trace: bytes, salt: bytes, *, segment: int, leaf: int, ids: Sequence[StatementId] | None
    ) -> bytes:
        """The proof file of a trace that somebody concerned has opened; `ids` where its kind has a basis.

        Raises:
            Busy: too many are being made.
            Unavailable: its segment is not yet in the log; come back after `retry_after_s`.
            StorageFailed: something the proof needs is missing or damaged.
        """
        if self._making >= MAKING_MAX:
            raise Busy("many proofs are being made", retry_after_s=1)
        self._making += 1
        try:
            return await self._file(_Place(trace, salt, segment, leaf), ids=ids)
        finally:
            self._making -= 1

    def _holds(self, lease: Holding) -> bool:
        return lease.holds(self._tell.now())

    async def said(self, statement: StatementId, asker: Asker) -> bytes:
        """The proof file of a private statement, for the person it speaks of.

        Raises:
            NotFound: there is no such statement about this person.
            Unavailable: it is not yet in a segment or in the log; come back after `retry_after_s`.
            StorageFailed: something the proof needs is missing or damaged.
        """
        entry = self._journal.find(statement)
        if (
            not isinstance(entry, JournalEntry)
            or asker.person is None
            or asker.person not in persons_of(read(entry.signed).body)
        ):
            raise NotFound(_NOTHING)
        known = self._directory.keys.get(Uri(entry.signed.headers.issuer))
        if known is None:
            raise StorageFailed("the key that signed this statement cannot be found")
        noted = await self._traces.said(statement)
        if noted is None:
            self._still(statement)
            raise self._not_yet()
        place = _Place(noted.trace, noted.salt, noted.segment, noted.leaf)
        data = await self._file(
            place, said=said_with(entry, known.key, directory=self._directory, journal=self._journal)
        )
        self._still(statement)
        return data

    async def is_ready(self, statement: StatementId, *, said_ns: int) -> bool:
        """Whether the proof of a private statement of that moment can be made: its segment stands in the log."""
        if await self._traces.is_settled(said_ns):
            return True
        segment = await self._traces.lately(statement, said_ns=said_ns)
        return segment is not None and self._index_of(parse(segment.statement).id) is not None

    def _still(self, statement: StatementId) -> None:
        """Whether it stands in the journal as it did before what was awaited.

        Raises:
            NotFound: it was erased meanwhile.
        """
        if not isinstance(self._journal.find(statement), JournalEntry):
            raise NotFound(_NOTHING)

    async def _file(
        self, place: _Place, *, ids: Sequence[StatementId] | None = None, said: Said | None = None
    ) -> bytes:
        """The file over everything from the trace to the checkpoint, seen to pass."""
        leaf, segment = await self._segment(place)
        shown = sorted((index, data) for index, data in map(self._open, ids or ()) if data is not None)
        gate = self._gate(segment)
        anchors = next(unerased(self._journal.entries(after=self._anchors - 1, limit=1))).signed
        needed = [self._placed(each) for each in (anchors, gate, segment)]
        keys = self._keys(before=needed[2], makers=[parse(data).headers.issuer for _, data in shown])
        extra = [index for index, _ in (*shown, *keys)]
        vouched, paths = await self._in_worker(lambda: self._prove([*needed, *extra]))

        def entry(index: int, data: bytes) -> LogEntry:
            return LogEntry(index, paths[index], data)

        file = ProofFile(
            v=VERSION,
            log=str(self._log.key),
            checkpoint=vouched.note,
            witnesses=vouched.witnesses,
            anchors=entry(needed[0], anchors.data),
            gate=entry(needed[1], gate.data),
            segment=entry(needed[2], segment.data),
            leaf=leaf,
            opening=Opening(place.salt, place.trace),
            keys=tuple(entry(*each) for each in keys),
            basis=None if ids is None else Rests(tuple(ids), tuple(entry(*each) for each in shown)),
            said=said,
        )
        return await self._in_worker(lambda: self._seen(file))

    def _seen(self, file: ProofFile) -> bytes:
        """The bytes, verified as a stranger would. In a worker."""
        data = write(file)
        verdict = verify(data, trusted=(self._log.key,))
        if not verdict.passed:
            number = verdict.failed.number if verdict.failed is not None else 0
            raise StorageFailed(f"what is kept does not prove this: check {number} fails")
        return data

    async def _segment(self, place: _Place) -> tuple[SegmentLeaf, Signed]:
        built = await self._observations.segment(place.segment)
        if built is None:
            raise StorageFailed("the segment of this trace cannot be found")
        tree = self._trees.pop(place.segment, None)
        if tree is None:
            tree = await self._in_worker(lambda: Tree(pad(_split(built.leaves), seed=built.cut.seed)))
        self._trees[place.segment] = tree
        while len(self._trees) > TREES_KEPT:
            del self._trees[next(iter(self._trees))]
        if not 0 <= place.leaf < tree.size:
            raise StorageFailed("the trace stands outside its segment")
        hashed = leaf_hash(place.salt, place.trace)
        return SegmentLeaf(hashed, place.leaf, tuple(tree.path(place.leaf)), built.size), parse(built.statement)

    def _prove(self, indices: Sequence[int]) -> tuple[Vouched, dict[int, tuple[bytes, ...]]]:
        """The checkpoint with the log's signature and those of witnesses, and the path of each entry to it. In a worker.

        The paths to the last checkpoint are kept, because the same few statements stand in every file. The pair is
        replaced as a whole and its mapping only grows, so two workers at once do at most the same work twice.
        """
        vouched = self._vouched(max(indices) + 1) or self._logged()
        checkpoint = open_checkpoint(vouched.note, self._log.key)
        size, root = checkpoint.size, checkpoint.root
        known, paths = self._paths
        if known != root:
            paths = {}
        for index in indices:
            if index not in paths:
                paths[index] = tuple(self._log.prove(index, size=size))
        self._paths = (root, paths)
        return vouched, paths

    def _logged(self) -> Vouched:
        """The newest checkpoint with the log's signature only."""
        note = parse_note(self._log.checkpoint())
        own = tuple(
            line for line in note.signatures if (line.name, line.key_id) == (self._log.key.name, self._log.key.key_id)
        )
        return Vouched(Note(note.text, own[:1]).encode(), ())

    def _open(self, statement: StatementId) -> tuple[int, bytes | None]:
        """Index and bytes of a statement that may be shown and is in the log; (0, None) for any other."""
        entry = self._journal.find(statement)
        if not isinstance(entry, JournalEntry) or entry.signed.headers.form is not PayloadForm.INLINE:
            return 0, None  # of a hash envelope a file of this version could show the digest only
        kind = kind_of(entry.signed.headers.content_type)
        index = None if kind is None or kind.face is not Face.OPEN else self._index_of(statement)
        return (0, None) if index is None else (index, entry.signed.data)

    def _gate(self, segment: Signed) -> Signed:
        """The statement about the key that signed this segment, whichever gate serves now."""
        known = self._directory.keys.get(Uri(segment.headers.issuer))
        entry = None if known is None else self._journal.find(known.statement)
        if not isinstance(entry, JournalEntry):
            raise StorageFailed("the statement about the gate's key cannot be found")
        return entry.signed

    def _keys(self, *, before: int, makers: Sequence[str]) -> list[tuple[int, bytes]]:
        """Later trust anchors, and the key statements of makers that signed what is shown, in the log before the segment."""
        known = (self._directory.keys.get(Uri(issuer)) for issuer in makers)
        stated = {each.statement for each in known if each is not None and each.role == KeyRole.MAKER.value}
        found = map(self._open, (*self._directory.anchors, *stated))
        return sorted((index, data) for index, data in found if data is not None and ANCHORS_INDEX < index < before)

    def _placed(self, signed: Signed) -> int:
        index = self._index_of(signed.id)
        if index is None:
            raise Unavailable("this is not yet in the log", retry_after_s=LOG_LAG_S)
        return index

    def _not_yet(self) -> Unavailable:
        return Unavailable("this is not yet in a segment; one closes at every tick", retry_after_s=self._tick_s)


def _split(leaves: bytes) -> list[bytes]:
    return [leaves[at : at + HASH_BYTES] for at in range(0, len(leaves), HASH_BYTES)]
