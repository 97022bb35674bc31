"""Kind `conduct-segment`: the signed root over the traces of one tick. Face: open.

No count, no sequence numbers, no inner times, no state version: those would publish a home's day.
Source: record.md, "Statements and traces are two things".
"""

import msgspec

from troth.names import StatementId

__all__ = ["ConductSegmentBody"]


class ConductSegmentBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """`gate` is the thumbprint of the gate's key, `previous` the statement id of segment number - 1, `tick` ns UTC."""

    gate: bytes
    number: int
    tick: int
    size: int
    root: bytes
    previous: StatementId | None = None
    crit: tuple[str, ...] = ("root", "size")
