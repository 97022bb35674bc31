"""A log on a machine whose disks fail: what was signed and what a reader could ever have seen is remembered."""

import copy
import random
from collections.abc import Sequence

from tests.vectors.made_signing import seed_of
from troth.signing.cose import PublicKey
from troth.signing.keys import Ed25519Signer
from troth.testing.disk import Fault, MemoryDisk
from troth.tlog.checkpoint import Checkpoint, VerifierKey, open_checkpoint, parse_checkpoint
from troth.tlog.files import LockFile, TileFiles
from troth.tlog.merkle import leaf_hash, root_of
from troth.tlog.sequencer import CHECKPOINT_PATH, Sequencer
from troth.tlog.tiles import WIDTH
from troth.tlog.tree_files import TreeFiles

ORIGIN = "example.org/log"
SIGNER = Ed25519Signer.from_seed(seed_of("log"))
KEY = VerifierKey(ORIGIN, SIGNER.public)


class WatchedSigner:
    """Signs, and remembers every tree it ever signed."""

    def __init__(self) -> None:
        self.signed: list[Checkpoint] = []

    @property
    def public(self) -> PublicKey:
        return SIGNER.public

    def sign(self, data: bytes) -> bytes:
        self.signed.append(parse_checkpoint(data.decode()))
        return SIGNER.sign(data)


class NamedDisk(MemoryDisk):
    """Remembers what each step was: `did[n]` names step n."""

    def __init__(self) -> None:
        super().__init__()
        self.did: list[str] = []

    def write(self, path: str, data: bytes) -> None:
        self.did.append(f"write {path}")
        super().write(path, data)

    def sync(self, *paths: str) -> None:
        for path in paths:
            self.did.append(f"sync {path}")
            super().sync(path)

    def rename(self, old: str, new: str) -> None:
        self.did.append(f"rename {old} to {new}")
        super().rename(old, new)

    def unlink(self, path: str) -> None:
        self.did.append(f"unlink {path}")
        super().unlink(path)

    def make_folder(self, path: str) -> None:
        self.did.append(f"make folder {path}")
        super().make_folder(path)

    def sync_folder(self, *paths: str) -> None:
        for path in paths:
            self.did.append(f"sync folder {path or '.'}")
            super().sync_folder(path)


class WatchedDisk(NamedDisk):
    """Remembers every checkpoint that had its public name for a moment, synced or not."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[bytes] = []

    def rename(self, old: str, new: str) -> None:
        before = self.peek(new)
        try:
            super().rename(old, new)
        finally:
            after = self.peek(new)
            if new == CHECKPOINT_PATH and after is not None and after != before:
                self.seen.append(after)


class Machine:
    """Two disks (the log's and the one outside), a signer, and a journal of entries with gaps between their positions."""

    def __init__(self, journal: Sequence[bytes]) -> None:
        self.inside = WatchedDisk()
        self.outside = NamedDisk()
        self.signer = WatchedSigner()
        self.journal = journal
        self._roots: dict[int, bytes] = {}

    def copy(self) -> "Machine":
        twin = Machine(self.journal)
        twin.inside, twin.outside, twin.signer = copy.deepcopy((self.inside, self.outside, self.signer))
        twin._roots = self._roots  # the same journal has the same trees
        return twin

    def open(self) -> Sequencer:
        return Sequencer.open(
            TileFiles(self.inside),
            LockFile(self.inside),
            signer=self.signer,
            origin=ORIGIN,
            outside=TileFiles(self.outside),
        )

    def run(self, *, upto: int, batch: int) -> Sequencer:
        """What a node does: open, and take from the journal what is not in the log yet."""
        log = self.open()
        while log.taken < position(upto - 1):
            first = log.taken // 3
            last = min(first + batch, upto)
            log.append(self.journal[first:last], taken=position(last - 1))
        return log

    def seen(self) -> int:
        """The size of the largest tree that a reader could have been shown."""
        return max((open_checkpoint(data, KEY).size for data in self.inside.seen), default=0)

    def root(self, size: int) -> bytes:
        """The only root that a tree of this size may ever have."""
        if size not in self._roots:
            self._roots[size] = root_of([leaf_hash(entry) for entry in self.journal[:size]])
        return self._roots[size]

    def crash(self, chance: random.Random | None) -> None:
        self.inside.crash(chance)
        self.outside.crash(chance)

    def reopen(self) -> None:
        self.inside.reopen()
        self.outside.reopen()

    def calm(self) -> None:
        self.inside.calm()
        self.outside.calm()

    def fail_at(self, step: int, fault: Fault) -> None:
        """Count steps of both disks as if they were one: first those of the log's, then those outside."""
        if step < FAR:
            self.inside.fail_at(self.inside.steps + step, fault)
        else:
            self.outside.fail_at(self.outside.steps + step - FAR, fault)

    def check(self, log: Sequencer, *, upto: int) -> None:
        """Nothing lost, nothing twice, no two trees of one size, and no reader was ever told otherwise."""
        assert upto == log.size
        tree = TreeFiles(TileFiles(self.inside), upto)
        assert list(self.journal[:upto]) == [entry for at in range(upto // WIDTH + 1) for entry in tree.bundle(at)]
        seen = [open_checkpoint(data, KEY) for data in self.inside.seen]
        assert [] == [each for each in (*self.signer.signed, *seen) if self.root(each.size) != each.root]
        assert sorted(each.size for each in seen) == [each.size for each in seen], "no reader saw the log shrink"
        assert log.checkpoint() == TileFiles(self.outside).get(CHECKPOINT_PATH)
        assert log.latest == open_checkpoint(log.checkpoint(), KEY)


FAR = 10_000


def position(index: int) -> int:
    """The journal position of entry `index`: two private statements stand before each open one."""
    return 3 * index + 3
