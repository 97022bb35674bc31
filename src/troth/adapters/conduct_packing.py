"""How what stands beside the rows of a commit is packed into bytes, and read back; pure.

Rules
- Traces, repeat keys, new runs and counts are each a sequence of fixed heads, some with bytes behind them. Big-endian.
- A sealed trace has the kind 0, the id of its day key where others have their salt, and its leaf hash before its box.
- Bytes that were not packed here raise StorageFailed: the file is damaged, and "cannot read" is never "nothing there".

Source: things.md, "The writer". Format 1 of conduct.db. Rows are packed in `conduct_groups`.
"""

import struct
from collections.abc import Container, Sequence
from typing import Final, NamedTuple

from troth.errors import StorageFailed
from troth.names import StreamId, ThingId
from troth.things.ledgers import SealedTrace
from troth.things.stores import NotedTrace, Traced

__all__ = [
    "Count",
    "NewRun",
    "RepeatKey",
    "pack_counts",
    "pack_keys",
    "pack_runs",
    "pack_traces",
    "said",
    "unpack_counts",
    "unpack_keys",
    "unpack_runs",
    "unpack_sealed",
    "unpack_traces",
]

_TRACE: Final = struct.Struct(">BIQ16s")
_SEALED: Final = 0  # no kind of trace has this number
_HASH_BYTES: Final = 32
_KEY: Final = struct.Struct(">16sQB")
_RUN: Final = struct.Struct(">Q16sQQ")
_COUNT: Final = struct.Struct(">16sQB")


class NewRun(NamedTuple):
    """A run that begins in a commit: its number, stream, first sequence and the secret of its slots."""

    run: int
    stream: StreamId
    first: int
    secret: int


class RepeatKey(NamedTuple):
    """By which a repeat of the row `id` is known."""

    thing: ThingId
    key: bytes
    id: int


class Count(NamedTuple):
    """How many observations of a thing a commit stored, repeated or refused (`what` is a refusal code)."""

    thing: ThingId
    what: str
    n: int


def said(traces: Sequence[Traced]) -> int:
    """The highest journal position that a `said` trace among these stands for, or 0."""
    return max((each.position for each in traces if isinstance(each, NotedTrace)), default=0)


def pack_traces(traces: Sequence[Traced]) -> bytes:
    """Pack the other traces of a commit, in order."""
    return b"".join(map(_pack_trace, traces))


def _pack_trace(each: Traced) -> bytes:
    if isinstance(each, SealedTrace):
        return _TRACE.pack(_SEALED, len(each.box), 0, each.key) + each.leaf_hash + each.box
    return _TRACE.pack(each.kind, len(each.trace), each.position, each.salt) + each.trace


def unpack_traces(data: bytes) -> list[Traced]:
    """Read what `pack_traces` wrote.

    Raises:
        StorageFailed: damaged bytes.
    """
    traces: list[Traced] = []
    at = 0
    try:
        while at < len(data):
            kind, size, position, salt = _TRACE.unpack_from(data, at)
            at += _TRACE.size
            if kind == _SEALED:
                leaf_hash = _exactly(data, at, _HASH_BYTES)
                at += _HASH_BYTES
                traces.append(SealedTrace(salt, leaf_hash, _exactly(data, at, size)))
            else:
                traces.append(NotedTrace(kind, _exactly(data, at, size), salt, position=position))
            at += size
    except struct.error as cause:
        raise StorageFailed("a commit of conduct is damaged") from cause
    return traces


def unpack_sealed(data: bytes, keys: Container[bytes]) -> list[SealedTrace]:
    """Of what `pack_traces` wrote, the sealed traces under these day keys; the others are passed over unread.

    Raises:
        StorageFailed: damaged bytes.
    """
    found: list[SealedTrace] = []
    at = 0
    try:
        while at < len(data):
            kind, size, _, salt = _TRACE.unpack_from(data, at)
            at += _TRACE.size
            if kind == _SEALED:
                if salt in keys:
                    leaf_hash = _exactly(data, at, _HASH_BYTES)
                    found.append(SealedTrace(salt, leaf_hash, _exactly(data, at + _HASH_BYTES, size)))
                at += _HASH_BYTES
            at += size
    except struct.error as cause:
        raise StorageFailed("a commit of conduct is damaged") from cause
    return found


def pack_keys(keys: Sequence[RepeatKey]) -> bytes:
    """Pack the repeat keys of a commit."""
    return b"".join(_KEY.pack(each.thing, each.id, len(each.key)) + each.key for each in keys)


def unpack_keys(data: bytes) -> list[RepeatKey]:
    """Read what `pack_keys` wrote.

    Raises:
        StorageFailed: damaged bytes.
    """
    keys: list[RepeatKey] = []
    at = 0
    try:
        while at < len(data):
            thing, id_, size = _KEY.unpack_from(data, at)
            at += _KEY.size
            keys.append(RepeatKey(thing, _exactly(data, at, size), id_))
            at += size
    except struct.error as cause:
        raise StorageFailed("the repeat keys of a commit are damaged") from cause
    return keys


def pack_runs(runs: Sequence[NewRun]) -> bytes:
    """Pack the runs that begin in a commit."""
    return b"".join(_RUN.pack(*each) for each in runs)


def unpack_runs(data: bytes) -> list[NewRun]:
    """Read what `pack_runs` wrote.

    Raises:
        StorageFailed: damaged bytes.
    """
    try:
        return [NewRun(*each) for each in _RUN.iter_unpack(data)]
    except struct.error as cause:
        raise StorageFailed("the runs of a commit are damaged") from cause


def pack_counts(counts: Sequence[Count]) -> bytes:
    """Pack the counts of a commit."""
    return b"".join(_COUNT.pack(each.thing, each.n, len(each.what)) + each.what.encode("ascii") for each in counts)


def unpack_counts(data: bytes) -> list[Count]:
    """Read what `pack_counts` wrote.

    Raises:
        StorageFailed: damaged bytes.
    """
    counts: list[Count] = []
    at = 0
    try:
        while at < len(data):
            thing, n, size = _COUNT.unpack_from(data, at)
            at += _COUNT.size
            counts.append(Count(thing, _exactly(data, at, size).decode("ascii"), n))
            at += size
    except (struct.error, UnicodeDecodeError) as cause:
        raise StorageFailed("the counts of a commit are damaged") from cause
    return counts


def _exactly(data: bytes, at: int, size: int) -> bytes:
    part = data[at : at + size]
    if len(part) != size:
        raise StorageFailed("a commit of conduct is damaged")
    return part
