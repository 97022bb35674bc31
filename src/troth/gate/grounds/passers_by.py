"""*objectable* in a public place: where a sign stands with which whoever passes can object, and until somebody does. Pure.

Rules
- It holds while it is asserted and a sign stands in the place of the thing, except for the times for which somebody objected.
- Where no sign stands nobody can object, so it holds for nobody. What is essential does not rest on it in a public place.
- What was objected to where the thing stood before stays closed, wherever it stands now and whatever its place is called.
- An objection is there at once, also when the clock has stepped back behind it.

Source: gate.md, "Eight grounds"; people.md, "Accounts"; docs/decisions/0062.
"""

import msgspec

from troth.gate.grounds.asserted import asserted, held_by, lawful
from troth.gate.grounds.holding import Asked, Holding, next_turn
from troth.gate.question import Code
from troth.state.in_force import Reading
from troth.state.public import PublicScope
from troth.statements.ground import Asserted
from troth.things.intervals import Interval, covers, intersect, subtract, tidy

__all__ = ["in_public"]


def in_public(asked: Asked, reading: Reading) -> Holding:
    """The times of the assertions in which a sign stands, less those for which somebody objected."""
    if asked.disclosed.essential:
        return Holding(())
    held = held_by(asserted(Asserted.OBJECTABLE, asked, reading), asked, reading, times_of=lawful)
    here = reading.public_of(asked.stream.place)
    shown = tidy(tuple(Interval(each.body.from_ns, each.to_ns) for each in here.signs))
    times, lacking = intersect(held.times, shown), held.lacking
    rests_on = held.rests_on + tuple(each.statement for each in here.signs)
    holes: tuple[Interval, ...] = ()
    for place in (here, *map(reading.public_of, asked.stream.former)):
        holes += _objected(place, asked)
    holes = tidy(holes)
    if covers(times, asked.at_ns) and covers(holes, asked.at_ns):
        lacking = Code.OBJECTED
        # Only those that stand now are named: from what is over nobody shall count who passed.
        rests_on += tuple(each.statement for each in here.passing if _stands(each.to_ns, each.body.purposes, asked))
    turns = [turn for each in (*shown, *holes) for turn in (each.from_ns, each.to_ns)]
    return msgspec.structs.replace(
        held,
        times=subtract(times, holes),
        rests_on=rests_on,
        lacking=lacking,
        until_ns=next_turn(asked.at_ns, held.until_ns, *turns),
    )


def _objected(place: PublicScope, asked: Asked) -> tuple[Interval, ...]:
    """The times for which somebody objected there to what is asked about."""
    over = [i for each in place.closed if each.purpose in {None, asked.purpose} for i in each.times]
    said = [
        Interval(each.body.from_ns, each.to_ns)
        for each in place.passing
        if not each.body.purposes or asked.purpose in each.body.purposes
    ]
    return tuple(Interval(min(each.from_ns, asked.at_ns), each.to_ns) for each in (*over, *said))


def _stands(to_ns: int, purposes: tuple[str, ...], asked: Asked) -> bool:
    return asked.at_ns < to_ns and (not purposes or asked.purpose in purposes)
