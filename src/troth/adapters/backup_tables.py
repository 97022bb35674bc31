"""Which columns of which tables a backup holds, and the values that stand in its parts.

Rules
- Conduct goes without its commits, its repeat keys and the latest rows: what was acknowledged is moved before a backup begins,
  and the latest row of a stream is found in its partitions. So no value lies in a backup but under the key of its period.
- SQL is made from the constants here, never from what a backup says.

Source: docs/reference/stores.md, "Backups".
"""

from enum import StrEnum
from typing import Final, TypeAlias

import msgspec

from troth.errors import BadBackup
from troth.journeys.erasure_list import ID, SAID, hashed
from troth.journeys.retain import scope_of
from troth.names import StreamId
from troth.things.retention import Expired

__all__ = [
    "COLUMNS",
    "LASTING",
    "Moment",
    "Rows",
    "Table",
    "Value",
    "of_id",
    "of_rows",
    "of_statement",
    "of_text",
    "read_part",
]

Value: TypeAlias = int | float | str | bytes | None


class Table(StrEnum):
    """What a part holds rows of."""

    ENTRIES = "entries"
    TEXTS = "texts"  # preimages of the journal
    ERASED = "erased"
    STREAMS = "streams"
    RUNS = "runs"
    COUNTERS = "counters"
    SEGMENTS = "segments"
    TRACES = "traces"
    ROWS = "rows"
    BLOCKS = "blocks"
    LEDGER_KEYS = "ledger-keys"
    BOXES = "boxes"
    ACCOUNTS = "accounts"
    SLUGS = "slugs"
    LOGINS = "logins"
    LOG = "log"  # files of the public log


COLUMNS: Final[dict[Table, tuple[str, ...]]] = {
    Table.ENTRIES: ("position", "id", "bytes"),
    Table.TEXTS: ("position", "preimage"),
    Table.ERASED: ("position", "id", "things", "streams"),
    Table.STREAMS: ("stream", "next"),
    Table.RUNS: ("run", "stream", "first", "secret", "earliest", "latest"),
    Table.COUNTERS: ("thing", "what", "n"),
    Table.SEGMENTS: ("number", "first", "last", "tick_ns", "seed", "leaves", "size", "root", "statement"),
    Table.TRACES: ("segment", "leaf", "kind", "digest", "trace", "salt"),
    Table.ROWS: (
        "stream",
        "from_ns",
        "sequence",
        "to_ns",
        "id",
        "gate_ns",
        "basis",
        "type",
        "number",
        "whole",
        "text",
        "json",
        "salt",
        "segment",
        "leaf",
    ),
    Table.BLOCKS: ("stream", "block", "earliest", "latest"),
    Table.LEDGER_KEYS: ("id", "ledger", "day", "sealed"),
    Table.BOXES: ("ledger", "segment", "leaf", "key", "box"),
    Table.ACCOUNTS: (
        "digest",
        "bearer",
        "thing",
        "party",
        "app",
        "purpose",
        "person",
        "until_ns",
        "made_ns",
        "used_ns",
        "way",
        "browser",
    ),
    Table.LOGINS: ("holder", "id", "name", "person", "login"),
    Table.SLUGS: ("slug", "thing"),
    Table.LOG: ("path", "bytes"),
}


class Moment(msgspec.Struct, frozen=True):
    """What a backup is of; its first part.

    `origin`: of the log. Positions up to `position` and segments up to `segment` are in it, `last` is the last commit of that.
    """

    origin: str
    log: int
    made_ns: int
    position: int
    segment: int
    last: int
    said: int
    runs: int
    expired: int
    expiries: int


class Rows(msgspec.Struct, frozen=True):
    """Rows of one table; `file` is the partition they lie in, below the folder of partitions, where there are several."""

    table: Table
    rows: tuple[tuple[Value, ...], ...]
    file: str = ""


class End(msgspec.Struct, frozen=True):
    """The last part: how many came before it, and the digest of all their bytes."""

    parts: int
    digest: bytes


class _Packed(msgspec.Struct, frozen=True):
    """Rows as they are read: what msgpack says is text, bytes or a number is not mixed up, and is looked at here."""

    table: Table
    rows: tuple[tuple[object, ...], ...]
    file: str = ""


class _Said(msgspec.Struct, frozen=True):
    moment: Moment | None = None
    rows: _Packed | None = None
    end: End | None = None


def pack(what: Moment | Rows | End) -> bytes:
    """The bytes of a part before they are sealed."""
    match what:
        case Moment():
            return msgspec.msgpack.encode(_Said(moment=what))
        case Rows():
            return msgspec.msgpack.encode(_Said(rows=_Packed(what.table, what.rows, what.file)))
        case End():
            return msgspec.msgpack.encode(_Said(end=what))


def read_part(data: bytes) -> Moment | Rows | End:
    """What `pack` wrote.

    Raises:
        BadBackup: something else.
    """
    try:
        said = msgspec.msgpack.decode(data, type=_Said)
    except msgspec.MsgspecError as cause:
        raise BadBackup("a part of the backup cannot be read") from cause
    if said.rows is not None:
        return Rows(said.rows.table, tuple(_row(each, said.rows.table) for each in said.rows.rows), said.rows.file)
    found = said.moment or said.end
    if found is None:
        raise BadBackup("a part of the backup says nothing that is known here")
    return found


def _row(row: tuple[object, ...], table: Table) -> tuple[Value, ...]:
    values = tuple(each for each in row if each is None or isinstance(each, int | float | str | bytes))
    if len(values) != len(row) or len(row) != len(COLUMNS[table]):
        raise BadBackup("a part of the backup has rows of another shape")
    return values


LASTING: Final = hashed(b"lasting", b"")


def of_id(identifier: bytes) -> bytes:
    """The scope of a person, household, thing, stream or ledger."""
    return hashed(ID, identifier)


def of_statement(statement: bytes) -> bytes:
    """The scope of a private statement."""
    return hashed(SAID, statement)


def of_text(statement: bytes) -> bytes:
    """The scope of the text behind an envelope."""
    return hashed(b"text", statement)


def of_rows(place: bytes, days: int, *, from_ns: int, stream: bytes) -> bytes:
    """The scope of the rows of a stream in one period."""
    return scope_of(Expired(place, days, from_ns, from_ns, StreamId(stream), 0, 0))
