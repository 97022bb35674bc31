"""Whether the segments follow one another, give their signed roots, and hold the traces that lie beside them.

Source: record.md, "Statements and traces are two things"; docs/reference/stores.md.
"""

import sqlite3
from collections import OrderedDict
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from troth.adapters.check_findings import Findings
from troth.adapters.reading_lock import held_for_reading
from troth.adapters.sqlite_files import read
from troth.errors import Malformed
from troth.signing.cose import parse
from troth.statements.segment import ConductSegmentBody
from troth.statements.statement import as_kind
from troth.statements.statement import read as read_statement
from troth.tlog.merkle import HASH_BYTES, root_of
from troth.tlog.segment import pad
from troth.tlog.trace import SALT_BYTES, leaf_hash

__all__ = ["PLACE", "Leaves", "check_segments"]

T = TypeVar("T")
PLACE: Final = "partitions/segments.db"
_AT_ONCE: Final = 64  # segments of one read: at most 128 MiB of leaves, mostly far less
_KEPT_BYTES: Final = 134_217_728  # 128 MiB of leaves in memory while partitions are compared with them
_SEGMENTS: Final = (
    "SELECT number, first, last, seed, leaves, size, root, statement FROM segments WHERE number > ? "
    "ORDER BY number LIMIT ?"
)


class Leaves:
    """The leaf hashes of segments, the last used ones in memory."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._kept: OrderedDict[int, bytes] = OrderedDict()
        self._bytes = 0

    def at(self, segment: int, leaf: int) -> bytes | None:
        """The hash of one leaf; None where there is no such segment or leaf.

        Raises:
            StorageFailed: it cannot be read.
        """
        leaves = self._kept.get(segment)
        if leaves is None:
            found = _read(
                self._path,
                lambda file: file.execute("SELECT leaves FROM segments WHERE number = ?", (segment,)).fetchone(),
            )
            leaves = b"" if found is None else bytes(found[0])
            self._kept[segment] = leaves
            self._bytes += len(leaves)
            while self._bytes > _KEPT_BYTES:
                self._bytes -= len(self._kept.popitem(last=False)[1])
        self._kept.move_to_end(segment)
        return leaves[leaf * HASH_BYTES : (leaf + 1) * HASH_BYTES] or None


def check_segments(path: Path, found: Findings) -> Iterator[int]:
    """Look at every segment; gives the number of each that was looked at.

    Raises:
        StorageFailed: it cannot be read.
    """
    last, last_commit = 0, 0
    while True:
        some = _read(path, partial(_some, after=last))
        if not some:
            return
        for number, first, last_of, seed, leaves, size, root, statement in some:
            if number != last + 1:
                found.add(PLACE, f"segment {last + 1} is missing", sort="segments are missing")
            elif first != last_commit + 1:
                found.add(PLACE, f"segment {number} does not go on where the one before ended")
            if not _agrees(number, seed=seed, leaves=leaves, size=size, root=root, statement=statement):
                found.add(PLACE, f"segment {number} does not give the root that was signed", sort="other roots")
            last, last_commit = number, last_of
            for trace, salt, leaf in _read(path, partial(_traces, number=number)):
                if (
                    len(salt) != SALT_BYTES
                    or leaf_hash(salt, trace) != leaves[leaf * HASH_BYTES : (leaf + 1) * HASH_BYTES]
                ):
                    found.add(PLACE, f"a trace of segment {number} is not the one that was hashed", sort="other traces")
            yield number


def _read(path: Path, work: Callable[[sqlite3.Connection], T]) -> T:
    """One short read, while nobody puts the file anew."""
    with held_for_reading(path.parent):
        return read(path, work)


def _some(file: sqlite3.Connection, *, after: int) -> list[tuple[int, int, int, bytes, bytes, int, bytes, bytes]]:
    return file.execute(_SEGMENTS, (after, _AT_ONCE)).fetchall()


def _traces(file: sqlite3.Connection, *, number: int) -> list[tuple[bytes, bytes, int]]:
    return file.execute("SELECT trace, salt, leaf FROM traces WHERE segment = ? ORDER BY leaf", (number,)).fetchall()


def _agrees(number: int, *, seed: bytes, leaves: bytes, size: int, root: bytes, statement: bytes) -> bool:
    hashes = [leaves[at : at + HASH_BYTES] for at in range(0, len(leaves), HASH_BYTES)]
    try:
        padded = pad(hashes, seed=seed)
        body = as_kind(read_statement(parse(statement)), ConductSegmentBody)
    except (Malformed, ValueError):
        return False
    return (size, root, number, root) == (len(padded), root_of(padded), body.number, body.root) and body.size == size
