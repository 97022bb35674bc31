"""A witness: follows logs, and cosigns a checkpoint only where it continues everything it has cosigned before.

Steps of `add` (C2SP tlog-witness; the numbers are HTTP statuses)
 400 not a request · 404 a log it does not follow · 403 not signed by that log's key · 400 the old size is above the new one ·
 409 the old size is not that of the last tree cosigned; the answer says which is · 422 the proof does not lead there, or the
 same size has another root · 200 cosigned, and durable before that is said

Rules
- Its record of a log is one note: the checkpoint with the log's signature and its own. The record moves by compare and swap,
  so no two requests can each be right alone and wrong together.
- A cosignature leaves only when the record that holds it is durable. After any failure nothing leaves any more until a new
  start has read what is durable.
- The time of a log's cosignatures never goes back: where the clock has, the last time is said again, for at most
  CLOCK_BACK_S; beyond that nothing is cosigned until somebody sets the clock.
- Two checkpoints of the log that contradict each other are kept as evidence before the answer, whatever the answer is.
  The witness then goes on with the history it knows: that is what its cosignatures vouch for.

Source: C2SP tlog-witness, tlog-cosignature, tlog-checkpoint.
Left out: sign-subtree, ML-DSA-44, several keys of one log, bastions; HTTP, which is `api/witness`.
"""

from dataclasses import dataclass
from typing import Final, Protocol

from troth.clock import NS_PER_S, Clock
from troth.errors import BadNote, BadProof, LogDiverged, Malformed, StorageFailed, TooLarge, Unavailable
from troth.signing.cose import Signer
from troth.tlog.add_checkpoint import SIZE_TYPE, Addition, encode_size, origin_hash, parse_request
from troth.tlog.checkpoint import Checkpoint, Note, VerifierKey, parse_checkpoint, parse_note, verify_note
from troth.tlog.cosignature import Cosignature, WitnessKey, cosign, cosignatures_of
from troth.tlog.fork import FORK_VERSION, Contradiction, Fork, judge, write_fork
from troth.tlog.merkle import EMPTY_ROOT, verify_consistency

__all__ = ["CLOCK_BACK_S", "EVIDENCE_MAX", "Answered", "Followed", "Witness", "WitnessStore"]

CLOCK_BACK_S: Final = 3_600
EVIDENCE_MAX: Final = 16  # files for each log; the first prove as much as the last
_TEXT: Final = "text/plain; charset=utf-8"
_DAMAGED: Final = "Bring back the newest copy of this folder. An older one would let a log show two histories."


