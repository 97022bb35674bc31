"""Long pages that are read in a process of their own are the same ones, whatever becomes of the process and of the lease."""

import asyncio
import os
import random
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pytest

from troth.adapters.conduct_sqlite import SqliteConduct
from troth.adapters.partitions_sqlite import SHORT, SqliteObservations
from troth.adapters.reading_away import PAGES_WAITING_MAX, ReadAway
from troth.clock import NS_PER_S
from troth.errors import Busy, ReadTooLong
from troth.testing.contracts import NOON_NS, Speaker, StillClock
from troth.things.folding import Fold
from troth.things.intervals import ALWAYS, FOREVER, Interval
from troth.things.observations import Kept, Result, ResultType
from troth.things.query import After, ObservationQuery, Order
from troth.things.stores import Committed, Cut, Going, Segment
from troth.things.variants import Variant

MANY: Final = 7_000
STEP_NS: Final = 20 * NS_PER_S  # so they lie in files of two days
VALUES: dict[ResultType, Result] = {
    ResultType.NUMBER: -0.1,
    ResultType.INTEGER: 2**63 - 1,
    ResultType.BOOLEAN: True,
    ResultType.TEXT: "grüß Gott",
    ResultType.JSON: b"\xa1",
}
SILENT: Final = (sys.executable, "-c", "import sys; sys.stdin.buffer.read()")
DEAD: Final = (sys.executable, "-c", "")


def rows_of(speaker: Speaker) -> list[Kept]:
    """Rows in order of time and sequence."""
    return [
        Kept(
            stream=speaker.stream,
            sequence=at,
            id=at + 1,
            from_ns=NOON_NS + at * STEP_NS,
            to_ns=NOON_NS + at * STEP_NS,
            gate_ns=NOON_NS,
            basis=speaker.lease.basis,
            type=int(speaker.type),
            result=VALUES[speaker.type],
            salt=bytes(16),
            segment=1,
            leaf=at,
        )
        for at in range(1, MANY + 1)
    ]


class Place:
    """A store that reads long pages away, and one on the same files that does not."""

    def __init__(self, folder: Path, *, type_: ResultType = ResultType.NUMBER) -> None:
        self.folder = folder
        self.clock = StillClock(NOON_NS + 10 * MANY * STEP_NS)
        self.speaker = Speaker(self.clock, type_=type_)
        self.rows = rows_of(self.speaker)
        self.failures: list[Exception] = []

    async def opened(self, away: ReadAway) -> SqliteObservations:
        store = await SqliteObservations.open(self.folder, clock=self.clock, on_failure=self.failures.append, away=away)
        cut = Cut(1, 1, 1, NOON_NS, bytes(32))
        committed = Committed(1, [(self.speaker.shelf, row) for row in self.rows], ())
        await store.move([Segment(cut, bytes(32), 256, bytes(32), b"")], [committed])
        return store


QUERIES: dict[str, ObservationQuery] = {
    "all": ObservationQuery(top=10_000),
    "all backwards": ObservationQuery(top=10_000, order=Order.DESCENDING),
    "some": ObservationQuery(top=SHORT + 1),
    "as many as there are": ObservationQuery(top=MANY),
    "none beyond the beginning": ObservationQuery(top=SHORT),
    "after one": ObservationQuery(top=10_000, after=After(NOON_NS + 10 * STEP_NS, 10)),
    "after one backwards": ObservationQuery(
        top=10_000, order=Order.DESCENDING, after=After(NOON_NS + 5_000 * STEP_NS, 5_000)
    ),
    "of two times": ObservationQuery(
        top=10_000,
        times=(
            Interval(NOON_NS, NOON_NS + 2_000 * STEP_NS),
            Interval(NOON_NS + 3_000 * STEP_NS, NOON_NS + 6_000 * STEP_NS),
        ),
    ),
}


def expected(place: Place, query: ObservationQuery) -> list[Kept]:
    """The plain meaning of a query."""
    back = query.order is Order.DESCENDING
    mark = None if query.after is None else (query.after.time_ns, query.after.sequence)
    found = [
        row
        for row in (place.rows[::-1] if back else place.rows)
        if any(each.from_ns <= row.from_ns < each.to_ns for each in query.times)
        and (mark is None or ((row.from_ns, row.sequence) < mark if back else (row.from_ns, row.sequence) > mark))
    ]
    return found[: query.top]


