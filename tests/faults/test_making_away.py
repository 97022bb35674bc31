"""Segments made in a process of their own are the same ones, whatever becomes of the process."""

import asyncio
import os
import resource
import signal
import sys
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import TypeVar

import pytest

from tests.contracts.crashed_files import a_turn_of_the_loop
from tests.faults.store_victim import open_stores
from tests.faults.test_kill import check_traces, furnish, wait_until_moved
from troth.adapters.conduct_sqlite import SqliteConduct
from troth.adapters.making_away import MakerAway
from troth.adapters.making_rows import WARM
from troth.adapters.partitions_sqlite import SqliteObservations
from troth.clock import NS_PER_S
from troth.journeys.making import InPlace
from troth.testing.contracts import NOON_NS, Speaker, StillClock, stamp_many
from troth.testing.contracts_conduct import SEED, keep, noted
from troth.testing.program import NodeProgram
from troth.things.ledgers import SealedTrace
from troth.things.making import Built
from troth.things.observations import Kept, Result, ResultType
from troth.things.query import ObservationQuery
from troth.things.stores import Going, Segment

T = TypeVar("T")
ALL = ObservationQuery(top=1_000_000)
DAY_NS = 86_400 * NS_PER_S
PAGE_BYTES = resource.getpagesize()
VALUES: dict[ResultType, list[Result]] = {
    ResultType.NUMBER: [0.1, -0.0, 3.0],
    ResultType.INTEGER: [0, -1, 2**63 - 1],
    ResultType.BOOLEAN: [True, False, True],
    ResultType.TEXT: ["", "grüß Gott", "x" * 5_000],
    ResultType.JSON: [b"\xf6", b"\xa0", bytes(9_000)],
}


async def in_worker(work: Callable[[], T]) -> T:
    return work()


