"""Requests of rights and their replies, as they stand; and whether one may be said now. Pure.

Rules
- A person has OPEN_MAX requests at most that are not answered.
- A reply is to a request that is there and not answered; it is extended once, to a later moment.

Source: GDPR Art. 12(3); docs/decisions/0073.
Left out: how long a right may take, which is dated data (`gate/rules/rights`) and looked at where it is said.
"""

from collections.abc import Mapping

import msgspec

from troth.errors import Conflict, NotFound, Refused
from troth.names import StatementId
from troth.statements.rights import Outcome, ReplyBody, RequestBody

__all__ = ["OPEN_MAX", "Asked", "check_request", "taken"]

OPEN_MAX = 20
_NEAR_NS = 60_000_000_000  # gate.md, "Time": how far times may be apart from the gate's


class Asked(msgspec.Struct, frozen=True):
    """A request, the statement it is, and what was replied so far."""

    body: RequestBody
    statement: StatementId
    extended: ReplyBody | None = None
    answer: ReplyBody | None = None


def taken(asked: Mapping[bytes, Asked], body: RequestBody | ReplyBody, statement: StatementId) -> dict[bytes, Asked]:
    """All requests after one more word; what cannot be is passed over."""
    if isinstance(body, RequestBody):
        return dict(asked) if body.request in asked else {**asked, body.request: Asked(body, statement)}
    former = asked.get(body.request)
    if former is None or former.answer is not None:
        return dict(asked)
    if body.outcome == Outcome.EXTENDED:
        return {**asked, body.request: msgspec.structs.replace(former, extended=body)}
    return {**asked, body.request: msgspec.structs.replace(former, answer=body)}


def check_request(body: RequestBody | ReplyBody, asked: Mapping[bytes, Asked], *, at_ns: int) -> None:
    """Return if it may be said now.

    Raises:
        Conflict: there is a request of this name, or it is answered, or extended already.
        NotFound: a reply to no request of this person.
        Refused: it is not said of now, or they have OPEN_MAX open.
    """
    if abs(body.at_ns - at_ns) > _NEAR_NS:
        raise Refused("a request or a reply is of the moment in which it is said")
    former = asked.get(body.request)
    if isinstance(body, RequestBody):
        if former is not None:
            raise Conflict("this request was made already")
        if sum(each.body.person == body.person and each.answer is None for each in asked.values()) >= OPEN_MAX:
            raise Refused(f"at most {OPEN_MAX} requests of one person wait for an answer")
        return
    if former is None or former.body.person != body.person:
        raise NotFound("there is no such request of this person")
    if former.answer is not None or (body.outcome == Outcome.EXTENDED and former.extended is not None):
        raise Conflict("this request is answered, or was extended already")
    if body.until_ns is not None and body.until_ns <= at_ns:
        raise Refused("a later end is later")
