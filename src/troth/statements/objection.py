"""Kind `objection`: a person objects to a use that needs no yes, or takes their objection back. Face: private.

Rules
- It reaches forward from `from_ns`, set by the node at acceptance; taken back, it leaves the gap.
- A later one of the same person about the same purpose replaces the earlier one from then on, within its streams.
- It holds whatever text was shown, and whoever asserts that use anew: a no stays a no.

Source: gate.md, "Eight grounds" (objectable); GDPR Art. 21.
"""

import msgspec

from troth.names import HouseholdId, PersonId, PurposeId, StreamId

__all__ = ["ObjectionBody"]


class ObjectionBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """Exactly one of `streams` and `household` is set. `words`: why, if the person wants to say so.

    `person` must be the holder of the relationship key that signs (checked at registration), or `by`, their guardian, is.
    """

    person: PersonId
    purpose: PurposeId
    from_ns: int
    made_by: str
    streams: tuple[StreamId, ...] = ()
    household: HouseholdId | None = None
    withdrawn: bool = False
    words: str | None = None
    by: PersonId | None = None
    crit: tuple[str, ...] = ("from_ns", "streams", "household", "withdrawn", "by")
