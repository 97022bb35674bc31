"""*choice*, said of one party: everybody concerned shares this stream with it, for this purpose and at least this view. Pure.

Rules
- Each person's shares with this party for this purpose are painted one by one; together they are what that person shares.
- A share holds from its beginning to its end, and from earlier on where it says so. What is taken back is gone at once, also
  when the clock has stepped back behind it. One that was cut has ended for everybody.
- Where several people are concerned, it holds where it holds for each of them; silence is a no.
- For a child it is what a guardian shares: alone at first, then with the child, and from some day on the child alone. Their
  own no counts at any age, and their own yes from the day on which it counts beside a guardian's: as of every choice.

Source: Data Act, Articles 4(12) and 5(7); gate.md, "Eight grounds"; docs/decisions/0070.
"""

from collections.abc import Sequence

import msgspec

from troth.gate.grounds.choice import Said, everybody, reaches
from troth.gate.grounds.holding import Asked, Holding, cut, join, next_turn, no_of
from troth.gate.guardians import Stage, stage_of, turns_of_child
from troth.gate.question import Asker, Code
from troth.names import ShareId, StatementId, StreamId
from troth.state.cut_shares import cut_ns
from troth.state.in_force import Reading
from troth.state.scopes import Member, PersonScope, SaidShare, party_scope
from troth.statements.choice import Decision
from troth.statements.person import Role
from troth.things.intervals import BEGINNING, FOREVER, Interval, intersect, subtract, tidy

__all__ = ["shared", "shares_about"]


def shares_about(person: PersonScope, stream: StreamId, asker: Asker) -> Sequence[SaidShare]:
    """What a person has said of sharing this stream with this party for this purpose, in order."""
    return [
        each
        for each in person.shares
        if each.body.party == asker.party and each.body.purpose == asker.purpose and stream in each.body.streams
    ]


def shared(asked: Asked, reading: Reading) -> Holding:
    """Where everybody concerned shares it."""
    return everybody(asked, reading, said_of=_of_member)


def _of_member(member: Member, asked: Asked, reading: Reading) -> Holding:
    """What somebody of the home shares; for a child what their guardians do, later with them, and then what they do alone."""
    person = reading.person_of(member.person)
    if member.role != Role.CHILD:
        return _said(person, asked, reading)
    held = person.guardianship
    old_enough_ns = FOREVER if held is None else held.body.alongside_ns
    own = _said(person, asked, reading, old_enough_ns=old_enough_ns)
    if held is None:
        return msgspec.structs.replace(own, times=())
    rests_on = (*own.rests_on, held.statement)
    until_ns = next_turn(asked.at_ns, own.until_ns, *turns_of_child(member, person))
    if stage_of(held, at_ns=asked.at_ns) in {Stage.OWN, Stage.GROWN}:
        return msgspec.structs.replace(own, rests_on=rests_on, until_ns=until_ns)
    theirs = [_said(reading.person_of(each), asked, reading) for each in held.body.guardians]
    given = tidy(tuple(i for each in theirs for i in each.times))
    alone, both = Interval(BEGINNING, held.body.alongside_ns), Interval(held.body.alongside_ns, held.body.own_ns)
    times = tidy(
        (
            *intersect(subtract(given, own.no), (alone,)),
            *intersect(intersect(given, own.times), (both,)),
        )
    )
    rests_on += tuple(i for each in theirs for i in each.rests_on)
    until_ns = next_turn(asked.at_ns, until_ns, *(each.until_ns for each in theirs))
    lacking = next((each.lacking for each in (own, *theirs) if each.lacking is not Code.NO_GROUND), Code.NO_GROUND)
    return Holding(times, rests_on, lacking, until_ns=until_ns)


def _said(person: PersonScope, asked: Asked, reading: Reading, *, old_enough_ns: int = BEGINNING) -> Said:
    """What one person shares, all of it together. `old_enough_ns`: a yes from before covers nothing."""
    if asked.asker is None:
        return Said(())
    by_name: dict[ShareId, list[SaidShare]] = {}
    for each in shares_about(person, asked.stream.installed.stream, asked.asker):
        by_name.setdefault(each.body.share, []).append(each)
    party = reading.party(party_scope(asked.asker.party)) if by_name else None
    basis: list[StatementId] = [] if person.statement is None else [person.statement]
    times: list[Interval] = []
    no: list[Interval] = []
    lacking, until_ns = Code.NO_GROUND, FOREVER
    for name, said in by_name.items():
        found = _painted(said, asked, old_enough_ns=old_enough_ns)
        basis += found.rests_on
        no += found.no
        ended_ns = None if party is None else cut_ns(party.cut, name)
        if ended_ns is not None:
            times += intersect(found.times, (Interval(BEGINNING, min(ended_ns, asked.at_ns)),))
            lacking = Code.EXPIRED
            continue
        times += found.times
        until_ns = next_turn(asked.at_ns, until_ns, found.until_ns)
        if found.lacking is not Code.NO_GROUND:
            lacking = found.lacking
    return Said(tidy(tuple(times)), tuple(basis), lacking, until_ns=until_ns, no=tidy(tuple(no)))


def _painted(said: Sequence[SaidShare], asked: Asked, *, old_enough_ns: int) -> Said:
    """One share as one person has said it, time after time."""
    covered: list[Interval] = []
    refused: list[Interval] = []
    lacking, until_ns = Code.NO_GROUND, FOREVER
    for each in said:
        body = each.body
        if body.decision is not Decision.GIVE:
            cut(covered, min(body.from_ns, asked.at_ns))
            join(refused, Interval(min(body.from_ns, asked.at_ns), FOREVER))
            lacking = no_of(body.decision)
            continue
        to_ns = FOREVER if body.to_ns is None else body.to_ns
        from_ns = body.from_ns if body.since_ns is None else body.since_ns
        until_ns = next_turn(asked.at_ns, until_ns, body.from_ns, from_ns, to_ns)
        cut(covered, body.from_ns)
        cut(refused, body.from_ns)
        lacking = Code.NO_GROUND
        if body.from_ns >= old_enough_ns and reaches(body.variant, asked.variant):
            # Earlier data are shared from the beginning on: before that nothing is, whatever it will reach.
            times = Interval(from_ns, to_ns) if body.from_ns <= asked.at_ns else Interval(body.from_ns, to_ns)
            join(covered, times)
            lacking = Code.EXPIRED if to_ns <= asked.at_ns else Code.NO_GROUND
    basis = tuple(each.statement for each in said)
    return Said(tuple(covered), basis, lacking, until_ns=until_ns, no=tuple(refused))
