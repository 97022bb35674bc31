"""*required*: a law obliges somebody, they say so, and the paragraph is one that this program knows. Pure.

Rules
- It holds while the assertion does and the paragraph is in force, by the dated table (`rules/laws`).
- For an authority's request it holds while the reach that was given does, for that authority, reading, and no more revealing a
  view, also where a disclosure names a use like the request; of what is especially protected only with a condition
  that lifts the prohibition, as every assertion.

Source: gate.md, "Eight grounds"; docs/decisions/0065-what-authorities-ask-for-is-told.md.
"""

from troth.gate.grounds.asserted import asserted, held_by, lawful
from troth.gate.grounds.holding import Asked, Holding, concerned_in, members_of, next_turn, turns
from troth.gate.protected import special_in
from troth.gate.question import Code
from troth.gate.rules.sensitivity import lifts
from troth.state.in_force import Reading
from troth.state.scopes import StandingReach
from troth.statements.authority import purpose_of
from troth.statements.ground import Asserted
from troth.things.intervals import Interval
from troth.things.variants import Variant

__all__ = ["required"]


def required(asked: Asked, reading: Reading) -> Holding:
    """The times of the assertions that cite a law in force then; for a request until its reach ends."""
    for each in asked.stream.reaches:
        if purpose_of(each.body.request) == asked.purpose:
            return _requested(each, asked, reading) if _for(each, asked) else Holding(())
    return held_by(asserted(Asserted.REQUIRED, asked, reading), asked, reading, times_of=lawful)


def _for(each: StandingReach, asked: Asked) -> bool:
    """Whether its authority asks, for no more than it may see. A disclosure may have given a use the same name."""
    view = Variant.named(each.body.variant or "")
    by = None if asked.asker is None else asked.asker.party
    return view is not None and by == each.body.authority and asked.variant.within(view)


def _requested(each: StandingReach, asked: Asked, reading: Reading) -> Holding:
    body = each.body
    members = members_of(asked, reading)
    special = special_in(asked.product, asked.stream.installed.name)
    # It holds now, for whatever it covers: of which times data may be is cut out afterwards (`gate/requests`).
    span = Interval(min(body.data_from_ns, asked.at_ns), body.until_ns)
    holds = span.from_ns < span.to_ns and (special is None or lifts(body.condition, Asserted.REQUIRED))
    return Holding(
        (span,) if holds else (),
        (each.statement,),
        Code.EXPIRED if body.until_ns <= asked.at_ns else Code.NO_GROUND,
        concerned_in(members, (Interval(body.data_from_ns, body.data_to_ns),), at_ns=asked.at_ns),
        next_turn(asked.at_ns, body.until_ns, *turns(members)),
    )
