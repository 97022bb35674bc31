"""Figures that are made in a process of their own are the same ones, whatever becomes of the process and of the lease."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.faults.test_reading_away import MANY, QUERIES, Ends, Place, expected, fold_of
from troth.adapters.reading_away import ReadAway
from troth.adapters.reading_worker import SLICE_ROWS as AT_ONCE
from troth.adapters.reading_worker import Slice
from troth.clock import NS_PER_S
from troth.errors import Busy
from troth.things.folding import Folded, Folding
from troth.things.observations import ResultType
from troth.things.query import After, ObservationQuery

FOLDS: dict[ResultType, str] = {
    ResultType.NUMBER: "mean=PT1H",
    ResultType.INTEGER: "sum=P1D",
    ResultType.BOOLEAN: "count=PT1H",
    ResultType.TEXT: "raw",
    ResultType.JSON: "only=a",
}


@pytest.mark.parametrize("type_", list(ResultType))
def test_every_fold_comes_to_the_same_as_its_rows_for_every_type(tmp_path: Path, type_: ResultType) -> None:
    place = Place(tmp_path, type_=type_)
    fold = fold_of(FOLDS[type_])

    def plain(query: ObservationQuery) -> Folded:
        rows, folding = expected(place, query), Folding(fold)
        folding.add(rows)
        return Folded(folding.parts(), After(rows[-1].from_ns, rows[-1].sequence) if len(rows) == query.top else None)

    async def made() -> dict[str, Folded]:
        store = await place.opened(ReadAway(tmp_path))
        found = {name: await store.fold(place.speaker.asks(query), fold) for name, query in QUERIES.items()}
        await store.close()
        return found

    assert {name: plain(query) for name, query in QUERIES.items()} == asyncio.run(made())


class Heard(ReadAway):
    """Writes down what of each slice the loop has to take."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.taken: list[tuple[int, int]] = []

    async def _answer(self, asked: Any, holds: Any, take: Any) -> Any:  # noqa: ANN401 - as the other's
        def taking(slice_: Slice) -> None:
            self.taken.append((len(slice_.rows), len(slice_.parts)))
            take(slice_)

        return await super()._answer(asked, holds, taking)


def test_of_rows_that_are_folded_none_comes_to_the_loop_and_of_figures_few_at_a_time(tmp_path: Path) -> None:
    place = Place(tmp_path)

    async def made() -> tuple[int, list[tuple[int, int]], int]:
        away = Heard(tmp_path)
        store = await place.opened(away)
        quarters = await store.fold(place.speaker.asks(ObservationQuery(top=10_000)), fold_of("mean=PT15M"))
        some = await store.fold(place.speaker.asks(ObservationQuery(top=10_000)), fold_of("mean=PT15M", enough=40))
        await store.close()
        return len(quarters.parts), away.taken, len(some.parts)

    quarters, taken, some = asyncio.run(made())
    assert quarters == len({row.from_ns // (900 * NS_PER_S) for row in place.rows})
    assert 0 == sum(rows for rows, _ in taken)
    assert max(parts for _, parts in taken) <= AT_ONCE
    assert sum(parts for _, parts in taken) <= quarters + some
    assert 41 <= some < quarters, "it ends when there are enough"


def test_a_lease_that_ends_in_the_middle_of_a_fold_gives_nothing_and_stops_it(tmp_path: Path) -> None:
    place = Place(tmp_path)

    async def made() -> tuple[Folded, int, int]:
        away = Ends(tmp_path, place.speaker.lease, kill=False)
        store = await place.opened(away)
        ended = await store.fold(place.speaker.asks(ObservationQuery(top=10_000)), fold_of("mean=PT1H"))
        asked, place.speaker.lease = away.asked, place.speaker.leased()
        again = await store.fold(place.speaker.asks(ObservationQuery(top=10_000)), fold_of("raw"))
        await store.close()
        return ended, asked, again.parts[0].count

    assert (Folded(), 1, MANY) == asyncio.run(made()), (
        "stopped behind its first slice; the process answers the next question"
    )


def test_a_fold_whose_process_is_killed_is_a_question_that_failed_and_no_more(tmp_path: Path) -> None:
    place = Place(tmp_path)

    async def made() -> int:
        store = await place.opened(Ends(tmp_path, place.speaker.lease, kill=True))
        with pytest.raises(Busy):
            await store.fold(place.speaker.asks(ObservationQuery(top=10_000)), fold_of("mean=PT1H"))
        again = await store.fold(place.speaker.asks(ObservationQuery(top=10_000)), fold_of("raw"))
        await store.close()
        return again.parts[0].count

    assert MANY == asyncio.run(made())
    assert [] == place.failures
