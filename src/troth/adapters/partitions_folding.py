"""Rows of partition files folded as they are read, and how that is said to another process and back.

Rules
- What is asked and what came of it are plain values: no lease, no name of anybody. Whole numbers beyond 64 bits are said as
  text, because the encoding has none.
- Between two slices it is asked whether anybody still wants it; where nobody does, nothing comes of it.

Source: runtime.md, "Workers"; `things/folding`.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final, TypeAlias

import msgspec

from troth.adapters.partitions_reading import Read, Wanted, slices
from troth.things.folding import Fold, Folded, Folding
from troth.things.intervals import Interval
from troth.things.query import After
from troth.things.variants import Variant
from troth.things.windows import Part

__all__ = ["SaidPart", "WantedFold", "folded", "parts_of", "said_of", "wanted_fold"]

SaidPart: TypeAlias = tuple[int, float | int | str, int]
"""The fields of a Part in their order."""

_INT64: Final = range(-(1 << 63), 1 << 63)


class WantedFold(msgspec.Struct, frozen=True, array_like=True):
    """A Fold as it is said to another process."""

    view: str
    whole: tuple[tuple[int, int], ...]
    enough: int
    below: int
    late_ns: int
    begun: SaidPart | None

    def fold(self) -> Fold:
        """What was meant."""
        begun = None if self.begun is None else parts_of((self.begun,))[0]
        whole = tuple(Interval(*each) for each in self.whole)
        return Fold(Variant(self.view), whole, self.enough, self.below, self.late_ns, begun)


def wanted_fold(fold: Fold) -> WantedFold:
    """How this is said."""
    begun = None if fold.begun is None else said_of((fold.begun,))[0]
    whole = tuple((each.from_ns, each.to_ns) for each in fold.whole)
    return WantedFold(fold.view.value, whole, fold.enough, fold.below, fold.late_ns, begun)


def said_of(parts: Iterable[Part]) -> list[SaidPart]:
    """Parts as they are said."""
    return [(part.window, _said(part.total), part.count) for part in parts]


def parts_of(said: Iterable[SaidPart]) -> list[Part]:
    """Parts as they were meant."""
    return [Part(window, int(total) if isinstance(total, str) else total, count) for window, total, count in said]


def folded(
    folder: Path, wanted: Wanted, fold: Fold, *, read: Read, holds: Callable[[], bool], between: Callable[[], None]
) -> Folded:
    """What comes of the rows; `between` is called behind each slice.

    Raises:
        StorageFailed: a file cannot be read.
    """
    folding, looked, after = Folding(fold), 0, None
    for rows in slices(folder, wanted, read=read, holds=holds):
        folding.add(rows)
        looked += len(rows)
        after = After(rows[-1].from_ns, rows[-1].sequence) if rows else after
        if folding.is_enough:
            break
        between()
    if not holds():
        return Folded()
    return Folded(folding.parts(), after if looked >= wanted.top or folding.is_enough else None)


def _said(total: float) -> float | str:
    return str(total) if isinstance(total, int) and total not in _INT64 else total
