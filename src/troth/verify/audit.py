"""Follow a whole log as a stranger does: every entry and tile hashed to the signed root, every statement checked in its order.

Steps
 1 the checkpoint is signed by a key given from outside, and is not older than one that was seen before ·
 2 every bundle hashes to the tile beside it · 3 every tile hashes into the tile above it · 4 the whole hashes to the root ·
 5 the tree continues the one that was seen before · 6 every entry is one that the log's own policy allows (`registering`)

Rules
- Files come from `read`, which says None where there is none. Nothing here does input or output, and nothing is trusted.
- After each full bundle the audit can be stopped and gone on with from `state`; a last bundle that is not full is read again.
- Memory is bounded by the size of one bundle (256 entries of at most 64 KiB) and the keys the log names.
- A file that is missing or damaged ends it: behind it nothing could be told apart.

Source: record.md, "Anyone can verify"; C2SP tlog-tiles, tlog-checkpoint.
Left out: cosignatures of witnesses; private statements; what was never recorded.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import Enum
from typing import Final

import msgspec

from troth.errors import BadNote, BadProof
from troth.tlog.checkpoint import Checkpoint, VerifierKey, open_checkpoint, parse_note
from troth.tlog.merkle import leaf_hash
from troth.tlog.tiles import ENTRIES, WIDTH, Tile, decode_bundle
from troth.verify.growing import Growing
from troth.verify.registering import Doubt, Finding, Known, Registering
from troth.verify.revoked import RevokedKey
from troth.verify.words import safe

__all__ = ["CHECKPOINT", "FINDINGS_MAX", "AuditState", "Auditor", "Depth", "Report", "Seen"]

CHECKPOINT: Final = "checkpoint"
FINDINGS_MAX: Final = 1_000  # findings that are kept in words; all are counted
WHOLE: Final = -1
STATE_VERSION: Final = 1
_ASK: Final = "Ask for it by another way than the log's own; give it with --trust, or keep it with 'troth trust add'."


class Depth(Enum):
    """How much of each entry is looked at."""

    TREE = "tree"
    """Hashes only."""
    STATEMENTS = "statements"
    """Hashes, signatures, policy and segments."""


class Seen(msgspec.Struct, frozen=True):
    """A tree that somebody has seen signed: its size and root."""

    size: int
    root: bytes


class AuditState(msgspec.Struct, frozen=True):
    """Where an audit stands: behind so many full bundles. It is for going on, not for showing to anybody."""

    log: str
    depth: str
    bundles: int = 0
    rows: tuple[tuple[bytes, ...], ...] = ()
    known: Known = Known()
    seen: Seen | None = None
    findings: tuple[Finding, ...] = ()
    counted: int = 0
    version: int = STATE_VERSION


class Report(msgspec.Struct, frozen=True):
    """What an audit found. `holds` is whether nothing contradicts itself; `complete` whether all was looked at."""

    log: str
    size: int
    root: bytes
    findings: tuple[Finding, ...]
    counted: int
    complete: bool
    depth: Depth
    known: Known
    continues: Seen | None
    doubted: tuple[Doubt, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether it is one log, whole, and says nothing it may not."""
        return self.complete and not self.counted


class _Bundle(msgspec.Struct, frozen=True):
    """The entries of a bundle and their leaf hashes."""

    entries: Sequence[bytes] = ()
    leaves: Sequence[bytes] = ()


