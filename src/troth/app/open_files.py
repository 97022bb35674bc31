"""How many connections there may be, so that the stores never lack a file: a store that gets none ends the node.

Source: getrlimit(2), RLIMIT_NOFILE. The soft limit is for programs that use select(2); this one does not, and raises it.
"""

import sys
from typing import Final

__all__ = ["KEPT_FOR_STORES", "raise_file_limit", "shares"]

KEPT_FOR_STORES: Final = (
    512  # 64 partitions of three files each, what is read at once, journals, the log, other programs
)
_WANTED: Final = 200_000  # P10: 100,000 connected things
_UNKNOWN: Final = 8_192
_LEAST: Final = 16


def raise_file_limit() -> int:
    """Raise the soft limit as far as the hard one and sense allow; returns what it is then."""
    if sys.platform == "win32":
        return _UNKNOWN
    import resource  # noqa: PLC0415 - not there on every platform

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _WANTED if hard == resource.RLIM_INFINITY else min(hard, _WANTED)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return _WANTED if soft == resource.RLIM_INFINITY else soft
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return wanted


def shares(files: int) -> tuple[int, int]:
    """Of so many files, how many connections pages and programs may have, and how many things."""
    free = max(files - KEPT_FOR_STORES, 2 * _LEAST)
    web = max(free // 4, _LEAST)
    return web, max(free - web, _LEAST)
