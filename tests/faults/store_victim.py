"""A program that keeps observations until it is killed: `python -m tests.faults.store_victim FOLDER START [BYTES]`.

START is the first second it speaks of. No file of it may grow above BYTES, if that is given: then a write fails. It says on
stdout, one line each and only after the acknowledgement, which (second, id) are kept; and it moves and clears segments
meanwhile, as a node does.
"""

import asyncio
import os
import resource
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from troth.adapters.conduct_sqlite import SqliteConduct
from troth.adapters.partitions_sqlite import SqliteObservations
from troth.clock import NS_PER_S
from troth.testing.contracts import NOON_NS, Speaker, StillClock
from troth.things.observations import Outcome, Result
from troth.things.stores import Committed, ConductStore, ObservationStore, Segment

BATCH = 20
WAITING = 30


def stop(error: Exception) -> None:
    """What an app does when its storage has failed."""
    sys.stdout.write(f"failed {type(error).__name__}\n")
    sys.stdout.flush()
    os._exit(3)


async def open_stores(folder: Path) -> tuple[SqliteConduct, SqliteObservations, StillClock]:
    clock = StillClock()
    observations = await SqliteObservations.open(folder / "partitions", clock=clock, on_failure=stop)
    conduct = await SqliteConduct.open(
        folder / "conduct.db", clock=clock, entropy=os.urandom, taken=observations.taken, on_failure=stop, commit_ms=1.0
    )
    return conduct, observations, clock


async def speak(store: ConductStore, meter: Speaker, start: int) -> None:
    """Keep rows, many batches under way at once, and say what was acknowledged."""
    room = asyncio.Semaphore(WAITING)

    def said(seconds: Sequence[int], acknowledged: "asyncio.Future[Sequence[Outcome]]") -> None:
        room.release()
        lines = (f"kept {second} {id_}\n" for second, id_ in zip(seconds, acknowledged.result(), strict=True))
        sys.stdout.write("".join(lines))
        sys.stdout.flush()

    second = start
    while True:
        await room.acquire()
        seconds = list(range(second, second + BATCH))
        rows: list[tuple[int, Result]] = [(NOON_NS + each * NS_PER_S, float(each)) for each in seconds]
        admitted, outcomes = meter.stamp(rows)
        outcomes.add_done_callback(lambda done, seconds=seconds: said(seconds, done))  # type: ignore[misc]  # binds now
        store.append(admitted)
        second += BATCH


async def tick(conduct: ConductStore, observations: ObservationStore) -> None:
    """One segment: cut, place, move, clear."""
    (cut,) = await conduct.cut(NOON_NS, [bytes(32)])
    placed, leaf = [], 0
    for commit in await conduct.committed(cut):
        rows = []
        for shelf, row in commit.rows:
            rows.append((shelf, msgspec.structs.replace(row, segment=cut.number, leaf=leaf)))
            leaf += 1
        traces = []
        for trace in commit.traces:
            traces.append(msgspec.structs.replace(trace, segment=cut.number, leaf=leaf))
            leaf += 1
        placed.append(Committed(commit.number, rows, traces))
    await observations.move([Segment(cut, bytes(32 * leaf), 256, bytes(32), b"signed")], placed)
    await conduct.clear([cut])


async def live(folder: Path, start: int) -> None:
    conduct, observations, clock = await open_stores(folder)
    meter = Speaker(clock)
    speaking = asyncio.ensure_future(speak(conduct, meter, start))
    while not speaking.done():
        await tick(conduct, observations)
        await asyncio.wait({speaking}, timeout=0.02)
    await speaking


if __name__ == "__main__":
    if len(sys.argv) > 3:
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), int(sys.argv[3])))
    asyncio.run(live(Path(sys.argv[1]), int(sys.argv[2])))
