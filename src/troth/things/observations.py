"""Observations as values: what a thing said, what was kept of it, and what a reader may be given.

Rules
- Times are int64 ns UTC; an instant has `to_ns == from_ns`.
- A result is of its stream's declared type; JSON results are kept as deterministic CBOR bytes.
- An outcome is an `@iot.id` (kept, or `Repeated`: kept before) or a refusal code; there is no third.

Source: OGC 18-088 §8.2.7 (Observation); formats.md, "Traces" (type numbers); things.md, "The writer".
Left out: the salts' making, packing and SQL, which belong to the adapters.
"""

from enum import IntEnum, StrEnum
from typing import Final, TypeAlias

import msgspec

from troth.names import BasisId, StreamId
from troth.things.variants import Variant

__all__ = [
    "CLOCK_AHEAD_NS",
    "INSTANT",
    "Kept",
    "Outcome",
    "Refusal",
    "Repeated",
    "Result",
    "ResultType",
    "Shelf",
    "Variant",
]

Result: TypeAlias = float | int | bool | str | bytes
Outcome: TypeAlias = "int | Refusal"

CLOCK_AHEAD_NS: Final = 60_000_000_000  # things.md, Limits: clock ahead 60 s
INSTANT: Final = -1


class ResultType(IntEnum):
    """Type of a stream's results; the number is the trace's type byte (formats.md)."""

    NUMBER = 1  # binary64, finite
    INTEGER = 2  # int64
    BOOLEAN = 3
    TEXT = 4
    JSON = 5  # deterministic CBOR bytes


class Refusal(StrEnum):
    """Why an observation was not kept. Each code has a heading in docs/reference/gate.md."""

    UNDECLARED = "undeclared"
    WRONG_TYPE = "wrong-type"
    RED_LINE = "red-line"
    NO_GROUND = "no-ground"
    WITHDRAWN = "withdrawn"
    REFUSED = "refused"
    EXPIRED = "expired"
    OBJECTED = "objected"
    NOT_THEN = "not-then"
    TOO_OLD = "too-old"
    AHEAD = "ahead"
    BEFORE_INSTALLATION = "before-installation"
    TIME_TAKEN = "time-taken"
    BAD_TIME = "bad-time"
    BAD_PAYLOAD = "bad-payload"
    UNKNOWN = "unknown"
    POLICY = "policy"
    UNANSWERED = "unanswered"
    NOT_YET = "not-yet"
    PLACE = "place"
    NOT_OFFERED = "not-offered"
    OVER = "over"
    TOO_LARGE = "too-large"
    OUT_OF_RANGE = "out-of-range"
    WRONG_UNIT = "wrong-unit"
    TOO_FAST = "too-fast"
    LEASE_ENDED = "lease-ended"  # between stores and journeys only: the stamp is void, nothing was counted, ask anew


class Repeated(int):
    """The `@iot.id` of an observation that was kept before; any other `@iot.id` in an outcome is a new one."""

    __slots__ = ()


class Shelf(msgspec.Struct, frozen=True, gc=False):
    """Which partition files hold a stream's rows: place (16 bytes, zero for public) and retention class in days."""

    place: bytes
    retention_days: int


class Kept(msgspec.Struct, frozen=True, gc=False):
    """One observation as it is kept, with what opens its trace.

    `segment` and `leaf` say where its trace stands once its segment is built; -1 before that.
    """

    stream: StreamId
    sequence: int
    id: int
    from_ns: int
    to_ns: int
    gate_ns: int
    basis: BasisId
    type: int
    result: Result
    salt: bytes
    segment: int = -1
    leaf: int = -1
