"""*urgent*: an emergency was provided for, two parties have opened it, and it has not ended. Pure.

Rules
- It is for the recipients of the provision alone, in a view that reveals no more than the provision says.
- It holds from its confirmation to its end, never beyond the provision's own times. While it is open, and then only, it
  reaches data of its time and of as long before it as the provision says.
- An emergency of a home is read in that home; one without a home in public places only.

Source: gate.md, "Eight grounds"; docs/decisions/0058-two-keys-open-an-emergency.md.
"""

from typing import Final

from troth.gate.grounds.asserted import asserted, lasts
from troth.gate.grounds.holding import Asked, Holding, concerned_in, members_of, next_turn, turns
from troth.gate.question import Code
from troth.names import StatementId
from troth.state.in_force import Reading
from troth.state.scopes import Opening, StandingGround
from troth.statements.ground import Asserted, Provision
from troth.things.intervals import Interval, intersect, tidy
from troth.things.variants import Variant

__all__ = ["urgent"]

_NS: Final = 1_000_000_000


def urgent(asked: Asked, reading: Reading) -> Holding:
    """The times of the emergencies that are open, or were."""
    household = asked.stream.household
    openings = asked.product.openings if household is None else reading.place_of(household).openings
    spans: list[Interval] = []
    reach: list[Interval] = []
    rests_on: list[StatementId] = []
    for each in asserted(Asserted.URGENT, asked, reading):
        provision = each.body.provision
        if provision is None or not _for(provision, asked):
            continue
        for opening in openings:
            span = _span(opening, each, asked)
            if span is not None:
                spans.append(span)
                if span.from_ns <= asked.at_ns < span.to_ns:
                    reach.append(Interval(span.from_ns - provision.back_s * _NS, span.to_ns))
                rests_on += [each.statement, opening.statement, *_confirmation(opening)]
    times = tidy(tuple(reach))
    members = members_of(asked, reading)
    boundaries = (turn for each in spans for turn in (each.from_ns, each.to_ns))
    return Holding(
        times,
        tuple(dict.fromkeys(rests_on)),
        Code.EXPIRED if spans else Code.NO_GROUND,
        concerned_in(members, times, at_ns=asked.at_ns),
        next_turn(asked.at_ns, *boundaries, *turns(members)),
    )


def _for(provision: Provision, asked: Asked) -> bool:
    """Whether a provision is for whoever asks, and this view reveals no more than it needs."""
    enough = Variant.named(provision.variant)
    if enough is None or not asked.variant.within(enough):
        return False
    return asked.asker is None or (asked.asker.person is None and asked.asker.party in provision.recipients)


def _span(opening: Opening, each: StandingGround, asked: Asked) -> Interval | None:
    """When an opening of this provision was open; None if it is of another, or was never confirmed."""
    body = opening.body
    if opening.confirmed_ns is None or body.assertion != each.assertion:
        return None
    if body.by == opening.confirmed_by or body.things_of != asked.stream.product:
        return None
    provision = each.body.provision
    openers = () if provision is None else provision.openers
    if body.by not in openers or opening.confirmed_by not in openers or provision is None:
        return None
    longest = Interval(opening.confirmed_ns, min(body.to_ns, body.from_ns + provision.longest_s * _NS))
    found = intersect((longest,), (lasts(each),))
    return found[0] if found else None


def _confirmation(opening: Opening) -> tuple[StatementId, ...]:
    return () if opening.confirmation is None else (opening.confirmation,)