class Place:
    """Both stores in a folder, and both ways to make segments."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock: StillClock
        self.conduct: SqliteConduct
        self.observations: SqliteObservations
        self.here: InPlace
        self.away: MakerAway

    async def open(self, *, command: Sequence[str] | None = None) -> None:
        self.conduct, self.observations, self.clock = await open_stores(self.folder)
        self.here = InPlace(self.conduct, self.observations, in_worker=in_worker)
        given = {} if command is None else {"command": command}
        self.away = MakerAway(
            self.here,
            self.observations,
            conduct=self.folder / "conduct.db",
            folder=self.folder / "partitions",
            large=1,
            **given,  # type: ignore[arg-type]  # the command only
        )
        self.speakers = [Speaker(self.clock, type_.name, type_=type_) for type_ in ResultType]
        self.meters = [Speaker(self.clock, f"meter {number}") for number in range(5)]

    async def close(self) -> None:
        await self.away.close()
        await self.conduct.close()
        await self.observations.close()

    async def say(self, second: int) -> None:
        """Rows of all kinds: in groups and blocks, late, over two days, and other traces between them."""
        at = NOON_NS + second * NS_PER_S
        for speaker in self.speakers:
            rows = [(at + number, result) for number, result in enumerate(VALUES[speaker.type])]
            await keep(self.conduct, speaker, rows)
        await self.conduct.note([noted(second), SealedTrace(bytes(16), bytes([second]) * 32, b"a box")])
        said = [
            row
            for number in range(20)
            for meter in self.meters
            for row in meter.adds([(at + number * (DAY_NS // 8), float(number))])
        ]
        admitted, outcomes = stamp_many(said, gate_ns=NOON_NS)
        self.conduct.append(admitted)
        await outcomes
        await keep(self.conduct, self.meters[0], [(at - 5, 0.5), (at + 1, 1.5)])

    async def segment(self, maker: InPlace | MakerAway) -> Built:
        (cut,) = await self.conduct.cut(NOON_NS, [SEED])
        (built,) = await maker.build([cut], about=1_000)
        await maker.move([Segment(cut, built.leaves, built.size, built.root, b"a statement")], [built])
        await self.conduct.clear([cut])
        return built

    async def rows(self) -> list[Kept]:
        return [row for each in (*self.speakers, *self.meters) for row in await self.observations.rows(each.asks(ALL))]

    def worker(self) -> int | None:
        """The process, if there is one."""
        process = self.away._process  # noqa: SLF001 - whom to kill is nobody else's business
        return None if process is None else process.pid


def memory_of(process: int) -> int:
    """What a process holds in memory, bytes."""
    return int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1]) * PAGE_BYTES


def told(work: Coroutine[None, None, T]) -> T:
    return asyncio.run(work)


def test_it_is_the_same_segment_and_the_same_rows(tmp_path: Path) -> None:
    async def both() -> None:
        place = Place(tmp_path)
        await place.open()
        for round_ in range(3):
            await place.say(10 * round_)
            (cut,) = await place.conduct.cut(NOON_NS, [SEED])
            (here,) = await place.here.build([cut], about=0)
            (away,) = await place.away.build([cut], about=1_000)
            assert place.worker() is not None
            assert (here.leaves, here.size, here.root) == (away.leaves, away.size, away.root)
            by_leaf = sorted(away.traces, key=lambda each: each.leaf)
            assert list(here.traces) == by_leaf
            segment = Segment(cut, away.leaves, away.size, away.root, b"a statement")
            await place.away.move([segment], [away])
            assert segment == await place.observations.last_segment()
            await place.conduct.clear([cut])
            moved = {(row.stream, row.sequence): row for row in await place.rows()}
            expected = [row for commit in here.commits for _, row in commit.rows]
            assert repr(expected) == repr([moved[row.stream, row.sequence] for row in expected])
            assert [each for each in by_leaf if not isinstance(each, SealedTrace)] == list(
                await place.observations.traces(cut.number)
            )
        late = await place.observations.row(place.meters[0].asks(ALL), sequence=21)
        assert late is not None
        assert late.from_ns == NOON_NS - 5
        await place.close()

    told(both())


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="what a process holds is read from /proc")
def test_it_keeps_few_partitions_in_memory_however_many_it_writes(tmp_path: Path) -> None:
    async def many() -> None:
        place = Place(tmp_path)
        await place.open()
        held: list[int] = []
        for day in range(5 * WARM):
            at = NOON_NS - day * DAY_NS
            await keep(place.conduct, place.speakers[3], [(at + number, "x" * 4_000) for number in range(1_000)])
            await place.segment(place.away)
            worker = place.worker()
            assert worker is not None
            held.append(memory_of(worker))
        assert place.speakers[3].type is ResultType.TEXT
        partition = 1_000 * 4_000
        assert held[-1] - held[WARM] < (len(held) - WARM) * partition / 2
        await place.close()

    told(many())


@pytest.mark.parametrize("when", ["before building", "between", "after"])
def test_a_killed_process_is_work_done_in_place(tmp_path: Path, when: str) -> None:
    async def killed() -> None:
        place = Place(tmp_path)
        await place.open()
        total = 0
        for round_ in range(4):
            await place.say(10 * round_)
            if when == "before building" and (worker := place.worker()) is not None:
                os.kill(worker, signal.SIGKILL)
            (cut,) = await place.conduct.cut(NOON_NS, [SEED])
            (built,) = await place.away.build([cut], about=1_000)
            worker = place.worker()
            if when == "between" and worker is not None:
                os.kill(worker, signal.SIGKILL)
            await place.away.move([Segment(cut, built.leaves, built.size, built.root, b"a statement")], [built])
            if when == "after" and worker is not None:
                os.kill(worker, signal.SIGKILL)
            await place.conduct.clear([cut])
            rows = await place.rows()
            total += len(built.leaves) // 32 - len(built.traces)
            assert total == len(rows) == len({row.id for row in rows})
            assert total == len({(row.segment, row.leaf) for row in rows})
        await place.close()

    told(killed())


@pytest.mark.parametrize(
    "program",
    [
        "raise SystemExit",
        "import sys; sys.stdin.buffer.read(4); sys.stdout.buffer.write(b'\\x00\\x00\\x00\\x03abc')",
        "import sys; sys.stdin.buffer.read(4); sys.stdout.buffer.write(b'\\x00\\x00')",
        "import sys; sys.stdin.buffer.read(4); sys.stdout.buffer.write(b'\\x00\\x00\\x00\\x05\\x91\\xa3err')",
        "no python",
    ],
    ids=["ends", "answers nonsense", "answers half", "says that it failed", "does not start"],
)
def test_a_process_of_another_kind_is_work_done_in_place(tmp_path: Path, program: str) -> None:
    async def other() -> None:
        place = Place(tmp_path)
        await place.open(command=(sys.executable, "-c", program))
        await place.say(0)
        built = await place.segment(place.away)
        assert len(built.commits) > 0
        assert place.worker() is None
        assert len(await place.rows()) == len(built.leaves) // 32 - len(built.traces)
        await place.close()

    told(other())


def test_a_command_that_is_not_there_is_work_done_in_place(tmp_path: Path) -> None:
    async def missing() -> None:
        place = Place(tmp_path)
        await place.open(command=(str(tmp_path / "nothing"),))
        await place.say(0)
        assert (await place.segment(place.away)).commits
        await place.close()

    told(missing())


def test_who_writes_next_waits_until_it_has_let_go(tmp_path: Path) -> None:
    async def alternating() -> None:
        place = Place(tmp_path)
        await place.open()
        for round_ in range(3):
            await place.say(20 * round_)
            await place.segment(place.away)
            worker = place.worker()
            assert worker is not None
            await place.say(20 * round_ + 10)
            await place.segment(place.here)  # lets it go of its files
            assert not [each for each in open_files(worker) if "partitions" in each]
        gone = frozenset((place.meters[1].stream,))
        nothing = frozenset[bytes]()
        await place.say(100)
        await place.segment(place.away)
        staying = [row for row in await place.rows() if row.stream not in gone]
        await place.observations.erase(Going(gone.__contains__, lambda _k, _t: False, nothing.__contains__, b"mark"))
        assert repr(staying) == repr(await place.rows())
        await place.say(110)
        await place.segment(place.away)
        assert len(staying) < len(await place.rows())
        await place.close()

    told(alternating())


def open_files(pid: int) -> list[str]:
    return [str(each.readlink()) for each in Path(f"/proc/{pid}/fd").iterdir()]


def test_questions_are_asked_one_after_the_other_and_one_that_is_given_up_is_not_answered_later(tmp_path: Path) -> None:
    async def together() -> None:
        place = Place(tmp_path)
        await place.open()
        await place.say(0)
        await place.segment(place.away)  # the process has files open
        await place.say(10)
        (cut,) = await place.conduct.cut(NOON_NS, [SEED])
        gone = Going(lambda _id: False, lambda _k, _t: False, lambda _id: False, b"mark")
        (away,), _ = await asyncio.gather(place.away.build([cut], about=1_000), place.observations.erase(gone))
        (here,) = await place.here.build([cut], about=0)
        assert (here.leaves, here.root) == (away.leaves, away.root)
        given_up = asyncio.ensure_future(place.away.build([cut], about=1_000))
        while place.worker() is None or not place.away._one.locked():  # noqa: SLF001 - it has been asked
            await a_turn_of_the_loop()
        given_up.cancel()
        with pytest.raises(asyncio.CancelledError):
            await given_up
        assert place.worker() is None
        (away,) = await place.away.build([cut], about=1_000)
        assert (here.leaves, here.root) == (away.leaves, away.root)
        await place.away.move([Segment(cut, away.leaves, away.size, away.root, b"a statement")], [away])
        await place.conduct.clear([cut])
        await place.close()

    told(together())


def test_it_ends_when_nothing_is_large_any_more(tmp_path: Path) -> None:
    async def quiet() -> None:
        place = Place(tmp_path)
        await place.open()
        await place.say(0)
        await place.segment(place.away)
        assert place.worker() is not None
        for _ in range(3):
            (cut,) = await place.conduct.cut(NOON_NS, [SEED])
            (built,) = await place.away.build([cut], about=0)
            await place.away.move([Segment(cut, built.leaves, built.size, built.root, b"s")], [built])
            await place.conduct.clear([cut])
        assert place.worker() is None
        await place.close()

    told(quiet())


TICK = {"TROTH_SEGMENT_TICK_S": "3"}  # a thing may send 10,000 in a second: 30,000 to a segment
AT_ONCE = 5_000


def send(node: NodeProgram, credential: str) -> int:
    """Send numbers to the first stream of the only thing; how many were kept, which is none when it has sent too much."""
    group = {
        "Datastream": {"@iot.id": 1},
        "components": ["result"],
        "dataArray@iot.count": AT_ONCE,
        "dataArray": [[float(number)] for number in range(AT_ONCE)],
    }
    answer = node.ask("POST", "/v1.1/CreateObservations", token=credential, body=[group])
    if answer.status == 429:
        return 0
    assert answer.status == 201, answer.body[:300]
    links = answer.json()
    assert isinstance(links, list)
    assert "error" not in links
    return len(links)


def worker_of(node: NodeProgram) -> int | None:
    """The process that the node has started, if there is one."""
    found = Path(f"/proc/{node.pid}/task/{node.pid}/children").read_text().split()
    return int(found[0]) if found else None


def lives(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="asks the system for a node's children (Linux)")
def test_a_node_lives_without_it_and_it_never_without_its_node(tmp_path: Path) -> None:
    node = NodeProgram(tmp_path / "data", settings=TICK)
    node.start()
    _, credential = furnish(node)
    kept, killed = 0, 0
    while killed < 2:
        kept += send(node, credential)
        worker = worker_of(node)
        if worker is not None and lives(worker):
            os.kill(worker, signal.SIGKILL)
            killed += 1
    worker = worker_of(node)
    while worker is None or not lives(worker):
        kept += send(node, credential)
        worker = worker_of(node)
    node.kill()
    while lives(worker):
        pass  # it ends by itself: the test's time limit is the end of patience
    node.start()
    wait_until_moved(node)
    node.stop()
    assert check_traces(tmp_path / "data") == kept
