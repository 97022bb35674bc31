"""Where the faults happen: on the disk of this computer, also when `./test` keeps the files of the other tests in memory.

A kill between a write and its sync, a disk that is slower than what comes: in memory there is next to no time for either.
"""

import os
import tempfile
from pathlib import Path

import pytest


@pytest.fixture
def tmp_path(tmp_path: Path) -> Path:
    """A folder of this test, on the disk."""
    return on_disk(tmp_path)


def on_disk(folder: Path) -> Path:
    """A folder like this one, on the disk that `./test` names; the same, where it names none."""
    disk = os.environ.get("TROTH_TEST_DISK")
    return Path(tempfile.mkdtemp(prefix=f"{folder.name}-", dir=disk)) if disk else folder
