"""What people have said of what was observed, which rights they asked for, and who left where. Owner: whoever folds.

Source: docs/decisions/0073.
"""

from dataclasses import dataclass, field

from troth.names import HouseholdId, PersonId, StatementId, StreamId
from troth.state.requests import Asked, taken
from troth.statements.kinds import Body
from troth.statements.mark import MarkBody
from troth.statements.person import DepartureBody
from troth.statements.rights import ReplyBody, RequestBody

__all__ = ["OwnWords"]


@dataclass
class OwnWords:
    """`marks`: the last of each name, in the order of the first, by stream; `asked`: requests by name.

    `departures`: the last word by which somebody left a home, or was removed from it, by home and who left.
    """

    marks: dict[StreamId, tuple[MarkBody, ...]] = field(default_factory=dict)
    asked: dict[bytes, Asked] = field(default_factory=dict)
    departures: dict[tuple[HouseholdId, PersonId], DepartureBody] = field(default_factory=dict)

    def take(self, body: Body, statement: StatementId) -> None:
        """Fold one more word; what is of another kind changes nothing."""
        if isinstance(body, MarkBody):
            put = {each.mark: each for each in self.marks.get(body.stream, ())} | {body.mark: body}
            self.marks[body.stream] = tuple(put.values())
        elif isinstance(body, RequestBody | ReplyBody):
            self.asked.update(taken(self.asked, body, statement))
        elif isinstance(body, DepartureBody):
            self.departures[body.household, body.leaves] = body
