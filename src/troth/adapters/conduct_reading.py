"""The commits of a cut, read back from the file by a thread of its own."""

from functools import partial
from pathlib import Path

from troth.adapters import conduct_tables as tables
from troth.adapters.conduct_groups import kept, unpack_groups
from troth.adapters.conduct_packing import unpack_traces
from troth.adapters.sqlite_files import read
from troth.things.stores import Committed, Cut

__all__ = ["read_committed"]


def read_committed(path: Path, cut: Cut) -> list[Committed]:
    """The commits of a cut, decoded, in order.

    Raises:
        StorageFailed: they cannot be read.
    """
    return [
        Committed(
            packed.n,
            [(group.shelf, row) for group in unpack_groups(packed.rows) for row in kept(group)],
            unpack_traces(packed.traces),
        )
        for packed in read(path, partial(tables.read_commits, cut=cut))
    ]
