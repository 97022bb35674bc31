"""The SQLite store and its memory twin do the same with whatever is done to them, in any order."""

import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contracts.test_conduct import MemoryBench, SqliteBench
from troth.gate.leases import Lease
from troth.testing.contracts import NOON_NS, Speaker, stamp_many
from troth.testing.contracts_conduct import ConductBench, noted
from troth.things.intervals import Interval
from troth.things.observations import Outcome, Result
from troth.things.query import ObservationQuery
from troth.things.stores import ConductStore

NAMES = ("meter", "lamp")
TIMES = st.integers(0, 12)
ROW = st.tuples(TIMES, st.sampled_from([1.0, 2.0]))
ROWS = st.lists(ROW, max_size=6)
KEY = st.sampled_from([b"", b"", b"key-one!", b"key-two!"])
KEYS = st.lists(KEY, min_size=6, max_size=6)
HELD = st.sampled_from(["held", "held", "held", "ended"])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.sampled_from(NAMES), ROWS, KEYS, HELD),
        st.tuples(st.just("turn"), st.lists(st.tuples(st.sampled_from(NAMES), ROW, KEY), max_size=8), HELD),
        st.tuples(st.just("burst"), st.sampled_from(NAMES), ROWS, ROWS, KEYS),
        st.tuples(st.just("note"), st.integers(0, 3)),
        st.tuples(st.sampled_from(["cut", "clear", "crash", "day", "settle"])),
    ),
    max_size=25,
)


class Play:
    """One store, through a list of steps; `heard` is all that can be seen from outside, without ids."""

    def __init__(self, bench: ConductBench) -> None:
        self.bench = bench
        self.speakers = {name: Speaker(bench.clock, name) for name in NAMES}
        self.heard: list[object] = []

    async def act(self, steps: Sequence[tuple[object, ...]]) -> list[object]:
        store = await self.bench.open()
        for step in steps:
            match step:
                case ("append", str(name), list(rows), list(keys), held):
                    self.heard.append(
                        await self.append(store, self.speakers[name], rows, keys=keys, held=held == "held")
                    )
                case ("burst", str(name), list(rows), list(more), list(keys)):
                    speaker = self.speakers[name]
                    both = (self.append(store, speaker, some, keys=keys, held=True) for some in (rows, more))
                    self.heard.append(await asyncio.gather(*both))
                case ("turn", list(rows), held):
                    self.heard.append(await self.turn(store, rows, held=held == "held"))
                case ("note", int(count)):
                    await store.note([noted(number) for number in range(count)])
                case ("cut",):
                    (cut,) = await store.cut(NOON_NS + len(self.heard), [bytes(32)])
                    self.heard.append((cut.number, cut.tick_ns, cut.last < cut.first))
                    commits = await store.committed(cut)
                    self.heard.append(sum(len(commit.rows) + len(commit.traces) for commit in commits))
                case ("clear",):
                    (cut,) = await store.cut(NOON_NS, [bytes(32)])
                    moved = [row for commit in await store.committed(cut) for _, row in commit.rows]
                    self.bench.moved.update({(row.stream, row.from_ns): row for row in moved})
                    await store.clear([cut])
                case ("crash",):
                    await self.bench.crash()
                    store = await self.bench.open()
                case ("day",):
                    self.bench.clock.now_ns += 86_400_000_000_001
                case _:
                    await store.settle()
            self.heard += [self.state(store, speaker) for speaker in self.speakers.values()]
        return self.heard

    async def append(
        self, store: ConductStore, speaker: Speaker, rows: list[tuple[int, Result]], *, keys: list[bytes], held: bool
    ) -> list[object]:
        lease: Lease = speaker.leased()
        series = [(NOON_NS + time, result) for time, result in rows]
        admitted, outcomes = speaker.stamp(series, keys=keys[: len(rows)], lease=lease)
        lease.live = held
        store.append(admitted)
        return [self.named(store, outcome) for outcome in await outcomes]

    async def turn(
        self, store: ConductStore, rows: list[tuple[str, tuple[int, float], bytes]], *, held: bool
    ) -> list[object]:
        """One stamp over both; where the leases do not hold, that of the first has ended."""
        leases = {name: speaker.leased() for name, speaker in self.speakers.items()}
        said = [
            self.speakers[name].adds([(NOON_NS + time, result)], keys=[key], lease=leases[name])[0]
            for name, (time, result), key in rows
        ]
        admitted, outcomes = stamp_many(said, gate_ns=self.bench.clock.now())
        leases[NAMES[0]].live = held
        store.append(admitted)
        return [self.named(store, outcome) for outcome in await outcomes]

    @staticmethod
    def named(store: ConductStore, outcome: Outcome) -> object:
        return store.find(outcome) if isinstance(outcome, int) else outcome

    @staticmethod
    def state(store: ConductStore, speaker: Speaker) -> tuple[object, ...]:
        latest = store.latest(speaker.asks())
        part = speaker.leased(covered=(Interval(NOON_NS + 3, NOON_NS + 8),))
        inside = store.latest(speaker.asks(lease=part))
        query = ObservationQuery(times=(Interval(NOON_NS + 5, NOON_NS + 20),))
        return (
            store.tally(speaker.thing),
            store.uncut,
            latest and (latest.from_ns, latest.sequence, latest.result, latest.segment, latest.leaf),
            inside and (inside.from_ns, inside.sequence),
            sorted((row.from_ns, row.sequence, row.result) for row in store.tail(speaker.asks())),
            sorted(row.sequence for row in store.tail(speaker.asks(query, lease=part))),
        )


async def played(bench: ConductBench, steps: Sequence[tuple[object, ...]]) -> list[object]:
    try:
        return await Play(bench).act(steps)
    finally:
        await bench.end()


@settings(max_examples=150)
@given(STEPS)
def test_both_stores_show_the_same_after_every_step(steps: list[tuple[object, ...]]) -> None:
    remembered = asyncio.run(played(MemoryBench(), steps))
    with tempfile.TemporaryDirectory() as folder:
        written = asyncio.run(played(SqliteBench(Path(folder)), steps))
    assert remembered == written
