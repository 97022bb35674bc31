"""Figures and counts as a lease lets them out: the store folds what was moved, and what was not is folded in here.

Rules
- Rows not yet moved are those of the moment at which the question began. The store passes over these and all later ones, so a
  row that is moved meanwhile counts once.
- The store is asked for so many rows at a time and the lease is stamped anew for each: others have their turn between.
- Broken off, it gives parts that are whole, and nothing of one that is not.
- Under a lease that has ended there is nothing.

Source: runtime.md, "Workers"; docs/decisions/0089-figures-are-made-where-the-rows-are-read.md.
"""

from collections.abc import Awaitable, Callable, Sequence
from itertools import count
from typing import Final

import msgspec

from troth.clock import Clock
from troth.errors import ReadTooLong
from troth.gate.leases import Lease
from troth.gate.question import GroupMember
from troth.things.folding import Fold, Folding
from troth.things.intervals import FOREVER
from troth.things.observations import Kept, Shelf
from troth.things.query import ObservationQuery, Order
from troth.things.stamps import Released
from troth.things.stores import ConductStore, ObservationStore
from troth.things.windows import Part

__all__ = ["FOLD_ROWS", "Folds", "in_time"]

FOLD_ROWS: Final = 100_000  # half a second of another process; then others have their turn
_TAIL_AT_ONCE: Final = 4_000  # rows not yet moved that are folded in one step of the loop: under 2 ms


class Folds:
    """Asks both stores.

    Args:
        conduct: rows not yet moved.
        observations: rows once moved.
        clock: what time it is.
        pause: lets the loop do other things.
        rows: looked at in one question to the store.
    """

    def __init__(
        self,
        conduct: ConductStore,
        observations: ObservationStore,
        *,
        clock: Clock,
        pause: Callable[[], Awaitable[None]],
        rows: int = FOLD_ROWS,
    ) -> None:
        self._conduct = conduct
        self._observations = observations
        self._clock = clock
        self._pause = pause
        self._rows = rows

    async def parts(
        self,
        lease: Lease,
        shelf: Shelf,
        query: ObservationQuery,
        *,
        fold: Fold,
        until: int,
        member: GroupMember | None = None,
        most: int = FOREVER,
    ) -> tuple[list[Part], bool]:
        """Parts in the order of the query, and whether there are more.

        It breaks off when there is enough, and behind `most` questions to the store, but not while one part alone is begun.

        Raises:
            ReadTooLong: it is not done `until` then, in ticks.
            Busy: too many long readings are under way.
        """
        query = msgspec.structs.replace(query, top=self._rows)
        released = self._released(lease, shelf, query, member=member)
        if released is None:
            return [], False
        tail = self._conduct.tail(released)
        asked = msgspec.structs.replace(fold, below=min((row.sequence for row in tail), default=FOREVER))
        folding, more = Folding(fold), False
        for number in count(1):
            in_time(self._clock, until)
            found = await self._observations.fold(released, asked)
            folding.put(found.parts)
            more = found.after is not None or folding.is_enough
            if not more or folding.is_enough or (number >= most and len(folding) != 1):
                break
            query = msgspec.structs.replace(query, after=found.after)
            released = self._released(lease, shelf, query, member=member)
            if released is None:
                return [], False
            asked = _further(asked, fold, folding.parts())
        begun = folding.parts()[-1].window if more and len(folding) else None  # not whole; what is behind it is unknown
        await self._add(folding, tail, back=query.order is Order.DESCENDING)
        if not lease.holds(self._clock.now()):
            return [], False
        return _ordered(folding, begun, query.order, rows=fold.view.is_rows), more and begun is not None

    async def _add(self, folding: Folding, tail: Sequence[Kept], *, back: bool) -> None:
        ordered = sorted(tail, key=lambda row: (row.from_ns, row.sequence), reverse=back)
        for at in range(0, len(ordered), _TAIL_AT_ONCE):
            folding.add(ordered[at : at + _TAIL_AT_ONCE])
            await self._pause()

    def _released(
        self, lease: Lease, shelf: Shelf, query: ObservationQuery, *, member: GroupMember | None
    ) -> Released | None:
        """A stamp for this moment; None where the lease has ended."""
        now = self._clock.now()
        if not lease.holds(now):
            return None
        if member is None:
            return lease.release(shelf, query, at_ns=now)
        return lease.release_of(member, shelf, query, at_ns=now)


def in_time(clock: Clock, until: int) -> None:
    """Break a question off that is not done until then.

    Raises:
        ReadTooLong: it is later.
    """
    if clock.ticks() > until:
        raise ReadTooLong("this reading takes too long", hint="Ask for a shorter time, or for fewer rows.")


def _further(asked: Fold, fold: Fold, parts: Sequence[Part]) -> Fold:
    """The same, going on with the part that came last."""
    begun = parts[-1] if parts else None
    return msgspec.structs.replace(asked, begun=begun, enough=fold.enough - len(parts[:-1]))


def _ordered(folding: Folding, begun: int | None, order: Order, *, rows: bool) -> list[Part]:
    """In order, up to the part that is not whole; of rows that are counted there is one, whole or not."""
    back = order is Order.DESCENDING
    parts = sorted(folding.parts(), key=lambda part: part.window, reverse=back)
    if begun is None or rows:
        return parts
    return [part for part in parts if (part.window > begun if back else part.window < begun)]