class Auditor:
    """One audit of one log up to the checkpoint that it has when the audit begins.

    Args:
        read: the bytes of a public resource of the log by its C2SP path, or None. What it raises is passed on.
        trusted: the log keys given from outside.
        depth: how much is looked at.
        state: where an earlier audit of the same log stood.

    Raises:
        BadNote: there is no checkpoint, or none that a trusted key signed.
        BadProof: the state is of another log or depth.
    """

    def __init__(
        self,
        read: Callable[[str], bytes | None],
        *,
        trusted: Sequence[VerifierKey],
        depth: Depth = Depth.STATEMENTS,
        state: AuditState | None = None,
    ) -> None:
        self._read = read
        self._key, self._checkpoint = _signed(read(CHECKPOINT), trusted)
        state = state or AuditState(str(self._key), depth.value)
        if (state.log, state.depth, state.version) != (str(self._key), depth.value, STATE_VERSION):
            raise BadProof("this state is of the audit of another log, of another depth, or of another version")
        self._depth = depth
        self._seen = state.seen
        self._found = list(state.findings)
        self._counted = state.counted
        self._complete = False
        self._growing = Growing(state.bundles, state.rows)
        self._registering = Registering(self._key.name, state.known)
        self._state = state

    @property
    def size(self) -> int:
        """How many entries the checkpoint names."""
        return self._checkpoint.size

    @property
    def done(self) -> int:
        """How many entries were looked at."""
        return self.size if self._complete else min(self.size, self._growing.bundles * WIDTH)

    @property
    def state(self) -> AuditState:
        """Where it stands: behind the last full bundle. After a good `run`, the next audit finds whether it is continued."""
        return self._state

    def run(self) -> Iterator[int]:
        """Look at everything; gives the number of entries done after each bundle."""
        broken = self._rolled_back()
        while broken is None and (self._growing.bundles + 1) * WIDTH <= self.size:
            broken = self._full()
            yield self.done
        broken = broken or self._edge()
        if broken is not None:
            self._find(broken)
            return
        self._complete = True
        yield self.done

    def report(self, revoked: Sequence[RevokedKey] = ()) -> Report:
        """What was found so far; all of it once `run` has ended.

        `revoked`: keys that have ended, given from outside; those of which the log says so itself are known.
        """
        return Report(
            str(self._key),
            self.size,
            self._checkpoint.root,
            tuple(self._found),
            self._counted,
            self._complete,
            self._depth,
            self._registering.known,
            self._state.seen if self._seen is None else self._seen,
            self._registering.doubted(revoked, log=self._key.public),
        )

    def _rolled_back(self) -> Finding | None:
        """Step 1, the rest: a log that has fewer entries than it had is not looked at any further."""
        if self._seen is None or self._seen.size <= self.size:
            return None
        return Finding(WHOLE, "rolled-back", f"the log has {self.size} entries, and had {self._seen.size}")

    def _full(self) -> Finding | None:
        """Steps 2, 3 and 6 for the next full bundle; 5 where the tree seen before ends inside it."""
        index = self._growing.bundles
        bundle = self._bundle(Tile(ENTRIES, index))
        if isinstance(bundle, Finding):
            return bundle
        self._continues(bundle.leaves)
        wrong = self._same(self._growing.full(bundle.leaves))
        if wrong is not None:
            return wrong
        self._take(index * WIDTH, bundle.entries)
        self._state = self._now(self._seen)
        return None

    def _edge(self) -> Finding | None:
        """The rest: what is not full is looked at and not kept."""
        width = self.size % WIDTH
        bundle = self._bundle(Tile(ENTRIES, self._growing.bundles, width)) if width else _Bundle()
        if isinstance(bundle, Finding):
            return bundle
        self._continues(bundle.leaves)
        wrong = self._same(self._growing.edge(bundle.leaves))
        if wrong is not None:
            return wrong
        if self._growing.root(bundle.leaves) != self._checkpoint.root:
            return Finding(WHOLE, "root", "the entries do not hash to the root that the log signed")
        if self._counted == self._state.counted:  # the tree is sound: the next audit must find it continued
            self._state = self._now(Seen(self.size, self._checkpoint.root))
        self._take(self._growing.bundles * WIDTH, bundle.entries)
        return None

    def _now(self, seen: Seen | None) -> AuditState:
        return AuditState(
            str(self._key),
            self._depth.value,
            self._growing.bundles,
            tuple(map(tuple, self._growing.rows)),
            self._registering.known,
            seen,
            tuple(self._found),
            self._counted,
        )

    def _take(self, first: int, entries: Sequence[bytes]) -> None:
        if self._depth is Depth.STATEMENTS:
            for index, entry in enumerate(entries, start=first):
                for finding in self._registering.take(index, entry):
                    self._find(finding)

    def _continues(self, leaves: Sequence[bytes]) -> None:
        """Step 5, where the tree seen before ends in this bundle."""
        seen = self._seen
        if seen is None or seen.size // WIDTH != self._growing.bundles:
            return
        if self._growing.root(leaves[: seen.size % WIDTH]) != seen.root:
            self._find(
                Finding(WHOLE, "forked", f"the first {seen.size} entries are not the ones that the log had then")
            )

    def _bundle(self, tile: Tile) -> _Bundle | Finding:
        data = self._read(tile.path)
        if data is None:
            return _missing(tile)
        try:
            entries = decode_bundle(data, width=tile.width)
        except BadProof as why:
            return Finding(tile.index * WIDTH, "damaged", f"{tile.path}: {why.message}")
        return _Bundle(entries, [leaf_hash(entry) for entry in entries])

    def _same(self, tiles: Iterable[tuple[Tile, bytes]]) -> Finding | None:
        """Steps 2 and 3: a tile says what lies below it."""
        for tile, expected in tiles:
            data = self._read(tile.path)
            if data is None:
                return _missing(tile)
            if data != expected:
                return Finding(WHOLE, "tile", f"{tile.path} does not hash from what lies below it")
        return None

    def _find(self, finding: Finding) -> None:
        self._counted += 1
        if len(self._found) < FINDINGS_MAX:
            self._found.append(finding)


def _signed(data: bytes | None, trusted: Sequence[VerifierKey]) -> tuple[VerifierKey, Checkpoint]:
    """Step 1: the key and what it signed."""
    if data is None:
        raise BadNote("there is no checkpoint, so there is no log here")
    names = {line.name for line in parse_note(data).signatures}
    for key in trusted:
        if key.name in names:
            return key, open_checkpoint(data, key)
    if not trusted:
        raise BadNote("no key was given from outside; a key that comes with the log proves nothing", hint=_ASK)
    raise BadNote(f"the checkpoint is of {safe(', '.join(sorted(names)))}, whose key is not among those given")


def _missing(tile: Tile) -> Finding:
    return Finding(WHOLE, "missing", f"{tile.path} is not there")
