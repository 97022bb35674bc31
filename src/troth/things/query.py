"""A question about observations of one stream, parsed: what to keep, in which order, how many.

Rules
- Doors parse (`wire/odata`), journeys add what the gate lets through, adapters compile; nobody else reads the tree.
- The order is total: (phenomenonTime, sequence), ascending or descending; a page goes on strictly after `after`.

Left out in this version: conditions on anything but phenomenonTime, `$expand`, `$select`, ordering by other columns.
"""

from enum import StrEnum
from typing import Final

import msgspec

from troth.things.intervals import ALWAYS, Interval

__all__ = ["PAGE_DEFAULT", "PAGE_MAX", "After", "ObservationQuery", "Order"]

PAGE_DEFAULT: Final = 100
PAGE_MAX: Final = 10_000  # rows in one answer; a slice of at most 250 ms (things.md, Limits)


class Order(StrEnum):
    """Direction along phenomenonTime."""

    ASCENDING = "asc"
    DESCENDING = "desc"


class After(msgspec.Struct, frozen=True):
    """The last row of the page before: go on strictly after it, in the query's order."""

    time_ns: int
    sequence: int


class ObservationQuery(msgspec.Struct, frozen=True):
    """Which observations, as the asker wants them; the gate's extent is added by `journeys/tell`."""

    times: tuple[Interval, ...] = ALWAYS
    order: Order = Order.ASCENDING
    top: int = PAGE_DEFAULT
    after: After | None = None
