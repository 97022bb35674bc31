"""The only writer of a log: takes entries in their order, grows the tree, signs it, and comes back from any crash.

Commit order (never changed without a decision record)
 1 entries, tiles and root are computed from what the store holds, whose root is checked first ·
 2 one staging bundle becomes durable · 3 it is read back and hashed again · 4 the checkpoint is signed ·
 5 the lock is swapped: the commit point · 6 tiles and bundles are put · 7 the copy outside is replaced ·
 8 the checkpoint is published · 9 staging is dropped.

Rules
- Opening runs the same steps from wherever they stopped. A staged tree that was never locked is carried on, not thrown away:
  it may have been signed, and no second tree of its size must ever be.
- The log stops for good, and says why, when what is published or known outside is ahead of the lock, or says something else
  at the same size.
- After any failure a sequencer refuses everything; it must be opened anew.
- `taken` is the journal position up to which entries are in the tree. It is never published.

Source: record.md, "The log"; C2SP tlog-tiles.
Left out: what an entry means, when to append, HTTP, deleting partial tiles, witnesses. No clock: a checkpoint has no time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from troth.errors import BadNote, LogDiverged, NotFound, StorageFailed, TooLarge
from troth.signing.cose import Signer
from troth.tlog.checkpoint import Checkpoint, VerifierKey, open_checkpoint, sign_checkpoint
from troth.tlog.merkle import EMPTY_ROOT, consistency_spans, hash_span, inclusion_spans
from troth.tlog.proof import TlogProof
from troth.tlog.staging import Locked, Staging, decode_locked, decode_staging, encode_locked, encode_staging
from troth.tlog.storage import Lock, TileStore
from troth.tlog.tiles import MAX_ENTRY_BYTES, parse_path
from troth.tlog.tree_files import TreeFiles, grow, recheck

__all__ = ["CHECKPOINT_PATH", "STAGING_PATH", "Sequencer"]

CHECKPOINT_PATH: Final = "checkpoint"
STAGING_PATH: Final = ".state/staging"
_AHEAD: Final = (
    "This folder is older than what others have seen, as after restoring a backup. "
    "Bring back the newer folder or a mirror that has as much ('troth log restore'), "
    "or begin a new log that continues this one ('troth log succeed')."
)
_TWO_WRITERS: Final = "Two programs write this log. Stop both, find out why, and start one."


@dataclass(frozen=True, slots=True)
class _Now:
    """The tree as locked and published; replaced as a whole, so that readers in other threads see one or the other."""

    locked: Locked | None
    checkpoint: Checkpoint
    taken: int


class Sequencer:
    """A log that is open. `append` is for one thread at a time; everything else may be called from any thread."""

    def __init__(
        self, store: TileStore, lock: Lock, *, signer: Signer, origin: str, outside: TileStore | None = None
    ) -> None:
        self._store = store
        self._lock = lock
        self._signer = signer
        self._outside = outside
        self._key = VerifierKey(origin, signer.public)
        self._now = _Now(None, Checkpoint(origin, 0, EMPTY_ROOT), 0)
        self._failed = True  # until `open` has looked at everything

    @classmethod
    def open(
        cls, store: TileStore, lock: Lock, *, signer: Signer, origin: str, outside: TileStore | None = None
    ) -> "Sequencer":
        """Open the log, finishing what an earlier program began. On return, lock, tiles and publication agree.

        Args:
            store: where tiles, bundles and the checkpoint lie.
            lock: the log's commit point.
            signer: the log's Ed25519 key.
            origin: the log's name, fixed for life; also the name of its key.
            outside: where the last checkpoint is kept as well, away from `store`.

        Raises:
            LogDiverged: lock, publication, staging and the copy outside contradict each other. Nothing was signed.
            FormatTooNew: a newer program wrote this log.
            StorageFailed: something cannot be read or written.
            BadNote: the origin cannot be the name of a key.
        """
        log = cls(store, lock, signer=signer, origin=origin, outside=outside)
        log._recover()
        log._failed = False
        return log

    @property
    def key(self) -> VerifierKey:
        """What a stranger must be given to check this log."""
        return self._key

    @property
    def size(self) -> int:
        """How many entries are in the published tree."""
        return self._now.checkpoint.size

    @property
    def taken(self) -> int:
        """The journal position up to which entries are in the tree; go on behind it."""
        return self._now.taken

    @property
    def latest(self) -> Checkpoint:
        """The published tree; of size 0 before the first append."""
        return self._now.checkpoint

    def append(self, entries: Sequence[bytes], *, taken: int) -> Checkpoint:
        """Put entries into the tree, in this order, and publish the new checkpoint.

        On return they are durable and covered by the checkpoint. Without entries only `taken` moves, and only in memory.

        Args:
            entries: each at most 65,535 bytes.
            taken: the journal position of the last of them, or of a later statement that is no entry.

        Raises:
            TooLarge: an entry is too long; nothing was taken.
            LogDiverged: the store no longer holds the tree that the lock names, or somebody else writes this log.
            FolderInUse: another program has opened the folder since.
            StorageFailed: the outcome is unknown. Open the log anew; it will go on from wherever this stopped.
        """
        self._check_alive()
        if any(len(entry) > MAX_ENTRY_BYTES for entry in entries):
            raise TooLarge("an entry has at most 65,535 bytes")
        now = self._now
        if taken < now.taken or (taken == now.taken and entries):
            raise RuntimeError("a journal position was taken twice")
        if not entries:
            self._now = _Now(now.locked, now.checkpoint, taken)
            return now.checkpoint
        self._failed = True
        root, files = grow(self._tree(), entries, root=now.checkpoint.root)
        staging = Staging(
            now.checkpoint.size, now.checkpoint.root, now.checkpoint.size + len(entries), root, taken, files
        )
        self._store.replace(STAGING_PATH, encode_staging(staging))
        self._commit(self._reread(staging))
        self._failed = False
        return self._now.checkpoint

    def checkpoint(self) -> bytes:
        """The published checkpoint, signed.

        Raises:
            NotFound: nothing is in the log yet.
            StorageFailed: it cannot be read.
        """
        return self.read(CHECKPOINT_PATH)

    def read(self, path: str) -> bytes:
        """A public resource by its C2SP path: `checkpoint`, a tile or an entry bundle.

        Raises:
            BadPath: not the path of such a resource.
            NotFound: this log has none of that name.
            StorageFailed: it cannot be read.
        """
        if path != CHECKPOINT_PATH:
            path = parse_path(path).path
        data = self._store.get(path)
        if data is None:
            raise NotFound("the log has nothing of that name")
        return data

    def entry(self, index: int) -> bytes:
        """An entry of the published tree.

        Raises:
            NotFound: the tree has no such entry.
            LogDiverged: its bundle or tile is missing or damaged.
        """
        self._check_index(index, self.size)
        return self._tree().entry(index)

    def prove(self, index: int, *, size: int | None = None) -> list[bytes]:
        """The inclusion proof of an entry in the tree of `size` entries, or in the published one.

        Raises:
            NotFound: that tree has no such entry, or the log has no such tree.
            LogDiverged: a tile is missing or damaged.
        """
        published = self.size
        size = published if size is None else size
        self._check_index(size - 1, published)
        self._check_index(index, size)
        tree = self._tree()
        return [hash_span(span, tree.node) for span in inclusion_spans(index, size)]

    def prove_growth(self, old: int, *, size: int | None = None) -> list[bytes]:
        """The consistency proof from the tree of `old` entries to that of `size` entries, or to the published one.

        Raises:
            NotFound: the log has no such trees.
            LogDiverged: a tile is missing or damaged.
        """
        published = self.size
        size = published if size is None else size
        self._check_index(size - 1, published)
        self._check_index(old - 1, size)
        tree = self._tree()
        return [hash_span(span, tree.node) for span in consistency_spans(old, size)]

    def root(self, size: int) -> bytes:
        """The root of the tree as it was with `size` entries.

        Raises:
            NotFound: the log has no such tree.
            LogDiverged: a tile is missing or damaged.
        """
        self._check_index(size - 1, self.size)
        return self._tree().root(size)

    def proof(self, index: int, *, extra: bytes | None = None) -> TlogProof:
        """The tlog-proof of an entry under the published checkpoint.

        Raises:
            NotFound: the tree has no such entry.
            LogDiverged: a tile is missing or damaged.
        """
        signed = self.checkpoint()
        size = open_checkpoint(signed, self._key).size
        return TlogProof(index, tuple(self.prove(index, size=size)), signed, extra)

    def _tree(self) -> TreeFiles:
        return TreeFiles(self._store, self._now.checkpoint.size)

    def _reread(self, written: Staging) -> Staging:
        data = self._store.get(STAGING_PATH)
        if data is None:
            raise StorageFailed("the log's staging bundle is gone right after it was written")
        found = decode_staging(data)
        if found != written:  # whole, and of other entries: signing it would acknowledge what is not in the tree
            raise LogDiverged("somebody else has staged a tree of this log", hint=_TWO_WRITERS)
        return found

    def _commit(self, staging: Staging) -> None:
        """Steps 3 to 9 for a staged tree that follows the locked one."""
        now = self._now
        recheck(self._tree(), staging)
        checkpoint = Checkpoint(self._key.name, staging.size, staging.root)
        locked = Locked(sign_checkpoint(checkpoint, self._signer), staging.taken)
        self._lock.swap(None if now.locked is None else encode_locked(now.locked), encode_locked(locked))
        # A crash from here on leaves the lock ahead of what is published; opening finds the staging bundle and goes on.
        self._publish(staging, locked, checkpoint)

    def _publish(self, staging: Staging, locked: Locked, checkpoint: Checkpoint) -> None:
        """Steps 6 to 9; doing them again changes nothing."""
        self._store.put(staging.files)
        if self._outside is not None:
            self._outside.replace(CHECKPOINT_PATH, locked.checkpoint)
        self._store.replace(CHECKPOINT_PATH, locked.checkpoint)
        self._now = _Now(locked, checkpoint, locked.taken)
        self._store.drop(STAGING_PATH)

    def _recover(self) -> None:
        """Bring lock, tiles, publication and the copy outside together, or say why they cannot be."""
        held = self._lock.load()
        locked = None if held is None else decode_locked(held)
        signed = self._open(locked.checkpoint, "lock") if locked else Checkpoint(self._key.name, 0, EMPTY_ROOT)
        published = self._known(self._store, "published checkpoint")
        outside = self._known(self._outside, "checkpoint kept outside the folder")
        for known, where in ((published, "published checkpoint"), (outside, "checkpoint kept outside the folder")):
            if known is not None and known.size > signed.size:
                raise LogDiverged(f"the {where} has {known.size} entries, the lock {signed.size}", hint=_AHEAD)
        staged = self._store.get(STAGING_PATH)
        staging = None if staged is None else decode_staging(staged)
        if published is None or published.size < signed.size:
            self._finish(staging, locked, signed)
        self._now = _Now(locked, signed, 0 if locked is None else locked.taken)
        tree = self._tree()
        for known, where in (
            (signed, "lock"),
            (published, "published checkpoint"),
            (outside, "checkpoint kept outside the folder"),
        ):
            if known is not None and tree.root(known.size) != known.root:
                raise LogDiverged(f"the {where} names another tree of {known.size} entries than the files hold")
        if locked is not None and self._outside is not None and outside != signed:
            self._outside.replace(CHECKPOINT_PATH, locked.checkpoint)
        if staging is None:
            return
        if (staging.old_size, staging.old_root) == (signed.size, signed.root):
            self._commit(staging)
        elif (staging.size, staging.root) == (signed.size, signed.root):
            self._store.drop(STAGING_PATH)
        else:
            raise LogDiverged("the log's staging bundle belongs to neither the locked tree nor the next one")

    def _finish(self, staging: Staging | None, locked: Locked | None, signed: Checkpoint) -> None:
        """The lock is ahead of what is published: put and publish what was staged for it."""
        if locked is None:
            return
        if staging is None or (staging.size, staging.root) != (signed.size, signed.root):
            raise LogDiverged(
                f"the lock has {signed.size} entries that were never published, and the staging bundle for them is gone",
                hint="Restore the log folder from a mirror that has this tree.",
            )
        self._publish(staging, locked, signed)

    def _known(self, store: TileStore | None, where: str) -> Checkpoint | None:
        data = None if store is None else store.get(CHECKPOINT_PATH)
        return None if data is None else self._open(data, where)

    def _open(self, data: bytes, where: str) -> Checkpoint:
        try:
            return open_checkpoint(data, self._key)
        except (BadNote, TooLarge) as cause:
            raise LogDiverged(
                f"the {where} is not signed by this log's key for this origin",
                hint="Key, origin and folder belong together; one of them was changed or damaged.",
            ) from cause

    def _check_alive(self) -> None:
        if self._failed:
            raise StorageFailed("the log stopped after a failure and must be opened anew")

    def _check_index(self, index: int, size: int) -> None:
        if not 0 <= index < size:
            raise NotFound("the log has no such entry or tree")
