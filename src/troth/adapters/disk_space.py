"""How many bytes are left for whoever runs this, on the disks where some paths lie.

Source: statvfs(3).
"""

import shutil
from collections.abc import Iterable
from pathlib import Path

from troth.adapters.sqlite_files import failed

__all__ = ["free_bytes"]


def free_bytes(paths: Iterable[Path]) -> int:
    """The least of them; a path that is not there yet is passed over.

    Raises:
        StorageFailed: a disk cannot be asked.
    """
    try:
        return min(shutil.disk_usage(path).free for path in paths if path.exists())
    except OSError as cause:
        raise failed(cause, what="the disk") from cause
