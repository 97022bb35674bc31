"""A person's marks, as one more word makes them. Pure.

Source: docs/decisions/0073.
"""

import msgspec

from troth.names import StatementId
from troth.state.scopes import PersonScope, StandingMark
from troth.statements.mark import MarkBody

__all__ = ["marked"]


def marked(person: PersonScope, body: MarkBody, statement: StatementId) -> PersonScope:
    """A later word on the same mark takes the earlier one's place, where that stood."""
    put = {each.body.mark: each for each in person.marks} | {body.mark: StandingMark(body, statement)}
    return msgspec.structs.replace(person, marks=tuple(put.values()))
