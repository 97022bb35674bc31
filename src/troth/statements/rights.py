"""Kinds `rights-request` and `rights-reply`: a person asks for a right; whoever runs the place answers. Face: private.

Rules
- A request is the person's own word and runs against a clock from the moment at which it was accepted.
- A reply is the operator's: done, refused with the reason, or once *extended* with the reason and a later end.
- A request is answered once; neither says anything about anybody else.

Source: GDPR Art. 12(3), (4), 15 to 22, 77; Data Act Art. 4(1), (7), (8), 5(1); docs/decisions/0073, 0084.
"""

from enum import StrEnum

import msgspec

from troth.names import PersonId

__all__ = ["WORDS_MAX", "Outcome", "ReplyBody", "RequestBody", "Right"]

WORDS_MAX = 2_000  # characters of a request or a reply, read by the other


class Right(StrEnum):
    """What is asked for; the citation of each is dated data (gate/rules/rights)."""

    ACCESS = "access"
    RECTIFY = "rectify"
    ERASE = "erase"
    RESTRICT = "restrict"
    PORTABILITY = "portability"
    OBJECT = "object"
    COMPLAINT = "complaint"
    DATA = "data"
    SHARE = "share"
    REASONS = "reasons"


class Outcome(StrEnum):
    """What a reply says."""

    DONE = "done"
    REFUSED = "refused"
    EXTENDED = "extended"


class RequestBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """One request. `request`: 16 random bytes, its own name; `at_ns`: when it was asked, ns UTC; `words`: what for."""

    request: bytes
    person: PersonId
    right: str
    at_ns: int
    made_by: str
    words: str = ""
    crit: tuple[str, ...] = ("right", "at_ns")


class ReplyBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """A reply to a request of `person`. `until_ns`: the later end, where it is extended; ns UTC."""

    request: bytes
    person: PersonId
    outcome: str
    at_ns: int
    words: str
    until_ns: int | None = None
    crit: tuple[str, ...] = ("outcome", "until_ns")
