"""Figures over several homes that are declared for anybody, as everybody may see them, withheld cells included.

Rules
- Everything goes through `tell`, as for any stranger; what is not granted is not here. That a figure is declared is open.
- A cell that is withheld says so and nothing else. Why it was is about somebody, and is told to nobody.
- By whichever home's stream a figure is answered, it is the same; the first that answers is taken.

Source: docs/reference/small-groups.md, "For anybody".
Owner: the event loop; nothing is kept here.
"""

from collections.abc import Awaitable, Callable, Iterator
from typing import Final

import msgspec

from troth.errors import Denied, NotFound
from troth.gate.question import ANYONE, Asker, Verdict
from troth.journeys.cells import closed_ns
from troth.journeys.tell import Page, Tell
from troth.names import Uri
from troth.state.directory import Directory
from troth.statements.disclosure import DisclosedPurpose
from troth.statements.passport import PassportStream
from troth.things.intervals import Interval
from troth.things.query import ObservationQuery, Order
from troth.things.variants import Variant
from troth.things.windows import Shown, window_at, window_times

__all__ = ["CELLS_MAX", "Cell", "Figure", "Figures"]

CELLS_MAX: Final = 24  # the newest ones: a day of hours, and no more than fits on a page


class Cell(msgspec.Struct, frozen=True):
    """One window of a figure. `shown`: None where it is withheld."""

    from_ns: int
    to_ns: int
    shown: Shown | None


class Figure(msgspec.Struct, frozen=True):
    """One figure.

    Args:
        product: name of what stands in the homes.
        stream: what it measures.
        purpose: what for, and what that gives.
        view: over how many homes at least, and of which windows.
        number: the Datastream by which it is answered; None where no figure is given now.
        cells: the newest first. None of times at which nobody of the homes that are in it now took part yet.
        next_ns: when the window that is open now can be given at the earliest, ns UTC.
        same: whether what is in it may still be handed over.
    """

    product: str
    stream: PassportStream
    purpose: DisclosedPurpose
    view: Variant
    number: int | None
    cells: tuple[Cell, ...]
    next_ns: int
    same: Callable[[], bool]

    @property
    def newest(self) -> Shown | None:
        """The newest figure that is given."""
        return next((each.shown for each in self.cells if each.shown is not None), None)

    def holds(self) -> bool:
        """Whether all of it may still be handed over."""
        return self.same()


class Figures:
    """Makes them.

    Args:
        tell: the journey by which everybody reads.
        directory: what is declared.
        now: UTC, ns.
        pause: lets the loop do other things.
    """

    def __init__(
        self, tell: Tell, directory: Directory, *, now: Callable[[], int], pause: Callable[[], Awaitable[None]]
    ) -> None:
        self._tell = tell
        self._directory = directory
        self._now = now
        self._pause = pause

    @property
    def any(self) -> bool:
        """Whether one is declared here."""
        return next(self._declared(), None) is not None

    async def shown(self) -> tuple[Figure, ...]:
        """All that are declared, in the order in which their products were."""
        return tuple([await self._figure(*each) for each in tuple(self._declared())])

    def _declared(self) -> Iterator[tuple[Uri, PassportStream, DisclosedPurpose, Variant]]:
        for product, (body, _) in self._directory.disclosures.items():
            passport = self._directory.products.get(product)
            known = {} if passport is None else {each.name: each for each in passport.streams}
            for stream in body.streams:
                for purpose in stream.purposes:
                    views = (Variant.named(each.variant) for each in purpose.variants)
                    view = next((each for each in views if each is not None and each.homes), None)
                    if ANYONE in purpose.recipients and view is not None and stream.name in known:
                        yield product, known[stream.name], purpose, view

    async def _figure(self, product: Uri, stream: PassportStream, purpose: DisclosedPurpose, view: Variant) -> Figure:
        asker = Asker(ANYONE, "anyone", purpose.purpose)
        name, now = self._directory.products[product].name, self._now()
        nothing = Figure(name, stream, purpose, view, None, (), self._next_ns(view, now), _always)
        number = await self._answering(product, stream.name, asker)
        if number is None:
            return nothing
        to_ns = window_times(window_at(closed_ns(view, now_ns=now), view.window_ns), view.window_ns).from_ns
        times = (Interval(to_ns - CELLS_MAX * view.window_ns, to_ns),)
        query = ObservationQuery(times=times, order=Order.DESCENDING, top=CELLS_MAX)
        try:
            page = await self._tell.observations(number, query, asker=asker)
        except (Denied, NotFound):  # it ended between the two questions
            return nothing
        return msgspec.structs.replace(nothing, number=number, cells=_cells(page, view), same=page.holds)

    async def _answering(self, product: Uri, name: str, asker: Asker) -> int | None:
        """The first stream of a home by which it is answered."""
        for number, id_ in tuple(self._directory.by_number.items()):
            known = self._directory.streams.get(id_)
            thing = None if known is None else self._directory.things[known.thing]
            if known is None or thing is None or thing.body.household is None:
                continue
            if thing.body.product != product or known.installed.name != name:
                continue
            answer = self._tell.lease(number, asker).answer
            if answer.verdict is not Verdict.DENY and answer.group is not None:
                return number
            await self._pause()
        return None

    def _next_ns(self, view: Variant, now_ns: int) -> int:
        """When the first window that is not closed yet will be."""
        return window_times(window_at(now_ns - view.late_ns, view.window_ns), view.window_ns).to_ns + view.late_ns


def _cells(page: Page, view: Variant) -> tuple[Cell, ...]:
    """What is given and what is withheld, the newest first."""
    found = [Cell(row.from_ns, row.to_ns, row) for row in page.rows]
    for gap in page.withheld:
        for window in range(window_at(gap.from_ns, view.window_ns), window_at(gap.to_ns, view.window_ns)):
            times = window_times(window, view.window_ns)
            found.append(Cell(times.from_ns, times.to_ns, None))
    return tuple(sorted(found, key=lambda each: -each.from_ns))


def _always() -> bool:
    """Of what holds no row."""
    return True
