"""Rows whose time is over go from what conduct keeps of moved rows: the latest of each stream, and freed pages.

Rules
- One transaction writes the traces and counts of an expiry as a commit of their own, empties the latest rows that are among
  them, and remembers the number; the same number again changes nothing. After it the file owes its wiping, because commits
  that were cleared lie in freed pages until then.
- A stream keeps its next sequence: a number is given once.

Source: things.md, "The store"; the contract is `things.stores.ConductStore`. Since format 2 of conduct.db a stream may have
no latest row (`latest` is empty).
Owner: the writer's thread.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Final

from troth.adapters import conduct_tables as tables
from troth.adapters.conduct_groups import pack_groups, unpack_groups
from troth.adapters.conduct_packing import Count, pack_counts, pack_keys, pack_runs, pack_traces
from troth.adapters.sqlite_files import owe_wiping
from troth.names import ThingId
from troth.things.observations import Refusal
from troth.things.retention import Expiry, period_of
from troth.things.stores import Traced

__all__ = ["EXPIRED", "ROWS_EXPIRED", "expire", "refusals_of", "what_of"]

ROWS_EXPIRED: Final = "expired"  # the counter of what was stored and is over
# That of what was refused because a ground had ended: the refusal itself has the name above.
EXPIRED: Final = "refused-expired"


def what_of(reason: Refusal) -> str:
    """The counter of a refusal."""
    return EXPIRED if reason is Refusal.EXPIRED else reason


def refusals_of(counts: Mapping[str, int]) -> dict[str, int]:
    """Counts of refusals by their names, from their counters."""
    return {Refusal.EXPIRED.value if what == EXPIRED else what: n for what, n in counts.items()}


def expire(
    connection: sqlite3.Connection,
    expiry: Expiry,
    *,
    number: int,
    at_ns: int,
    traces: Sequence[Traced],
    counts: Mapping[ThingId, int],
) -> bool:
    """Make an expiry durable as commit `number`; returns whether it was not yet.

    Raises:
        StorageFailed: damaged bytes.
        sqlite3.Error: it may or may not be done.
    """
    found = connection.execute("SELECT value FROM meta WHERE name = 'expired'").fetchone()
    if found is not None and found[0] >= expiry.number:
        return False
    counted = [Count(thing, ROWS_EXPIRED, n) for thing, n in counts.items()]
    over = {(each.stream, each.days, each.from_ns) for each in expiry.gone}
    emptied = [
        (stream,)
        for stream, latest in connection.execute("SELECT stream, latest FROM streams WHERE length(latest) > 0")
        if _period(latest) in over
    ]
    with tables.transaction(connection):
        tables.commit(
            connection,
            tables.Packed(
                number, at_ns, pack_groups([]), pack_traces(traces), pack_keys([]), pack_runs([]), pack_counts(counted)
            ),
        )
        connection.executemany(
            "UPDATE streams SET latest = x'', segment = ?1, leaf = ?1 WHERE stream = ?2",
            [(tables.NOWHERE, *each) for each in emptied],
        )
        connection.executemany(
            "INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
            [("expired", expiry.number)],
        )
        owe_wiping(connection)
    return True


def _period(latest: bytes) -> tuple[bytes, int, int]:
    """Stream, class, and the beginning of the period in which this row lies."""
    (group,) = unpack_groups(latest)
    days = group.shelf.retention_days
    return group.stream, days, period_of(group.latest_ns, days=days).from_ns
