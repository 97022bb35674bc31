"""What an authority may read for a request that was given: a use of its own, for these data and this long. Pure.

Rules
- It is for that authority and that request alone, reveals no more than the reach says, and covers data of its times only.
- It opens reading, never collecting, and passes the same steps as every other use: red lines, places, private mode.
- Where it holds, *required* says (`grounds/required`).

Source: mission.md (F26, S68: no back door, the same gate); docs/decisions/0065-what-authorities-ask-for-is-told.md.
"""

from typing import Final

import msgspec

from troth.gate.narrowed import Tried
from troth.gate.question import Action, Code, Ground, Question, Reason, Step
from troth.names import PurposeId
from troth.state.scopes import StandingReach, StreamScope
from troth.statements.authority import REQUESTS, purpose_of
from troth.statements.disclosure import DisclosedPurpose, DisclosedStream, DisclosedVariant
from troth.things.intervals import Interval, intersect

__all__ = ["is_request", "limited", "requested_use"]

_TITLE: Final = "What an authority asked for"


def is_request(purpose: PurposeId) -> bool:
    """Whether this is what an authority reads under."""
    return purpose.startswith(REQUESTS)


def requested_use(question: Question, stream: StreamScope, declared: DisclosedStream) -> DisclosedPurpose | None:
    """The use under which an authority reads for its request, where the stream is in its reach; None otherwise."""
    reach = _reach(question, stream)
    if reach is None or reach.body.variant is None:
        return None
    views = (DisclosedVariant(reach.body.variant, Ground.REQUIRED),)
    days = max((each.retention_days for each in declared.purposes), default=1)
    return DisclosedPurpose(
        question.asker.purpose, _TITLE, "unknown", (reach.body.authority,), views, days, essential=False
    )


def limited(tried: Tried, question: Question, stream: StreamScope) -> Tried:
    """A view as it is, or for a request with data of its own times alone."""
    reach = _reach(question, stream)
    if tried.failed is not None or reach is None:
        return tried
    data = (Interval(reach.body.data_from_ns, reach.body.data_to_ns),)
    times = intersect(tried.holding.times, data)
    failed = None if times else Reason(Step.GROUNDED, Code.NOT_THEN, (reach.statement,), tried.ground)
    return msgspec.structs.replace(tried, holding=msgspec.structs.replace(tried.holding, times=times), failed=failed)


def _reach(question: Question, stream: StreamScope) -> StandingReach | None:
    if question.action is not Action.READ or not is_request(question.asker.purpose):
        return None
    found = (each for each in stream.reaches if purpose_of(each.body.request) == question.asker.purpose)
    return next((each for each in found if each.body.authority == question.asker.party), None)
