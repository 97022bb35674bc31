"""How the rows of a commit are packed into bytes, and read back; pure.

Rules
- Rows stand in groups: one stream, shelf, basis and type, and contiguous sequences. A group is a head and columns, so that
  packing costs one call per column and never one per row.
- Big-endian throughout. Times and ids are 64 bits, salts 16 bytes each; results are binary64, int64, one byte, or lengths
  followed by the texts or CBOR. The column of ends is left out when every row is an instant.
- What was packed reads back as the same values, to the last bit of a float.
- Bytes that were not packed here raise StorageFailed: the file is damaged, and "cannot read" is never "nothing there".

Source: things.md, "The writer"; formats.md, "Traces" (type numbers). Format 1 of conduct.db.
"""

import struct
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final, NamedTuple, cast

import msgspec

from troth.adapters.conduct_runs import RUN_SLOTS
from troth.errors import StorageFailed
from troth.names import BasisId, StreamId, ThingId
from troth.things.observations import Kept, Result, ResultType, Shelf
from troth.tlog.trace import SALT_BYTES

__all__ = [
    "Columns",
    "Group",
    "alone",
    "columns",
    "kept",
    "kept_at",
    "pack_group",
    "pack_groups",
    "runs_of",
    "unpack_group",
    "unpack_groups",
]


_HEAD: Final = struct.Struct(">16s16s16s16sIBBIIQqqqI")
_INSTANTS: Final = 1
_CODES: Final = {ResultType.NUMBER: "d", ResultType.INTEGER: "q", ResultType.BOOLEAN: "?"}
_WIDTHS: Final = {ResultType.NUMBER: 8, ResultType.INTEGER: 8, ResultType.BOOLEAN: 1}
_LENGTH_BYTES: Final = 4
_QUAD: Final = struct.Struct(">Q")


class Group(msgspec.Struct, frozen=True, gc=False):
    """Rows of one stream that became durable together; `body` holds their columns, `top` is the index of the latest row."""

    thing: ThingId
    stream: StreamId
    shelf: Shelf
    basis: BasisId
    type: int
    gate_ns: int
    first: int
    count: int
    earliest_ns: int
    latest_ns: int
    top: int
    flags: int
    body: bytes


class Columns(NamedTuple):
    """The rows of a group, column by column; `salts` are joined."""

    times: Sequence[int]
    ends: Sequence[int]
    ids: Sequence[int]
    salts: bytes
    results: Sequence[Result]


@lru_cache(maxsize=4_096)
def _layout(code: str, count: int) -> struct.Struct:
    return struct.Struct(f">{count}{code}")


@lru_cache(maxsize=4_096)
def _numbers(count: int) -> struct.Struct:
    """All columns of instants of numbers at once: most groups are this, and many have one row."""
    return struct.Struct(f">{count}q{count}Q{SALT_BYTES * count}s{count}d")


def pack_group(  # noqa: PLR0913 - a group's head has as many fields as it has
    *,
    thing: ThingId,
    stream: StreamId,
    shelf: Shelf,
    basis: BasisId,
    type_: ResultType,
    gate_ns: int,
    first: int,
    times: Sequence[int],
    ends: Sequence[int],
    ids: Sequence[int],
    salts: bytes,
    results: Sequence[Result],
) -> Group:
    """Pack rows of one stream with sequences `first`, `first` + 1, ...; all columns have the same length, at least 1."""
    count = len(times)
    instants = ends is times or ends == times
    if instants and type_ is ResultType.NUMBER:
        body = _numbers(count).pack(*times, *ids, salts, *results)
    else:
        body = _packed(None if instants else ends, type_, times=times, ids=ids, salts=salts, results=results)
    latest_ns = times[-1]
    earliest_ns = times[0]
    top = count - 1
    if count > 1:
        earliest_ns = min(times)
        highest = max(times)
        if highest != latest_ns:
            latest_ns = highest
            top = times.index(highest)
    flags = _INSTANTS if instants else 0
    return Group(thing, stream, shelf, basis, type_, gate_ns, first, count, earliest_ns, latest_ns, top, flags, body)


def _packed(
    ends: Sequence[int] | None,
    type_: ResultType,
    *,
    times: Sequence[int],
    ids: Sequence[int],
    salts: bytes,
    results: Sequence[Result],
) -> bytes:
    """The columns of a group, one after the other; `ends` None: all rows are instants."""
    count = len(times)
    quads = _layout("q", count).pack
    parts = [quads(*times)]
    if ends is not None:
        parts.append(quads(*ends))
    parts += (_layout("Q", count).pack(*ids), salts)
    code = _CODES.get(type_)
    if code is not None:
        parts.append(_layout(code, count).pack(*results))
    else:
        texts = [each.encode("utf-8") if isinstance(each, str) else cast("bytes", each) for each in results]
        parts += (_layout("I", count).pack(*map(len, texts)), *texts)
    return b"".join(parts)


def pack_groups(groups: Sequence[Group]) -> bytes:
    """Pack the rows of a commit, in order."""
    return b"".join(part for group in groups for part in (_head(group), group.body))


def _head(group: Group) -> bytes:
    return _HEAD.pack(
        group.stream,
        group.thing,
        group.shelf.place,
        group.basis,
        group.shelf.retention_days,
        group.type,
        group.flags,
        group.count,
        group.top,
        group.first,
        group.gate_ns,
        group.earliest_ns,
        group.latest_ns,
        len(group.body),
    )


def unpack_groups(data: bytes) -> list[Group]:
    """Read groups that stand one behind the other, in order.

    Raises:
        StorageFailed: damaged bytes.
    """
    groups: list[Group] = []
    shelves: dict[tuple[bytes, int], Shelf] = {}
    at = 0
    while at < len(data):
        group, at = unpack_group(data, at, shelves)
        groups.append(group)
    return groups


