"""*contract*: the document that the installation names, from its beginning to its end. Pure.

Rules
- One that names a day of review holds not longer than REVIEW_GRACE_DAYS after it, as what is asserted.

Source: gate.md, "Eight grounds"; docs/decisions/0096-a-contract-is-seen-and-looked-at-again.md.
"""

from troth.gate.grounds.asserted import REVIEW_GRACE_DAYS
from troth.gate.grounds.holding import Asked, Holding, concerned_in, members_of, next_turn, turns
from troth.gate.question import Code
from troth.spans import DAY_NS
from troth.state.in_force import Reading
from troth.statements.installation import Contract
from troth.things.intervals import FOREVER, Interval, tidy

__all__ = ["contract", "stands"]


def contract(asked: Asked, reading: Reading) -> Holding:
    """The times of the contract that the installation names for this stream."""
    ordered = asked.stream.installed.contract
    if ordered is None:
        return Holding(())
    held = stands(ordered)
    ended = Code.EXPIRED if held.to_ns <= asked.at_ns else Code.NO_GROUND
    times = tidy((held,))
    members = members_of(asked, reading)
    return Holding(
        times,
        lacking=ended,
        concerned=concerned_in(members, times, at_ns=asked.at_ns),
        until_ns=next_turn(asked.at_ns, held.from_ns, held.to_ns, *turns(members)),
    )


def stands(ordered: Contract) -> Interval:
    """When a contract holds, if nobody looks at it again; empty if that is never."""
    to_ns = FOREVER if ordered.to_ns is None else ordered.to_ns
    if ordered.review_ns is not None:
        to_ns = min(to_ns, ordered.review_ns + REVIEW_GRACE_DAYS * DAY_NS)
    return Interval(ordered.from_ns, to_ns)
