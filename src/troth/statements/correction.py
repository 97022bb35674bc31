"""Kind `correction`: a recipient is told that a person says something of what it got is wrong or stopped. Face: private.

Rules
- It names the recipient and the Datastream by its number, and no person, no home, no time and no words: so it outlives an
  erasure. What it is about is found by the mark (`after`), as long as that can be read.
- `over` says that what was told is over: the mark has ended.
- Said again with the same `correction`, it carries the confirmation of the recipient, and nothing else is different.

Source: GDPR Article 19 (each recipient is told of rectification and restriction); docs/decisions/0083.
"""

import msgspec

from troth.names import CorrectionId, PurposeId, StatementId, Uri

__all__ = ["Confirmed", "CorrectionBody"]


class Confirmed(msgspec.Struct, frozen=True):
    """The recipient says that it has read it, at a time, ns UTC. `token`: the first 8 bytes of the SHA-256 of its token."""

    at_ns: int
    token: bytes


class CorrectionBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """One correction. Times in ns UTC.

    Args:
        correction: 16 random bytes, its name.
        party: the recipient.
        purpose: for which it got what it is about.
        datastream: number (`@iot.id`) under which it got it.
        at_ns: when it was given.
        due_ns: until when it is to be confirmed.
        after: the statement of the mark, or of its end.
        over: the mark has ended.
        confirmed: what the recipient says.
    """

    correction: CorrectionId
    party: Uri
    purpose: PurposeId
    datastream: int
    at_ns: int
    due_ns: int
    after: StatementId
    over: bool = False
    confirmed: Confirmed | None = None
    crit: tuple[str, ...] = ("party", "purpose", "datastream", "due_ns", "over")
