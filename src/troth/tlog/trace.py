"""Traces: one entry of conduct each, as the bytes that are hashed, and the leaf hash that stands for it in a segment.

Rules
- leaf = SHA-256(0x00 || "troth/trace/v1" || 0x00 || salt || trace): one RFC 9162 leaf over that entry, under 16 random bytes.
- Kind 1 (collected) has a fixed layout, big-endian. Results are typed 1 binary64, 2 int64, 3 boolean, 4 UTF-8, 5 deterministic
  CBOR; a text or CBOR result above 4 KiB stands as its SHA-256 under its type + 128.
- All other kinds are deterministic CBOR maps of at most 16 KiB: `kind`, `gate_ns`, and the fields of the Struct by their
  names; a field that is not there is left out.
- Reading is strict: `encode(decode(b)) == b`. What is concerned stands in the trace, so one trace per person concerned.

Source: formats.md, "Traces". `collected_bytes` is the fast path: no object is made.
Left out: salts, which the caller draws at random and keeps beside what they salt; order and padding (`segment`).
"""

import hashlib
import math
import struct
from collections.abc import Iterable
from typing import Annotated, ClassVar, Final, TypeAlias

import msgspec

from troth.errors import BadCbor, BadTrace, TooLarge
from troth.names import BasisId, StatementId, StreamId
from troth.signing import cbor

__all__ = [
    "BASIS_IDS_MAX",
    "COLLECTED",
    "DIGEST",
    "INLINE_MAX_BYTES",
    "MAX_TRACE_BYTES",
    "SALT_BYTES",
    "Basis",
    "ClockStep",
    "Collected",
    "Denials",
    "ExpiredRows",
    "Noted",
    "Refusals",
    "Result",
    "SaidTrace",
    "Trace",
    "WindowClosed",
    "WindowOpened",
    "basis_id",
    "collected_bytes",
    "decode",
    "encode",
    "leaf_hash",
    "leaf_hashes",
    "number_leaves",
]

SALT_BYTES: Final = 16  # formats.md
BASIS_IDS_MAX: Final = 480  # what 16 KiB hold
MAX_TRACE_BYTES: Final = 16_384  # formats.md: other kinds, at most 16 KiB
INLINE_MAX_BYTES: Final = 4_096  # formats.md: above 4 KiB the digest stands for the result
COLLECTED: Final = 1
DIGEST: Final = 128  # added to the type of a result that stands as its SHA-256

_LEAF: Final = b"\x00troth/trace/v1\x00"
_HEAD: Final = struct.Struct(">B16sQqqq16sB")
_NUMBER: Final = struct.Struct(">B16sQqqq16sBd")
_SALTED_NUMBER: Final = struct.Struct(f">{len(_LEAF)}s16sB16sQqqq16sBd")
_INTEGER: Final = struct.Struct(">B16sQqqq16sBq")
_DIGEST_BYTES: Final = 32

Id16: TypeAlias = Annotated[bytes, msgspec.Meta(min_length=16, max_length=16)]
Digest32: TypeAlias = Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
Nanoseconds: TypeAlias = Annotated[int, msgspec.Meta(ge=-(1 << 63), le=(1 << 63) - 1)]
Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=(1 << 63) - 1)]
Text: TypeAlias = Annotated[str, msgspec.Meta(min_length=1, max_length=512)]
Result: TypeAlias = float | int | bool | str | bytes


class Collected(msgspec.Struct, frozen=True, gc=False):
    """One observation that was kept.

    `type` is 1 to 5, or 132 or 133 where `result` is the SHA-256 of a text or CBOR result above 4 KiB. The result of type 5
    is its CBOR bytes. An instant has `to_ns == from_ns`.
    """

    stream: StreamId
    sequence: int
    from_ns: int
    to_ns: int
    gate_ns: int
    basis: BasisId
    type: int
    result: Result