def unpack_group(data: bytes, at: int, shelves: dict[tuple[bytes, int], Shelf]) -> tuple[Group, int]:
    """Read the group that begins at `at`; returns it and where it ends. `shelves` are those met before, for sharing.

    Raises:
        StorageFailed: damaged bytes.
    """
    try:
        (stream, thing, place, basis, days, type_, flags, count, top, first, gate_ns, early, late, size) = (
            _HEAD.unpack_from(data, at)
        )
    except struct.error as cause:
        raise StorageFailed("a commit of conduct is damaged") from cause
    at += _HEAD.size
    body = data[at : at + size]
    if len(body) != size or count == 0 or top >= count:
        raise StorageFailed("a commit of conduct is damaged")
    shelf = shelves.setdefault((place, days), Shelf(place, days))
    group = Group(thing, stream, shelf, basis, type_, gate_ns, first, count, early, late, top, flags, body)
    return group, at + size


def columns(group: Group) -> Columns:
    """Read the columns of a group.

    Raises:
        StorageFailed: damaged bytes.
    """
    body, count = group.body, group.count
    try:
        if group.flags & _INSTANTS and group.type == ResultType.NUMBER:
            every = _numbers(count).unpack_from(body)
            times = every[:count]
            return Columns(times, times, every[count : 2 * count], every[2 * count], every[2 * count + 1 :])
        quads = _layout("q", count)
        times = quads.unpack_from(body, 0)
        at = quads.size
        ends = times
        if not group.flags & _INSTANTS:
            ends = quads.unpack_from(body, at)
            at += quads.size
        ids = _layout("Q", count).unpack_from(body, at)
        at += quads.size
        salts = body[at : at + SALT_BYTES * count]
        at += SALT_BYTES * count
        return Columns(times, ends, ids, salts, _results(group, at))
    except (struct.error, UnicodeDecodeError, ValueError) as cause:
        raise StorageFailed("a commit of conduct is damaged") from cause


def runs_of(group: Group) -> Iterable[int]:
    """The runs that the ids of a group lie in. Sequences are contiguous, so the first and the last id mostly tell.

    Raises:
        StorageFailed: damaged bytes.
    """
    at = _QUAD.size * group.count * (1 if group.flags & _INSTANTS else 2)
    try:
        (first,) = _QUAD.unpack_from(group.body, at)
        (last,) = _QUAD.unpack_from(group.body, at + _QUAD.size * (group.count - 1))
    except struct.error as cause:
        raise StorageFailed("a commit of conduct is damaged") from cause
    if first // RUN_SLOTS == last // RUN_SLOTS:
        return (first // RUN_SLOTS,)
    return {id_ // RUN_SLOTS for id_ in columns(group).ids}


def _results(group: Group, at: int) -> Sequence[Result]:
    body, type_ = group.body, ResultType(group.type)
    code = _CODES.get(type_)
    if code is not None:
        return _layout(code, group.count).unpack_from(body, at)
    layout = _layout("I", group.count)
    lengths = layout.unpack_from(body, at)
    at += layout.size
    texts: list[Result] = []
    for length in lengths:
        raw = body[at : at + length]
        texts.append(raw.decode("utf-8") if type_ is ResultType.TEXT else raw)
        at += length
    return texts


def kept(group: Group) -> list[Kept]:
    """The rows of a group as values, in order of sequence.

    Raises:
        StorageFailed: damaged bytes.
    """
    times, ends, ids, salts, results = columns(group)
    stream, gate_ns, basis, type_ = group.stream, group.gate_ns, group.basis, group.type
    return [
        Kept(stream, sequence, id_, from_ns, to_ns, gate_ns, basis, type_, result, salts[at : at + SALT_BYTES])
        for sequence, id_, from_ns, to_ns, result, at in zip(
            range(group.first, group.first + group.count),
            ids,
            times,
            ends,
            results,
            range(0, SALT_BYTES * group.count, SALT_BYTES),
            strict=True,
        )
    ]


def kept_at(group: Group, index: int) -> Kept:
    """One row of a group.

    Raises:
        StorageFailed: damaged bytes.
    """
    return kept(alone(group, index))[0]


def alone(group: Group, index: int) -> Group:
    """The group of one row, cut out of the columns without reading the others.

    Raises:
        StorageFailed: damaged bytes.
    """
    if group.count == 1:
        return group
    try:
        parts = _cut_out(group, index)
    except (struct.error, ValueError) as cause:
        raise StorageFailed("a commit of conduct is damaged") from cause
    from_ns = int.from_bytes(parts[0], "big", signed=True)
    return msgspec.structs.replace(
        group,
        first=group.first + index,
        count=1,
        earliest_ns=from_ns,
        latest_ns=from_ns,
        top=0,
        body=b"".join(parts),
    )


def _cut_out(group: Group, index: int) -> list[bytes]:
    """The columns of one row, in the order of the body."""
    body, count, type_ = group.body, group.count, ResultType(group.type)
    widths = [8] if group.flags & _INSTANTS else [8, 8]
    widths += [8, SALT_BYTES, _WIDTHS.get(type_, _LENGTH_BYTES)]
    parts: list[bytes] = []
    at = 0
    for width in widths:
        parts.append(body[at + width * index : at + width * (index + 1)])
        at += width * count
    if type_ not in _CODES:
        lengths = _layout("I", count).unpack_from(body, at - _LENGTH_BYTES * count)
        at += sum(lengths[:index])
        parts.append(body[at : at + lengths[index]])
    return parts
