"""Figures and counts while things move: no row counts twice or is missed, and a lease that ends in the middle gives nothing."""

import asyncio
import random
from collections.abc import Callable
from functools import partial

import msgspec
import pytest

from tests.journeys.test_rows_and_outlets import OPEN, SHELF, Hands, MovedMeanwhile, kept, town
from tests.made_town import RESEARCH as WHY
from tests.made_town import UNIVERSITY, collects, purpose, reads, view
from troth.gate.question import Asker
from troth.journeys.rows import Rows
from troth.names import PurposeId
from troth.testing.memory_conduct import MemoryConduct
from troth.testing.memory_observations import MemoryObservations
from troth.things.folding import Fold, Folded
from troth.things.query import ObservationQuery
from troth.things.stamps import Released

OTHER = PurposeId("https://a.example/other")


def _raise(error: Exception) -> None:
    raise error


class MovedBefore(MovedMeanwhile):
    """A store into which everything unmoved is moved just before it folds, so that it has what the asker has too."""

    async def fold(self, released: Released, fold: Fold) -> Folded:
        await super().rows(released)
        return await super().fold(released, fold)


class EndsMeanwhile(MemoryObservations):
    """The lease ends while it folds."""

    end: Callable[[], None]

    async def fold(self, released: Released, fold: Fold) -> Folded:
        found = await super().fold(released, fold)
        self.end()
        return found


@pytest.mark.parametrize("kind", [MovedMeanwhile, MovedBefore])
def test_rows_that_are_moved_while_they_are_folded_count_once(kind: type[MovedMeanwhile]) -> None:
    async def run() -> None:
        made, stream = town(OPEN, purpose(OTHER, view("sum=PT15M", "nobody"), to=(UNIVERSITY,)))
        clock, entropy = Hands(10), random.Random(1).randbytes
        store = kind(clock)
        conduct = MemoryConduct(clock, entropy=entropy, taken=store.taken, on_failure=_raise)
        store.conduct = conduct
        await kept(conduct, made.lease(collects(stream, 10)), [1.0, 2.0, 3.0])
        clock.minute = 60
        rows = Rows(conduct, store, clock=clock)
        coarse = msgspec.structs.replace(reads(stream, 60), asker=Asker(UNIVERSITY, "app", OTHER))
        for _ in range(2):
            found, _ = await rows.page(made.lease(coarse), SHELF, ObservationQuery(), number=1)
            assert [6.0] == [row.result for row in found]
            lease = made.lease(reads(stream, 60))
            assert 3 == await rows.count(lease, SHELF, ObservationQuery(top=1), number=1, most=10)

    asyncio.run(run())


@pytest.mark.parametrize("waiting", [[], [1.0, 2.0]])
def test_a_lease_that_ends_in_the_middle_of_a_fold_gives_no_figure(waiting: list[float]) -> None:
    """Neither of what the store has folded nor of what waits here to be moved."""

    async def run() -> None:
        made, stream = town(purpose(WHY, view("sum=PT15M", "nobody"), to=(UNIVERSITY,)))
        clock, entropy = Hands(60), random.Random(1).randbytes
        store = EndsMeanwhile(clock)
        conduct = MemoryConduct(clock, entropy=entropy, taken=store.taken, on_failure=_raise)
        if waiting:
            await kept(conduct, made.lease(collects(stream, 10)), waiting)
        rows, lease = Rows(conduct, store, clock=clock), made.lease(reads(stream, 60))
        store.end = lambda: None
        assert bool(waiting) == bool((await rows.page(lease, SHELF, ObservationQuery(), number=1))[0])
        store.end = partial(made.leases.forget, lease)
        assert ([], False) == await rows.page(lease, SHELF, ObservationQuery(), number=1)

    asyncio.run(run())
