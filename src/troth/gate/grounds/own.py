"""*own*: for people who live there, for the time in which they have, unless somebody who lived there then has refused. Pure.

Source: gate.md, "Eight grounds".
"""

from troth.gate.grounds.holding import (
    Asked,
    Holding,
    concerned_in,
    cut,
    inhabited,
    join,
    looked_at,
    members_of,
    next_turn,
    no_of,
    turns,
)
from troth.gate.guardians import Stage, reaches_all, stage_of, turns_of_child
from troth.gate.question import OWN_PURPOSE, Code
from troth.names import StatementId
from troth.state.in_force import Reading
from troth.state.scopes import PersonScope
from troth.statements.choice import Decision
from troth.statements.person import Role
from troth.things.intervals import FOREVER, Interval, covers, intersect, subtract

__all__ = ["own"]


def own(asked: Asked, reading: Reading) -> Holding:
    """For members reading their own, and for collecting on their behalf; an adult's refusal stops it for shared streams."""
    if asked.asker is not None and asked.asker.person is None:
        return Holding(())  # a recipient is none of them, whatever a disclosure says
    household = asked.stream.household
    if household is not None and reading.place_of(household).workplace:
        return Holding(())  # what is measured where people work is nobody's own, least of all of who employs them
    members = members_of(asked, reading)
    asker = None if asked.asker is None else asked.asker.person
    # Who works in a home is concerned, may refuse, and has nothing of the home for their own.
    mine = [each for each in members if asker in {None, each.person} and each.role != Role.WORKER]
    now = {each.person for each in mine if each.here(asked.at_ns)}
    # Who lives here now may have lived here before; who has left takes their time with them.
    times = inhabited([each for each in mine if each.person in now])
    all_of_it = any(each.here(asked.at_ns) and reaches_all(each, reading, at_ns=asked.at_ns) for each in mine)
    if asker is not None and not all_of_it:
        # A guest reaches what concerns them alone; so does whoever has a role that is not known here.
        times = subtract(times, inhabited([each for each in members if each.person != asker]))
    rests_on, lacking = [each.statement for each in members], Code.NO_GROUND
    until_ns = next_turn(asked.at_ns, *turns(members))
    for member in members:
        person = reading.person_of(member.person)
        until_ns = next_turn(asked.at_ns, until_ns, *turns_of_child(member, person))
        if member.role == Role.CHILD and stage_of(person.guardianship, at_ns=asked.at_ns) is Stage.FOR:
            continue  # a small child's no about themselves counts wherever others get it, and closes no home to its people
        objected = _objected(person, asked)
        rests_on += objected.rests_on
        until_ns = min(until_ns, objected.until_ns)
        # Who does not live here any more, or not yet, is not concerned, and stops nobody.
        holes = intersect(objected.times, member.times)
        times = subtract(times, holes)
        if now and covers(holes, asked.at_ns) and lacking is not Code.REFUSED:
            lacking = objected.lacking
    return Holding(times, tuple(rests_on), lacking, concerned_in(members, times, at_ns=asked.at_ns), until_ns)


def _objected(person: PersonScope, asked: Asked) -> Holding:
    """Paint one person's refusals of own use: refused times, what they rest on, which no it is."""
    said, before = looked_at(person, asked, also=OWN_PURPOSE)
    refused: list[Interval] = [] if before is None else [before]
    basis: list[StatementId] = []
    why, until_ns = Code.REFUSED, FOREVER
    for each in said:
        body = each.body
        to_ns = FOREVER if body.to_ns is None else body.to_ns
        until_ns = next_turn(asked.at_ns, until_ns, body.from_ns, to_ns)
        cut(refused, body.from_ns)
        basis.append(each.statement)
        if body.decision is not Decision.GIVE:
            join(refused, Interval(min(body.from_ns, asked.at_ns), to_ns))
            why = no_of(body.decision)
    return Holding(tuple(refused), tuple(basis), why, until_ns=until_ns)
