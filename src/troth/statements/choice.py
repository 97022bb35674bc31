"""Kind `choice`: a person gives, refuses or withdraws. Face: private.

Rules
- It reaches forward from `from_ns`, set by the node at acceptance; it covers earlier data only from `since_ns`, where given.
- A later choice of the same person for the same purpose replaces the earlier one from its `from_ns` on, within its streams.
- The notice that was shown is named by digest, version and language.

Source: formats.md, "Statement"; gate.md, "Time".
"""

from enum import StrEnum

import msgspec

from troth.names import HouseholdId, PersonId, PurposeId, StreamId
from troth.statements.terms import Terms

__all__ = ["ChoiceBody", "Decision", "NoticeShown"]


class Decision(StrEnum):
    """What the person says."""

    GIVE = "give"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"


class NoticeShown(msgspec.Struct, frozen=True):
    """Which text was shown: SHA-256 of its UTF-8 bytes, version, language (BCP 47)."""

    digest: bytes
    version: int
    language: str


class ChoiceBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """Exactly one of `streams` and `household` is set. `variant`: the most revealing view said yes to (give only).

    `terms`: what a yes was said to, so that it stands when the use is narrowed; without them it counts under its text alone.

    `person` must be the holder of the relationship key that signs (checked at registration), so that folding needs no look-up.
    `by`: their guardian, who says it for them and whose key signs; with `made_by` guardian, and only there.
    """

    person: PersonId
    purpose: PurposeId
    decision: Decision
    from_ns: int
    notice: NoticeShown
    made_by: str
    streams: tuple[StreamId, ...] = ()
    household: HouseholdId | None = None
    variant: str | None = None
    to_ns: int | None = None
    since_ns: int | None = None
    terms: Terms | None = None
    by: PersonId | None = None
    crit: tuple[str, ...] = ("decision", "variant", "streams", "household", "from_ns", "to_ns", "terms", "by")
