"""Views of a stream: a view's text says all that is done to what is shown, and nothing else has to be looked up to read it.

Rules
- A text is `raw`, `hourly-mean` (the same as `mean=PT1H`), or parts in this order, each at most once, joined by commas:
  `only=a;b/c` (these members of a JSON value, by their paths), `grid=0.01` (positions as cells of so many degrees),
  `mean=PT1H` (or `min`, `max`, `sum`, `count`: of each window), `round=0.5` (down to a multiple), `delay=P1D` (what is younger
  is not there yet), `homes=3` (one figure over at least so many homes).
- A view has one text: `PT60M`, `0.50` and another order are no views.
- `within` is a partial order: what a view within another shows could be worked out from the other. `raw` is above all.
  Rounding is down, because then a coarser step shows nothing that a finer one hides. A mean over longer windows counts as
  within one over shorter; it tells besides, at most, which of them held more values.

Source: gate.md step 8; docs/decisions/0068-a-view-is-its-own-text.md.
Left out: what is done to rows (`narrowing`, `windows`), and how people read a view (`view_words`).
"""

import re
from collections.abc import Callable
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import ClassVar, Final, Self, cast

from troth.things.member_paths import apart, are_within

__all__ = ["DELAY_MAX_S", "HOMES_MAX", "SETTLED_NS", "VIEW_CHARACTERS_MAX", "Statistic", "Variant"]

VIEW_CHARACTERS_MAX: Final = 256
DELAY_MAX_S: Final = 366 * 86_400  # a view that is later than a year is no view of what happens
HOMES_MAX: Final = 64  # homes that one decision looks at (gate/small_groups), so no more can be asked for
_ONLY_MAX: Final = 32
_QUARTER_S: Final = 900
_DAY_S: Final = 86_400
_WEEK_S: Final = 7 * _DAY_S
_NS: Final = 1_000_000_000
SETTLED_NS: Final = 60 * _NS  # as far as a thing's clock may be ahead of ours (things.md, Limits)
_DURATION: Final = re.compile(r"P(?:([1-9][0-9]{0,2})D|T([1-9][0-9]?)H|T([1-9][0-9]?)M)")
_DECIMAL: Final = re.compile(r"(?:0|[1-9][0-9]{0,8})(?:\.[0-9]{0,5}[1-9])?")
_MEMBER: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}(?:/[A-Za-z_][A-Za-z0-9_.-]{0,63}){0,7}")  # DEPTH_MAX names
_COUNT: Final = re.compile(r"[1-9][0-9]{0,2}")
_PARTS: Final = ("only", "grid", "of", "round", "delay", "homes")


class Statistic(StrEnum):
    """What is told of a window."""

    MEAN = "mean"
    MIN = "min"
    MAX = "max"
    SUM = "sum"
    COUNT = "count"


class Variant(str):
    """A view. It is its text; the parts can be read.

    Attributes:
        only: members of a JSON value that are left, sorted; None for all.
        grid: edge of a cell in degrees; None for positions as they are.
        statistic: what is told of each window; None for rows.
        window_ns: length of a window; 0 for rows.
        step: results are multiples of it, rounded down; None for as they are.
        delay_ns: how old what is shown is at least.
        homes: over how many homes at least each figure is; 0 for one stream alone.
    """

    __slots__ = ("delay_ns", "grid", "homes", "only", "statistic", "step", "window_ns")

    RAW: ClassVar["Variant"]
    HOURLY_MEAN: ClassVar["Variant"]

    only: tuple[str, ...] | None
    grid: Decimal | None
    statistic: Statistic | None
    window_ns: int
    step: Decimal | None
    delay_ns: int
    homes: int

    def __new__(cls, text: str) -> Self:
        """The view of this text.

        Raises:
            ValueError: there is no such view.
        """
        found = _read(text)
        if found is None:
            raise ValueError("there is no view of this text")
        return cast("Self", found)

    @classmethod
    def named(cls, text: str) -> "Variant | None":
        """The view of this text, or None. The one of `raw` is always the same object."""
        return _read(text)

    @property
    def value(self) -> str:
        """The text alone."""
        return str.__str__(self)

    @property
    def is_rows(self) -> bool:
        """Whether it shows rows, each by itself, and no windows."""
        return self.statistic is None

    @property
    def is_live(self) -> bool:
        """Whether a row may be shown as soon as it is there."""
        return self.statistic is None and not self.delay_ns

    @property
    def late_ns(self) -> int:
        """How long after the end of a window a figure over homes closes; what comes later is in none."""
        return max(self.delay_ns, SETTLED_NS)

    def same_cells(self, other: "Variant") -> bool:
        """Whether two figures over the same homes are made of the same rows in the same windows, however rounded."""
        return (self.statistic, self.window_ns, self.late_ns) == (other.statistic, other.window_ns, other.late_ns)

    def within(self, other: "Variant") -> bool:
        """Whether this shows no more than `other`: the same, or coarser."""
        return self is other or (
            self.delay_ns >= other.delay_ns
            and self.homes >= other.homes
            and _members_within(self, other)
            and _values_within(self, other)
        )


