"""A stay of somebody in a household: whether they belong to it at a moment, and for which times what is there concerns them.

Rules
- Who has shifts belongs to the household all the time of their stay, and is concerned in their shifts.

Source: gate.md, "Time"; docs/decisions/0051, 0078.
"""

import msgspec

from troth.names import PersonId, StatementId
from troth.statements.person import MembershipBody
from troth.things.intervals import FOREVER, Interval, covers, intersect, tidy
from troth.things.weekly import times_of

__all__ = ["Member", "shifts_of"]


class Member(msgspec.Struct, frozen=True):
    """A person of a household, [from_ns, to_ns).

    `left`: ended by somebody who said so. They are here no more, also where the clock has stepped back behind `to_ns`.
    `shifts`: a tidy set of the times in which they are concerned; None for all of the stay.
    """

    person: PersonId
    role: str
    from_ns: int
    to_ns: int
    statement: StatementId
    left: bool = False
    shifts: tuple[Interval, ...] | None = None

    @property
    def times(self) -> tuple[Interval, ...]:
        """The times for which what is there concerns them; a tidy set."""
        stay = (Interval(self.from_ns, self.to_ns),) if self.from_ns < self.to_ns else ()
        return stay if self.shifts is None else intersect(self.shifts, stay)

    @property
    def turns(self) -> tuple[int, ...]:
        """The moments at which they come or go, also to and from work."""
        if self.shifts is None:
            return (self.from_ns, self.to_ns)
        return (self.from_ns, self.to_ns, *(turn for each in self.times for turn in (each.from_ns, each.to_ns)))

    def here(self, at_ns: int) -> bool:
        """Whether they belong to the household now, and not whether they did at the time of some data."""
        return not self.left and self.from_ns <= at_ns < self.to_ns

    def concerned(self, at_ns: int) -> bool:
        """Whether what is there now concerns them."""
        return self.here(at_ns) and (self.shifts is None or covers(self.shifts, at_ns))

    def gone(self, at_ns: int) -> bool:
        """Whether they have left, as far as this membership says."""
        return self.left or self.to_ns <= at_ns


def shifts_of(body: MembershipBody) -> tuple[Interval, ...] | None:
    """The times in which somebody is concerned, where a membership says shifts; what no plan reaches is all of it."""
    if body.shifts is None or body.shifts_until_ns is None:
        return None
    to_ns = FOREVER if body.to_ns is None else body.to_ns
    planned_ns = min(to_ns, body.shifts_until_ns)
    return tidy((*times_of(body.shifts, from_ns=body.from_ns, to_ns=planned_ns), Interval(planned_ns, to_ns)))
