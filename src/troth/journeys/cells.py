"""Figures over several homes: each is the mean of the homes' own means, and no cell of too few leaves (step 8).

Rules
- A home is in a cell where its own times hold the whole window and it said something in it. A home counts once, with the mean
  of its streams.
- A cell of fewer homes, or fewer persons, than the answer's group size is withheld, and counted in `withheld`.
- A cell closes when its window has ended and the delay of the view, at least SETTLED_NS, is over. What comes later is in no
  figure, nor is what does not lie wholly in its window, so a cell that was given once is the same for ever. That two figures
  that close at different times, or have other windows, stand beside each other nowhere, is looked at before (`gate/beside`).

Source: gate.md steps 6 and 8; docs/reference/small-groups.md; docs/decisions/0069-a-cell-has-one-group.md.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeAlias

from troth.gate.question import Group, GroupMember
from troth.names import HouseholdId, PersonId
from troth.things.intervals import FOREVER, Interval, holds_all, intersect, subtract, tidy
from troth.things.query import Order
from troth.things.rounding import down
from troth.things.variants import Variant
from troth.things.windows import Shown, beginning_in, whole_windows, window_shown, window_times

__all__ = ["Cells", "closed_ns", "withheld_times"]

_WINDOWS_MAX: Final = 1_000  # in one slice

_Figures: TypeAlias = Callable[[GroupMember, tuple[Interval, ...]], Awaitable[dict[int, float]]]


def closed_ns(view: Variant, *, now_ns: int) -> int:
    """Cells whose windows have ended by then are closed."""
    return now_ns - view.late_ns


def withheld_times(
    group: Group,
    view: Variant,
    rows: Sequence[Shown],
    *,
    asked: tuple[Interval, ...],
    since_ns: int,
    now_ns: int,
    more: bool,
) -> tuple[Interval, ...]:
    """The times of closed cells that are not on this page, though it goes past them: each whole cells.

    From when on anybody of the group takes part it is the same by whichever of its streams it is asked, and why a cell is
    withheld is in it nowhere: too few spoke, nobody did, or the group changed since.

    Args:
        group: over whom.
        view: of windows.
        rows: the page, in the order in which it is given.
        asked: which times it is about, without those of pages before.
        since_ns: what is older is over.
        now_ns: UTC.
        more: whether there are more pages; then nothing is said of what lies behind the last row.
    """
    first_ns = min((each.times[0].from_ns for each in group.members if each.times), default=FOREVER)
    there = (Interval(max(first_ns, since_ns), FOREVER),) if first_ns < FOREVER else ()
    closed = whole_windows(there, view.window_ns, now_ns=closed_ns(view, now_ns=now_ns))
    times = intersect(closed, beginning_in(asked, view.window_ns))
    if more and rows:
        back = rows[0].from_ns > rows[-1].from_ns
        times = intersect(times, (Interval(rows[-1].from_ns, FOREVER) if back else Interval(0, rows[-1].to_ns),))
    return subtract(times, tidy(tuple(Interval(row.from_ns, row.to_ns) for row in rows)))


class Cells:
    """Makes the cells of one question.

    Args:
        group: over whom.
        view: of windows.
        number: the Datastream's, for handles.
        figures: what a member's stream says in each window of these times, as the lease lets it be looked at, without what
            came later than cells close.
    """

    def __init__(self, group: Group, view: Variant, *, number: int, figures: _Figures) -> None:
        self._group = group
        self._view = view
        self._number = number
        self._figures = figures
        self.withheld = 0

    async def page(self, times: tuple[Interval, ...], order: Order, *, top: int) -> tuple[list[Shown], bool]:
        """The first `top` cells of whole windows that are closed, in this order, and whether there are more."""
        found: list[Shown] = []
        count = top + 1
        while times:
            some, times = _first(times, self._view.window_ns, order, count=min(count, _WINDOWS_MAX))
            found += await self._cells(some, order)
            if len(found) > top:
                return found[:top], True
            count *= 2
        return found, False

    async def _cells(self, times: tuple[Interval, ...], order: Order) -> list[Shown]:
        said: dict[int, dict[HouseholdId, list[float]]] = {}
        who: dict[HouseholdId, set[PersonId]] = {}
        for member in self._group.members:
            who.setdefault(member.household, set()).update(member.concerned)
            for window, figure in (await self._whole(member, times)).items():
                said.setdefault(window, {}).setdefault(member.household, []).append(figure)
        found = []
        for window in sorted(said, reverse=order is Order.DESCENDING):
            homes = said[window]
            persons = {person for home in homes for person in who[home]}
            if min(len(homes), len(persons)) < self._group.size:
                self.withheld += 1
                continue
            means = [sum(each) / len(each) for each in homes.values()]
            figure = sum(means) / len(means)
            step = self._view.step
            figure = figure if step is None else down(figure, step)
            found.append(window_shown(self._number, window, figure, self._view))
        return found

    async def _whole(self, member: GroupMember, times: tuple[Interval, ...]) -> dict[int, float]:
        """What one stream brings to each cell: of windows that its home's times hold whole."""
        figures, length_ns = await self._figures(member, times), self._view.window_ns
        whole = {window: window_times(window, length_ns) for window in figures}
        return {
            window: figure
            for window, figure in figures.items()
            if holds_all(member.times, whole[window].from_ns, whole[window].to_ns)
        }


def _first(
    times: tuple[Interval, ...], length_ns: int, order: Order, *, count: int
) -> tuple[tuple[Interval, ...], tuple[Interval, ...]]:
    """The first so many windows of a set of whole ones, in an order, and the rest."""
    back = order is Order.DESCENDING
    some: list[Interval] = []
    rest = list(reversed(times) if back else times)
    while rest and count > 0:
        each = rest.pop(0)
        there = (each.to_ns - each.from_ns) // length_ns
        if there > count:
            edge = each.to_ns - count * length_ns if back else each.from_ns + count * length_ns
            first, later = Interval(each.from_ns, edge), Interval(edge, each.to_ns)
            some.append(later if back else first)
            rest.insert(0, first if back else later)
        else:
            some.append(each)
        count -= there
    return tidy(tuple(some)), tidy(tuple(rest))