def _members_within(one: Variant, other: Variant) -> bool:
    """A count does not depend on what is in a value."""
    if one.statistic is Statistic.COUNT:
        return True
    if not _is_multiple(one.grid, other.grid):
        return False
    if other.grid is not None:  # a cell stands in the place of what is beside it, so naming that would show more
        return one.only == other.only or (bool(one.only) and set(one.only or ()) <= set(other.only or ()))
    return other.only is None or (one.only is not None and are_within(one.only, other.only))


def _values_within(one: Variant, other: Variant) -> bool:
    if other.step is not None and one.homes and not other.homes:
        return False  # a mean of figures that were not rounded is not known from those that were
    if other.statistic is None:
        if other.step is None or one.statistic is Statistic.COUNT:
            return True
        rounded = one.statistic in {
            None,
            Statistic.MIN,
            Statistic.MAX,
        }  # rounding down and these do not mind their order
        return rounded and _is_multiple(one.step, other.step)
    if one.statistic is not other.statistic or one.window_ns % other.window_ns:
        return False
    if other.step is None:
        return True
    same = one.window_ns == other.window_ns or one.statistic in {Statistic.MIN, Statistic.MAX}
    return same and _is_multiple(one.step, other.step)


def _is_multiple(one: Decimal | None, other: Decimal | None) -> bool:
    return other is None or (one is not None and one % other == 0)


@lru_cache(maxsize=1024)
def _read(text: str) -> Variant | None:
    """One text, one view; anything else is None."""
    if text == "raw":
        return Variant.RAW
    if text in {"hourly-mean", "mean=PT1H"}:
        return Variant.HOURLY_MEAN
    if len(text) > VIEW_CHARACTERS_MAX:
        return None
    view = _blank(text)
    last = -1
    for part in text.split(","):
        name, _, given = part.partition("=")
        kind = "of" if name in _STATISTICS else name
        at = _PARTS.index(kind) if kind in _PARTS and name != "of" else -1
        if at <= last or not _READERS[kind](view, name, given):
            return None
        last = at
    return view


def _blank(text: str) -> Variant:
    view = str.__new__(Variant, text)
    view.only = view.grid = view.statistic = view.step = None
    view.window_ns = view.delay_ns = view.homes = 0
    return view


def _only(view: Variant, _: str, given: str) -> bool:
    names = tuple(given.split(";"))
    view.only = names
    return (
        len(names) <= _ONLY_MAX
        and list(names) == sorted(set(names))
        and all(_MEMBER.fullmatch(each) is not None for each in names)
        and apart(names)
    )


def _grid(view: Variant, _: str, given: str) -> bool:
    view.grid = _decimal(given)
    return view.grid is not None and view.grid <= _GRID_MAX


def _of(view: Variant, name: str, given: str) -> bool:
    """Windows are a day, a week, or quarters of an hour that make up a day: then short ones lie in long ones."""
    seconds = _seconds(given) or 0
    whole = seconds == _WEEK_S or (seconds > 0 and _DAY_S % seconds == 0 and seconds % _QUARTER_S == 0)
    view.statistic, view.window_ns = Statistic(name), seconds * _NS
    return whole and view.only is None and view.grid is None


def _round(view: Variant, _: str, given: str) -> bool:
    view.step = _decimal(given)
    return view.step is not None and view.statistic is not Statistic.COUNT and view.only is None and view.grid is None


def _delay(view: Variant, _: str, given: str) -> bool:
    seconds = _seconds(given)
    view.delay_ns = (seconds or 0) * _NS
    return seconds is not None and seconds <= DELAY_MAX_S


def _homes(view: Variant, _: str, given: str) -> bool:
    """One figure over several homes is the mean of their means: of what has no windows there is none, nor of a maximum."""
    view.homes = int(given) if _COUNT.fullmatch(given) else 0
    return 2 <= view.homes <= HOMES_MAX and view.statistic is Statistic.MEAN


def _decimal(given: str) -> Decimal | None:
    """A positive decimal without anything that could be left out, or None."""
    if _DECIMAL.fullmatch(given) is None:
        return None
    return Decimal(given) or None


def _seconds(given: str) -> int | None:
    """Days, hours or minutes, each in the largest unit that is whole; None for anything else."""
    found = _DURATION.fullmatch(given)
    if found is None:
        return None
    days, hours, minutes = (int(each or 0) for each in found.groups())
    if (hours and hours % 24 == 0) or (minutes and minutes % 60 == 0):
        return None
    return days * _DAY_S + hours * 3_600 + minutes * 60


_GRID_MAX: Final = Decimal(10)
_STATISTICS: Final = frozenset(each.value for each in Statistic)
_READERS: Final[dict[str, Callable[[Variant, str, str], bool]]] = {
    "only": _only,
    "grid": _grid,
    "of": _of,
    "round": _round,
    "delay": _delay,
    "homes": _homes,
}

Variant.RAW = _blank("raw")
Variant.HOURLY_MEAN = _blank("hourly-mean")
Variant.HOURLY_MEAN.statistic, Variant.HOURLY_MEAN.window_ns = Statistic.MEAN, 3_600 * _NS
