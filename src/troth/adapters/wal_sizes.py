"""How large the write-ahead logs of some databases are, and above which size one is cut back.

Source: https://sqlite.org/wal.html; things.md, "The writer" (WAL size is a metric with a limit).
"""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from troth.adapters.sqlite_files import WAL_KEPT_BYTES

__all__ = ["WAL_KEPT_BYTES", "wal_sizes"]


def wal_sizes(files: Mapping[str, Path]) -> dict[str, int]:
    """Bytes of the log beside each file; 0 where there is none."""
    sizes = dict.fromkeys(files, 0)
    for name, path in files.items():
        with suppress(OSError):
            sizes[name] = path.with_name(path.name + "-wal").stat().st_size
    return sizes
