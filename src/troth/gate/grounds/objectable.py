"""*objectable*: a task or interest allows it until somebody concerned objects. Pure.

Rules
- It holds while the assertion does and its paragraph is in force, except for times in which somebody concerned objects.
- An objection is painted over what was before from its own start on, and is gone at once when it is taken back; the gap stays.
- Who does not live there at a time is not concerned then, and stops nothing. Who is erased cannot object any more: what was
  said until then is closed.
- In a public place whoever passes objects with the code of a sign (`passers_by`).
- Collecting looks at a person's last CHANGES_MAX objections; what lies before them counts as objected to.

Source: gate.md, "Eight grounds".
"""

import msgspec

from troth.gate.grounds.asserted import asserted, held_by, lawful
from troth.gate.grounds.holding import CHANGES_MAX, Asked, Holding, concerned_in, cut, join, members_of, next_turn
from troth.gate.grounds.passers_by import in_public
from troth.gate.guardians import turns_of_child
from troth.gate.question import Code
from troth.names import PersonId, StatementId
from troth.state.in_force import Reading
from troth.state.scopes import Member, PersonScope, SaidObjection
from troth.statements.ground import Asserted
from troth.statements.person import Role
from troth.things.intervals import BEGINNING, FOREVER, Interval, covers, intersect, subtract, tidy

__all__ = ["objectable"]


def objectable(asked: Asked, reading: Reading) -> Holding:
    """The times of the assertions, less those in which somebody concerned objects."""
    if asked.stream.household is None:
        return in_public(asked, reading)
    held = held_by(asserted(Asserted.OBJECTABLE, asked, reading), asked, reading, times_of=lawful)
    closed_ns = reading.place_of(asked.stream.household).closed_ns
    times = intersect(held.times, (Interval(closed_ns, FOREVER),))
    rests_on, lacking, until_ns = held.rests_on, held.lacking, held.until_ns
    members = members_of(asked, reading)
    for member in members:
        objected = _of_member(member, asked, reading)
        rests_on += objected.rests_on
        until_ns = min(until_ns, objected.until_ns)
        holes = intersect(objected.times, member.times)
        if covers(holes, asked.at_ns) and covers(held.times, asked.at_ns):
            lacking = Code.OBJECTED
        times = subtract(times, holes)
    concerned = concerned_in(members, times, at_ns=asked.at_ns)
    return msgspec.structs.replace(
        held, times=times, rests_on=rests_on, lacking=lacking, concerned=concerned, until_ns=until_ns
    )


def _of_member(member: Member, asked: Asked, reading: Reading) -> Holding:
    """What somebody of the home objects to; of a child also what guardians objected to for them, while they could."""
    person = reading.person_of(member.person)
    own, held = _objected(person, asked), person.guardianship
    if member.role != Role.CHILD or held is None:
        return own
    theirs = [_objected(person, asked, by=each) for each in held.body.guardians]
    while_they_could = (Interval(BEGINNING, held.body.own_ns),)
    times = tidy((*own.times, *(i for each in theirs for i in intersect(each.times, while_they_could))))
    return Holding(
        times,
        (*own.rests_on, *(id_ for each in theirs for id_ in each.rests_on)),
        Code.OBJECTED,
        until_ns=next_turn(
            asked.at_ns, own.until_ns, *(each.until_ns for each in theirs), *turns_of_child(member, person)
        ),
    )


def _objected(person: PersonScope, asked: Asked, *, by: PersonId | None = None) -> Holding:
    """Paint one person's objections, or those of a guardian for them: objected times, and what they rest on."""
    said = [each for each in person.objections if each.body.by == by and _about(each, asked)]
    painted: list[Interval] = []
    basis: list[StatementId] = []
    until_ns = FOREVER
    if asked.asker is None and len(said) > CHANGES_MAX:
        said = said[-CHANGES_MAX:]
        painted = [Interval(BEGINNING, min(said[0].body.from_ns, asked.at_ns))]
    for each in said:
        body = each.body
        until_ns = next_turn(asked.at_ns, until_ns, body.from_ns)
        cut(painted, body.from_ns)
        basis.append(each.statement)
        if not body.withdrawn:
            join(painted, Interval(min(body.from_ns, asked.at_ns), FOREVER))
    return Holding(tuple(painted), tuple(basis), Code.OBJECTED, until_ns=until_ns)


def _about(said: SaidObjection, asked: Asked) -> bool:
    body = said.body
    if body.purpose != asked.purpose:
        return False
    if body.household is not None:
        return body.household == asked.stream.household
    return asked.stream.installed.stream in body.streams
