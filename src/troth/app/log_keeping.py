"""What is done with a log beside its node: copy it, bring it back from a copy, and go on with a new one when it is over.

Rules
- `mirror_log` reads only, and may run beside the node or anywhere else. The other two hold the data folder: no node runs then.
- A log is brought back only as far as nobody knows more: lock, published checkpoint and the copy outside are asked first.
  Nothing is signed.
- A log that can be gone on with is not ended, unless that is what is wanted (`Ending.ANYWAY`: its key is not safe any more).
- The row of the succession statement in the journal is the one step in which the new log becomes the log. Before it nothing
  counts; after it the former folder, key and copy outside are left as they are.

Source: record.md, "Loss and restore"; docs/decisions/0010-loss-restore-succession.md.
Left out: bringing back databases, which is copying files while no node runs.
"""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from enum import Enum, auto
from pathlib import Path
from typing import Final

import msgspec

from troth import drivers
from troth.clock import SystemClock
from troth.errors import Conflict, LogDiverged, NotFound, TrothError
from troth.journeys.begin import fresh_origin
from troth.journeys.lineage import Lineage, key_name, lineage_of, log_key_of, log_order
from troth.journeys.succeed import origins_of, succeed
from troth.settings import Settings
from troth.signing.cose import Signer
from troth.signing.keys import KeyStore
from troth.statements.journal import Journal
from troth.tlog.checkpoint import Checkpoint, VerifierKey, open_checkpoint, parse_checkpoint, parse_note
from troth.tlog.mirror import CHECKPOINT_PATH, Source, copy_tree, follow, known
from troth.tlog.sequencer import STAGING_PATH, Sequencer
from troth.tlog.staging import Locked, decode_locked, decode_staging, encode_locked
from troth.tlog.storage import OUTSIDE_NAMES, Lock, TileStore
from troth.tlog.tree_files import TreeFiles

__all__ = ["Ending", "Succeeded", "mirror_log", "own_log", "restore_log", "succeed_log"]

_WIDTH: Final = 256
_OVER: Final = (
    "Bring a mirror that has as much. If there is none, this log is over: 'troth log succeed' begins a new one that says so; "
    "proofs that were given out keep verifying."
)


class Ending(Enum):
    """Whether a log that can be gone on with is ended as well."""

    LOST = auto()
    ANYWAY = auto()


class Succeeded(msgspec.Struct, frozen=True):
    """The new log and what was known of the former one."""

    origin: str
    verifier_key: str
    former: str
    former_size: int | None
    """None where no checkpoint of it was found."""


class _Held(msgspec.Struct, frozen=True):
    """A deployment of which no node runs."""

    settings: Settings
    keys: KeyStore
    journal: Journal
    lineage: Lineage

    @property
    def signer(self) -> Signer:
        """The key of the log that is written now."""
        return self.keys.signer(self.lineage.key_name)

    @property
    def key(self) -> VerifierKey:
        """Its public half; where the key itself is lost, as the journal names it."""
        try:
            public = self.signer.public
        except NotFound:
            named = log_key_of(self.journal, self.lineage)
            if named is None:
                raise
            public = named
        return VerifierKey(self.lineage.origin, public)

    @property
    def outside(self) -> TileStore | None:
        """The copy outside."""
        return drivers.open_outside(self.settings, self.lineage.origin)


def own_log(settings: Settings) -> tuple[Source, VerifierKey]:
    """The log in a data folder and its key, for reading, whether its node runs or not.

    Raises:
        NotFound: there is no log, or its key is not there.
        BadNote: its checkpoint cannot be read.
    """
    number, folder = drivers.newest_log(settings)
    source = drivers.open_tiles(folder)
    signed = source.get(CHECKPOINT_PATH)
    if signed is None:
        raise NotFound(f"there is no log in {settings.folder}, or nothing is in it yet")
    origin = parse_checkpoint(parse_note(signed).text).origin
    return source, VerifierKey(origin, drivers.open_keys(settings).signer(key_name(number)).public)


