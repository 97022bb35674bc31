"""Does what a person says open something, by itself? Then their passkey stands beside it where they have said so. Pure.

Rules
- A yes opens: to a purpose, for themselves or for a child of theirs; to a share, whoever began it or asked for it. So does
  taking back an objection, and ending a mark that kept rows from being used.
- A no opens nothing, also one with an end; nor does asking for a right: of one's own, or of a child in its name.
- Who is brought to share with reads nothing before a share with them counts.
- What ends private mode or a rule about places is told only by what was said before: `state.custody` looks at that.

Source: record.md, "Personal ledgers" (custody); docs/decisions/0113.
"""

from typing import Final

from troth.names import PurposeId
from troth.statements.choice import ChoiceBody, Decision
from troth.statements.kinds import Body
from troth.statements.mark import MarkBody
from troth.statements.objection import ObjectionBody
from troth.statements.share import ShareBody

__all__ = ["ERASING", "TAKING_ALONG", "opens"]

TAKING_ALONG: Final = PurposeId("urn:troth:purpose:taking-along")  # a guardian takes along everything about a child
ERASING: Final = PurposeId("urn:troth:purpose:erasing")  # guardians have a child erased


def opens(body: Body) -> bool:
    """Whether something is read, kept or used from then on that was not, as far as the statement shows by itself."""
    match body:
        case ChoiceBody():
            asks = body.by is not None and body.purpose in {TAKING_ALONG, ERASING}
            return body.decision is Decision.GIVE and not asks
        case ShareBody():
            return body.decision is Decision.GIVE
        case ObjectionBody():
            return body.withdrawn
        case MarkBody():
            return body.ended and body.stopped
        case _:
            return False
