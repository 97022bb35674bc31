"""*contract*: the document that the installation names, from its beginning to its end. Pure.

Source: gate.md, "Eight grounds".
"""

from troth.gate.grounds.holding import Asked, Holding, concerned_in, members_of, next_turn, turns
from troth.gate.question import Code
from troth.state.in_force import Reading
from troth.things.intervals import FOREVER, Interval, tidy

__all__ = ["contract"]


def contract(asked: Asked, reading: Reading) -> Holding:
    """The times of the contract that the installation names for this stream."""
    ordered = asked.stream.installed.contract
    if ordered is None:
        return Holding(())
    to_ns = FOREVER if ordered.to_ns is None else ordered.to_ns
    ended = Code.EXPIRED if to_ns <= asked.at_ns else Code.NO_GROUND
    times = tidy((Interval(ordered.from_ns, to_ns),))
    members = members_of(asked, reading)
    return Holding(
        times,
        lacking=ended,
        concerned=concerned_in(members, times, at_ns=asked.at_ns),
        until_ns=next_turn(asked.at_ns, ordered.from_ns, to_ns, *turns(members)),
    )
