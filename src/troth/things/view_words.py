"""How people read a view: in words, never as its text.

Source: people.md, "Words" (shown coarser).
Left out in this version: languages other than English.
"""

from typing import Final

from troth.spans import DAY_NS, HOUR_NS
from troth.things.variants import Statistic, Variant

__all__ = ["view_words"]

_KNOWN: Final = {"raw": "every value", "hourly-mean": "one mean for each hour"}
_OF: Final = {
    Statistic.MEAN: "one mean",
    Statistic.MIN: "the least value",
    Statistic.MAX: "the greatest value",
    Statistic.SUM: "one sum",
    Statistic.COUNT: "how many values there were",
}


def view_words(text: str) -> str:
    """What a view shows: "one mean for each hour, rounded down to 0.5, a day late". A text that is no view is given back."""
    view = Variant.named(text)
    if view is None or text in _KNOWN:
        return _KNOWN.get(text, text)
    return ", ".join(each for each in _parts(view) if each)


def _parts(view: Variant) -> tuple[str, ...]:
    rows = "" if view.only is not None or view.grid is not None else "every value"
    return (
        rows if view.statistic is None else f"{_OF[view.statistic]} for each {_length(view.window_ns)}",
        "" if view.only is None else f"only {', '.join(view.only)} of every value",
        "" if view.grid is None else f"the cell of {view.grid} degrees in which it is",
        "" if view.step is None else f"rounded down to {view.step}",
        "" if not view.delay_ns else f"{_length(view.delay_ns, one='a ')} late",
        "" if not view.homes else f"over at least {view.homes} homes together",
    )


def _length(length_ns: int, *, one: str = "") -> str:
    """3 hours; of one hour, the hour alone, with `one` before it."""
    if length_ns % DAY_NS == 0:
        count, unit = length_ns // DAY_NS, "day"
    elif length_ns % HOUR_NS == 0:
        count, unit = length_ns // HOUR_NS, "hour"
    else:
        count, unit = length_ns // 60_000_000_000, "minute"
    if count == 7 and unit == "day":
        count, unit = 1, "week"
    if count == 1:
        return f"{'an ' if one and unit == 'hour' else one}{unit}"
    return f"{count} {unit}s"
