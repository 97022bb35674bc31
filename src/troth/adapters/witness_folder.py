"""The folder of a witness: its key, its name, the logs it follows, its record, and evidence.

Rules
- One witness runs on a folder at a time (flock, held open). A further log can be followed meanwhile, by one command at a time.
- The folder is 0700: it holds a private key.

Source: tlog/witness (the ports), tlog/witness_files; flock(2).
Left out: network file systems, whose flock and fsync promise less.
"""

import errno
import fcntl
import os
from pathlib import Path

from troth.adapters.keys_file import KeyFolder
from troth.adapters.log_folder import FolderDisk
from troth.errors import Conflict, DiskFull, FolderInUse, FolderNotWritable, StorageFailed
from troth.tlog.files import write_whole
from troth.tlog.witness_files import WitnessFiles

__all__ = ["WitnessFolder"]

_NAME = "name"


class WitnessFolder:
    """A witness's folder, held until `close`.

    Args:
        folder: made if it is not there.
        lock: the name of the file that is held: one for the witness that runs, another for commands.

    Raises:
        FolderInUse: another program holds the same.
        FolderNotWritable: it cannot be made or written.
        DiskFull: no space is left for even the lock.
    """

    def __init__(self, folder: Path, *, lock: str) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            (folder / ".state").mkdir(exist_ok=True)
            self._held = os.open(folder / ".state" / lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as cause:
            if cause.errno in (errno.ENOSPC, errno.EDQUOT):
                raise DiskFull("no space is left where the witness lies", hint="Free space there.") from cause
            raise FolderNotWritable(
                f"the folder of the witness {folder} cannot be made or written ({cause.strerror})",
                hint="Choose another with --data DIR, or mend its rights.",
            ) from cause
        try:
            fcntl.flock(self._held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as cause:
            os.close(self._held)
            raise FolderInUse(
                f"another program uses the witness in {folder}", hint="Stop it first, or choose another folder."
            ) from cause
        self._disk = FolderDisk(folder)
        self.keys = KeyFolder(folder / "keys")
        self.store = WitnessFiles(self._disk)

    def name(self, wanted: str) -> str:
        there = self._disk.read(_NAME)
        if there is None:
            if not wanted:
                return ""
            write_whole(self._disk, _NAME, wanted.encode() + b"\n")
            return wanted
        try:
            name = there.decode().removesuffix("\n")
        except UnicodeDecodeError as cause:
            raise StorageFailed("the file with the witness's name is damaged") from cause
        if wanted and wanted != name:
            raise Conflict(f"this witness is called {name}, and a name is for life")
        return name

    def close(self) -> None:
        """Let go of the folder."""
        if self._held >= 0:
            os.close(self._held)  # gives the flock back
            self._held = -1