@pytest.mark.parametrize("type_", list(ResultType))
def test_every_page_is_the_same_for_every_type(tmp_path: Path, type_: ResultType) -> None:
    place = Place(tmp_path, type_=type_)

    async def read() -> dict[str, list[Kept]]:
        store = await place.opened(ReadAway(tmp_path))
        found = {name: list(await store.rows(place.speaker.asks(query))) for name, query in QUERIES.items()}
        await store.close()
        return found

    assert {name: expected(place, query) for name, query in QUERIES.items()} == asyncio.run(read())
    assert [] == place.failures


def test_short_pages_start_no_process(tmp_path: Path) -> None:
    place = Place(tmp_path)

    async def read() -> int:
        away = ReadAway(tmp_path, command=("/nowhere",))
        store = await place.opened(away)
        rows = await store.rows(place.speaker.asks(ObservationQuery(top=SHORT)))
        await store.close()
        return len(rows)

    assert SHORT == asyncio.run(read())


@pytest.mark.parametrize("command", [DEAD, ("/nowhere",)])
def test_where_there_is_no_process_the_page_is_read_in_place(tmp_path: Path, command: Sequence[str]) -> None:
    place = Place(tmp_path)

    async def read() -> list[Kept]:
        store = await place.opened(ReadAway(tmp_path, command=command))
        rows = list(await store.rows(place.speaker.asks(ObservationQuery(top=10_000))))
        await store.close()
        return rows

    assert place.rows == asyncio.run(read())


def fold_of(view: str, *, enough: int = FOREVER) -> Fold:
    return Fold(Variant(view), ALWAYS, enough)


class Ends(ReadAway):
    """The lease ends, or the process is killed, behind the first slice; of rows and of a fold."""

    def __init__(self, folder: Path, lease: object, *, kill: bool) -> None:
        super().__init__(folder)
        self.lease: Any = lease
        self.kill = kill
        self.asked = 0

    async def rows(self, wanted: Any, *, holds: Any) -> Any:  # noqa: ANN401 - as the other's
        return await super().rows(wanted, holds=self.looking(holds))

    async def fold(self, wanted: Any, fold: Any, *, holds: Any) -> Any:  # noqa: ANN401 - as the other's
        return await super().fold(wanted, fold, holds=self.looking(holds))

    def looking(self, holds: Any) -> Any:  # noqa: ANN401 - as the other's
        def looked() -> bool:
            self.asked += 1
            if self.asked == 1 and self.kill and self._process is not None:
                os.kill(self._process.pid, signal.SIGKILL)
            elif self.asked == 1:
                self.lease.live = False
            return bool(holds())

        return looked


def test_a_lease_that_ends_in_the_middle_gives_nothing_and_stops_the_process(tmp_path: Path) -> None:
    place = Place(tmp_path)

    async def read() -> tuple[int, int, int]:
        away = Ends(tmp_path, place.speaker.lease, kill=False)
        store = await place.opened(away)
        ended = await store.rows(place.speaker.asks(ObservationQuery(top=10_000)))
        asked, place.speaker.lease = away.asked, place.speaker.leased()
        again = await store.rows(place.speaker.asks(ObservationQuery(top=10_000)))
        await store.close()
        return len(ended), asked, len(again)

    assert (0, 1, MANY) == asyncio.run(read()), (
        "it is stopped behind the first of its slices, and answers the next page"
    )


def test_a_process_that_is_killed_in_the_middle_loses_no_row(tmp_path: Path) -> None:
    place = Place(tmp_path)

    async def read() -> tuple[list[Kept], list[Kept]]:
        store = await place.opened(Ends(tmp_path, place.speaker.lease, kill=True))
        first = list(await store.rows(place.speaker.asks(ObservationQuery(top=10_000))))
        second = list(await store.rows(place.speaker.asks(ObservationQuery(top=10_000))))
        await store.close()
        return first, second

    assert (place.rows, place.rows) == asyncio.run(read())


def test_a_page_that_takes_too_long_is_ended_and_said_so(tmp_path: Path) -> None:
    place = Place(tmp_path)

    async def read() -> int:
        store = await place.opened(ReadAway(tmp_path, command=SILENT, read_s=0.2))
        with pytest.raises(ReadTooLong):
            await store.rows(place.speaker.asks(ObservationQuery(top=10_000)))
        short = await store.rows(place.speaker.asks(ObservationQuery(top=10)))
        await store.close()
        return len(short)

    assert 10 == asyncio.run(read())


