"""Whether the rows of a partition stand in order, in their period, with their trace in a segment.

Source: things.md, "The store"; docs/reference/stores.md.
"""

from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Final

from troth.adapters import partitions_files as files
from troth.adapters.check_findings import Findings
from troth.adapters.check_segments import Leaves
from troth.adapters.sqlite_files import read
from troth.errors import BadTrace
from troth.things.observations import Kept
from troth.tlog.trace import SALT_BYTES, collected_bytes, leaf_hash

__all__ = ["check_partition", "trace_of"]

_AT_ONCE: Final = 5_000  # rows of one read, as reads of the node


def check_partition(
    path: Path, place: str, *, leaves: Leaves, cleared: int, rows: Counter[bytes], found: Findings
) -> Iterator[int]:
    """Look at every row; gives how many were looked at.

    Args:
        path: of the file.
        place: what findings call it.
        leaves: of all segments.
        cleared: rows of later segments are passed over: they came while this was looking.
        rows: counted by stream.
        found: where findings go.

    Raises:
        StorageFailed: it cannot be read.
    """
    span = files.span_of(path)
    blocks: dict[tuple[bytes, int], tuple[int, int]] = read(path, files.blocks)
    before: tuple[bytes, int, int] | None = None
    while True:
        some = read(path, partial(files.scan, after=before, limit=_AT_ONCE))
        for row in some:
            key = (bytes(row.stream), row.from_ns, row.sequence)
            if before is not None and key <= before:
                found.add(place, "rows are out of order")
            before = key if before is None else max(before, key)
            if row.segment > cleared:
                continue
            rows[row.stream] += 1
            if not span.from_ns <= row.from_ns < span.to_ns:
                found.add(place, "a row lies outside the period of its file")
            early, late = blocks.get((row.stream, row.sequence // files.BLOCK), (1, 0))
            if not early <= row.from_ns <= late:
                found.add(place, "a row cannot be found by its number")
            if leaves.at(row.segment, row.leaf) != _leaf(row):
                found.add(place, "a row is not the one that was hashed, or its segment is not there")
        yield len(some)
        if len(some) < _AT_ONCE:
            return


def _leaf(row: Kept) -> bytes:
    if len(row.salt) != SALT_BYTES:
        return b""
    try:
        trace = trace_of(row)
    except (BadTrace, ValueError):
        return b""
    return leaf_hash(row.salt, trace)


def trace_of(row: Kept) -> bytes:
    """The bytes of a row's trace.

    Raises:
        BadTrace, ValueError: a result that is not of its type.
    """
    return collected_bytes(
        row.stream,
        row.sequence,
        from_ns=row.from_ns,
        to_ns=row.to_ns,
        gate_ns=row.gate_ns,
        basis=row.basis,
        type=row.type,
        result=row.result,
    )
