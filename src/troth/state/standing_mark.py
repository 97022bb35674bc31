"""A mark of a person, as it was said last.

Source: docs/decisions/0073.
"""

import msgspec

from troth.names import StatementId
from troth.statements.mark import MarkBody

__all__ = ["StandingMark"]


class StandingMark(msgspec.Struct, frozen=True):
    """What a person has said of a stretch of a stream, and the statement that says it."""

    body: MarkBody
    statement: StatementId