def test_no_more_pages_wait_than_are_said_and_short_ones_pass_them(tmp_path: Path) -> None:
    place = Place(tmp_path)

    async def read() -> tuple[int, int]:
        store = await place.opened(ReadAway(tmp_path, command=SILENT, read_s=2.0))
        long = place.speaker.asks(ObservationQuery(top=10_000))
        waiting = [asyncio.ensure_future(store.rows(long)) for _ in range(PAGES_WAITING_MAX + 3)]
        done, _ = await asyncio.wait(waiting, timeout=1.0)
        busy = [task for task in done if isinstance(task.exception(), Busy)]
        short = await store.rows(place.speaker.asks(ObservationQuery(top=10)))
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        await store.close()
        return len(busy), len(short)

    assert (3, 10) == asyncio.run(read())


def test_a_file_that_is_put_anew_between_two_slices_is_read_on(tmp_path: Path) -> None:
    """Somebody else's rows go from the same files while a long page is read: the mover waits for one slice at most."""
    place = Place(tmp_path)
    other = Speaker(place.clock, "lamp")
    other.shelf = place.speaker.shelf
    going = Going(other.stream.__eq__, lambda _kind, _trace: False, lambda _key: False, b"mark")

    async def read() -> tuple[list[Kept], int]:
        store = await place.opened(ReadAway(tmp_path))
        cut = Cut(2, 2, 2, NOON_NS, bytes(32))
        theirs = [(other.shelf, row) for row in rows_of(other)]
        await store.move([Segment(cut, bytes(32), 256, bytes(32), b"")], [Committed(2, theirs, ())])
        page = place.speaker.asks(ObservationQuery(top=10_000))
        pages, erased = [], asyncio.ensure_future(store.erase(going))
        while not erased.done():
            pages.append(list(await store.rows(page)))
        await erased
        pages.append(list(await store.rows(page)))
        left = len(await store.rows(other.asks(ObservationQuery(top=10))))
        await store.close()
        assert all(each == place.rows for each in pages)
        return pages[-1], left

    assert (place.rows, 0) == asyncio.run(read())
    assert [] == place.failures


def test_it_ends_when_nobody_asks_and_is_started_again(tmp_path: Path) -> None:
    place = Place(tmp_path)

    async def read() -> bool:
        away = ReadAway(tmp_path, idle_s=0.05)
        store = await place.opened(away)
        page = place.speaker.asks(ObservationQuery(top=10_000))
        await store.rows(page)
        process = away._process  # noqa: SLF001 - that it ends is what this is about
        assert process is not None
        await asyncio.wait_for(process.wait(), 10)
        again = list(await store.rows(page)) == place.rows
        await store.close()
        return again

    assert asyncio.run(read())


def test_acknowledgements_go_on_while_long_pages_are_read(tmp_path: Path) -> None:
    """One commit after the other is acknowledged, and short pages are answered, while many long ones and folds are made."""
    place = Place(tmp_path / "partitions")

    async def both() -> tuple[int, int]:
        store = await place.opened(ReadAway(tmp_path / "partitions"))
        conduct = await SqliteConduct.open(
            tmp_path / "conduct.db",
            clock=place.clock,
            entropy=random.Random(1).randbytes,
            taken=store.taken,
            on_failure=place.failures.append,
        )
        page, acknowledged, short = place.speaker.asks(ObservationQuery(top=10_000)), 0, 0
        half = range(PAGES_WAITING_MAX // 2)
        long = [*(asyncio.ensure_future(store.rows(page)) for _ in half)]
        folds = [*(asyncio.ensure_future(store.fold(page, fold_of("count=P1D"))) for _ in half)]
        writer = Speaker(place.clock, "writer")
        while not all(task.done() for task in (*long, *folds)):
            admitted, outcomes = writer.stamp([(NOON_NS + acknowledged, 1.0)])
            conduct.append(admitted)
            assert isinstance((await outcomes)[0], int)
            acknowledged += 1
            short += len(await store.rows(place.speaker.asks(ObservationQuery(top=1))))
        assert all(len(task.result()) == MANY for task in long)
        assert all(sum(part.count for part in task.result().parts) == MANY for task in folds)
        await conduct.close()
        await store.close()
        return acknowledged, short

    acknowledged, short = asyncio.run(both())
    assert acknowledged == short
    assert acknowledged >= PAGES_WAITING_MAX, "more than one for each page"
    assert [] == place.failures
