"""Private mode, a part of step 3: the times in which somebody concerned has said that nothing is to be collected. Pure.

Rules
- It counts for whoever belongs to the home and for as long as they do, in any role but worker, and reaches nobody else's home.
- Of a child it counts as said by its guardians, while they speak for it; and its own from the day on which its word counts
  beside theirs.
- In its times nothing is collected under any ground, live or late; and nobody reads what was, but for what may go on.
- What may go on is essential and rests on contract or law (`spared`): a page names it.
- It holds at once, also when the clock has stepped back behind its beginning. Collecting looks at the last RESTRICTIONS_MAX of
  each person; what lies before them counts as private.

Source: gate.md, "Time"; mission.md (F4); docs/decisions/0059, 0077.
"""

from typing import Final

import msgspec

from troth.gate.narrowed import Tried
from troth.gate.question import Action, Code, Ground, Question, Reason, Step
from troth.names import StatementId
from troth.spans import DAY_NS
from troth.state.in_force import Reading
from troth.state.scopes import Member, PersonScope, StandingRestriction, StreamScope
from troth.statements.disclosure import DisclosedPurpose
from troth.statements.person import HUSHES_NOTHING, Role
from troth.statements.restriction import RestrictionBody
from troth.things.intervals import BEGINNING, FOREVER, Interval, covers, intersect, subtract, tidy
from troth.things.weekly import times_of

__all__ = ["Private", "about", "hushed", "private_of", "spared"]

RESTRICTIONS_MAX: Final = 32  # as many as choices that collecting looks at, for the same reason
_AHEAD_NS: Final = 9 * DAY_NS  # a week and both ends of a day: the next beginning or end of a window lies within


class Private(msgspec.Struct, frozen=True):
    """A tidy set of private times, the statements they rest on, and the first moment after now at which one begins or ends."""

    times: tuple[Interval, ...] = ()
    rests_on: tuple[StatementId, ...] = ()
    until_ns: int = FOREVER


def spared(purpose: DisclosedPurpose, ground: Ground) -> bool:
    """Whether private mode does not stop this use."""
    return purpose.essential and ground in {Ground.CONTRACT, Ground.REQUIRED}


def about(body: RestrictionBody, stream: StreamScope) -> bool:
    """Whether a restriction is about this stream."""
    if body.household != stream.household:
        return False
    whole = not body.streams and body.room is None
    return whole or stream.installed.stream in body.streams or (body.room is not None and body.room == stream.place)


def hushed(tried: Tried, purpose: DisclosedPurpose, private: Private, *, question: Question) -> Tried:
    """One view of one purpose without the private times; where it would be collected now, and now is one, it fails."""
    why = tried.ground
    if tried.failed is not None or why is None or not private.rests_on or spared(purpose, why):
        return tried
    held = tried.holding
    holding = msgspec.structs.replace(
        held,
        times=subtract(held.times, private.times),
        rests_on=held.rests_on + private.rests_on,
        until_ns=min(held.until_ns, private.until_ns),
    )
    failed = None
    if question.action is Action.COLLECT and covers(private.times, question.at_ns):
        failed = Reason(Step.GROUNDED, Code.NOT_THEN, private.rests_on, why)
    return msgspec.structs.replace(tried, holding=holding, failed=failed)


def private_of(stream: StreamScope, reading: Reading, *, action: Action, at_ns: int) -> Private:
    """The private times of a stream."""
    if stream.household is None:
        return Private()
    times: list[Interval] = []
    rests_on: list[StatementId] = []
    for member in reading.place_of(stream.household).members:
        if member.role in HUSHES_NOTHING:
            continue
        person = reading.person_of(member.person)
        if not person.restrictions:
            continue
        stay = (Interval(member.from_ns, member.to_ns),)
        held = person.guardianship if member.role == Role.CHILD else None
        for each, reaches in _looked_at(person, stream, action=action, member=member):
            rests_on.append(each.statement)
            old_enough_ns = BEGINNING if held is None or each.body.by is not None else held.body.alongside_ns
            counts = intersect(stay, (Interval(old_enough_ns, FOREVER),))
            times += intersect(reaches or _times(each, at_ns), counts)
    private = tidy(tuple(times))
    turns = (turn for each in private for turn in (each.from_ns, each.to_ns) if turn > at_ns)
    return Private(private, tuple(dict.fromkeys(rests_on)), min(turns, default=FOREVER))


def _looked_at(
    person: PersonScope, stream: StreamScope, *, action: Action, member: Member
) -> list[tuple[StandingRestriction, tuple[Interval, ...]]]:
    """The restrictions that count here, in order; the first one stands for all before it where there are too many."""
    child = member.role == Role.CHILD
    said = [each for each in person.restrictions if about(each.body, stream) and (child or each.body.by is None)]
    if action is not Action.COLLECT or len(said) <= RESTRICTIONS_MAX:
        return [(each, ()) for each in said]
    last = said[-RESTRICTIONS_MAX:]
    return [(last[0], (Interval(BEGINNING, last[0].body.from_ns),)), *((each, ()) for each in last)]


def _times(standing: StandingRestriction, at_ns: int) -> tuple[Interval, ...]:
    body = standing.body
    to_ns = FOREVER if body.to_ns is None else body.to_ns
    if body.weekly is not None:
        return times_of(body.weekly, from_ns=body.from_ns, to_ns=min(to_ns, at_ns + _AHEAD_NS))
    # Said for now, it holds now, though the clock has stepped back; said for later, it holds later.
    from_ns = min(body.from_ns, at_ns) if standing.at_once else body.from_ns
    return tidy((Interval(from_ns, to_ns),))
