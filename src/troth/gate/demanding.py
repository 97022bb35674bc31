"""May a request by an authority be entered, decided, withheld, or given this reach? Against what was said before. Pure.

Rules
- It cites a paragraph of the dated list (`rules/orders`), in force when it came; so does an order to withhold.
- An order withholds for WITHHELD_AT_MOST days from when it is said, and only what was never told: one that has ended, or a
  request that was told, is not withheld (again). Another order prolongs it before it ends, or it is ended sooner.
- Said again nothing changes but the decision, once, and the order.
- A reach is of a request that was entered; what it gives, of one that was given. Said again it ends sooner, and nothing else.

Source: mission.md (F26); docs/decisions/0065-what-authorities-ask-for-is-told.md.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from troth.errors import Conflict, NotFound, Refused, UnknownLaw
from troth.gate.rules.orders import For, order_times
from troth.gate.rules.periods import Rule, period_of
from troth.names import HouseholdId
from troth.spans import DAY_NS
from troth.statements.authority import AuthorityReachBody, AuthorityRequestBody, Decided, Withheld
from troth.statements.registration import AHEAD_S
from troth.things.intervals import covers

__all__ = ["check_reach", "check_request", "is_withheld"]

_AHEAD_NS: Final = AHEAD_S * 1_000_000_000
_GIVEN: Final = frozenset({Decided.GIVEN.value, Decided.PARTLY.value})


def is_withheld(body: AuthorityRequestBody, *, at_ns: int) -> bool:
    """Whether people may not be told of it yet."""
    return body.withheld is not None and at_ns < body.withheld.until_ns


def check_request(body: AuthorityRequestBody, known: AuthorityRequestBody | None, *, at_ns: int) -> None:
    """Return if this may be said now. `known`: what was said of this request before.

    Raises:
        UnknownLaw: it cites a paragraph that this program does not know, or that was not in force.
        Refused: it is from the future, or withheld for too long.
        Conflict: it says something else than before.
    """
    if body.received_ns > at_ns + _AHEAD_NS or (body.decided_ns or 0) > at_ns + _AHEAD_NS:
        raise Refused("a request came, and was decided, before it is entered")
    if known is None:
        _check_cited(For.ASKING, body.citation.law, body.citation.paragraph, at_ns=body.received_ns)
        if body.withheld is not None:
            _check_order(body.withheld, at_ns=at_ns)
        return
    if _content(body) != _content(known):
        raise Conflict("what was asked, by whom and on which law never changes")
    if known.decided != Decided.OPEN and _decision(body) != _decision(known):
        raise Conflict("a request is decided once")
    if body.withheld == known.withheld:
        return
    if known.withheld is None or not is_withheld(known, at_ns=at_ns):
        raise Conflict("what was told cannot be withheld any more")
    if body.withheld is None:
        raise Conflict("an order that has ended is said with its end, so that it can be seen that there was one")
    if body.withheld.until_ns < known.withheld.until_ns and body.withheld.until_ns >= at_ns - _AHEAD_NS:
        return  # sooner, for the same reason or none
    _check_order(body.withheld, at_ns=at_ns)


def check_reach(
    body: AuthorityReachBody,
    request: AuthorityRequestBody | None,
    known: AuthorityReachBody | None,
    *,
    homes: Sequence[HouseholdId | None],
    at_ns: int,
) -> None:
    """Return if this reach may be said now.

    Args:
        body: what it says.
        request: what was said of its request.
        known: the reach of that request in this home that stands.
        homes: the home of each of its streams, None in a public place; fewer than its streams where one is not known.
        at_ns: now.

    Raises:
        NotFound: there is no such request, or no such stream.
        Refused: it gives what was not given, or reaches over several homes.
        Conflict: it says another thing than before.
    """
    if request is None or len(homes) != len(body.streams):
        raise NotFound("there is no such request, or no such stream")
    if any(each != body.household for each in homes):
        raise Refused("a reach is about the streams of one home, or of public places")
    if (body.authority, body.citation) != (request.authority, request.citation):
        raise Refused("a reach is for the authority that asked, on the law that it cited")
    if body.variant is not None and request.decided not in _GIVEN:
        raise Refused("nothing is given for a request that is open, or was refused")
    if known is None:
        if body.variant is not None and body.until_ns <= at_ns:
            raise Refused("what an authority may read ends after it begins")
        return
    if known.variant is None and body.variant is not None:
        return  # what it is about was said first, what is given for it now
    if body.until_ns > known.until_ns or msgspec.structs.replace(body, until_ns=known.until_ns) != known:
        raise Conflict("a reach that was given ends sooner, and changes in nothing else")


def _check_order(order: Withheld, *, at_ns: int) -> None:
    days = period_of(Rule.WITHHELD_AT_MOST, at_ns=at_ns).days
    _check_cited(For.WITHHOLDING, order.citation.law, order.citation.paragraph, at_ns=at_ns)
    if not at_ns < order.until_ns <= at_ns + days * DAY_NS:
        raise Refused(f"an order withholds for at most {days} days; a further order is said then")


def _check_cited(cited_for: For, law: str | None, paragraph: str | None, *, at_ns: int) -> None:
    times = order_times(cited_for, law, paragraph)
    if times is None:
        raise UnknownLaw(
            f"this paragraph is not in the list of laws of this program, for {cited_for}",
            hint="The list: troth authority laws.",
        )
    if not covers((times,), at_ns):
        raise UnknownLaw("this paragraph was not in force then")


def _content(body: AuthorityRequestBody) -> AuthorityRequestBody:
    return msgspec.structs.replace(body, decided="", decided_ns=None, because=None, withheld=None, crit=())


def _decision(body: AuthorityRequestBody) -> tuple[str, int | None, str | None]:
    return body.decided, body.decided_ns, body.because
