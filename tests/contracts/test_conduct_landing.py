"""A large commit comes to the loop in several steps, and everybody is answered in the order that was promised."""

import asyncio
import os
import random
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.contracts.crashed_files import a_turn_of_the_loop
from tests.contracts.test_conduct import SqliteBench
from troth.adapters.conduct_landing import LANDED_AT_ONCE, Landing, answer_weight, few
from troth.adapters.entropy_drawn import DRAWN_AT_ONCE, Drawn
from troth.clock import NS_PER_S
from troth.testing.contracts import NOON_NS, Speaker, run, stamp_many
from troth.things.observations import Outcome
from troth.things.stores import Told


def test_a_large_commit_leaves_room_for_others_and_answers_after_memory_and_listener(tmp_path: Path) -> None:
    async def case(bench: SqliteBench) -> None:
        store, meter, lamp = await bench.open(), Speaker(bench.clock), Speaker(bench.clock, "lamp")
        stamps, rows = 20, 400  # 8,000 rows: they fit into one commit, and not into one step
        heard: list[str] = []
        steps: set[int] = set()
        left = [0]

        def told(those: Sequence[Told]) -> None:
            heard.extend("row" for each in those for _ in each.rows)

        def done(at: int, outcomes: Sequence[Outcome]) -> None:
            assert rows == len(outcomes)
            assert all(store.find(int(each)) is not None for each in outcomes), "in memory before anybody is answered"
            heard.append(f"answer {at}")
            steps.add(left[0])

        async def others() -> None:
            while True:
                left[0] += 1
                await a_turn_of_the_loop()

        store.listen(told)
        other = asyncio.ensure_future(others())
        for at in range(stamps):
            said = [
                row
                for second in range(rows // 2)
                for who in (meter, lamp)
                for row in who.adds([(NOON_NS + (at * rows + second) * NS_PER_S, float(second))])
            ]
            admitted, _ = stamp_many(said, gate_ns=NOON_NS)
            store.append(msgspec.structs.replace(admitted, done=partial(done, at)))
        await store.settle()
        other.cancel()
        assert [f"answer {at}" for at in range(stamps)] == [each for each in heard if each != "row"]
        assert stamps * rows == heard.count("row")
        first = heard.index("answer 0")
        assert heard.index("answer 19") == first + heard[first:].index("answer 19")
        assert len(steps) >= 2, "other work of the loop went on between the answers"

    run(case, lambda: SqliteBench(tmp_path))


# --- the parts of it


def worker(said: list[str], name: str, steps: int) -> Iterator[None]:
    for step in range(steps):
        if step:
            yield
        said.append(f"{name}{step}")


@given(st.lists(st.integers(0, 4), max_size=6))
def test_work_is_done_in_its_order_and_no_more_steps_in_a_turn_than_works_wait(sizes: list[int]) -> None:
    said: list[str] = []

    async def go() -> None:
        loop = asyncio.get_running_loop()
        landing = Landing(loop)
        for name, steps in enumerate(sizes):
            landing.take(worker(said, f"{name}.", steps))

        def mark(left: int) -> None:
            said.append("|")
            if left:
                loop.call_soon(mark, left - 1)

        mark(sum(map(partial(max, 1), sizes)))
        while said.count("|") <= sum(map(partial(max, 1), sizes)):
            await a_turn_of_the_loop()

    asyncio.run(go())
    steps = [(name, step) for name, size in enumerate(sizes) for step in range(size)]
    assert [f"{name}.{step}" for name, step in steps] == [each for each in said if each != "|"]
    turns = [turn.split() for turn in " ".join(said).split("|")]
    for turn in filter(None, turns[1:]):
        waited = len(sizes) - int(turn[0].partition(".")[0])  # the first of the turn and all behind it
        assert len(turn) <= waited


def test_what_comes_behind_a_large_commit_is_done_as_fast_as_it_comes() -> None:
    said: list[str] = []
    late: list[int] = []

    async def go() -> None:
        landing = Landing(asyncio.get_running_loop())
        landing.take(worker(said, "large.", 20))
        for turn in range(200):
            for _ in range(3):  # a turn in which other work takes as long as three commits
                landing.take(worker(said, f"{turn}.", 1))
            await a_turn_of_the_loop()
            late.append(turn - int(said[-1].partition(".")[0]) if said[-1][0] != "l" else turn)

    asyncio.run(go())
    assert max(late) < 20, "no longer than the large one has steps"
    assert set(late[100:]) <= {0, 1}


def test_what_raises_keeps_back_nothing_behind_it() -> None:
    said: list[str] = []
    reported: list[object] = []

    def broken() -> Iterator[None]:
        said.append("begun")
        yield
        raise ValueError("broken")

    async def go() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: reported.append(context["exception"]))
        landing = Landing(loop)
        landing.take(broken())
        landing.take(worker(said, "after ", 2))
        for _ in range(5):
            await a_turn_of_the_loop()

    asyncio.run(go())
    assert ["begun", "after 0", "after 1"] == said
    assert [ValueError] == [type(each) for each in reported]


@given(st.lists(st.integers(0, 3_000), max_size=12))
def test_answers_are_parted_in_order_and_no_part_is_larger_than_it_must_be(sizes: list[int]) -> None:
    def nobody(_: Sequence[Outcome]) -> None: ...

    answers = [(nobody, [at] * size) for at, size in enumerate(sizes)]
    parts = list(few(answers, answer_weight))
    assert answers == [answer for part in parts for answer in part]
    for part in parts:
        weights = [1 + len(outcomes) for _, outcomes in part]
        assert sum(weights[:-1]) < LANDED_AT_ONCE
    for part in parts[:-1]:
        assert sum(1 + len(outcomes) for _, outcomes in part) >= LANDED_AT_ONCE


@given(st.lists(st.integers(0, 3 * DRAWN_AT_ONCE // 2), max_size=40), st.integers())
def test_no_byte_of_the_system_is_given_twice(sizes: list[int], seed: int) -> None:
    source = random.Random(seed)
    given_out: list[bytes] = []

    def system(count: int) -> bytes:
        given_out.append(source.randbytes(count))
        return given_out[-1]

    drawn = Drawn(system)
    taken = [drawn(size) for size in sizes]
    assert sizes == [len(each) for each in taken]
    places = [(each, part) for each in taken if len(each) >= 8 for part, held in enumerate(given_out) if each in held]
    assert len(places) == sum(1 for each in taken if len(each) >= 8), "each is a piece of one answer of the system"
    spans = sorted((part, given_out[part].index(each), len(each)) for each, part in places)
    for (part, start, length), (after, next_start, _) in pairwise(spans):
        assert part < after or start + length <= next_start


@pytest.mark.parametrize("count", [1, 8, 16])
def test_the_system_is_asked_seldom(count: int) -> None:
    asked: list[int] = []

    def system(size: int) -> bytes:
        asked.append(size)
        return os.urandom(size)

    drawn: Callable[[int], bytes] = Drawn(system)
    for _ in range(1_000):
        drawn(count)
    assert len(asked) == 1
