"""Rows made into figures where they lie, so that figures leave and rows do not: what is to be made, and what came of it. Pure.

Rules
- A fold can be broken off behind any row and gone on with elsewhere: the part that came last is handed over (`begun`). So
  figures are the same to the last bit, whoever folds and however often it was broken off.
- A row counts only where it lies wholly in one interval of `whole`, as it would have to if it left by itself.
- Of figures that close (`late_ns`) a row counts only where it lies wholly in its window, too: how far an answer reaches behind
  the end of a window differs from answer to answer, and what is in a closed window does not.
- Under a view of windows there is a part for each window over a row. Under one of rows there is one part, of window 0: how
  many of them the view shows.

Source: runtime.md, "Workers"; gate.md step 8; docs/decisions/0089-figures-are-made-where-the-rows-are-read.md.
Left out: reading the rows, and what is shown of a figure (`windows`).
"""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from troth.things.intervals import FOREVER, Interval, holds_all
from troth.things.narrowing import narrowed
from troth.things.observations import Kept
from troth.things.query import After
from troth.things.variants import Variant
from troth.things.windows import Part, Windows, window_at, window_times

__all__ = ["Fold", "Folded", "Folding", "lying_in"]

_ALL_ROWS: Final = 0


class Fold(msgspec.Struct, frozen=True):
    """What is to be made of rows.

    Args:
        view: of windows; or one of rows, whose rows are counted.
        whole: a row lies wholly in one of these.
        enough: once there are more parts than so many (or more rows, where they are counted), the rest may be left.
        below: rows of this sequence and later ones are passed over, because somebody else has them.
        late_ns: what came so long after its window ended, or later, is in no figure, nor is what goes on behind its end.
        begun: the part that came last, where this goes on with a fold.
    """

    view: Variant
    whole: tuple[Interval, ...]
    enough: int
    below: int = FOREVER
    late_ns: int = FOREVER
    begun: Part | None = None

    def is_met(self, parts: Sequence[Part]) -> bool:
        """Whether these are enough."""
        found = sum(part.count for part in parts) if self.view.is_rows else len(parts)
        return found > self.enough


class Folded(msgspec.Struct, frozen=True):
    """Parts in the order of their rows. `after`: the last row that was looked at, where there may be more; else None."""

    parts: tuple[Part, ...] = ()
    after: After | None = None


class Folding:
    """A fold under way."""

    def __init__(self, fold: Fold) -> None:
        begun = () if fold.begun is None else (fold.begun,)
        self._fold = fold
        self._windows = None if fold.view.is_rows else Windows(fold.view)
        self._rows = 0
        self.put(begun)

    def __len__(self) -> int:
        """How many parts there are."""
        return len(self.parts()) if self._windows is None else len(self._windows)

    @property
    def is_enough(self) -> bool:
        """Whether the rest may be left."""
        return (self._rows if self._windows is None else len(self._windows)) > self._fold.enough

    def add(self, rows: Sequence[Kept]) -> None:
        """Fold rows in."""
        fold = self._fold
        some: Iterable[Kept] = lying_in(rows, fold.whole)
        if fold.below != FOREVER:
            some = (row for row in some if row.sequence < fold.below)
        if self._windows is None:
            self._rows += sum(narrowed(row, fold.view) is not None for row in some)
        elif fold.late_ns == FOREVER:
            self._windows.add(some)
        else:
            self._windows.add(row for row in some if self._is_closed_in(row))

    def put(self, parts: Iterable[Part]) -> None:
        """Take over what was folded elsewhere; of a window that is here already, it takes its place."""
        if self._windows is not None:
            self._windows.put(parts)
        else:
            self._rows = next((part.count for part in parts), self._rows)

    def parts(self) -> tuple[Part, ...]:
        """What came of it so far."""
        if self._windows is not None:
            return self._windows.parts()
        return (Part(_ALL_ROWS, 0, self._rows),) if self._rows else ()

    def _is_closed_in(self, row: Kept) -> bool:
        length_ns = self._fold.view.window_ns
        to_ns = window_times(window_at(row.from_ns, length_ns), length_ns).to_ns
        return row.to_ns <= to_ns and row.gate_ns < to_ns + self._fold.late_ns


def lying_in(rows: Sequence[Kept], reach: tuple[Interval, ...]) -> list[Kept]:
    """Those that lie wholly in one interval of a set; mostly there is but one, and many rows."""
    if len(reach) == 1:
        from_ns, to_ns = reach[0].from_ns, reach[0].to_ns
        return [row for row in rows if from_ns <= row.from_ns < to_ns and row.to_ns <= to_ns]
    return [row for row in rows if holds_all(reach, row.from_ns, row.to_ns)]