def mirror_log(source: Source, destination: Path, *, key: VerifierKey, told: Callable[[int, int], None]) -> Checkpoint:
    """Bring the mirror in a folder up to date; the folder is made if it is not there.

    Raises:
        FolderInUse: another program writes there.
        TrothError: as `tlog.mirror.follow`.
    """
    place = drivers.open_mirror(destination)
    try:
        return follow(source, place.tiles, key=key, told=told)
    finally:
        place.close()


async def restore_log(settings: Settings, mirror: Path) -> Checkpoint:
    """Bring the log of a data folder back from a mirror. Doing it again changes nothing.

    Raises:
        FolderInUse: a node is running.
        NotFound: there is no journal here, or no log there.
        LogDiverged: somebody knows more than the mirror, or the journal does not hold what is in it.
    """
    async with _held(settings) as held:
        source = drivers.open_tiles(mirror)
        found = known(source, held.key, where="the mirror")
        if found is None:
            raise NotFound(f"{mirror} holds no mirror of a log")
        signed, checkpoint = found
        place = drivers.open_log(settings, held.lineage.number)
        try:
            lock = place.lock.load()
            for where, other in _others(held, place.tiles, lock):
                if other.size > checkpoint.size:
                    raise LogDiverged(f"the mirror has {checkpoint.size} entries, the {where} {other.size}", hint=_OVER)
            copy_tree(source, place.tiles, checkpoint)
            _restore(held, place.tiles, place.lock, signed=signed, checkpoint=checkpoint)
            _open(held, place.tiles, place.lock)
        finally:
            place.close()
        return checkpoint


async def succeed_log(
    settings: Settings,
    *,
    reason: str,
    origin: str | None = None,
    checkpoint: bytes | None = None,
    ending: Ending = Ending.LOST,
) -> Succeeded:
    """End the log of a data folder and let another begin at the next start.

    Args:
        settings: whose log.
        reason: for everybody to read.
        origin: the new log's name; one is made if None.
        checkpoint: a signed checkpoint of the former log that somebody else has kept.
        ending: whether to end a log that can be gone on with.

    Raises:
        FolderInUse: a node is running.
        NotFound: there is no journal here.
        Conflict: the log can be gone on with, or the origin was used before.
        BadNote: the checkpoint is not one of the former log.
        StorageFailed: the new log may or may not have begun; looking again tells.
    """
    async with _held(settings) as held:
        last = _last_known(held, checkpoint)
        if ending is Ending.LOST and _goes_on(held):
            raise Conflict(
                "this log can be gone on with",
                hint="Start the node. To end it nevertheless, because its key is not safe any more: --anyway",
            )
        fresh = origin or fresh_origin(os.urandom)
        if fresh in origins_of(held.journal):
            raise Conflict("a log of this deployment has had this origin")
        name = key_name(held.lineage.number + 1)
        signer = held.keys.signer(name) if name in held.keys.names() else held.keys.create(name)
        _carry_outside(held, fresh)
        await succeed(
            held.journal,
            held.lineage,
            keys=held.keys,
            former_key=str(held.key),
            checkpoint=None if last is None else last[0],
            origin=fresh,
            reason=reason,
            at_ns=SystemClock().now(),
        )
        return Succeeded(
            fresh, str(VerifierKey(fresh, signer.public)), held.lineage.origin, None if last is None else last[1].size
        )


@asynccontextmanager
async def _held(settings: Settings) -> AsyncIterator[_Held]:
    """Hold the folder against nodes, with its journal open."""

    def fail(error: Exception) -> None:
        raise error

    async with AsyncExitStack() as stack:
        if not settings.folder.is_dir():
            raise NotFound(f"there is no data folder {settings.folder}", hint="Name it with --data DIR.")
        stack.callback(drivers.hold_folder(settings).close)
        journal = await drivers.open_journal(settings, on_failure=fail)
        stack.push_async_callback(journal.close)
        lineage = lineage_of(journal)
        if lineage is None:
            raise NotFound("the journal of this data folder is empty; a node that starts begins it, and its log")
        yield _Held(settings, drivers.open_keys(settings, alone=True), journal, lineage)


