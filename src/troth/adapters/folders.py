"""A folder whose name outlives a loss of power.

Rules
- Every folder that is made is synced into its parent, and so is the one asked for when it was there: an earlier program may
  have died between making it and syncing.

Source: record.md, "fsync rules" ("and of new parents"); fsync(2).
"""

import os
from pathlib import Path

__all__ = ["make_folder"]


def make_folder(folder: Path, *, mode: int = 0o777) -> None:
    """Make a folder and its missing parents; all their names are durable on return.

    Raises:
        OSError: it cannot be made or synced.
    """
    parent = folder.absolute().parent
    if not parent.exists():
        make_folder(parent, mode=mode)
    there = folder.is_dir()
    folder.mkdir(exist_ok=True, mode=mode)
    try:
        number = os.open(parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except PermissionError:
        if there:
            return  # somebody else made it, in a folder that we may pass through and not read
        raise
    try:
        os.fsync(number)
    finally:
        os.close(number)
