"""The data folder of a deployment, held by one node at a time.

Rules
- The lock is held open (flock), not written down: a crash releases it, a copied folder has none.
- The folder is 0700: it holds keys and people's data.

Source: runtime.md ("a lock held open, not a pid file"); promises.md R3; flock(2).
"""

import errno
import fcntl
import os
from pathlib import Path

from troth.adapters.folders import make_folder
from troth.errors import DiskFull, FolderInUse, FolderNotWritable

__all__ = ["DataFolder"]


class DataFolder:
    """Hold `folder` until `close`; a process that keeps the file descriptor `handle` open holds it as well.

    Raises:
        FolderNotWritable: it cannot be made or written.
        FolderInUse: another node holds it.
        DiskFull: no space is left for even the lock.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder
        try:
            make_folder(folder, mode=0o700)
            self.handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            os.pwrite(self.handle, b"troth\n", 0)
        except OSError as cause:
            if cause.errno in (errno.ENOSPC, errno.EDQUOT):
                raise DiskFull(
                    f"no space is left where the data folder lies ({folder})", hint="Free space there and start again."
                ) from cause
            raise FolderNotWritable(
                f"the data folder {folder} cannot be made or written ({cause.strerror})",
                hint="Choose another with --data DIR, or mend its rights.",
            ) from cause
        try:
            fcntl.flock(self.handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as cause:
            os.close(self.handle)
            raise FolderInUse(
                f"another node is running on the data folder {folder}",
                hint="Stop it first, or choose another folder with --data DIR.",
            ) from cause

    def close(self) -> None:
        """Let another node have the folder."""
        if self.handle >= 0:
            os.close(self.handle)
            self.handle = -1
