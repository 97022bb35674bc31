"""A person's private modes and marks, as one more word makes them. Pure.

Rules
- A later word of the same name takes the earlier one's place, where that stood.
- What takes times away from what others read, or gives them back, is told to figures over several homes: they begin anew, or
  else the difference of two of them would be a person.

Source: docs/decisions/0059, 0069, 0073.
"""

import msgspec

from troth.state.moved import ruled
from troth.state.scopes import PersonScope, StandingRestriction
from troth.state.standing_mark import StandingMark
from troth.statements.mark import MarkBody
from troth.statements.restriction import RestrictionBody
from troth.statements.statement import Statement

__all__ = ["restricted"]


def restricted(person: PersonScope, body: RestrictionBody | MarkBody, statement: Statement) -> PersonScope:
    """What a person's scope becomes."""
    if isinstance(body, RestrictionBody):
        return ruled(_private(person, body, statement), statement)
    put = {each.body.mark: each for each in person.marks} | {body.mark: StandingMark(body, statement.signed.id)}
    marked = msgspec.structs.replace(person, marks=tuple(put.values()))
    return ruled(marked, statement) if body.stopped else marked


def _private(person: PersonScope, body: RestrictionBody, statement: Statement) -> PersonScope:
    said = list(person.restrictions)
    for at, each in enumerate(said):
        if each.body.restriction == body.restriction:
            said[at] = StandingRestriction(body, statement.signed.id, at_once=False)
            break
    else:
        at_once = body.from_ns < (statement.signed.headers.issued_at_s + 1) * 1_000_000_000
        said.append(StandingRestriction(body, statement.signed.id, at_once=at_once))
    return msgspec.structs.replace(person, restrictions=tuple(said))
