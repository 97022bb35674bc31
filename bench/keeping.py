"""P1, P10: what a row costs once it is handed over: stamping and committing it, its segment, its move, and clearing it.

Run with `python -m bench.keeping`. Stores on real files in this process, without sockets, gate or load generator: 1,000 rows to
a stamp, one stamp to a commit, four or sixteen full segments to a move; the first move does not count. Figures in us are CPU of
the process, per row; bytes are those written on its behalf, per row, with the commits. What the process for large segments does
is done here, by the same code.

Left out: the loop (`ingest_mqtt.py` has it, with everything), and how all of it shares two cores.
"""

import asyncio
import gc
import hashlib
import os
import random
import resource
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise, product
from pathlib import Path
from typing import Final

from bench._process import used
from bench._report import begin, options, say, show
from troth.adapters.conduct_sqlite import SqliteConduct
from troth.adapters.making_rows import CutRows
from troth.clock import SystemClock
from troth.gate.leases import Lease, admit_many
from troth.gate.question import OWN_PURPOSE, Action, Answer, Asker, Question, Term, Verdict
from troth.names import BasisId, StreamId, ThingId, Uri
from troth.things.intervals import ALWAYS, FOREVER
from troth.things.observations import Kept, Outcome, ResultType, Shelf
from troth.things.stamps import Admission
from troth.things.stores import MOVE_SEGMENTS, MOVE_SEGMENTS_MAX, SEGMENT_MAX

STREAMS: Final = (100, 10_000, 100_000)
_PER_THING: Final = 200
_STAMP: Final = 1_000
_DAYS: Final = 3_650
_STEP_NS: Final = 10_000_000


@dataclass
class Cost:
    """Microseconds of CPU per row, of each move; the longest wait for clearing in ms of the clock."""

    commit: list[float] = field(default_factory=list)
    segment: list[float] = field(default_factory=list)
    move: list[float] = field(default_factory=list)
    clear: list[float] = field(default_factory=list)
    cleared_ms: list[float] = field(default_factory=list)
    written: list[float] = field(default_factory=list)


def _admissions(streams: int, at_ns: int) -> list[Admission]:
    """One for each stream, in the order in which they were made: none that anybody speaks in."""
    shelf, answers = Shelf(bytes(16), _DAYS), Asker(Uri("https://bench.example/org"), "things", OWN_PURPOSE)
    answer = Answer(Verdict.ALLOW, (), covered=ALWAYS, until_ns=FOREVER, terms=(Term(_DAYS, ALWAYS),))
    made: list[Admission] = []
    for number in range(streams):
        thing = ThingId(_name("thing", number // _PER_THING))
        question = Question(Action.COLLECT, StreamId(_name("stream", number)), answers, at_ns)
        lease = Lease(question, answer, basis=BasisId(_name("basis", 0)), scopes=())
        made.append(lease.admission(thing, shelf, type_=ResultType.NUMBER))
    random.Random(1).shuffle(made)
    return made


def _name(kind: str, number: int) -> bytes:
    return hashlib.sha256(f"{kind} {number}".encode()).digest()[:16]


def _never(stream: StreamId, shelf: Shelf, *, time_ns: int) -> Kept | None:
    return None


def _fail(error: Exception) -> None:
    raise error


async def _run(streams: int, segments: int, moves: int, folder: Path) -> Cost:
    clock, cost = SystemClock(), Cost()
    store = await SqliteConduct.open(
        folder / "conduct.db", clock=clock, entropy=os.urandom, taken=_never, on_failure=_fail, commit_ms=0
    )
    rows = CutRows(folder / "conduct.db", folder / "partitions")
    admissions, at, now = _admissions(streams, clock.now()), 0, clock.now()
    gc.disable()  # as in the process for segments; a node looks seldom
    for move in range(moves + 1):
        marks, written = [time.process_time()], used(os.getpid()).written
        for _ in range(segments * SEGMENT_MAX // _STAMP):
            at, now = at + _STAMP, now + _STEP_NS
            those = [admissions[(at + row) % streams] for row in range(_STAMP)]
            times = [now + row for row in range(_STAMP)]
            settled: asyncio.Future[Sequence[Outcome]] = asyncio.get_running_loop().create_future()
            stamp = admit_many(
                those, gate_ns=now, times=times, results=[1.25] * _STAMP, keys=[b""] * _STAMP, done=settled.set_result
            )
            assert stamp is not None, "no lease ends here"
            store.append(stamp)
            await settled
        marks.append(time.process_time())
        cuts = await store.cut(now, [os.urandom(32) for _ in range(segments)])
        built = rows.build(cuts)
        marks.append(time.process_time())
        rows.move(cuts[-1].number)
        marks.append(time.process_time())
        began = time.perf_counter()
        await store.clear(cuts)
        marks.append(time.process_time())
        count = sum(len(each.leaves) for each in built) // 32
        if move:
            of_row = [1e6 * (after - before) / count for before, after in pairwise(marks)]
            for values, value in zip((cost.commit, cost.segment, cost.move, cost.clear), of_row, strict=True):
                values.append(value)
            cost.cleared_ms.append(1_000 * (time.perf_counter() - began))
            cost.written.append((used(os.getpid()).written - written) / count)
    rows.close()
    await store.close()
    gc.enable()
    return cost


def main() -> None:
    given = options(__doc__ or "", seconds=0.0)
    begin(
        "P1, P10: what a row costs behind the door",
        f"{given.runs} moves of {MOVE_SEGMENTS} and of {MOVE_SEGMENTS_MAX} segments of {SEGMENT_MAX:,} rows, after one that "
        "does not count",
    )
    for streams, segments in product(STREAMS, (MOVE_SEGMENTS, MOVE_SEGMENTS_MAX)):
        name = f"{streams:,} streams, {segments} segments to a move"
        if given.only not in name:
            continue
        with tempfile.TemporaryDirectory(prefix="troth-bench-") as folder:
            cost = asyncio.run(_run(streams, segments, given.runs, Path(folder)))
        say(name)
        show("stamped and committed, with what asks for it here", cost.commit, "us")
        show("its segment: read back, hashed, put into a tree", cost.segment, "us")
        show("moved into its partition", cost.move, "us")
        show("cleared from conduct", cost.clear, "us")
        show("how long clearing all of them took by the clock", cost.cleared_ms, "ms")
        show("written, all of it", cost.written, "B")
        show(
            "memory of this process at its most, so far",
            [resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024],
            "MB",
        )


if __name__ == "__main__":
    main()