class WitnessStore(Protocol):
    """What a witness keeps. Logs are named by the SHA-256 of their origin in hex.

    Where a call raises StorageFailed its outcome is unknown; whoever called it opens anew before it relies on anything.
    """

    def follow(self, log: str, key: bytes) -> None:
        """Keep the verifier key of a log. Durable on return; the same again changes nothing.

        Raises:
            Conflict: another key is kept for it; that one stays.
        """
        ...

    def logs(self) -> tuple[str, ...]:
        """The logs that are followed, sorted."""
        ...

    def key(self, log: str) -> bytes | None:
        """The key kept for this log, or None."""
        ...

    def load(self, log: str) -> bytes | None:
        """The record of this log, or None; durable on return, so that no later crash takes back what was seen."""
        ...

    def swap(self, log: str, old: bytes | None, new: bytes) -> None:
        """Put the record `new` where `old` is, or change nothing. Durable on return.

        Raises:
            LogDiverged: something else than `old` is there; it stays.
        """
        ...

    def keep(self, log: str, name: str, data: bytes) -> None:
        """Keep evidence about a log. Durable on return; the same name again changes nothing."""
        ...

    def evidence(self, log: str) -> tuple[str, ...]:
        """The names of what is kept about a log, sorted."""
        ...

    def shown(self, log: str, name: str) -> bytes | None:
        """Evidence by its name, or None."""
        ...


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer: HTTP status, body, content type, and what the request contradicted, if anything."""

    status: int
    body: bytes
    content_type: str = _TEXT
    contradiction: Contradiction | None = None


@dataclass(frozen=True, slots=True)
class Followed:
    """A log as the witness knows it: its key, the last tree cosigned and when, and the evidence kept about it."""

    key: VerifierKey
    checkpoint: Checkpoint | None
    time_s: int
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Record:
    """The last tree cosigned: the note as it is kept, what it says, and the time of the cosignature."""

    data: bytes | None
    checkpoint: Checkpoint
    time_s: int

    @property
    def size(self) -> int:
        return self.checkpoint.size


class Witness:
    """A witness with its key and its record. `add` may be called from several threads; the store decides who was first.

    Raises:
        BadNote: the name cannot be the name of a key.
    """

    def __init__(self, store: WitnessStore, signer: Signer, *, name: str, clock: Clock) -> None:
        self._store = store
        self._signer = signer
        self._clock = clock
        self._failed = False
        self.key = WitnessKey(name, signer.public)

    def follow(self, key: VerifierKey) -> None:
        """Follow a log from now on. Durable on return.

        Raises:
            Conflict: a log of this origin is followed under another key.
            StorageFailed: outcome unknown.
        """
        self._store.follow(origin_hash(key.name), str(key).encode())

    def followed(self) -> tuple[Followed, ...]:
        """What is known of every log.

        Raises:
            LogDiverged: a record is damaged.
            StorageFailed: it cannot be read.
        """
        return tuple(self._followed(log) for log in self._store.logs())

    def latest(self, log: str) -> bytes | None:
        """The last checkpoint cosigned for a log (named by its origin's hash), with both signatures, or None.

        Raises:
            StorageFailed: it cannot be read.
        """
        return None if self._store.key(log) is None else self._store.load(log)

    def add(self, request: bytes) -> Answered:
        """Answer an add-checkpoint request. What status 200 says is durable.

        Raises:
            Unavailable: the clock has gone back too far; nothing was changed.
            LogDiverged: the record of this log is damaged. Nothing was cosigned.
            StorageFailed: outcome unknown, nothing was cosigned; open the witness anew.
        """
        if self._failed:
            raise StorageFailed("the witness stopped after a failure and must be started anew")
        try:
            return self._add(request)
        except StorageFailed:
            self._failed = True
            raise

    def _add(self, request: bytes) -> Answered:
        try:
            asked = parse_request(request)
            note = parse_note(asked.note)
            checkpoint = parse_checkpoint(note.text)
        except TooLarge as why:
            return _no(413, why.message)
        except Malformed as why:
            return _no(400, why.message)
        log = origin_hash(checkpoint.origin)
        key = self._key_of(log)
        if key is None or key.name != checkpoint.origin:
            return _no(404, "this witness does not follow a log of that origin")
        try:
            verify_note(note, (key,))
        except BadNote as why:
            return _no(403, why.message)
        if asked.old > checkpoint.size:
            return _no(400, "the old size is above the checkpoint's")
        return self._decide(asked, _only(note, key), checkpoint, key=key)

    def _decide(self, asked: Addition, note: Note, checkpoint: Checkpoint, *, key: VerifierKey) -> Answered:
        """Everything that needs the record. The note is the log's and carries its signature alone."""
        log = origin_hash(key.name)
        record = self._record(log, key)
        wrong = _why_not(asked, checkpoint, record)
        found = self._look(asked, note, record, key=key) if wrong is not None or asked.old != record.size else None
        if asked.old != record.size:
            return Answered(409, encode_size(record.size), SIZE_TYPE, found)
        if wrong is not None:
            return Answered(422, f"{wrong}\n".encode(), _TEXT, found)
        line = cosign(note.text, self._signer, name=self.key.name, time_s=self._time_s(record))
        new = Note(note.text, (*note.signatures, line)).encode()
        try:
            self._store.swap(log, record.data, new)
        except LogDiverged:
            # Another request was first. What it put there is durable; this one's cosignature never leaves.
            return Answered(409, encode_size(self._record(log, key).size), SIZE_TYPE)
        return Answered(200, str(line).encode())

    def _look(self, asked: Addition, note: Note, record: _Record, *, key: VerifierKey) -> Contradiction | None:
        """Keep evidence, where the request contradicts the record; says what kind."""
        if record.data is None or not record.size:
            return None
        before, now = record.checkpoint, parse_checkpoint(note.text)
        known = _only(parse_note(record.data), key).encode()
        path: tuple[bytes, ...] = ()
        if before.size < now.size:
            if asked.old != before.size:
                return None  # a proof from elsewhere says nothing about the tree that is known here
            path = asked.path
        elif before.size > now.size:
            return None  # a log may be asked for an older tree; whether that one was part of this cannot be told here
        return self._keep(Fork(v=FORK_VERSION, log=str(key), first=known, second=note.encode(), path=path), key)

    def _keep(self, fork: Fork, key: VerifierKey) -> Contradiction | None:
        try:
            found, _, _ = judge(fork, key)
        except (
            BadProof
        ):  # a path of garbage, or of an old tree that is a whole subtree, where the first hash is left out
            fork = Fork(v=fork.v, log=fork.log, first=fork.first, second=fork.second, path=())
            try:
                found, _, _ = judge(fork, key)
            except BadProof:
                return None
        log, data = origin_hash(key.name), write_fork(fork)
        kept = self._store.evidence(log)
        same_kind = [name for name in kept if name.startswith(found.value)]
        if len(same_kind) < EVIDENCE_MAX:
            second = parse_checkpoint(parse_note(fork.second).text)
            self._store.keep(log, f"{found.value}-{second.size}-{second.root.hex()[:16]}", data)
        return found

    def _key_of(self, log: str) -> VerifierKey | None:
        kept = self._store.key(log)
        if kept is None:
            return None
        try:
            return VerifierKey.parse(kept.decode())
        except (BadNote, UnicodeDecodeError) as cause:
            raise LogDiverged("the key kept for a log is damaged", hint=_DAMAGED) from cause

    def _record(self, log: str, key: VerifierKey) -> _Record:
        data = self._store.load(log)
        if data is None:
            return _Record(None, Checkpoint(key.name, 0, EMPTY_ROOT), 0)
        try:
            note = parse_note(data)
            verify_note(note, (key,))
            own: tuple[Cosignature, ...] = cosignatures_of(note, (self.key,))
            checkpoint = parse_checkpoint(note.text)
        except (BadNote, TooLarge) as cause:
            raise LogDiverged("the record of a log is damaged", hint=_DAMAGED) from cause
        if not own or checkpoint.origin != key.name:
            raise LogDiverged("the record of a log is not this witness's", hint=_DAMAGED)
        return _Record(data, checkpoint, own[-1].time_s)

    def _followed(self, log: str) -> Followed:
        key = self._key_of(log)
        if key is None:
            raise LogDiverged("the key kept for a log is gone", hint=_DAMAGED)
        record = self._record(log, key)
        known = None if record.data is None else record.checkpoint
        return Followed(key, known, record.time_s, self._store.evidence(log))

    def _time_s(self, record: _Record) -> int:
        now_s = self._clock.now() // NS_PER_S
        if now_s + CLOCK_BACK_S < record.time_s or now_s <= 0:
            raise Unavailable("the clock of this witness has gone back", hint="Set the clock of that computer.")
        return max(now_s, record.time_s)


def _why_not(asked: Addition, checkpoint: Checkpoint, record: _Record) -> str | None:
    """Why this checkpoint does not continue the record, or None."""
    if checkpoint.size == 0 and checkpoint.root != EMPTY_ROOT:
        return "a tree without entries has the root of the empty tree"
    if checkpoint.size == record.size and checkpoint.root != record.checkpoint.root:
        return "another root of the same size was cosigned before"
    if asked.old != record.size:
        return None  # answered with the size to prove from
    if asked.old == 0:
        return "nothing is proved from an empty tree, so the proof is empty" if asked.path else None
    try:
        verify_consistency(
            old=asked.old,
            new=checkpoint.size,
            old_root=record.checkpoint.root,
            new_root=checkpoint.root,
            path=asked.path,
        )
    except BadProof as why:
        return why.message
    return None


def _only(note: Note, key: VerifierKey) -> Note:
    """The note with the first signature by this key and no other."""
    return Note(note.text, tuple(x for x in note.signatures if (x.name, x.key_id) == (key.name, key.key_id))[:1])


def _no(status: int, why: str) -> Answered:
    return Answered(status, f"{why}\n".encode())
