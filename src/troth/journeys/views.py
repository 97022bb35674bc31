"""A stream and a page of its observations, as one asker may see them.

Source: gate.md, "Inlets and outlets".
Left out: how they come about (`tell`).
"""

from collections.abc import Callable

import msgspec

from troth.gate.leases import Lease
from troth.gate.question import Code
from troth.gate.words import outer_of
from troth.state.directory import KnownStream, KnownThing
from troth.things.intervals import Interval
from troth.things.query import After, ObservationQuery
from troth.things.variants import Statistic, Variant
from troth.things.windows import Shown

__all__ = ["LONG_PAGE_MAX", "Page", "StreamView", "short", "view_of"]

LONG_PAGE_MAX = 200  # rows of text or JSON in one answer: 50 MiB at 256 KiB each


class StreamView(msgspec.Struct, frozen=True):
    """A stream as one asker may see it. `variant` is the view granted now; `because` the outer reason it is not more.

    `days`: how far back it may be read for the purpose of the asker; `since_ns` is where that is at this moment, ns UTC.
    """

    thing: KnownThing
    stream: KnownStream
    variant: Variant
    because: str | None
    days: int
    since_ns: int

    @property
    def type(self) -> str:
        """The type of what is shown: that of the stream, unless a view of windows makes another of it."""
        made = {Statistic.MEAN: "number", Statistic.COUNT: "integer"}
        statistic = self.variant.statistic
        return self.stream.declared.type if statistic is None else made.get(statistic, self.stream.declared.type)


class Page(msgspec.Struct, frozen=True):
    """One page of observations.

    `holds()` says, at any later moment, whether rows may still be handed over; a door asks before each chunk it gives to
    its transport, and breaks the connection when the answer is no. `after` is set when there is more.
    `withheld`: of a figure over homes, the times of closed cells that the page goes past and does not give.
    """

    rows: tuple[Shown, ...]
    view: StreamView
    after: After | None
    holds: Callable[[], bool]
    withheld: tuple[Interval, ...] = ()


def short(query: ObservationQuery, stream: KnownStream) -> ObservationQuery:
    """The query with no more rows than an answer can hold where each may be long."""
    if stream.declared.type not in {"text", "json"} or query.top <= LONG_PAGE_MAX:
        return query
    return msgspec.structs.replace(query, top=LONG_PAGE_MAX)


def view_of(known: tuple[KnownThing, KnownStream], lease: Lease, *, at_ns: int) -> StreamView:
    """The stream under the answer that a lease holds, at this moment."""
    answer = lease.answer
    missed = [each for each in answer.reasons if each.code is not None]
    because = outer_of(missed, otherwise=Code.NO_GROUND)[1] if missed else None
    return StreamView(*known, answer.variant or Variant.RAW, because, answer.days, answer.since_ns(at_ns))
