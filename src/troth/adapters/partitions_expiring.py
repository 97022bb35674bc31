"""What is over in the partitions: found, written down for a crash, and gone, a whole file at a time where all of it is.

Rules
- The decision is durable in `segments.db` before anything of it goes, and is forgotten there when all of it is gone: a crash
  in between does the same again.
- A file of which everything is over is unlinked, its write-ahead log with it; one that holds something else is put anew.
- Folders that are empty then go as well: a name tells whose place it was.

Source: things.md, "The store" ("retention is an unlink"). Format 1 of segments.db; docs/reference/stores.md.
Owner: the mover's thread.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from itertools import groupby, islice
from pathlib import Path
from typing import Final

import msgspec

from troth.adapters import partitions_files as files
from troth.adapters.partitions_erasing import Readers, erase_partition
from troth.adapters.sqlite_files import Connect, read, sync_folder
from troth.errors import StorageFailed
from troth.things.retention import Expired, Expiry, Keeping
from troth.things.stores import Going

__all__ = ["decided", "expire", "forget", "look"]

EXPIRED_AT_ONCE: Final = (
    10_000  # streams and periods; each is a trace, and all of them one commit, which must fit a segment
)
_COUNT = "SELECT stream, count(*) FROM rows GROUP BY stream"
_SET = "INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value"


def decided(segments: sqlite3.Connection) -> Expiry | None:
    """What was decided and is not carried out.

    Raises:
        StorageFailed: damaged bytes.
    """
    found = segments.execute("SELECT value FROM meta WHERE name = 'expiry'").fetchone()
    if found is None:
        return None
    try:
        return msgspec.msgpack.decode(found[0], type=Expiry)
    except msgspec.MsgspecError as cause:
        raise StorageFailed("the decision about what is over is damaged") from cause


def look(folder: Path, segments: sqlite3.Connection, keeping: Keeping) -> Expiry | None:
    """Find what is over, at most EXPIRED_AT_ONCE of it, and decide it durably.

    Raises:
        StorageFailed, sqlite3.Error, OSError: it may or may not be decided.
    """
    gone = tuple(islice(_over(folder, keeping), EXPIRED_AT_ONCE))
    if not gone:
        return None
    before = segments.execute("SELECT value FROM meta WHERE name = 'expiries'").fetchone()
    expiry = Expiry(1 if before is None else before[0] + 1, keeping.at_ns, gone)
    with files.transaction(segments):
        segments.executemany(_SET, [("expiries", expiry.number), ("expiry", msgspec.msgpack.encode(expiry))])
    return expiry


def _over(folder: Path, keeping: Keeping) -> Iterator[Expired]:
    for path, place, days in _partitions(folder):
        span = files.span_of(path)
        if span.from_ns == span.to_ns or not keeping.may_be_over(span.to_ns):
            continue
        for stream, rows in read(path, lambda found: found.execute(_COUNT).fetchall()):
            if keeping.is_over(stream, days=days, to_ns=span.to_ns):
                kept = keeping.kept(stream, days=days)
                yield Expired(place, days, span.from_ns, span.to_ns, stream, kept, rows)


def _partitions(folder: Path) -> Iterator[tuple[Path, bytes, int]]:
    """Every partition with its place and class, in an order that is always the same; what is named otherwise is not ours."""
    for path in sorted(folder.glob("*/*/*-*.db")):
        with suppress(ValueError):
            yield path, bytes.fromhex(path.parent.parent.name), int(path.parent.name)


def expire(folder: Path, expiry: Expiry, *, connect: Connect, readers: Readers) -> None:
    """Let everything of it go, durably.

    Raises:
        StorageFailed, sqlite3.Error, OSError: part of it may be done.
    """
    of_file = groupby(expiry.gone, key=lambda each: (each.place, each.days, each.from_ns, each.to_ns))
    for (place, days, *span), gone in of_file:
        streams = {bytes(each.stream) for each in gone}
        going = Going(streams.__contains__, lambda _kind, _trace: False, lambda _key: False, b"")
        shelf = folder / place.hex() / str(days)
        for path in sorted(shelf.glob("*-*.db")):
            if [files.span_of(path).from_ns, files.span_of(path).to_ns] == span:
                erase_partition(path, going, connect=connect, readers=readers)
        _tidy(shelf, readers)


def _tidy(shelf: Path, readers: Readers) -> None:
    """Take empty folders away, durably."""
    with readers.nobody():
        for each in (shelf, shelf.parent):
            if each.is_dir() and not any(each.iterdir()):
                each.rmdir()
                sync_folder(each.parent)


def forget(segments: sqlite3.Connection) -> None:
    """It is carried out: nothing is decided any more."""
    with files.transaction(segments):
        segments.execute("DELETE FROM meta WHERE name = 'expiry'")