def _others(held: _Held, tiles: TileStore, lock: bytes | None) -> list[tuple[str, Checkpoint]]:
    """Every checkpoint of this log that is known here, with the place where."""
    found = []
    if lock is not None:
        found.append(("lock", open_checkpoint(decode_locked(lock).checkpoint, held.key)))
    for where, store in (("published checkpoint", tiles), ("checkpoint kept outside the folder", held.outside)):
        shown = None if store is None else known(store, held.key, where=f"the {where}")
        if shown is not None:
            found.append((where, shown[1]))
    return found


def _restore(held: _Held, tiles: TileStore, lock: Lock, *, signed: bytes, checkpoint: Checkpoint) -> None:
    """The files are there: find out how far the journal was taken, move the lock, publish."""
    locked = Locked(signed, _taken(held, tiles, checkpoint))
    before = lock.load()
    staged = tiles.get(STAGING_PATH)
    if staged is not None and decode_staging(staged).old_size != checkpoint.size:
        tiles.drop(STAGING_PATH)  # for a step of the tree that lies behind, which the journal gives again
    if before != encode_locked(locked) and (before is None or decode_locked(before).checkpoint != signed):
        lock.swap(before, encode_locked(locked))
    tiles.replace(CHECKPOINT_PATH, signed)


def _taken(held: _Held, tiles: TileStore, checkpoint: Checkpoint) -> int:
    """The position up to which the journal is in this tree, each entry compared."""
    tree = TreeFiles(tiles, checkpoint.size)
    order = log_order(held.journal, held.lineage)
    taken, begun = 0, len(held.lineage.first)
    for index in range(-(-checkpoint.size // _WIDTH)):
        for at, entry in enumerate(tree.bundle(index), index * _WIDTH):
            said = next(order, None)
            if said is None or said.signed.data != entry:
                raise LogDiverged(
                    f"entry {at} of the mirror is not what the journal has in its place",
                    hint="The journal is older than the mirror, or another one's. " + _OVER,
                )
            if at >= begun:
                taken = said.position
    return taken


def _open(held: _Held, tiles: TileStore, lock: Lock) -> Sequencer:
    return Sequencer.open(tiles, lock, signer=held.signer, origin=held.lineage.origin, outside=held.outside)


def _goes_on(held: _Held) -> bool:
    """Whether a node would start on this log and this journal."""
    place = drivers.open_log(held.settings, held.lineage.number)
    try:
        log = _open(held, place.tiles, place.lock)
        if log.size:
            _taken(held, place.tiles, log.latest)
    except (LogDiverged, NotFound):
        return False
    finally:
        place.close()
    return log.taken <= held.journal.position


def _last_known(held: _Held, given: bytes | None) -> tuple[bytes, Checkpoint] | None:
    """The largest checkpoint of the log that anybody here knows, or was given."""
    found: list[tuple[bytes, Checkpoint]] = []
    if given is not None:
        found.append((given, open_checkpoint(given, held.key)))
    place = drivers.open_log(held.settings, held.lineage.number)
    try:
        with suppress(TrothError):  # damaged, and so nothing that is known
            lock = place.lock.load()
            if lock is not None:
                signed = decode_locked(lock).checkpoint
                found.append((signed, open_checkpoint(signed, held.key)))
        for store in (place.tiles, held.outside):
            with suppress(TrothError):
                shown = None if store is None else known(store, held.key, where="the log")
                if shown is not None:
                    found.append(shown)
    finally:
        place.close()
    return max(found, key=lambda each: each[1].size, default=None)


def _carry_outside(held: _Held, origin: str) -> None:
    """What is kept outside beside the checkpoint goes on under the new name, before that name counts."""
    former, fresh = held.outside, drivers.open_outside(held.settings, origin)
    if former is None or fresh is None:
        return
    for name in OUTSIDE_NAMES:
        data = former.get(name)
        if data is not None:
            fresh.replace(name, data)
