"""A person's private modes and marks, and who speaks for them, as one more word makes them. Pure.

Rules
- A later word of the same name and of the same speaker takes the earlier one's place, where that stood.
- What a guardian says for a child ends at the latest when their power does: with the child's years, or when they are its
  guardian no more. What was private until then stays so.
- What takes times away from what others read, or gives them back, is told to figures over several homes: they begin anew, or
  else the difference of two of them would be a person.

Source: docs/decisions/0059, 0069, 0073, 0077.
"""

import msgspec

from troth.names import PersonId
from troth.state.moved import ruled, said_ns
from troth.state.scopes import Guardianship, PersonScope, StandingRestriction
from troth.state.standing_mark import StandingMark
from troth.statements.guardianship import GuardianshipBody
from troth.statements.mark import MarkBody
from troth.statements.restriction import RestrictionBody
from troth.statements.statement import Statement
from troth.things.intervals import FOREVER

__all__ = ["restricted"]


def restricted(
    person: PersonScope, body: RestrictionBody | MarkBody | GuardianshipBody, statement: Statement
) -> PersonScope:
    """What a person's scope becomes."""
    if isinstance(body, GuardianshipBody):
        return ruled(_guarded(person, body, statement), statement)
    if isinstance(body, RestrictionBody):
        return ruled(_private(person, body, statement), statement)
    put = {each.body.mark: each for each in person.marks} | {body.mark: StandingMark(body, statement.signed.id)}
    marked = msgspec.structs.replace(person, marks=tuple(put.values()))
    return ruled(marked, statement) if body.stopped else marked


def _private(person: PersonScope, body: RestrictionBody, statement: Statement) -> PersonScope:
    held, said = person.guardianship, list(person.restrictions)
    if body.by is not None and held is not None:
        if body.by not in held.body.guardians:
            return person
        body = _ends_by(body, held.body.own_ns)
    for at, each in enumerate(said):
        if each.body.restriction == body.restriction and each.body.by == body.by:
            said[at] = StandingRestriction(body, statement.signed.id, at_once=False)
            break
    else:
        at_once = body.from_ns < (statement.signed.headers.issued_at_s + 1) * 1_000_000_000
        said.append(StandingRestriction(body, statement.signed.id, at_once=at_once))
    return msgspec.structs.replace(person, restrictions=tuple(said))


def _guarded(person: PersonScope, body: GuardianshipBody, statement: Statement) -> PersonScope:
    """Who speaks for them from now on, and what that leaves of what was said for them before."""
    now = said_ns(statement)

    def left(each: StandingRestriction, by: PersonId) -> StandingRestriction:
        speaks = by in body.guardians
        ended = _ends_by(each.body, max(now, body.own_ns) if speaks else now)
        return msgspec.structs.replace(each, body=ended, at_once=each.at_once and speaks)

    said = tuple(each if each.body.by is None else left(each, each.body.by) for each in person.restrictions)
    return msgspec.structs.replace(person, guardianship=Guardianship(body, statement.signed.id), restrictions=said)


def _ends_by(body: RestrictionBody, end_ns: int) -> RestrictionBody:
    to_ns = FOREVER if body.to_ns is None else body.to_ns
    return body if to_ns <= end_ns else msgspec.structs.replace(body, to_ns=end_ns)
