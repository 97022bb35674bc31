"""Kind `erase-order`: a recipient is told to erase what it got, and what it answered. Face: private.

Rules
- It names the recipient and what that knows: Datastreams by their numbers, a share by its name. It names no person and no home,
  so that it outlives an erasure; whoever it is about is found by the statement that ended their word (`after`).
- Said again with the same `order`, it carries the answer of the recipient, and nothing else is different.

Source: GDPR Articles 17(1) and 19, Data Act Article 6(1);
docs/decisions/0071-an-erase-order-is-answered-or-seen-to-be-silent.md, 0075.
"""

from enum import StrEnum

import msgspec

from troth.names import OrderId, PurposeId, ShareId, StatementId, Uri

__all__ = ["ANSWER_MAX", "DATASTREAMS_MAX", "Answered", "Because", "EraseAnswer", "EraseOrderBody"]

ANSWER_MAX = 1_000  # characters of what a recipient keeps and why
DATASTREAMS_MAX = 2_000  # in one order: at most 9 bytes each, so that the statement has room (65 535 bytes)


class Because(StrEnum):
    """Why an order was given."""

    WITHDRAWN = "withdrawn"  # somebody has taken their yes back
    ENDED = "ended"  # the time of what it rested on is over
    CONTRACT = "contract"  # the contract that it was for has ended
    OBJECTED = "objected"  # somebody has objected
    DISCLOSURE = "disclosure"  # it is disclosed no more for this purpose or recipient, or only more coarsely
    ERASED = "erased"  # somebody was erased here
    STALE = "stale"  # nothing was read for so long that the right has ended


class Answered(StrEnum):
    """What a recipient says of an order."""

    ERASED = "erased"
    KEPT = "kept"


class EraseAnswer(msgspec.Struct, frozen=True, omit_defaults=True):
    """The answer of the party that `order` names, recognised by its own token.

    `words`: what is kept and why, in plain words (kept only); `citation`: the law and paragraph that it names for that.
    `token`: the first 8 bytes of the SHA-256 of the token it was given with.
    """

    answered: Answered
    at_ns: int
    token: bytes
    words: str | None = None
    citation: str | None = None


class EraseOrderBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """One order. Times in ns UTC.

    Args:
        order: 16 random bytes, its name.
        party: the recipient.
        purpose: for which it got what it is to erase.
        datastreams: numbers (`@iot.id`) under which it got it, sorted.
        because: why.
        at_ns: when it was given.
        due_ns: until when it is to be answered.
        share: the name of a share that has ended, where it was one.
        after: the statement that ended a word, or whose time is over; it is in nobody's hands but their own.
        variant: a view that is still granted: what is no more revealing may be kept.
        since_ns, until_ns: only what was observed in this time is to be erased (half open; both or neither).
        answer: what the recipient says.
    """

    order: OrderId
    party: Uri
    purpose: PurposeId
    datastreams: tuple[int, ...]
    because: Because
    at_ns: int
    due_ns: int
    share: ShareId | None = None
    after: StatementId | None = None
    variant: str | None = None
    since_ns: int | None = None
    until_ns: int | None = None
    answer: EraseAnswer | None = None
    crit: tuple[str, ...] = (
        *("party", "purpose", "datastreams", "because", "due_ns", "share", "variant"),
        *("since_ns", "until_ns"),
    )
