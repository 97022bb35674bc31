"""Make a backup of the stores of a data folder, into one file, while its node runs or not.

The order:
 1. what was acknowledged before is moved (a running node does that at its next tick);
 2. one moment between two segments; the public log was copied before it, so the journal has all that is in the log;
 3. everything of that moment, part by part, each sealed under keys of its own;
 4. the keys are kept, durably, apart from the backup;
 5. if anything was deleted meanwhile, the keys go again and the backup with them: it might hold what must not be held.
The file has its name when all of it is there and synced.

Source: docs/decisions/0035-a-backup-dies-part-by-part.md; docs/operators/backups.md.
Left out: private keys, which never lie in one backup with the rest.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Final

from troth.adapters import backup_sealing as sealing
from troth.adapters.backup_keys import BackupKeyFiles
from troth.adapters.backup_reading import Source
from troth.adapters.backup_tables import LASTING, End, Moment, Rows, Table, pack
from troth.adapters.sqlite_files import failed, sync_folder
from troth.errors import Conflict, NotFound

__all__ = ["BackupMaking"]

_NONCE_BYTES: Final = 12
_LOG_BYTES: Final = 1 << 20  # of one part


class BackupMaking:
    """One backup."""

    def __init__(
        self, source: Source, keys: BackupKeyFiles, *, entropy: Callable[[int], bytes], pause: Callable[[], None]
    ) -> None:
        self._source = source
        self._kept = keys
        self._entropy = entropy
        self._pause = pause
        self._backup = entropy(sealing.ID_BYTES)
        self._secret = entropy(sealing.KEY_BYTES)
        self._keys: dict[bytes, bytes] = {}

    def settle(self, *, running: bool, patience: int) -> None:
        """Step 1: wait until what is acknowledged now is moved; looked at `patience` times.

        Raises:
            Conflict: it is not, and no node runs that would do it, or the node does not.
            StorageFailed: a store cannot be read.
        """
        last = self._source.unmoved
        for _ in range(patience):
            if self._source.moved(last):
                return
            if not running:
                break
            self._pause()
        raise Conflict(
            "what was acknowledged last is not moved yet",
            hint="Back up while the node runs, or start it for the length of two ticks first.",
        )

    def write(self, file: Path, *, origin: str, log: int, mirror: Path, made_ns: int) -> Iterator[int]:
        """Steps 2 to 5; gives the number of parts that are written so far.

        Args:
            file: to be made; it must not be there.
            origin: of the log.
            log: its number in this deployment.
            mirror: a copy of its files, made just now.
            made_ns: now.

        Raises:
            Conflict: the file is there, or something was deleted meanwhile.
            Busy: no moment was found.
            StorageFailed: something cannot be read or written.
        """
        if file.exists():
            raise Conflict("there is a file of this name already", hint="A backup never takes another's place.")
        beside = file.with_name(file.name + ".part")
        try:
            with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "wb") as out:
                before = self._source.changes()
                yield from self._parts(out, origin=origin, log=log, mirror=mirror, made_ns=made_ns)
                out.flush()
                os.fsync(out.fileno())
            self._kept.keep(self._backup, self._secret, self._keys)
            # From here on whoever deletes something lets its key go; what was deleted until here shows now.
            if before.going or self._source.changes().went_since(before):
                self._kept.drop(self._backup)
                beside.unlink()
                raise Conflict("something was deleted while this was written", hint="Back up again.")
            beside.rename(file)
            sync_folder(file.absolute().parent)
        except FileNotFoundError as cause:
            raise NotFound("the folder for the backup is not there") from cause
        except OSError as cause:
            raise failed(cause, what="the backup") from cause

    def _parts(self, out: BinaryIO, *, origin: str, log: int, mirror: Path, made_ns: int) -> Iterator[int]:
        sealer = sealing.Sealer(out, self._backup)
        moment, conduct = self._source.moment(origin=origin, log=log, made_ns=made_ns)
        self._seal(sealer, (LASTING,), moment)
        for scopes, rows in conduct:
            self._seal(sealer, scopes, rows)
        yield sealer.count
        for scopes, rows in self._source.parts(moment):
            self._seal(sealer, scopes, rows)
            yield sealer.count
        for path in sorted(each for each in mirror.rglob("*") if each.is_file() and each.name != "lock"):
            name = str(path.relative_to(mirror))
            self._seal(sealer, (LASTING,), Rows(Table.LOG, ((name, path.read_bytes()),)))
            yield sealer.count
        self._seal(sealer, (LASTING,), End(sealer.count, sealer.digest))

    def _seal(self, sealer: sealing.Sealer, scopes: tuple[bytes, ...], what: Moment | Rows | End) -> None:
        if isinstance(what, Rows) and not what.rows:
            return
        names = [sealing.name_of(scope, self._secret) for scope in scopes]
        for name in names:
            if name not in self._keys:
                self._keys[name] = self._entropy(sealing.KEY_BYTES)
        keys = [self._keys[name] for name in names]
        sealer.write(pack(what), names, keys, nonce=self._entropy(_NONCE_BYTES))
