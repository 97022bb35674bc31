"""What conduct.db says at one moment, for comparing with the partitions, and whether it agrees with itself.

Rules
- Everything is read in one transaction, so commits, cuts, counts and sequences are of one moment.
- Commits are 1, 2, 3 ... from the first that is not cleared; pending cuts lie among them; sequences follow one another.

Source: things.md, "The writer"; docs/reference/stores.md.
"""

import sqlite3
from collections import Counter
from pathlib import Path
from typing import Final

import msgspec

from troth.adapters import conduct_tables as tables
from troth.adapters.check_findings import Findings
from troth.adapters.check_reading import read_giving_way
from troth.adapters.conduct_blocks import unpack_groups
from troth.adapters.conduct_expiring import ROWS_EXPIRED
from troth.adapters.conduct_groups import columns
from troth.adapters.conduct_packing import unpack_counts, unpack_keys, unpack_runs, unpack_traces
from troth.adapters.conduct_stamping import STORED
from troth.errors import StorageFailed

__all__ = ["PLACE", "ConductAtOnce", "conduct_at_once"]

PLACE: Final = "conduct.db"


class ConductAtOnce(msgspec.Struct, frozen=True):
    """One moment.

    `cleared`: the last segment whose rows must be in partitions, `cut` the last that was decided. `next` is the next sequence
    of each stream; `unmoved` how many rows of it are in commits. `stored` and `expired` are counted over all things.
    `changes` moves when something is deleted;
    `incomplete` says that it was restored from a backup of which some could not be opened.
    """

    cleared: int
    cut: int
    next: dict[bytes, int]
    unmoved: dict[bytes, int]
    stored: int
    expired: int
    changes: tuple[int, int, int]
    incomplete: bool


def conduct_at_once(path: Path, found: Findings) -> ConductAtOnce:
    """Read one moment, and say what does not agree in it.

    Raises:
        StorageFailed: it cannot be read, or holds bytes that were not packed here.
    """
    loaded, extra = read_giving_way(path, _moment)
    meta = loaded.meta
    next_ = {row.stream: row.next for row in loaded.streams}
    counts: Counter[str] = Counter()
    for _, what, n in loaded.counts:
        counts[what] += n
    unmoved: Counter[bytes] = Counter()
    first = meta["cut_last"] + 1 if not loaded.pending else loaded.pending[0].first
    for at, commit in enumerate(loaded.commits, first):
        if commit.n != at:
            found.add(PLACE, f"commit {at} is missing", sort="commits are missing")
            break
    for commit in loaded.commits:
        try:
            _commit(commit, counts, next_, unmoved, found)
        except (StorageFailed, ValueError):
            found.add(PLACE, f"commit {commit.n} cannot be read", sort="commits cannot be read")
    if meta["cuts"] != meta["cleared"] + len(loaded.pending):
        found.add(PLACE, "the number of the last cut does not agree with what is pending")
    for stream in loaded.streams:
        if stream.latest:
            try:
                (group,) = unpack_groups(stream.latest)
                agrees = group.stream == stream.stream and group.first < stream.next and columns(group)
            except (StorageFailed, ValueError):
                agrees = False
            if not agrees:
                found.add(PLACE, "the latest row of a stream cannot be read", sort="latest rows cannot be read")
    return ConductAtOnce(
        meta["cleared"],
        meta["cuts"],
        next_,
        dict(unmoved),
        counts[STORED],
        counts[ROWS_EXPIRED],
        (extra.get("expired", 0), extra.get("runs", 0), extra.get("wipe", 0)),
        "incomplete" in extra,
    )


def _moment(connection: sqlite3.Connection) -> tuple[tables.Loaded, dict[str, int]]:
    connection.execute("BEGIN")
    loaded = tables.load(connection)
    extra = dict(
        connection.execute("SELECT name, value FROM meta WHERE name IN ('expired', 'runs', 'wipe', 'incomplete')")
    )
    connection.execute("COMMIT")
    return loaded, extra


def _commit(
    commit: tables.Packed, counts: Counter[str], next_: dict[bytes, int], unmoved: Counter[bytes], found: Findings
) -> None:
    """Unpack everything of one commit, and follow the sequences of its streams."""
    unpack_traces(commit.traces)
    unpack_keys(commit.keys)
    unpack_runs(commit.runs)
    for _, what, n in unpack_counts(commit.counts):
        counts[what] += n
    for group in unpack_groups(commit.rows):
        columns(group)
        unmoved[group.stream] += group.count
        expected = next_.get(group.stream, 1)
        if group.first != expected:
            found.add(
                PLACE,
                f"commit {commit.n}: the sequences of a stream do not follow one another",
                sort="sequences do not follow one another",
            )
        next_[group.stream] = group.first + group.count