class Noted(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """What every other kind of trace has. `gate_ns` is the gate's time."""

    kind: ClassVar[int]
    gate_ns: Nanoseconds


class Basis(Noted, frozen=True):
    """The statements a lease rests on, sorted, written when the lease is first used. `basis_id(ids)` names it."""

    kind: ClassVar[int] = 2
    ids: Annotated[tuple[Digest32, ...], msgspec.Meta(max_length=BASIS_IDS_MAX)]


class SaidTrace(Noted, frozen=True):
    """A private statement was accepted: its id. Its position in the journal stands beside the trace, never in it."""

    kind: ClassVar[int] = 3
    statement: Digest32


class WindowOpened(Noted, frozen=True):
    """Somebody may read from now to the next tick: durable before the first row leaves. `person` is the one concerned."""

    kind: ClassVar[int] = 4
    window: Id16
    stream: Id16
    party: Text
    app: Text
    purpose: Text
    variant: Text
    basis: Id16
    person: Id16 | None = None


class WindowClosed(Noted, frozen=True):
    """An access window ended: how many rows left in it."""

    kind: ClassVar[int] = 5
    window: Id16
    rows: Count
    person: Id16 | None = None


class Refusals(Noted, frozen=True):
    """Observations of one thing refused for one reason since the last tick."""

    kind: ClassVar[int] = 6
    thing: Id16
    reason: Text
    count: Count
    person: Id16 | None = None


class Denials(Noted, frozen=True):
    """Reads denied to one asker for one reason since the last tick."""

    kind: ClassVar[int] = 7
    party: Text
    app: Text
    purpose: Text
    reason: Text
    count: Count
    stream: Id16 | None = None
    person: Id16 | None = None


class ClockStep(Noted, frozen=True):
    """The clock stepped by `by_ns` (more than a second either way); all leases ended."""

    kind: ClassVar[int] = 8
    by_ns: Nanoseconds


class ExpiredRows(Noted, frozen=True):
    """Observations were deleted because they had been kept for `days` days: `rows` of a stream, in [from_ns, to_ns)."""

    kind: ClassVar[int] = 9
    stream: Id16
    from_ns: Nanoseconds
    to_ns: Nanoseconds
    days: Count
    rows: Count


OtherTrace: TypeAlias = Basis | SaidTrace | WindowOpened | WindowClosed | Refusals | Denials | ClockStep | ExpiredRows
Trace: TypeAlias = Collected | OtherTrace

_KINDS: Final[dict[int, type[OtherTrace]]] = {
    each.kind: each
    for each in (Basis, SaidTrace, WindowOpened, WindowClosed, Refusals, Denials, ClockStep, ExpiredRows)
}


def leaf_hash(salt: bytes, trace: bytes) -> bytes:
    """The leaf that stands for a trace; `salt` is 16 random bytes."""
    if len(salt) != SALT_BYTES:
        raise ValueError("a salt has 16 bytes")
    return hashlib.sha256(_LEAF + salt + trace).digest()


def leaf_hashes(pairs: Iterable[tuple[bytes, bytes]]) -> list[bytes]:
    """`leaf_hash` of many (salt, trace), in their order. The caller has seen to the lengths."""
    sha256 = hashlib.sha256
    return [sha256(_LEAF + salt + trace).digest() for salt, trace in pairs]


def number_leaves(rows: Iterable[tuple[bytes, int, int, int, int, bytes, float, bytes]]) -> list[bytes]:
    """The leaves of collected numbers: `leaf_hash` over `collected_bytes` of each, in their order.

    Args:
        rows: stream, sequence, from_ns, to_ns, gate_ns, basis, number (not NaN), salt. The caller has seen to the lengths.
    """
    sha256, packed = hashlib.sha256, _SALTED_NUMBER.pack
    return [
        sha256(packed(_LEAF, salt, COLLECTED, stream, sequence, from_ns, to_ns, gate_ns, basis, 1, number)).digest()
        for stream, sequence, from_ns, to_ns, gate_ns, basis, number, salt in rows
    ]


def basis_id(ids: Iterable[StatementId]) -> BasisId:
    """The name of what a lease rests on: the first 16 bytes of SHA-256 over its statement ids, sorted, none twice."""
    return BasisId(hashlib.sha256(b"".join(sorted(set(ids)))).digest()[:16])


def collected_bytes(
    stream: bytes,
    sequence: int,
    *,
    from_ns: int,
    to_ns: int,
    gate_ns: int,
    basis: bytes,
    type: int,  # noqa: A002 - the word of formats.md
    result: Result,
) -> bytes:
    """The bytes of a collected trace. `result` is of `type` 1 to 5 in full; above 4 KiB its digest is taken here.

    Raises:
        BadTrace: a result that is not of its type, NaN, or a number that does not fit.
    """
    match type, result:
        case (1, float()) if not math.isnan(result):
            return _NUMBER.pack(COLLECTED, stream, sequence, from_ns, to_ns, gate_ns, basis, type, result)
        case (2, int()) if result is not True and result is not False and -(1 << 63) <= result < 1 << 63:
            return _INTEGER.pack(COLLECTED, stream, sequence, from_ns, to_ns, gate_ns, basis, type, result)
        case (3, bool()):
            raw = b"\x01" if result else b"\x00"
        case (4, str()):
            raw = _utf8(result)
        case (5, bytes()):
            raw = result
        case _:
            raise BadTrace("a result that is not of its type")
    if len(raw) > INLINE_MAX_BYTES:
        type, raw = type + DIGEST, hashlib.sha256(raw).digest()  # noqa: A001 - as above
    return _HEAD.pack(COLLECTED, stream, sequence, from_ns, to_ns, gate_ns, basis, type) + raw


def encode(trace: Trace) -> bytes:
    """The bytes of a trace.

    Raises:
        BadTrace: a field that does not fit its kind.
        TooLarge: more than 16 KiB.
    """
    if isinstance(trace, Collected):
        return _encode_collected(trace)
    fields: dict[str, cbor.Encodable] = msgspec.to_builtins(trace, builtin_types=(bytes,))
    try:
        data = cbor.encode({"kind": trace.kind, **fields})
    except BadCbor as cause:
        raise BadTrace("a field that the formats do not use") from cause
    if decode(data) != trace:
        raise BadTrace("a field outside its range")
    return data


def decode(data: bytes) -> Trace:
    """Read a trace.

    Raises:
        BadTrace: not a trace of a known kind in its one form.
        TooLarge: more than 16 KiB.
    """
    if len(data) > MAX_TRACE_BYTES:
        raise TooLarge("a trace has at most 16 KiB")
    if data[:1] == b"\x01":
        return _decode_collected(data)
    try:
        fields = cbor.decode_map(data)
    except BadCbor as cause:
        raise BadTrace("a trace is a collected row or a deterministic CBOR map") from cause
    kind = fields.pop("kind", None)
    shape = _KINDS.get(kind) if type(kind) is int else None
    if shape is None:
        raise BadTrace("a trace of a kind that is not known here")
    try:
        trace = msgspec.convert(fields, shape, builtin_types=(bytes,))
    except (msgspec.ValidationError, TypeError) as cause:
        raise BadTrace("a trace whose fields are not those of its kind") from cause
    # msgspec takes 1.0 for 1 and null for what is not there; the bytes say which it was.
    if cbor.encode({"kind": kind, **msgspec.to_builtins(trace, builtin_types=(bytes,))}) != data:
        raise BadTrace("a trace that is not in its one form")
    if isinstance(trace, Basis) and list(trace.ids) != sorted(set(trace.ids)):
        raise BadTrace("the statements of a basis are sorted and none stands twice")
    return trace


def _encode_collected(trace: Collected) -> bytes:
    try:
        head = (
            COLLECTED,
            trace.stream,
            trace.sequence,
            trace.from_ns,
            trace.to_ns,
            trace.gate_ns,
            trace.basis,
            trace.type,
        )
        match trace.type, trace.result:
            case (1, float() as number):
                data = _NUMBER.pack(*head, number)
            case (2, int() as number) if not isinstance(number, bool):
                data = _INTEGER.pack(*head, number)
            case (3, bool() as truth):
                data = _HEAD.pack(*head) + (b"\x01" if truth else b"\x00")
            case (4, str() as text):
                data = _HEAD.pack(*head) + _utf8(text)
            case (5 | 132 | 133, bytes() as raw):
                data = _HEAD.pack(*head) + raw
            case _:
                raise BadTrace("a result that is not of its type")
    except struct.error as cause:
        raise BadTrace("a number that does not fit its field") from cause
    if decode(data) != trace:
        raise BadTrace("a field outside its range")
    return data


def _decode_collected(data: bytes) -> Collected:
    if len(data) < _HEAD.size:
        raise BadTrace("a collected trace that ends too early")
    _, stream, sequence, from_ns, to_ns, gate_ns, basis, type_ = _HEAD.unpack_from(data)
    if to_ns < from_ns:
        raise BadTrace("a collected trace that ends before it begins")
    result = _read_result(type_, data[_HEAD.size :])
    return Collected(StreamId(stream), sequence, from_ns, to_ns, gate_ns, BasisId(basis), type_, result)


def _read_result(type_: int, raw: bytes) -> Result:
    match type_, len(raw):
        case 1, 8:
            number: float = struct.unpack(">d", raw)[0]
            if not math.isnan(number):
                return number
        case 2, 8:
            return int.from_bytes(raw, signed=True)
        case 3, 1 if raw in (b"\x00", b"\x01"):
            return raw == b"\x01"
        case 4, size if size <= INLINE_MAX_BYTES:
            try:
                return raw.decode()
            except UnicodeDecodeError as cause:
                raise BadTrace("a text result that is not UTF-8") from cause
        case 5, size if size <= INLINE_MAX_BYTES:
            try:
                cbor.decode(raw)
            except BadCbor as cause:
                raise BadTrace("a CBOR result that is not deterministic") from cause
            return raw
        case ((132 | 133), 32):
            return raw
    raise BadTrace("a result that is not of its type")


def _utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as cause:
        raise BadTrace("text holds half of a surrogate pair") from cause
