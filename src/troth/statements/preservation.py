"""Kind `preservation`: for an incident or a dispute, what is kept of a person may not be deleted for a while. Face: private.

Rules
- It has a reason that the person reads, and an end. While it lasts, the person is not erased; without one, erasure wins.
- A later one with the same `preservation` replaces it, so an earlier `to_ns` ends it.

Source: record.md, "Personal ledgers".
"""

import msgspec

from troth.names import PersonId, StreamId

__all__ = ["CAUSES", "PreservationBody"]

CAUSES = ("incident", "dispute")


class PreservationBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """`preservation`: 16 random bytes, its own name. `streams`: what is frozen; none named means everything of the person's.

    `cause` is incident or dispute, `reason` one plain sentence; it holds in [from_ns, to_ns), ns UTC.
    """

    preservation: bytes
    person: PersonId
    cause: str
    reason: str
    from_ns: int
    to_ns: int
    streams: tuple[StreamId, ...] = ()
    crit: tuple[str, ...] = ("person", "streams", "from_ns", "to_ns")
