"""The checkpoints of a log with the cosignatures that have come for them: the best one for proofs, the newest one for readers.

Rules
- Only what has been checked comes in; a line is never changed, and a witness has one line on a checkpoint.
- Better is: cosigned by enough witnesses; then the larger tree; then more cosignatures.
- The best one is kept with the log, so that proofs stay witnessed after a restart. It can be had again, so what cannot be
  read of it is let go.

Source: C2SP tlog-witness, tlog-policy.
Owner of all state: the event loop; `vouched` and `read` may be called from any thread.
"""

from dataclasses import dataclass, replace
from typing import Final, Protocol

import msgspec

from troth.errors import BadNote, NotFound, TooLarge
from troth.journeys.record import InWorker
from troth.tlog.checkpoint import Checkpoint, Note, NoteSignature, VerifierKey, open_checkpoint, parse_note
from troth.tlog.cosignature import WitnessKey, check_cosignature
from troth.tlog.storage import TileStore
from troth.tlog.trust_policy import TrustPolicy

__all__ = ["COSIGNED_PATH", "NOTES_KEPT", "WITNESSED", "CosignableLog", "Cosigned", "Vouched", "logs_own", "nobody"]

COSIGNED_PATH: Final = ".state/cosigned"
WITNESSED: Final = "checkpoint/witnessed"
NOTES_KEPT: Final = 8  # checkpoints whose cosignatures may still come; a witness that is later than that missed them
_CHECKPOINT: Final = "checkpoint"


class CosignableLog(Protocol):
    """The part of a sequencer that this needs; see there."""

    @property
    def key(self) -> VerifierKey:
        """The log's verifier key."""
        ...

    @property
    def latest(self) -> Checkpoint:
        """The published tree."""
        ...

    def checkpoint(self) -> bytes:
        """The published checkpoint, signed."""
        ...

    def read(self, path: str) -> bytes:
        """A public resource by its path."""
        ...

    def root(self, size: int) -> bytes:
        """The root of the tree as it was with `size` entries."""
        ...

    def prove_growth(self, old: int, *, size: int | None = None) -> list[bytes]:
        """The consistency proof between two sizes."""
        ...


class Vouched(msgspec.Struct, frozen=True):
    """A checkpoint with the log's signature and then one cosignature line for each of `witnesses` (verifier keys)."""

    note: bytes
    witnesses: tuple[str, ...]


def nobody(_size: int) -> Vouched | None:
    """What vouches for a log without witnesses."""
    return None


@dataclass(frozen=True, slots=True)
class _Noted:
    """One checkpoint with the lines that have come for it, in the order they came."""

    checkpoint: Checkpoint
    note: Note
    lines: tuple[tuple[WitnessKey, NoteSignature], ...] = ()

    @property
    def keys(self) -> list[WitnessKey]:
        return [key for key, _ in self.lines]

    def vouched(self) -> Vouched:
        lines = (*self.note.signatures, *(line for _, line in self.lines))
        return Vouched(Note(self.note.text, lines).encode(), tuple(str(key) for key, _ in self.lines))


class Cosigned:
    """What has come.

    Args:
        log: the log.
        policy: who is known, and who is enough.
        store: where the best is kept.
        in_worker: runs the log's disk away from the loop.
    """

    def __init__(self, log: CosignableLog, *, policy: TrustPolicy, store: TileStore, in_worker: InWorker) -> None:
        self._log = log
        self._policy = policy
        self._store = store
        self._in_worker = in_worker
        self._notes: tuple[
            _Noted, ...
        ] = ()  # the best last; replaced as a whole, so that other threads see one or the other

    async def open(self) -> None:
        """Go on from what was kept.

        Raises:
            StorageFailed, LogDiverged: the log cannot be read.
        """
        data = await self._in_worker(lambda: self._store.get(COSIGNED_PATH))
        if data is None:
            return
        try:
            checkpoint = open_checkpoint(data, self._log.key)
            found = self._noted(parse_note(data), checkpoint)
        except (BadNote, TooLarge):
            return
        size = checkpoint.size
        if 0 < size <= self._log.latest.size and await self._in_worker(lambda: self._log.root(size)) == checkpoint.root:
            self._notes = (found,)

    def has(self, note: Note, key: WitnessKey) -> bool:
        """Whether this witness's line on this checkpoint has come."""
        return any(each.note.text == note.text and key in each.keys for each in self._notes)

    async def collect(self, note: Note, checkpoint: Checkpoint, *, key: WitnessKey, line: NoteSignature) -> None:
        """Take in a line that was checked. `note` carries the log's signature alone.

        Raises:
            StorageFailed: the best cosigned checkpoint could not be kept.
        """
        there = next((each for each in self._notes if each.note.text == note.text), _Noted(checkpoint, note))
        others = [each for each in self._notes if each.note.text != note.text]
        now = replace(there, lines=(*there.lines, (key, line)))
        best = max([*others, now], key=self._rank)
        newest = sorted([*others, now], key=lambda each: each.checkpoint.size)[-NOTES_KEPT:]
        # One line is little beside what older trees have, and all that a new tree can begin with: so the newest stay.
        self._notes = tuple(sorted(newest if best in newest else [best, *newest], key=self._rank))
        if best is now:
            data = now.vouched().note
            await self._in_worker(lambda: self._store.replace(COSIGNED_PATH, data))

    def vouched(self, size: int) -> Vouched | None:
        """The best cosigned checkpoint of a tree of at least `size` entries, or None."""
        there = [each for each in self._notes if each.checkpoint.size >= size]
        return there[-1].vouched() if there else None

    def witnessed(self) -> Checkpoint | None:
        """The largest tree that enough witnesses have cosigned, or None."""
        enough = [each.checkpoint for each in self._notes if self._enough(each)]
        return enough[-1] if enough else None

    def read(self, path: str) -> bytes:
        """A public resource of the log; checkpoints come with the cosignatures there are.

        Raises:
            BadPath, NotFound, StorageFailed: as the log's own `read`.
        """
        if path == WITNESSED:
            enough = [each for each in self._notes if self._enough(each)]
            if not enough:
                raise NotFound("no checkpoint has been cosigned by enough witnesses yet")
            return enough[-1].vouched().note
        data = self._log.read(path)
        if path != _CHECKPOINT:
            return data
        note = parse_note(data)
        lines = [line for each in self._notes if each.note.text == note.text for _, line in each.lines]
        return Note(note.text, (*note.signatures, *lines)).encode()

    def _noted(self, note: Note, checkpoint: Checkpoint) -> _Noted:
        known = {(key.name, key.key_id): key for key in self._policy.keys}
        lines = []
        for line in note.signatures:
            key = known.get((line.name, line.key_id))
            if key is not None:
                check_cosignature(line, key, text=note.text)
                lines.append((key, line))
        return _Noted(checkpoint, logs_own(note, self._log.key), tuple(lines))

    def _enough(self, noted: _Noted) -> bool:
        return self._policy.asks and self._policy.satisfied(noted.keys)

    def _rank(self, noted: _Noted) -> tuple[int, int, int]:
        return int(self._enough(noted)), noted.checkpoint.size, len(noted.lines)


def logs_own(note: Note, key: VerifierKey) -> Note:
    """The note with the log's first signature and no other."""
    return Note(note.text, tuple(x for x in note.signatures if (x.name, x.key_id) == (key.name, key.key_id))[:1])
