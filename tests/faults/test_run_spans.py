"""What is kept of each run of ids when its rows are moved: earliest and latest time, also where a run ends inside a block."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

from tests.faults.store_victim import open_stores
from troth.adapters.conduct_runs import RUN_SLOTS
from troth.testing.contracts import NOON_NS, Speaker, stamp_many

ROUNDS = 1_100  # of five rows of each stream: more than one run
SEEDS = [bytes([at]) * 32 for at in range(4)]


def test_a_run_that_ends_inside_a_block_or_between_two_has_the_times_of_its_rows(tmp_path: Path) -> None:
    async def moved() -> dict[int, tuple[int, int]]:
        conduct, observations, clock = await open_stores(tmp_path)
        speakers = [Speaker(clock, f"meter {number}") for number in range(4)]
        leases = [speaker.leased() for speaker in speakers]
        for round_ in range(0, ROUNDS, 100):
            said = [
                row
                for at in range(round_ * 5, round_ * 5 + 500)
                for number, (speaker, lease) in enumerate(zip(speakers, leases, strict=True))
                if number != 3 or at >= 700  # one that begins later, so that its run ends in another block
                for row in speaker.adds([(NOON_NS + at * 10 + number, float(at))], lease=lease)
            ]
            admitted, outcomes = stamp_many(said, gate_ns=NOON_NS)
            conduct.append(admitted)
            await outcomes
        cuts = await conduct.cut(NOON_NS, SEEDS)
        spans: dict[int, tuple[int, int]] = {}
        for cut in cuts:
            for commit in await conduct.committed(cut):
                for _, row in commit.rows:
                    early, late = spans.get(row.id // RUN_SLOTS, (row.from_ns, row.from_ns))
                    spans[row.id // RUN_SLOTS] = (min(early, row.from_ns), max(late, row.from_ns))
        await conduct.clear(cuts)
        await conduct.close()
        await observations.close()
        return spans

    spans = asyncio.run(moved())
    assert len(spans) == 8
    with closing(sqlite3.connect(tmp_path / "conduct.db")) as connection:
        found = connection.execute("SELECT run, earliest, latest FROM runs").fetchall()
    assert spans == {run: (early, late) for run, early, late in found}
